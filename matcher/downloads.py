"""A proposal as files to keep: JSON (complete), XLSX (four sheets) and CSV (one row a pair or unmatched mentee)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from graph.cells import harmless
from graph.csv_files import csv_writer
from graph.sentences import Sentence
from matcher.document import NeedRef, PairExplanation, ProposalDocument, SentenceJson

PAIR_HEADINGS = (
    "mentor id",
    "mentor",
    "mentor country",
    "mentee id",
    "mentee",
    "mentee country",
    "mentee region",
    "fit (0-100)",
    "needs worked on",
    "needs left open",
    "evidence known",
    "criteria",
    "reasons",
)
UNMATCHED_HEADINGS = ("mentee id", "mentee", "country", "region", "needs", "reason code", "reason", "eligible mentors")
REGION_HEADINGS = ("region", "mentees", "served", "mentors", "places", "places used")
FIXED_DATE = datetime(2000, 1, 1)
"""Written into workbooks as their date, so that the same proposal gives the same bytes."""

Show = Callable[[SentenceJson], str]


def english(sentence: SentenceJson) -> str:
    """A sentence's English text."""
    return str(Sentence.from_json(sentence))


def proposal_json(document: ProposalDocument) -> bytes:
    """The whole document, indented, in UTF-8."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def proposal_csv(document: ProposalDocument, show: Show = english) -> bytes:
    """Pairs, then unmatched mentees with their reason, in one table (UTF-8 with mark, so that Excel reads it)."""
    out = io.StringIO()
    writer = csv_writer(out)
    writer.writerow(("outcome", *PAIR_HEADINGS))
    for row in pair_rows(document, show):
        writer.writerow(("pair", *map(harmless, row)))
    for left in document["unmatched"]:
        who = left["mentee"]
        row = ("", "", "", who["id"], who["name"], who["country_name"], who["region_name"], "", "")
        writer.writerow(("unmatched", *map(harmless, (*row, names(left["needs"]), "", "", show(left["text_s"])))))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def proposal_xlsx(document: ProposalDocument, show: Show = english) -> bytes:
    """A workbook: pairs, without a partner, regions, and about (policy, goals, limits, versions)."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": f"Proposal {document['id']}", "created": FIXED_DATE})
    heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    body = book.add_format({"text_wrap": True, "valign": "top"})

    def sheet(name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]], widths: dict[str, int]) -> None:
        page = book.add_worksheet(name)
        page.freeze_panes(1, 0)
        page.repeat_rows(0)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.write_row(0, 0, headings, heading)
        count = 0
        for count, row in enumerate(rows, start=1):
            page.write_row(count, 0, list(map(harmless, row)), body)
        for place, title in enumerate(headings):
            page.set_column(place, place, widths.get(title, 14))
        page.autofilter(0, 0, count, len(headings) - 1)

    wide = {"mentor": 32, "mentee": 32, "needs worked on": 36, "needs left open": 36, "reasons": 90, "needs": 36}
    sheet("Pairs", PAIR_HEADINGS, pair_rows(document, show), wide)
    sheet("Without a partner", UNMATCHED_HEADINGS, unmatched_rows(document, show), wide | {"reason": 90})
    sheet("Regions", REGION_HEADINGS, region_rows(document), {"region": 28})
    sheet("About", ("what", "value", "note"), about_rows(document, show), {"what": 40, "value": 44, "note": 60})
    book.close()
    return out.getvalue()


def pair_rows(document: ProposalDocument, show: Show) -> Iterable[tuple[Any, ...]]:
    """One row a proposed pair, in the order of PAIR_HEADINGS."""
    for pair in document["pairs"]:
        mentor, mentee = pair["mentor"], pair["mentee"]
        yield (
            mentor["id"],
            mentor["name"],
            mentor["country_name"],
            mentee["id"],
            mentee["name"],
            mentee["country_name"],
            mentee["region_name"],
            round(100 * pair["fit"], 1),
            names(pair["covered"]),
            names(pair["uncovered"]),
            pair["evidence_known"],
            pair["evidence_total"],
            reasons(pair, show),
        )


def unmatched_rows(document: ProposalDocument, show: Show) -> Iterable[tuple[Any, ...]]:
    """One row an unmatched mentee, in the order of UNMATCHED_HEADINGS."""
    for left in document["unmatched"]:
        who = left["mentee"]
        yield (
            who["id"],
            who["name"],
            who["country_name"],
            who["region_name"],
            names(left["needs"]),
            left["code"],
            show(left["text_s"]),
            left["eligible_mentors"],
        )


def region_rows(document: ProposalDocument) -> Iterable[tuple[Any, ...]]:
    """One row a region, in the order of REGION_HEADINGS."""
    for region in document["regions"]:
        counts = (region["mentees"], region["served"], region["mentors"], region["places"], region["places_used"])
        yield (region["region_name"], *counts)


def about_rows(document: ProposalDocument, show: Show) -> Iterable[tuple[Any, ...]]:
    """What the proposal stands on: round, policy, goals, limits, verification, versions."""
    yield "round", document["id"], ""
    yield "as of", document["as_of"], "only what was known by this date counts"
    yield "policy", document["policy"]["name"], document["policy"].get("description", "")
    for goal in document["goals"]:
        proof = "proven optimal" if goal["proven"] else f"proven: at most {goal['bound'] or 0:,}"
        if goal["value"] is None:
            proof = "not shown"
        yield "goal: " + show(goal["title_s"]), goal["value"], proof
    for limit in document["limits"]:
        bounds = f"at least {limit['lower']}, at most {limit['upper']}".replace("None", "open")
        yield "limit: " + show(limit["title_s"]), limit["used"], bounds
    yield "verified", "yes" if document["verification"]["passed"] else "no", f"method {document['method']}"
    if document["input_hash"]:
        yield "input hash", document["input_hash"], "equal inputs have equal hashes"
    if "left_out" in document:
        yield "left out", "", show(document["left_out"]["text_s"])
    for part, number in document["versions"].items():
        yield f"version of {part}", number, ""
    yield (
        "source",
        "",
        "Offers and needs that no utility stated are inferred from the register of past partnerships;"
        " they are not statements by the utilities.",
    )


def names(needs: Iterable[NeedRef]) -> str:
    """Needs by name; the inferred ones are marked."""
    return "; ".join(
        need["capability_name"] + (" (inferred)" if need["provenance"] == "inferred" else "") for need in needs
    )


def reasons(pair: PairExplanation, show: Show) -> str:
    """Every graded reason of a pair, in the order of the rules."""
    return " ".join(show(reason["text_s"]) for reason in pair["reasons"] if reason["mode"] == "graded")
