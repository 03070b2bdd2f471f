"""Runs a back-test: hides each pair, ranks by every method, counts, and says it in sentences."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graph.errors import BadInput
from graph.model import Partnership
from graph.network import Network
from graph.sentences import Sentence, say
from matcher.backtest.baselines import BASELINES
from matcher.backtest.calibration import fit_weights, fitted_on_others
from matcher.backtest.document import BacktestDocument, Group, Method, RowResult
from matcher.backtest.hidden import Hidden, Pool, hide, real_pairs, without_words
from matcher.backtest.measures import Placing, measure, placing
from matcher.backtest.values import Judged, judge
from matcher.policy import Policy
from matcher.rules.settings import Counted, Distance, RuleSettings, TrackRecord
from matcher.scoring import counted_rules

Progress = Callable[[str, float], None]

FORMAT = "wop-backtest-1"
TITLES: Mapping[str, Sentence] = {
    "random": say("By chance"),
    "popularity": say("The most frequent mentors"),
    "region": say("The most frequent mentors in the mentee's region"),
    "region_topic": say("The most frequent mentors in the region on its topics"),
    "rules": say("The policy's rules"),
    "calibrated": say("The rules with weights fitted on other partnerships"),
}
"""What each method is called; the first four are the habits it is compared with."""


@dataclass(frozen=True)
class _Row:
    judged: Judged
    in_history: bool
    placings: Mapping[str, Placing | None]

    @property
    def hidden(self) -> Hidden:
        return self.judged.hidden


GROUPS: Mapping[str, tuple[Sentence, Callable[[_Row], bool]]] = {
    "all": (say("All rows"), lambda row: row.in_history),
    "clean": (say("Clean rows (no flag)"), lambda row: row.in_history and row.hidden.clean),
    "seen": (say("Rows whose mentor had mentored before"), lambda row: row.hidden.seen),
    "seen_clean": (
        say("Clean rows whose mentor had mentored before"),
        lambda row: row.hidden.seen and row.hidden.clean,
    ),
    "dated": (
        say("Rows with a start year"),
        lambda row: row.in_history and row.hidden.partnership.start_year is not None,
    ),
}
"""The groups counted, by id."""


def backtest_policy(policy: Policy) -> Policy:
    """The policy with the rules that read the register switched on, and distance by its logarithm."""
    changed: dict[str, RuleSettings] = {
        "track_record": TrackRecord(mode="graded"),
        "country_ties": Counted(mode="graded"),
        "country_topics": Counted(mode="graded"),
        "mentor_income": RuleSettings(mode="graded"),
        "distance": Distance(near_km=300.0, far_km=20_000.0, scale="logarithm"),
    }
    return policy.model_copy(update={"rules": {**policy.rules, **changed}})


def backtest(
    network: Network,
    policy: Policy,
    *,
    pool: Pool = "mentors",
    train: Collection[str] | None = None,
    progress: Progress | None = None,
) -> BacktestDocument:
    """Look for the mentor of every recorded pair with what was known before it began.

    Without ``train`` each row of the register is hidden in turn (its whole partnership), and the fitted weights
    that rank it come from the other folds. With ``train``, ids of partnerships, these are the history and what the
    weights are fitted on, and all others are tested; a pair whose mentor is nowhere in the history is counted
    apart. Raises ``BadInput`` where there is nothing to test.
    """
    tell = progress or (lambda _text, _share: None)
    pairs = real_pairs(network)
    history = pairs if train is None else tuple(part for part in pairs if part.id in train)
    tested = pairs if train is None else tuple(part for part in pairs if part.id not in train)
    for part, missing in (
        (history, say("What is known holds no partnership that happened.")),
        (tested, say("What is looked for holds no partnership that happened.")),
    ):
        if not part:
            raise BadInput(missing, say("Give a file with at least one row whose status is not “planned”."))
    plain, full = without_words(network), backtest_policy(policy)
    rules = counted_rules(full)
    work = len(tested) + (0 if train is None else len(history))

    def judged(parts: Sequence[Partnership], done: int) -> list[Judged]:
        found = []
        for at, part in enumerate(parts):
            tell(str(say("Hiding partnerships")), (done + at) / (work + 1))
            found.append(judge(hide(plain, part, history, pool), policy, full, rules))
        return found

    looked_for = judged(tested, 0)
    learned = looked_for if train is None else judged(history, len(tested))
    tell(str(say("Fitting weights")), work / (work + 1))
    whole = fit_weights(learned)
    weights = fitted_on_others(looked_for) if train is None else [whole] * len(looked_for)
    recorded = {end for part in history for end in (part.mentor, part.mentee)}
    rows = [
        _Row(each, train is None or each.hidden.partnership.mentor in recorded, _placings(each, own))
        for each, own in zip(looked_for, weights, strict=True)
    ]
    return _document(network, rows, pool, len(history), whole)


def _placings(judged: Judged, fitted: Mapping[str, float]) -> dict[str, Placing | None]:
    hidden = judged.hidden
    numbers = {id: ranking(hidden) for id, ranking in BASELINES.items()}
    numbers["rules"], numbers["calibrated"] = judged.points.astype(np.float64), judged.fits(fitted)
    return {id: placing(values, hidden.place) for id, values in numbers.items()}


def _document(
    network: Network, rows: Sequence[_Row], pool: Pool, history: int, weights: Mapping[str, float]
) -> BacktestDocument:
    members = {id: [row for row in rows if belongs(row)] for id, (_, belongs) in GROUPS.items()}
    groups: list[Group] = [
        {"id": id, "title_s": title.to_json(), "rows": len(members[id])} for id, (title, _) in GROUPS.items()
    ]
    methods: list[Method] = [
        {
            "id": id,
            "title_s": title.to_json(),
            "by_group": {group: measure([row.placings[id] for row in found]) for group, found in members.items()},
        }
        for id, title in TITLES.items()
    ]
    return {
        "format": FORMAT,
        "pool": pool,
        "history_rows": history,
        "tested_rows": len(rows),
        "apart": sum(not row.in_history for row in rows),
        "only_mentee": sum(row.in_history and row.hidden.place is None for row in rows),
        "undated": sum(row.hidden.partnership.start_year is None for row in rows),
        "groups": groups,
        "methods": methods,
        "weights": {rule: round(weight, 6) for rule, weight in weights.items()},
        "summary_s": [sentence.to_json() for sentence in _summary(methods)],
        "rows": [_row(network, row) for row in rows],
    }


def _row(network: Network, row: _Row) -> RowResult:
    part = row.hidden.partnership
    return {
        "id": part.id,
        "mentor": part.mentor,
        "mentor_name": network.utility_by_id[part.mentor].name,
        "mentee": part.mentee,
        "mentee_name": network.utility_by_id[part.mentee].name,
        "year": row.hidden.year,
        "dated": part.start_year is not None,
        "flags": list(part.flags),
        "clean": row.hidden.clean,
        "seen": row.hidden.seen,
        "in_history": row.in_history,
        "candidates": len(row.hidden.pool),
        "rank": {id: None if place is None else place.rank for id, place in row.placings.items()},
    }


def _summary(methods: Sequence[Method]) -> list[Sentence]:
    """The result in a sentence for each of the two groups that matter most; percentages of the top ten."""
    by_id = {method["id"]: method["by_group"] for method in methods}

    def values(group: str) -> dict[str, int]:
        result = by_id["calibrated"][group]
        low, high = result["interval"]
        return {
            "found": round(100 * result["top"]["10"]),
            "rows": result["rows"],
            "low": round(100 * low),
            "high": round(100 * high),
            "habit": round(100 * max(by_id[id][group]["top"]["10"] for id in BASELINES)),
        }

    said = []
    if by_id["calibrated"]["all"]["rows"]:
        said.append(
            say(
                "With fitted weights the real mentor is among the first ten for {found} % of {rows} rows"
                " (95 % interval {low} to {high} %); the best simple habit finds {habit} %.",
                **values("all"),
            )
        )
    if by_id["calibrated"]["clean"]["rows"]:
        said.append(
            say(
                "On clean rows it is {found} % of {rows} (95 % interval {low} to {high} %); the best simple habit"
                " finds {habit} %.",
                **values("clean"),
            )
        )
    return said
