"""A pair in plain reasons, as far as one of the two may see them: what speaks for it, what against, what is not known.

Where the other keeps something private, its reasons are worked out from what is public of it, and the page says so;
the fit still counts everything, since a fit is what candidate partners see.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from statistics import median
from typing import Any, TypedDict, cast

from graph.sentences import Sentence, say
from matcher.document import NeedRef, PairExplanation, Reason, SentenceJson
from matcher.pairs import explain_pair
from matcher.policy import Policy
from web.knowledge import is_hidden, keeper, knowledge
from web.partners import partners_of

FOR = 0.5
"""From this value on a reason speaks for a pair."""


class PlainReason(TypedDict):
    """One criterion and what was found; ``details`` are further sentences, where there are several."""

    rule: str
    title_s: SentenceJson
    text_s: SentenceJson
    details: list[SentenceJson]


class PlainPair(TypedDict):
    """A pair as one of the two sees it; ``partly_hidden`` where the other keeps something private."""

    fit: float
    covered: list[NeedRef]
    uncovered: list[NeedRef]
    speaks_for: list[PlainReason]
    speaks_against: list[PlainReason]
    unknown: list[PlainReason]
    partly_hidden: bool


def plain_pair(policy: Policy, mentor: str, mentee: str, as_of: date, full: PairExplanation | None = None) -> PlainPair:
    """A pair for whoever sends this request; ``full`` is its explanation from everything known, where there is one."""
    if full is None:
        full = partners_of(keeper().now(), policy, as_of).explain(mentor, mentee)
    hidden = is_hidden(mentor) or is_hidden(mentee)
    shown = full
    if hidden:
        shown = explain_pair(knowledge().network_by(as_of), policy, mentor, mentee, as_of)
    graded = sorted((each for each in shown["reasons"] if each["mode"] == "graded"), key=lambda each: -each["weight"])
    failed = [each for each in shown["reasons"] if not each["passed"] and not hidden]
    unknown = [each for each in graded if each["value"] is None and not hidden]
    return PlainPair(
        fit=full["fit"],
        covered=shown["covered"],
        uncovered=shown["uncovered"],
        speaks_for=_rows(each for each in graded if each["value"] is not None and each["value"] >= FOR),
        speaks_against=_rows(
            [*failed, *(each for each in graded if each["value"] is not None and each["value"] < FOR)]
        ),
        unknown=_rows(unknown),
        partly_hidden=hidden,
    )


def together(mentor: str, mentee: str, covered: Sequence[NeedRef]) -> list[SentenceJson]:
    """What working together would take, as far as it is known: months, and staff-days a year."""
    network = knowledge().network
    topics = {need["capability"] for need in covered}
    giver, taker = network.utility_by_id[mentor].name, network.utility_by_id[mentee].name
    years = [
        pair.end_year - pair.start_year + 1
        for pair in network.partnerships
        if pair.mentor == mentor and pair.start_year is not None and pair.end_year is not None
    ]
    said: list[Sentence] = [say("Partnerships usually take 12 to 36 months.")]
    if len(years) == 1:
        said.append(
            say("The one of {mentor} whose years are known took {years} calendar years.", mentor=giver, years=years[0])
        )
    elif years:
        middle = median(years)
        length = int(middle) if float(middle).is_integer() else float(middle)
        said.append(
            say(
                "Those of {mentor} whose years are known ({count}) took a median of {years} calendar years.",
                mentor=giver,
                years=length,
                count=len(years),
            )
        )
    asked = [n.staff_days for n in network.needs if n.utility == mentee and n.capability in topics and n.staff_days]
    given = [o.staff_days for o in network.offers if o.utility == mentor and o.capability in topics and o.staff_days]
    if asked:
        said.append(say("{mentee} asks for {days} staff-days a year on these topics.", mentee=taker, days=sum(asked)))
    if given:
        said.append(say("{mentor} offers {days} staff-days a year on these topics.", mentor=giver, days=sum(given)))
    if not asked and not given:
        said.append(say("How many staff-days a year it takes is not stated; agree on it first."))
    return [each.to_json() for each in said]


def contact(mentor: str, mentee: str, round_title: str) -> list[SentenceJson]:
    """How contact would work: who arranges it, and what each side learns of the other's answer."""
    utilities = knowledge().network.utility_by_id
    who = utilities[mentee].facilitator or utilities[mentor].facilitator
    said = [
        say("{who} facilitates it.", who=who)
        if who
        else say("The facilitator of the round “{title}” arranges the contact.", title=round_title),
        say("The other side learns whether you said yes or no; your reason and words are for the facilitators."),
        say("After both have said yes, the facilitator brings the two contact persons together."),
    ]
    return [each.to_json() for each in said]


def _rows(reasons: Iterable[Reason]) -> list[PlainReason]:
    return [_row(each) for each in reasons]


def _row(reason: Reason) -> PlainReason:
    """A reason; several needs covered are one line, and what stands behind each of them further ones."""
    text, details = reason["text_s"], []
    values = cast(dict[str, Any], text["values"])
    if reason["rule"] == "need_cover" and len(values.get("details", ())) > 1:
        details = values["details"]
        counted = {"offered": values["offered"], "needed": values["needed"]}
        text = cast(SentenceJson, say("{offered} of {needed} needs can be worked on.", **counted).to_json())
    return PlainReason(rule=reason["rule"], title_s=reason["title_s"], text_s=text, details=details)
