"""Policies of every form, for what edits them, writes them and reads them back."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from matcher.policy import GOALS, LimitSettings, Policy, Selection, parse_policy
from matcher.policy_levels import WEIGHTS
from matcher.rules.settings import SETTINGS, FixedGate, NeedCover

REGIONS = ["Eastern Africa", "South America", "Western Africa"]
COUNTRIES = ["BFA", "BRA", "KEN", "UGA"]
TOPICS = ["billing_collection", "leak_detection", "non_revenue_water"]
_SHARES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0])
_WEIGHTS = st.sampled_from([*WEIGHTS.values(), 0.35, 4.0, 7.25])


def _some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


selections = st.builds(
    Selection,
    regions=_some(REGIONS),
    countries=_some(COUNTRIES),
    income_groups=_some(["low", "lower_middle", "high"]),
    fragile=st.none() | st.booleans(),
    small_town=st.none() | st.booleans(),
    offers=_some(TOPICS),
    needs=_some(TOPICS),
    utilities=_some(["U0", "U1", "U2"]),
    also=_some(["U3", "U4"]),
    without=_some(["U5", "U6"]),
)


@st.composite
def limits(draw: st.DrawFn, id: str = "limit") -> LimitSettings:
    """One limit of any kind."""
    counts = draw(st.sampled_from(["partnerships", "money", "share", "balance"]))
    bound = _SHARES if counts == "share" else st.integers(0, 9).map(float)
    least, most = sorted([draw(bound), draw(bound)])
    kept = draw(st.sampled_from(["both", "least", "most"]))
    form: dict[str, Any] = {"id": id, "title": draw(st.sampled_from(["A limit", "Fragile {states}"])), "counts": counts}
    form |= {"at_least": least} if kept != "most" else {}
    form |= {"at_most": most} if kept != "least" else {}
    for side in ("mentor", "mentee"):
        form[side] = draw(selections)
    form["either"] = draw(st.none() | selections)
    if counts == "balance":
        form["group"] = draw(selections)
    if counts == "money":
        form |= {"base_cost": 1000.0, "cost_per_1000_km": draw(st.sampled_from([0.0, 40.5]))}
    form["cross_region"] = draw(st.none() | st.booleans())
    form["cross_country"] = draw(st.none() | st.booleans())
    form["for_each"] = draw(st.none() | st.sampled_from(["mentee_region", "mentor_country", "facilitator"]))
    return LimitSettings(**form)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Any policy whose names the small networks know."""
    rules: dict[str, dict[str, Any]] = {}
    for id, kind in SETTINGS.items():
        if issubclass(kind, FixedGate) or draw(st.booleans()):
            continue
        modes = ["graded", "mandatory"] if kind is NeedCover else ["off", "graded", "mandatory"]
        rules[id] = {"mode": draw(st.sampled_from(modes)), "weight": draw(_WEIGHTS), "threshold": draw(_SHARES)}
    rules["distance"] = {**rules.get("distance", {}), "near_km": draw(st.sampled_from([0.0, 250.5]))}
    goals = draw(st.lists(st.sampled_from([goal for goal in GOALS if goal != "stable"]), min_size=1, unique=True))
    count = draw(st.integers(0, 3))
    return parse_policy(
        {
            "name": draw(st.sampled_from(["Mine", 'All "of" it', "Économies {x}"])),
            "quality_floor": draw(_SHARES),
            "goals": goals,
            "rules": rules,
            "participants": {
                "mentors_wanted": draw(st.integers(1, 3)),
                "mentors": draw(st.none() | selections.map(lambda each: each.model_dump(exclude_none=True))),
                "mentees": draw(st.none() | selections.map(lambda each: each.model_dump(exclude_none=True))),
                "exclude": list(draw(_some(["U7", "U8"]))),
            },
            "limits": [draw(limits(f"limit_{at}")).model_dump(exclude_none=True) for at in range(count)],
            "pins": draw(st.sampled_from([[], [{"mentor": "U0", "mentee": "U1", "reason": "signed"}]])),
        },
        "a random policy",
    )
