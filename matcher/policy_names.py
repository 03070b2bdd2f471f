"""Whether the names a policy uses (countries, regions, utilities) exist in the network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from graph.errors import UnknownName
from graph.network import Network
from graph.sentences import Sentence, say
from matcher.faults import Fault
from matcher.policy import ParticipantSettings, Policy, Selection
from matcher.policy_problems import raise_problems, unknown_name
from matcher.rules.settings import FunderCountries
from matcher.words import INCOME_NAMES


def check_names(network: Network, policy: Policy) -> None:
    """Raise ``UnknownName`` for one name that does not exist, ``BadInput`` for several; each with its key."""
    problems = list(_utility_problems(network, "participants.exclude", policy.participants.exclude))
    problems += _participant_problems(network, policy.participants)
    funder = policy.rule("funder_countries", FunderCountries)
    for key in ("mentee_countries", "mentor_countries"):
        names = getattr(funder, key)
        problems += _missing(f"rules.funder_countries.{key}", say("country"), names, network.country_by_id)
    for limit in policy.limits:
        for part in ("mentor", "mentee", "either", "group"):
            selection = getattr(limit, part)
            if selection is not None:
                problems += _selection_problems(network, f"limits.{limit.id}.{part}", selection)
    for kind in ("pins", "forbids", "published", "adjustments"):
        for at, decision in enumerate(getattr(policy, kind)):
            problems += _utility_problems(network, f"{kind}.{at}.mentor", [decision.mentor])
            problems += _utility_problems(network, f"{kind}.{at}.mentee", [decision.mentee])
    raise_problems(problems, policy.source)


def utility_ids(network: Network, names: Iterable[str]) -> tuple[str, ...]:
    """Ids of utilities given by id or name, after ``check_names``."""
    return tuple(network.find_utility(name).id for name in names)


def _participant_problems(network: Network, settings: ParticipantSettings) -> Iterator[Fault]:
    for key in ("mentors", "mentees"):
        selection = getattr(settings, key)
        if selection is not None:
            yield from _selection_problems(network, f"participants.{key}", selection)
    for key in ("places", "wanted"):
        yield from _utility_problems(network, f"participants.{key}", list(getattr(settings, key)))
    topics = settings.set_aside
    yield from _utility_problems(network, "participants.set_aside", [topic.utility for topic in topics])
    capabilities = [topic.capability for topic in topics]
    yield from _missing("participants.set_aside", say("capability"), capabilities, network.capability_by_id)


def _selection_problems(network: Network, key: str, selection: Selection) -> Iterator[Fault]:
    yield from _missing(f"{key}.regions", say("region"), selection.regions, network.region_by_id)
    yield from _missing(f"{key}.countries", say("country"), selection.countries, network.country_by_id)
    yield from _missing(f"{key}.income_groups", say("income group"), selection.income_groups, INCOME_NAMES)
    if selection.facilitators:
        known = {utility.facilitator for utility in network.utilities if utility.facilitator is not None}
        yield from _missing(f"{key}.facilitators", say("facilitator"), selection.facilitators, sorted(known))
    for part in ("offers", "needs"):
        topics = getattr(selection, part)
        yield from _missing(f"{key}.{part}", say("capability"), topics, network.capability_by_id)
    if selection.programmes:
        run = {partnership.programme for partnership in network.partnerships if partnership.programme is not None}
        yield from _missing(f"{key}.programmes", say("programme"), selection.programmes, sorted(run))
    for part in ("utilities", "also", "without"):
        yield from _utility_problems(network, f"{key}.{part}", getattr(selection, part))


def _missing(key: str, what: Sentence, names: Iterable[str], known: Iterable[str]) -> Iterator[Fault]:
    there = set(known)
    for name in names:
        if name not in there:
            yield unknown_name(key, what, name, sorted(there))


def _utility_problems(network: Network, key: str, names: Sequence[str]) -> Iterator[Fault]:
    for name in names:
        try:
            network.find_utility(name)
        except UnknownName:
            known = [word for utility in network.utilities for word in (utility.id, utility.name)]
            yield unknown_name(key, say("utility"), name, known)
