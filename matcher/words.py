"""Names from the data as sentences, so that pages can translate those that have a translation."""

from __future__ import annotations

from graph.network import Network
from graph.sentences import Sentence, say

INCOME_NAMES = {
    "low": say("low income"),
    "lower_middle": say("lower middle income"),
    "upper_middle": say("upper middle income"),
    "high": say("high income"),
}


def named(text: str) -> Sentence:
    """A name as a sentence whose template is the name itself."""
    return Sentence(text.replace("{", "{{").replace("}", "}}"))


def capability_name(network: Network, id: str) -> Sentence:
    """A capability's name."""
    return named(network.capability_by_id[id].name)


def attribute_name(value: str) -> Sentence:
    """A coded value (``surface_water``) as words."""
    return named(value.replace("_", " "))


def rounded_km(km: float) -> int:
    """A distance as one says it: to 10 km, from 1,000 km on to 100 km."""
    step = 100 if km >= 1000 else 10
    return int(round(km / step) * step)
