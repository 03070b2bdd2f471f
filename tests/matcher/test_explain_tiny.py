"""Explanations against brute force: on tiny rounds every number they claim is what trying everything gives."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from tiny_rounds import AS_OF, every_proposal, lost, lost_to, tiny_rounds, values

from graph.errors import NothingFeasible
from graph.model import Offer, Utility
from matcher.build import build_problem
from matcher.changes import Forbid, Force, MorePlaces, Serve
from matcher.explain.alternates import alternates
from matcher.explain.best_proposals import best_proposals, best_results
from matcher.explain.effects import losses
from matcher.explain.extra_mentors import kinds_of_extra_mentor, with_extra_mentors
from matcher.explain.fairness import fairness, stable_policy
from matcher.explain.frontier import frontier, frontier_results
from matcher.explain.pair import explain_in_round, pinning
from matcher.explain.recruitment import recruitment
from matcher.explain.round import SolvedRound, solved_round
from matcher.explain.scarcity import scarcity
from matcher.explain.smallest_change import smallest_change
from matcher.explain.supported_points import reached_by, supported_results
from matcher.participants import choose_participants
from matcher.stability import blocking_pairs, pair_points, stable_pairs

QUICK, ALL = 15, 60
DRAWN = pytest.mark.parametrize(
    "round",
    [
        pytest.param(round, id=f"seed {seed}", marks=() if at < QUICK else pytest.mark.slow)
        for at, (seed, round) in enumerate(tiny_rounds(ALL))
    ],
)


def every_pair(round: SolvedRound) -> list[tuple[str, str]]:
    """Every mentor with every mentee, whether the problem has the pair or not."""
    return [(mentor, mentee) for mentor in round.problem.mentor_ids for mentee in round.problem.mentee_ids]


@DRAWN
def test_why_and_why_not_cost_what_trying_everything_says(round: SolvedRound) -> None:
    for mentor, mentee in every_pair(round):
        answer = explain_in_round(round, mentor, mentee)
        at = round.pair_at(mentor, mentee)
        if at is None:
            problem = build_problem(round.network, round.built.participants, pinning(round, mentor, mentee)).problem
            expected = lost_to(round, problem)
            assert answer["standing"] in ("ineligible", "below_floor")
            assert answer["broken"]
        elif at in round.chosen:
            expected = lost(round, Forbid(at))
            assert answer["standing"] == "proposed"
        else:
            expected = lost(round, Force(at))
            assert answer["standing"] == ("forbidden" if round.problem.forbidden[at] else "possible")
        effect = answer["effect"]
        assert effect is not None
        assert effect["feasible"] == (expected is not None), (mentor, mentee)
        if expected is not None:
            assert losses(effect) == expected, (mentor, mentee)
            assert effect["proven"]


@DRAWN
def test_a_forced_pair_is_there_and_the_moves_tell_who_changed(round: SolvedRound) -> None:
    for mentor, mentee in every_pair(round):
        answer = explain_in_round(round, mentor, mentee)
        effect = answer["effect"]
        if answer["standing"] == "proposed" or effect is None or not effect["feasible"]:
            continue
        move = next(move for move in effect["moves"] if move["mentee"]["id"] == mentee)
        assert mentor in [each["id"] for each in move["after"]]
        for each in effect["moves"]:
            kinds = {(True, False): "displaced", (False, True): "served", (True, True): "moved"}
            assert each["kind"] == kinds[bool(each["before"]), bool(each["after"])]


@DRAWN
def test_alternates_are_complete_here_and_ranked_by_loss(round: SolvedRound) -> None:
    problem = round.problem
    for mentee, name in enumerate(problem.mentee_ids):
        answer = alternates(round, name, most=10)
        pairs = round.pairs_of_mentee(mentee)
        present = [pair for pair in pairs.tolist() if pair in round.chosen]
        others = {pair for pair in pairs.tolist() if pair not in present and not problem.forbidden[pair]}
        assert answer["asked"] == answer["eligible"] == len(others)
        found = {each["mentor"]["id"]: each["effect"] for each in answer["alternates"]}
        for pair in sorted(others):
            expected = lost(round, *(Forbid(each) for each in present), Force(pair))
            effect = found[problem.mentor_ids[problem.pair_mentor[pair]]]
            assert (losses(effect) if effect["feasible"] else None) == expected
        order = [(not each["effect"]["feasible"], losses(each["effect"])) for each in answer["alternates"]]
        assert order == sorted(order)


@DRAWN
def test_the_best_proposals_are_the_best_and_distinct(round: SolvedRound) -> None:
    every = every_proposal(round.problem)
    expected = sorted(every.values(), reverse=True)
    results = best_results(round.problem, round.result, 4, solver=round.solver)
    assert [tuple(goal.value for goal in result.goals) for result in results] == expected[:4]
    assert len({tuple(result.pairs.tolist()) for result in results}) == len(results)
    assert best_proposals(round, 4)["complete"] == (len(every) < 4)


@DRAWN
def test_proposals_further_apart_are_the_best_that_are(round: SolvedRound) -> None:
    every = every_proposal(round.problem)
    taken: list[set[int]] = [set(round.result.pairs.tolist())]
    for result in best_results(round.problem, round.result, 3, apart=2, solver=round.solver)[1:]:
        allowed = [value for pairs, value in every.items() if all(len(set(pairs) ^ other) >= 2 for other in taken)]
        assert tuple(goal.value for goal in result.goals) == max(allowed)
        taken.append(set(result.pairs.tolist()))


def test_the_frontier_has_every_point_that_nothing_betters() -> None:
    several = on_hull = 0
    for goals in (("best_fit", "fragile_first"), ("fragile_first", "most_needs"), ("most_needs", "best_fit")):
        for seed, round in tiny_rounds(30, goals):
            first, second = round.problem.goals[:2]
            results, complete = frontier_results(round.problem, 100_000, solver=round.solver)
            found = [(reached_by(result, first), reached_by(result, second)) for result in results]
            every = {value[:2] for value in every_proposal(round.problem).values()}
            best = {p for p in every if not any(q != p and q[0] >= p[0] and q[1] >= p[1] for q in every)}
            if complete:
                assert found == sorted(best, reverse=True), f"seed {seed}"
            else:
                assert set(found) <= best, f"seed {seed}"
                assert found[0] == max(best)
                assert found[-1] == min(best)
                on_hull += 1
            several += len(best) > 1
    assert several >= 5
    assert on_hull


def test_points_found_by_weights_are_those_no_mixture_of_points_betters() -> None:
    several = 0
    for seed, round in tiny_rounds(60, ("best_fit", "fragile_first")):
        problem = round.problem
        ends = [round.solver(replace(problem, goals=(*problem.goals[:2][::way], problem.goals[2]))) for way in (1, -1)]
        results, _complete = supported_results(problem, ends[0], ends[1], 100_000, solver=round.solver)
        found = [(reached_by(result, problem.goals[0]), reached_by(result, problem.goals[1])) for result in results]
        every = {value[:2] for value in every_proposal(problem).values()}
        for left, right in pairwise(found):
            weights = right[1] - left[1], left[0] - right[0]
            worth = [weights[0] * point[0] + weights[1] * point[1] for point in every]
            assert weights[0] * left[0] + weights[1] * left[1] == max(worth), f"seed {seed}"
        several += len(found) > 1
    assert several >= 5


@DRAWN
def test_the_smallest_change_helps_and_costs_what_it_says(round: SolvedRound) -> None:
    problem = round.problem
    served = set(problem.pair_mentee[round.result.pairs].tolist())
    for mentee, name in enumerate(problem.mentee_ids):
        answer = smallest_change(round, name)
        assert (answer["standing"] == "served") == (mentee in served)
        if mentee in served:
            continue
        assert all(change["mentors"] for change in answer["changes"])
        order = [(not each["by_itself"], each["insisting"], losses(each["effect"])) for each in answer["changes"]]
        assert order == sorted(order)
        for mentor in range(len(problem.mentor_ids)):
            alone, insisted = lost(round, MorePlaces(mentor)), lost(round, MorePlaces(mentor), Serve(mentee))
            if insisted is not None and insisted == alone:
                assert answer["changes"][0]["by_itself"], f"{name}: one more place was overlooked"
        insist = next((c for c in answer["changes"] if c["kind"] == "insist"), None)
        assert (None if insist is None else losses(insist["effect"])) == lost(round, Serve(mentee))


@DRAWN
def test_one_more_place_adds_what_trying_everything_says(round: SolvedRound) -> None:
    gains = []
    for place in scarcity(round)["places"]:
        expected = lost(round, MorePlaces(round.mentor_at[place["mentor"]["id"]]))
        assert losses(place["effect"]) == expected
        gains.append(losses(place["effect"]))
    every = [lost(round, MorePlaces(mentor)) for mentor in range(len(round.problem.mentor_ids))]
    best = min(gain for gain in every if gain is not None)
    if any(value < 0 for value in best):
        assert gains[0] == best, "the scarcest place was overlooked"


@DRAWN
def test_a_mentor_that_nobody_can_use_changes_no_answer(round: SolvedRound) -> None:
    network = round.network
    idle = Utility("M9", "Mentor 9", "AAA", mentor_places=3, refused_partners=round.problem.mentee_ids)
    offer = Offer("M9", "leaks", level=5, year=2024)
    utilities = tuple(sorted((*network.utilities, idle), key=lambda each: each.id))
    with_idle = solved_round(
        replace(network, utilities=utilities, offers=(*network.offers, offer)), round.policy, AS_OF
    )
    for mentee in round.problem.mentee_ids:
        before, after = alternates(round, mentee), alternates(with_idle, mentee)
        assert before["alternates"] == after["alternates"]
        assert smallest_change(round, mentee)["standing"] in (smallest_change(with_idle, mentee)["standing"], "none")
    for place, same in zip(scarcity(round)["places"], scarcity(with_idle)["places"], strict=True):
        assert (place["mentor"], place["effect"]) == (same["mentor"], same["effect"])


@DRAWN
def test_limits_moved_by_a_step_never_lose(round: SolvedRound) -> None:
    for limit in scarcity(round)["limits"]:
        assert losses(limit["effect"]) <= (0,) * len(limit["effect"]["goals"])


@DRAWN
def test_a_recruit_adds_what_a_round_built_with_it_alone_has(round: SolvedRound) -> None:
    kinds = kinds_of_extra_mentor(round)
    answer = recruitment(round, most=3)
    for recruit in answer["recruits"]:
        kind = next(
            each
            for each in kinds
            if (list(each.capabilities), each.country, each.language)
            == (recruit["capabilities"], recruit["country"], recruit["language"])
        )
        network = with_extra_mentors(round.network, [kind], answer["places"], AS_OF.year)
        after = solved_round(network, round.policy, AS_OF)
        gained = tuple(old - new for old, new in zip(values(round), values(after), strict=True))[:-1]
        assert losses(recruit["effect"]) == gained
        assert recruit["released"] == len(after.result.pairs) - len(round.result.pairs)


@DRAWN
def test_shares_add_up_and_the_stable_solution_is_stable(round: SolvedRound) -> None:
    problem = round.problem
    answer = fairness(round)
    for kind in ("region", "income_group", "size"):
        groups = [share for share in answer["shares"] if share["kind"] == kind]
        assert sum(share["mentees"] for share in groups) == len(problem.mentee_ids)
        assert sum(share["served"] for share in groups) == len(np.unique(problem.pair_mentee[round.result.pairs]))
    main = next(goal for goal in problem.goals if goal.id == "best_fit")
    points = pair_points(problem, main)
    assert answer["blocking_count"] == len(blocking_pairs(problem, round.result.pairs, points))
    stable = stable_pairs(problem, points)
    assert not len(blocking_pairs(problem, stable, points))
    if answer["stable"]["effect"]["feasible"]:
        inside = np.isin(np.arange(problem.pair_count), stable)
        fixed = replace(problem, pinned=inside, forbidden=~inside, limits=())
        assert losses(answer["stable"]["effect"]) == lost_to(round, fixed)
    broken = [
        limit
        for limit in round.built.limits
        if limit.row.upper is not None and len(np.intersect1d(limit.row.pairs, stable)) > limit.row.upper
    ]
    assert answer["stable"]["allowed"] == (answer["stable"]["effect"]["feasible"] and not broken)


@DRAWN
def test_a_match_under_the_stable_policy_is_the_stable_matching_or_refused(round: SolvedRound) -> None:
    main = next(goal for goal in round.problem.goals if goal.id == "best_fit")
    stable = stable_pairs(round.problem, pair_points(round.problem, main))
    if fairness(round)["stable"]["allowed"]:
        after = solved_round(round.network, stable_policy(round.policy), AS_OF)
        assert after.result.pairs.tolist() == stable.tolist()
    else:
        with pytest.raises(NothingFeasible):
            solved_round(round.network, stable_policy(round.policy), AS_OF)


@DRAWN
def test_a_frontier_of_the_round_starts_at_the_most_of_its_first_goal(round: SolvedRound) -> None:
    answer = frontier(round, "most_partnerships", "best_fit", most=5)
    participants = choose_participants(round.network, round.policy, AS_OF)
    policy = round.policy.model_copy(update={"goals": ("most_partnerships", "stable")})
    most = values(solved_round(round.network, policy, AS_OF))[0]
    assert participants.mentor_ids == round.problem.mentor_ids
    assert answer["points"][0]["first"] == most
    firsts = [point["first"] for point in answer["points"]]
    seconds = [point["second"] for point in answer["points"]]
    assert firsts == sorted(firsts, reverse=True)
    assert seconds == sorted(seconds)
    assert all(point["proven"] for point in answer["points"])
