"""What is changed on the desk of a round: one address a kind of change. Who is signed in decides it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Literal

from flask import url_for
from pydantic import Field

from graph.accounts import Account
from graph.errors import BadInput, SignInNeeded
from graph.sentences import say
from matcher.policy import load_policy, parse_policy, ready_policies
from matcher.rounds import edits
from matcher.rounds.answers import accept, decline
from matcher.rounds.authors import Author
from matcher.rounds.closing import close_round
from matcher.rounds.keeping import names_of, read_state, undo
from matcher.rounds.state import LivingRound, Order, Side
from matcher.rounds.words import phase_name
from web.action import Body, Changed, action
from web.knowledge import keeper, view_here
from web.own_regions import policy_within
from web.pages.jobs import DEFAULT_SECONDS, MOST_SECONDS, board
from web.pages.round_rows import ProposalRow, proposal_rows
from web.pages.rounds import Decision, Row, job_of_round, pages, state_and_network
from web.private_rounds import seen_round
from web.round_letters import write_what_follows
from web.shown import settings
from web.signing_in import signed
from web.whose_round import own_pairs

PAIR_EDITS: dict[str, Callable[..., LivingRound]] = {
    "pin": edits.pin,
    "unpin": edits.unpin,
    "forbid": edits.forbid,
    "allow": edits.allow,
}


class Why(Body):
    """Why something is done."""

    why: str = Field(default="", max_length=2000, description="The reason; the decision record repeats it.")


class Reasoned(Why):
    """Why a round is changed, and the version it was decided on."""

    seen: int | None = Field(default=None, ge=1, description="The version of the round that was looked at.")


class NewRound(Why):
    """A round to begin."""

    title: str = Field(min_length=1, max_length=200, description="What its participants will call it.")
    as_of: date | None = Field(default=None, description="Only what was known by this date counts; today if absent.")
    policy: str | None = Field(default=None, max_length=100, description="Id of a ready policy.")
    like: str | None = Field(default=None, max_length=40, description="Id of a past round to begin like.")
    recipients_choose: int = Field(default=0, ge=0, le=20, description="How many mentors each mentee ranks; 0: none.")
    choose_by: date | None = Field(default=None, description="The last day for these rankings.")
    own_mentors: bool = Field(
        default=False,
        description="Of a facilitator of some regions, whose rounds have mentees of these: mentors of these only, too.",
    )


class Step(Reasoned):
    """The next step of a round."""

    step: Literal["check", "publish", "lapse", "close", "cancel", "undo", "stop"] = Field(description="Which step.")
    deadline: date | None = Field(default=None, description="For a publication: the last day for answers.")


class Solve(Reasoned):
    """A solve in the background."""

    top_up: bool = Field(default=False, description="Only mentees without a live proposal get new ones.")
    time_limit: float = Field(default=DEFAULT_SECONDS, gt=0, le=MOST_SECONDS, description="Seconds of solving.")


class Decided(Reasoned):
    """A decision on one pair."""

    what: Decision = Field(description="The decision.")
    mentor: str = Field(min_length=1, max_length=200, description="Id of the mentor.")
    mentee: str = Field(min_length=1, max_length=200, description="Id of the mentee.")
    by: float = Field(default=0.0, ge=-1, le=1, description="For a corrected fit: what is added to it.")


class Remark(Body):
    """A note about a pair, or about the whole round."""

    text: str = Field(min_length=1, max_length=2000, description="What should be remembered.")
    mentor: str | None = Field(default=None, max_length=200, description="Id of the mentor, for a note about a pair.")
    mentee: str | None = Field(default=None, max_length=200, description="Id of the mentee.")


class Answered(Reasoned):
    """What one side said, or that both have signed."""

    mentor: str = Field(min_length=1, max_length=200, description="Id of the mentor.")
    mentee: str = Field(min_length=1, max_length=200, description="Id of the mentee.")
    said: Literal["mentor_yes", "mentor_no", "mentee_yes", "mentee_no", "signed"] = Field(description="What was said.")
    reason: str = Field(default="", max_length=40, description="For a no: one of the short list of reasons.")
    on: date | None = Field(default=None, description="The day; today if absent.")


class Settled(Reasoned):
    """Settings of a round."""

    order: Order | None = Field(default=None, description="Who is asked first.")
    deadline: date | None = Field(default=None, description="The last day for answers.")
    recipients_choose: int | None = Field(
        default=None,
        ge=0,
        le=20,
        description="How many mentors each mentee ranks before the solve; 0: none.",
    )
    choose_by: date | None = Field(default=None, description="The last day for these rankings.")


@action(pages, "/rounds", NewRound, Row)
def begin(body: NewRound) -> Changed:
    """Begin a round as a draft."""
    if body.policy is not None and body.policy not in ready_policies():
        raise BadInput(say("There is no ready policy “{name}”.", name=body.policy), say("Choose one of the list."))
    store, who = keeper().store, account()
    policy = None if body.policy is None and body.like else load_policy(body.policy or "best_fit")
    if who.regions:
        if policy is None:
            with store.read() as reader:
                policy = parse_policy(read_state(reader, str(body.like)).policy, f"round {body.like}")
        policy = policy_within(keeper().now().network, policy, who, own_mentors=body.own_mentors)
    state = edits.create_round(
        store,
        body.title,
        as_of=body.as_of or date.today(),
        who=author(),
        why=body.why,
        policy=policy,
        like=body.like,
        recipients_choose=body.recipients_choose,
        choose_by=body.choose_by,
    )
    return changed_round(state, new=True)


@action(pages, "/rounds/<round_id>/step", Step, Row)
def step(body: Step, round_id: str) -> Changed:
    """Check, publish, let lapse, close, cancel, undo the last edit, or stop a solve."""
    from matcher.rounds.readiness import check_round
    from matcher.rounds.solving import stop_solve

    store, today = keeper().store, date.today()
    said = _said(body)
    match body.step:
        case "check":
            state, network = state_and_network(round_id)
            state = check_round(store, state, network, **said)
        case "publish":
            with store.read() as reader:
                own = own_pairs(account(), read_state(reader, round_id))
            state = edits.publish(store, round_id, pairs=own, deadline=body.deadline, **said)
        case "lapse":
            state = edits.lapse(store, round_id, on=today, **said)
        case "close":
            state = close_round(store, round_id, on=today, **said)
        case "cancel":
            state = edits.cancel(store, round_id, **said)
        case "undo":
            state = undo(store, round_id, **said)
        case "stop":
            if (job := job_of_round(round_id)) is not None and job["ended_at"] is None:
                board().cancel(job["id"])
            with store.read() as reader:
                state = read_state(reader, round_id)
            if job is None or job["state"] != "running":
                state = stop_solve(store, round_id, **said)
    return changed_round(state)


@action(pages, "/rounds/<round_id>/solve", Solve, Row)
def solve(body: Solve, round_id: str) -> Changed:
    """Have the round solved by a worker."""
    from matcher.rounds.input import policy_of
    from matcher.rounds.solving import begin_solve

    store = keeper().store
    state = begin_solve(store, round_id, top_up=body.top_up, **_said(body))
    policy = policy_of(state, top_up=body.top_up).to_json()
    by = author()
    asked = {"id": round_id, "who": str(by), "account": by.account}
    board().ask("round", [policy], state.as_of, 0, body.time_limit, state.version, of_round=asked)  # type: ignore[arg-type]  # the keys it has
    return changed_round(state)


@action(pages, "/rounds/<round_id>/decide", Decided, Row)
def decide(body: Decided, round_id: str) -> Changed:
    """Pin, forbid, correct, withdraw or add one pair, or take a pin or forbid back."""
    store, pair = keeper().store, (body.mentor, body.mentee)
    said = _said(body)
    match body.what:
        case "pin" | "unpin" | "forbid" | "allow":
            state = PAIR_EDITS[body.what](store, round_id, pair, **said)
        case "adjust":
            state = edits.adjust(store, round_id, pair, body.by, **said)
        case "withdraw":
            state = edits.withdraw(store, round_id, [pair], **said)
        case "add":
            from matcher.rounds.by_hand import of_pair

            brings = of_pair(*state_and_network(round_id), pair)
            state = edits.add_by_hand(store, round_id, pair, fit=brings.fit, needs=brings.needs, **said)
    return changed_round(state)


@action(pages, "/rounds/<round_id>/notes", Remark, Row)
def remark(body: Remark, round_id: str) -> Changed:
    """Keep a note about a pair, or about the whole round."""
    if (body.mentor is None) != (body.mentee is None):
        raise BadInput(say("A note is about both utilities of a pair, or about the round."), say("Name both, or none."))
    pair = None if body.mentor is None or body.mentee is None else (body.mentor, body.mentee)
    done = changed_round(edits.note(keeper().store, round_id, body.text, who=author(), pair=pair))
    if pair is None:
        return done
    address = url_for("rounds.weigh", round_id=round_id, mentor_id=pair[0], mentee_id=pair[1])
    return Changed(done.data, address)


@action(pages, "/rounds/<round_id>/answer", Answered, ProposalRow)
def answered(body: Answered, round_id: str) -> Changed:
    """Record what a mentor or a mentee said, or that both have signed."""
    store, pair, day = keeper().store, (body.mentor, body.mentee), body.on or date.today()
    side: Side = "mentor" if body.said.startswith("mentor") else "mentee"
    said: dict[str, Any] = {"who": author(), "on": day, "seen": body.seen}
    match body.said:
        case "mentor_yes" | "mentee_yes":
            accept(store, round_id, pair, side, words=body.why, **said)
        case "mentor_no" | "mentee_no":
            if not body.reason:
                raise BadInput(say("A decline needs its reason."), say("Choose one of the short list."))
            decline(store, round_id, pair, side, body.reason, words=body.why, **said)
        case "signed":
            edits.sign(store, round_id, pair, why=body.why, **said)
    write_what_follows(store, settings(), round_id, author())
    with store.read() as reader:
        state = seen_round(read_state(reader, round_id), view_here())
        rows = proposal_rows(state, names_of(reader, state))
    row = next(row for row in rows if (row["mentor"], row["mentee"]) == pair)
    return Changed(row, url_for("rounds.desk", round_id=round_id))


@action(pages, "/rounds/<round_id>/settings", Settled, Row)
def settle(body: Settled, round_id: str) -> Changed:
    """Change the order of answers, the deadline, or whether recipients choose."""
    state = edits.change_settings(
        keeper().store,
        round_id,
        order=body.order,
        deadline=body.deadline,
        recipients_choose=body.recipients_choose,
        choose_by=body.choose_by,
        **_said(body),
    )
    return changed_round(state)


def _said(body: Reasoned) -> dict[str, Any]:
    """Who, why and the version seen, as every change takes them."""
    return {"who": author(), "why": body.why, "seen": body.seen}


def author() -> Author:
    """Whoever is signed in, as the log of a round names people."""
    found = account()
    return Author(found.name, found.id)


def account() -> Account:
    """The account of whoever is signed in; raises ``SignInNeeded``."""
    found = signed()
    if found is None:
        raise SignInNeeded(say("Please sign in."), say("This page is for people with an account."))
    return found.account


def changed_round(state: LivingRound, *, new: bool = False) -> Changed:
    """What a change led to, as the list of rounds shows it."""
    with keeper().store.read() as reader:
        made_at = reader.nodes("MatchingRound", [state.id])["made_at"][0]
    row = Row(
        id=state.id,
        title=state.title,
        phase=state.phase,
        phase_s=phase_name(state.phase).to_json(),
        version=state.version,
        made_at=made_at,
    )
    return Changed(row, url_for("rounds.desk", round_id=state.id), new=new)
