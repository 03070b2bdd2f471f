"""The states of a round and of a proposal, and the entries of a log, as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graph.sentences import Sentence, Value, say

if TYPE_CHECKING:
    from matcher.rounds.entry import Entry

ROUND_PHASES: Mapping[str, Sentence] = {
    "draft": say("a draft"),
    "checked": say("checked"),
    "solving": say("being solved"),
    "proposed": say("proposed"),
    "published": say("published"),
    "closed": say("closed"),
    "cancelled": say("cancelled"),
}

PROPOSAL_PHASES: Mapping[str, Sentence] = {
    "proposed": say("proposed"),
    "pinned": say("pinned"),
    "withdrawn": say("withdrawn"),
    "published": say("published"),
    "accepted_by_mentor": say("accepted by the mentor"),
    "accepted_by_mentee": say("accepted by the mentee"),
    "agreed": say("agreed"),
    "declined": say("declined"),
    "signed": say("signed"),
}


SETTINGS: Mapping[str, Sentence] = {
    "title": say("title"),
    "as_of": say("the day up to which facts count"),
    "policy": say("policy"),
    "order": say("order of answers"),
    "deadline": say("deadline for answers"),
    "reserve": say("mentors in reserve"),
    "recipients_choose": say("how many mentors recipients rank"),
    "choose_by": say("last day to choose"),
    "messages": say("texts of the letters"),
}
"""What an entry of settings may change."""

KINDS: Mapping[str, Sentence] = {
    "add": say("added by hand"),
    "adjust": say("fit corrected"),
    "allow": say("allowed again"),
    "answer": say("answer"),
    "cancel": say("cancelled"),
    "capacity": say("places and mentors wanted"),
    "carry": say("carried over"),
    "check": say("checked"),
    "close": say("closed"),
    "create": say("begun"),
    "delivered": say("sent by mail"),
    "forbid": say("forbidden"),
    "lapse": say("lapsed"),
    "letters": say("letters"),
    "note": say("note"),
    "pin": say("pinned"),
    "publish": say("published"),
    "rank": say("order of mentors"),
    "settings": say("settings"),
    "sign": say("signed"),
    "solved": say("solved"),
    "solving": say("being solved"),
    "swap": say("mentor exchanged"),
    "undo": say("undone"),
    "unpin": say("pin taken back"),
    "unsolved": say("solved without a proposal"),
    "withdraw": say("withdrawn"),
}
"""What kind of change an entry of the log is, in a word or two."""

SAID = "said"
"""In the body of a change of settings: what it changes, in sentences for its readers."""
ABOUT = "about"
"""In the same body: the ids of the utilities it is about, where it is about no others."""


RESERVE_BASES: Mapping[str, Sentence] = {
    "exact": say("Ranked by what the round would lose, solved for each."),
    "prices": say("Ranked by an estimate of what the round would lose, from the prices of the solve."),
    "points": say("Ranked by an estimate of what the round would lose, from the points of the pairs."),
    "fit": say("Ranked by fit: this round was solved before losses were worked out."),
}
"""What the order of a reserve list rests on."""


def phase_name(phase: str) -> Sentence:
    """A state of a round in words."""
    return ROUND_PHASES[phase]


def proposal_phase_name(phase: str) -> Sentence:
    """A state of a proposal in words."""
    return PROPOSAL_PHASES[phase]


def told(entry: Entry, names: Mapping[str, str] | None = None) -> Sentence:
    """What an entry did, in one sentence without who, when and why; ``names`` of utilities by id."""
    known = names or {}
    body = entry.body
    about: dict[str, Value] = {
        side: known.get(str(body[side]), str(body[side])) for side in ("mentor", "mentee") if side in body
    }
    match entry.kind:
        case "create":
            return say("created the round “{title}”", title=str(body["title"]))
        case "settings" if body.get(SAID):
            return say("changed: {keys}", keys=tuple(Sentence.from_json(each) for each in body[SAID]))
        case "settings":
            return say("changed: {keys}", keys=tuple(SETTINGS[key] for key in sorted(set(body) - {ABOUT})))
        case "capacity":
            return say("set the room of {utilities}", utilities=_utilities(body, known))
        case "pin":
            return say("pinned {mentor} and {mentee}", **about)
        case "unpin":
            return say("took back the pin of {mentor} and {mentee}", **about)
        case "forbid":
            return say("forbade {mentor} and {mentee}", **about)
        case "allow":
            return say("allowed {mentor} and {mentee} again", **about)
        case "adjust":
            return say("changed the fit of {mentor} and {mentee} by {by}", by=float(body["by"]), **about)
        case "note":
            return say("noted: {text}", text=str(body["text"]))
        case "rank" if body["mentors"] is None:
            return say("{mentee} answered on its shortlist", **about)
        case "rank":
            order = tuple(known.get(id, id) for id in body["mentors"])
            if not order:
                return say("{mentee} took its order of mentors back", **about)
            return say("{mentee} ranked its shortlist: {order}", order=order, **about)
        case "check":
            return say("checked the round")
        case "solving":
            return say("began to top up the round") if body["top_up"] else say("began to solve the round")
        case "solved":
            return say("the round was solved, pairs: {count}", count=len(body["pairs"]))
        case "unsolved":
            return say("the solve ended without a proposal")
        case "add":
            return say("added {mentor} and {mentee} by hand", **about)
        case "withdraw":
            return say("withdrew: {pairs}", pairs=_pairs(body, known))
        case "carry":
            return say(
                "carried over from a past round: {count}; left out: {left}",
                count=len(body["accepted"]),
                left=len(body["left"]),
            )
        case "swap":
            now = [(form["mentor"], form["mentee"]) for form in body["new"]]
            return say("exchanged {before} for {after}", before=_named(body["gone"], known), after=_named(now, known))
        case "publish":
            return say("published proposals: {count}", count=len(body["pairs"]))
        case "lapse":
            return say("let proposals lapse: {count}", count=len(body["pairs"]))
        case "answer":
            return _answer(body, about)
        case "letters" if body["reminder"]:
            return say("reminded people by letter: {count}", count=len(body["letters"]))
        case "letters":
            return say("wrote letters: {count}", count=len(body["letters"]))
        case "delivered":
            return _delivered(body)
        case "sign":
            return say("{mentor} and {mentee} signed", **about)
        case "close":
            return say("closed the round, partnerships: {count}", count=len(body["partnerships"]))
        case "cancel":
            return say("cancelled the round")
        case "undo":
            return say("undid entry {number}", number=int(body["number"]))
    raise KeyError(entry.kind)


def _answer(body: Mapping[str, Any], about: Mapping[str, Value]) -> Sentence:
    yes = body["answer"]["yes"]
    if body["side"] == "mentor":
        said = say("{mentor} accepted {mentee}", **about) if yes else say("{mentor} declined {mentee}", **about)
    else:
        said = say("{mentee} accepted {mentor}", **about) if yes else say("{mentee} declined {mentor}", **about)
    return said


def _delivered(body: Mapping[str, Any]) -> Sentence:
    said = _taken(body)
    if body.get("unsure"):
        said = say("{said}; perhaps also: {count}", said=said, count=len(body["unsure"]))
    if body.get("left"):
        said = say("{said}; not sent yet: {count}", said=said, count=len(body["left"]))
    return said


def _taken(body: Mapping[str, Any]) -> Sentence:
    if not body["failed"]:
        return say("the mail server took letters: {count}", count=body["sent"])
    return say(
        "the mail server took letters: {count}; it did not take: {failed}",
        count=body["sent"],
        failed=tuple(str(login) for login in body["refused"]),
    )


def _pairs(body: Mapping[str, Any], known: Mapping[str, str]) -> tuple[Value, ...]:
    return _named(body["pairs"], known)


def _named(pairs: Iterable[Sequence[str]], known: Mapping[str, str]) -> tuple[Value, ...]:
    return tuple(
        say("{mentor} and {mentee}", mentor=known.get(mentor, mentor), mentee=known.get(mentee, mentee))
        for mentor, mentee in pairs
    )


def _utilities(body: Mapping[str, Any], known: Mapping[str, str]) -> tuple[Value, ...]:
    ids = sorted({*body.get("places", {}), *body.get("wanted", {})})
    return tuple(known.get(id, id) for id in ids)
