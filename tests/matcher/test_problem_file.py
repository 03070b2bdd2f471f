"""Problem files: both forms bring the same problem back, and every broken file gives one clear error."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from instances import coupled, tiny_problems

from graph.errors import BadInput, NothingFeasible, WopError
from matcher.problem import Problem
from matcher.problem_file import problem_from_json, problem_to_json, read_problem, write_problem
from matcher.problem_form import problem_schema
from matcher.result_file import result_json
from matcher.solve import SolvePolicy, solve

SMALL = {
    "form": "wop-problem/1",
    "mentors": [{"id": "Nairobi", "places": 1, "attributes": {"region": "Africa"}}, {"id": "Lima"}],
    "mentees": [{"id": "Kisumu", "needs": [{"id": "leaks", "days": 10}], "attributes": {"region": "Africa"}}],
    "pairs": [{"mentor": "Nairobi", "mentee": "Kisumu", "score": 5, "covers": [{"need": "leaks", "score": 3}]}],
}


def changed(**parts: object) -> bytes:
    return json.dumps(SMALL | parts).encode()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(problem=tiny_problems(), ending=st.sampled_from(["json", "npz"]))
def test_writing_and_reading_back_changes_nothing(tmp_path: Path, problem: Problem, ending: str) -> None:
    path = tmp_path / f"problem.{ending}"
    write_problem(problem, path)
    again = read_problem(path)
    if ending == "npz":
        assert again.input_hash == problem.input_hash
    else:
        assert json.dumps(problem_to_json(again)) == json.dumps(problem_to_json(problem))
        assert [goal.pair_values.tolist() for goal in again.goals] == [g.pair_values.tolist() for g in problem.goals]


def test_scores_covers_and_days_are_read() -> None:
    problem = problem_from_json(changed(goals=["pairs", "score", "stable"], pins=[["Nairobi", "Kisumu"]]))
    assert [goal.id for goal in problem.goals] == ["pairs", "score", "stable"]
    assert problem.goals[1].pair_values.tolist() == [5]
    assert problem.goals[1].cover_values.tolist() == [3]
    assert problem.cover_days.tolist() == [10]
    assert problem.pinned.tolist() == [True]
    result = solve(problem, SolvePolicy(), seed=1)
    form = result_json(problem, result)
    assert form["status"] == "optimal"
    assert form["pairs"] == [{"mentor": "Nairobi", "mentee": "Kisumu", "needs": ["Kisumu/leaks"]}]
    json.dumps(form)


def test_a_change_tax_holds_on_to_what_was_published() -> None:
    pairs = [
        {"mentor": "Nairobi", "mentee": "Kisumu", "score": 5},
        {"mentor": "Lima", "mentee": "Kisumu", "score": 8},
    ]
    free = problem_from_json(changed(pairs=pairs))
    taxed = problem_from_json(changed(pairs=pairs, change_tax={"published": [["Nairobi", "Kisumu"]], "points": 4}))
    chosen = [int(p.pair_mentor[solve(p, SolvePolicy(), seed=1).pairs[0]]) for p in (free, taxed)]
    assert [free.mentor_ids[mentor] for mentor in chosen] == ["Lima", "Nairobi"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (b"", "the file"),
        (b"[1, 2", "the file"),
        (b"\xff\xfe\x00", "the file"),
        (b"[" * 100_000, "the file"),
        (b"{}", "form"),
        (changed(form="wop-problem/9"), "form"),
        (changed(mentor=[]), "mentor"),
        (changed(mentors=[{"id": "Nairobi", "places": -1}]), "mentors.0.places"),
        (changed(mentors=[{"id": "Nairobi", "places": 1.5}]), "mentors.0.places"),
        (changed(mentors=[{"id": "Nairobi"}, {"id": "Nairobi"}]), "Nairobi"),
        (changed(pairs=[{"mentor": "Nairobbi", "mentee": "Kisumu"}]), "Did you mean “Nairobi”?"),
        (changed(pairs=SMALL["pairs"] * 2), "twice"),  # type: ignore[operator]  # a list of pairs
        (changed(pins=[["Lima", "Kisumu"]]), "not among the pairs"),
        (changed(limits=[{"id": "a"}]), "pairs"),
        (changed(limits=[{"id": "a", "where": {"same": ["continent"]}}]), "continent"),
        (changed(goals=["scores"]), "goals"),
        (changed(goals=[]), "goals"),
    ],
)
def test_each_broken_file_gives_one_clear_error(text: bytes, part: str) -> None:
    with pytest.raises(BadInput) as caught:
        problem_from_json(text)
    assert part in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_files_never_end_in_another_error(data: st.DataObject) -> None:
    text = bytearray(changed(limits=[{"id": "a", "upper": 1, "where": {"mentor": {"region": "Africa"}}}]))
    for _ in range(data.draw(st.integers(1, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    try:
        problem_from_json(bytes(text))
    except WopError as error:
        assert str(error)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_archives_never_end_in_another_error(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "problem.npz"
    write_problem(coupled(1, 4, 6, 2), path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
    try:
        read_problem(path)
    except WopError as error:
        assert str(error)


def test_a_pickle_inside_an_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "problem.npz"
    np.savez(path, form=np.array([{}], dtype=object))
    with pytest.raises(BadInput, match="not a readable"):
        read_problem(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nowhere.json"):
        read_problem(tmp_path / "nowhere.json")


def test_the_published_schema_is_the_one_in_the_code() -> None:
    published = Path(__file__).parents[2] / "docs" / "reference" / "problem-file.schema.json"
    assert json.loads(published.read_text(encoding="utf-8")) == problem_schema()


def examples() -> list[str]:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "problem-file.md").read_text(encoding="utf-8")
    return [part.split("```", 1)[0] for part in page.split("```json\n")[1:]]


def test_the_worked_examples_give_what_the_page_says() -> None:
    forms = [json.loads(text) for text in examples()]
    problems = [form for form in forms if form["form"] == "wop-problem/1"]
    results = [form for form in forms if form["form"] == "wop-result/1"]
    assert len(problems) == len(results) == 3
    for form, expected in zip(problems, results, strict=True):
        problem = problem_from_json(json.dumps(form).encode())
        found = result_json(problem, solve(problem, SolvePolicy(), seed=1))
        assert {name: found[name] for name in expected} == expected


def test_a_contradiction_is_not_a_broken_file() -> None:
    problem = problem_from_json(changed(limits=[{"id": "floor", "lower": 2, "where": {}}]))
    with pytest.raises(NothingFeasible):
        solve(problem, SolvePolicy(), seed=1)
