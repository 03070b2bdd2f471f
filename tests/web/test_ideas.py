"""Partnerships that utilities propose themselves: the concept note, who sees it when, and the pin in a round."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from a_round import published_round
from apiflask import APIFlask
from flask.testing import FlaskClient
from signed_in import FACILITATOR, Person
from small_world import AS_OF

JSON = {"Accept": "application/json"}
PEOPLE = {
    "mentee": Person("n1@example.org", ("utility",), utilities=("N1",), key="n1-key"),
    "mentor": Person("m1@example.org", ("utility",), utilities=("M1",), key="m1-key"),
    "second": Person("m2@example.org", ("utility",), utilities=("M2",), key="m2-key"),
    "third": Person("n4@example.org", ("utility",), utilities=("N4",), key="n4-key"),
    "elsewhere": Person("elsewhere@example.org", ("facilitator",), regions=("R4",), key="r4-key"),
    "facilitator": FACILITATOR,
}
IDEAS = "/utilities/N1/ideas"
BEGIN: dict[str, Any] = {"role": "mentee", "partners": ["Waterwerken Noord"], "needs": ["leaks", "meters"]}


@pytest.fixture
def clients(app: APIFlask) -> dict[str, FlaskClient]:
    return {who: app.test_client(person=person) for who, person in PEOPLE.items()}


def post(client: FlaskClient, address: str, **body: Any) -> Any:
    response = client.post(address, json=body, headers=JSON)
    return response.status_code, response.json


def read(client: FlaskClient, address: str) -> Any:
    return client.get(address, headers=JSON).json


def begun(clients: dict[str, FlaskClient], **changes: Any) -> str:
    status, idea = post(clients["mentee"], IDEAS, **{**BEGIN, **changes})
    assert status == 201, idea
    return str(idea["id"])


def said(sections: list[dict[str, Any]], name: str) -> str:
    (section,) = [row for row in sections if row["section"] == name]
    return " ".join(str(one["text"]) for one in section["sentences"])


def test_the_note_is_built_from_the_data(app: APIFlask, clients: dict[str, FlaskClient]) -> None:
    with app.extensions["wop"].store.write() as transaction:
        need = {"source": ["N1"], "target": ["leaks"], "indicator": ["losses in %"], "baseline": [41.0]}
        transaction.merge_edges("NEEDS", {**need, "target_value": [30.0], "year": [2023]})
    idea = read(clients["mentee"], f"{IDEAS}/{begun(clients, months=12)}")
    note = idea["sections"]
    assert "would help Nairobi São Water for 12 months, on: Leak detection, Metering." in said(note, "summary")
    assert "Indicator: losses in %. Baseline: 41. Target: 30. Stated in 2023." in said(note, "needs")
    assert "Waterwerken Noord offers Leak detection at level 4 of 5 (stated, evidence of 2022)." in said(note, "offers")
    assert "of 100." in said(note, "fit")
    activities = said(note, "activities")
    for kind in ("consultation", "on-the-job training", "technology demonstration", "exchange", "peer review"):
        assert kind in activities
    page = clients["mentee"].get(f"{IDEAS}/{idea['id']}")
    assert len(page.data) < 60_000


def test_a_draft_is_seen_by_its_utility_alone(clients: dict[str, FlaskClient]) -> None:
    id = begun(clients)
    assert clients["mentor"].get(f"/utilities/M1/ideas/{id}").status_code == 404
    assert read(clients["mentor"], "/utilities/M1/ideas")["ideas"] == []
    assert read(clients["elsewhere"], "/ideas")["ideas"] == []
    assert len(read(clients["facilitator"], "/ideas")["ideas"]) == 1
    assert clients["third"].get(f"{IDEAS}/{id}").status_code == 403
    assert post(clients["mentee"], f"{IDEAS}/{id}/say", said="withdraw")[0] == 200
    assert clients["mentor"].get(f"/utilities/M1/ideas/{id}").status_code == 404, "it was never sent"


def test_private_needs_go_out_only_by_their_own_utility(clients: dict[str, FlaskClient]) -> None:
    """N1 keeps its need of meters private (priority 2): a mentor that asks for it learns nothing of it."""
    body = {"role": "mentor", "partners": ["N1"], "needs": ["meters", "leaks"]}
    status, idea = post(clients["mentor"], "/utilities/M1/ideas", **body)
    assert status == 201
    assert "Metering. Baseline and target are not known." in said(idea["sections"], "needs")
    assert "Metering. Priority" not in said(idea["sections"], "needs")
    for who in ("mentor", "facilitator"):
        offered = read(clients[who], "/utilities/M1/ideas/new?partner=N1&role=mentor")
        assert [need["capability"] for need in offered["needs"]] == ["leaks"], who
    own = read(clients["mentee"], f"{IDEAS}/{begun(clients)}")
    assert "Metering. Priority 2." in said(own["sections"], "needs")


def test_who_is_refused_cannot_be_asked_and_does_not_learn_it(app: APIFlask, clients: dict[str, FlaskClient]) -> None:
    with app.extensions["wop"].store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": ["N1"], "refused_partners": [("M1",)]})
    assert post(clients["mentee"], IDEAS, **BEGIN)[0] == 400
    status, idea = post(clients["mentor"], "/utilities/M1/ideas", role="mentor", partners=["N1"], needs=["leaks"])
    assert status == 201
    assert "refus" not in str(idea)


@pytest.mark.parametrize(
    "wrong",
    [{"partners": []}, {"partners": ["N1"]}, {"needs": []}, {"needs": ["nothing"]}, {"first": "May"}, {"months": 0}],
)
def test_what_cannot_be_an_idea(clients: dict[str, FlaskClient], wrong: dict[str, Any]) -> None:
    assert post(clients["mentee"], IDEAS, **{**BEGIN, **wrong})[0] in (400, 404)


def test_sections_are_rewritten_and_every_version_is_kept(clients: dict[str, FlaskClient]) -> None:
    id = begun(clients)
    here, there = f"{IDEAS}/{id}", f"/utilities/M1/ideas/{id}"
    words = {"section": "summary", "text": "We know each other\nfrom the congress."}
    assert post(clients["mentee"], f"{here}/text", **words, seen=1)[0] == 200
    assert post(clients["mentee"], f"{here}/say", said="send")[0] == 200
    assert "from the congress" in clients["mentor"].get(there).text
    status, problem = post(clients["mentor"], f"{there}/text", **{**words, "text": "x"}, seen=2)
    assert status == 409
    assert "n1@example.org" in problem["title"]
    assert post(clients["mentor"], f"{there}/text", section="summary", seen=3)[0] == 200
    assert "from the congress" not in clients["mentee"].get(here).text
    assert "from the congress" in clients["mentee"].get(f"{here}?version=2").text
    assert clients["mentee"].get(f"{here}?version=9").status_code == 404


def test_a_rewritten_text_is_supported_anew(clients: dict[str, FlaskClient]) -> None:
    id = begun(clients, partners=["M1", "M2"])
    assert post(clients["mentee"], f"{IDEAS}/{id}/say", said="send")[0] == 200
    status, idea = post(clients["mentor"], f"/utilities/M1/ideas/{id}/say", said="yes")
    assert (status, idea["phase"]) == (200, "proposed"), "one of the two mentors has not answered"
    assert post(clients["second"], f"/utilities/M2/ideas/{id}/text", section="fit", text="Another text")[0] == 200
    assert post(clients["second"], f"/utilities/M2/ideas/{id}/say", said="yes")[1]["phase"] == "proposed"
    assert post(clients["mentor"], f"/utilities/M1/ideas/{id}/say", said="yes")[1]["phase"] == "supported"
    assert post(clients["mentor"], f"/utilities/M1/ideas/{id}/text", section="fit", text="Too late")[0] == 409


def test_declining_gives_a_reason_and_ends_it(clients: dict[str, FlaskClient]) -> None:
    id = begun(clients)
    there = f"/utilities/M1/ideas/{id}/say"
    assert post(clients["mentee"], f"{IDEAS}/{id}/say", said="yes")[0] == 400, "who has the idea sends it"
    assert post(clients["mentee"], f"{IDEAS}/{id}/say", said="send")[0] == 200
    assert post(clients["mentor"], there, said="no", reason="nothing")[0] == 404
    status, idea = post(clients["mentor"], there, said="no", reason="distance", why="It is far")
    assert (status, idea["phase"]) == (200, "declined")
    page = clients["mentee"].get(f"{IDEAS}/{id}").text
    assert "Too far away" in page
    assert "It is far" in page
    assert post(clients["mentor"], there, said="yes")[0] == 409


def test_an_idea_that_all_support_is_pinned_by_one_button(app: APIFlask, clients: dict[str, FlaskClient]) -> None:
    state = published_round(app, date.fromisoformat(AS_OF))
    id = begun(clients, partners=["M1", "M2"], title="Leaks first")
    pin, candidates = f"/rounds/{state.id}/ideas/{id}/pin", f"/rounds/{state.id}/ideas"
    assert post(clients["facilitator"], pin)[0] == 409, "a draft"
    assert post(clients["mentee"], f"{IDEAS}/{id}/say", said="send")[0] == 200
    for who, utility in (("mentor", "M1"), ("second", "M2")):
        assert post(clients[who], f"/utilities/{utility}/ideas/{id}/say", said="yes")[0] == 200
    assert read(clients["elsewhere"], candidates)["candidates"] == []
    assert post(clients["elsewhere"], pin)[0] == 403
    assert post(clients["mentee"], pin)[0] == 403
    page = clients["facilitator"].get(candidates).text
    assert "Leaks first" in page
    assert f"/rounds/{state.id}/weigh/M2/N1?what=pin" in page
    weighed = read(clients["facilitator"], f"/rounds/{state.id}/weigh/M2/N1?what=pin")
    costs = {
        pair["mentor"]: pair["cost_s"] for pair in read(clients["facilitator"], candidates)["candidates"][0]["pairs"]
    }
    assert costs["M2"] == weighed["cost_s"] is not None, "its cost to the round stands beside the candidate"
    (row,) = read(clients["facilitator"], candidates)["candidates"]
    assert post(clients["facilitator"], pin, idea_version=row["idea"]["version"] - 1)[0] == 409, "of an older plan"
    assert 'name="idea_version"' in page
    status, data = post(clients["facilitator"], pin, idea_version=row["idea"]["version"])
    assert status == 200
    assert all(pair["pinned"] for pair in data["candidates"][0]["pairs"])
    assert not data["candidates"][0]["may_pin"]
    desk = read(clients["facilitator"], f"/rounds/{state.id}")
    pins = {(row["mentor"], row["mentee"]) for row in desk["decisions"] if row["kind"] == "pin"}
    assert {("M1", "N1"), ("M2", "N1")} <= pins
    assert "pinned in a round" in clients["mentee"].get(IDEAS).text


PLAN: dict[str, Any] = {"mentors": ["M1"], "mentees": ["N1"], "needs": ["leaks", "meters"], "months": 18}


def test_a_draft_is_planned_anew_and_its_note_follows(clients: dict[str, FlaskClient]) -> None:
    id = begun(clients)
    here = f"{IDEAS}/{id}"
    assert post(clients["mentee"], f"{here}/text", section="fit", text="We know each other.")[0] == 200
    wanted = {**PLAN, "mentors": ["M1", "M2"], "needs": ["leaks"], "months": 24, "first": "2027-03", "title": "Leaks"}
    status, idea = post(clients["mentee"], f"{here}/plan", **wanted, seen=2)
    assert (status, idea["title"], idea["months"], idea["first"], idea["phase"]) == (
        200,
        "Leaks",
        24,
        "2027-03",
        "draft",
    )
    assert idea["pairs"] == [["M1", "N1"], ["M2", "N1"]]
    assert "for 24 months, on: Leak detection." in said(idea["sections"], "summary")
    assert "Metering" not in said(idea["sections"], "needs")
    (fit,) = [row for row in idea["sections"] if row["section"] == "fit"]
    assert (fit["text"], fit["older"]) == ("We know each other.", True)
    told = [one["text"] for one in idea["history"][0]["details_s"]]
    assert "Months: 24 (before: 18)" in told
    assert "First month: 2027-03 (before: none)" in told
    assert any(line.startswith("Needs: Leak detection (before: Leak detection, Metering") for line in told)
    page = clients["mentee"].get(here).text
    assert "The plan was changed since this was written" in page
    assert read(clients["mentee"], f"{here}?version=1")["months"] == 18
    assert post(clients["mentee"], f"{here}/plan", **wanted)[1]["version"] == idea["version"], "nothing changes"
    assert post(clients["mentee"], f"{here}/text", section="fit", text="Still so.")[1]["sections"][4]["older"] is False


def test_the_others_never_see_what_a_draft_was_before(clients: dict[str, FlaskClient]) -> None:
    """The private need of meters is taken from the draft before it is proposed."""
    id = begun(clients)
    there = f"/utilities/M1/ideas/{id}"
    assert post(clients["mentee"], f"{IDEAS}/{id}/plan", **{**PLAN, "needs": ["leaks"]})[0] == 200
    assert post(clients["mentee"], f"{IDEAS}/{id}/say", said="send")[0] == 200
    assert "Metering" not in str(read(clients["mentor"], there))
    assert [row["number"] for row in read(clients["mentor"], there)["history"]] == [3]
    for version in (1, 2):
        assert clients["mentor"].get(f"{there}?version={version}").status_code == 404
        status, problem = post(
            clients["mentor"], f"{there}/plan", **{**PLAN, "needs": ["leaks"], "months": 20}, seen=version
        )
        assert status == 409
        assert "Metering" not in str(problem)


def test_a_change_of_the_plan_asks_the_others_again(clients: dict[str, FlaskClient]) -> None:
    id = begun(clients)
    here, there = f"{IDEAS}/{id}", f"/utilities/M1/ideas/{id}"
    assert post(clients["mentee"], f"{here}/say", said="send")[0] == 200
    assert post(clients["mentor"], f"{there}/say", said="yes")[1]["phase"] == "supported"
    assert post(clients["mentor"], f"{there}/plan", **{**PLAN, "title": "Words"})[1]["phase"] == "supported", "a title"
    version = read(clients["mentor"], there)["version"]
    assert post(clients["mentor"], f"{there}/plan", **{**PLAN, "needs": ["leaks"]})[0] == 403
    status, idea = post(clients["mentor"], f"{there}/plan", **{**PLAN, "title": "Words", "months": 24}, seen=version)
    assert (status, idea["phase"]) == (200, "proposed")
    assert {row["utility"]["id"]: row["yes"] for row in idea["utilities"]} == {"N1": None, "M1": True}
    assert "for 24 months" in said(idea["sections"], "summary")
    assert clients["mentor"].get(there).status_code == 200, "it stays theirs to see"
    assert "Somebody changed the plan since you proposed it" in clients["mentee"].get(here).text
    assert post(clients["mentee"], f"{here}/say", said="yes")[1]["phase"] == "supported"
    status, idea = post(clients["mentee"], f"{here}/plan", **{**PLAN, "mentors": ["M2"]})
    assert (status, idea["phase"]) == (200, "proposed")
    assert clients["mentor"].get(there).status_code == 404, "it takes part no more"
    assert [row["number"] for row in read(clients["second"], f"/utilities/M2/ideas/{id}")["history"]] == [7]


def test_two_that_change_a_plan_at_once(clients: dict[str, FlaskClient]) -> None:
    id = begun(clients)
    here, there = f"{IDEAS}/{id}", f"/utilities/M1/ideas/{id}"
    assert post(clients["mentee"], f"{here}/say", said="send")[0] == 200
    tag = clients["mentee"].get(here, headers=JSON).headers["ETag"]
    assert post(clients["mentor"], f"{there}/plan", **{**PLAN, "months": 30})[0] == 200
    late = clients["mentee"].post(f"{here}/plan", json={**PLAN, "months": 12}, headers={**JSON, "If-Match": tag})
    assert late.status_code == 412
    assert "m1@example.org at " in late.text
    assert "The plan was changed: Months" in late.text
    form = {**PLAN, "months": "12", "seen": "2"}
    page = clients["mentee"].post(f"{here}/plan", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert page.status_code == 409
    assert 'value="12"' in page.text, "what was typed is kept"
    assert "The plan was changed: Months" in page.text
    assert read(clients["mentee"], here)["months"] == 30


@pytest.mark.parametrize(
    "wrong",
    [
        {"mentors": []},
        {"mentees": ["N4"]},
        {"needs": []},
        {"mentors": ["M1", "N1"]},
        {"first": "May"},
        {"months": 61},
        {"needs": ["nothing"]},
    ],
)
def test_what_a_plan_cannot_be(clients: dict[str, FlaskClient], wrong: dict[str, Any]) -> None:
    id = begun(clients)
    assert post(clients["mentee"], f"{IDEAS}/{id}/plan", **{**PLAN, **wrong})[0] in (400, 404, 409)


def test_the_form_of_the_plan(clients: dict[str, FlaskClient]) -> None:
    id = begun(clients)
    form = clients["mentee"].get(f"{IDEAS}/{id}/plan")
    assert form.status_code == 200
    assert len(form.data) < 60_000
    assert 'name="needs" value="meters" checked' in form.text
    assert post(clients["mentee"], f"{IDEAS}/{id}/say", said="send")[0] == 200
    theirs = clients["mentor"].get(f"/utilities/M1/ideas/{id}/plan")
    assert theirs.status_code == 200
    assert 'type="hidden" name="needs" value="meters"' in theirs.text
    assert post(clients["mentee"], f"{IDEAS}/{id}/say", said="withdraw")[0] == 200
    assert clients["mentee"].get(f"{IDEAS}/{id}/plan").status_code == 409
