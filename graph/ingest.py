"""Import of uploaded tables: all or nothing, every problem at once, and twice the same changes nothing."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from graph.checks import check_repeats, check_rows
from graph.errors import BadInput
from graph.lookups import Reference, UtilityNames
from graph.merging import (
    figures_of_utilities,
    merge_observations,
    merge_offers_or_needs,
    merge_partnerships,
    merge_utilities,
)
from graph.parsing import ParsedTable, parse, resolve
from graph.problems import Problems
from graph.readers import read_file, upload_files
from graph.sentences import Sentence, say
from graph.store import Counts, InsideReader, Reader, Store, Transaction
from graph.tables import TABLES
from graph.uploads import ImportLimits, Upload

Progress = Callable[[str, float], None]

LONGEST_NAME = 200
"""Bytes of a file's name."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or in a dry run would do; ``counts`` by table, of rows; only tables that were given."""

    counts: Mapping[str, Counts]
    dry_run: bool = False
    notes: tuple[Sentence, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether any row was created or updated."""
        return any(count.created or count.updated for count in self.counts.values())

    def sentences(self) -> tuple[Sentence, ...]:
        """The report for a person, one sentence a line."""
        lines = [
            say(
                "{table}: {created} created, {updated} updated, {unchanged} unchanged.",
                table=table,
                created=count.created,
                updated=count.updated,
                unchanged=count.unchanged,
            )
            for table, count in self.counts.items()
        ]
        if not any(count != Counts() for count in self.counts.values()):
            lines = [say("There is nothing to import: no table has a row of its own.")]
        elif not self.changed:
            lines.append(say("Nothing changed: all of it was known already."))
        elif self.dry_run:
            lines.append(say("This was a dry run: nothing was written."))
        return (*lines, *self.notes)

    def to_json(self) -> dict[str, object]:
        """The stable JSON form."""
        return {
            "changed": self.changed,
            "dry_run": self.dry_run,
            "tables": {
                table: {"created": count.created, "updated": count.updated, "unchanged": count.unchanged}
                for table, count in self.counts.items()
            },
            "notes": [note.to_json() for note in self.notes],
        }


def import_paths(
    store: Store,
    paths: Sequence[Path],
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
    limits: ImportLimits | None = None,
) -> ImportReport:
    """Import CSV files, workbooks and folders of them into the store, in one transaction.

    A row is created, or updates what is stored under its key: a column that is missing keeps the stored value, an
    empty cell means unknown. A store without the reference (capabilities, countries, metrics) is given it first.
    A dry run checks and counts the same and writes nothing.

    Raises ``ImportProblems`` with everything that is wrong, ``TooLarge`` where a limit is passed, ``Conflict`` and
    ``StoreUnavailable`` as the store does.
    """
    with _collection_paused():
        return _import_paths(store, paths, dry_run, progress or (lambda _text, _share: None), limits)


def import_files(
    store: Store, files: Mapping[str, bytes], *, dry_run: bool = False, limits: ImportLimits | None = None
) -> ImportReport:
    """Import files that were sent, by their names; raises as ``import_paths`` does, and ``BadInput`` for a name
    that is none."""
    with TemporaryDirectory(prefix="wop-import-") as folder:
        paths = []
        for at, (name, content) in enumerate(files.items()):
            path = Path(folder, str(at), file_name(name))
            path.parent.mkdir()
            path.write_bytes(content)
            paths.append(path)
        return import_paths(store, paths, dry_run=dry_run, limits=limits)


def file_name(name: str) -> str:
    """The last part of the name of a file that was sent, whichever system it comes from.

    Raises ``BadInput`` where nothing of it can be used.
    """
    last = "".join(sign for sign in name.replace("\\", "/").rpartition("/")[2] if sign.isprintable()).strip()
    if last.strip(".") and len(last.encode()) <= LONGEST_NAME:
        return last
    raise BadInput(say("“{name}” is not the name of a file.", name=name[:80]), say("Give the file another name."))


def _import_paths(
    store: Store, paths: Sequence[Path], dry_run: bool, tell: Progress, limits: ImportLimits | None
) -> ImportReport:
    upload, allowed = Upload(), limits or ImportLimits()
    files = upload_files(paths, upload)
    for at, file in enumerate(files):
        tell(str(say("Reading {file}", file=file.name)), 0.4 * at / len(files))
        read_file(file, upload, allowed)
    return _import_upload(store, upload, dry_run, tell)


def import_upload(store: Store, upload: Upload) -> ImportReport:
    """Import tables that were read already; raises as ``import_paths`` does."""
    with _collection_paused():
        return _import_upload(store, upload, dry_run=False, tell=lambda _text, _share: None)


def import_within(transaction: Transaction, upload: Upload) -> Mapping[str, Counts]:
    """Import tables that were read already, as a part of an open transaction; raises as ``import_paths`` does."""
    return _import(upload, transaction, lambda _text, _share: None)


def _import_upload(store: Store, upload: Upload, dry_run: bool, tell: Progress) -> ImportReport:
    if not upload.tables:
        upload.problems.raise_if_any()
    try:
        with store.write() as transaction:
            counts = _import(upload, transaction, tell)
            report = ImportReport(counts, dry_run, tuple(upload.notes))
            if dry_run:
                raise _Undo
    except _Undo:
        pass
    tell(str(say("Done")), 1.0)
    return report


@contextmanager
def _collection_paused() -> Iterator[None]:
    """Hundreds of thousands of rows without a cycle among them: looking for cycles would take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Undo(Exception):
    """Leaves the transaction of a dry run, undoing it."""


def _import(upload: Upload, transaction: Transaction, tell: Progress) -> dict[str, Counts]:
    problems = upload.problems
    tell(str(say("Checking")), 0.4)
    reference = _reference(transaction)
    parsed = [parse(raw, reference, problems) for raw in upload.tables]
    examples = sum(table.examples for table in parsed)
    if examples:
        upload.notes.append(say("The template's example rows were left out ({count}).", count=examples))
    utilities = _utility_names(parsed, transaction)
    # Where utilities could not be read, every row about them would be reported for nothing.
    missing_utilities = Problems() if "utilities" in problems.unread else problems
    for table in parsed:
        resolve(table, utilities, missing_utilities)
        check_rows(table, reference, problems)
    check_repeats(parsed, problems)
    problems.raise_if_any()
    return _merge(parsed, transaction, upload, tell)


def _merge(
    parsed: Sequence[ParsedTable], transaction: Transaction, upload: Upload, tell: Progress
) -> dict[str, Counts]:
    merge = {
        "utilities": merge_utilities,
        "offers": merge_offers_or_needs,
        "needs": merge_offers_or_needs,
        "partnerships": merge_partnerships,
        "observations": merge_observations,
    }
    counts: dict[str, Counts] = {}
    observations = [table for table in parsed if table.table.name == "observations"]
    in_order = sorted(parsed, key=lambda table: list(TABLES).index(table.table.name))
    figures = [
        figures_of_utilities(table, observations, transaction, upload.problems)
        for table in in_order
        if table.table.name == "utilities"
    ]
    upload.problems.raise_if_any()
    for at, table in enumerate(in_order):
        name = table.table.name
        tell(str(say("Writing {table}", table=name)), 0.6 + 0.4 * at / len(in_order))
        counts[name] = counts.get(name, Counts()) + merge[name](table, transaction)
    for columns in figures:
        if columns["source"]:
            counts["observations"] = counts.get("observations", Counts()) + transaction.merge_edges("OBSERVED", columns)
            upload.notes.append(
                say("Figures taken from columns of the utilities: {count}.", count=len(columns["source"]))
            )
    return counts


def _utility_names(parsed: Sequence[ParsedTable], reader: Reader) -> UtilityNames:
    known = UtilityNames()
    stored = reader.nodes("Utility")
    known.add(stored["id"], stored["name"], stored["country"])
    for table in parsed:
        if table.table.name == "utilities":
            names, countries = (
                [value if isinstance(value, str) else None for value in table.columns[name]]
                for name in ("name", "country")
            )
            known.add(table.raw["id"], names, countries)
    return known


def _reference(transaction: Transaction) -> Reference:
    """The reference names; a store that lacks them is given the reference within the same transaction."""
    if not all(transaction.nodes(label)["id"] for label in ("Capability", "Country", "Region", "Metric")):
        from graph.reference import load_reference  # only a new store needs the reference's files

        load_reference(_InTransaction(transaction))
    return Reference(transaction)


class _InTransaction:
    """A store all of whose blocks are one transaction that is open already."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def read(self) -> AbstractContextManager[InsideReader]:
        """The transaction, which reads its own writes."""
        return nullcontext(self._transaction)

    def write(self, expected_revision: int | None = None) -> AbstractContextManager[Transaction]:  # noqa: ARG002 - of the port
        """The transaction; whoever opened it ends it."""
        return nullcontext(self._transaction)

    def revision(self) -> int:
        """The revision the transaction began with."""
        return self._transaction.revision

    def close(self) -> None:
        """Nothing to release."""


__all__ = ["ImportLimits", "ImportReport", "file_name", "import_files", "import_paths", "import_upload"]
