"""Tables from a page: checked first, written after a yes, all or nothing."""

from __future__ import annotations

import base64
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from signed_in import Person
from web_fixtures import settings_for

from graph import waiting_uploads
from graph.errors import BadInput
from graph.ingest import file_name
from web.app import create_app

GOOD = b"id,name,country\nNEW,Newtown Water,KEN\n"
JSON = {"Accept": "application/json"}
HERE = {"Origin": "http://localhost"}


def send(client: FlaskClient, *files: tuple[str, bytes], **named: Any) -> Any:
    data = {"files": [(io.BytesIO(content), name) for name, content in files]}
    return client.post("/import", data=data, headers=HERE, content_type="multipart/form-data", **named)


def names(app: APIFlask) -> list[str]:
    with app.extensions["wop"].store.read() as reader:
        return list(reader.names("Utility")["id"])


def test_checked_first_and_written_after_a_yes(app: APIFlask, client: FlaskClient) -> None:
    checked = send(client, ("utilities.csv", GOOD))
    assert checked.status_code == 303, checked.text
    assert "NEW" not in names(app)
    shown = client.get(checked.location)
    assert "Ready to import" in shown.text
    assert "utilities.csv" in shown.text
    done = client.post(checked.location, data={}, headers=HERE)
    assert done.status_code == 200
    assert "All of it was written" in done.text
    assert "NEW" in names(app)
    assert client.post(checked.location, data={}, headers=HERE).status_code == 400, "a second yes finds nothing"
    again = send(client, ("utilities.csv", GOOD))
    assert "all of it was known already" in again.text


def test_every_problem_is_shown_and_nothing_kept(app: APIFlask, client: FlaskClient) -> None:
    before = names(app)
    wrong = send(
        client,
        ("utilities.csv", b"id,name,country\nX,,Atlantis\n"),
        ("needs.csv", b"utility,capability,priority\nX,leek detection,9\n"),
    )
    assert wrong.status_code == 422
    for word in ("utilities.csv", "needs.csv", "row 2", "Atlantis", "leek detection", "priority"):
        assert word in wrong.text, word
    assert names(app) == before
    with app.extensions["wop"].store.read() as reader:
        assert reader.nodes("WaitingUpload")["id"] == []


def test_a_program_sends_json(app: APIFlask, client: FlaskClient) -> None:
    file = {"name": "C:\\tables\\utilities.csv", "content": base64.b64encode(GOOD).decode()}
    checked = client.post("/import", json={"files": [file]}, headers=JSON)
    assert checked.status_code == 201
    assert checked.json is not None
    assert checked.json["files"] == ["utilities.csv"]
    assert checked.json["tables"] == [{"table": "utilities", "created": 1, "updated": 0, "unchanged": 0}]
    dropped = client.post(f"/import/{checked.json['id']}", json={"what": "drop"}, headers=JSON)
    assert dropped.json is not None
    assert not dropped.json["imported"]
    assert "NEW" not in names(app)
    wrong = client.post("/import", json={"files": [{**file, "content": "not base64!"}]}, headers=JSON)
    assert wrong.status_code == 400
    problems = client.post(
        "/import",
        json={"files": [{"name": "needs.csv", "content": base64.b64encode(b"utility\nQ\n").decode()}]},
        headers=JSON,
    ).json
    assert problems is not None
    assert problems["id"] is None
    assert problems["problem_count"] >= 1


def test_the_workbook_of_the_page_can_be_sent_back(app: APIFlask, client: FlaskClient) -> None:
    answer = client.get("/import/template.xlsx?lang=fr")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    sheet = book["utilities"]
    headings = [cell.value for cell in sheet[1]]
    row = {"id": "BOOK", "name": "From a workbook", "country": "KEN"}
    sheet.append([row.get(str(heading)) for heading in headings])
    filled = io.BytesIO()
    book.save(filled)
    checked = send(client, ("filled.xlsx", filled.getvalue()))
    assert checked.status_code == 303, checked.text
    assert client.post(checked.location, data={}, headers=HERE).status_code == 200
    assert "BOOK" in names(app)


def test_what_waits_is_ones_own_and_not_for_ever(
    app: APIFlask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = send(client, ("utilities.csv", GOOD)).location
    other = app.test_client(person=Person("other@example.org", ("facilitator",), key="key-of-another"))
    assert other.get(first).status_code == 400
    assert other.post(first, data={}, headers=HERE).status_code == 400
    second = send(client, ("utilities.csv", GOOD)).location
    assert client.get(first).status_code == 400, "a new check takes the place of the one before"
    assert client.get(second).status_code == 200
    monkeypatch.setattr(waiting_uploads, "WAITS", -timedelta(seconds=1))
    with app.extensions["wop"].store.write() as transaction:
        id = waiting_uploads.put_upload(transaction, "facilitator@example.org", {}, datetime.now(UTC))
    assert client.get(f"/import/{id}").status_code == 400
    assert "NEW" not in names(app)


def test_a_facilitator_of_a_region_imports_nothing(app: APIFlask) -> None:
    regional = app.test_client(person=Person("r@example.org", ("facilitator",), regions=("R1",), key="key-of-r"))
    assert regional.get("/import").status_code == 403
    refused = send(regional, ("utilities.csv", GOOD))
    assert refused.status_code == 403
    assert "limited to some regions" in refused.text
    assert "Import tables" not in regional.get("/utilities").text


def test_too_large_is_refused_with_the_setting(tmp_path: Any) -> None:
    app = create_app(settings_for(tmp_path / "s.sqlite", upload_bytes=100_000, request_bytes=20_000))
    client = app.test_client()
    assert client.post("/rounds", json={"title": "x" * 30_000}, headers=JSON).status_code == 413
    large = send(client, ("utilities.csv", b"x" * 100_001))
    assert large.status_code == 413
    assert "WOP_UPLOAD_BYTES" in large.text
    huge = send(client, ("utilities.csv", b"x" * 500_000))
    assert huge.status_code == 413
    assert "WOP_UPLOAD_BYTES" in huge.text
    assert client.get("/utilities").status_code == 200


@pytest.mark.parametrize("name", ["", "..", "../..", "a/", "x" * 300, "\n"])
def test_what_is_no_name_of_a_file(name: str) -> None:
    with pytest.raises(BadInput):
        file_name(name)


@pytest.mark.parametrize(("name", "last"), [("../../etc/needs.csv", "needs.csv"), ("C:\\a\\b.xlsx", "b.xlsx")])
def test_only_the_last_part_of_a_name_counts(name: str, last: str) -> None:
    assert file_name(name) == last
