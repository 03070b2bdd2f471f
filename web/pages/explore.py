"""The network as a drawing to explore: what is shown, the data it is drawn from, and files of exactly that view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypedDict

from flask import Response, request
from pydantic import Field

from graph.errors import UnknownName
from graph.inside import DEPTHS
from graph.saved_views import SavedView, views_for
from graph.sentences import Sentence, say
from matcher.words import INCOME_NAMES
from web.asking import asked
from web.i18n import named, told
from web.knowledge import keeper, today
from web.network_colours import BANDS, COLOURED_BY, MEANING, SIZED_BY, Colouring
from web.network_columns import Columns
from web.network_rows import ChainTo, chain_of
from web.network_seen import seen_columns
from web.network_tables import (
    Cascade,
    LegendRow,
    Looked,
    PairShown,
    UtilityShown,
    cascades,
    legend_rows,
    looked,
    pair_rows,
    pairs_shown,
    utilities_shown,
    utility_rows,
)
from web.network_view import ViewQuery, bits, places_known, shown
from web.pages.network import pages
from web.shown import Part, cut
from web.signing_in import signed_in
from web.twin import Paged, Query, answer, json_response, page

CASCADES_LISTED = 30


class ExploreQuery(ViewQuery, Paged):
    """Which part of the network, how it is drawn, and which table is under it."""

    table: Literal["utilities", "pairs"] = Field(default="utilities", description="What the table lists.")
    to: str | None = Field(
        default=None, max_length=300, description="Id or exact name of another utility to find the shortest chain to."
    )


class ViewRow(TypedDict):
    """A saved view; ``own`` says whether it is the reader's."""

    id: str
    name: str
    question: str
    roles: list[str]
    own: bool


class Explore(TypedDict):
    """A view of the network; ``drawn`` says whether places and measures are worked out already."""

    drawn: bool
    utilities_shown: int
    pairs_shown: int
    undated: int
    part: Part
    utilities: list[UtilityShown]
    pairs: list[PairShown]
    legend: list[LegendRow]
    cascades: list[Cascade]
    looked: Looked | None
    chain: ChainTo | None
    views: list[ViewRow]


class Graph(TypedDict):
    """The whole network in columns; see docs/howto/network.md."""

    revision: int
    drawn: bool
    palette: list[str]
    utilities: dict[str, Any]
    pairs: dict[str, Any]


class Downloaded(TypedDict):
    """A view as a file."""

    utilities: list[UtilityShown]
    pairs: list[PairShown]


@page(pages, "/network", ExploreQuery, Explore)
def explore(query: ExploreQuery) -> Response:
    """The network: who helped whom, by filters, colours and years, as a drawing and as tables."""
    columns = seen_columns(patience=0.2)
    view = shown(columns, query)
    utilities, pairs = utilities_shown(columns, view), pairs_shown(columns, view)
    rows = cut(utilities if query.table == "utilities" else pairs, query.page)
    chain = None
    if query.selected is not None and query.to is not None:
        year = query.year or today().year
        found = asked(
            lambda reader: reader.chain(query.selected or "", query.to or "", year),
            selected=query.selected,
            to=query.to,
        )
        chain = chain_of(found, year)
    data = Explore(
        drawn=columns.drawn,
        utilities_shown=len(utilities),
        pairs_shown=len(pairs),
        undated=int((view.pairs & (columns.began < 0) & ~columns.is_proposed).sum()),
        part=rows.part,
        utilities=utility_rows(columns, view, rows.rows) if query.table == "utilities" else [],
        pairs=pair_rows(columns, rows.rows) if query.table == "pairs" else [],
        legend=legend_rows(columns, view, query.colour),
        cascades=cascades(columns, view),
        looked=looked(columns, view, columns.number[query.selected]) if query.selected is not None else None,
        chain=chain,
        views=views_seen(),
    )
    response = answer(
        "explore.html",
        data,
        query=query,
        known=columns.known,
        choices={name: list(coded.ids) for name, coded in columns.of_pairs.items()},
        years=years_of(columns),
        masks=(bits(view.pairs), bits(view.standing)),
        on_chain=[columns.number[place["id"]] for place in (chain or {"utilities": []})["utilities"]],
        address=address_of(query),
        coloured_by=COLOURED_BY,
        sized_by=SIZED_BY,
        meanings=[MEANING[name] for name in dict.fromkeys((query.colour, query.size)) if name in MEANING],
        legend_names=legend_names(data["legend"], query.colour),
        has_proposal=bool(columns.proposed),
        steps=DEPTHS,
        most_cascades=CASCADES_LISTED,
        places={id: named(name) for id, name in places_known(columns).items()},
    )
    return kept_only_if_drawn(response, columns)


@page(pages, "/network/graph", Query, Graph)
def graph(_query: Query) -> Response:
    """The network in columns, from which the page draws; always JSON."""
    columns = seen_columns()
    response = Response(mimetype="application/json")
    if request.accept_encodings["gzip"]:
        response.set_data(columns.packed)
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
    else:
        response.set_data(columns.body)
    return kept_only_if_drawn(response, columns)


MIMETYPES = {
    "svg": "image/svg+xml",
    "graphml": "application/xml",
    "gexf": "application/gexf+xml",
    "utilities.csv": "text/csv; charset=utf-8",
    "pairs.csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
FILE_TYPES = ("image/svg+xml", "application/xml", "application/gexf+xml", "text/csv; charset=utf-8")


@page(pages, "/network/download.<kind>", ViewQuery, Downloaded, also=FILE_TYPES)
def download(query: ViewQuery, kind: str) -> Response:
    """A view as a file: svg, graphml, gexf, utilities.csv, pairs.csv or json."""
    from web.network_files import ViewRecords, gexf, graphml, partnerships_csv, utilities_csv

    if kind not in MIMETYPES:
        raise UnknownName(say("kind of download"), kind, MIMETYPES)
    columns = seen_columns()
    view = shown(columns, query)
    if kind == "json":
        return json_response(
            Downloaded(
                utilities=utility_rows(columns, view, utilities_shown(columns, view)),
                pairs=pair_rows(columns, pairs_shown(columns, view)),
            ),
        )
    if kind == "svg":
        from web.network_svg import network_svg

        legend = legend_rows(columns, view, query.colour)
        body = network_svg(columns, view, query.colour, query.size, legend, legend_names(legend, query.colour))
    else:
        makers: dict[str, Callable[[ViewRecords], bytes]] = {
            "graphml": graphml,
            "gexf": gexf,
            "utilities.csv": utilities_csv,
            "pairs.csv": partnerships_csv,
        }
        body = makers[kind](ViewRecords(columns, view, query))
    response = Response(body, content_type=MIMETYPES[kind])
    how = "inline" if kind == "svg" else "attachment"
    response.headers["Content-Disposition"] = f'{how}; filename="network.{kind}"'
    return kept_only_if_drawn(response, columns)


def kept_only_if_drawn(response: Response, columns: Columns) -> Response:
    """An answer that no browser keeps while the drawing is worked out: it changes before anything in the store does."""
    if not columns.drawn:
        response.headers["Cache-Control"] = "no-store"
    return response


def address_of(query: ViewQuery) -> dict[str, Any]:
    """What the address of a view holds, without what every page takes and what is as it is anyway."""
    given = query.model_dump(exclude_defaults=True)
    return {name: value for name, value in given.items() if name in ViewQuery.model_fields and name not in ASIDE}


BAND_NAMES: dict[str, dict[str, Sentence]] = {
    "reach": {
        "0": say("nobody"),
        "1": say("1 or 2 utilities"),
        "3": say("3 to 9 utilities"),
        "10": say("10 utilities or more"),
    },
    "bridging": {
        "0": say("between no others"),
        "1e-09": say("less than 0.1 % of the chains"),
        "0.001": say("0.1 to 1 % of the chains"),
        "0.01": say("1 % of the chains or more"),
    },
}
ASIDE = ("lang", "format")


def years_of(columns: Columns) -> tuple[int, int] | None:
    """The first and last year in which a dated pair began; ``None`` without one."""
    dated = columns.began[columns.began >= 0]
    return (int(dated.min()), int(dated.max())) if len(dated) else None


def legend_names(legend: list[LegendRow], colouring: Colouring) -> list[str]:
    """What the rows of a legend are called, in the reader's language."""
    return [legend_name(row["name"], colouring) for row in legend]


def legend_name(name: str | None, colouring: Colouring) -> str:
    """What one colour is called, in the reader's language."""
    if name is None:
        return told(say("in no partnership") if colouring == "role" else say("unknown"))
    if name == "":
        return told(say("all others"))
    if colouring == "region":
        return named(name)
    if colouring == "income":
        return told(INCOME_NAMES[name]) if name in INCOME_NAMES else name
    if colouring == "community":
        return told(say("Community {number}", number=int(name)))
    if colouring in BANDS:
        return told(BAND_NAMES[colouring][name])
    roles = {"mentor": say("mentor"), "mentee": say("mentee"), "both": say("mentor and mentee")}
    return told(roles[name]) if colouring == "role" else name


def views_seen() -> list[ViewRow]:
    """The saved views that whoever sends this request sees."""
    account = signed_in().account
    with keeper().store.read() as reader:
        return [view_row(view, account.id) for view in views_for(reader, account)]


def view_row(view: SavedView, who: str) -> ViewRow:
    """A saved view as lists show it; whose it is stays untold."""
    return ViewRow(id=view.id, name=view.name, question=view.question, roles=list(view.roles), own=view.who == who)
