"""The pages, one module a noun; each has a blueprint."""

from flask import Blueprint

from web.pages import (
    about,
    backtest,
    capabilities,
    explanations,
    health,
    imports,
    jobs,
    network,
    overview,
    own,
    own_answers,
    own_wishes,
    pairs,
    partnerships,
    people,
    planning,
    planning_rows,
    proposal,
    round_changes,
    round_past,
    round_policy,
    rounds,
    suggest,
    utilities,
)

__all__ = ["BLUEPRINTS", "own_answers", "own_wishes", "planning_rows", "round_changes", "round_past", "round_policy"]

BLUEPRINTS: tuple[Blueprint, ...] = (
    overview.pages,
    utilities.pages,
    imports.pages,
    own.pages,
    network.pages,
    partnerships.pages,
    pairs.pages,
    proposal.pages,
    explanations.pages,
    suggest.pages,
    rounds.pages,
    jobs.pages,
    capabilities.pages,
    planning.pages,
    backtest.pages,
    about.pages,
    people.pages,
    health.pages,
)
