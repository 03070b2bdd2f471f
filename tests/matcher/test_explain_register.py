"""Explanations of the register's own rounds: complete, deterministic, and consistent with each other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from graph.errors import BadInput, Conflict, UnknownName
from graph.ingest import import_paths
from graph.network import Network, read_network
from graph.reference import REGISTER
from graph.register import with_inferred
from graph.sentences import Sentence
from graph.sqlite import SqliteStore
from matcher.explain.alternates import alternates
from matcher.explain.best_proposals import best_proposals
from matcher.explain.effects import losses
from matcher.explain.fairness import fairness
from matcher.explain.frontier import frontier, frontier_svg
from matcher.explain.pair import explain_in_round
from matcher.explain.recruitment import recruitment
from matcher.explain.round import SolvedRound, check_explains, solved_round
from matcher.explain.scarcity import scarcity
from matcher.explain.smallest_change import smallest_change
from matcher.policy import load_policy, parse_policy
from matcher.proposal import propose

AS_OF = date(2025, 12, 31)
SCARCE = parse_policy(
    {
        "name": "Scarce",
        "quality_floor": 0.45,
        "goals": ["most_partnerships", "best_fit"],
        "participants": {"default_places": 1, "most_places": 1},
        "limits": [
            {"id": "across", "title": "Across regions", "cross_region": True, "at_most": 20},
            {"id": "fragile", "title": "Fragile states", "mentee": {"fragile": True}, "at_least": 10},
        ],
    },
    "scarce.toml",
)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The register, with what it implies."""
    store = SqliteStore(tmp_path_factory.mktemp("register") / "wop.sqlite")
    try:
        import_paths(store, [Path(str(REGISTER))])
        with store.read() as reader:
            return with_inferred(read_network(reader), AS_OF)
    finally:
        store.close()


@pytest.fixture(scope="module")
def round(network: Network) -> SolvedRound:
    """The round under the ready policy."""
    return solved_round(network, load_policy("best_fit"), AS_OF)


@pytest.fixture(scope="module")
def scarce(network: Network) -> SolvedRound:
    """A round with limits and few places, so that many mentees stay without a partner."""
    return solved_round(network, SCARCE, AS_OF)


def unmatched(round: SolvedRound) -> list[str]:
    """Ids of the mentees without a partner."""
    served = set(round.problem.pair_mentee[round.result.pairs].tolist())
    return [id for at, id in enumerate(round.problem.mentee_ids) if at not in served]


def sentences(form: Any) -> Iterator[Sentence]:
    """Every sentence inside a JSON form."""
    if isinstance(form, Mapping):
        if set(form) == {"text", "template", "values"}:
            yield Sentence.from_json(form)
        for part in form.values():
            yield from sentences(part)
    elif isinstance(form, list):
        for part in form:
            yield from sentences(part)


def ids(round: SolvedRound, pair: int) -> tuple[str, str]:
    """Mentor and mentee of a pair."""
    problem = round.problem
    return problem.mentor_ids[problem.pair_mentor[pair]], problem.mentee_ids[problem.pair_mentee[pair]]


def test_a_kept_proposal_is_explained_by_the_same_round_and_refused_by_another(
    network: Network, round: SolvedRound, scarce: SolvedRound
) -> None:
    document = propose(network, load_policy("best_fit"), as_of=AS_OF)
    check_explains(round, document)
    with pytest.raises(Conflict, match="Run the match again"):
        check_explains(scarce, document)
    proposed = {(pair["mentor"]["id"], pair["mentee"]["id"]) for pair in document["pairs"]}
    assert proposed == {ids(round, pair) for pair in round.chosen}


def test_every_answer_is_json_and_every_sentence_says_something(scarce: SolvedRound) -> None:
    left = unmatched(scarce)[0]
    pair = ids(scarce, int(scarce.result.pairs[0]))
    answers: list[Any] = [
        explain_in_round(scarce, *pair),
        explain_in_round(scarce, pair[0], left),
        alternates(scarce, pair[1], 2),
        smallest_change(scarce, left),
        scarcity(scarce, 2),
        recruitment(scarce, 2),
        best_proposals(scarce, 2),
        frontier(scarce, "best_fit", "fragile_first", 3),
        fairness(scarce, 3),
    ]
    for answer in answers:
        form = json.loads(json.dumps(answer))
        texts = [str(sentence) for sentence in sentences(form)]
        assert texts
        assert all(text.strip() and "{" not in text for text in texts)


def test_the_same_question_has_the_same_answer(network: Network, round: SolvedRound) -> None:
    again = solved_round(network, load_policy("best_fit"), AS_OF)
    pair = ids(round, int(round.result.pairs[3]))
    for ask in (lambda each: explain_in_round(each, *pair), scarcity, fairness):
        assert json.dumps(ask(round)) == json.dumps(ask(again))


def test_a_pair_with_its_next_best_never_gains_on_the_round(round: SolvedRound) -> None:
    for pair in round.result.pairs[::12].tolist():
        answer = explain_in_round(round, *ids(round, pair))
        without = answer["effect"]
        assert without is not None
        assert losses(without) >= (0,)
        for best in (answer["next_mentor"], answer["next_mentee"]):
            if best is not None and best["effect"]["feasible"]:
                assert losses(best["effect"]) >= losses(without), "forcing more may not cost less"


def test_the_best_alternate_costs_what_the_pair_is_worth(round: SolvedRound) -> None:
    for pair in round.result.pairs[::12].tolist():
        mentor, mentee = ids(round, pair)
        without = explain_in_round(round, mentor, mentee)
        reserve = alternates(round, mentee)
        assert reserve["certain"]
        taking_over = [each["id"] for each in without["instead_mentors"]]
        costs = [losses(each["effect"]) for each in reserve["alternates"]]
        assert costs == sorted(costs)
        effect = without["effect"]
        assert effect is not None
        if taking_over:
            assert costs[0] == losses(effect)
            assert taking_over[0] in [
                e["mentor"]["id"] for e in reserve["alternates"] if losses(e["effect"]) == costs[0]
            ]


@pytest.mark.slow
def test_a_certain_list_of_alternates_misses_none(round: SolvedRound) -> None:
    for mentee in round.problem.mentee_ids[::7]:
        short, whole = alternates(round, mentee, 2), alternates(round, mentee, 1000)
        assert whole["certain"]
        if short["certain"]:
            best = [losses(each["effect"]) for each in whole["alternates"] if each["effect"]["feasible"]]
            assert [losses(each["effect"]) for each in short["alternates"] if each["effect"]["feasible"]] == best[:2]


@pytest.mark.slow
def test_the_smallest_change_holds_when_it_is_really_made(network: Network, scarce: SolvedRound) -> None:
    """A place or a floor is really changed in the network or the policy, and the round is made anew."""
    made = 0
    for id in unmatched(scarce)[::6]:
        answer = smallest_change(scarce, id)
        assert answer["standing"] in ("helped", "none")
        for change in answer["changes"]:
            if change["kind"] == "floor":
                lowered = Sentence.from_json(change["what_s"]).values["lowered"]
                assert isinstance(lowered, float)
                # The sentence rounds to a tenth of 100: a tenth below it, the mentor is certainly let in.
                policy = SCARCE.model_copy(update={"quality_floor": lowered / 100 - 0.001})
                after = solved_round(network, policy, AS_OF)
                assert len(scarce.pairs_of_mentee(scarce.mentee(id))) < len(after.pairs_of_mentee(after.mentee(id)))
                made += 1
            elif change["kind"] == "place" and change["mentors"]:
                name = str(change["what_s"]["text"]).removeprefix("One more place at ").removesuffix(".")
                mentor = scarce.network.find_utility(name)
                places = int(scarce.problem.places[scarce.mentor_at[mentor.id]]) + 1
                utilities = tuple(
                    replace(u, mentor_places=places) if u.id == mentor.id else u for u in network.utilities
                )
                after = solved_round(replace(network, utilities=utilities), SCARCE, AS_OF)
                values = [goal.value for goal in after.result.goals]
                best = [goal["after"] for goal in change["effect"]["goals"]]
                assert values[: len(best)] >= best, "the round with that place is at least as good as with it served"
                made += 1
    assert made >= 3


def test_more_of_anything_scarce_never_loses(scarce: SolvedRound) -> None:
    answer = scarcity(scarce, 5)
    assert answer["places"]
    assert {limit["limit"]["id"] for limit in answer["limits"]} <= {"across", "fragile"}
    for each in [*answer["places"], *answer["limits"]]:
        effect = each["effect"]
        assert losses(effect) <= (0, 0)
        assert effect["proven"]
    gains = [losses(place["effect"]) for place in answer["places"]]
    assert gains == sorted(gains)


def test_recruits_release_what_they_say_and_the_first_adds_most(scarce: SolvedRound) -> None:
    answer = recruitment(scarce, 10)
    assert 0 < len(answer["recruits"]) <= 10
    gains = [losses(each["effect"]) for each in answer["recruits"]]
    assert gains == sorted(gains)
    assert gains[0] < (0, 0)
    for each in answer["recruits"]:
        assert each["released"] == -losses(each["effect"])[0]
        assert 1 <= each["released"] <= answer["places"]
        assert each["newly_served"] >= each["released"]


def test_proposals_apart_differ_as_much_as_asked(round: SolvedRound) -> None:
    answer = best_proposals(round, 2, apart=6)
    first, second = answer["proposals"]
    assert first["new_pairs"] == 0
    assert losses(second["effect"]) >= (0,)
    before = {ids(round, pair) for pair in round.chosen}
    changes = 0
    for move in second["effect"]["moves"]:
        changes += len({each["id"] for each in move["before"]} ^ {each["id"] for each in move["after"]})
    assert changes >= 6
    assert second["pairs"] == len(before) + second["new_pairs"] - (changes - second["new_pairs"])


def test_a_frontier_falls_as_it_rises_and_is_drawn(round: SolvedRound) -> None:
    answer = frontier(round, "best_fit", "most_needs", 5)
    assert len(answer["points"]) >= 3
    for before, after in zip(answer["points"], answer["points"][1:], strict=False):
        assert before["first"] > after["first"]
        assert before["second"] < after["second"]
        assert after["proven"]
    picture = frontier_svg(answer)
    assert picture.count("<circle") == len(answer["points"])
    assert "style" not in picture


def test_names_that_mean_nothing_are_refused_with_the_nearest(round: SolvedRound) -> None:
    with pytest.raises(UnknownName, match="best_fit"):
        frontier(round, "best_fits", "most_needs")
    with pytest.raises(BadInput, match="two different goals"):
        frontier(round, "best_fit", "best_fit")
    with pytest.raises(UnknownName):
        explain_in_round(round, "VEI", "no such utility at all")
    mentor_only = next(id for id in round.problem.mentor_ids if id not in round.mentee_at)
    with pytest.raises(BadInput, match="as a mentee"):
        alternates(round, mentor_only)
    assert explain_in_round(round, mentor_only, mentor_only)["standing"] == "not_in_round"


def test_a_pair_the_rules_forbid_has_a_cost_once_they_are_overruled(round: SolvedRound) -> None:
    partnership = next(
        each
        for each in round.network.partnerships
        if each.start_year is not None
        and each.start_year <= AS_OF.year <= (each.end_year or 0)
        and each.mentor in round.mentor_at
        and each.mentee in round.mentee_at
    )
    answer = explain_in_round(round, partnership.mentor, partnership.mentee)
    assert answer["standing"] == "ineligible"
    assert "not_partners_now" in [each["rule"] for each in answer["broken"]]
    effect = answer["effect"]
    assert effect is not None
    assert effect["feasible"]
    move = next((move for move in effect["moves"] if move["mentee"]["id"] == partnership.mentee), None)
    assert move is not None
    assert partnership.mentor in [each["id"] for each in move["after"]]
