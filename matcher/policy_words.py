"""What a policy says, in sentences for people who never saw its file: goals, rules, and the question behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from graph.sentences import Sentence, say

Trade: TypeAlias = Literal["fit", "mentees", "partnerships", "urgent", "weakest", "first_timers"]

TRADES: Mapping[Trade, tuple[Sentence, tuple[str, ...]]] = {
    "fit": (say("The best fit, even if some mentees stay without a partner"), ("best_fit",)),
    "mentees": (say("As many mentees with a partner as possible, then the best fit"), ("most_mentees", "best_fit")),
    "partnerships": (say("As many partnerships as possible, then the best fit"), ("most_partnerships", "best_fit")),
    "urgent": (say("The most urgent needs first, then the best fit"), ("most_priority", "best_fit")),
    "weakest": (
        say("Fragile states and low-income countries first, then the best fit"),
        ("fragile_first", "low_income_first", "best_fit"),
    ),
    "first_timers": (
        say("Utilities that never had a partnership first, then the best fit"),
        ("first_timers", "best_fit"),
    ),
}
"""The one question a policy answers first, "what matters most?": each answer is an order of goals."""

GOAL_MEANINGS: Mapping[str, Sentence] = {
    "most_mentees": say("Counts the mentees that get a partner; it needs one mentor for each mentee."),
    "most_partnerships": say("Counts the pairs; a mentee with two mentors counts twice."),
    "most_needs": say("Counts the needs that somebody works on."),
    "most_priority": say("Counts the needs of the highest priority that somebody works on."),
    "fragile_first": say("Counts the pairs whose mentee is in a fragile state."),
    "low_income_first": say("Counts the pairs whose mentee is in a low-income country."),
    "first_timers": say("Counts the pairs whose mentee has never been one before."),
    "best_fit": say("Adds up how well the pairs fit."),
    "fewest_changes": say("Keeps as much as possible of what was already published."),
    "stable": say("Breaks what ties are left, always in the same way; it comes last by itself."),
}
"""One plain sentence a goal."""

RuleGroup: TypeAlias = Literal["topic", "formal", "context", "place", "wishes", "register"]

GROUPS: Mapping[RuleGroup, tuple[Sentence, tuple[str, ...]]] = {
    "topic": (
        say("What is taught and learned"),
        ("topic_offered", "need_cover", "capability_closeness", "performance_gap", "reciprocity"),
    ),
    "formal": (
        say("Conditions"),
        (
            "not_itself",
            "free_capacity",
            "not_for_profit",
            "charter_signed",
            "funder_countries",
            "not_refused",
            "not_partners_now",
        ),
    ),
    "context": (
        say("How alike the two are"),
        ("size_ratio", "income_group", "water_source", "network_type", "climate", "ownership"),
    ),
    "place": (say("Where they are and what they speak"), ("language", "region", "distance", "time_zone")),
    "wishes": (
        say("What they wish and what they bring"),
        ("preference", "existing_link", "investment_coming", "leadership_letter"),
    ),
    "register": (say("What the register tells"), ("track_record", "country_ties", "country_topics", "mentor_income")),
}
"""Every rule once, in groups a reader can take in."""

RULE_MEANINGS: Mapping[str, Sentence] = {
    "not_itself": say("Nobody is its own partner."),
    "topic_offered": say("The mentor offers something the mentee needs."),
    "not_for_profit": say("Neither is known to work for profit."),
    "charter_signed": say("Both have signed the charter by the date of the round, as far as that is known."),
    "free_capacity": say("The mentor has a free place."),
    "funder_countries": say("Both countries are among those the funder accepts."),
    "not_refused": say("Neither has said that it does not want the other."),
    "not_partners_now": say("The two are not in a partnership with each other already."),
    "need_cover": say("How well the offers cover the needs: the level, and how recent the evidence is."),
    "capability_closeness": say("How close the mentor's topics are to the needs, even where not the same."),
    "performance_gap": say("The mentor is ahead in the figures of the need, but not out of sight."),
    "size_ratio": say("The mentor is somewhat larger than the mentee, not many times as large."),
    "income_group": say("Their countries are in the same or a neighbouring income group."),
    "water_source": say("Both take their water from the same kind of source."),
    "network_type": say("Both networks work the same way, by gravity or pumped."),
    "climate": say("Both live in the same climate."),
    "region": say("Both are in the same region, or at least on the same continent."),
    "distance": say("They are near each other."),
    "time_zone": say("Their clocks are not far apart."),
    "language": say("They have an official language in common."),
    "ownership": say("Both are owned alike: public, mixed, private or by a community."),
    "existing_link": say("They were partners before, or are twinned."),
    "reciprocity": say("The mentee has something to teach the mentor as well."),
    "preference": say("They have named each other as preferred partners."),
    "investment_coming": say("An investment is coming at the mentee."),
    "leadership_letter": say("Their leaderships have written a letter."),
    "track_record": say("The mentor has mentored before, the more recently the better."),
    "country_ties": say("The mentor's country has often worked with the mentee's region."),
    "country_topics": say("Mentors of the country have often worked on what the mentee needs."),
    "mentor_income": say("The mentor's country has a high income."),
}
"""One plain sentence a rule: what is true of a pair that it favours."""
