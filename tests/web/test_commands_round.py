"""A round on the command line, by two people: to signed partnerships, and every refusal in the user's words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from web.cli import cli

pytestmark = pytest.mark.usefixtures("in_a_folder")

UTILITIES = """id,name,country,languages,mentor_places
LAKE,Lake City Water,KEN,en,1
DELTA,Delta Water Company,EGY,en,1
RIVER,River Town Water,UGA,en,
HILL,Hill Towns Water,RWA,en,
COAST,Coast Water,MOZ,en,
"""
OFFERS = "utility,capability,level,year\nLAKE,non_revenue_water,5,2024\nDELTA,non_revenue_water,4,2021\n"
NEEDS = """utility,capability,priority
RIVER,non_revenue_water,1
HILL,non_revenue_water,1
COAST,non_revenue_water,2
"""


@pytest.fixture
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("utilities", UTILITIES), ("offers", OFFERS), ("needs", NEEDS)):
        (tmp_path / f"{name}.csv").write_text(text)
    wop("import", "utilities.csv", "offers.csv", "needs.csv")


def wop(*words: str) -> str:
    done = CliRunner().invoke(cli, words, catch_exceptions=False, standalone_mode=False)
    assert done.return_value in (None, 0), done.output
    return done.output


def ana(command: str, *words: str) -> Any:
    """A command of a round by Ana, as JSON."""
    return json.loads(wop("round", command, *words, "--who", "Ana", "--why", "agreed by phone", "--json"))


def begun() -> dict[str, Any]:
    ana("new", "Spring", "--as-of", "2025-06-30")
    ana("check", "M1")
    state: dict[str, Any] = ana("solve", "M1")
    return state


def test_a_whole_round() -> None:
    assert "no round yet" in wop("round", "list")
    state = begun()
    assert (state["phase"], state["counts"]) == ("proposed", {"proposed": 2})
    assert "Spring" in wop("round", "list")
    seen = json.loads(wop("round", "preview", "M1", "--json"))
    assert (seen["mentees"], seen["most_served"], seen["without"][0]["code"]) == (3, 2, "places")
    assert "1 stay without" in wop("round", "preview", "M1")
    first, second = [(each["mentor"], each["mentee"]) for each in state["proposals"]]
    left = ({"RIVER", "HILL", "COAST"} - {first[1], second[1]}).pop()
    ana("publish", "M1", "--deadline", "2025-09-30")
    for side in ("mentor", "mentee"):
        ana("answer", "M1", *first, "--side", side, "--yes", "--on", "2025-07-10")
    state = ana("answer", "M1", *second, "--side", "mentor", "--no", "--reason", "other", "--on", "2025-07-11")
    assert state["counts"] == {"agreed": 1, "declined": 1}
    state = ana("topup", "M1")
    assert [each["mentee"] for each in state["proposals"] if each["phase"] == "proposed"] == [left]
    ana("publish", "M1")
    shown = wop("round", "show", "M1")
    assert "declined" in shown
    assert "Next: " in shown
    ana("sign", "M1", *first, "--on", "2025-08-01")
    ana("lapse", "M1", "--on", "2025-10-01")
    state = ana("close", "M1", "--on", "2025-10-02")
    assert state["phase"] == "closed"
    assert "partnerships: 1" in wop("round", "log", "M1")
    log = json.loads(wop("round", "log", "M1", "--json"))
    assert [entry["number"] for entry in log] == list(range(1, state["version"] + 1))
    assert json.loads(wop("round", "log", "M1", "--kind", "answer", "--about", second[1], "--json"))[0]["why"]
    assert not json.loads(wop("round", "log", "M1", "--by", "Ben", "--json"))
    changed = wop("round", "compare", "M1", "3", str(state["version"]))
    assert "signed" in changed
    assert json.loads(wop("round", "compare", "M1", "3", str(state["version"]), "--json"))["gained"]


def test_a_replay_says_identical_and_what_differs() -> None:
    begun()
    assert wop("replay", "M1").startswith("identical: 2 pairs")
    # More becomes known: the stored input stays what it was.
    Path("more.csv").write_text("utility,capability,level,year\nDELTA,metering,5,2025\n")
    Path("offers.csv").write_text("utility,capability,level,year\nLAKE,non_revenue_water,1,2001\n")
    wop("import", "offers.csv")
    found = json.loads(wop("replay", "M1", "--json"))
    assert found["identical"] is True
    assert found["pairs"] == 2


def test_edits_by_two_people() -> None:
    state = begun()
    one = state["proposals"][0]
    pair = (one["mentor"], one["mentee"])
    ana("forbid", "M1", *pair, "--seen", str(state["version"]))
    refused = CliRunner().invoke(
        cli, ["round", "pin", "M1", *pair, "--who", "Ben", "--why", "asked", "--seen", str(state["version"])]
    )
    assert "Ana" in str(refused.exception)
    ana("allow", "M1", *pair)
    ana("pin", "M1", "Lake City Water", "RIVER")
    ana("adjust", "M1", "DELTA", "HILL", "--by", "-0.1")
    ana("places", "M1", "DELTA", "2")
    ana("places", "M1", "RIVER", "2", "--wanted")
    ana("note", "M1", "Call Delta on Monday")
    state = ana(
        "set", "M1", "--title", "Spring 2025", "--order", "both", "--no-reserve", "--policy", "most_partnerships"
    )
    assert (state["order"], state["reserve"], state["policy"]["goals"][0]) == ("both", False, "most_partnerships")
    Path("round.toml").write_text(wop("round", "policy", "M1"))
    given = json.loads(wop("round", "policy", "M1", "--json"))
    assert given["pins"] == [{"mentor": "LAKE", "mentee": "RIVER", "reason": "agreed by phone"}]
    assert given["participants"]["places"] == {"DELTA": 2}
    assert ana("set", "M1", "--policy", "round.toml")["policy"] == given
    ana("undo", "M1")
    state = ana("undo", "M1")
    assert (state["title"], state["order"]) == ("Spring", "mentor_first")
    state = ana("solve", "M1")
    assert {"pinned"} <= set(state["counts"])
    assert "Pinned: Lake City Water with River Town Water: agreed by phone" in wop("round", "show", "M1")
    assert wop("replay", "M1").startswith("identical")
    gone = next(each for each in state["proposals"] if each["phase"] == "proposed")
    ana("withdraw", "M1", gone["mentor"], gone["mentee"])
    state = ana("add", "M1", gone["mentor"], gone["mentee"])
    assert next(each for each in state["proposals"] if each["mentee"] == gone["mentee"])["by"] == "hand"
    ana("unpin", "M1", "LAKE", "RIVER")
    assert ana("cancel", "M1")["phase"] == "cancelled"
    later = ana("new", "Autumn", "--like", "M1", "--as-of", "2025-12-31")
    assert later["origin"] == "round M1"


def test_refusals_say_the_next_step() -> None:
    begun()
    for words, text in (
        (("round", "pin", "M1", "LAKE", "RIVR", "--who", "Ana", "--why", "x"), "RIVER"),
        (("round", "pin", "M1", "LAKE", "RIVER", "--who", "Ana"), "Say why"),
        (("round", "show", "M7"), "no round"),
        (("round", "close", "M1", "--who", "Ana"), "published"),
        (("round", "publish", "M1", "--who", "Ana", "--deadline", "soon"), "year-month-day"),
        (("round", "compare", "M1", "1", "99"), "99"),
        (("replay", "M1", "--solve", "1"), "solve of this round"),
        (("round", "stop", "M1", "--who", "Ana"), "being solved"),
    ):
        refused = CliRunner().invoke(cli, words)
        assert refused.exit_code != 0, words
        assert text in str(refused.exception), (words, refused.exception)
    assert "--who" in CliRunner().invoke(cli, ["round", "check", "M1"]).output


def test_the_policy_in_words_and_others_beside_it() -> None:
    state = begun()
    said = wop("round", "rules", "M1", "--policy", "most_partnerships")
    assert "Language: medium; as mandatory it would disqualify" in said
    assert "The goals in their order become: Most partnerships, Best total fit" in said
    rules = json.loads(wop("round", "rules", "M1", "--json"))
    assert rules["differences"] == []
    assert rules["rules"]["not_itself"]["would_remove"] == 0
    found = json.loads(wop("round", "scenarios", "M1", "--policy", "most_partnerships", "--json"))
    assert [row["policy_name"] for row in found["scenarios"]] == ["Best fit", "Most partnerships"]
    assert found["scenarios"][0]["outcome"]["gained"] == []
    assert "against the present proposals" in wop("round", "scenarios", "M1", "--policy", "stable")
    assert json.loads(wop("round", "show", "M1", "--json"))["version"] == state["version"], "nothing was touched"
    wop("round", "set", "M1", "--policy", "most_partnerships", "--who", "Ana", "--why", "more")
    assert "The goals in their order become" in wop("round", "log", "M1")
