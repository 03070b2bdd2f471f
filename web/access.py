"""Who may do what: one table over every address of the service, and the gate that each request passes.

An endpoint that is not in the table is refused to everybody. A role opens an endpoint; where the address names
utilities, a utility member may open it for the own ones only. What a page leaves out for whom (private needs and
figures) is said by ``web.private``. Which rounds, pairs and participants a facilitator with regions may change is said
by ``web.whose_round``, whose rules stand in the table too (``rule``).

| role | what it may |
|---|---|
| stranger | sign in, read about the service |
| utility | the network; its own profile, suggestions and pairs; private things of its own |
| planner | the network, every proposal and round, without what is private |
| facilitator | reads every round; changes those, and the pairs, of the own regions; private things of utilities there |
| administrator | accounts and jobs; the network, without what is private |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from flask import Flask, request, url_for

from graph.accounts import Account, Role
from graph.errors import Forbidden, SignInNeeded, WopError
from graph.sentences import say
from web.action import ACTIONS, SAFE_METHODS, given_fields, read_body
from web.knowledge import sees_private
from web.signing_in import signed
from web.whose_round import begins, chooses, decides, exchanges, leads, publishes, sets_room, takes_step

Who = Literal["stranger", "utility", "planner", "facilitator", "administrator"]

STRANGER: Who = "stranger"
EVERYBODY: frozenset[Who] = frozenset(("stranger", "utility", "planner", "facilitator", "administrator"))
SIGNED_IN = EVERYBODY - {STRANGER}
STAFF = SIGNED_IN - {"utility"}
ROUNDS: frozenset[Who] = frozenset(("facilitator", "planner"))
FACILITATORS: frozenset[Who] = frozenset(("facilitator",))
RUNNING: frozenset[Who] = frozenset(("facilitator", "administrator"))
ADMINISTRATORS: frozenset[Who] = frozenset(("administrator",))


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use an endpoint: some for anything, some only where one of the utilities it names is their own."""

    who: frozenset[Who]
    own: frozenset[Who] = frozenset()
    named_by: tuple[str, ...] = ("utility_id", "mentor_id", "mentee_id")
    unlimited: bool = False
    """It may touch every utility, so it is for those whose account is not limited to some regions."""
    near: bool = False
    """It is about one utility and its private things, so it is for those who see them."""
    rule: Callable[[Account, Mapping[str, object]], None] | None = None
    """Refuses (``Forbidden``) by what the request names: the parts of its address and the fields of its body."""


def _own(who: Iterable[Who], *, near: bool = False) -> Access:
    """For these roles anything, for a utility member what is about the own utilities."""
    return Access(frozenset(who), frozenset(("utility",)), near=near)


TABLE: Mapping[str, Access] = {
    # everybody
    "static": Access(EVERYBODY),
    "health.health": Access(EVERYBODY),
    "health.ready": Access(EVERYBODY),
    "health.metrics": Access(EVERYBODY),  # asks for a token of its own
    "about.about": Access(EVERYBODY),
    "about.docs": Access(EVERYBODY),
    "about.openapi": Access(EVERYBODY),
    "people.sign_in": Access(EVERYBODY),
    "people.enter": Access(EVERYBODY),
    "people.enter_by_link": Access(EVERYBODY),
    "people.provider": Access(EVERYBODY),
    "people.provider_back": Access(EVERYBODY),
    # whoever is signed in, about oneself
    "people.sign_out": Access(SIGNED_IN),
    "people.account": Access(SIGNED_IN),
    "people.set_password": Access(SIGNED_IN),
    "people.end_session": Access(SIGNED_IN),
    "people.make_token": Access(SIGNED_IN),
    "people.end_token": Access(SIGNED_IN),
    # the network
    "overview.overview": Access(SIGNED_IN),
    "utilities.utilities": Access(SIGNED_IN),
    "utilities.utility": Access(SIGNED_IN),
    "network.neighbours": Access(SIGNED_IN),
    "network.chain": Access(SIGNED_IN),
    "network.mentors": _own(STAFF),
    "network.supply": Access(SIGNED_IN),
    "network.explore": Access(SIGNED_IN),
    "network.graph": Access(SIGNED_IN),
    "network.download": Access(SIGNED_IN),
    "network.world_map": Access(SIGNED_IN),
    "network.map_download": Access(SIGNED_IN),
    "network.matrix_page": Access(SIGNED_IN),
    "network.matrix_download": Access(SIGNED_IN),
    "network.save": Access(SIGNED_IN),
    "network.delete": Access(SIGNED_IN),
    "partnerships.partnerships": Access(SIGNED_IN),
    "partnerships.partnership": Access(SIGNED_IN),
    "partnerships.download": Access(SIGNED_IN),
    # a utility's own partnerships
    "register.ours": _own(FACILITATORS, near=True),
    "register.dates": _own(FACILITATORS, near=True),
    "register.results": _own(FACILITATORS, near=True),
    "register.answers": _own(FACILITATORS, near=True),
    "ideas.of_utility": _own(FACILITATORS, near=True),
    "ideas.new": _own(FACILITATORS, near=True),
    "ideas.idea": _own(FACILITATORS, near=True),
    "ideas.begin": _own(FACILITATORS, near=True),
    "ideas.write": _own(FACILITATORS, near=True),
    "ideas.plan": _own(FACILITATORS, near=True),
    "ideas.change": _own(FACILITATORS, near=True),
    "ideas.say_to": _own(FACILITATORS, near=True),
    "ideas.ideas": Access(FACILITATORS),
    "ideas.of_round": Access(FACILITATORS),
    "ideas.pin": Access(FACILITATORS),
    "workplan.work_plan": _own(FACILITATORS, near=True),
    "workplan.download": _own(FACILITATORS, near=True),
    "workplan.objective": _own(FACILITATORS, near=True),
    "workplan.activity": _own(FACILITATORS, near=True),
    "capabilities.capabilities": Access(SIGNED_IN),
    # a utility's own pages
    "own.partners": _own(FACILITATORS, near=True),
    "own.wishes": _own(FACILITATORS, near=True),
    "own.wish": _own(FACILITATORS, near=True),
    "own.edit": _own(FACILITATORS, near=True),
    "own.form": _own(FACILITATORS, near=True),
    "own.save_facts": _own(FACILITATORS, near=True),
    "own.save_offer": _own(FACILITATORS, near=True),
    "own.save_need": _own(FACILITATORS, near=True),
    "own.save_figure": _own(FACILITATORS, near=True),
    "own.remove": _own(FACILITATORS, near=True),
    "own.confirm": _own(FACILITATORS, near=True),
    "own.deny": _own(FACILITATORS, near=True),
    "own.undo": _own(FACILITATORS, near=True),
    "own.shortlist": _own(FACILITATORS, near=True),
    "own.rank": _own(()),
    "own.answer": _own(()),
    "own.say_to": _own(()),
    "own.interests": Access(FACILITATORS),
    # proposals and why
    "proposal.latest": Access(ROUNDS),
    "proposal.of_round": Access(ROUNDS),
    "proposal.unmatched": Access(ROUNDS),
    "proposal.idle": Access(ROUNDS),
    "proposal.download": Access(ROUNDS),
    "pairs.pair": _own(ROUNDS),
    "explanations.pair": _own(ROUNDS),
    "explanations.unmatched": _own(ROUNDS),
    "explanations.alternates": _own(ROUNDS),
    "explanations.scarcity": Access(ROUNDS),
    "explanations.fairness": Access(ROUNDS),
    "explanations.recruitment": Access(ROUNDS),
    "explanations.best": Access(ROUNDS),
    "explanations.frontier": Access(ROUNDS),
    "suggest.suggest": Access(FACILITATORS),
    "backtest.backtest": Access(ROUNDS),
    # tables
    "imports.imports": Access(FACILITATORS, unlimited=True),
    "imports.template": Access(FACILITATORS, unlimited=True),
    "imports.check": Access(FACILITATORS, unlimited=True),
    "imports.waiting": Access(FACILITATORS, unlimited=True),
    "imports.confirm": Access(FACILITATORS, unlimited=True),
    # planning, on what the reader may see
    "planning.plan": Access(ROUNDS),
    "planning.supply_page": Access(ROUNDS),
    "planning.resilience_page": Access(ROUNDS),
    "planning.reach_page": Access(ROUNDS),
    "planning.scarcity_page": Access(ROUNDS),
    "planning.portfolio_page": Access(ROUNDS),
    "planning.results_page": Access(ROUNDS),
    "planning.scarcity_work": Access(ROUNDS),
    "planning.portfolio_work": Access(ROUNDS),
    "planning.table": Access(ROUNDS),
    "planning.download": Access(ROUNDS),
    # rounds
    "rounds.rounds": Access(ROUNDS),
    "rounds.desk": Access(ROUNDS),
    "rounds.ready": Access(ROUNDS),
    "rounds.log": Access(ROUNDS),
    "rounds.log_file": Access(ROUNDS),
    "rounds.compare": Access(ROUNDS),
    "rounds.record": Access(ROUNDS),
    "rounds.weigh": Access(FACILITATORS, rule=decides),
    "rounds.begin": Access(FACILITATORS, rule=begins),
    "rounds.step": Access(FACILITATORS, rule=takes_step),
    "rounds.solve": Access(FACILITATORS, rule=leads),
    "rounds.decide": Access(FACILITATORS, rule=decides),
    "rounds.answered": Access(FACILITATORS, rule=decides),
    "rounds.settle": Access(FACILITATORS, rule=leads),
    "rounds.scenarios": Access(FACILITATORS, rule=leads),
    "rounds.ask_scenarios": Access(FACILITATORS, rule=leads),
    "rounds.compare_policy": Access(FACILITATORS, rule=leads),
    "rounds.choose_scenario": Access(FACILITATORS, rule=leads),
    "rounds.participants": Access(FACILITATORS, rule=chooses),
    "rounds.draft_participants": Access(FACILITATORS, rule=chooses),
    "rounds.set_participants": Access(FACILITATORS, rule=chooses),
    "rounds.own_participants": Access(FACILITATORS),  # shows the own part, and takes no other
    "rounds.draft_own_participants": Access(FACILITATORS),
    "rounds.set_own_participants": Access(FACILITATORS),
    "rounds.set_room": Access(FACILITATORS, rule=sets_room),
    "rounds.policy": Access(FACILITATORS, rule=leads),
    "rounds.policy_file": Access(FACILITATORS, rule=leads),
    "rounds.draft_policy": Access(FACILITATORS, rule=leads),
    "rounds.set_policy": Access(FACILITATORS, rule=leads),
    "rounds.publishing": Access(FACILITATORS),
    "rounds.publish": Access(FACILITATORS, rule=publishes),
    "rounds.letters": Access(FACILITATORS),
    "rounds.write": Access(FACILITATORS),  # to utilities of the own regions
    "rounds.messages": Access(FACILITATORS, rule=leads),
    "rounds.reword": Access(FACILITATORS, rule=leads),
    "rounds.carried": Access(FACILITATORS, rule=leads),
    "rounds.carry_over": Access(FACILITATORS, rule=leads),
    "rounds.exchanging": Access(FACILITATORS, rule=decides),
    "rounds.exchanged": Access(FACILITATORS, rule=exchanges),
    "rounds.remark": Access(FACILITATORS, rule=decides),
    # work
    "jobs.jobs": Access(RUNNING),
    "jobs.job": Access(RUNNING),
    "jobs.new": Access(FACILITATORS),
    "jobs.ask": Access(FACILITATORS),
    "jobs.cancel": Access(RUNNING),
    "jobs.keep": Access(FACILITATORS),
    # accounts
    "people.people": Access(ADMINISTRATORS),
    "people.new_person": Access(ADMINISTRATORS),
    "people.person": Access(ADMINISTRATORS),
    "people.invite": Access(ADMINISTRATORS),
    "people.change_person": Access(ADMINISTRATORS),
    "people.step_person": Access(ADMINISTRATORS),
}


ONLY_IN_PERSON = frozenset(
    f"people.{name}" for name in ("account", "sign_out", "set_password", "end_session", "make_token", "end_token")
)


def may(account: Account | None, endpoint: str, parts: Mapping[str, object]) -> bool:
    """Whether somebody (``None``: a stranger) may use an endpoint with these parts of its path."""
    access = TABLE.get(endpoint)
    if access is None:
        return False
    if account is None or account.disabled:
        return STRANGER in access.who
    if access.unlimited and account.regions:
        return False
    roles: set[Role] = set(account.roles)
    if STRANGER in access.who or roles & access.who:
        return True
    return bool(roles & access.own) and any(parts.get(name) in account.utilities for name in access.named_by)


def init_access(app: Flask) -> None:
    """Let every request of an application pass the table."""

    def may_open(endpoint: str, **parts: object) -> bool:
        found = signed()
        account = found.account if found is not None else None
        try:
            return may(account, endpoint, parts) and _is_for(account, TABLE[endpoint], parts)
        except Forbidden:
            return False

    app.jinja_env.globals["may_open"] = may_open

    @app.before_request
    def gate() -> None:
        if request.endpoint is None or request.routing_exception is not None:
            return  # there is nothing at this address
        access = TABLE.get(request.endpoint)
        if access is not None and STRANGER in access.who:
            return  # nobody has to be asked who they are
        parts = request.view_args or {}
        found = signed()
        if found is not None and found.scopes is not None:
            _check_scope(found.scopes, request.endpoint, request.method)
        if may(found.account if found is not None else None, request.endpoint, parts):
            if access is not None:
                sent = _sent(request.endpoint) if access.rule is not None else {}
                _is_for(found.account if found is not None else None, access, {**sent, **parts})
            return
        if found is None:
            raise SignInNeeded(say("Please sign in."), say("This page is for people with an account."))
        if access is not None and access.unlimited and found.account.regions:
            raise Forbidden(
                say("This may touch every utility, and your account is limited to some regions."),
                say("Ask a facilitator without limits to regions, or change single utilities on their pages."),
            )
        raise Forbidden(
            say("Your account may not do this."),
            say("Ask whoever runs this service, or choose a page from the menu."),
        )


def _far(parts: Mapping[str, object]) -> bool:
    """Whether the utility named by the address is not one whose private things are seen by whoever asks."""
    return not sees_private(str(parts.get("utility_id", "")))


def _is_for(account: Account | None, access: Access, sent: Mapping[str, object]) -> bool:
    """True for whom the table lets in by role, where nothing else stands against it; else raises ``Forbidden``."""
    if access.near and _far(sent):
        raise Forbidden(
            say("This page is for this utility and its facilitators."),
            say("A facilitator of its region may open it."),
        )
    if access.rule is not None and account is not None:
        access.rule(account, sent)
    return True


def _sent(endpoint: str) -> Mapping[str, object]:
    """The fields of the body just as the action will read them, so that what is decided on is what is done.

    Where they make no sense they are as they were sent: the action refuses them anyway.
    """
    if endpoint not in ACTIONS or request.method in SAFE_METHODS:
        return {}
    model = ACTIONS[endpoint].body
    try:
        body = read_body(model)
        return {name: getattr(body, name) for name in model.model_fields}
    except WopError:
        with suppress(WopError):
            return given_fields(model)
    return {}


def scope_of(endpoint: str, method: str) -> str | None:
    """The scope a token needs for a request; ``None`` where no token will do: one's own account is for oneself."""
    if endpoint in ONLY_IN_PERSON:
        return None
    if endpoint.startswith("people."):
        return "admin"
    if method in SAFE_METHODS:
        return "read"
    return "solve" if endpoint.startswith("jobs.") or endpoint.endswith("_work") else "write"


def _check_scope(scopes: tuple[str, ...], endpoint: str, method: str) -> None:
    needed = scope_of(endpoint, method)
    if needed is None:
        raise Forbidden(say("This is not done with a token."), say("Sign in with a password or a link."))
    if needed not in scopes:
        raise Forbidden(say("This token lacks the scope “{scope}”.", scope=needed), say("Make a token that has it."))


def own_path(address: str | None) -> str:
    """The address where it is a path of this service, else the overview: nobody is sent to another site."""
    here = url_for("overview.overview")
    if not address or not address.isprintable() or not address.startswith("/") or address[1:2] in ("/", "\\"):
        return here
    return here if "\\" in address else address
