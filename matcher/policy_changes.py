"""Two policies beside each other, in words: nothing that differs is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from graph.network import Network
from graph.sentences import Sentence, Value, say
from matcher.goal_values import GOAL_TITLES
from matcher.limit_words import limit_sentence, selection_words
from matcher.policy import Policy, Selection
from matcher.policy_edits import real_goals
from matcher.policy_levels import level_name
from matcher.policy_settings import SETTINGS_SHOWN, as_choice
from matcher.rules.registry import RULES
from matcher.words import named

EVERYBODY = say("everybody")
_SETTINGS = {setting.path: setting for setting in SETTINGS_SHOWN}
_LISTS = {
    ("participants", "exclude"): say("Utilities left out of the round"),
    ("rules", "funder_countries", "mentee_countries"): say("Countries of mentees that the funder accepts"),
    ("rules", "funder_countries", "mentor_countries"): say("Countries of mentors that the funder accepts"),
}
_SAID_WHOLE = {("goals",), ("limits",), ("participants", "mentors"), ("participants", "mentees")}


def differences(network: Network, before: Policy, after: Policy) -> tuple[Sentence, ...]:
    """What changes from one policy to another, a sentence each; empty exactly where the two are equal."""
    found: list[Sentence] = []
    if before.goals != after.goals:
        goals = [tuple(GOAL_TITLES[goal] for goal in real_goals(policy)) for policy in (before, after)]
        found.append(
            say("The goals in their order become: {after} (before: {before}).", before=goals[0], after=goals[1])
        )
    for id, settings in after.rules.items():
        if (settings.mode, settings.weight) != (before.rules[id].mode, before.rules[id].weight):
            found.append(
                say(
                    "The rule “{rule}” becomes: {after} (before: {before}).",
                    rule=RULES[id].title,
                    before=_level(before, id),
                    after=_level(after, id),
                )
            )
    found += _limits(network, before, after)
    found += _participants(network, before, after)
    found += _lists(network, before.to_json(), after.to_json())
    found += _rest(before.to_json(), after.to_json(), ())
    return tuple(found)


def _level(policy: Policy, rule: str) -> Sentence:
    settings = policy.rules[rule]
    if settings.mode == "graded":
        return level_name(settings)
    return say("{level} (weight {weight})", level=level_name(settings), weight=settings.weight)


def _limits(network: Network, before: Policy, after: Policy) -> Iterator[Sentence]:
    old = {limit.id: limit for limit in before.limits}
    new = {limit.id: limit for limit in after.limits}
    for id, limit in old.items():
        if id not in new:
            yield say("This limit goes: {limit}", limit=limit_sentence(network, limit))
    for id, limit in new.items():
        said = limit_sentence(network, limit)
        if id not in old:
            yield say("A limit is added: {limit}", limit=said)
        elif old[id] != limit:
            yield say("A limit becomes: {after} Before: {before}", before=limit_sentence(network, old[id]), after=said)
    if [id for id in old if id in new] != [id for id in new if id in old]:
        yield say("The limits come in another order.")


def _participants(network: Network, before: Policy, after: Policy) -> Iterator[Sentence]:
    for side, template in (
        ("mentors", say("The mentors become: {after} (before: {before}).")),
        ("mentees", say("The mentees become: {after} (before: {before}).")),
    ):
        old, new = getattr(before.participants, side), getattr(after.participants, side)
        if old != new:
            values: dict[str, Value] = {"before": selected(network, old), "after": selected(network, new)}
            yield Sentence(template.template, values)


def _lists(network: Network, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Sentence]:
    """Lists of utilities and countries, by the names of those that come in and go out."""
    names = {id: each.name for id, each in network.utility_by_id.items()}
    names |= {id: each.name for id, each in network.country_by_id.items()}
    for path, title in _LISTS.items():
        old, new = (_at(form, path) for form in (before, after))
        more, less = ([names.get(id, id) for id in one if id not in other] for one, other in ((new, old), (old, new)))
        if more:
            yield say("{list}: added {names}.", list=title, names=tuple(named(name) for name in more))
        if less:
            yield say("{list}: taken away {names}.", list=title, names=tuple(named(name) for name in less))
        if old != new and not more and not less:
            yield say("{list}: in another order.", list=title)


def _at(form: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    found: Any = form
    for key in path:
        found = found.get(key, {})
    return list(found)


def selected(network: Network, selection: Selection | None) -> tuple[Sentence, ...]:
    """A selection of participants in words; everybody where there is none."""
    return selection_words(network, selection) if selection and selection != Selection() else (EVERYBODY,)


def _rest(before: Mapping[str, Any], after: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Sentence]:
    """Every other key that differs, by its title where it has one."""
    for key in dict.fromkeys((*before, *after)):
        here, old, new = (*path, key), before.get(key), after.get(key)
        if (
            old == new
            or here in _SAID_WHOLE
            or here in _LISTS
            or (path[:1] == ("rules",) and len(here) == 3 and key in ("mode", "weight"))
        ):
            continue
        if isinstance(old, dict | None) and isinstance(new, dict | None) and (path == () or path == ("rules",)):
            yield from _rest(old or {}, new or {}, here)
            continue
        yield say(
            "{key}: {after} (before: {before}).", key=called(here), before=_shown(here, old), after=_shown(here, new)
        )


def called(path: tuple[str, ...]) -> Sentence:
    """What the editor calls a key, with its rule; the key itself where it has no name."""
    setting = _SETTINGS.get(path)
    if setting is None:
        return named(".".join(path))
    if setting.rule is None:
        return setting.title
    return say("{rule} – {setting}", rule=RULES[setting.rule].title, setting=setting.title)


def _shown(path: tuple[str, ...], value: Any) -> Value:
    """A value as the editor says it."""
    setting = _SETTINGS.get(path)
    if setting is not None and setting.choices:
        return dict(setting.choices).get(as_choice(value), _plain(value))
    return _plain(value)


def _plain(value: Any) -> Value:
    if value is None or value == "" or value == [] or value == {}:
        return say("nothing")
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    return value if isinstance(value, int | float | str) else json.dumps(value, ensure_ascii=False)
