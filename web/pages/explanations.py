"""Why a round is as it is, and what would change it: each answer is worked out by solving the round again.

For a reader from whom something is hidden the round is solved on what is seen, and the page says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NotRequired

from flask import Blueprint, Response, render_template
from markupsafe import Markup
from pydantic import Field

from graph.errors import BadInput, Conflict
from graph.sentences import Sentence, say
from matcher.document import LeftOut, ProposalDocument, SentenceJson, UnmatchedMentee
from matcher.explain import alternates as reserve
from matcher.explain import best_proposals as others
from matcher.explain import fairness as fair
from matcher.explain import frontier as between
from matcher.explain import recruitment as extra
from matcher.explain import scarcity as scarce
from matcher.explain.pair import PairAnswer, explain_in_round, round_fit
from matcher.explain.round import SolvedRound
from matcher.explain.smallest_change import SmallestChange, smallest_change
from matcher.goal_values import GOAL_TITLES
from matcher.problem import STABLE
from web.i18n import number
from web.knowledge import knowledge, view_here
from web.pages.proposal import CRUMBS, OfRound, document_of, nothing_yet
from web.solved import solved_keeper
from web.twin import answer, page, wants_json

pages = Blueprint("explanations", __name__)


class FrontierQuery(OfRound):
    """Between which two goals."""

    first: str | None = Field(default=None, max_length=100, description="Id of a goal; the policy's first if absent.")
    second: str | None = Field(default=None, max_length=100, description="Id of another goal.")


class BestQuery(OfRound):
    """How many whole proposals, and how different."""

    count: int = Field(default=3, ge=1, le=10, description="How many proposals.")
    apart: int = Field(default=1, ge=1, le=1000, description="In how many pairs they differ at least.")


class PairInRound(PairAnswer):
    """What the round would be without a proposed pair, or with another.

    ``in_round_s`` says what the round itself has, where the answer was worked out on a part of it.
    """

    id: str
    as_of: str
    in_round_s: NotRequired[SentenceJson]
    left_out: NotRequired[LeftOut]


class UnmatchedInRound(UnmatchedMentee):
    """A mentee without a partner, what would have to change, and its mentors in reserve.

    The last two are ``None`` where nothing is seen that it could be matched on.
    """

    id: str
    as_of: str
    smallest_change: SmallestChange | None
    alternates: reserve.Alternates | None
    left_out: NotRequired[LeftOut]


class AlternatesInRound(reserve.Alternates):
    """The mentors in reserve for one mentee."""

    id: str
    as_of: str
    left_out: NotRequired[LeftOut]


class ScarcityInRound(scarce.Scarcity):
    """What is scarce in a round."""

    id: str
    as_of: str
    left_out: NotRequired[LeftOut]


class FairnessInRound(fair.Fairness):
    """How a round treats its mentees."""

    id: str
    as_of: str
    left_out: NotRequired[LeftOut]


class RecruitmentInRound(extra.Recruitment):
    """Which kind of extra mentor would add most to a round."""

    id: str
    as_of: str
    left_out: NotRequired[LeftOut]


class BestInRound(others.BestProposals):
    """The best whole proposals of a round."""

    id: str
    as_of: str
    left_out: NotRequired[LeftOut]


class FrontierInRound(between.Frontier):
    """What more of one goal costs of another in a round."""

    id: str
    as_of: str
    left_out: NotRequired[LeftOut]


@page(pages, "/proposal/pair/<mentor_id>/<mentee_id>/round", OfRound, PairInRound)
def pair(query: OfRound, mentor_id: str, mentee_id: str) -> Response:
    """What the round would be without this pair, or with it; and the next best partner of each side."""
    question = ("pair", mentor_id, mentee_id)

    def ask(round: SolvedRound) -> PairAnswer:
        return explain_in_round(round, mentor_id, mentee_id)

    def show(document: ProposalDocument) -> Response:
        said = solved_keeper().answer(document, question, ask)
        data = _in(document, said)
        if view_here() is not None:
            data["in_round_s"] = _in_round(document, said["mentor"]["id"], said["mentee"]["id"]).to_json()
        return answer("pair_in_round.html", data, crumbs=CRUMBS, of=query.round, query=query)

    return _about(query, show)


def _in_round(document: ProposalDocument, mentor_id: str, mentee_id: str) -> Sentence:
    """What a proposal has for a pair."""
    for pair in document["pairs"]:
        if (pair["mentor"]["id"], pair["mentee"]["id"]) == (mentor_id, mentee_id):
            return say("The round itself proposes this pair, with a fit of {fit} of 100.", fit=round_fit(pair["fit"]))
    return say("The round itself does not propose this pair.")


@page(pages, "/proposal/unmatched/<utility_id>", OfRound, UnmatchedInRound)
def unmatched(query: OfRound, utility_id: str) -> Response:
    """Why one mentee has no partner, the smallest change that gives it one, and its mentors in reserve."""

    def show(document: ProposalDocument) -> Response:
        mentee = knowledge().network.find_utility(utility_id)
        reason = next((row for row in document["unmatched"] if row["mentee"]["id"] == mentee.id), None)
        if reason is None:
            raise BadInput(
                say("{utility} is no mentee without a partner in this round.", utility=mentee.name),
                say("Choose one from the list of mentees without a partner."),
            )
        view = view_here()

        def ask(round: SolvedRound) -> tuple[SmallestChange | None, reserve.Alternates | None]:
            if view is not None and mentee.id not in round.mentee_at:
                return None, None
            return smallest_change(round, mentee.id), reserve.alternates(round, mentee.id)

        change, others = solved_keeper().answer(document, ("unmatched", mentee.id), ask)
        data = _in(document, {**reason, "smallest_change": change, "alternates": others})
        return answer("unmatched_in_round.html", data, crumbs=CRUMBS, of=query.round)

    return _about(query, show)


@page(pages, "/proposal/alternates/<utility_id>", OfRound, AlternatesInRound)
def alternates(query: OfRound, utility_id: str) -> Response:
    """The mentors in reserve for one mentee, ranked by what the whole round would lose."""

    def ask(round: SolvedRound) -> reserve.Alternates:
        utility = round.network.find_utility(utility_id)
        if view_here() is not None and utility.id not in round.mentee_at:
            raise BadInput(
                say("Nothing is seen that {utility} could be matched on.", utility=utility.name),
                say("A facilitator who sees everything can say more."),
            )
        return reserve.alternates(round, utility_id)

    return _told(query, "alternates.html", ("alternates", utility_id), ask)


@page(pages, "/proposal/scarcity", OfRound, ScarcityInRound)
def scarcity(query: OfRound) -> Response:
    """What is scarce: places, limits, needs nobody can meet, single points of supply, offers not used."""
    return _told(query, "scarcity.html", ("scarcity",), scarce.scarcity)


@page(pages, "/proposal/fairness", OfRound, FairnessInRound)
def fairness(query: OfRound) -> Response:
    """Who is served, who is worst off, and which pairs would rather have each other."""
    return _told(query, "fairness.html", ("fairness",), fair.fairness)


@page(pages, "/proposal/recruitment", OfRound, RecruitmentInRound)
def recruitment(query: OfRound) -> Response:
    """Which kind of extra mentor would add most, and how many partnerships it would release."""
    return _told(query, "recruitment.html", ("recruitment",), extra.recruitment)


@page(pages, "/proposal/best", BestQuery, BestInRound)
def best(query: BestQuery) -> Response:
    """The best whole proposals, and how each differs from the first."""
    question = ("best", str(query.count), str(query.apart))
    return _told(query, "best.html", question, lambda round: others.best_proposals(round, query.count, query.apart))


@page(pages, "/proposal/frontier", FrontierQuery, FrontierInRound)
def frontier(query: FrontierQuery) -> Response:
    """What more of one goal costs of another, each point proven."""

    def show(document: ProposalDocument) -> Response:
        first = query.first or next((goal["id"] for goal in document["goals"] if goal["id"] in GOAL_TITLES), "best_fit")
        second = query.second or next(goal for goal in ("most_mentees", "best_fit") if goal != first)
        said = solved_keeper().answer(
            document, ("frontier", first, second), lambda round: between.frontier(round, first, second)
        )
        data = _in(document, said)
        # The picture is made of numbers alone, so it can hold nothing but a picture.
        picture = Markup(between.frontier_svg(said, number=number))  # noqa: S704
        goals = [(id, title) for id, title in GOAL_TITLES.items() if id != STABLE]
        return answer("frontier.html", data, crumbs=CRUMBS, of=query.round, picture=picture, goals=goals)

    return _about(query, show)


def _told(
    query: OfRound, template: str, question: tuple[str, ...], ask: Callable[[SolvedRound], Mapping[str, Any]]
) -> Response:
    """The page of one question put to the solved round."""

    def show(document: ProposalDocument) -> Response:
        said = solved_keeper().answer(document, question, ask)
        return answer(template, _in(document, said), crumbs=CRUMBS, of=query.round, query=query)

    return _about(query, show)


def _in(document: ProposalDocument, said: Mapping[str, Any]) -> dict[str, Any]:
    """An answer, of which proposal it is, and what was left out of the solve it stands on."""
    view = view_here()
    left_out = {} if view is None else {"left_out": view.worked_out}
    return {**said, "id": document["id"], "as_of": document["as_of"], **left_out}


def _about(query: OfRound, show: Callable[[ProposalDocument], Response]) -> Response:
    """The page about the proposal asked for; or that there is none, or that it can no longer be explained."""
    document = document_of(query.round)
    if document is None:
        return nothing_yet()
    try:
        return show(document)
    except Conflict as stale:
        if wants_json():
            raise
        page = render_template(
            "cannot_explain.html", stale=stale, of=query.round, crumbs=CRUMBS, part=view_here() is not None
        )
        return Response(page, status=stale.http_status, mimetype="text/html")
