"""Data in and out: import, template, export, restore."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from graph.errors import UnknownName
from graph.sentences import say
from graph.store import Counts
from web.commands.common import Shared, console, json_option, pass_shared, print_json, progress

PATH = click.Path(path_type=Path)


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=PATH)
@click.option("--dry-run", is_flag=True, help="Check everything and count, but write nothing.")
@json_option
@pass_shared
def import_(shared: Shared, paths: tuple[Path, ...], dry_run: bool, as_json: bool) -> None:
    """Import tables: CSV files, XLSX workbooks, or folders of them.

    All or nothing: every problem is listed with its file, sheet, row and column. Importing the same tables
    again changes nothing.
    """
    from graph.ingest import import_paths

    with shared.store() as store, progress("Reading") as tell:
        report = import_paths(store, paths, dry_run=dry_run, progress=tell)
    if as_json:
        print_json(
            {
                "dry_run": report.dry_run,
                "changed": report.changed,
                "tables": {
                    name: {"created": counts.created, "updated": counts.updated, "unchanged": counts.unchanged}
                    for name, counts in report.counts.items()
                },
                "notes": [str(note) for note in report.notes],
            }
        )
        return
    table = Table("table", box=None, pad_edge=False)
    for heading in ("created", "updated", "unchanged"):
        table.add_column(heading, justify="right")
    for name, counts in report.counts.items():
        table.add_row(name, f"{counts.created:,}", f"{counts.updated:,}", f"{counts.unchanged:,}")
    out = console()
    out.print(table)
    for note in report.notes:
        out.print(f"Note: {note}", markup=False, highlight=False)
    if all(counts == Counts() for counts in report.counts.values()):
        out.print("There was nothing to import: no table has a row of its own.")
    elif not report.changed:
        out.print("Nothing changed: all of it was here already.")
    elif report.dry_run:
        out.print("Dry run: nothing was written.")


@click.command()
@click.argument("file", type=PATH)
def template(file: Path) -> None:
    """Write a workbook to fill in: headings, explanations, drop-down lists, an example row."""
    from graph.template import write_template

    write_template(file)
    console().print(f"Wrote {file}. Fill it in and run: wop import {file}", markup=False, highlight=False)


@click.command()
@click.argument("place", type=PATH)
@click.option("--format", "form", help="jsonl, csv, xlsx or graphml (default: by the name's ending; a folder is csv).")
@pass_shared
def export(shared: Shared, place: Path, form: str | None) -> None:
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
