"""A small hand-made network and proposal for the tests of pages, with names that try to break them."""

from __future__ import annotations

from typing import Any

from graph.sentences import say
from graph.store import Store
from matcher.document import (
    NeedRef,
    PairExplanation,
    ProposalDocument,
    ProposedPair,
    Reason,
    UnmatchedMentee,
    UtilityRef,
)

AS_OF = "2024-01-01"
HOSTILE = '<script>alert("x")</script> & "Söhne"'
ARABIC = "شركة مياه الشرب"

CAPABILITIES = {
    "leaks": ("Leak detection", "Finding, locating and repairing leaks.", "losses"),
    "meters": ("Metering", "Choosing, testing, reading and replacing meters.", "losses"),
    "tariffs": ("Tariff setting", "Designing tariffs and bringing them to cost recovery.", "customers"),
}
COUNTRIES = {"KEN": ("Kenya", "R1"), "NLD": ("Netherlands", "R2"), "EGY": ("Egypt", "R3"), "CIV": ("Ivory Coast", "R4")}
REGIONS = {"R1": "Eastern Africa", "R2": "Western Europe", "R3": "Northern Africa", "R4": "Western Africa"}
UTILITIES = {
    "M1": ("Waterwerken Noord", "NLD"),
    "M2": ("Waterwerken Zuid", "NLD"),
    "N1": ("Nairobi São Water", "KEN"),
    "N2": (HOSTILE, "KEN"),
    "N3": (ARABIC, "EGY"),
    "N4": ("Société des eaux", "CIV"),
}


def fill(store: Store) -> None:
    """Write the small network into an empty store."""
    with store.write() as transaction:
        nodes: dict[str, dict[str, list[Any]]] = {
            "Region": {"id": list(REGIONS), "name": list(REGIONS.values())},
            "Country": {"id": list(COUNTRIES), "name": [name for name, _ in COUNTRIES.values()]},
            "CapabilityGroup": {"id": ["losses", "customers"], "name": ["Water losses and metering", "Customers"]},
            "Capability": {
                "id": list(CAPABILITIES),
                "name": [row[0] for row in CAPABILITIES.values()],
                "definition": [row[1] for row in CAPABILITIES.values()],
            },
            "Metric": {
                "id": ["nrw_percent", "connections"],
                "name": ["Non-revenue water", "Connections"],
                "unit": ["%", None],
            },
            "Utility": {
                "id": list(UTILITIES),
                "name": [name for name, _ in UTILITIES.values()],
                "country": [country for _, country in UTILITIES.values()],
                "languages": [("nl",), ("nl",), ("en", "sw"), None, ("ar",), ("fr",)],
                "ownership": ["public", "public", None, None, None, None],
                "not_for_profit": [True, True, None, None, None, None],
                "charter_signed_on": ["2020-05-01", None, None, None, None, None],
                "mentor_places": [2, 2, None, None, None, None],
                "source_url": ["https://example.org/m1", None, "javascript:alert(1)", None, None, None],
            },
            "Programme": {"id": ["WaterWorX"], "name": ["WaterWorX"]},
            "Partnership": {
                "id": ["P1", "P2"],
                "wop": ["noord_nairobi", "noord_nairobi"],
                "start_year": [2018, 2019],
                "end_year": [2021, None],
                "confidence": ["high", "medium"],
                "flags": [("programme_years",), None],
                "excerpt_fact": ["Losses fell from 40 to 32 percent.", None],
                "source_url": ["https://example.org/p1", "https://example.org/p2"],
            },
        }
        for label, columns in nodes.items():
            transaction.merge_nodes(label, columns)
        edges: dict[str, dict[str, list[Any]]] = {
            "IN": {"source": list(COUNTRIES), "target": [region for _, region in COUNTRIES.values()]},
            "PART_OF": {"source": list(CAPABILITIES), "target": [row[2] for row in CAPABILITIES.values()]},
            "RELATED_TO": {"source": ["leaks", "meters"], "target": ["meters", "leaks"], "closeness": [0.6, 0.6]},
            "LOCATED_IN": {"source": list(UTILITIES), "target": [country for _, country in UTILITIES.values()]},
            "OFFERS": {
                "source": ["M1", "M1", "M2"],
                "target": ["leaks", "tariffs", "meters"],
                "level": [4, None, 3],
                "year": [2022, None, 2015],
                "evidence": ["own staff", None, None],
            },
            "NEEDS": {
                "source": ["N1", "N1", "N2", "N3"],
                "target": ["leaks", "meters", "leaks", "tariffs"],
                "priority": [1, 2, None, 1],
                "status": ["diagnosed", "provisional", None, None],
                "private": [None, True, None, None],
            },
            "OBSERVED": {
                "source": ["M1", "N1", "N1"],
                "target": ["nrw_percent", "nrw_percent", "nrw_percent"],
                "key": ["2020", "2018", "2021"],
                "value": [5.0, 41.25, 38.0],
                "year": [2020, 2018, 2021],
                "source_url": ["https://example.org/f1", None, "https://example.org/f2"],
            },
            "MENTORS_IN": {"source": ["M1", "M1"], "target": ["P1", "P2"]},
            "LEARNS_IN": {"source": ["N1", "N2"], "target": ["P1", "P2"]},
            "COVERS": {"source": ["P1", "P2"], "target": ["leaks", "leaks"]},
            "RUNS": {"source": ["WaterWorX", "WaterWorX"], "target": ["P1", "P2"]},
        }
        for type, columns in edges.items():
            transaction.merge_edges(type, columns)


def ref(id: str, name: str | None = None, country: str | None = None) -> UtilityRef:
    """A utility as documents show it."""
    known_name, known_country = UTILITIES.get(id, (name or id, country or "KEN"))
    country_name, region = COUNTRIES[known_country]
    return {
        "id": id,
        "name": known_name,
        "country": known_country,
        "country_name": country_name,
        "region": region,
        "region_name": REGIONS[region],
    }


def need(capability: str, quality: float | None = None) -> NeedRef:
    """A need as documents show it."""
    return {
        "capability": capability,
        "capability_name": CAPABILITIES[capability][0],
        "priority": 1,
        "provenance": "inferred",
        "quality": quality,
        "evidence_year": 2021 if quality is not None else None,
    }


def reasons() -> list[Reason]:
    """One reason of each kind: met, graded and unknown."""

    def reason(rule: str, mode: Any, value: float | None, text: str) -> Reason:
        return {
            "rule": rule,
            "title_s": say("Region").to_json(),
            "mode": mode,
            "value": value,
            "weight": 1.0,
            "passed": True,
            "text_s": say(text, count=1234).to_json(),
        }

    return [
        reason("not_for_profit", "mandatory", None, "Both are not for profit."),
        reason("region", "graded", 0.4, "They are {count} km apart."),
        reason("climate", "graded", None, "Nothing is known."),
    ]


def explanation(mentor: UtilityRef, mentee: UtilityRef, fit: float = 0.725) -> PairExplanation:
    """The explanation of a pair."""
    return {
        "mentor": mentor,
        "mentee": mentee,
        "eligible": True,
        "fit": fit,
        "points": round(fit * 10_000),
        "covered": [need("leaks", 0.8)],
        "uncovered": [need("meters")],
        "evidence_known": 2,
        "evidence_total": 3,
        "reasons": reasons(),
    }


def proposed(mentor: UtilityRef, mentee: UtilityRef, fit: float = 0.725, pinned: bool = False) -> ProposedPair:
    """A pair of a proposal."""
    return {**explanation(mentor, mentee, fit), "pinned": pinned}


def unmatched(mentee: UtilityRef) -> UnmatchedMentee:
    """A mentee without a partner."""
    return {
        "mentee": mentee,
        "needs": [need("tariffs")],
        "code": "no_eligible_mentor",
        "text_s": say("No mentor offers what it needs.").to_json(),
        "eligible_mentors": 0,
        "best_fit": None,
        "removed_by": [{"rule": "offers", "title_s": say("Region").to_json(), "removed": 2, "alone": 1}],
    }


def document(
    pairs: list[ProposedPair] | None = None, id: str = "round-1", policy: dict[str, Any] | None = None
) -> ProposalDocument:
    """A whole proposal over the small network, or over the pairs given."""
    chosen = pairs or [proposed(ref("M1"), ref("N1")), proposed(ref("M1"), ref("N2"), 0.5, pinned=True)]
    fits = [pair["fit"] for pair in chosen]
    return {
        "form": "wop-proposal/1",
        "id": id,
        "as_of": AS_OF,
        "seed": 0,
        "policy": policy or {"name": "best_fit"},
        "method": "flow",
        "proven": True,
        "input_hash": "ab" * 32,
        "versions": {"wop-matcher": "0.1.0"},
        "totals": {
            "mentors": 2,
            "mentees": len(chosen) + 1,
            "eligible_pairs": 3,
            "pairs": len(chosen),
            "served": len(chosen),
            "unmatched": 1,
            "needs": 2 * len(chosen) + 1,
            "needs_covered": len(chosen),
            "places": 4,
            "places_used": 2,
            "mean_fit": sum(fits) / len(fits),
            "lowest_fit": min(fits),
        },
        "goals": [{"id": "fit", "title_s": say("Fit").to_json(), "value": 12250, "bound": 12250, "proven": True}],
        "limits": [
            {
                "id": "share",
                "title_s": say("Region").to_json(),
                "unit": "share",
                "lower": None,
                "upper": 0.5,
                "used": 0.5,
                "binding": True,
                "price": None,
            },
            {
                "id": "floor",
                "title_s": say("Region").to_json(),
                "unit": "partnerships",
                "lower": 1,
                "upper": None,
                "used": 2,
                "binding": False,
                "price": 1.5,
            },
        ],
        "regions": [
            {
                "region": "R1",
                "region_name": "Eastern Africa",
                "mentees": 2,
                "served": 2,
                "mentors": 0,
                "places": 0,
                "places_used": 0,
            }
        ],
        "pairs": chosen,
        "unmatched": [unmatched(ref("N3"))],
        "idle_mentors": [
            {"mentor": ref("M2"), "places": 2, "eligible_mentees": 1, "text_s": say("Others fit better.").to_json()}
        ],
        "verification": {"passed": True, "checks": [say("No mentor has more mentees than places.").to_json()]},
    }
