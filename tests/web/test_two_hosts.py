"""Two services on one store behind a real nginx: the same answers from each, and each sees what another wrote."""

from __future__ import annotations

import json
import os
import signal
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from email.message import Message
from pathlib import Path
from typing import NamedTuple

import pytest
from prometheus_client.parser import text_string_to_metric_families
from serving import Served, proxied, served
from signed_in import HEADERS
from small_world import document, fill

from graph.rounds import save_round
from graph.store import Store, open_store

pytestmark = pytest.mark.slow

TOKEN = "a-token-only-for-tests"
ADDRESSES = ("/", "/utilities", "/utilities/M1", "/proposal", "/proposal/pair/M1/N1", "/suggest?utility=N1", "/nowhere")
WRITES = 8


class House(NamedTuple):
    """Two hosts, the first one process, the second of two workers; nginx with TLS before both; and their store."""

    first: Served
    second: Served
    front: str
    certificate: ssl.SSLContext
    store: Store

    def get(self, address: str, **headers: str) -> tuple[int, Mapping[str, str], str]:
        """Status, headers (names in small letters) and text of an address of either host or of the front."""
        asked = urllib.request.Request(
            address, headers={**HEADERS, **{name.replace("_", "-"): text for name, text in headers.items()}}
        )
        tls = self.certificate if address.startswith("https:") else None
        try:
            response = urllib.request.urlopen(asked, timeout=60, context=tls)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, lowered(error.headers), error.read().decode()
        with response:
            return response.status, lowered(response.headers), response.read().decode()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    address = f"sqlite:///{folder / 'store.sqlite'}"
    store = open_store(address)
    fill(store)
    save_round(store, document())
    settings = {"WOP_PROXIES": "1", "WOP_LOG": "json", "WOP_METRICS_TOKEN": TOKEN}
    with (
        served(address, environment=settings) as first,
        served(address, "--workers", "2", environment=settings) as second,
        proxied([first.address, second.address], folder) as front,
    ):
        tls = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
        yield House(first, second, front, tls, store)
    store.close()


def test_every_host_gives_the_same_answer(house: House) -> None:
    for address in ADDRESSES:
        for accepted in ("text/html", "application/json"):
            answers = set()
            for host in (house.first.address, house.second.address, house.second.address, *[house.front] * 4):
                status, headers, text = house.get(
                    host + address, Accept=accepted, Accept_Language="es", X_Request_ID="the-same-for-all"
                )
                # nginx numbers requests itself; everything else is the same, the mark of the state too
                text = text.replace(headers["x-request-id"], "")
                answers.add((status, headers.get("etag"), headers["content-type"], text))
            assert len(answers) == 1, address


def test_what_one_wrote_every_other_shows_at_once(house: House) -> None:
    hosts = (house.first.address, *[house.second.address] * 4, *[house.front] * 4)
    marks = {host: house.get(f"{host}/utilities/M1")[1]["etag"] for host in hosts}
    for count in range(WRITES):
        name = f"Renamed {count} times"
        with house.store.write() as transaction:
            transaction.merge_nodes("Utility", {"id": ["M1"], "name": [name]})
        for host in hosts:
            status, headers, text = house.get(f"{host}/utilities/M1", If_None_Match=marks[host])
            if status == 304:  # an earlier request to the same host has it already
                assert marks[host] == headers["etag"]
                continue
            assert status == 200
            assert name in text
            marks[host] = headers["etag"]
        assert len(set(marks.values())) == 1


def test_addresses_are_those_the_visitor_used(house: House) -> None:
    _, headers, text = house.get(f"{house.front}/api/openapi.json")
    assert [server["url"] for server in json.loads(text)["servers"]] == [house.front + "/"]
    assert headers["strict-transport-security"]
    chosen = house.get(f"{house.front}/?lang=fr")[1]["set-cookie"]
    assert "Secure" in chosen
    plain = house.get(f"{house.first.address}/?lang=fr")[1]["set-cookie"]
    assert "Secure" not in plain


def test_a_visitor_cannot_forge_where_the_request_came_from(house: House, tmp_path: Path) -> None:
    forged = {"X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "http"}
    _, _, text = house.get(f"{house.front}/api/openapi.json", **forged)
    assert [server["url"] for server in json.loads(text)["servers"]] == [house.front + "/"]
    for words in ((), ("--workers", "1")):
        with served(f"sqlite:///{tmp_path / 'alone.sqlite'}", *words) as alone:
            _, _, text = house.get(f"{alone.address}/api/openapi.json", **forged)
            assert [server["url"] for server in json.loads(text)["servers"]] == [alone.address + "/"]
            assert alone.stop() == 0, alone.said()


def test_one_number_follows_a_request_through_the_house(house: House) -> None:
    status, headers, text = house.get(f"{house.front}/utilities/nobody")
    number = headers["x-request-id"]
    assert status == 404
    assert number in text
    lines = [json.loads(line) for host in (house.first, house.second) for line in host.said().splitlines()]
    (line,) = [line for line in lines if line.get("request_id") == number]
    assert (line["route"], line["status"]) == ("/utilities/<utility_id>", 404)
    assert TOKEN not in house.first.said() + house.second.said()


def test_metrics_add_up_over_workers_and_stay_inside(house: House) -> None:
    assert house.get(f"{house.front}/metrics", Authorization=f"Bearer {TOKEN}")[0] == 404

    def counted() -> float:
        status, _, text = house.get(f"{house.second.address}/metrics", Authorization=f"Bearer {TOKEN}")
        assert status == 200
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "wop_request_seconds_count" and sample.labels["route"] == "/capabilities"
        )

    before = counted()
    for _ in range(12):
        assert house.get(f"{house.second.address}/capabilities")[0] == 200
    assert counted() == before + 12


def test_a_killed_worker_is_replaced_and_a_killed_host_is_passed_over(house: House) -> None:
    workers = children(house.second.process.pid)
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    for _ in range(20):
        assert house.get(f"{house.front}/utilities/M1")[0] == 200
    house.first.process.send_signal(signal.SIGKILL)
    house.first.process.wait()
    for _ in range(20):
        assert house.get(f"{house.front}/utilities/M1")[0] == 200
    assert len(children(house.second.process.pid)) == 2


def lowered(headers: Message) -> dict[str, str]:
    """Headers by their names in small letters, which servers write differently."""
    return {name.lower(): text for name, text in headers.items()}


def children(parent: int) -> list[int]:
    """The processes a process started."""
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="utf-8")
    return [int(number) for number in listed.split()]
