"""Looking after the store: migrate, check, copy."""

from __future__ import annotations

import click

from web.commands.common import Shared, console, json_option, pass_shared, print_json
from web.stores import access_to, open_store


@click.group("store")
def store() -> None:
    """Look after the store: bring its schema up to date, check it, copy it to another."""


@store.command()
@json_option
@pass_shared
def migrate(shared: Shared, as_json: bool) -> None:
    """Bring the store's schema up to this service's; doing it again changes nothing."""
    from graph.schema import SCHEMA_VERSION
    from graph.upkeep import migrate_store

    done = migrate_store(shared.store_address, access_to(shared.store_address))
    if as_json:
        print_json({"schema_version": SCHEMA_VERSION, "migrations": list(done)})
        return
    if done:
        console().print(f"The schema is at version {SCHEMA_VERSION} now.", highlight=False)
    else:
        console().print(f"The schema is up to date (version {SCHEMA_VERSION}).", highlight=False)


@store.command()
@json_option
@pass_shared
def check(shared: Shared, as_json: bool) -> None:
    """Read everything in the store and look whether it is as the schema says; exit code 1 where it is not."""
    from graph.upkeep import check_store

    found = check_store(shared.store_address, access_to(shared.store_address))
    if as_json:
        form = {
            "schema_version": found.schema_version,
            "revision": found.revision,
            "rows": dict(found.rows),
            "digest": found.digest or None,
            "problems": [str(problem) for problem in found.problems],
        }
        print_json(form)
    else:
        out = console()
        out.print(f"Schema version {found.schema_version}, revision {found.revision}.", highlight=False)
        for kind, rows in found.rows.items():
            if rows:
                out.print(f"  {kind}: {rows:,}", highlight=False)
        for problem in found.problems:
            out.print(str(problem), markup=False, highlight=False)
        if not found.problems:
            out.print(f"All is well. Digest: {found.digest}", highlight=False)
    if found.problems:
        raise click.exceptions.Exit(1)


@store.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--replace", is_flag=True, help="Delete what the target holds first.")
@json_option
def copy(source: str, target: str, replace: bool, as_json: bool) -> None:
    """Copy everything from one store to another, of either kind, and prove that both hold the same.

    FROM and TO are addresses, such as sqlite:///wop.sqlite or bolt://localhost:7687. All or nothing.
    """
    from graph.copying import copy_store

    read_from = open_store(source)
    try:
        write_to = open_store(target)
        try:
            copied = copy_store(read_from, write_to, replace=replace)
        finally:
            write_to.close()
    finally:
        read_from.close()
    if as_json:
        print_json({"rows": copied.rows, "digest": copied.digest})
        return
    console().print(f"Copied {copied.rows:,} rows. Both stores have the digest {copied.digest}.", highlight=False)
