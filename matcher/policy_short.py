"""A whole policy in a few sentences: what matters most, what disqualifies, what counts how much, who takes part."""

from __future__ import annotations

from collections import defaultdict

from graph.network import Network
from graph.sentences import Sentence, say
from matcher.goal_values import GOAL_TITLES
from matcher.policy import Policy
from matcher.policy_bars import bar_words
from matcher.policy_changes import selected
from matcher.policy_edits import real_goals, trade_of
from matcher.policy_levels import LEVEL_NAMES, WEIGHTS, level_of
from matcher.policy_words import TRADES
from matcher.rules.registry import RULES
from matcher.rules.settings import FixedGate


def in_short(network: Network, policy: Policy) -> tuple[Sentence, ...]:
    """The policy without its limits and without its decisions on single pairs."""
    trade = trade_of(policy)
    goals = tuple(GOAL_TITLES[goal] for goal in real_goals(policy))
    found = [say("What matters most: {goals}.", goals=goals if trade is None else TRADES[trade][0])]
    by_level: defaultdict[str, list[Sentence]] = defaultdict(list)
    for id, settings in policy.rules.items():
        level, title = level_of(settings), RULES[id].title
        if isinstance(settings, FixedGate):
            continue  # without these no pair means anything
        if level == "mandatory" and (bar := bar_words(policy, id)) is not None:
            title = say("{rule} (not {which})", rule=title, which=bar)
        if level == "own":
            title = say("{rule} (weight {weight})", rule=title, weight=settings.weight)
        by_level[level].append(title)
    if mandatory := by_level.pop("mandatory", None):
        found.append(say("Mandatory: {rules}.", rules=tuple(mandatory)))
    for level in ("own", *sorted(WEIGHTS, key=lambda each: -WEIGHTS[each])):
        if rules := by_level.get(level):
            said = LEVEL_NAMES[level]
            found.append(say("Counts in the fit, {level}: {rules}.", level=said, rules=tuple(rules)))
    if policy.quality_floor:
        found.append(say("No pair below a fit of {points} of 100.", points=round(100 * policy.quality_floor, 1)))
    if policy.pairing == "stable":
        found.append(say("Stable pairs: no two would both leave their partners for each other."))
    participants = policy.participants
    for side, template in (
        (participants.mentors, say("Mentors: {which}.")),
        (participants.mentees, say("Mentees: {which}.")),
    ):
        if side is not None:
            found.append(Sentence(template.template, {"which": selected(network, side)}))
    if participants.exclude:
        found.append(say("Utilities left out: {count}.", count=len(participants.exclude)))
    return tuple(found)
