"""Figures that show how well a utility does what it is asked to teach or learn, on one scale.

Each figure is turned so that higher is better and divided by its range, so that a gap of 0.2 means "20 points
ahead" for a percentage, or 4.8 hours of supply a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graph.network import Network
from graph.sentences import Sentence, say
from matcher.covers import Floats
from matcher.problem import Ints


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric: its name, whether higher is better, the range that counts as 1, and the capabilities it shows."""

    metric: str
    name: Sentence
    higher_is_better: bool
    range: float
    capabilities: tuple[str, ...]


FIGURES = (
    Figure(
        "nrw_percent",
        say("non-revenue water (percent)"),
        False,
        100.0,
        ("non_revenue_water", "leak_detection", "metering"),
    ),
    Figure("collection_percent", say("bills collected (percent)"), True, 100.0, ("billing_collection",)),
    Figure(
        "coverage_percent",
        say("people covered (percent)"),
        True,
        100.0,
        ("service_extension", "pro_poor_services"),
    ),
    Figure("supply_hours", say("hours of supply a day"), True, 24.0, ("continuous_supply_24x7",)),
    Figure("staff_per_1000", say("staff per 1,000 connections"), False, 20.0, ("human_resources",)),
)


def figure_table(network: Network) -> Floats:
    """The newest figures, float64[U, F]: share of the range, higher is better, NaN where unknown."""
    table = np.full((len(network.utilities), len(FIGURES)), np.nan)
    columns = {figure.metric: at for at, figure in enumerate(FIGURES)}
    rows = {utility.id: at for at, utility in enumerate(network.utilities)}
    for (utility, metric), observation in network.figures.items():
        if metric in columns and utility in rows:
            figure = FIGURES[columns[metric]]
            table[rows[utility], columns[metric]] = (
                observation.value / figure.range * (1 if figure.higher_is_better else -1)
            )
    return table


def figure_weights(slots: Ints, shares: Floats, capabilities: Sequence[str]) -> Floats:
    """How much of a utility's needs each figure shows, float64[U, F]; arguments as in ``matcher.features``."""
    weights = np.zeros((len(slots), len(FIGURES)))
    for column, figure in enumerate(FIGURES):
        shown = np.array([*(capability in figure.capabilities for capability in capabilities), False])
        weights[:, column] = (shares * shown[slots]).sum(axis=1)  # slot -1 reads the last entry: False
    return weights
