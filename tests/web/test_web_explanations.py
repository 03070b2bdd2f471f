"""Pages that explain a solved round, each with its JSON twin; and what they say where they cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from small_world import fill
from test_web_pages import Outline
from web_fixtures import settings_for

from graph.store import open_store
from matcher.explain.frontier import Frontier, frontier_svg
from web.app import create_app
from web.i18n import number
from web.solved import SolvedKeeper

PAGES = [
    "/proposal/pair/M1/N1/round",
    "/proposal/pair/M2/N2/round",
    "/proposal/pair/M1/N3/round",
    "/proposal/pair/N4/N1/round",
    "/proposal/unmatched/N3",
    "/proposal/alternates/N1",
    "/proposal/alternates/N3",
    "/proposal/scarcity",
    "/proposal/fairness",
    "/proposal/recruitment",
    "/proposal/best",
    "/proposal/best?count=2&apart=2",
    "/proposal/frontier",
    "/proposal/frontier?first=most_needs&second=fragile_first",
]
JSON = {"Accept": "application/json"}


def twin(client: FlaskClient, address: str) -> dict[str, Any]:
    response = client.get(address, headers=JSON)
    assert response.status_code == 200, response.text
    assert response.mimetype == "application/json"
    found: dict[str, Any] = json.loads(response.data)
    return found


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_an_explanation_is_whole_in_every_language(solved_client: FlaskClient, address: str, language: str) -> None:
    response = solved_client.get(f"{address}{'&' if '?' in address else '?'}lang={language}")
    assert response.status_code == 200, response.text
    outline = Outline(response.text)
    assert outline.headings.count("h1") == 1
    for before, after in zip(outline.headings, outline.headings[1:], strict=False):
        assert int(after[1]) <= int(before[1]) + 1, "a level of headings is skipped"
    assert len(outline.ids) == len(set(outline.ids)), "an id is used twice"
    for tag, attributes in outline.tags:
        assert tag not in ("script", "style", "iframe"), "nothing inline"
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
    assert "{" not in response.text
    assert "<script>alert" not in response.text


@pytest.mark.parametrize("address", PAGES)
def test_every_link_of_an_explanation_leads_somewhere(solved_client: FlaskClient, address: str) -> None:
    for link in Outline(solved_client.get(address).text).links:
        if not link.startswith(("http://", "https://", "#")):
            assert solved_client.get(link).status_code == 200 or "/suggest?" in link, link


def test_people_find_the_explanations_where_they_look(solved_client: FlaskClient) -> None:
    links = {
        address: Outline(solved_client.get(address).text).links for address in ("/proposal", "/proposal/unmatched")
    }
    for asked in ("scarcity", "fairness", "recruitment", "best", "frontier", "unmatched"):
        assert f"/proposal/{asked}" in links["/proposal"]
    assert "/proposal/alternates/N1" in links["/proposal"]
    assert "/proposal/unmatched/N3" in links["/proposal/unmatched"]
    assert "/proposal/pair/M1/N1/round" in Outline(solved_client.get("/proposal/pair/M1/N1").text).links


def test_a_pair_tells_what_would_change(solved_client: FlaskClient) -> None:
    proposed = {(pair["mentor"]["id"], pair["mentee"]["id"]) for pair in twin(solved_client, "/proposal")["pairs"]}
    mentor, mentee = sorted(proposed)[0]
    without = twin(solved_client, f"/proposal/pair/{mentor}/{mentee}/round")
    assert without["standing"] == "proposed"
    assert without["effect"]["goals"][0]["loss"] > 0
    forbidden = twin(solved_client, "/proposal/pair/M1/N3/round")
    assert forbidden["standing"] == "forbidden"
    assert [move["kind"] for move in forbidden["effect"]["moves"] if move["mentee"]["id"] == "N3"] == ["served"]
    assert twin(solved_client, "/proposal/pair/N4/N1/round")["standing"] == "not_in_round"


def test_a_mentee_without_a_partner_is_told_the_smallest_change(solved_client: FlaskClient) -> None:
    answer = twin(solved_client, "/proposal/unmatched/N3")
    assert answer["code"] == "forbidden"
    assert answer["smallest_change"]["standing"] == "helped"
    assert answer["smallest_change"]["changes"][0]["mentors"][0]["id"] == "M1"
    served = solved_client.get("/proposal/unmatched/N1", headers=JSON)
    assert served.status_code == 400
    assert "no mentee without a partner" in served.text


def test_the_best_proposals_are_as_many_and_as_different_as_asked(solved_client: FlaskClient) -> None:
    few = twin(solved_client, "/proposal/best?count=2")
    assert [row["place"] for row in few["proposals"]] == [1, 2]
    assert few["proposals"][1]["effect"]["goals"][0]["loss"] >= 0
    apart = twin(solved_client, "/proposal/best?count=2&apart=2")
    assert apart["apart"] == 2
    page = solved_client.get("/proposal/best?count=2&apart=2").text
    assert 'name="apart" min="1" max="1000" inputmode="numeric" value="2"' in page
    for wrong in ("count=0", "count=11", "apart=0", "apart=x"):
        assert solved_client.get(f"/proposal/best?{wrong}", headers=JSON).status_code in (400, 422)


def test_the_numbers_of_a_frontier_are_written_as_the_reader_does(solved_client: FlaskClient) -> None:
    between: Frontier = {
        "first": {"id": "a", "title_s": {}},
        "second": {"id": "b", "title_s": {}},
        "complete": True,
        "points": [
            {"first": 12_345, "second": 1, "pairs": 2, "proven": True},
            {"first": 9_876, "second": 6_543, "pairs": 2, "proven": True},
        ],
        "text_s": {},
    }
    assert "12,345" in frontier_svg(between)
    with solved_client.application.test_request_context("/?lang=es"):
        assert "12.345" in frontier_svg(between, number=number)
    with solved_client.application.test_request_context("/?lang=fr"):
        assert "12,345" not in frontier_svg(between, number=number)


def test_a_frontier_is_drawn_without_inline_style(solved_client: FlaskClient) -> None:
    address = "/proposal/frontier?first=best_fit&second=most_mentees"
    answer, page = twin(solved_client, address), solved_client.get(address).text
    assert answer["first"]["id"] == "best_fit"
    assert len(answer["points"]) >= 1
    assert ('class="frontier"' in page) == (len(answer["points"]) > 1)
    for wrong, hint in (("first=best_fitt", "best_fit"), ("first=stable", ""), ("first=best_fit&second=best_fit", "")):
        response = solved_client.get(f"/proposal/frontier?{wrong}", headers=JSON)
        assert response.status_code in (400, 404)
        assert hint in response.text


@pytest.mark.parametrize("address", ["/proposal/alternates/N9", "/proposal/pair/M1/N9/round", "/proposal/unmatched/x"])
def test_unknown_utilities_are_refused(solved_client: FlaskClient, address: str) -> None:
    assert solved_client.get(address, headers=JSON).status_code == 404
    assert solved_client.get("/proposal/alternates/M2", headers=JSON).status_code == 400


@pytest.mark.parametrize("address", PAGES)
def test_a_proposal_of_other_data_says_that_it_cannot_be_explained(client: FlaskClient, address: str) -> None:
    page = client.get(address)
    assert page.status_code == 409
    assert "can no longer be explained" in page.text
    assert "wop match" in page.text
    problem = client.get(address, headers=JSON)
    assert (problem.status_code, problem.mimetype) == (409, "application/problem+json")


def test_without_a_proposal_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "no.sqlite")
    store = open_store(settings.store)
    fill(store)
    store.close()
    reader = create_app(settings).test_client()
    assert "wop match" in reader.get("/proposal/scarcity").text
    assert reader.get("/proposal/scarcity", headers=JSON).status_code == 400


def test_a_round_too_large_for_a_page_names_the_setting(app: APIFlask) -> None:
    solved: SolvedKeeper = app.extensions["wop_solved"]
    solved._most_pairs = 1
    response = app.test_client().get("/proposal/scarcity", headers=JSON)
    assert response.status_code == 413
    assert "WOP_EXPLAINED_PAIRS" in response.text


def test_an_answer_is_worked_out_once(solved_client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from matcher.explain.round import SolvedRound

    asked: list[int] = []
    keeper: SolvedKeeper = solved_client.application.extensions["wop_solved"]
    document = solved_client.application.extensions["wop"].now().latest

    def ask(round: SolvedRound) -> int:
        asked.append(len(round.result.pairs))
        return len(asked)

    assert [keeper.answer(document, ("once",), ask) for _ in range(3)] == [1, 1, 1]
    assert keeper.answer(document, ("twice",), ask) == 2
    assert asked == [document["totals"]["pairs"]] * 2
