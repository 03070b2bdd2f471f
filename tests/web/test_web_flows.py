"""The map and the matrices of the network: what they count, what they draw, and where their figures lead."""

from __future__ import annotations

import csv
import io
import random
import re
from collections import Counter
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from web.world_map import WIDTH, centre, frame_of, land, outlines, projected, world

JSON = {"Accept": "application/json"}
SVG = "{http://www.w3.org/2000/svg}"


def twin(client: FlaskClient, address: str) -> dict[str, Any]:
    answer = client.get(address, headers=JSON)
    assert answer.status_code == 200, answer.text
    data = answer.json
    assert isinstance(data, dict)
    return data


def rows_of(client: FlaskClient, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(address).get_data().decode("utf-8-sig"), newline="")))


def by_hand(app: APIFlask, between: str) -> Counter[tuple[str | None, str | None]]:
    network = app.extensions["wop"].now().network
    found: Counter[tuple[str | None, str | None]] = Counter()
    for one in network.partnerships:
        ends = [network.utility_by_id[id].country for id in (one.mentor, one.mentee)]
        if between == "regions":
            ends = [network.country_by_id[id].region for id in ends]
        if between == "programmes":
            found.update((one.programme, topic) for topic in one.capabilities or (None,))
        else:
            found[ends[0], ends[1]] += 1
    return found


@pytest.mark.parametrize("between", ["regions", "countries", "programmes"])
def test_a_matrix_counts_every_pair(real_app: APIFlask, between: str) -> None:
    client = real_app.test_client()
    data = twin(client, f"/network/matrix?of={between}")
    assert {(cell["row"], cell["column"]): cell["pairs"] for cell in data["cells"]} == by_hand(real_app, between)
    assert data["pairs"] == len(real_app.extensions["wop"].now().network.partnerships) == 198
    assert sum(line["pairs"] for line in data["rows"]) == 198
    cells = rows_of(client, f"/network/matrix.csv?of={between}")
    assert sorted(int(row["pairs"]) for row in cells) == sorted(cell["pairs"] for cell in data["cells"])


def test_a_figure_leads_to_just_the_pairs_it_counts(real_app: APIFlask) -> None:
    client = real_app.test_client()
    page = client.get("/network/matrix").text
    links = re.findall(r'href="(/network\?[^"]*mentors_in[^"]*)">(\d+)<', page)
    assert len(links) > 20
    seed = random.randrange(10**6)
    print("seed", seed)
    for address, count in random.Random(seed).sample(links, 4):
        assert twin(client, address.replace("&amp;", "&").split("#")[0])["pairs_shown"] == int(count), address
    page = client.get("/network/matrix?of=programmes&since=2015").text
    address, count = re.findall(r'href="(/network\?[^"]*capability[^"]*)">(\d+)<', page)[0]
    assert twin(client, address.replace("&amp;", "&").split("#")[0])["pairs_shown"] == int(count), address
    assert "Only mentors in Western Europe." in client.get("/network?mentors_in=Western+Europe").text
    assert client.get("/network?mentors_in=Atlantis").status_code == 404


def test_a_map_draws_what_its_table_holds(real_app: APIFlask) -> None:
    client = real_app.test_client()
    for show in ("countries", "regions"):
        data = twin(client, f"/network/map?show={show}&year=2020")
        drawn = ElementTree.fromstring(client.get(f"/network/map/download.svg?show={show}&year=2020").data)
        titles = [title.text or "" for link in drawn.iter(f"{SVG}a") for title in link.iter(f"{SVG}title")]
        counts = [int(title.rsplit(" ", 1)[1]) for title in titles]
        whole = rows_of(client, f"/network/map/download.csv?show={show}&year=2020")
        assert sorted(counts) == sorted(int(row["pairs"]) for row in whole)
        assert sum(counts) == data["pairs"] < 198


def test_needs_on_a_map_are_those_of_supply_and_demand(real_app: APIFlask) -> None:
    client = real_app.test_client()
    supply = twin(client, "/plan/supply?capability=metering")
    rows = rows_of(client, "/network/map/download.csv?show=needs&capability=metering")
    for name in ("needs", "offers", "far"):
        assert sum(int(row[name]) for row in rows) == supply[name], name
    page = client.get("/network/map?show=needs&zoom=Eastern+Africa").text
    assert "Uganda" in page
    assert 'id="map"' in page
    assert client.get("/network/map?zoom=Atlantis").status_code == 404


def test_names_are_harmless_in_maps(app: APIFlask) -> None:
    for address in ("/network/map", "/network/map?show=needs", "/network/matrix", "/network/matrix?of=programmes"):
        answer = app.test_client().get(address)
        assert answer.status_code == 200, address
        assert "<script>alert" not in answer.text


def test_the_projection_is_equal_earth() -> None:
    # Values of the reference implementation, PROJ's eqearth on a sphere of radius 1.
    assert np.allclose(projected(np.array([180.0]), np.array([0.0])), [[2.7066299, 0]], atol=1e-6)
    assert np.allclose(projected(np.array([0.0]), np.array([90.0])), [[0, 1.3173627]], atol=1e-6)
    # Equal areas: a patch of one degree keeps its share of the sphere wherever it is.
    for north in (-50.0, 0.0, 30.0, 70.0):
        around = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=np.float64) * 0.2 + (40.0, north)
        x, y = projected(around[:, 0], around[:, 1]).T
        area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
        low, high = np.sin(np.radians(around[[0, 2], 1]))
        assert area == pytest.approx(np.radians(0.2) * (high - low), rel=2e-4)


def test_every_country_is_on_the_map_and_a_region_fills_its_frame() -> None:
    assert len(outlines()) > 220
    paths = land(world())
    assert {"KEN", "NLD", "FJI", "USA"} <= set(paths)
    for longitudes in ((178.0, -172.0), (-150.0, 179.0), (10.0, 12.0)):  # two of them on both sides of the date line
        places = [(longitude, -15.0 + number) for number, longitude in enumerate(longitudes)]
        frame = frame_of(places)
        assert abs(frame.near(centre(places)[0]) - frame.middle) < 1e-9
        at = frame.at(np.array([frame.near(one) for one in longitudes]), np.array([place[1] for place in places]))
        assert ((at >= 0) & (at <= (WIDTH, frame.height))).all()
    assert "FJI" in land(frame_of([(178.0, -18.0), (-172.0, -14.0)]))
