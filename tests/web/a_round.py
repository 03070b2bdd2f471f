"""A round in the store of an application, for tests of its pages."""

from __future__ import annotations

from datetime import date

from flask import Flask

from graph.network import read_network
from graph.register import with_inferred
from matcher.policy import load_policy
from matcher.rounds.edits import create_round, forbid, pin, publish
from matcher.rounds.readiness import check_round
from matcher.rounds.solving import solve_round
from matcher.rounds.state import LivingRound


def solved_round(app: Flask, as_of: date) -> LivingRound:
    """A round that was checked and solved."""
    store = app.extensions["wop"].store
    with store.read() as reader:
        network = with_inferred(read_network(reader), as_of)
    state = create_round(store, "Spring round", as_of=as_of, who="Ana", policy=load_policy("best_fit"))
    state = check_round(store, state, network, who="Ana")
    return solve_round(store, state.id, lambda _as_of: network, who="Ana")


def published_round(app: Flask, as_of: date) -> LivingRound:
    """A round that was checked, solved and published, with a pin and a forbid."""
    store, state = app.extensions["wop"].store, solved_round(app, as_of)
    pairs = [each.pair for each in state.in_phase("proposed")]
    pin(store, state.id, pairs[0], who="Ana", why="They know each other")
    if len(pairs) > 2:
        forbid(store, state.id, pairs[-1], who="Ben", why="Court case")
    return publish(store, state.id, who="Ana", deadline=date(2999, 12, 31))


def choosing_round(app: Flask, as_of: date, count: int = 2) -> LivingRound:
    """A checked round in which each mentee may rank so many mentors."""
    store = app.extensions["wop"].store
    with store.read() as reader:
        network = with_inferred(read_network(reader), as_of)
    policy = load_policy("best_fit")
    state = create_round(store, "Autumn round", as_of=as_of, who="Ana", policy=policy, recipients_choose=count)
    return check_round(store, state, network, who="Ana")
