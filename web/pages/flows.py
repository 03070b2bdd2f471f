"""The network on a map, and as matrices: who helps whom, from where to where, and where the needs are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, NotRequired, TypedDict, cast
from urllib.parse import urlencode

from flask import Response, request, url_for
from flask_babel import get_locale
from markupsafe import Markup
from pydantic import Field

from graph.errors import UnknownName
from graph.network import Network
from graph.sentences import Sentence, say
from matcher.document import LeftOut
from web.flows import Between, Cell, Matrix, NeedOf, cells_csv, matrix, names_of, needs_by_country, needs_csv
from web.i18n import country_name, named, number, told
from web.map_svg import SHADES, STEPS, Spot, flows_svg, needs_svg
from web.network_columns import Columns
from web.network_seen import SeenNetwork, seen_columns
from web.network_view import Shown, ViewQuery, places_known, shown
from web.pages.explore import address_of, years_of
from web.pages.network import pages
from web.pages.planning import with_left_out
from web.pages.utilities import check_known
from web.planning_questions import QUESTIONS, SupplyQuery
from web.planning_work import answered
from web.shown import Part, cut
from web.snapshot import Knowledge
from web.twin import Paged, answer, json_response, page
from web.world_map import Frame, centre, frame_of, world

MOST_LINES = 25
"""Rows and columns of a matrix that the page shows; the twin and the file have all."""
MARKS = ("\x00", "\x01", "\x02", "\x03")
KEPT_MAPS = 8
"""Maps that are kept ready for one kind of reader."""
COUNTED: Mapping[Between, Any] = {
    "regions": say("region to region"),
    "countries": say("country to country"),
    "programmes": say("programme to capability"),
}


class MapQuery(ViewQuery, Paged):
    """What the map shows, and how near."""

    show: Literal["countries", "regions", "needs"] = Field(default="countries", description="What the map shows.")
    zoom: str | None = Field(default=None, max_length=200, description="Id of the region that fills the map.")


class MatrixQuery(ViewQuery):
    """What is counted by what."""

    of: Between = Field(default="regions", description="What the rows and columns are.")


class MapTwin(TypedDict):
    """A map as rows: pairs from place to place, or needs by country."""

    show: str
    pairs: int
    undated: int
    part: Part
    flows: list[Cell]
    needs: list[NeedOf]
    names: dict[str, str]
    left_out: NotRequired[LeftOut]


class MatrixTwin(Matrix):
    """A matrix, whole."""

    of: str
    undated: int


@page(pages, "/network/map", MapQuery, MapTwin)
def world_map(query: MapQuery) -> Response:
    """The network on a map: arcs between countries, flows between regions, or needs by country."""
    columns = seen_columns(patience=0.2)
    data, picture = map_of(columns, query)
    flows, needs = cut(data["flows"], query.page), cut(data["needs"], query.page)
    part: MapTwin = {
        **data,
        "part": needs.part if query.show == "needs" else flows.part,
        "flows": list(flows.rows),
        "needs": list(needs.rows),
    }
    return answer(
        "map.html",
        with_left_out(part) if query.show == "needs" else part,
        query=query,
        # Every name in it is escaped where it is drawn.
        picture=Markup(picture),  # noqa: S704
        shades=list(zip(STEPS, (*STEPS[1:], None), SHADES, strict=True)),
        place_name=place_name(columns.known, "regions" if query.show == "regions" else "countries"),
        **around(columns, query),
    )


@page(pages, "/network/map/download.<kind>", MapQuery, MapTwin, also=("image/svg+xml", "text/csv; charset=utf-8"))
def map_download(query: MapQuery, kind: str) -> Response:
    """A map as a file: svg, csv of its rows, or json."""
    if kind not in ("svg", "csv", "json"):
        raise UnknownName(say("kind of download"), kind, ("svg", "csv", "json"))
    columns = seen_columns(patience=0.2)
    data, picture = map_of(columns, query)
    if kind == "json":
        return json_response(with_left_out(data) if query.show == "needs" else data)
    if kind == "svg":
        return as_file('<?xml version="1.0" encoding="UTF-8"?>\n' + picture, "image/svg+xml", "map.svg")
    if query.show == "needs":
        return as_file(needs_csv(data["needs"]), "text/csv; charset=utf-8", "map.csv")
    counted = matrix(columns, shown(columns, query), query.show)
    return as_file(cells_csv(counted, "mentors_in", "mentees_in"), "text/csv; charset=utf-8", "map.csv")


@page(pages, "/network/matrix", MatrixQuery, MatrixTwin)
def matrix_page(query: MatrixQuery) -> Response:
    """Pairs counted from region to region, country to country, or by programme and capability."""
    columns = seen_columns(patience=0.2)
    view = shown(columns, query)
    counted = matrix(columns, view, query.of)
    data = MatrixTwin(of=query.of, undated=undated(columns, view), **counted)
    return answer(
        "matrix.html",
        data,
        query=query,
        rows=counted["rows"][:MOST_LINES],
        columns=counted["columns"][:MOST_LINES],
        cells={(cell["row"], cell["column"]): cell["pairs"] for cell in counted["cells"]},
        most=max((cell["pairs"] for cell in counted["cells"]), default=1),
        counted_by=COUNTED,
        place_name=line_name(columns.known, query.of),
        lead=lambda row, column: cell_address(query, row, column),
        **around(columns, query),
    )


@page(pages, "/network/matrix.<kind>", MatrixQuery, MatrixTwin, also=("text/csv; charset=utf-8",))
def matrix_download(query: MatrixQuery, kind: str) -> Response:
    """A matrix as a file: csv, a row each cell, or json."""
    if kind not in ("csv", "json"):
        raise UnknownName(say("kind of download"), kind, ("csv", "json"))
    columns = seen_columns(patience=0.2)
    view = shown(columns, query)
    counted = matrix(columns, view, query.of)
    if kind == "json":
        return json_response(MatrixTwin(of=query.of, undated=undated(columns, view), **counted))
    ends = ("programme", "capability") if query.of == "programmes" else ("mentors_in", "mentees_in")
    return as_file(cells_csv(counted, *ends), "text/csv; charset=utf-8", "matrix.csv")


def map_of(columns: SeenNetwork, query: MapQuery) -> tuple[MapTwin, str]:
    """``mapped``, kept for as long as the columns are."""
    asked = query.model_dump_json(exclude={"page", "lang", "format"})
    key = (asked, str(get_locale()), request.script_root)
    if key not in columns.maps:
        made = mapped(columns, query)
        while len(columns.maps) >= KEPT_MAPS:
            columns.maps.pop(next(iter(columns.maps)), None)
        columns.maps[key] = made
    return cast(tuple[MapTwin, str], columns.maps[key])


def mapped(columns: Columns, query: MapQuery) -> tuple[MapTwin, str]:
    """A map's rows, all of them, and the picture."""
    known, network = columns.known, columns.known.network
    check_known((say("region"), query.zoom, network.region_by_id))
    view = shown(columns, query)
    frame = frame_for(network, query.zoom)
    between: Literal["regions", "countries"] = "regions" if query.show == "regions" else "countries"
    name = place_name(known, between)
    spots = spots_of(network, between, name)
    needs: list[NeedOf] = []
    flows: list[Cell] = []
    pairs = int(view.pairs_by_year.sum())
    if query.show == "needs":
        asked = SupplyQuery(capability=query.capability, year=query.year)
        needs = needs_by_country(network, answered(QUESTIONS["supply"], asked).tables, query.region)
        words = say(
            "{place}: needs {needs}, of which nobody in the region offers {far}; offers {offers}",
            **dict(zip(("place", "needs", "far", "offers"), MARKS, strict=True)),
        )
        fill = filler(words)
        around_country = url_for("utilities.utilities")
        picture = needs_svg(
            frame,
            spots,
            needs,
            lambda row: fill(name(row["country"]), row["needs"], row["far"], row["offers"]),
            lambda country, _to: f"{around_country}?country={country}",
            told(say("Map of needs; the table below holds the same.")),
        )
    else:
        flows = sorted(matrix(columns, view, between)["cells"], key=lambda cell: -cell["pairs"])
        fill = filler(
            say(
                "Mentors in {one}, mentees in {other}: {pairs}",
                **dict(zip(("one", "other", "pairs"), MARKS, strict=False)),
            )
        )
        picture = flows_svg(
            frame,
            spots,
            flows,
            lambda cell: fill(name(cell["row"]), name(cell["column"]), cell["pairs"]),
            addresses(query),
            told(say("Map of pairs from mentors to mentees; the table below holds the same.")),
        )
    ids = {id for cell in flows for id in (cell["row"], cell["column"]) if id is not None}
    names = names_of(known, between)
    data = MapTwin(
        show=query.show,
        pairs=pairs,
        undated=undated(columns, view),
        part=Part(page=1, pages=1, first=1, last=len(flows) or len(needs), total=len(flows) or len(needs)),
        flows=flows,
        needs=needs,
        names={id: names[id] for id in sorted(ids)},
    )
    return data, picture


def frame_for(network: Network, region: str | None) -> Frame:
    """The frame of the countries of a region that have a utility, or the world."""
    if region is None:
        return world()
    peopled = {utility.country for utility in network.utilities}
    within = [one for one in network.countries if one.region == region]
    near = [one for one in within if one.id in peopled] or within
    return frame_of(
        [(one.longitude, one.latitude) for one in near if one.longitude is not None and one.latitude is not None]
    )


def spots_of(network: Network, between: Literal["regions", "countries"], name: Any) -> dict[str, Spot]:
    """Where arcs end: at principal cities, and of a region in the middle of those of its countries with utilities."""
    peopled = {utility.country for utility in network.utilities}
    at = {
        one.id: (one.longitude, one.latitude)
        for one in network.countries
        if one.longitude is not None and one.latitude is not None
    }
    if between == "countries":
        return {id: Spot(name(id), *place) for id, place in at.items()}
    found: dict[str, list[tuple[float, float]]] = {}
    for one in network.countries:
        if one.id in at and one.id in peopled:
            found.setdefault(one.region, []).append(at[one.id])
    return {id: Spot(name(id), *centre(places)) for id, places in found.items()}


def place_name(known: Knowledge, between: Literal["regions", "countries"]) -> Any:
    """What gives the name of a region or country in the reader's language."""
    names = names_of(known, between)
    if between == "countries":
        return cache(lambda id: country_name(id, names[id]))
    return cache(lambda id: named(names[id]))


def line_name(known: Knowledge, between: Between) -> Any:
    """The same for the lines of a matrix, programmes and capabilities among them."""
    if between != "programmes":
        return place_name(known, between)
    topics = {capability.id: capability.name for capability in known.network.capabilities}
    return lambda id: told(say("unknown")) if id is None else named(topics[id]) if id in topics else id


def cell_address(query: ViewQuery, row: str | None, column: str | None) -> str | None:
    """Where the pairs that a cell or an arc counts are listed; ``None`` where no filter finds just them."""
    if row is None or column is None:
        return None
    of_matrix = isinstance(query, MatrixQuery) and query.of == "programmes"
    ends = {"programme": row, "capability": column} if of_matrix else {"mentors_in": row, "mentees_in": column}
    values: dict[str, Any] = {**address_of(query), **ends, "table": "pairs"}
    return url_for("network.explore", _anchor="table", **values)


def filler(sentence: Sentence) -> Callable[..., str]:
    """What fills a sentence whose values are ``MARKS``: hundreds are said on a map, too many to translate each anew."""
    words, shown = told(sentence), cache(number)

    def fill(*values: str | int) -> str:
        text = words
        for mark, value in zip(MARKS, values, strict=False):
            text = text.replace(mark, shown(value) if isinstance(value, int) else value)
        return text

    return fill


def addresses(query: ViewQuery) -> Callable[[str | None, str | None], str]:
    """Where the pairs between two places are listed; made like ``cell_address``, hundreds at once."""
    asked = {name: value for name, value in address_of(query).items() if name not in ("mentors_in", "mentees_in")}
    start = url_for("network.explore", **asked, table="pairs")
    return lambda row, column: f"{start}&{urlencode({'mentors_in': row, 'mentees_in': column})}#table"


def around(columns: Columns, query: ViewQuery) -> dict[str, Any]:
    """What the form and the links of a page that shows a view need besides its data."""
    return {
        "known": columns.known,
        "choices": {name: list(coded.ids) for name, coded in columns.of_pairs.items()},
        "years": years_of(columns),
        "has_proposal": bool(columns.proposed),
        "address": address_of(query),
        "places": {id: named(name) for id, name in places_known(columns).items()},
    }


def undated(columns: Columns, view: Shown) -> int:
    """Pairs of a view without a year, left out as soon as one is chosen."""
    return int((view.pairs & (columns.began < 0) & ~columns.is_proposed).sum())


def as_file(body: str | bytes, kind: str, name: str) -> Response:
    """A download."""
    response = Response(body, content_type=kind)
    how = "inline" if kind.startswith("image/") else "attachment"
    response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    return response
