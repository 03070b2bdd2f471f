"""The policy editor of a round: what is typed becomes the policy, nothing is saved unasked, nothing is lost."""

from __future__ import annotations

import html
import io
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from random_policies import policies

from matcher.policy import Policy, parse_policy, read_policy
from matcher.policy_settings import SETTINGS_SHOWN
from matcher.rules.settings import SETTINGS

JSON = {"Accept": "application/json"}
OURS = {"Sec-Fetch-Site": "same-origin"}
ADDRESS = "/rounds/M1/policy"


@pytest.fixture
def begun(client: FlaskClient) -> FlaskClient:
    body = {"title": "Spring", "as_of": "2024-01-01", "policy": "best_fit"}
    assert client.post("/rounds", json=body, headers=JSON).status_code == 201
    return client


def shown(client: FlaskClient, address: str = ADDRESS) -> dict[str, Any]:
    found: dict[str, Any] | None = client.get(address, headers=JSON).json
    assert found is not None
    return found


def fields(page: str) -> dict[str, list[str]]:
    """What the first form of the editor sends when a button is pressed: every field as a browser reads it."""
    form = page[page.index('class="editor"') : page.index("</form>")]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>|<select.*?</select>", form, re.S):
        name = re.search(r'name="([^"]+)"', tag)
        assert name, tag
        if tag.startswith("<select"):
            options = re.findall(r'<option value="([^"]*)"( selected)?>', tag)
            value = next((value for value, chosen in options if chosen), options[0][0])
        elif 'type="radio"' in tag and " checked" not in tag:
            continue
        else:
            given = re.search(r'value="([^"]*)"', tag)
            value = given[1] if given else ""
        found.setdefault(name[1], []).append(html.unescape(value))
    return found


def press(client: FlaskClient, page: str, do: str, to: str = "/draft", **typed: Any) -> Any:
    return client.post(ADDRESS + to, data={**fields(page), "do": do, **typed}, headers=OURS)


def test_the_editor_says_what_each_rule_costs(begun: FlaskClient) -> None:
    data = shown(begun)
    assert data["trade"] == "fit"
    assert data["differences"] == []
    rules = {rule["id"]: rule for group in data["groups"] for rule in group["rules"]}
    assert len(rules) == len(SETTINGS)
    assert rules["need_cover"]["level_s"]["text"] == "own weight 4"
    assert rules["language"]["would_remove"] is not None
    page = begun.get(ADDRESS).text
    assert "As mandatory this would disqualify" in page
    for language in ("fr", "es"):
        assert begun.get(f"{ADDRESS}?lang={language}").status_code == 200


def test_what_is_typed_is_edited_and_saved_only_with_a_reason(begun: FlaskClient) -> None:
    page = begun.get(ADDRESS).text
    same = press(begun, page, "look")
    assert "Nothing: this is the saved policy." in same.text
    page = press(begun, page, "look", trade="mentees").text
    assert "The goals in their order become: Most mentees with a partner, Best total fit" in page
    page = press(begun, page, "goal_up:best_fit").text
    assert "An order of your own" in page
    given = [each if not each.startswith("language:") else "language:mandatory" for each in fields(page)["rules"]]
    page = press(begun, page, "limit_add", rules=given, new_number="6", new_group="regions:R1").text
    assert "At least 6 partnerships for mentees in Eastern Africa." in page
    page = press(begun, page, "look", limit_most="9", limit_least="").text
    assert "At most 9 partnerships for mentees in Eastern Africa." in page
    page = press(begun, page, "look", rules__distance__near_km="250.5", quality_floor="0.2").text
    assert "Near, in km: 250.5 (before: 500)." in page
    assert shown(begun)["policy"]["goals"] == ["best_fit", "stable"], "nothing is saved yet"
    refused = press(begun, page, "look", to="")
    assert refused.status_code == 400
    assert "needs its reason" in refused.text
    assert "At most 9 partnerships" in refused.text, "what was typed stays"
    saved = press(begun, refused.text, "look", to="", why="The board <asked> for it")
    assert saved.status_code == 303
    data = shown(begun)
    assert data["policy"]["goals"] == ["best_fit", "most_mentees", "stable"]
    assert data["policy"]["rules"]["language"]["mode"] == "mandatory"
    assert data["policy"]["rules"]["distance"]["near_km"] == 250.5
    assert [limit["at_most"] for limit in data["policy"]["limits"]] == [9.0]
    log = begun.get("/rounds/M1/log").text
    assert "A limit is added: At most 9 partnerships for mentees in Eastern Africa." in log
    assert "The board &lt;asked&gt; for it" in log
    begun.post("/rounds/M1/step", json={"step": "undo"}, headers=JSON)
    assert shown(begun)["policy"]["goals"] == ["best_fit", "stable"]


def test_two_people_edit_and_nothing_is_lost(begun: FlaskClient) -> None:
    mine = press(begun, begun.get(ADDRESS).text, "look", trade="urgent").text
    theirs = press(begun, begun.get(ADDRESS).text, "look", trade="weakest").text
    assert press(begun, theirs, "look", to="", why="first").status_code == 303
    refused = press(begun, mine, "look", to="", why="second")
    assert refused.status_code == 409
    assert "Somebody else changed this round first" in refused.text
    assert "Since you opened the editor the policy was changed: The goals in their order become" in refused.text
    assert "Most needs of the highest priority covered" in refused.text
    assert 'value="second"' in refused.text
    assert press(begun, refused.text, "look", to="").status_code == 303
    assert shown(begun)["trade"] == "urgent"


def test_a_file_goes_out_and_comes_in(begun: FlaskClient) -> None:
    file = begun.get(f"{ADDRESS}.toml")
    assert file.mimetype == "application/toml"
    text = file.text.replace('goals = ["best_fit", "stable"]', 'goals = ["most_needs", "best_fit"]')
    page = begun.get(ADDRESS).text
    kept = {name: fields(page)[name] for name in ("draft", "seen")}
    came = begun.post(f"{ADDRESS}/draft", data={**kept, "file": (io.BytesIO(text.encode()), "mine.toml")}, headers=OURS)
    assert "Most needs covered, Best total fit (before: Best total fit)" in came.text
    wrong = begun.post(
        f"{ADDRESS}/draft",
        data={**kept, "file": (io.BytesIO(b"name = 'x'\n[rules.langage]\n"), "mine.toml")},
        headers=OURS,
    )
    assert wrong.status_code == 404
    assert "rules.langage" in wrong.text
    assert "language" in wrong.text
    broken = begun.post(
        f"{ADDRESS}/draft", data={**kept, "file": (io.BytesIO(b"name = \n"), "mine.toml")}, headers=OURS
    )
    assert broken.status_code == 400
    assert "line 1" in broken.text
    ready = begun.post(f"{ADDRESS}/draft", data={**kept, "ready": "most_partnerships"}, headers=OURS)
    assert "As many partnerships as possible, then the best fit" in ready.text
    assert "name: Most partnerships" in ready.text


def test_numbers_of_rules_are_typed_beside_their_rule(begun: FlaskClient) -> None:
    page = begun.get(ADDRESS).text
    assert "That is: more than 5,250 km apart." in page
    typed = {"rules__distance__near_km": "12000", "rules__distance__far_km": "15 000", "quality_floor": "0,25"}
    page = press(begun, page, "look", **typed).text
    assert "Distance – Near, in km: 12,000 (before: 500)." in page, "near and far move together"
    assert "That is: more than 13,500 km apart." in page
    assert "Lowest fit that may be proposed: 0.25 (before: 0.4)." in page
    page = press(begun, page, "look", rules__distance__threshold="0.75", rules__distance__scale="logarithm").text
    assert "Distance – Between near and far: each doubling counts alike (before: each km counts alike)." in page
    assert "That is: more than 12,688 km apart." in page
    page = press(begun, page, "look", rules__need_cover__weight="7", participants__accepted_confidence="high").text
    assert "The rule “Needs covered” becomes: own weight 7 (before: own weight 4)." in page
    assert "Partnerships of the register that count as evidence: only of high confidence (before: all)." in page
    page = press(begun, page, "look", rules=["need_cover:high"]).text
    assert "becomes: high (before: own weight 4)" in page, "the weight shown does not speak against the level chosen"


def test_what_cannot_be_read_is_told_and_stays_while_the_rest_is_done(begun: FlaskClient) -> None:
    page = begun.get(ADDRESS).text
    typed = {"rules__distance__near_km": "six", "quality_floor": "0.3", "new_number": "many", "new_group": "regions:R1"}
    refused = press(begun, page, "goal_add", goal="most_needs", exclude_add="Nobody Water", **typed)
    assert refused.status_code == 400
    said = html.unescape(refused.text)
    assert "“Distance – Near, in km”: a number is expected, not “six”." in said
    assert "“new limit”: a number is expected, not “many”." in said
    assert "There is no utility called “Nobody Water”" in said
    for kept in ('value="six"', 'value="many"', 'value="Nobody Water"', 'value="regions:R1" selected'):
        assert kept in refused.text, kept
    assert "Lowest fit that may be proposed: 0.3 (before: 0.4)." in said
    assert "Most needs covered" in said
    beside = press(begun, page, "look", to="/compare", rules__distance__near_km="six")
    assert beside.status_code == 400
    assert 'value="six"' in beside.text, "whoever wants both solved side by side loses nothing either"
    assert press(begun, page, "look", to="", why="x", quality_floor="9").status_code == 400
    assert press(begun, page, "look", to="", why="x", quality_floor="1e999").status_code == 400
    assert shown(begun)["differences"] == []


def test_utilities_are_left_out_and_the_funder_accepts_countries(begun: FlaskClient) -> None:
    before = shown(begun)["counts"]
    page = press(begun, begun.get(ADDRESS).text, "exclude_add", exclude_add="M1").text
    assert "Utilities left out of the round: added" in page
    page = press(begun, page, "look", mentee_countries_add="KEN", mentor_countries_add="UGA").text
    assert "Countries of mentees that the funder accepts: added Kenya." in page
    assert press(begun, page, "look", to="", why="the grant says so").status_code == 303
    saved = shown(begun)
    assert [row["id"] for row in saved["excluded"]] == ["M1"]
    assert saved["counts"]["mentors"] < before["mentors"]
    assert [row["id"] for row in saved["funded"]["mentee_countries"]] == ["KEN"]
    page = press(begun, begun.get(ADDRESS).text, "exclude_remove:M1").text
    page = press(begun, page, "mentor_countries_remove:UGA").text
    assert "Utilities left out of the round: taken away" in page
    assert press(begun, page, "look", to="", why="again").status_code == 303
    assert shown(begun)["excluded"] == []
    assert press(begun, page, "exclude_add").status_code == 400
    assert press(begun, page, "exclude_remove:M9").status_code == 404
    assert press(begun, page, "look", mentee_countries_add="XXX").status_code == 404


def test_a_balance_is_typed_as_a_sentence(begun: FlaskClient) -> None:
    page = begun.get(ADDRESS).text
    page = press(begun, page, "balance_add", balance_group="regions:R1", balance_least="-2", balance_most="3").text
    said = "Partnerships given minus partnerships received by utilities in Eastern Africa, between -2 and 3."
    assert f"A limit is added: {said}" in page
    page = press(begun, page, "look", limit_least="-1").text
    assert "between -1 and 3" in page
    assert "no group" in press(begun, page, "balance_add").text
    assert "no number" in press(begun, page, "balance_add", balance_group="regions:R1").text
    saved = press(begun, page, "look", to="", why="fairness", new_number="4", new_counts="share")
    assert saved.status_code == 303
    limits = shown(begun)["policy"]["limits"]
    assert [limit["counts"] for limit in limits] == ["balance", "share"], "what was typed is not lost by saving"
    assert press(begun, page, "look", to="", why="x", new_number="4", new_group="regions:Nowhere").status_code != 303


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(policy=policies())
def test_any_policy_goes_through_the_form_unchanged(begun: FlaskClient, policy: Policy) -> None:
    """Shown, sent back as a browser would, and written as a file: nothing is lost and nothing is added."""
    draft = json.dumps(policy.to_json())
    page = press(begun, begun.get(ADDRESS).text, "look", draft=draft, rules=[], trade="", name="", **UNTOUCHED)
    again = press(begun, page.text, "look")
    back = parse_policy(json.loads(fields(again.text)["draft"][0]), policy.source)
    assert back.to_json() == policy.to_json()
    assert read_policy(back.to_toml(), policy.source) == policy


UNTOUCHED = dict.fromkeys([*(each.name for each in SETTINGS_SHOWN), "pairing"], "")
"""Every number and choice of the first page left empty, so that only the draft speaks."""


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"do": "goal_upp:best_fit"}, 404, "goal_up"),
        ({"rules": ["langage:low"]}, 404, "language"),
        ({"trade": "fitt"}, 404, "fit"),
        ({"trad": "fit"}, 404, "trade"),
        ({"do": "limit_add"}, 400, "no number"),
        ({"draft": "[]"}, 400, "draft"),
        ({"draft": json.dumps({"name": "x", "gaols": []})}, 404, "goals"),
        ({"quality_floor": 7}, 400, "quality_floor"),
        ({"trade": "mentees", "participants__mentors_wanted": 1.5}, 400, "mentors_wanted"),
        ({"rules__distance__near_km": 99_999}, 400, "near_km"),
        ({"rules__distance__scale": "cubic"}, 404, "cubic"),
        ({"rules__size_ratio__spread": "1"}, 400, "spread"),
        ({"new_number": 1e300}, 400, "at_least"),
        ({"new_number": "-3"}, 400, "below 0"),
        ({"new_number": 3, "new_group": "planets:Mars"}, 404, "planets"),
        ({"balance_group": "regions:R1", "balance_least": 2, "balance_most": 1}, 400, "at_least must not be above"),
        ({"draft": "[" * 100_000}, 400, "draft"),
        ({"toml": "name = 'x'\na = " + "[" * 100_000}, 400, "far too long"),
        ({"toml": "name = 'x'\nquality_floor = " + "9" * 5000}, 400, "far too long"),
        (
            {"toml": "name = 'x'\n\n[rules.distance]\nnear_km = 'far'\nweight = -1"},
            400,
            "line 4, rules.distance.near_km",
        ),
        ({"toml": "name = 'x'\n[rules.langage]"}, 404, "line 2, key rules.langage"),
    ],
)
def test_what_cannot_be_is_refused_by_name(begun: FlaskClient, body: dict[str, Any], status: int, said: str) -> None:
    answer = begun.post(f"{ADDRESS}/draft", json=body, headers=JSON)
    assert answer.status_code == status, answer.text
    assert said in answer.text
