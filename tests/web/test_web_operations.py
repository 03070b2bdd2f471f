"""What whoever runs the service sees of it: alive, ready, metrics, logs and request ids."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import threading
import time
from datetime import date
from pathlib import Path

import pytest
from a_round import published_round
from apiflask import APIFlask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from small_world import AS_OF, document
from web_fixtures import settings_for

from graph.errors import BadInput, Busy, StoreUnavailable
from graph.network import Network, read_network
from graph.rounds import save_round
from graph.store import Reader, open_store
from web import snapshot
from web.app import create_app
from web.late_store import LateStore
from web.logs import JsonLines, PlainLines, configure_logs, secrets_of
from web.settings import Settings, read_settings
from web.turns import turn

TOKEN = "a-token-only-for-tests"
JSON = {"Accept": "application/json"}


@pytest.fixture
def watched(tmp_path: Path) -> APIFlask:
    """A service that shows its metrics to whoever has the token."""
    return create_app(settings_for(tmp_path / "watched.sqlite", metrics_token=TOKEN))


def samples(client: FlaskClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_alive_and_ready_are_two_questions(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    client = create_app(settings_for(path)).test_client(person=None)
    assert client.get("/health").json == {"status": "ok"}
    assert client.get("/ready").json == {"status": "ready", "revision": 0}
    path.write_bytes(b"no database at all, and long enough to be read as one" * 100)
    for leftover in tmp_path.glob("store.sqlite-*"):
        leftover.unlink()
    assert client.get("/health").status_code == 200
    lost = client.get("/ready", headers=JSON)
    assert lost.status_code == 503
    assert lost.headers["Retry-After"] == "5"
    assert lost.mimetype == "application/problem+json"
    assert lost.json is not None
    assert lost.json["retry_helps"] is True


def test_a_store_of_a_newer_version_is_not_ready(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    open_store(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE wop_store SET schema_version = 999")
    connection.close()
    late = LateStore(f"sqlite:///{path}")
    with pytest.raises(Exception, match="newer version"):
        late.open_early()
    app = create_app(settings_for(tmp_path / "other.sqlite"))
    app.extensions["wop"].store = late
    client = app.test_client()
    assert client.get("/ready").status_code == 503
    assert client.get("/health").status_code == 200


def test_a_store_that_comes_late_is_found_by_itself(tmp_path: Path) -> None:
    folder = tmp_path / "not mounted yet"
    late = LateStore(f"sqlite:///{folder / 'store.sqlite'}")
    with pytest.raises(StoreUnavailable):
        late.open_early()
    with pytest.raises(StoreUnavailable):
        late.revision()
    folder.mkdir()
    assert late.revision() == 0
    late.close()


def test_metrics_are_shown_only_for_the_token(app: APIFlask, client: FlaskClient, watched: APIFlask) -> None:
    closed = client.get("/metrics", headers={"Authorization": "Bearer "})
    assert closed.status_code == 403
    assert "WOP_METRICS_TOKEN" in closed.text
    for wrong in ("", "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ü"):
        refused = watched.test_client().get("/metrics", headers={"Authorization": wrong})
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"] == "Bearer"
        assert "wop_" not in refused.text


def test_requests_are_counted_by_route_and_status(watched: APIFlask) -> None:
    client = watched.test_client()
    before = samples(client)
    for address in ("/utilities", "/utilities", "/utilities/nobody", "/no-such-page", "/another"):
        client.get(address)
    client.open("/no-such-page", method="STRANGE")
    after = samples(client)

    def grown(route: str, status: str, method: str = "GET") -> float:
        key = ("wop_request_seconds_count", (("method", method), ("route", route), ("status", status)))
        return after[key] - before.get(key, 0)

    assert grown("/utilities", "200") == 2
    assert grown("/utilities/<utility_id>", "404") == 1
    assert grown("none", "404") == 2
    assert grown("none", "404", "other") == 1
    assert not [key for key in after if "no-such-page" in str(key)]


def test_metrics_have_no_second_address(watched: APIFlask) -> None:
    """A proxy keeps /metrics inside; the prefix of the API must not lead around it."""
    given = {"Authorization": f"Bearer {TOKEN}"}
    assert watched.test_client(person=None).get("/api/v1/metrics", headers=given).status_code == 404


def test_metrics_tell_the_store_and_the_queue(watched: APIFlask) -> None:
    client = watched.test_client()
    assert ("wop_queue_length", ()) not in samples(client)
    watched.extensions["wop_queue_length"] = lambda: 7
    with watched.extensions["wop"].store.write() as transaction:
        transaction.merge_nodes("Region", {"id": ["R"], "name": ["Somewhere"]})
    told = samples(client)
    assert told["wop_store_up", ()] == 1
    assert told["wop_store_revision", ()] == 1
    assert told["wop_store_answer_seconds", ()] > 0
    assert told["wop_queue_length", ()] == 7
    watched.extensions["wop"].store = LateStore("sqlite:////no/such/folder/store.sqlite")
    told = samples(client)
    assert told["wop_store_up", ()] == 0
    assert ("wop_store_revision", ()) not in told


def test_solves_are_counted(solved_client: FlaskClient, watched: APIFlask) -> None:
    key = ("wop_solve_seconds_count", (("status", "solved"),))
    before = samples(watched.test_client()).get(key, 0)
    # The same round by another application: what one keeper has solved, another has not.
    other = create_app(solved_client.application.extensions["wop_settings"]).test_client()
    assert other.get("/proposal/scarcity").status_code == 200
    assert samples(watched.test_client())[key] == before + 1


def test_a_request_has_an_id_that_a_person_can_quote(client: FlaskClient) -> None:
    made = client.get("/").headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{16}", made)
    assert client.get("/").headers["X-Request-ID"] != made
    kept = client.get("/nowhere", headers={"X-Request-ID": "from.a-proxy_1"})
    assert kept.headers["X-Request-ID"] == "from.a-proxy_1"
    assert "Request from.a-proxy_1" in kept.text
    problem = client.get("/nowhere", headers={**JSON, "X-Request-ID": "from.a-proxy_1"})
    assert problem.json is not None
    assert problem.json["request_id"] == "from.a-proxy_1"
    for insane in (
        "short",
        "x" * 65,
        "<script>alert(1)</script>",
        "two words are too many",
        "-starts-badly",
        "ünïcödes",
    ):
        assert client.get("/", headers={"X-Request-ID": insane}).headers["X-Request-ID"] != insane


def test_a_request_is_one_line_of_json(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    try:
        configure_logs(Settings(log="json"))
        client.get("/utilities?q=what+somebody+looks+for", headers={"X-Request-ID": "from.a-proxy_1"})
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    finally:
        root.handlers[:] = kept
        root.setLevel(level)
        logging.captureWarnings(False)
    (line,) = [line for line in lines if line["logger"] == "wop.requests"]
    assert line["request_id"] == "from.a-proxy_1"
    assert (line["method"], line["path"], line["route"]) == ("GET", "/utilities", "/utilities")
    assert line["status"] == 200
    assert line["seconds"] > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["time"])
    assert "somebody" not in json.dumps(line)


def test_no_secret_gets_into_a_line(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("kept-in-a-file\n")
    hidden = secrets_of(
        {
            "WOP_STORE_PASSWORD": "the-password",
            "WOP_METRICS_TOKEN": TOKEN,
            "WOP_OTHER_PASSWORD_FILE": str(tmp_path / "password"),
            "WOP_MISSING_TOKEN_FILE": str(tmp_path / "nothing"),
            "WOP_LANGUAGE": "visible",
            "HOME_PASSWORD": "not-ours",
        }
    )
    assert set(hidden) == {"the-password", TOKEN, "kept-in-a-file"}
    try:
        raise ValueError("the-password in an error")
    except ValueError:
        import sys

        record = logging.LogRecord(
            "any",
            logging.ERROR,
            __file__,
            1,
            "bolt://me:pass-word@host %s\n%s",
            ("kept-in-a-file", TOKEN),
            sys.exc_info(),
        )
    for lines in (JsonLines(hidden), PlainLines(hidden)):
        told = lines.format(record)
        assert not [secret for secret in (*hidden, "pass-word") if secret in told]
        assert "bolt://(hidden)@host" in told
    assert "\n" not in JsonLines(hidden).format(record)
    record.exc_info = record.exc_text = None
    assert "\n" not in PlainLines(hidden).format(record)


def test_settings_that_cannot_be_used_are_named_and_their_values_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WOP_METRICS_TOKEN", "tooshort")
    with pytest.raises(BadInput, match="WOP_METRICS_TOKEN") as refused:
        read_settings()
    assert "tooshort" not in str(refused.value)
    monkeypatch.setenv("WOP_METRICS_TOKEN", TOKEN)
    monkeypatch.setenv("WOP_METRICS_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(BadInput, match="not both"):
        read_settings()
    monkeypatch.delenv("WOP_METRICS_TOKEN")
    with pytest.raises(BadInput, match="cannot be read"):
        read_settings().metrics_secret()
    (tmp_path / "token").write_text("tooshort\n")
    with pytest.raises(BadInput, match="too short"):
        read_settings().metrics_secret()
    (tmp_path / "token").write_text(TOKEN + "\n")
    assert read_settings().metrics_secret() == TOKEN
    monkeypatch.delenv("WOP_METRICS_TOKEN_FILE")
    assert TOKEN not in repr(Settings(metrics_token=SecretStr(TOKEN)))


def test_a_mark_never_names_a_revision_the_page_does_not_show(app: APIFlask, client: FlaskClient) -> None:
    """Somebody writes while a page is made: whoever comes back with that page's mark gets the new state."""
    meanwhile = [True]

    @app.after_request
    def write(response: object) -> object:
        if meanwhile:
            meanwhile.pop()
            with app.extensions["wop"].store.write() as transaction:
                transaction.merge_nodes("Utility", {"id": ["M1"], "name": ["Renamed meanwhile"]})
        return response

    first = client.get("/utilities/M1")
    assert "Waterwerken Noord" in first.text
    again = client.get("/utilities/M1", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert "Renamed meanwhile" in again.text


def test_what_happens_in_rounds_does_not_make_pages_read_the_network_again(
    app: APIFlask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []

    def counted(reader: Reader) -> Network:
        reads.append(reader.revision)
        return read_network(reader)

    monkeypatch.setattr(snapshot, "read_network", counted)
    assert client.get("/utilities").status_code == 200
    assert len(reads) == 1
    published_round(app, date.fromisoformat(AS_OF))
    before = app.extensions["wop"].store.revision()
    assert "Spring round" in client.get("/rounds").text
    assert client.get("/utilities").status_code == 200
    first = client.get("/proposal").text
    assert len(reads) == 1, reads
    with app.extensions["wop"].store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": ["NEW"], "name": ["Brand new"], "country": ["KEN"]})
    assert "Brand new" in client.get("/utilities").text
    assert len(reads) == 2
    save_round(app.extensions["wop"].store, {**document(), "id": "another", "as_of": "2024-02-02"})
    assert client.get("/proposal").text != first, "another day: what the register implies is worked out anew"
    assert len(reads) == 3
    assert app.extensions["wop"].store.revision() > before


def test_nobody_waits_for_ever() -> None:
    lock = threading.Lock()
    release = threading.Event()
    held = threading.Event()

    def hold() -> None:
        with turn(lock, 1.0):
            held.set()
            release.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    with pytest.raises(Busy, match="WOP_REQUEST_TIMEOUT"), turn(lock, 0.05):
        pass
    release.set()
    holder.join()
    with turn(lock, 0.05):
        pass


def test_a_reader_who_cannot_wait_is_told_so(app: APIFlask, client: FlaskClient) -> None:
    """One request holds the snapshot's lock for long; another gives up after what the setting allows."""
    keeper = app.extensions["wop"]
    keeper._patience = 0.05
    with keeper._lock:
        began = time.process_time()
        busy = client.get("/utilities", headers={"Accept-Language": "fr"})
    assert time.process_time() - began < 5
    assert busy.status_code == 503
    assert busy.headers["Retry-After"] == "5"
    assert '<html lang="fr"' in busy.text
    assert client.get("/utilities").status_code == 200
