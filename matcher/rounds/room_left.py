"""Whom a mentee cannot be offered after a decline, since a limit of the round or a mentor's staff-days would be passed.

Asked in the transaction of the decline, of the problem that was solved and of the proposals that live at that moment.
Places are asked elsewhere (``matcher.rounds.answering``): they can change by hand after a solve.
"""

from __future__ import annotations

from graph.store import Reader
from matcher.rounds.replaying import read_input
from matcher.rounds.state import LIVE, LivingRound, Pair, Proposal


def barred(reader: Reader, state: LivingRound, declined: Pair) -> list[str]:
    """Mentors of the mentee's reserve list that would pass a limit or their staff-days once ``declined`` is gone."""
    solved = state.solved
    if not state.reserve or solved is None or not solved.limited:
        return []
    import numpy as np

    from matcher.problem import UNLIMITED

    mentee = declined[1]
    problem = read_input(reader, solved.input_hash)
    ends = zip(problem.pair_mentor.tolist(), problem.pair_mentee.tolist(), strict=True)
    at = {(problem.mentor_ids[one], problem.mentee_ids[other]): pair for pair, (one, other) in enumerate(ends)}
    live = [each for each in state.in_phase(*LIVE) if each.pair != declined]
    before = np.array(sorted(at[each.pair] for each in live if each.pair in at), dtype=np.int64)
    days = {
        (at_pair, problem.need_ids[need].rpartition(":")[2]): int(cost)
        for at_pair, need, cost in zip(
            problem.cover_pair.tolist(), problem.cover_need.tolist(), problem.cover_days.tolist(), strict=True
        )
    }

    def used(proposal: Proposal) -> int:
        return sum(days.get((at.get(proposal.pair, -1), need), 0) for need in proposal.needs)

    found = []
    for mentor, fit, needs in solved.reserves.get(mentee, ()):
        pair = at.get((mentor, mentee))
        if pair is None:
            continue
        after = np.union1d(before, [pair])
        offered = Proposal(mentor=mentor, mentee=mentee, phase="published", fit=fit, needs=needs)
        limit_of_days = problem.staff_days[problem.mentor_ids.index(mentor)]
        of_mentor = [each for each in (*live, offered) if each.mentor == mentor]
        too_long = limit_of_days != UNLIMITED and sum(map(used, of_mentor)) > limit_of_days
        # A lower side that is not reached any more is no reason to offer less: only what this offer makes worse counts.
        worse = any(
            not limit.kept_by(after)
            and (
                (limit.upper is not None and limit.amount(after) > max(limit.upper, limit.amount(before)))
                or (limit.lower is not None and limit.amount(after) < min(limit.lower, limit.amount(before)))
            )
            for limit in problem.limits
        )
        if too_long or worse:
            found.append(mentor)
    return found
