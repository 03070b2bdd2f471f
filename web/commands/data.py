"""Data in and out: import, template, export, restore."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from graph.errors import BadInput, UnknownName
from graph.sentences import say
from web.commands.common import Shared, console, json_option, pass_shared, print_json, progress

if TYPE_CHECKING:
    from graph.ingest import ImportLimits

PATH = click.Path(path_type=Path)


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=PATH)
@click.option("--dry-run", is_flag=True, help="Check everything and count, but write nothing.")
@click.option(
    "--limit", "limits", multiple=True, metavar="NAME=NUMBER", help="Raise a size limit, such as rows=1000000."
)
@json_option
@pass_shared
def import_(shared: Shared, paths: tuple[Path, ...], dry_run: bool, limits: tuple[str, ...], as_json: bool) -> None:
    """Import tables: CSV files, XLSX workbooks, or folders of them.

    All or nothing: every problem is listed with its file, sheet, row and column. Importing the same tables
    again changes nothing.
    """
    from graph.ingest import import_paths

    with shared.store() as store, progress("Reading") as tell:
        report = import_paths(store, paths, dry_run=dry_run, progress=tell, limits=size_limits(limits))
    if as_json:
        print_json(report.to_json())
        return
    for sentence in report.sentences():
        console().print(str(sentence), markup=False, highlight=False)


def size_limits(given: tuple[str, ...]) -> ImportLimits:
    """The import's size limits with those given as ``name=number`` replaced.

    Raises ``UnknownName`` for a limit that does not exist, ``BadInput`` for a number that is not one.
    """
    from graph.ingest import ImportLimits

    known = [field.name for field in fields(ImportLimits)]
    chosen = {}
    for text in given:
        name, _, number = text.partition("=")
        if name not in known:
            raise UnknownName(say("size limit"), name, known)
        if not number.isdecimal():
            raise BadInput(say("“{text}” does not give a whole number.", text=text), say("Write it as rows=1000000."))
        chosen[name] = int(number)
    return ImportLimits(**chosen)


@click.command()
@click.argument("file", type=PATH)
@json_option
def template(file: Path, as_json: bool) -> None:
    """Write a workbook to fill in: headings, explanations, drop-down lists, an example row."""
    from graph.template import write_template

    write_template(file)
    if as_json:
        print_json({"wrote": str(file)})
        return
    console().print(f"Wrote {file}. Fill it in and run: wop import {file}", markup=False, highlight=False)


@click.command()
@click.argument("place", type=PATH)
@click.option("--format", "form", help="jsonl, csv, xlsx or graphml (default: by the name's ending; a folder is csv).")
@json_option
@pass_shared
def export(shared: Shared, place: Path, form: str | None, as_json: bool) -> None:
    """Write everything out: FILE.jsonl (complete), FOLDER or FILE.xlsx (tables), FILE.graphml (network)."""
    from graph.export import export_jsonl, export_tables_csv, export_tables_xlsx
    from graph.graphml import export_graphml

    writers = {
        "jsonl": export_jsonl,
        "csv": export_tables_csv,
        "xlsx": export_tables_xlsx,
        "graphml": export_graphml,
    }
    chosen = form or place.suffix.lstrip(".").lower() or "csv"
    if chosen not in writers:
        raise UnknownName(say("export format"), chosen, writers)
    with shared.store() as store, store.read() as reader:
        writers[chosen](reader, place)
    if as_json:
        print_json({"wrote": str(place), "format": chosen})
    else:
        console().print(f"Wrote {place}.", markup=False, highlight=False)


@click.command()
@click.argument("file", type=PATH)
@click.option("--yes", is_flag=True, help="Do not ask before replacing what the store holds.")
@json_option
@pass_shared
def restore(shared: Shared, file: Path, yes: bool, as_json: bool) -> None:
    """Bring back an export (FILE.jsonl); it replaces everything in the store."""
    from graph.restore import restore_jsonl

    with shared.store() as store:
        if store.revision() and not yes:
            click.confirm("This replaces everything in the store. Go on?", abort=True, err=True)
        counts = restore_jsonl(store, file)
    if as_json:
        print_json({"restored": counts.created})
    else:
        console().print(f"Restored {counts.created:,} nodes and edges from {file}.", markup=False, highlight=False)
