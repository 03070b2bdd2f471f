"""``wop network`` over the small network: what a person reads, and the JSON forms of the pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from small_world import fill

from graph.store import open_store
from web.cli import main

YEAR = ("--as-of", "2024-12-31")


@pytest.fixture
def store(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path / 'network.sqlite'}"
    opened = open_store(address)
    fill(opened)
    opened.close()
    return address


def told(capsys: pytest.CaptureFixture[str], store: str, *words: str, code: int = 0) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["--store", store, "network", *words])
    printed = capsys.readouterr()
    assert ended.value.code == code, printed.err
    return " ".join((printed.out + printed.err).split())


def test_what_a_person_reads(capsys: pytest.CaptureFixture[str], store: str) -> None:
    near = told(capsys, store, "neighbours", "nairobi são water", *YEAR)
    assert "Waterwerken Noord (NLD)" in near
    assert "Utilities by how many partnerships away: 1 at 1, 1 at 2." in near
    chain = told(capsys, store, "chain", "N2", "Nairobi São Water", *YEAR)
    assert "are 2 partnerships apart." in chain
    assert "Waterwerken Noord mentored Nairobi São Water (2018–2021, P1)" in chain
    assert "are partners." in told(capsys, store, "chain", "N1", "M1", *YEAR)
    assert "No chain of partnerships begun by 2024 joins" in told(capsys, store, "chain", "N4", "M1", *YEAR)
    mentors = told(capsys, store, "candidates", "N1", *YEAR)
    assert "utilities that offer one of them: 2." in mentors
    supply = told(capsys, store, "supply", "--capability", "leaks", *YEAR)
    assert "2 (2 stated)" in supply
    assert "Rows: 2 of 2." in supply


@pytest.mark.parametrize(
    ("words", "address"),
    [
        (("neighbours", "N1", "--depth", "3"), "/utilities/N1/network?depth=3&year=2024"),
        (("chain", "N1", "N2"), "/utilities/N1/chain?to=N2&year=2024"),
        (("candidates", "Nairobi São Water"), "/utilities/N1/mentors?year=2024"),
    ],
)
def test_the_json_form_is_that_of_the_page(
    capsys: pytest.CaptureFixture[str], store: str, client: FlaskClient, words: tuple[str, ...], address: str
) -> None:
    printed: dict[str, Any] = json.loads(told(capsys, store, *words, *YEAR, "--json"))
    assert printed == client.get(address, headers={"Accept": "application/json"}).json


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("neighbours", "Waterwerken Nord"), "Waterwerken Noord"),
        (("chain", "N1", "Waterwerken Nord"), "Waterwerken Noord"),
        (("candidates", "Waterwerken Nord"), "Waterwerken Noord"),
        (("supply", "--capability", "leeks"), "leaks"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(
    capsys: pytest.CaptureFixture[str], store: str, words: tuple[str, ...], hint: str
) -> None:
    assert hint in told(capsys, store, *words, code=2)
