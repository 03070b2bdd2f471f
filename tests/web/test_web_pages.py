"""Every page and its JSON twin over a small network, in every state of the store."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from small_world import ARABIC, HOSTILE, document, explanation, proposed, ref

from graph.errors import StoreUnavailable
from graph.rounds import save_round
from graph.sentences import say
from graph.store import open_store
from web.app import create_app
from web.settings import Settings

PAGES = [
    "/",
    "/utilities",
    "/utilities/M1",
    "/utilities/N1",
    "/utilities/N2",
    "/utilities/N3",
    "/utilities/N1/network",
    "/utilities/N4/network",
    "/utilities/N1/chain",
    "/utilities/N1/mentors",
    "/utilities/N4/mentors",
    "/supply",
    "/partnerships",
    "/partnerships/noord_nairobi",
    "/proposal",
    "/proposal/round-1",
    "/proposal/unmatched",
    "/proposal/idle",
    "/proposal/pair/M1/N1",
    "/suggest",
    "/capabilities",
    "/about",
    "/api/docs",
]
JSON = {"Accept": "application/json"}


class Outline(HTMLParser):
    """The parts of a page that must be in order whatever it shows."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(tag)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "a" and found.get("href"):
            self.links.append(str(found["href"]))


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_a_page_is_whole_in_every_language(client: FlaskClient, address: str, language: str) -> None:
    response = client.get(address, query_string={"lang": language})
    assert response.status_code == 200, response.text
    outline = Outline(response.text)
    assert f'<html lang="{language}"' in response.text
    assert outline.headings.count("h1") == 1
    for before, after in zip(outline.headings, outline.headings[1:], strict=False):
        assert int(after[1]) <= int(before[1]) + 1, "a level of headings is skipped"
    assert len(outline.ids) == len(set(outline.ids)), "an id is used twice"
    for tag, attributes in outline.tags:
        assert tag not in ("script", "style", "iframe"), "nothing inline"
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
    assert "{" not in response.text.replace("{round", "{") or address == "/api/docs"


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_a_json_twin_at_the_same_address(client: FlaskClient, address: str) -> None:
    by_header = client.get(address, headers=JSON)
    by_parameter = client.get(address, query_string={"format": "json"})
    assert by_header.mimetype == by_parameter.mimetype == "application/json"
    assert by_header.data == by_parameter.data
    json.loads(by_header.data)
    assert client.get(address, headers={"Accept": "*/*"}).mimetype == "text/html"
    assert client.get(address, headers=JSON, query_string={"format": "html"}).mimetype == "text/html"


@pytest.mark.parametrize("address", PAGES)
def test_every_link_of_a_page_leads_somewhere(client: FlaskClient, address: str) -> None:
    for link in Outline(client.get(address).text).links:
        if link.startswith(("http://", "https://", "#")):
            continue
        status = client.get(link).status_code
        # The hand-made proposal was never solved, so it cannot be explained: that is said (409).
        assert status in (200, 409) or "/suggest?" in link or "/proposal/pair/" in link, link


@pytest.mark.parametrize("address", ["/", "/utilities", "/partnerships", "/proposal", "/suggest", "/capabilities"])
def test_an_empty_store_says_how_to_begin(empty_client: FlaskClient, address: str) -> None:
    response = empty_client.get(address)
    assert response.status_code == 200
    assert "wop demo" in response.text


def test_without_a_proposal_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    from small_world import fill

    settings = Settings(store=f"sqlite:///{tmp_path / 'no.sqlite'}")
    store = open_store(settings.store)
    fill(store)
    store.close()
    client = create_app(settings).test_client()
    for address in ("/proposal", "/proposal/unmatched", "/proposal/idle"):
        assert "wop match" in client.get(address).text
        twin = client.get(address, headers=JSON)
        assert (twin.status_code, twin.mimetype) == (400, "application/problem+json")
    assert client.get("/proposal/download.json", headers=JSON).status_code == 400
    assert "No proposal was made yet" in client.get("/").text


def test_hostile_names_are_shown_as_text(client: FlaskClient) -> None:
    for address in ("/utilities", "/utilities/N2", "/proposal", "/proposal/pair/M1/N2", "/suggest?utility=N2"):
        page = client.get(address).text
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page
    assert "javascript:" not in str(Outline(client.get("/utilities/N1").text).links)
    assert ARABIC in client.get("/utilities/N3").text
    reflected = client.get("/utilities", query_string={"q": '"><script>'}).text
    assert '"><script>' not in reflected


def found_names(client: FlaskClient, **query: Any) -> list[str]:
    data = client.get("/utilities", query_string=query, headers=JSON).json
    assert data is not None
    return [row["utility"]["id"] for row in data["utilities"]]


def test_utilities_are_found_by_words_place_capability_and_role(client: FlaskClient) -> None:
    assert found_names(client, q="sao nairobi") == ["N1"]
    assert found_names(client, q="égypte", lang="fr") == ["N3"]
    assert found_names(client, q="societe") == ["N4"]
    assert found_names(client, region="R2") == ["M1", "M2"]
    assert found_names(client, country="EGY") == ["N3"]
    assert found_names(client, offers="leaks") == ["M1"]
    assert sorted(found_names(client, needs="leaks")) == ["N1", "N2"]
    assert found_names(client, role="mentor") == ["M1"]
    assert sorted(found_names(client, role="mentee")) == ["N1", "N2"]
    assert found_names(client, role="both") == []
    assert found_names(client, q="nothing like it") == []


def test_a_long_list_comes_in_parts(tmp_path: Path, app: APIFlask) -> None:
    many = [proposed(ref("M1"), ref(f"X{n:03}"), fit=n / 1000) for n in range(120)]
    settings = Settings(store=f"sqlite:///{tmp_path / 'small.sqlite'}", rows_per_page=50)
    store = open_store(settings.store)
    save_round(store, document(many, id="round-2"))
    store.close()
    client = create_app(settings).test_client()
    seen: list[str] = []
    for page in (1, 2, 3):
        data = client.get("/proposal", query_string={"page": page}, headers=JSON).json
        assert data is not None
        assert (data["part"]["pages"], data["part"]["total"]) == (3, 120)
        seen += [pair["mentee"]["id"] for pair in data["pairs"]]
    assert len(seen) == len(set(seen)) == 120
    assert client.get("/proposal", query_string={"page": 9}, headers=JSON).json["part"]["page"] == 3  # type: ignore[index]
    assert 'rel="next"' in client.get("/proposal").text
    assert "round-1" in client.get("/proposal").text, "the older proposal is listed"


def proposal_pairs(client: FlaskClient, **query: Any) -> list[str]:
    data = client.get("/proposal", query_string=query, headers=JSON).json
    assert data is not None
    return [pair["mentee"]["id"] for pair in data["pairs"]]


def test_the_proposal_is_sorted_and_filtered(client: FlaskClient) -> None:
    assert proposal_pairs(client) == ["N1", "N2"]
    assert proposal_pairs(client, sort="fit", order="up") == ["N2", "N1"]
    assert proposal_pairs(client, sort="mentee") == ["N2", "N1"]
    assert proposal_pairs(client, sort="mentee", order="down") == ["N1", "N2"]
    assert proposal_pairs(client, min_fit=60) == ["N1"]
    assert proposal_pairs(client, region="R2") == []
    assert proposal_pairs(client, capability="leaks", q="kenya") == ["N1", "N2"]
    assert proposal_pairs(client, capability="tariffs") == []
    assert 'aria-sort="descending"' in client.get("/proposal").text
    assert 'aria-sort="ascending"' in client.get("/proposal", query_string={"sort": "mentee"}).text


@pytest.mark.parametrize("kind", ["xlsx", "csv", "json"])
def test_the_proposal_can_be_downloaded(client: FlaskClient, kind: str) -> None:
    response = client.get(f"/proposal/download.{kind}", query_string={"round": "round-1"})
    assert response.status_code == 200, response.text
    assert f"proposal-2024-01-01.{kind}" in response.headers["Content-Disposition"]
    assert len(response.data) > 100
    if kind == "json":
        assert json.loads(response.data)["id"] == "round-1"


@pytest.mark.parametrize(
    ("address", "status", "hint"),
    [
        ("/nowhere", 404, "Search for a utility"),
        ("/utilities/Waterwerken Nord", 404, "Waterwerken Noord"),
        ("/utilities?region=R9", 404, None),
        ("/utilities?regoin=R1", 404, "“region”"),
        ("/utilities?page=zero", 400, None),
        ("/utilities?role=mentr", 404, "“mentor”"),
        ("/?lang=de", 404, None),
        ("/partnerships/noord_nairobbi", 404, "noord_nairobi"),
        ("/proposal/round-9", 404, "round-1"),
        ("/proposal/unmatched?round=x", 404, None),
        ("/proposal/pair/M1/N9", 404, None),
        ("/proposal/download.pdf", 404, None),
        ("/suggest?need=leeks", 404, "leaks"),
        ("/suggest?utility=nobody", 404, None),
    ],
)
def test_what_cannot_be_shown_is_explained(client: FlaskClient, address: str, status: int, hint: str | None) -> None:
    page = client.get(address)
    problem = client.get(address, headers=JSON)
    assert page.status_code == problem.status_code == status, page.text
    assert problem.mimetype == "application/problem+json"
    assert problem.json is not None
    assert problem.json["status"] == status
    if hint:
        assert hint in problem.json["detail"]
        assert hint in page.text
    assert "Traceback" not in page.text
    assert '<input type="search"' in page.text


def test_other_methods_are_refused(client: FlaskClient) -> None:
    response = client.post("/utilities")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_a_busy_store_asks_to_come_back(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked() -> int:
        raise StoreUnavailable(say("The store is locked."), say("Try again."))

    monkeypatch.setattr(app.extensions["wop"].store, "revision", locked)
    response = app.test_client().get("/")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "The store is locked." in response.text


def test_an_unforeseen_error_shows_no_traceback(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(app.extensions["wop"], "now", broken)
    response = app.test_client().get("/utilities")
    assert response.status_code == 500
    assert "secret detail" not in response.text
    assert "Something went wrong on our side" in response.text


def test_a_pair_that_is_not_proposed_is_explained(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from web.pages import pairs

    monkeypatch.setattr(pairs, "_explained", lambda known, mentor, mentee: explanation(ref(mentor), ref(mentee)))
    response = client.get("/proposal/pair/M2/N1")
    assert "not proposed in this round" in response.text
    assert "Evidence known for 2 of 3 criteria." in response.text


def test_a_change_of_the_store_is_seen_at_once(client: FlaskClient, app: APIFlask) -> None:
    before = client.get("/utilities", headers=JSON).json
    with app.extensions["wop"].store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": ["M3"], "name": ["New one"], "country": ["NLD"]})
    after = client.get("/utilities", headers=JSON).json
    assert before is not None
    assert after is not None
    assert after["part"]["total"] == before["part"]["total"] + 1


def test_what_is_unknown_of_a_required_criterion_is_not_called_met(client: FlaskClient) -> None:
    page = client.get("/proposal/pair/M1/N1").text
    assert "not known, which does not disqualify" in page
    assert '<span class="good" aria-hidden="true">✓</span> <strong>' not in page


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "French, German; Ivory; Jordan"), ("fr", "français, allemand; Ivory; Jordanie"), ("es", "francés, alemán")],
)
def test_names_of_languages_and_countries_follow_the_reader(app: APIFlask, language: str, told: str) -> None:
    from matcher.words import language_name, named
    from web import i18n

    sentence = say(
        "{languages}; {unknown}; {country}",
        languages=(language_name("fr"), language_name("de")),
        unknown=named("Ivory"),
        country=named("Jordan"),
    )
    with app.test_request_context(query_string={"lang": language}):
        assert i18n.told(sentence).startswith(told)
        assert i18n.named("Democratic Republic of the Congo") != ""


def test_words_that_mean_several_utilities_are_asked_about(client: FlaskClient) -> None:
    page = client.get("/suggest?utility=water&role=mentor&top=3").get_data(as_text=True)
    assert "Which of these?" in page
    assert "utility=M1" in page
    assert "role=mentor" in page
    assert client.get("/suggest?utility=water", headers=JSON).status_code == 404
