"""How responses travel: headers, compression, revalidation, size, and what is imported for them."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from web.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "address", ["/", "/utilities/M1", "/nowhere", "/health", "/ready", "/metrics", "/proposal?format=json"]
)
def test_every_response_carries_the_security_headers(client: FlaskClient, address: str) -> None:
    headers = client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_nothing_is_sent_again_that_did_not_change(client: FlaskClient, app: APIFlask) -> None:
    first = client.get("/utilities")
    again = {"If-None-Match": first.headers["ETag"]}
    unchanged = client.get("/utilities", headers=again)
    assert unchanged.status_code == 304
    assert unchanged.data == b""
    assert client.get("/utilities?q=x", headers=again).status_code == 200
    assert client.get("/utilities", headers={**again, "Accept-Language": "fr"}).status_code == 200
    assert client.get("/utilities", headers={**again, "Accept": "application/json"}).status_code == 200
    with app.extensions["wop"].store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": ["M3"], "name": ["New one"], "country": ["NLD"]})
    assert client.get("/utilities", headers=again).status_code == 200


def test_text_is_compressed_for_those_who_take_it(client: FlaskClient) -> None:
    plain = client.get("/proposal")
    packed = client.get("/proposal", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_assets_are_kept_for_long_under_a_versioned_address(client: FlaskClient) -> None:
    page = client.get("/").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    response = client.get(address)
    assert response.status_code == 200
    assert "immutable" in response.headers["Cache-Control"]
    response.close()
    unversioned = client.get(address.split("?")[0])
    assert unversioned.headers["Cache-Control"] == "no-cache"
    unversioned.close()


def test_a_page_that_says_an_asset_is_missing_is_kept_by_nobody(client: FlaskClient) -> None:
    """It is a page for whoever asked, with the name of that person and what it may do."""
    version = client.get("/").text.split('rel="stylesheet" href="')[1].split('"')[0].partition("?")[2]
    missing = client.get(f"/static/nothing.css?{version}")
    assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-store")
    assert "facilitator@example.org" in missing.text


def test_the_language_is_chosen_by_address_then_cookie_then_browser(client: FlaskClient) -> None:
    assert '<html lang="en"' in client.get("/").text
    assert '<html lang="es"' in client.get("/", headers={"Accept-Language": "de,es;q=0.8,en;q=0.5"}).text
    chosen = client.get("/?lang=fr")
    assert '<html lang="fr"' in chosen.text
    assert "lang=fr" in chosen.headers["Set-Cookie"]
    assert "SameSite=Lax" in chosen.headers["Set-Cookie"]
    assert '<html lang="fr"' in client.get("/", headers={"Accept-Language": "es"}).text
    assert '<html lang="en"' in client.get("/?lang=en").text


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WOP_STORE", "sqlite:///elsewhere.sqlite")
    monkeypatch.setenv("WOP_ROWS_PER_PAGE", "25")
    settings = Settings()
    assert (settings.store, settings.rows_per_page, settings.host) == ("sqlite:///elsewhere.sqlite", 25, "127.0.0.1")
    assert all(field.description for field in Settings.model_fields.values())


def test_pages_do_not_import_the_solver(tmp_path: Path) -> None:
    script = """
import sys
sys.path[:0] = sys.argv[2:]
from signed_in import COOKIE, SESSION_KEY, plant
from small_world import document, fill
from graph.rounds import save_round
from graph.store import open_store
from web.app import create_app
from web.settings import Settings

store = open_store(sys.argv[1])
fill(store)
save_round(store, document())
plant(store)
store.close()
client = create_app(Settings(store=sys.argv[1])).test_client()
client.set_cookie(COOKIE, SESSION_KEY)
for address in ("/", "/utilities", "/utilities/M1", "/proposal", "/proposal/pair/M1/N1", "/proposal/unmatched",
                "/proposal/pair/M2/N3", "/suggest?utility=N1", "/suggest?utility=M1&role=mentor", "/rounds",
                "/api/docs"):
    response = client.get(address)
    assert response.status_code == 200, (address, response.text)
heavy = [name for name in ("ortools", "pandas", "openpyxl", "networkx", "scipy") if name in sys.modules]
assert not heavy, heavy
"""
    address = f"sqlite:///{tmp_path / 'light.sqlite'}"
    done = subprocess.run(
        [sys.executable, "-c", script, address, str(Path(__file__).parent), str(Path(__file__).parent.parent)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
