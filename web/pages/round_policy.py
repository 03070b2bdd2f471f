"""The policy editor of a round: what is said of a policy in words, edited step by step, and saved with a reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypedDict

from flask import Response, url_for

from graph.errors import BadInput, Conflict, Forbidden, WopError
from graph.network import Network
from graph.sentences import say
from matcher.policy import Policy, ready_policies
from matcher.policy_changes import differences
from matcher.policy_names import check_names
from matcher.rounds import edits
from matcher.rounds.keeping import at_version, read_state
from matcher.rounds.state import LivingRound
from matcher.words import INCOME_NAMES
from web.action import Changed, action
from web.knowledge import keeper, something_hidden
from web.pages.policy_form import PolicyForm, drafted, from_draft
from web.pages.policy_rows import EditedPolicy, policy_rows, saved_policy
from web.pages.policy_typed import Edited, edited
from web.pages.round_changes import author
from web.pages.round_rows import crumbs_of
from web.pages.rounds import pages, state_and_network
from web.twin import Query, answer, page, wants_json


class PolicyFile(TypedDict):
    """The policy of a round as a policy file."""

    id: str
    version: int
    toml: str


@page(pages, "/rounds/<round_id>/policy", Query, EditedPolicy)
def policy(_query: Query, round_id: str) -> Response:
    """The policy of a round in words, with what each rule costs in pairs."""
    state, network = state_and_network(round_id)
    edit = Edited(saved_policy(state))
    return _shown(state, network, edit, policy_rows(state, network, edit), "")


@page(pages, "/rounds/<round_id>/policy.toml", Query, PolicyFile, also=("application/toml",))
def policy_file(_query: Query, round_id: str) -> Response:
    """The policy of a round as a policy file, without the decisions on single pairs taken since."""
    with keeper().store.read() as reader:
        state = read_state(reader, round_id)
    text = saved_policy(state).to_toml()
    if wants_json():
        return answer("", PolicyFile(id=state.id, version=state.version, toml=text))
    return Response(
        text,
        mimetype="application/toml",
        headers={"Content-Disposition": f"attachment; filename=round-{state.id}-policy.toml"},
    )


@action(pages, "/rounds/<round_id>/policy/draft", PolicyForm, EditedPolicy)
def draft_policy(body: Any, round_id: str) -> Changed:
    """Edit a policy without saving it: what it says, what it costs in pairs, and what saving would change."""
    state, network = state_and_network(round_id)
    edit = from_form(body, state, network)
    if edit.problems and wants_json():
        raise edit.problems[0]
    return edited_again(state, network, edit)


@action(pages, "/rounds/<round_id>/policy", PolicyForm, EditedPolicy)
def set_policy(body: Any, round_id: str) -> Changed:
    """Save the edited policy with its reason; who saw an older version is told what others did, and loses nothing."""
    state, network = state_and_network(round_id)
    edit = from_form(body, state, network)
    if not edit.problems:
        try:
            check_names(network, edit.policy)
            edits.change_settings(
                keeper().store,
                round_id,
                policy=edit.policy,
                said=differences(network, saved_policy(state), edit.policy),
                who=author(),
                why=_reason(body.why),
                seen=body.seen,
            )
        except Conflict as overtaken:
            edit = edit.with_problem(overtaken)
            for change in _done_since(state, network, body.seen):
                edit = edit.with_problem(change)
        except WopError as problem:
            edit = edit.with_problem(problem)
    if edit.problems:
        if wants_json():
            raise edit.problems[0]
        return edited_again(state, network, edit, why=body.why)
    done: Mapping[str, Any] = {}
    if wants_json():
        state, network = state_and_network(round_id)
        done = policy_rows(state, network, Edited(saved_policy(state)))
    return Changed(done, url_for("rounds.policy", round_id=round_id, _anchor="saved"))


def from_form(body: Any, state: LivingRound, network: Network) -> Edited:
    """The policy a form carries with what was typed and pressed, and what could not be done."""
    saved = saved_policy(state)
    try:
        edit = edited(body, drafted(body, saved), network)
    except WopError as problem:  # a file or draft that cannot be used
        edit = Edited(saved, (problem,))
        with suppress(WopError):
            edit = Edited(edited(body, from_draft(body, saved), network).policy, (problem,))
    if something_hidden() and _who(edit.policy) != _who(saved):
        # What others count of a choice would tell what its participants keep private.
        raise Forbidden(
            say("This policy chooses other participants than the round has."),
            say("A facilitator without limits to regions may do it."),
        )
    return edit


def _who(found: Policy) -> list[Any]:
    """What a policy says of who takes part, whatever the figures."""
    participants = found.to_json()["participants"]
    return [participants.get(key) for key in ("mentors", "mentees", "exclude", "set_aside", "accepted_confidence")]


def _reason(why: str) -> str:
    if not why.strip():
        raise BadInput(
            say("A change of the policy needs its reason."), say("Say why, and save again; the record repeats it.")
        )
    return why


def _done_since(state: LivingRound, network: Network, seen: int | None) -> list[WopError]:
    """What others changed of the policy since a version; the form is shown again on top of that."""
    if seen is None or seen >= state.version:
        return []
    with keeper().store.read() as reader:
        before = saved_policy(at_version(reader, state.id, seen))
    changes = differences(network, before, saved_policy(state))
    if not changes:
        return []
    return [BadInput(say("Since you opened the editor the policy was changed: {changes}", changes=changes))]


def edited_again(state: LivingRound, network: Network, edit: Edited, why: str = "") -> Changed:
    """The editor with the policy as edited, what could not be done, and everything typed."""
    data = policy_rows(state, network, edit)
    page = None if wants_json() else _shown(state, network, edit, data, why)
    if page is not None and edit.problems:
        page.status_code = edit.problems[0].http_status
    return Changed(data, url_for("rounds.policy", round_id=state.id), page=page)


def _shown(state: LivingRound, network: Network, edit: Edited, data: EditedPolicy, why: str) -> Response:
    return answer(
        "round_policy.html",
        data,
        crumbs=crumbs_of(state),
        draft=json.dumps(data["policy"], ensure_ascii=False, sort_keys=True),
        typed=edit.typed,
        why=why,
        network=network,
        incomes=INCOME_NAMES,
        ready={id: each.name for id, each in ready_policies().items()},
        facilitators=sorted({each.facilitator for each in network.utilities if each.facilitator}),
        programmes=sorted({part.programme for part in network.partnerships if part.programme}),
    )
