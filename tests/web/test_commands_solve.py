"""``wop solve`` as a person or a script meets it: output, files, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from web.cli import main

PROBLEM: dict[str, Any] = {
    "form": "wop-problem/1",
    "mentors": [{"id": "Nairobi [main]", "places": 1}, {"id": "Lima"}],
    "mentees": [{"id": "Kisumu"}, {"id": "Mombasa"}, {"id": "Cusco"}],
    "pairs": [
        {"mentor": "Nairobi [main]", "mentee": "Kisumu", "score": 8},
        {"mentor": "Nairobi [main]", "mentee": "Mombasa", "score": 7},
        {"mentor": "Lima", "mentee": "Mombasa", "score": 5},
    ],
}


class Wop:
    """The command in this process, in a folder, with its output."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def write(self, name: str = "problem.json", **parts: object) -> str:
        """A problem file, with some parts changed."""
        (self.folder / name).write_text(json.dumps(PROBLEM | parts), encoding="utf-8")
        return str(self.folder / name)

    def __call__(self, *words: str, code: int = 0) -> str:
        """What ``wop solve`` prints."""
        with pytest.raises(SystemExit) as ended:
            main(["solve", *words])
        printed = self.capsys.readouterr()
        assert ended.value.code == code, printed.err
        return printed.out + printed.err


@pytest.fixture
def wop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Wop:
    return Wop(tmp_path, capsys)


def test_a_person_sees_pairs_proof_and_reasons(wop: Wop) -> None:
    said = wop(wop.write())
    assert "Nairobi [main]" in said
    assert "Goal: Total score: 13 (proven optimal)" in said
    assert "2 of 3 mentees have a mentor" in said
    assert "No mentor is eligible." in said
    assert "Verified by an independent check" in said


def test_out_and_json_say_the_same_and_every_run_the_same_bytes(wop: Wop) -> None:
    out = wop.folder / "result.json"
    printed = json.loads(wop(wop.write(), "--out", str(out), "--json"))
    first = out.read_bytes()
    assert json.loads(first) == printed
    assert printed["form"] == "wop-result/1"
    wop(wop.write(), "--out", str(out))
    assert out.read_bytes() == first


@pytest.mark.parametrize("method", ["auto", "flow", "price", "whole"])
def test_every_method_finds_the_same(wop: Wop, method: str) -> None:
    form = json.loads(wop(wop.write(), "--method", method, "--json"))
    assert [goal["value"] for goal in form["goals"]][:1] == [13]


def test_limits_are_shown(wop: Wop) -> None:
    said = wop(wop.write(limits=[{"id": "few", "title": "Few pairs", "upper": 1, "where": {}}]))
    assert "Few pairs" in said
    assert "a limit leaves none" in said


def test_the_arrays_give_the_same_answer(wop: Wop) -> None:
    from matcher.problem_file import read_problem, write_problem

    path = wop.write()
    write_problem(read_problem(Path(path)), wop.folder / "problem.npz")
    assert wop(str(wop.folder / "problem.npz"), "--json") == wop(path, "--json")


def test_bad_input_ends_with_2_and_names_the_place(wop: Wop) -> None:
    assert "nowhere.json cannot be read" in wop(str(wop.folder / "nowhere.json"), code=2)
    assert "pairs[0].mentor" in wop(wop.write(pairs=[{"mentor": "Limo", "mentee": "Cusco"}]), code=2)
    assert "Did you mean “price”?" in wop(wop.write(), "--method", "prices", code=2)
    assert "file ending" in wop(wop.write(), "--out", "result.xlsx", code=2)
    assert "Did you mean “.json”?" in wop(str(wop.folder / "problem.jso"), code=2)
    path = wop.write()
    assert "over the problem" in wop(path, "--out", path, code=2)
    assert "above 0" in wop(path, "--time-limit", "-1", code=2)
    assert "“flow” cannot be used" in wop(
        wop.write(limits=[{"id": "few", "upper": 1, "where": {}}]), "--method", "flow", code=2
    )


def test_a_contradiction_ends_with_3_and_names_the_rules(wop: Wop) -> None:
    pins = [["Nairobi [main]", "Kisumu"], ["Nairobi [main]", "Mombasa"]]
    assert "Nairobi [main]" in wop(wop.write(pins=pins), code=3)
    error = json.loads(wop(wop.write(pins=pins), "--json", code=3))["error"]
    assert error["kind"] == "NothingFeasible"
    assert error["reasons"]
