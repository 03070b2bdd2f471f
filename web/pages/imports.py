"""Tables from a page: choose files, see everything that is wrong or what would change, then say yes.

Checking writes nothing. What passed waits for its yes, so that the files need not be chosen a second time.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypedDict

from flask import Blueprint, Response, render_template, request, url_for
from pydantic import BaseModel, ConfigDict, Field

from graph.errors import BadInput, ImportProblem, ImportProblems, TooLarge
from graph.ingest import ImportReport, file_name, import_files
from graph.sentences import say
from graph.tables import TABLES
from graph.uploads import ImportLimits
from graph.waiting_uploads import WAITS, WaitingUpload, drop_upload, put_upload, read_upload
from matcher.document import SentenceJson
from web.action import Body, Changed, action
from web.i18n import translate
from web.knowledge import keeper
from web.shown import Crumb, settings
from web.signing_in import signed_in
from web.twin import Query, answer, page, wants_json

pages = Blueprint("imports", __name__)
CRUMBS = [Crumb(say("Import"), "imports.imports")]
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

UNPACKED = 20
"""So many times the bytes of an upload may be in it once it is unpacked."""
MOST_CELLS = 5_000_000


class SentFile(BaseModel):
    """A file that a program sends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=300, description="Its name: needs.csv, or workbook.xlsx.")
    content: str = Field(description="What is in it, in base64.")


class Sent(Body):
    """Tables to check."""

    files: tuple[SentFile, ...] = Field(
        default=(), max_length=50, description="CSV files and workbooks; a form sends them as files."
    )


class Confirmed(Body):
    """What is done with tables that were checked."""

    what: Literal["import", "drop"] = Field(default="import", description="Import them, or forget them.")


class Imports(TypedDict):
    """What can be imported: the tables' names, and the most bytes of one import."""

    tables: list[str]
    most_bytes: int


class TableCount(TypedDict):
    """Rows of one table."""

    table: str
    created: int
    updated: int
    unchanged: int


class ProblemRow(TypedDict):
    """One thing wrong in one place; empty parts do not apply."""

    file: str
    sheet: str
    row: int | None
    column: str
    value: str
    text_s: SentenceJson
    hint_s: SentenceJson | None


class Checked(TypedDict):
    """What a check or an import found; ``id`` (``None``: nothing waits) is confirmed at ``/import/<id>``.

    ``problem_count`` may be more than are listed. ``imported`` says whether it was written.
    """

    id: str | None
    imported: bool
    files: list[str]
    tables: list[TableCount]
    notes: list[SentenceJson]
    problem_count: int
    problems: list[ProblemRow]


@page(pages, "/import", Query, Imports)
def imports(_query: Query) -> Response:
    """Importing tables: the workbook to fill in, and where filled ones are sent."""
    return answer("import.html", Imports(tables=list(TABLES), most_bytes=settings().upload_bytes))


@pages.get("/import/template.xlsx")
def template() -> Response:
    """The workbook to fill in, explained in the reader's language."""
    from graph.template import write_template

    with TemporaryDirectory(prefix="wop-template-") as folder:
        path = Path(folder, "template.xlsx")
        write_template(path, translate=translate)
        response = Response(path.read_bytes(), content_type=WORKBOOK)
    response.headers["Content-Disposition"] = 'attachment; filename="wop-tables.xlsx"'
    return response


@action(pages, "/import", Sent, Checked)
def check(body: Sent) -> Changed:
    """Check tables and count what they would change; nothing is written before it is confirmed."""
    account = signed_in().account
    files = _files(body)
    try:
        report = import_files(keeper().store, files, dry_run=True, limits=_limits())
    except ImportProblems as wrong:
        data = _checked(None, files, problems=wrong)
        shown = None if wants_json() else Response(render_template("import_wrong.html", data=data, crumbs=CRUMBS), 422)
        return Changed(data, url_for("imports.imports"), page=shown)
    id = None
    if report.changed:
        with keeper().store.write() as transaction:
            id = put_upload(transaction, account.id, files, datetime.now(UTC))
    data = _checked(id, files, report)
    if id is None:
        shown = None if wants_json() else _page("import_done.html", data)
        return Changed(data, url_for("imports.imports"), page=shown)
    return Changed(data, url_for("imports.waiting", upload_id=id), new=True)


@page(pages, "/import/<upload_id>", Query, Checked)
def waiting(_query: Query, upload_id: str) -> Response:
    """What checked tables would change."""
    upload = _waiting(upload_id)
    report = import_files(keeper().store, upload.files, dry_run=True, limits=_limits())
    return answer(
        "import_waiting.html",
        _checked(upload.id, upload.files, report),
        crumbs=CRUMBS,
        hours=int(WAITS.total_seconds() // 3600),
    )


@action(pages, "/import/<upload_id>", Confirmed, Checked)
def confirm(body: Confirmed, upload_id: str) -> Changed:
    """Import tables that were checked, all or nothing, or forget them."""
    upload = _waiting(upload_id)
    store = keeper().store
    report = import_files(store, upload.files, limits=_limits()) if body.what == "import" else None
    with store.write() as transaction:
        drop_upload(transaction, upload.id)
    data = _checked(None, upload.files, report, imported=report is not None)
    shown = _page("import_done.html", data) if report is not None and not wants_json() else None
    return Changed(data, url_for("imports.imports"), page=shown)


def _limits() -> ImportLimits:
    """What files sent to a page may hold: less than on the command line, since others wait for the same process."""
    return ImportLimits(uncompressed_bytes=UNPACKED * settings().upload_bytes, cells=MOST_CELLS)


def _waiting(id: str) -> WaitingUpload:
    with keeper().store.read() as reader:
        upload = read_upload(reader, id, signed_in().account.id, datetime.now(UTC))
    if upload is None:
        raise BadInput(
            say("No tables of yours wait here: they were imported, dropped, or waited too long."),
            say("Choose the files once more; importing the same tables twice changes nothing."),
        )
    return upload


def _files(body: Sent) -> dict[str, bytes]:
    given = [(file.name, _decoded(file)) for file in body.files]
    given += [(file.filename or "", file.read()) for file in request.files.getlist("files") if file.filename]
    if not given:
        raise BadInput(say("No file was chosen."), say("Choose a workbook or CSV files."))
    total = sum(len(content) for _name, content in given)
    if total > settings().upload_bytes:
        raise TooLarge(
            say(
                "The files have {found} bytes, and the setting {setting} allows {allowed}.",
                found=total,
                setting="WOP_UPLOAD_BYTES",
                allowed=settings().upload_bytes,
            ),
            say("Import them with “wop import”, or one after the other."),
        )
    files = {file_name(name): content for name, content in given}
    if len(files) < len(given):
        raise BadInput(say("Two files have the same name."), say("Give each its own name."))
    return files


def _decoded(file: SentFile) -> bytes:
    try:
        return base64.b64decode(file.content, validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(
            say("The content of the file {file} is not base64.", file=file.name[:80]), say("Encode it and send it.")
        ) from None


def _page(template: str, data: Checked) -> Response:
    return Response(render_template(template, data=data, crumbs=CRUMBS))


def _checked(
    id: str | None,
    files: Mapping[str, bytes],
    report: ImportReport | None = None,
    *,
    problems: ImportProblems | None = None,
    imported: bool = False,
) -> Checked:
    return Checked(
        id=id,
        imported=imported,
        files=list(files),
        tables=[
            TableCount(table=table, created=count.created, updated=count.updated, unchanged=count.unchanged)
            for table, count in (report.counts.items() if report else ())
        ],
        notes=[note.to_json() for note in (report.notes if report else ())],
        problem_count=problems.count if problems else 0,
        problems=[_problem(problem) for problem in (problems.problems if problems else ())],
    )


def _problem(problem: ImportProblem) -> ProblemRow:
    return ProblemRow(
        file=problem.file,
        sheet=problem.sheet,
        row=problem.row,
        column=problem.column,
        value=problem.value,
        text_s=problem.message.to_json(),
        hint_s=problem.hint.to_json() if problem.hint else None,
    )
