"""What the pages of a round show of its policy: in words, with what no solve under it can better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypedDict

from graph.errors import WopError
from graph.network import Network
from graph.sentences import Sentence, Value, say
from matcher.document import SentenceJson
from matcher.goal_values import GOAL_TITLES
from matcher.limit_words import limit_sentence
from matcher.policy import GOALS, LimitSettings, Policy, parse_policy
from matcher.policy_bars import bar_words
from matcher.policy_changes import differences
from matcher.policy_edits import real_goals, trade_of, value_at
from matcher.policy_levels import LEVEL_NAMES, WEIGHTS, level_name, level_of, levels_for
from matcher.policy_settings import GENERAL, LOOSE_WEIGHTS, OF_RULES, THRESHOLDS, Setting
from matcher.policy_words import GOAL_MEANINGS, GROUPS, RULE_MEANINGS, TRADES
from matcher.problem import STABLE
from matcher.rounds.state import ROUND_STEPS, LivingRound
from matcher.rules.registry import RULES
from matcher.words import named
from web.pages.policy_limit_form import shown_bound
from web.pages.policy_typed import EXCLUDED, FUNDED, OWN, Edited, Kept, shown_setting, told
from web.pages.rounds import WithoutRow

DECISIONS = ("pins", "forbids", "published", "adjustments")


class TradeRow(TypedDict):
    """An answer to "what matters most?"."""

    id: str
    text_s: SentenceJson
    chosen: bool


class GoalRow(TypedDict):
    """A goal with its plain sentence."""

    id: str
    title_s: SentenceJson
    text_s: SentenceJson


class LevelRow(TypedDict):
    """A level that a rule can be set to; ``weight`` is what it weighs, ``None`` where it has no weight of its own."""

    id: str
    text_s: SentenceJson
    weight: float | None


class ChoiceRow(TypedDict):
    """A value a setting may have where it is no number."""

    id: str
    text_s: SentenceJson


class SettingRow(TypedDict):
    """One number or choice of the policy; ``shown`` is what its field holds, ``short_s`` its value with its unit."""

    name: str
    title_s: SentenceJson
    text_s: SentenceJson
    shown: str
    short_s: SentenceJson | None
    choices: list[ChoiceRow]


class NameRow(TypedDict):
    """A utility or country in a list, by id and name."""

    id: str
    name: str


class RuleRow(TypedDict):
    """A rule, how much it counts, and how many pairs it would disqualify if it were mandatory (``None``: unknown).

    ``bar_s`` says which pairs these are, where the rule has more values than yes and no.
    """

    id: str
    title_s: SentenceJson
    text_s: SentenceJson
    level: str
    level_s: SentenceJson
    levels: list[LevelRow]
    would_remove: int | None
    bar_s: SentenceJson | None
    settings: list[SettingRow]


class RuleGroupRow(TypedDict):
    """Rules that belong together."""

    title_s: SentenceJson
    rules: list[RuleRow]


class LimitRow(TypedDict):
    """A limit as a sentence, with its bounds as the form shows them."""

    id: str
    text_s: SentenceJson
    percent: bool
    at_least: str
    at_most: str


class Counts(TypedDict):
    """What no solve under the edited policy can better."""

    mentors: int
    mentees: int
    places: int
    candidates: int
    eligible_pairs: int
    most_served: int
    without: list[WithoutRow]


class EditedPolicy(TypedDict):
    """A round's policy as edited: in words, with its counts, and what would change by saving it."""

    id: str
    title: str
    version: int
    phase: str
    may_change: bool
    name: str
    policy: dict[str, Any]
    trade: str
    trades: list[TradeRow]
    goals: list[GoalRow]
    more_goals: list[GoalRow]
    weights: dict[str, float]
    groups: list[RuleGroupRow]
    limits: list[LimitRow]
    settings: list[SettingRow]
    exact_weights: list[SettingRow]
    excluded: list[NameRow]
    funded: dict[str, list[NameRow]]
    pairing: str
    decisions: dict[str, int]
    counts: Counts | None
    differences: list[SentenceJson]
    problems: list[SentenceJson]


def saved_policy(state: LivingRound) -> Policy:
    """The policy of a round as it was saved, without the decisions taken on single pairs."""
    return parse_policy(state.policy, state.id)


def policy_rows(state: LivingRound, network: Network, edit: Edited) -> EditedPolicy:
    """Everything the editor shows of a policy."""
    found, typed = edit.policy, edit.typed
    said = [each.to_json() for each in told(edit.problems)]
    counts, would_remove, wrong = counts_under(state, network, found)
    if wrong is not None:
        said += [each.to_json() for each in told([wrong])]
    goals = real_goals(found)
    form = found.to_json()
    return EditedPolicy(
        id=state.id,
        title=state.title,
        version=state.version,
        phase=state.phase,
        may_change=state.phase in ROUND_STEPS["settings"],
        name=found.name,
        policy=form,
        trade=trade_of(found) or OWN,
        trades=[
            TradeRow(id=trade, text_s=text.to_json(), chosen=trade == trade_of(found))
            for trade, (text, _order) in TRADES.items()
        ],
        goals=[_goal_row(goal) for goal in goals],
        more_goals=[_goal_row(goal) for goal in GOALS if goal not in goals and goal != STABLE],
        weights={str(level): weight for level, weight in WEIGHTS.items()},
        groups=[
            RuleGroupRow(
                title_s=title.to_json(), rules=[_rule_row(found, id, would_remove.get(id), typed) for id in ids]
            )
            for title, ids in GROUPS.values()
        ],
        limits=[_limit_row(network, limit, typed) for limit in found.limits],
        settings=[_setting_row(each, found, typed) for each in GENERAL],
        exact_weights=[
            _setting_row(each, found, typed) | {"title_s": RULES[each.path[1]].title.to_json()}
            for each in LOOSE_WEIGHTS
        ],
        excluded=_names(network, value_at(found, EXCLUDED)),
        funded={side: _names(network, value_at(found, path)) for side, path in FUNDED.items()},
        pairing=found.pairing,
        decisions={kind: len(form[kind]) for kind in DECISIONS if form[kind]},
        counts=counts,
        differences=[each.to_json() for each in differences(network, saved_policy(state), found)],
        problems=said,
    )


def counts_under(
    state: LivingRound, network: Network, found: Policy
) -> tuple[Counts | None, dict[str, int], WopError | None]:
    """Counts under a policy with every decision of the round in it; or why there are none."""
    from matcher.participants import choose_participants
    from matcher.rounds.input import policy_of
    from matcher.rounds.readiness import preview
    from matcher.rule_counts import rule_counts

    as_of = date.fromisoformat(state.as_of)
    try:
        whole = policy_of(state.model_copy(update={"policy": found.to_json()}))
        by_rule = rule_counts(network, choose_participants(network, whole, as_of), whole)
        seen = preview(network, whole, as_of)
    except WopError as problem:
        return None, {}, problem
    counts = Counts(
        mentors=seen.mentors,
        mentees=seen.mentees,
        places=seen.places,
        candidates=by_rule.candidates,
        eligible_pairs=seen.eligible_pairs,
        most_served=seen.most_served,
        without=[WithoutRow(**row) for row in seen.without],
    )
    return counts, dict(by_rule.would_remove), None


def _goal_row(goal: str) -> GoalRow:
    return GoalRow(id=goal, title_s=GOAL_TITLES[goal].to_json(), text_s=GOAL_MEANINGS[goal].to_json())


def _setting_row(setting: Setting, found: Policy, typed: Kept) -> SettingRow:
    shown = shown_setting(setting, found)
    choices = dict(setting.choices)
    if setting.choices and shown not in choices:
        choices[shown] = named(shown)
    value: Value = shown if setting.choices else _number(value_at(found, setting.path))
    short = None if setting.short is None else Sentence(setting.short.template, {"value": value})
    return SettingRow(
        name=setting.name,
        title_s=setting.title.to_json(),
        text_s=setting.meaning.to_json(),
        shown=typed.get(setting.name, shown),
        short_s=None if short is None else short.to_json(),
        choices=[ChoiceRow(id=id, text_s=text.to_json()) for id, text in choices.items()],
    )


def _number(value: float) -> float:
    return int(value) if value == int(value) else value


def _names(network: Network, ids: Sequence[str]) -> list[NameRow]:
    known: Mapping[str, Any] = {**network.country_by_id, **network.utility_by_id}
    return [NameRow(id=id, name=known[id].name if id in known else id) for id in ids]


def _rule_row(found: Policy, id: str, would_remove: int | None, typed: Kept) -> RuleRow:
    settings, bar = found.rules[id], bar_words(found, id)
    return RuleRow(
        id=id,
        title_s=RULES[id].title.to_json(),
        text_s=RULE_MEANINGS[id].to_json(),
        level=level_of(settings),
        level_s=level_name(settings).to_json(),
        levels=[
            LevelRow(
                id=level,
                text_s=(_own(settings.weight) if level == "own" else LEVEL_NAMES[level]).to_json(),
                weight=settings.weight if level == "own" else WEIGHTS.get(level),
            )
            for level in levels_for(settings)
        ],
        would_remove=would_remove,
        bar_s=None if bar is None else bar.to_json(),
        settings=[_setting_row(each, found, typed) for each in (*OF_RULES, *THRESHOLDS) if each.rule == id],
    )


def _own(weight: float) -> Sentence:
    return say("own weight {weight}", weight=weight)


def _limit_row(network: Network, limit: LimitSettings, typed: Kept) -> LimitRow:
    return LimitRow(
        id=limit.id,
        text_s=limit_sentence(network, limit).to_json(),
        percent=limit.counts == "share",
        at_least=typed.get(f"least:{limit.id}", shown_bound(limit, "at_least")),
        at_most=typed.get(f"most:{limit.id}", shown_bound(limit, "at_most")),
    )
