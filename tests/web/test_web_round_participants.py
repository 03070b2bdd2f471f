"""The participants of a round: by filter and by hand, counted before they are saved."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

JSON = {"Accept": "application/json"}
OURS = {"Sec-Fetch-Site": "same-origin"}
ADDRESS = "/rounds/M1/participants"


@pytest.fixture
def begun(client: FlaskClient) -> FlaskClient:
    body = {"title": "Spring", "as_of": "2024-01-01", "policy": "best_fit"}
    assert client.post("/rounds", json=body, headers=JSON).status_code == 201
    return client


def ids(data: dict[str, Any], side: str) -> set[str]:
    return {each["id"] for each in data[side]["utilities"]}


def ask(client: FlaskClient, to: str = "/draft", status: int = 200, **body: Any) -> dict[str, Any]:
    answer = client.post(ADDRESS + to, json=body, headers=JSON)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] | None = answer.json
    assert found is not None
    return found


def test_participants_are_filtered_added_and_taken_away(begun: FlaskClient) -> None:
    everybody = begun.get(ADDRESS, headers=JSON).json
    assert everybody is not None
    all_mentees = ids(everybody, "mentees")
    assert {"N1", "N2", "N3"} <= all_mentees
    kenya = ask(begun, mentees_countries=["KEN"])
    assert ids(kenya, "mentees") == all_mentees & {"N1", "N2"}
    assert ids(kenya, "mentors") == ids(everybody, "mentors")
    assert kenya["differences"][0]["text"] == "The mentees become: in Kenya (before: everybody)."
    by_hand = ask(begun, mentees_countries=["KEN"], mentees_add="N3", mentees_drop="Nairobi São Water")
    assert ids(by_hand, "mentees") == all_mentees & {"N2", "N3"}
    assert by_hand["mentees"]["selection"] == {"countries": ["KEN"], "also": ["N3"], "without": ["N1"]}
    again = ask(begun, mentees_countries=["KEN"], mentees_also=["N3"], mentees_without=["N1"], mentees_add="N1")
    assert again["mentees"]["selection"] == {"countries": ["KEN"], "also": ["N3", "N1"]}
    offering = ask(begun, mentors_topics=["leaks"], mentees_topics=["meters"])
    assert ids(offering, "mentors") <= ids(everybody, "mentors")
    assert offering["mentors"]["words"][0]["text"] == "that offer Leak detection"
    assert offering["mentees"]["words"][0]["text"] == "that need Metering"
    nobody = ask(begun, mentees_only=["M1"], mentees_countries=["KEN"])
    assert ids(nobody, "mentees") == set()
    assert any(finding["stops"] for finding in nobody["findings"])
    assert ids(begun.get(ADDRESS, headers=JSON).json or {}, "mentees") == all_mentees, "nothing was saved"


def test_they_are_saved_with_a_reason_and_stand_in_the_log(begun: FlaskClient) -> None:
    refused = ask(begun, "", 400, mentees_countries=["KEN"])
    assert "needs its reason" in refused["title"]
    ask(begun, "", mentees_countries=["KEN"], why="The funder pays for Kenya")
    assert "The mentees become: in Kenya (before: everybody)." in begun.get("/rounds/M1/log").text
    policy = begun.get("/rounds/M1/policy", headers=JSON).json
    assert policy is not None
    assert policy["policy"]["participants"]["mentees"]["countries"] == ["KEN"]
    conflict = ask(begun, "", 409, why="late", seen=1)
    assert "Somebody else changed this round first" in conflict["title"]
    page = begun.post(ADDRESS, data={"mentees_countries": "EGY", "why": "late", "seen": "1"}, headers=OURS)
    assert page.status_code == 409
    assert "The mentees become: in Egypt (before: in Kenya)." in page.text


def test_unknown_names_are_refused_and_the_rest_stays(begun: FlaskClient) -> None:
    assert "N1" in ask(begun, status=404, mentees_add="N11")["detail"]
    assert ask(begun, status=404, mentors_of_round="M7")["status"] == 404
    page = begun.post(f"{ADDRESS}/draft", data={"mentees_countries": "KEN", "mentees_add": "N99"}, headers=OURS)
    assert page.status_code == 404
    assert "in Kenya" in page.text
    assert "mentees.also.0" in ask(begun, status=400, mentees_also=["", "N1"])["title"]
    assert "same utility" in ask(begun, status=400, mentees_also=["N1"], mentees_without=["N1"])["title"]
    assert "never solved" in ask(begun, status=400, mentors_of_round="M1")["title"]


def test_places_are_set_for_this_round_only(begun: FlaskClient) -> None:
    room = {"utility": "Waterwerken Noord", "places": 3, "why": "said so"}
    answer = begun.post("/rounds/M1/room", json=room, headers=JSON)
    assert answer.status_code == 200
    assert answer.json == {"id": "M1", "name": "Waterwerken Noord", "places": 3, "wanted": None}
    assert "places as a mentor: 3" in begun.get(ADDRESS).text
    assert begun.post("/rounds/M1/room", json={"utility": "M1"}, headers=JSON).status_code == 400
