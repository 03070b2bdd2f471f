"""Names from the data as sentences, so that pages can translate those that have a translation."""

from __future__ import annotations

from functools import cache

from graph.network import Network
from graph.sentences import Sentence, Value, say

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


def country_name(network: Network, id: str) -> Sentence:
    """A country's name."""
    return named(network.country_by_id[id].name)


@cache
def language_name(code: str) -> Sentence:
    """A language's English name (Unicode CLDR) from its ISO 639 code; the code itself where it is not known."""
    from babel import Locale  # only reasons that name languages need it

    return named(str(Locale("en").languages.get(code, code)))


ATTRIBUTE_NAMES = {
    "ownership": {
        "public": say("public"),
        "mixed": say("partly public, partly private"),
        "private": say("private"),
        "community": say("owned by its community"),
    },
    "water_source": {
        "surface": say("surface water"),
        "groundwater": say("groundwater"),
        "mixed": say("surface water and groundwater"),
        "desalination": say("desalinated water"),
    },
    "network_type": {
        "gravity": say("fed by gravity"),
        "pumped": say("pumped"),
        "mixed": say("partly pumped"),
    },
    "climate": {
        "tropical": say("tropical"),
        "dry": say("dry"),
        "temperate": say("temperate"),
        "continental": say("continental"),
        "polar": say("polar"),
    },
    "services": {
        "water": say("drinking water"),
        "sanitation": say("sanitation"),
    },
}
"""What the coded values of each column mean."""


def attribute_name(column: str, value: str) -> Sentence:
    """A coded value of a column as words; a value nobody declared is shown as it is."""
    known = ATTRIBUTE_NAMES.get(column, {}).get(value)
    return named(value.replace("_", " ")) if known is None else known


def rounded_km(km: float) -> int:
    """A distance as one says it: to 10 km, from 1,000 km on to 100 km."""
    step = 100 if km >= 1000 else 10
    return int(round(km / step) * step)


def with_names(network: Network, sentence: Sentence) -> Sentence:
    """A sentence that names utilities by id (a solver knows no more), with their names in place of the ids."""

    def named_value(value: Value) -> Value:
        if isinstance(value, Sentence):
            return with_names(network, value)
        if isinstance(value, tuple):
            return tuple(named_value(part) for part in value)
        utility = network.utility_by_id.get(value) if isinstance(value, str) else None
        return value if utility is None else f"{utility.name} ({utility.id})"

    return Sentence(sentence.template, {name: named_value(value) for name, value in sentence.values.items()})
