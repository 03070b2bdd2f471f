"""What the facilitator of a round should do next, from the state alone."""

from __future__ import annotations

from collections import Counter

from graph.sentences import Sentence, say
from matcher.rounds.state import COMMITTED, OUT, LivingRound


def counts(state: LivingRound) -> dict[str, int]:
    """Proposals by state, those states that occur."""
    found = Counter(each.phase for each in state.proposals.values())
    return {phase: found[phase] for phase in sorted(found)}


def next_step(state: LivingRound) -> Sentence:
    """One sentence with the next step."""
    match state.phase:
        case "draft":
            return say("Check the round: is enough known of its participants?")
        case "checked":
            return say("Look at the counts, then solve the round.")
        case "solving":
            return say("Wait for the solve, or stop it.")
        case "proposed":
            return say("Review the proposals, then publish them.")
        case "published":
            waiting = sum(1 for _each in state.in_phase(*OUT))
            agreed = sum(1 for _each in state.in_phase("agreed"))
            if waiting == 1:
                return say("Wait for the answer to 1 proposal; top up the round where partners were lost.")
            if waiting:
                return say(
                    "Wait for the answers to {count} proposals; top up the round where partners were lost.",
                    count=waiting,
                )
            if agreed:
                return say("Record the signatures, then close the round.")
            if any(True for _each in state.in_phase(*COMMITTED)):
                return say("Close the round: signed pairs become partnerships of the register.")
            return say("Solve the round again, or cancel it: nobody has agreed.")
        case "closed":
            return say("Nothing: the round is closed, and what was agreed stands in the register.")
        case "cancelled":
            return say("Nothing: the round was cancelled.")
