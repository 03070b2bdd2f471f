"""Server time of pages over a proposal of many mentees: ``python benchmarks/page_speed.py [--mentees 1000]``.

Each page is asked for repeatedly through the whole application (routing, rendering, headers, compression), without
a network in between, and never revalidated. *cold* is the first request of a process: it reads the store.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from reader import signed_in_reader

from graph.rounds import save_round
from graph.sentences import say
from graph.store import Store, open_store
from web.settings import Settings

PAGES = (
    "/proposal",
    "/proposal?page=2&sort=mentee",
    "/proposal?q=mentee+9&min_fit=30",
    "/proposal?format=json",
    "/proposal/pair/M1/N1",
    "/utilities",
    "/",
)
ZIPPED = {"Accept-Encoding": "gzip"}


def fill(store: Store, mentees: int) -> None:
    """A network of one region with as many mentees as asked for, and half as many mentors."""
    mentors = max(1, mentees // 2)
    ids = [f"M{n}" for n in range(mentors)] + [f"N{n}" for n in range(mentees)]
    names = [f"Mentor {n}" for n in range(mentors)] + [f"Mentee {n}" for n in range(mentees)]
    with store.write() as transaction:
        transaction.merge_nodes("Region", {"id": ["Eastern Africa"], "name": ["Eastern Africa"]})
        transaction.merge_nodes("Country", {"id": ["KEN"], "name": ["Kenya"]})
        transaction.merge_edges("IN", {"source": ["KEN"], "target": ["Eastern Africa"]})
        transaction.merge_nodes("Utility", {"id": ids, "name": names, "country": ["KEN"] * len(ids)})
        transaction.merge_nodes("CapabilityGroup", {"id": ["losses"], "name": ["Water losses and metering"]})
        transaction.merge_nodes("Capability", {"id": ["leaks"], "name": ["Leak detection"], "definition": ["-"]})
        transaction.merge_edges("PART_OF", {"source": ["leaks"], "target": ["losses"]})
        transaction.merge_edges("OFFERS", {"source": ids[:mentors], "target": ["leaks"] * mentors})
        transaction.merge_edges("NEEDS", {"source": ids[mentors:], "target": ["leaks"] * mentees})
    save_round(store, document(mentors, mentees))


def document(mentors: int, mentees: int) -> dict[str, Any]:
    """A proposal with a pair for every mentee, each with as many reasons as a real one has."""

    def ref(id: str, name: str) -> dict[str, str]:
        place = {"country": "KEN", "country_name": "Kenya", "region": "Eastern Africa", "region_name": "Eastern Africa"}
        return {"id": id, "name": name, **place}

    reasons = [
        {
            "rule": f"rule_{n}",
            "title_s": say("Region").to_json(),
            "mode": "graded",
            "value": n / 25,
            "weight": 1.0,
            "passed": True,
            "text_s": say("Both are in {region}.", region="Eastern Africa").to_json(),
        }
        for n in range(26)
    ]
    needs = [
        {
            "capability": "leaks",
            "capability_name": "Leak detection",
            "priority": None,
            "provenance": "inferred",
            "quality": 0.5,
            "evidence_year": 2020,
        }
    ] * 3
    pairs = [
        {
            "mentor": ref(f"M{n % mentors}", f"Mentor {n % mentors}"),
            "mentee": ref(f"N{n}", f"Mentee {n}"),
            "eligible": True,
            "fit": (n * 37 % 1000) / 1000,
            "points": n * 37 % 1000 * 10,
            "covered": needs,
            "uncovered": needs[:1],
            "evidence_known": 8,
            "evidence_total": 18,
            "reasons": reasons,
            "pinned": False,
        }
        for n in range(mentees)
    ]
    totals = dict.fromkeys(
        ("mentors", "mentees", "eligible_pairs", "pairs", "served", "unmatched", "needs", "needs_covered"), mentees
    )
    return {
        "form": "wop-proposal/1",
        "id": "benchmark",
        "as_of": "2026-01-01",
        "seed": 0,
        "policy": {"name": "Best fit"},
        "method": "flow",
        "proven": True,
        "input_hash": "0" * 64,
        "versions": {},
        "totals": {**totals, "places": mentees, "places_used": mentees, "mean_fit": 0.5, "lowest_fit": 0.0},
        "goals": [],
        "limits": [],
        "regions": [],
        "pairs": pairs,
        "unmatched": [],
        "idle_mentors": [],
        "verification": {"passed": True, "checks": []},
    }


def measure(mentees: int, times: int) -> None:
    """Print the cold start, then each page's median and slowest time and its size as sent."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(store=f"sqlite:///{Path(folder) / 'pages.sqlite'}")
        store = open_store(settings.store)
        fill(store, mentees)
        store.close()
        client = signed_in_reader(settings)
        began = time.perf_counter()
        client.get("/proposal", headers=ZIPPED)
        print(f"{mentees:,} mentees; cold first page {1000 * (time.perf_counter() - began):.0f} ms")
        print(f"{'page':34} {'median ms':>9} {'slowest':>9} {'KB sent':>9}")
        for address in PAGES:
            spent = []
            for _ in range(times):
                began = time.perf_counter()
                response = client.get(address, headers=ZIPPED)
                spent.append(1000 * (time.perf_counter() - began))
                if response.status_code != 200:
                    raise SystemExit(response.text)
            size = len(response.data) / 1000
            print(f"{address:34} {statistics.median(spent):9.1f} {max(spent):9.1f} {size:9.1f}")


def main() -> None:
    """Measure, as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentees", type=int, default=1000)
    parser.add_argument("--times", type=int, default=20)
    asked = parser.parse_args()
    measure(asked.mentees, asked.times)


if __name__ == "__main__":
    main()
