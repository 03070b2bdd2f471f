"""Checked tables merged into the graph, in bulk; each returns how many rows were created, updated, unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graph.parsing import ParsedTable
from graph.problems import Problems
from graph.sentences import say
from graph.store import Counts, Transaction
from graph.tables import NAMED_BY
from graph.upload_columns import FIGURES


def merge_utilities(parsed: ParsedTable, transaction: Transaction) -> Counts:
    """Utilities and where they are."""
    ids, countries = parsed.columns["id"], parsed.columns["country"]
    counts = transaction.merge_nodes("Utility", {"id": ids, **_fields(parsed)})
    _replace_edges(transaction, "LOCATED_IN", "source", ids, list(zip(ids, countries, strict=True)))
    return counts


def merge_offers_or_needs(parsed: ParsedTable, transaction: Transaction) -> Counts:
    """Offers or needs, by utility and capability."""
    ends = {"source": parsed.columns["utility"], "target": parsed.columns["capability"]}
    return transaction.merge_edges(parsed.table.edge, {**ends, **_fields(parsed)})


def merge_observations(parsed: ParsedTable, transaction: Transaction) -> Counts:
    """Figures, by utility, metric and year."""
    columns = parsed.columns
    return transaction.merge_edges(
        "OBSERVED",
        {
            "source": columns["utility_id"],
            "target": columns["metric"],
            "key": _year_keys(columns.get("year"), len(parsed.rows)),
            **_fields(parsed),
        },
    )


def figures_of_utilities(
    parsed: ParsedTable, given: Sequence[ParsedTable], transaction: Transaction, problems: Problems
) -> dict[str, list[Any]]:
    """Columns of the OBSERVED edges that the figures in rows of ``utilities`` add to what is known.

    A figure that is known for the same utility and metric (stored, or among ``given``, the upload's observations)
    with the same value, whatever its year, is a repetition and adds nothing. One that contradicts an observation
    of the upload for the same year is a problem.
    """
    metrics = [metric for metric in FIGURES if metric in parsed.columns]
    added: dict[str, list[Any]] = {name: [] for name in ("source", "target", "key", "value", "year", "source_url")}
    if not metrics:
        return added
    stored = transaction.edges("OBSERVED", sources=parsed.columns["id"])
    known = dict(zip(zip(stored["source"], stored["target"], stored["key"], strict=True), stored["value"], strict=True))
    uploaded: dict[tuple[str, str, str], float] = {}
    for table in given:
        columns = table.columns
        keys = _year_keys(columns.get("year"), len(table.rows))
        uploaded.update(
            zip(zip(columns["utility_id"], columns["metric"], keys, strict=True), columns["value"], strict=True)
        )
    known.update(uploaded)
    repeated = {(utility, metric, value) for (utility, metric, _), value in known.items()}
    years = parsed.columns.get("year") or [None] * len(parsed.rows)
    sources = parsed.columns.get("source_url") or [None] * len(parsed.rows)
    for metric in metrics:
        for at, value in enumerate(parsed.columns[metric]):
            id, year = parsed.columns["id"][at], years[at]
            if value is None or (id, metric, value) in repeated:
                continue
            key = "" if year is None else str(year)
            if (id, metric, key) in uploaded:
                parsed.problem(
                    problems,
                    at,
                    metric,
                    say(
                        "The observations of this upload give {value} for the same year.",
                        value=uploaded[id, metric, key],
                    ),
                    say("Correct one of the two, or leave this cell empty."),
                )
            for name, part in zip(added, (id, metric, key, value, year, sources[at]), strict=True):
                added[name].append(part)
    return added


def merge_partnerships(parsed: ParsedTable, transaction: Transaction) -> Counts:
    """Partnerships with all their edges; a row given again replaces the edges its columns speak of."""
    columns, ids = parsed.columns, parsed.columns["id"]
    stored = transaction.nodes("Partnership", ids)
    known = set(stored["id"])
    shared = dict(zip(stored["id"], stored["wop"], strict=True))
    fields = _fields(parsed)
    keys = columns.get("wop_key")
    wop = [shared.get(id) if keys is None else key for id, key in zip(ids, keys or ids, strict=True)]
    fields["wop"] = [key or id for key, id in zip(wop, ids, strict=True)]
    changed = _differing(ids, fields, stored)
    transaction.merge_nodes("Partnership", {"id": ids, **fields})
    for column, type in (("mentor", "MENTORS_IN"), ("mentee", "LEARNS_IN")):
        changed |= _replace_edges(transaction, type, "target", ids, list(zip(columns[column], ids, strict=True)))
    if "topics" in columns:
        covered = [(id, topic) for id, topics in zip(ids, columns["topics"], strict=True) for topic in topics or ()]
        changed |= _replace_edges(transaction, "COVERS", "source", ids, covered)
    for column, (label, type) in NAMED_BY.items():
        if column in columns:
            changed |= _replace_named(transaction, label, type, ids, columns[column])
    created = len(ids) - len(known)
    updated = len(changed & known)
    return Counts(created, updated, len(ids) - created - updated)


def _fields(parsed: ParsedTable) -> dict[str, list[Any]]:
    return {field: parsed.columns[name] for name, field in parsed.table.fields.items() if name in parsed.columns}


def _year_keys(years: Sequence[int | None] | None, count: int) -> list[str]:
    return [""] * count if years is None else ["" if year is None else str(year) for year in years]


def _differing(ids: Sequence[str], fields: dict[str, list[Any]], stored: dict[str, list[Any]]) -> set[str]:
    """Ids whose fields given are not as stored."""
    before = dict(zip(stored["id"], zip(*(stored[field] for field in fields), strict=True), strict=True))
    return {id for id, row in zip(ids, zip(*fields.values(), strict=True), strict=True) if before.get(id) != row}


def _replace_edges(
    transaction: Transaction, type: str, end: str, ids: Sequence[str], wanted: Sequence[tuple[str, str]]
) -> set[str]:
    """Make ``wanted`` (source, target) the only edges of a type at ``ids``, the edges' ``end``; which ids changed."""
    stored = transaction.edges(type, sources=ids) if end == "source" else transaction.edges(type, targets=ids)
    before = set(zip(stored["source"], stored["target"], strict=True))
    gone, new = sorted(before - set(wanted)), sorted(set(wanted) - before)
    at = 0 if end == "source" else 1
    if gone:
        transaction.delete_edges(type, _ends(gone))
    if new:
        transaction.merge_edges(type, _ends(new))
    return {edge[at] for edge in (*gone, *new)}


def _replace_named(
    transaction: Transaction, label: str, type: str, ids: Sequence[str], names: Sequence[str | None]
) -> set[str]:
    """The same for nodes known by their name, which come and go with their edges."""
    before = transaction.edges(type, targets=ids)["source"]
    wanted = [(name, id) for name, id in zip(names, ids, strict=True) if name is not None]
    given = sorted({name for name, _ in wanted})
    if given:
        transaction.merge_nodes(label, {"id": given, "name": given})
    changed = _replace_edges(transaction, type, "target", ids, wanted)
    dropped = sorted(set(before) - set(given))
    if dropped:
        still = set(transaction.edges(type, sources=dropped)["source"])
        transaction.delete_nodes(label, [name for name in dropped if name not in still])
    return changed


def _ends(edges: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    return {"source": [source for source, _ in edges], "target": [target for _, target in edges]}
