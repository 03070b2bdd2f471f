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
    proposal,
    round_changes,
    round_letters,
    round_past,
    round_policy,
    round_publishing,
    rounds,
    suggest,
    utilities,
)

__all__ = [
    "BLUEPRINTS",
    "own_answers",
    "own_wishes",
    "round_changes",
    "round_letters",
    "round_past",
    "round_policy",
    "round_publishing",
]

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
    backtest.pages,
    about.pages,
    people.pages,
    health.pages,
)
