"""Capacity: what is scarce in a round, which mentors to win next, and which mentees could become mentors.

Prices and recruitment are those that explain a round (``matcher.explain``), growth is ``matcher.planning.growth``; each
number is found by solving the round again and verified.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from graph.network import Network
from graph.sentences import Sentence, say
from matcher.build import build_problem
from matcher.document import SentenceJson
from matcher.explain.recruitment import Recruitment, recruitment
from matcher.explain.round import solve_built, usual_solver
from matcher.explain.scarcity import Scarcity, scarcity
from matcher.participants import choose_participants
from matcher.planning.growth import Growth, growth, nearest
from matcher.planning.tables import Column, PlanTable
from matcher.planning.watch import UNWATCHED, Watch
from matcher.policy import Policy

ASKED = 5
"""Of how many mentors, kinds of mentors and mentees the round is solved again."""


class CapacityAnswer(TypedDict):
    """What limits a round under a policy, and what would widen it."""

    as_of: str
    policy: str
    mentees: int
    served: int
    pairs: int
    scarcity: Scarcity
    recruitment: Recruitment
    growth: Growth
    text_s: SentenceJson


@dataclass(frozen=True)
class Capacity:
    """The answer and the rows it counts."""

    answer: CapacityAnswer
    tables: tuple[PlanTable, ...]


def capacity(
    network: Network,
    policy: Policy,
    as_of: date,
    *,
    most: int = ASKED,
    watch: Watch = UNWATCHED,
) -> Capacity:
    """What is scarce in the round of a policy, whom to win and who could grow; ``most`` of each are solved for.

    ``network`` carries what the register implies by ``as_of``. Raises what building and solving a round raise, and
    what ``watch`` raises.
    """
    watch.tell("Scoring pairs", 0.0)
    built = build_problem(network, choose_participants(network, policy, as_of), policy)
    watch.check(built.problem.pair_count)
    watch.tell("Solving", 0.1)
    round = solve_built(built, usual_solver(policy, cancelled=watch.cancelled))
    watch.tell("Explaining", 0.3)
    scarce = scarcity(round, most)
    watch.tell("Explaining", 0.5)
    extra = recruitment(round, most)
    watch.tell("Explaining", 0.75)
    grown = growth(round, most)
    served = len(set(round.problem.pair_mentee[round.result.pairs].tolist()))
    parts = (scarce["text_s"], extra["text_s"], grown["text_s"])
    answer: CapacityAnswer = {
        "as_of": as_of.isoformat(),
        "policy": policy.name,
        "mentees": len(round.problem.mentee_ids),
        "served": served,
        "pairs": len(round.result.pairs),
        "scarcity": scarce,
        "recruitment": extra,
        "growth": grown,
        "text_s": say("{answers}", answers=tuple(Sentence.from_json(part) for part in parts)).to_json(),
    }
    near = tuple(
        (
            grower["mentee"]["id"],
            ready["capability"],
            ready["learned"],
            ready["performs"],
            ready["improved"],
            ready["settled"],
            ready["signs"],
            ready["known"],
        )
        for grower in nearest(network, as_of)
        for ready in grower["capabilities"]
    )
    places = tuple((row["mentor"]["id"], row["places"], row["price"]) for row in scarce["places"])
    unmet = tuple((mentee["id"], row["capability"]) for row in scarce["unmet_needs"] for mentee in row["mentees"])
    return Capacity(
        answer,
        (
            PlanTable(
                "near",
                say("Mentees near to becoming mentors"),
                (
                    Column("mentee", say("Mentee"), "utility"),
                    Column("capability", say("Capability"), "capability"),
                    Column("learned", say("Learned it"), "flag"),
                    Column("performs", say("Performs"), "flag"),
                    Column("improved", say("Improved"), "flag"),
                    Column("settled", say("Needs it no more"), "flag"),
                    Column("signs", say("Signs for it"), "number"),
                    Column("known", say("Known of four"), "number"),
                ),
                near,
            ),
            PlanTable(
                "places",
                say("Scarce places"),
                (
                    Column("mentor", say("Mentor"), "utility"),
                    Column("places", say("Places"), "number"),
                    Column("price", say("Price of one more, in points"), "number"),
                ),
                places,
            ),
            PlanTable(
                "unmet",
                say("Needs no pair of the round could meet"),
                (Column("mentee", say("Mentee"), "utility"), Column("capability", say("Capability"), "capability")),
                unmet,
            ),
        ),
    )
