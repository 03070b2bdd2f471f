"""The network page: what a view shows, its data, its files and the views people keep."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import random
import re
import time
from collections.abc import Callable
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from signed_in import Person

from web.drawings import drawing_keeper
from web.network_columns import Columns
from web.network_view import ViewQuery, shown, size_class
from web.search import matches
from web.snapshot import Knowledge

JSON = {"Accept": "application/json"}
PLANNER = Person("planner@example.org", ("planner",), key="key-of-the-planner")
OTHER = Person("other@example.org", ("planner",), key="key-of-the-other")
MEMBER = Person("n1@example.org", ("utility",), utilities=("N1",), key="key-of-the-member")
GEXF = "{http://gexf.net/1.3}"
VIZ = "{http://gexf.net/1.3/viz}"


@pytest.fixture(scope="module")
def columns(real_app: APIFlask) -> Columns:
    with real_app.app_context():
        known = real_app.extensions["wop"].now()
        return Columns(known, drawing_keeper().drawing(known.network, 60), proposed=True)


def twin(client: FlaskClient, address: str) -> dict[str, Any]:
    answer = client.get(address, headers=JSON)
    assert answer.status_code == 200, answer.text
    data = answer.json
    assert isinstance(data, dict)
    return data


def by_hand(known: Knowledge, columns: Columns, query: ViewQuery) -> set[tuple[str, str, str]]:
    """The pairs of a view, asked of the records one by one."""
    network = known.network
    found = set()

    def passes(ids: tuple[str, str], text: str) -> bool:
        refs = [known.refs[id] for id in ids]
        people = [columns.people[columns.number[id]] for id in ids]
        fits = [
            (query.region in (None, ref["region"])) and (query.people in (None, size_class(served)))
            for ref, served in zip(refs, people, strict=True)
        ]
        named = [
            matches(query.q or "", ref["name"], ref["id"], ref["country"], ref["country_name"], ref["region_name"])
            for ref in refs
        ]
        return any(fits) and (not query.q or any(named) or matches(query.q, text))

    for one in network.partnerships:
        began = one.start_year if one.start_year is not None else one.end_year
        text = " ".join(filter(None, (one.programme, one.funder, one.facilitator, one.excerpt_fact)))
        if (
            passes((one.mentor, one.mentee), text)
            and query.programme in (None, one.programme)
            and query.funder in (None, one.funder)
            and query.confidence in (None, one.confidence)
            and (query.capability is None or query.capability in one.capabilities)
            and (query.since is None or (began is not None and began >= query.since))
            and (query.year is None or (began is not None and began <= query.year))
        ):
            found.add((one.id, one.mentor, one.mentee))
    return found


def test_a_view_shows_what_the_records_say(real_app: APIFlask, columns: Columns) -> None:
    known = columns.known
    source = random.Random(11)
    pairs = known.network.partnerships
    sized = 0
    for _ in range(120):
        one = source.choice(pairs)
        choices: dict[str, Any] = {
            "programme": one.programme,
            "funder": one.funder,
            "confidence": one.confidence,
            "capability": source.choice([*one.capabilities, None]),
            "region": known.refs[one.mentee]["region"],
            "people": source.choice(["small", "middle", "large", "unknown"]),
            "since": source.randint(2000, 2024),
            "year": source.randint(2000, 2024),
            "q": source.choice(["vietnam", "water authority", "VODO", "adb", "São", "losses"]),
        }
        query = ViewQuery(**{name: choices[name] for name in source.sample(sorted(choices), source.randint(1, 3))})
        view = shown(columns, query)
        past = [columns.partnerships[pair] for pair in view.pairs_by_year.nonzero()[0]]
        assert {(p.id, p.mentor, p.mentee) for p in past} == by_hand(known, columns, query), query
        ends = {id for p in past for id in (p.mentor, p.mentee)}
        assert {columns.utilities[place].id for place in view.utilities.nonzero()[0]} == ends
        sized += bool(past)
    assert sized > 20


def test_steps_are_those_of_the_network(columns: Columns) -> None:
    graph: nx.Graph[str] = nx.Graph((one.mentor, one.mentee) for one in columns.partnerships)
    for start in sorted(graph)[::20]:
        for steps in (1, 2, 3):
            view = shown(columns, ViewQuery(selected=start, steps=steps))
            found = {columns.utilities[place].id for place in view.utilities.nonzero()[0]}
            assert found == set(nx.ego_graph(graph, start, radius=steps))


def test_a_cascade_is_a_mentee_that_became_a_mentor(columns: Columns) -> None:
    began = {one.id: one.start_year if one.start_year is not None else one.end_year for one in columns.partnerships}
    found = set()
    for one in columns.partnerships:
        for other in columns.partnerships:
            first, second = began[one.id], began[other.id]
            if one.mentee == other.mentor and first is not None and second is not None and first < second:
                found |= {one.id, other.id}
    marked = {one.id for one, is_one in zip(columns.partnerships, columns.is_cascade, strict=False) if is_one}
    assert marked == found
    assert found


def drawn_twin(client: FlaskClient) -> dict[str, Any]:
    """The network in columns, once its drawing is worked out, however busy the machine is."""
    for _ in range(600):
        data = twin(client, "/network/graph")
        if data["drawn"]:
            return data
        time.sleep(0.1)
    raise AssertionError("it was never drawn")


def test_the_twin_is_in_columns_and_travels_once(client: FlaskClient) -> None:
    data = drawn_twin(client)
    utilities, pairs = data["utilities"], data["pairs"]
    assert data["drawn"]
    assert utilities["id"] == ["M1", "M2", "N1", "N2", "N3", "N4"]
    assert {len(utilities[name]) for name in ("name", "x", "y", "people", "reach", "bridging")} == {6}
    assert all(len(column) == 6 for kind in ("radius", "colour") for column in utilities[kind].values())
    for name in ("region", "role", "income", "community", "programme"):
        coded = utilities[name]
        assert all(code is None or coded["ids"][code] for code in coded["codes"])
    assert utilities["people"] == [None] * 6
    past = [number for number, proposed in enumerate(pairs["proposed"]) if not proposed]
    assert [(utilities["id"][pairs["mentor"][n]], utilities["id"][pairs["mentee"][n]]) for n in past] == [
        ("M1", "N1"),
        ("M2", "N1"),
    ] or len(past) == 2
    packed = client.get("/network/graph", headers={"Accept-Encoding": "gzip"})
    assert json.loads(gzip.decompress(packed.data)) == data
    again = client.get("/network/graph", headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})
    assert again.status_code == 304


def test_only_this_page_runs_scripts_and_none_is_inline(client: FlaskClient) -> None:
    page = client.get("/network")
    assert "script-src 'self'; connect-src 'self'" in page.headers["Content-Security-Policy"]
    assert "script-src" not in client.get("/utilities").headers["Content-Security-Policy"]
    assert "<script" not in client.get("/utilities").text
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page.text, re.S)
    assert scripts
    assert not any(scripts)
    assert " style=" not in page.text
    assert '<img src="/network/download.svg' in page.text.partition("<noscript>")[2]


def test_vendored_files_are_those_recorded() -> None:
    folder = files("web") / "static" / "vendor"
    recorded = dict(re.findall(r"`(\S+\.js)` \|.*`([0-9a-f]{64})`", (folder / "NOTICE.md").read_text("utf-8")))
    present = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir() if ".js" in file.name
    }
    assert recorded == present


@pytest.mark.parametrize("question", ["", "?region={region}", "?selected={utility}&steps=2", "?year=2012&alone=yes"])
def test_files_hold_exactly_the_view(real_app: APIFlask, columns: Columns, question: str) -> None:
    client = real_app.test_client()
    mentor = columns.partnerships[0].mentor
    question = question.format(region=columns.known.refs[mentor]["region"], utility=mentor)
    view = twin(client, f"/network/download.json{question}")
    ids = {row["utility"]["id"] for row in view["utilities"]}
    pairs = sorted((row["mentor"]["id"], row["mentee"]["id"]) for row in view["pairs"])
    page = twin(client, f"/network{question}")
    assert (page["utilities_shown"], page["pairs_shown"]) == (len(ids), len(pairs))

    graphml = nx.parse_graphml(client.get(f"/network/download.graphml{question}").text, force_multigraph=True)
    gexf = nx.read_gexf(io.BytesIO(client.get(f"/network/download.gexf{question}").data), version="1.3")
    for graph in (graphml, gexf):
        assert graph.is_directed()
        assert set(graph) == ids
        assert sorted(graph.edges()) == (pairs if graph.is_multigraph() else sorted(set(pairs)))
    names = {columns.utilities[columns.number[id]].name for id in ids}
    assert {graphml.nodes[id]["label"] for id in ids} == {gexf.nodes[id]["label"] for id in ids} == names

    rows = list(
        csv.DictReader(io.StringIO(client.get(f"/network/download.utilities.csv{question}").data.decode("utf-8-sig")))
    )
    assert {row["id"] for row in rows} == ids
    rows = list(
        csv.DictReader(io.StringIO(client.get(f"/network/download.pairs.csv{question}").data.decode("utf-8-sig")))
    )
    assert sorted((row["mentor"], row["mentee"]) for row in rows) == pairs
    svg = ElementTree.fromstring(client.get(f"/network/download.svg{question}").data)
    assert len(list(svg.iter("{http://www.w3.org/2000/svg}title"))) == len(ids)


def test_gexf_keeps_to_its_schema(real_app: APIFlask) -> None:
    """Elements in their order, attributes and values as the schema of GEXF 1.3 and its drawing part have them."""
    root = ElementTree.fromstring(real_app.test_client().get("/network/download.gexf?proposed=yes").data)
    assert (root.tag, root.get("version")) == (f"{GEXF}gexf", "1.3")
    assert [child.tag for child in root] == [f"{GEXF}meta", f"{GEXF}graph"]
    graph = root[1]
    assert graph.get("defaultedgetype") == "directed"
    assert [child.tag for child in graph] == [
        f"{GEXF}{name}" for name in ("attributes", "attributes", "nodes", "edges")
    ]
    declared = {}
    for attributes in graph[:2]:
        assert attributes.get("class") in ("node", "edge")
        for one in attributes:
            assert set(one.attrib) == {"id", "title", "type"}
            assert one.get("type") in ("string", "integer", "double", "boolean")
        declared[attributes.get("class")] = {one.get("id"): one.get("type") for one in attributes}
    ids = [node.get("id") for node in graph[2]]
    assert len(set(ids)) == len(ids)
    edges = [edge.get("id") for edge in graph[3]]
    assert len(set(edges)) == len(edges)
    readers: dict[str | None, Callable[[str], object]] = {
        "integer": int,
        "double": float,
        "string": str,
        "boolean": {"true": True, "false": False}.__getitem__,
    }
    for kind, rows, parts in (
        ("node", graph[2], ["attvalues", "color", "position", "size"]),
        ("edge", graph[3], ["attvalues", "color"]),
    ):
        for row in rows:
            assert [re.sub("{.*}", "", child.tag) for child in row] == parts
            assert all(child.tag.startswith(VIZ) for child in row[1:])
            for value in row[0]:
                assert set(value.attrib) == {"for", "value"}
                readers[declared[kind][value.get("for")]](value.attrib["value"])
            assert all(0 <= int(row[1].get(channel) or "") <= 255 for channel in "rgb")
            if kind == "edge":
                assert {row.get("source"), row.get("target")} <= set(ids)


def test_no_file_holds_a_formula(app: APIFlask, client: FlaskClient) -> None:
    with app.extensions["wop"].store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": ["N4"], "name": ["=1+1"]})
    told = client.get("/network/download.utilities.csv?alone=yes").data.decode("utf-8-sig")
    assert "'=1+1" in told
    assert not re.search(r"(^|,)=", told, re.M)


def test_proposed_pairs_are_for_who_may_see_proposals(app: APIFlask, client: FlaskClient) -> None:
    assert 1 in twin(client, "/network/graph")["pairs"]["proposed"]
    assert 1 in twin(app.test_client(person=PLANNER), "/network/graph")["pairs"]["proposed"]
    member = app.test_client(person=MEMBER)
    assert 1 not in twin(member, "/network/graph")["pairs"]["proposed"]
    assert not any(row["proposed"] for row in twin(member, "/network?proposed=yes&table=pairs")["pairs"])


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("region=nowhere", "region"),
        ("selected=nobody", "utility"),
        ("programme=None+such", "programme"),
        ("colour=mood", "colour"),
    ],
)
def test_what_nobody_knows_is_refused(client: FlaskClient, question: str, said: str) -> None:
    answer = client.get(f"/network?{question}", headers=JSON)
    assert answer.status_code in (400, 404)
    assert said in answer.text


def test_a_view_is_saved_shared_opened_and_deleted(app: APIFlask) -> None:
    own, other, member = (app.test_client(person=person) for person in (PLANNER, OTHER, MEMBER))
    body = {
        "name": "  Nairobi   and partners ",
        "question": "selected=N1&steps=2&colour=role&page=3",
        "roles": ["planner"],
    }
    saved = own.post("/network/views", json=body, headers=JSON)
    assert saved.status_code == 201, saved.text
    view = saved.json
    assert view is not None
    assert view == {
        "id": view["id"],
        "name": "Nairobi and partners",
        "question": "selected=N1&steps=2&colour=role",
        "roles": ["planner"],
        "own": True,
    }
    assert twin(own, "/network")["views"] == [view]
    assert twin(other, "/network")["views"] == [{**view, "own": False}]
    assert twin(member, "/network")["views"] == []
    assert twin(own, f"/network?{view['question']}")["looked"]["utility"]["id"] == "N1"
    assert "planner@example.org" not in other.get("/network").text.partition('id="views"')[2]
    address = f"/network/views/{view['id']}/delete"
    assert other.post(address, json={}, headers=JSON).status_code == 404
    again = own.post("/network/views", json={**body, "roles": []}, headers=JSON)
    assert again.get_json()["id"] == view["id"]
    assert twin(other, "/network")["views"] == []
    assert own.post(address, json={}, headers=JSON).status_code == 200
    assert twin(own, "/network")["views"] == []


@pytest.mark.parametrize(
    "body", [{"name": " "}, {"name": "x", "question": "steps=9"}, {"name": "x", "roles": ["king"]}]
)
def test_a_view_that_cannot_be_is_not_saved(client: FlaskClient, body: dict[str, Any]) -> None:
    assert client.post("/network/views", json=body, headers=JSON).status_code in (400, 404)
    assert twin(client, "/network")["views"] == []
