"""What the facilitator of a round should do next, from the state alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from graph.sentences import Sentence, say
from matcher.rounds.state import COMMITTED, OUT, LivingRound, Pair


def counts(state: LivingRound) -> dict[str, int]:
    """Proposals by state, those states that occur."""
    found = Counter(each.phase for each in state.proposals.values())
    return {phase: found[phase] for phase in sorted(found)}


def next_step(state: LivingRound) -> Sentence:
    """One sentence with the next step."""
    match state.phase:
        case "draft":
            return say("Check the round: is enough known of its participants?")
        case "checked" if state.recipients_choose and not state.rankings:
            return say("Mentees may choose now; none has yet. When they are done, solve the round.")
        case "checked" if state.recipients_choose and len(state.rankings) == 1:
            return say("Mentees may choose now; 1 has. When they are done, solve the round.")
        case "checked" if state.recipients_choose:
            return say(
                "Mentees may choose now; {count} have. When they are done, solve the round.", count=len(state.rankings)
            )
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


def next_step_for(state: LivingRound, own: Collection[Pair]) -> Sentence:
    """The next step of a facilitator who decides on these pairs, and does not lead the round."""
    match state.phase:
        case "draft" | "checked":
            return say("Say which utilities of your regions take part; a facilitator of the whole round solves it.")
        case "solving":
            return say("Wait for the solve; a facilitator of the whole round may stop it.")
        case "proposed" | "published":
            if any(each.pair in own for each in state.in_phase("proposed", "pinned")):
                return say("Review the proposals of your regions, then publish them.")
            waiting = sum(each.pair in own for each in state.in_phase(*OUT))
            if waiting == 1:
                return say("Write to whom is asked, and wait for the answer to 1 proposal of your regions.")
            if waiting:
                return say(
                    "Write to whom is asked, and wait for the answers to {count} proposals of your regions.",
                    count=waiting,
                )
            if any(each.pair in own for each in state.in_phase("agreed")):
                return say("Record the signatures of your regions; a facilitator of the whole round closes it.")
            return say("Nothing waits for you in your regions now.")
    return next_step(state)
