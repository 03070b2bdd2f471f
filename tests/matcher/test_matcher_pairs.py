from __future__ import annotations

import subprocess
import sys

import pytest
from networks import AS_OF, network_of, random_network

from graph.errors import BadInput, UnknownName
from graph.model import Need, Offer, Utility
from matcher.pairs import Partners, explain_pair, suggest
from matcher.policy import load_policy

POLICY = load_policy("best_fit")
NETWORK = network_of(
    (
        Utility("A", "Alpha", "KEN"),
        Utility("B", "Beta", "UGA"),
        Utility("C", "Gamma", "BRA"),
        Utility("D", "Delta", "KEN"),
    ),
    (
        Offer("A", "non_revenue_water", level=5, year=2024),
        Offer("C", "non_revenue_water", level=5, year=2024),
        Offer("D", "tariff_setting"),
    ),
    (Need("B", "non_revenue_water", priority=1), Need("B", "tariff_setting"), Need("D", "non_revenue_water")),
)


def test_a_pair_is_explained_by_id_or_name() -> None:
    told = explain_pair(NETWORK, POLICY, "Alpha", "B", AS_OF)
    assert told["eligible"]
    assert [need["capability"] for need in told["covered"]] == ["non_revenue_water"]
    assert [need["capability"] for need in told["uncovered"]] == ["tariff_setting"]
    assert told["covered"][0]["quality"] == 1
    assert told["covered"][0]["evidence_year"] == 2024
    assert told["fit"] == told["points"] / 10_000
    counted = [reason for reason in told["reasons"] if reason["weight"] > 0]
    assert told["evidence_total"] == len(counted)
    assert told["evidence_known"] == sum(reason["value"] is not None for reason in counted)


def test_a_pair_that_may_not_be_says_which_rule_it_breaks() -> None:
    told = explain_pair(NETWORK, POLICY, "B", "A", AS_OF)
    assert not told["eligible"]
    assert {reason["rule"] for reason in told["reasons"] if not reason["passed"]} == {"topic_offered"}
    with pytest.raises(UnknownName, match="Alpha"):
        explain_pair(NETWORK, POLICY, "Alpa", "B", AS_OF)


def test_suggestions_are_ranked_and_eligible() -> None:
    told = suggest(NETWORK, POLICY, "B", AS_OF)
    assert [pair["mentor"]["id"] for pair in told] == ["A", "D", "C"]
    assert [pair["points"] for pair in told] == sorted((pair["points"] for pair in told), reverse=True)
    assert len(suggest(NETWORK, POLICY, "Beta", AS_OF, top=2)) == 2
    assert [pair["mentee"]["id"] for pair in suggest(NETWORK, POLICY, "A", AS_OF, role="mentor")] == ["D", "B"]


@pytest.mark.parametrize("seed", range(5))
def test_suggestions_say_what_the_explanation_says(seed: int) -> None:
    network = random_network(seed)
    for need in {need.utility for need in network.needs}:
        for pair in suggest(network, POLICY, need, AS_OF):
            assert pair["eligible"]
            assert pair == explain_pair(network, POLICY, pair["mentor"]["id"], need, AS_OF), seed


@pytest.mark.parametrize("seed", range(8))
def test_partners_of_everybody_say_what_one_question_says(seed: int) -> None:
    network = random_network(seed)
    named = network.utilities[0].name
    places = POLICY.participants.model_copy(update={"places": {named: 3}, "exclude": (network.utilities[1].name,)})
    policy = POLICY.model_copy(update={"participants": places})
    partners = Partners(network, policy, AS_OF)
    ids = [utility.id for utility in network.utilities]
    for mentor, mentee in [(one, other) for one in ids[:6] for other in ids[-6:] if one != other]:
        assert partners.explain(mentor, mentee) == explain_pair(network, policy, mentor, mentee, AS_OF), (
            mentor,
            mentee,
        )


def test_needs_given_on_the_spot_replace_what_is_known() -> None:
    told = suggest(NETWORK, POLICY, "B", AS_OF, needs=("tariff_setting",))
    assert [pair["mentor"]["id"] for pair in told] == ["D"]
    assert suggest(NETWORK, POLICY, "A", AS_OF, needs=("tariff_setting",))[0]["mentor"]["id"] == "D"
    with pytest.raises(UnknownName, match="tariff_setting"):
        suggest(NETWORK, POLICY, "B", AS_OF, needs=("tarif_setting",))
    with pytest.raises(BadInput, match="looks for mentors"):
        suggest(NETWORK, POLICY, "A", AS_OF, role="mentor", needs=("tariff_setting",))


def test_nothing_to_suggest_from_is_said() -> None:
    with pytest.raises(BadInput, match="No need of Alpha"):
        suggest(NETWORK, POLICY, "A", AS_OF)
    with pytest.raises(BadInput, match="No offer of Beta"):
        suggest(NETWORK, POLICY, "B", AS_OF, role="mentor")


def test_no_solver_is_imported() -> None:
    code = "import sys, matcher.pairs, matcher.build; print('ortools' in sys.modules, 'scipy' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False False"
