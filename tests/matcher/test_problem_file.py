"""Problem files: both forms bring the same problem back, and every broken file gives one clear error."""

from __future__ import annotations

import io
import json
import re
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from brute_force import best_values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from instances import EXAMPLES, coupled, tiny_problems

from graph.errors import BadInput, NothingFeasible, TooLarge, UnknownName
from matcher.problem import Ints, Problem
from matcher.problem_file import FileLimits, problem_from_json, read_problem, write_problem
from matcher.problem_form import problem_schema
from matcher.problem_writing import problem_text
from matcher.result_file import REASONS, result_json, result_text
from matcher.solve import SolvePolicy, solve
from matcher.verify import verify

DOCS = Path(__file__).parents[2] / "docs" / "reference"
FILES = settings(
    max_examples=60 * EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
SMALL: dict[str, Any] = {
    "form": "wop-problem/1",
    "mentors": [{"id": "Nairobi", "places": 1, "attributes": {"region": "Africa"}}, {"id": "Lima"}],
    "mentees": [{"id": "Kisumu", "needs": [{"id": "leaks", "days": 10}], "attributes": {"region": "Africa"}}],
    "pairs": [
        {
            "mentor": "Nairobi",
            "mentee": "Kisumu",
            "score": 5,
            "points": {"cost": 7},
            "covers": [{"need": "leaks", "score": 3}],
        }
    ],
    "goals": ["total_score"],
    "tie_break": False,
}


def small(**parts: object) -> bytes:
    return json.dumps(SMALL | parts).encode()


def answer(problem: Problem) -> dict[str, Any]:
    result = solve(problem, SolvePolicy(), seed=1)
    return result_json(problem, result, verify(problem, result))


# Both forms


@FILES
@given(problem=tiny_problems(), ending=st.sampled_from(["json", "npz"]))
def test_writing_and_reading_back_gives_an_equal_problem(tmp_path: Path, problem: Problem, ending: str) -> None:
    path, again = tmp_path / f"problem.{ending}", tmp_path / f"again.{ending}"
    write_problem(problem, path)
    read = read_problem(path)
    assert read.input_hash == problem.input_hash
    assert [str(goal.title) for goal in read.goals] == [str(goal.title) for goal in problem.goals]
    write_problem(read, again)
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_a_large_round_comes_back_equal(tmp_path: Path, ending: str) -> None:
    problem = coupled(3, 40, 200, 12, goals=("most_mentees", "best_fit", "stable"))
    write_problem(problem, tmp_path / f"problem.{ending}")
    assert read_problem(tmp_path / f"problem.{ending}").input_hash == problem.input_hash


@FILES
@given(id=st.text(min_size=1, max_size=8), title=st.text(max_size=8))
def test_any_id_and_title_comes_back_or_is_refused(tmp_path: Path, id: str, title: str) -> None:
    form = {**SMALL, "mentors": [{"id": id}], "pairs": [], "columns": [id], "goals": [{"id": id, "title": title}]}
    try:
        problem = problem_from_json(json.dumps(form).encode())
    except BadInput:
        assert re.search(r"[\x00-\x1f\x7f]", id + title)
        return
    for ending in ("json", "npz"):
        write_problem(problem, tmp_path / f"problem.{ending}")
        read = read_problem(tmp_path / f"problem.{ending}")
        assert read.input_hash == problem.input_hash
        assert str(read.goals[0].title) == (title or id)


def test_the_order_of_pairs_and_covers_in_a_file_does_not_matter() -> None:
    form = json.loads(problem_text(coupled(3, 5, 9, 3)))
    problem = problem_from_json(json.dumps(form).encode())
    form["pairs"].reverse()
    assert problem_from_json(json.dumps(form).encode()).input_hash == problem.input_hash


def test_optional_arrays_may_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "problem.npz"
    np.savez(
        path,
        form=np.array("wop-problem-arrays/1"),
        mentor_ids=np.array(["a"]),
        mentee_ids=np.array(["x", "y"]),
        places=np.array([1], dtype=np.int8),
        wanted=np.array([1, 1], dtype=np.uint64),
        pair_mentor=np.array([0, 0]),
        pair_mentee=np.array([0, 1]),
        goal_ids=np.array(["fit"]),
        goal_pair_values=np.array([[3, 4]]),
    )
    assert [(pair["mentor"], pair["mentee"]) for pair in answer(read_problem(path))["pairs"]] == [("a", "y")]


# What a file says


def test_scores_covers_days_and_pins_are_read() -> None:
    goals = ["most_partnerships", "total_score", {"id": "cost", "title": "Money {spent}"}]
    problem = problem_from_json(small(goals=goals, pins=[["Nairobi", "Kisumu"]], tie_break=True))
    assert [goal.id for goal in problem.goals] == ["most_partnerships", "total_score", "cost", "stable"]
    assert [goal.pair_values.tolist() for goal in problem.goals][:3] == [[1], [5], [7]]
    assert problem.goals[1].cover_values.tolist() == [3]
    assert str(problem.goals[2].title) == "Money {spent}"
    assert problem.cover_days.tolist() == [10]
    assert problem.pinned.tolist() == [True]
    form = answer(problem)
    assert form["status"] == "optimal"
    assert form["pairs"] == [{"mentor": "Nairobi", "mentee": "Kisumu", "needs": ["leaks"], "pinned": True}]


def test_a_change_tax_holds_on_to_what_was_published() -> None:
    pairs = [
        {"mentor": "Nairobi", "mentee": "Kisumu", "score": 5},
        {"mentor": "Lima", "mentee": "Kisumu", "score": 8},
    ]
    published = [["Nairobi", "Kisumu"]]
    free = answer(problem_from_json(small(pairs=pairs)))
    cheap = answer(problem_from_json(small(pairs=pairs, change_tax={"published": published, "points": 2})))
    dear = answer(problem_from_json(small(pairs=pairs, change_tax={"published": published, "points": 4})))
    assert [form["pairs"][0]["mentor"] for form in (free, cheap, dear)] == ["Lima", "Lima", "Nairobi"]


def where(**limit: object) -> list[int]:
    """The coefficients by pair (a-x, b-x, a-y, b-y) of a limit over four pairs."""
    form = {
        "form": "wop-problem/1",
        "mentors": [{"id": "a", "attributes": {"region": "East"}}, {"id": "b"}],
        "mentees": [
            {"id": "x", "attributes": {"region": "East", "size": "small"}},
            {"id": "y", "attributes": {"region": "West"}},
        ],
        "pairs": [
            {"mentor": mentor, "mentee": mentee, "points": {"cost": cost}}
            for mentor, mentee, cost in (("a", "x", 1), ("b", "x", 2), ("a", "y", 3), ("b", "y", 4))
        ],
        "limits": [{"id": "one", "upper": 1, **limit}],
    }
    problem = problem_from_json(json.dumps(form).encode())
    coefficients = np.zeros(4, dtype=np.int64)
    coefficients[problem.limits[0].pairs] = problem.limits[0].coefficients
    return coefficients.tolist()


def test_limits_find_their_pairs_by_attributes_and_unknown_meets_nothing() -> None:
    assert where(where={}) == [1, 1, 1, 1]
    assert where(where={"mentee": {"region": ["West"]}}, coefficient=-2) == [0, 0, -2, -2]
    assert where(where={"mentee": {"region": ["West", "East"]}, "mentor": {"region": ["East"]}}) == [1, 0, 1, 0]
    assert where(where={"same": ["region"]}) == [1, 0, 0, 0]
    assert where(where={"different": ["region"]}) == [0, 0, 1, 0]
    assert where(where={"mentee": {"size": ["small"]}}, column="cost") == [1, 2, 0, 0]
    assert where(pairs=[["b", "y", 9], ["a", "x", 5]]) == [5, 0, 0, 9]


# What is wrong with a file

PAIR = SMALL["pairs"][0]
BROKEN: list[tuple[bytes, str]] = [
    (b"", "it is empty"),
    (b" \n", "it is empty"),
    (b"[1, 2", "line 1, column 6"),
    (b'{"form":\n  wop}', "line 2, column 3"),
    (b"\xff\xfe\x00", "byte 1 is not UTF-8"),
    (b"[" * 100_000, "nested too deeply"),
    (b'{"a":' * 100_000, "nested too deeply"),
    (b'{"form": ' + b"9" * 5000 + b"}", "too many digits"),
    (b'{"form": "\\ud800"}', "hex escape"),
    (b'{"form": 1, "form": 2}', "the name “form” twice"),
    (b"[]", "the file must be an object, in braces."),
    (b"{}", "form is missing"),
    (small(form="wop-problem/9"), "form must be one of 'wop-problem/1'"),
    (small(mentor=[]), "Did you mean “mentors”"),
    (small(mentors=[{"id": "Nairobi", "place": 1}]), "mentors[0]"),
    (small(mentors=[{"id": "Nairobi", "places": -1}]), "mentors[0].places must be at least 0."),
    (small(mentors=[{"id": "Nairobi", "places": 1.5}]), "mentors[0].places must be a whole number."),
    (small(mentors=[{"id": "Nairobi", "places": True}]), "mentors[0].places must be a whole number."),
    (small(mentors=[{"id": "Nairobi", "places": "1"}]), "mentors[0].places must be a whole number."),
    (small(mentors=[{"id": "Nairobi", "places": 10**30}]), "mentors[0].places must be at most 1,000,000."),
    (small(mentors=[{"id": "Nairobi"}, {"id": "Nairobi"}]), "mentors[1] repeats the id “Nairobi”."),
    (small(mentors=[{"id": ""}]), "mentors[0].id must not be empty."),
    (small(mentors=[{"id": "a\nb"}]), "mentors[0].id must not hold line breaks"),
    (small(mentors=[{"id": "a" * 300}]), "mentors[0].id must have at most 200 characters."),
    (small(pairs=[{**PAIR, "score": float("nan")}]), "pairs[0].score must be a whole number."),
    (small(pairs=[{**PAIR, "score": float("inf")}]), "pairs[0].score must be a whole number."),
    (small(pairs=[{**PAIR, "score": None}]), "pairs[0].score must be a whole number."),
    (small(pairs=[{**PAIR, "score": 10**7 + 1}]), "pairs[0].score must be at most"),
    (small(pairs=[{**PAIR, "mentor": "Nairobbi"}]), "Did you mean “Nairobi”?"),
    (small(pairs=[{**PAIR, "mentee": "Kisumo"}]), "pairs[0].mentee"),
    (small(pairs=[PAIR, PAIR]), "pairs[1] repeats a pair."),
    (small(pairs=[{**PAIR, "covers": [{"need": "leak"}]}]), "pairs[0].covers[0].need"),
    (small(pairs=[{**PAIR, "covers": [{"need": "leaks"}] * 2}]), "pairs[0].covers[1] repeats the need"),
    (small(columns=["costs"]), "Did you mean “costs”?"),
    (small(pins=[["Lima", "Kisumu"]]), "pins[0] names Lima and Kisumu, which are not among the pairs."),
    (small(pins=[["Limo", "Kisumu"]]), "pins[0][0]"),
    (small(forbids=[["Lima"]]), "forbids[0][1] is missing."),
    (small(limits=[{"id": "a"}]), "limits[0] needs “pairs” or “where”."),
    (small(limits=[{"id": "a", "where": {}, "pairs": []}]), "limits[0] has both “pairs” and “where”"),
    (small(limits=[{"id": "a", "where": {"mentee": {"size": ["big"]}}}]), "attribute of mentees"),
    (small(mentors={"id": "Nairobi"}), "mentors must be a list, in brackets."),
    (small(pins=[{"mentor": "Nairobi"}]), "pins[0] must be a list, in brackets."),
    (small(limits=[{"id": "a", "where": {}}] * 2), "limits[1] repeats the id “a”."),
    (small(limits=[{"id": "a", "where": {"same": ["continent"]}}]), "limits[0].where.same[0]"),
    (small(limits=[{"id": "a", "where": {"mentor": {"region": ["Afrika"]}}}]), "Did you mean “Africa”?"),
    (small(limits=[{"id": "a", "where": {}, "column": "costs"}]), "Did you mean “cost”?"),
    (small(limits=[{"id": "a", "pairs": [["Nairobi", "Kisumu", 1]] * 2}]), "limits[0].pairs repeats a pair."),
    (small(limits=[{"id": "a", "pairs": [], "coefficient": 2}]), "limits[0] lists its pairs"),
    (small(goals=["totl_score"]), "Did you mean “total_score”"),
    (small(goals=[{"id": "cots"}]), "Did you mean “cost”"),
    (small(goals=[{"titel": "x"}]), "goals[0]"),
    (small(goals=[7]), 'goals[0] must be a goal\'s name, or an object such as {"id": "cost"}.'),
    (small(goals=["stable", "stable"]), "goals[1] repeats the id “stable”."),
    (small(goals=[]), "goals must not be empty."),
    (
        small(goals=["most_mentees"], mentees=[{**SMALL["mentees"][0], "mentors_wanted": 2}]),
        "goals[0] needs one mentor",
    ),
    (small(change_tax={"published": [], "points": 3}, goals=["stable"]), "change_tax needs the goal"),
    (small(change_tax={"published": [["Lima", "Kisumu"]], "points": 3}), "change_tax.published[0]"),
]


@pytest.mark.parametrize(("text", "part"), BROKEN, ids=[part for _, part in BROKEN])
def test_each_broken_file_gives_one_clear_error(text: bytes, part: str) -> None:
    with pytest.raises(BadInput) as caught:
        problem_from_json(text, "round.json")
    assert part in str(caught.value)
    assert "round.json" in str(caught.value)


def test_all_faults_are_told_at_once_and_many_are_counted() -> None:
    with pytest.raises(BadInput) as caught:
        problem_from_json(small(mentors=[{"id": str(at), "places": -1} for at in range(20)]))
    assert "mentors[7].places" in str(caught.value)
    assert "And 12 more." in str(caught.value)


def test_numbers_that_a_file_cannot_hold_are_not_written(tmp_path: Path) -> None:
    problem = coupled(1, 4, 6, 2)
    goal = replace(problem.goals[0], pair_values=problem.goals[0].pair_values * 10**5)
    for changed, part in (
        (replace(problem, goals=(goal,)), "points and coefficients go up to"),
        (replace(problem, places=problem.places * 10**7), "places, loads and days go up to"),
        (replace(problem, mentor_ids=("", "a", "b", "c")), "needs an id of 1 to 200"),
    ):
        with pytest.raises(BadInput, match=part):
            write_problem(changed, tmp_path / "problem.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["nowhere.json", "nowhere.npz"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=name):
        read_problem(tmp_path / name)
    with pytest.raises(UnknownName, match="xml"):
        read_problem(tmp_path / "problem.xml")


def arrays(tmp_path: Path) -> dict[str, Any]:
    write_problem(coupled(1, 4, 6, 2), tmp_path / "problem.npz")
    with np.load(tmp_path / "problem.npz") as file:
        return {name: file[name] for name in file.files}


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"places": None}, "“places” is missing"),
        ({"places": np.zeros(4)}, "“places” holds float64, expected whole numbers"),
        ({"places": np.zeros(3, dtype=np.int64)}, "places has shape"),
        ({"places": np.full(4, 2**63, dtype=np.uint64)}, "“places” has a number that is too large"),
        ({"places": np.zeros((4, 1), dtype=np.int64)}, "“places” has 2 dimensions, expected 1"),
        ({"mentor_ids": np.array([{}], dtype=object)}, "“mentor_ids” holds object, expected text"),
        ({"mentor_ids": np.array(["a", "a", "b", "c"])}, "Each mentor needs an id of its own."),
        ({"mentor_ids": np.array(["", "a", "b", "c"])}, "the mentor '' needs an id"),
        ({"pinned": np.zeros(8, dtype=np.int64)}, "“pinned” holds int64, expected true or false"),
        ({"placs": np.zeros(4)}, "Did you mean “places”?"),
        ({"form": np.array("wop-problem-arrays/2")}, "wop-problem-arrays/1"),
        ({"limit_start": np.array([0, 9])}, "“limit_start” has shape"),
        ({"pair_mentor": np.full(11, 99)}, "pair_mentor"),
    ],
)
def test_each_broken_archive_gives_one_clear_error(tmp_path: Path, change: dict[str, Any], part: str) -> None:
    pieces = {name: values for name, values in {**arrays(tmp_path), **change}.items() if values is not None}
    np.savez(tmp_path / "broken.npz", **pieces)
    with pytest.raises(BadInput) as caught:
        read_problem(tmp_path / "broken.npz")
    assert part in str(caught.value)
    assert "broken.npz" in str(caught.value)


def test_an_archive_that_unpacks_to_too_much_is_refused_unread(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "bomb.npz", **{**arrays(tmp_path), "places": np.zeros(10**6, dtype=np.int64)})
    assert (tmp_path / "bomb.npz").stat().st_size < 20_000
    with pytest.raises(TooLarge, match="npz_bytes"):
        read_problem(tmp_path / "bomb.npz", FileLimits(npz_bytes=10**6))
    (tmp_path / "long.json").write_bytes(small())
    with pytest.raises(TooLarge, match="json_bytes"):
        read_problem(tmp_path / "long.json", FileLimits(json_bytes=10))


def test_a_header_that_promises_more_than_is_there_is_refused(tmp_path: Path) -> None:
    pieces = arrays(tmp_path)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<i8", "fortran_order": False, "shape": (10**15,)})
    with zipfile.ZipFile(tmp_path / "lies.npz", "w") as archive:
        for name, values in pieces.items():
            content = io.BytesIO()
            np.save(content, values)
            archive.writestr(f"{name}.npy", header.getvalue() + bytes(64) if name == "places" else content.getvalue())
    with pytest.raises(BadInput, match="another size than its shape says"):
        read_problem(tmp_path / "lies.npz")


@FILES
@given(content=st.binary(max_size=300), ending=st.sampled_from(["json", "npz"]))
def test_any_bytes_give_a_problem_or_bad_input(tmp_path: Path, content: bytes, ending: str) -> None:
    (tmp_path / f"problem.{ending}").write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read_problem(tmp_path / f"problem.{ending}")
    assert str(caught.value)


@FILES
@given(problem=tiny_problems(), ending=st.sampled_from(["json", "npz"]), data=st.data())
def test_damaged_files_give_a_problem_or_bad_input(
    tmp_path: Path, problem: Problem, ending: str, data: st.DataObject
) -> None:
    path = tmp_path / f"problem.{ending}"
    write_problem(problem, path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))]))
    with suppress(BadInput):
        read_problem(path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@FILES
@given(data=st.data())
def test_any_value_in_any_place_gives_a_problem_or_bad_input(data: st.DataObject) -> None:
    limits = [{"id": "a", "upper": 1, "where": {"mentor": {"region": ["Africa"]}, "same": ["region"]}}]
    tax = {"published": [["Nairobi", "Kisumu"]], "points": 1}
    form = json.loads(small(limits=limits, pins=[["Nairobi", "Kisumu"]], change_tax=tax))
    place: Any = form
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not (isinstance(place[key], dict | list) and place[key]) or data.draw(st.integers(0, 3)) == 0:
            break
        place = place[key]
    place[key] = data.draw(json_values)
    with suppress(BadInput):
        problem_from_json(json.dumps(form).encode())


# Results


@settings(max_examples=40 * EXAMPLES)
@given(problem=tiny_problems())
def test_results_are_right_and_the_same_bytes_twice(problem: Problem) -> None:
    read = problem_from_json(problem_text(problem).encode())
    expected = best_values(problem)
    if expected is None:
        with pytest.raises(NothingFeasible):
            solve(read, SolvePolicy(), seed=1)
        return
    form = answer(read)
    assert tuple(goal["value"] for goal in form["goals"]) == expected
    assert form["status"] == "optimal"
    assert form["input_hash"] == problem.input_hash
    assert result_text(form) == result_text(answer(read))
    assert {left["reason"] for left in form["unmatched"]} <= set(REASONS) - {"stopped"}
    assert len(form["unmatched"]) + form["totals"]["served"] == len(problem.mentee_ids)


@settings(max_examples=40 * EXAMPLES)
@given(problem=tiny_problems(), data=st.data())
def test_numbers_of_every_size_a_file_may_hold_are_solved_exactly(problem: Problem, data: st.DataObject) -> None:
    def grown(values: Ints) -> Ints:
        factor = st.sampled_from([1, 1, 10, 10**4, 8 * 10**5])
        return values * np.array(
            data.draw(st.lists(factor, min_size=len(values), max_size=len(values))), dtype=np.int64
        )

    goals = tuple(
        replace(goal, pair_values=grown(goal.pair_values), cover_values=grown(goal.cover_values))
        for goal in problem.goals
    )
    limits = tuple(replace(limit, coefficients=grown(limit.coefficients)) for limit in problem.limits)
    large = problem_from_json(problem_text(replace(problem, goals=goals, limits=limits)).encode())
    expected = best_values(large)
    if expected is None:
        with pytest.raises(NothingFeasible):
            solve(large, SolvePolicy(), seed=1)
    else:
        form = answer(large)
        assert tuple(goal["value"] for goal in form["goals"]) == expected
        assert form["status"] == "optimal"


def reason(**parts: object) -> dict[str, Any]:
    """Why Kisumu is left out."""
    left = answer(problem_from_json(small(**parts)))["unmatched"]
    return next(one for one in left if one["mentee"] == "Kisumu")


def test_each_reason_is_computed() -> None:
    assert reason(pairs=[])["reason"] == "no_pair"
    assert reason(mentees=[{**SMALL["mentees"][0], "mentors_wanted": 0}])["reason"] == "wants_none"
    assert reason(forbids=[["Nairobi", "Kisumu"]])["reason"] == "forbidden"
    assert reason(pairs=[{"mentor": "Nairobi", "mentee": "Kisumu", "score": -1}])["reason"] == "no_gain"
    limited = reason(limits=[{"id": "none", "upper": 0, "where": {}}])
    assert (limited["reason"], limited["mentor"], limited["limits"]) == ("limit", "Nairobi", ["none"])
    assert reason(mentors=[{"id": "Nairobi", "staff_days": 3}])["taken"][0]["lacks"] == "staff_days"
    other = [{**PAIR}, {"mentor": "Nairobi", "mentee": "Eldoret", "score": 50}]
    outbid = reason(mentees=[*SMALL["mentees"], {"id": "Eldoret"}], pairs=other)
    assert outbid["reason"] == "outbid"
    assert outbid["taken"] == [{"mentor": "Nairobi", "lacks": "places", "has": ["Eldoret"]}]


def test_prices_say_what_one_more_place_adds() -> None:
    mentees = [{"id": "x"}, {"id": "y"}]
    pairs = [{"mentor": "Lima", "mentee": "x", "score": 9}, {"mentor": "Lima", "mentee": "y", "score": 5}]
    form = answer(problem_from_json(small(mentees=mentees, pairs=pairs)))
    assert form["prices"]["goal"] == "total_score"
    assert form["prices"]["places"] == {"Lima": 5.0}


# The page


def test_the_published_schema_is_the_one_in_the_code() -> None:
    assert json.loads((DOCS / "problem.schema.json").read_text(encoding="utf-8")) == problem_schema()


def examples() -> dict[str, str]:
    page = (DOCS / "problem-file.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^<!-- file: (\S+) -->\n```\w*\n(.*?)^```", page, re.MULTILINE | re.DOTALL))


def test_the_worked_examples_give_what_the_page_says() -> None:
    found = {}
    for name, text in examples().items():
        if name != "clash.json":
            form = answer(problem_from_json(text.encode(), name))
            assert form["status"] == "optimal"
            found[name] = ([goal["value"] for goal in form["goals"] if goal["id"] != "stable"], form)
    assert {name: values for name, (values, _) in found.items()} == {
        "simple.json": [13],
        "needs.json": [15],
        "limits.json": [3, 14],
    }
    assert [left["reason"] for left in found["simple.json"][1]["unmatched"]] == ["outbid"]
    assert [pair["needs"] for pair in found["needs.json"][1]["pairs"]] == [["leaks"], ["billing"]]
    assert found["limits.json"][1]["limits"][0]["used"] == 1
    with pytest.raises(NothingFeasible):
        solve(problem_from_json(examples()["clash.json"].encode()), SolvePolicy(), seed=1)
