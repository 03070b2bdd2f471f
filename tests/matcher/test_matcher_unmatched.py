"""Every unmatched mentee has one code and one specific sentence, and what it claims holds."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from instances import coupled

from graph.model import Capability, Country, Need, Region, Utility
from graph.network import Network
from graph.sentences import Sentence
from matcher.build import Built
from matcher.document import UnmatchedMentee
from matcher.problem import UNLIMITED, Goal, Ints, Limit, Problem
from matcher.solve import SolvePolicy, solve
from matcher.unmatched import explain_unmatched

RULES = ("topic_offered", "not_partners_now")


def ints(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


def problem() -> Problem:
    """Mentor a (one place) suits x and y; a is better for x. Mentee z has no pair."""
    return Problem(
        mentor_ids=("a", "b"),
        mentee_ids=("x", "y", "z"),
        places=ints(1, 1),
        minimum_load=ints(0, 0),
        staff_days=np.full(2, UNLIMITED),
        wanted=ints(1, 1, 1),
        need_ids=("x:water", "y:water", "z:water"),
        need_mentee=ints(0, 1, 2),
        pair_mentor=ints(0, 0),
        pair_mentee=ints(0, 1),
        cover_pair=ints(0, 1),
        cover_need=ints(0, 1),
        cover_days=ints(5, 5),
        pinned=np.zeros(2, dtype=bool),
        forbidden=np.zeros(2, dtype=bool),
        goals=(Goal("best_fit", Sentence("Best fit"), ints(9, 5), ints(0, 0)),),
    )


def built(problem: Problem, **changes: Any) -> Built:
    """Just enough of a built round around a problem."""
    ids = sorted({*problem.mentor_ids, *problem.mentee_ids})
    network = Network(
        revision=1,
        utilities=tuple(Utility(id, f"Utility {id.upper()}", "KEN") for id in ids),
        offers=(),
        needs=(),
        partnerships=(),
        observations=(),
        capabilities=(Capability("water", "Water", "", "g"),),
        countries=(Country("KEN", "Kenya", "east"),),
        regions=(Region("east", "Eastern Africa"),),
    )
    mentees = len(problem.mentee_ids)
    parts: dict[str, Any] = {
        "problem": problem,
        "network": network,
        "policy": SimpleNamespace(quality_floor=0.4),
        "rules": RULES,
        "removed": np.zeros((2, mentees), dtype=np.int64),
        "removed_alone": np.zeros((2, mentees), dtype=np.int64),
        "below_floor": np.zeros(mentees, dtype=np.int64),
        "best_below_floor": np.full(mentees, np.nan, dtype=np.float32),
        "pair_fit": (problem.goals[0].pair_values / 10).astype(np.float32),
        "needs": tuple(Need(problem.mentee_ids[mentee], "water", 1) for mentee in problem.need_mentee),
    }
    return cast(Built, SimpleNamespace(**{**parts, **changes}))


def explained(problem: Problem, **changes: Any) -> dict[str, UnmatchedMentee]:
    method = SolvePolicy("flow" if not problem.limits and (problem.staff_days == UNLIMITED).all() else "whole")
    result = solve(problem, method, 0)
    return {left["mentee"]["id"]: left for left in explain_unmatched(built(problem, **changes), result)}


def text(left: UnmatchedMentee) -> str:
    return str(left["text_s"]["text"])


def test_outbid_says_by_whom_and_at_what_price() -> None:
    left = explained(problem())["y"]
    assert left["code"] == "outbid"
    assert text(left) == (
        "Its only eligible mentor is taken: Utility A (with Utility X). One more place of Utility A is worth 5 points."
    )
    assert left["best_fit"] == 0.5
    assert left["eligible_mentors"] == 1
    assert [need["capability_name"] for need in left["needs"]] == ["Water"]


def test_used_staff_days_are_named() -> None:
    left = explained(replace(problem(), places=ints(2, 1), staff_days=ints(8, -1)))["y"]
    assert left["code"] == "outbid"
    assert "Utility A (its staff-days are used)" in text(left)


def test_a_mentor_without_places_is_named() -> None:
    left = explained(replace(problem(), places=ints(0, 1)))
    assert set(left) == {"x", "y", "z"}
    assert "Utility A (it has no places)" in text(left["x"])


def test_a_pair_that_would_not_raise_the_goals() -> None:
    changed = problem()
    goals = (replace(changed.goals[0], pair_values=ints(9, -1)),)
    left = explained(replace(changed, places=ints(2, 1), goals=goals))["y"]
    assert left["code"] == "outbid"
    assert text(left) == "Utility A has room for it, but the pair would not raise the goals of the policy."


def test_a_limit_is_named_and_lifting_it_serves_the_mentee() -> None:
    limit = Limit("few", Sentence("Kenya"), ints(0, 1), ints(1, 1), None, 1)
    limited = replace(problem(), places=ints(2, 1), limits=(limit,))
    left = explained(limited)["y"]
    assert left["code"] == "limit"
    assert text(left) == (
        "Utility A has room and fits, but the limit “Kenya” leaves none for this pair; "
        "without the limit it would add 5 to the goal “Best fit”."
    )
    assert "y" not in explained(replace(limited, limits=()))


def test_forbidden() -> None:
    left = explained(replace(problem(), forbidden=np.array([False, True])))["y"]
    assert left["code"] == "forbidden"
    assert text(left) == "Utility A is its only eligible mentor, and that pair is forbidden."


def test_below_the_floor() -> None:
    fits = np.array([np.nan, np.nan, 0.31], dtype=np.float32)
    one = explained(problem(), below_floor=ints(0, 0, 1), best_below_floor=fits)["z"]
    two = explained(problem(), below_floor=ints(0, 0, 2), best_below_floor=fits)["z"]
    assert (one["code"], two["code"]) == ("below_floor", "below_floor")
    assert text(one) == "Its only eligible mentor has a fit of 0.31, below the quality floor of 0.4."
    assert text(two) == "All 2 eligible mentors are below the quality floor of 0.4; the best has a fit of 0.31."
    assert two["best_fit"] == 0.31


def test_no_eligible_mentor_names_the_rule_that_alone_removed_some() -> None:
    removed, alone = np.zeros((2, 3), dtype=np.int64), np.zeros((2, 3), dtype=np.int64)
    removed[:, 2] = (2, 1)
    together = explained(problem(), removed=removed, removed_alone=alone)["z"]
    alone[0, 2] = 1
    left = explained(problem(), removed=removed, removed_alone=alone)["z"]
    assert left["code"] == together["code"] == "no_eligible_mentor"
    assert "removes 2 of 2, 1 of them all by itself" in text(left)
    assert "no rule alone is the cause" in text(together)
    assert [(entry["rule"], entry["removed"], entry["alone"]) for entry in left["removed_by"]] == [
        ("topic_offered", 2, 1),
        ("not_partners_now", 1, 0),
    ]


def test_no_need_and_no_mentor_wanted() -> None:
    without = replace(problem(), need_ids=("x:water", "y:water"), need_mentee=ints(0, 1))
    assert explained(without)["z"]["code"] == "no_need"
    unwanted = explained(replace(problem(), wanted=ints(1, 1, 0)))["z"]
    assert (unwanted["code"], text(unwanted)) == ("no_need", "It wants no mentor in this round.")


@pytest.mark.parametrize("seed", range(3))
def test_in_a_round_with_limits_every_claim_holds(seed: int) -> None:
    base = coupled(seed, 12, 40, 6, goals=("best_fit",), regions=3, cross_share=0.1)
    needs = {"need_ids": base.mentee_ids, "need_mentee": np.arange(len(base.mentee_ids))}
    round_ = replace(base, **needs)  # type: ignore[arg-type] # two fields of their own kinds
    result = solve(round_, SolvePolicy("whole"), 0)
    left = explain_unmatched(built(round_), result)
    served = set(round_.pair_mentee[result.pairs].tolist())
    assert [one["mentee"]["id"] for one in left] == [id for at, id in enumerate(round_.mentee_ids) if at not in served]
    load = np.bincount(round_.pair_mentor[result.pairs], minlength=len(round_.places))
    for one in left:
        mentee = round_.mentee_ids.index(one["mentee"]["id"])
        mentors = round_.pair_mentor[round_.pair_mentee == mentee]
        if one["code"] == "outbid":
            assert (load[mentors] >= round_.places[mentors]).all()
        else:
            assert one["code"] == "limit"
            own = np.flatnonzero(round_.pair_mentee == mentee)
            lifted = tuple(
                replace(limit, pairs=limit.pairs[keep], coefficients=limit.coefficients[keep])
                for limit in round_.limits
                for keep in [~np.isin(limit.pairs, own)]
            )
            after = solve(replace(round_, limits=lifted), SolvePolicy("whole"), 0)
            assert after.goals[0].value > result.goals[0].value
