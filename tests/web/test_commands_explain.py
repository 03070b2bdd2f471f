"""``wop explain`` as a person or a script meets it, on the register."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from graph.reference import REGISTER
from matcher.policy import load_policy
from web.cli import main

AS_OF = ("--as-of", "2026-11-01")
POLICY = """name = "Few places"
quality_floor = 0.45
goals = ["most_partnerships", "best_fit"]
[participants]
default_places = 1
most_places = 1
[[limits]]
id = "across"
title = "Across regions"
cross_region = true
at_most = 20
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store that holds the register, and a policy under which much is scarce."""
    place = tmp_path_factory.mktemp("explain")
    (place / "few.toml").write_text(POLICY, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["--store", f"sqlite:///{place}/wop.sqlite", "import", str(REGISTER)])
    assert ended.value.code == 0
    return place


class Wop:
    """The command in this process, with its output."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys

    def __call__(self, *words: str, code: int = 0) -> str:
        """What ``wop explain`` prints."""
        policy = ("--policy", str(self.folder / "few.toml"))
        with pytest.raises(SystemExit) as ended:
            main(["--store", f"sqlite:///{self.folder}/wop.sqlite", "explain", *words, *policy, *AS_OF])
        printed = self.capsys.readouterr()
        assert ended.value.code == code, printed.err
        return printed.out or printed.err

    def json(self, *words: str) -> Any:
        """The one JSON document it prints."""
        return json.loads(self(*words, "--json"))


@pytest.fixture
def wop(folder: Path, capsys: pytest.CaptureFixture[str]) -> Wop:
    """The command on the register."""
    capsys.readouterr()
    return Wop(folder, capsys)


def test_a_mentee_without_partner_is_explained_with_what_would_help(wop: Wop) -> None:
    left = wop.json("unmatched")["unmatched"]
    assert len(left) > 20
    assert f"{len(left)} of " in wop("unmatched")
    for mentee in [each["mentee"] for each in left if each["code"] == "outbid"][:3]:
        answer = wop.json("unmatched", mentee["id"])
        assert answer["reason"]["mentee"] == mentee
        best = answer["smallest_change"]["changes"][0]
        start = "The smallest change that gives" if best["by_itself"] else "No single change gives"
        text = wop("unmatched", mentee["name"])
        assert f"{start} {mentee['name']} a partner" in " ".join(text.split())
        assert "by itself" in text


def test_a_pair_is_explained_whether_proposed_or_not(wop: Wop) -> None:
    scarce = wop.json("scarcity")["places"][0]["mentor"]["id"]
    left = wop.json("unmatched")["unmatched"][0]["mentee"]["id"]
    answer = wop.json("pair", scarce, left)
    assert answer["standing"] != "proposed"
    assert answer["text_s"]["text"] in " ".join(wop("pair", scarce, left).split())
    proposed = next(move for move in answer["effect"]["moves"] if move["before"])
    mentor, mentee = proposed["before"][0]["id"], proposed["mentee"]["id"]
    assert wop.json("pair", mentor, mentee)["standing"] == "proposed"
    assert "Without this pair" in wop("pair", mentor, mentee)


def test_alternates_are_ranked(wop: Wop) -> None:
    for place in wop.json("scarcity", "--top", "3")["places"]:
        mentee = next(move for move in place["effect"]["moves"] if move["kind"] == "served")["mentee"]
        answer = wop.json("alternates", mentee["id"], "--top", "3")
        assert len(answer["alternates"]) <= 3
        assert answer["text_s"]["text"] in wop("alternates", mentee["id"], "--top", "3")


def test_what_is_scarce_and_whom_to_recruit(wop: Wop) -> None:
    text = wop("scarcity")
    assert "One more place" in text
    assert "Offered by one mentor alone" in text
    answer = wop.json("recruit", "--top", "3")
    assert len(answer["recruits"]) == 3
    assert answer["recruits"][0]["region_name"] in wop("recruit", "--top", "3")


def test_best_proposals_frontier_and_fairness(wop: Wop, tmp_path: Path) -> None:
    assert [each["place"] for each in wop.json("best", "--count", "2")["proposals"]] == [1, 2]
    assert "The 2 best proposals." in wop("best", "--count", "2", "--apart", "4")
    picture = tmp_path / "frontier.svg"
    text = wop("frontier", "best_fit", "fragile_first", "--points", "4", "--svg", str(picture))
    assert "Best total fit" in text
    assert ElementTree.fromstring(picture.read_text(encoding="utf-8")).tag.endswith("svg")
    assert wop.json("frontier", "best_fit", "fragile_first", "--points", "4")["points"]
    stable = tmp_path / "stable.toml"
    text = wop("fairness", "--stable-policy", str(stable))
    assert load_policy(str(stable)).pairing == "stable"
    for title in ("By region", "By income group", "By size", "Worst off", "A stable proposal has"):
        assert title in text
    assert wop.json("fairness")["stable"]["effect"]["goals"]


def test_what_does_not_exist_is_refused_with_the_nearest(wop: Wop) -> None:
    assert "best_fit" in wop("frontier", "best_fti", "most_needs", code=2)
    assert "two different goals" in wop("frontier", "best_fit", "best_fit", code=2)
    assert "nobody at all" in wop("alternates", "nobody at all", code=2)
