"""Whether a problem is one that a file may hold: ids, ranges and orders that both forms keep."""

from __future__ import annotations

import re

import numpy as np

from graph.errors import BadInput
from graph.sentences import Sentence, say
from matcher.problem import Problem
from matcher.problem_form import (
    ID_PATTERN,
    LONGEST_ID,
    LONGEST_TITLE,
    MOST_AMOUNT,
    MOST_BOUND,
    MOST_SCORE,
    TITLE_PATTERN,
)

_ID = re.compile(ID_PATTERN)
_TITLE = re.compile(TITLE_PATTERN)


def check_fits_file(problem: Problem) -> None:
    """Raise ``BadInput`` for the first thing in a well-formed problem that a problem file cannot hold."""
    for what, ids in (
        (say("mentor"), problem.mentor_ids),
        (say("mentee"), problem.mentee_ids),
        (say("need"), problem.need_ids),
        (say("goal"), tuple(goal.id for goal in problem.goals)),
        (say("limit"), tuple(limit.id for limit in problem.limits)),
    ):
        for id in ids:
            if not _fits(id, _ID, LONGEST_ID):
                raise _refused(
                    say(
                        "the {what} {id} needs an id of 1 to {most} characters without control characters",
                        what=what,
                        id=ascii(id)[:80],
                        most=LONGEST_ID,
                    )
                )
    for title in [str(goal.title) for goal in problem.goals] + [str(limit.title) for limit in problem.limits]:
        if not _fits(title, _TITLE, LONGEST_TITLE):
            raise _refused(say("a title has at most {most} characters, none of control", most=LONGEST_TITLE))
    for amounts in (problem.places, problem.minimum_load, problem.wanted, problem.staff_days, problem.cover_days):
        if (amounts > MOST_AMOUNT).any():
            raise _refused(say("places, loads and days go up to {most}", most=MOST_AMOUNT))
    columns = [values for goal in problem.goals for values in (goal.pair_values, goal.cover_values)]
    columns += [limit.coefficients for limit in problem.limits]
    bounds = [bound for limit in problem.limits for bound in (limit.lower, limit.upper) if bound is not None]
    if any((np.abs(values) > MOST_SCORE).any() for values in columns):
        raise _refused(say("points and coefficients go up to {most}", most=MOST_SCORE))
    if any(abs(bound) > MOST_BOUND for bound in bounds):
        raise _refused(say("bounds go up to {most}", most=MOST_BOUND))
    if (np.diff(problem.need_mentee) < 0).any():
        raise _refused(say("needs must come in the order of their mentees"))
    owners = zip(problem.need_mentee.tolist(), problem.need_ids, strict=True)
    if len(set(owners)) < len(problem.need_ids):
        raise _refused(say("a mentee has two needs of one id"))


def _fits(text: str, pattern: re.Pattern[str], longest: int) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return len(text) <= longest and pattern.fullmatch(text) is not None


def _refused(problem: Sentence) -> BadInput:
    return BadInput(
        say("A problem file cannot hold this: {problem}.", problem=problem),
        say("The problem file reference lists the ranges."),
    )
