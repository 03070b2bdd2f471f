"""No file that is downloaded holds a cell that a spreadsheet would run, whatever utilities and policies are called."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from a_round import published_round
from apiflask import APIFlask
from click.testing import CliRunner
from python_calamine import CalamineWorkbook
from small_world import fill
from test_web_openapi import EXAMPLES
from web_fixtures import settings_for

from graph.network import read_network
from graph.register import with_inferred
from graph.rounds import save_round
from graph.store import open_store
from matcher.policy import load_policy
from matcher.proposal import propose
from web.app import create_app
from web.cli import cli
from web.twin import TWINS

NAMES = {
    "M1": '=HYPERLINK("http://evil.example","x")',
    "M2": "+1+cmd|' /C calc'!A0",
    "N1": "-2+3",
    "N2": "@SUM(1,1)",
    "N3": "\t=1+1",
    "N4": "\r=1+1",
}
STARTS = tuple("=+-@\t\r")
SEVERAL = {"network.download": ("utilities.csv", "pairs.csv")}
"""Downloads that are several tables."""
SHEETS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@pytest.fixture
def hostile(tmp_path: Path) -> tuple[APIFlask, str]:
    """The small network under such names, with a proposal; and the address of its store."""
    settings = settings_for(tmp_path / "hostile.sqlite")
    store = open_store(settings.store)
    fill(store)
    as_of = date(2024, 1, 1)
    with store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": list(NAMES), "name": list(NAMES.values())})
        transaction.merge_nodes("Capability", {"id": ["leaks"], "name": ["=1+1"]})
        transaction.merge_nodes("Region", {"id": ["R1"], "name": ["@R1"]})
    with store.read() as reader:
        network = with_inferred(read_network(reader), as_of)
    policy = load_policy("best_fit").model_copy(update={"name": "=policy()", "description": "+1"})
    save_round(store, propose(network, policy, as_of=as_of))
    store.close()
    return create_app(settings), settings.store


def cells_of(content: bytes) -> Iterator[Any]:
    """Every cell of a CSV file or a workbook; a workbook must hold no formula at all."""
    if content[:2] != b"PK":
        for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
            yield from row
        return
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name in book.namelist():
            assert b"<f>" not in book.read(name), name
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    for sheet in workbook.sheet_names:
        for line in workbook.get_sheet_by_name(sheet).to_python():
            yield from line


def check(content: bytes, where: object) -> int:
    """How many cells there are, none of which begins like a formula."""
    cells = [cell for cell in cells_of(content) if isinstance(cell, str)]
    for cell in cells:
        number = cell[:1] in "+-" and cell[1:].replace(".", "", 1).isdecimal()
        assert number or not cell.startswith(STARTS), (where, cell)
    return len(cells)


def test_no_download_of_the_service_holds_a_formula(hostile: tuple[APIFlask, str]) -> None:
    app, _store = hostile
    client, asked = app.test_client(), 0
    published_round(app, date(2024, 1, 1))
    for endpoint, twin in TWINS.items():
        for kind in ("csv", "xlsx"):
            if any(form.startswith(SHEETS[kind]) for form in twin.also):
                for ending in SEVERAL.get(endpoint, (kind,)):
                    address = re.sub(r"\.(json|csv|xlsx)\b", f".{ending}", EXAMPLES[endpoint])
                    with client.get(address) as answer:
                        assert answer.mimetype == SHEETS[kind], (address, answer.get_data(as_text=True)[:300])
                        check(answer.data, address)
                    asked += 1
    assert asked >= 3


def test_the_names_are_in_the_download_marked(hostile: tuple[APIFlask, str]) -> None:
    app, _store = hostile
    content = app.test_client().get("/proposal/download.csv").get_data(as_text=True)
    assert "'@SUM(1,1)" in content
    assert "'-2+3" in content


@pytest.mark.parametrize("command", [("export", "tables"), ("export", "tables.xlsx"), ("match", "proposal.csv")])
def test_no_file_of_a_command_holds_a_formula(
    hostile: tuple[APIFlask, str], tmp_path: Path, command: tuple[str, str]
) -> None:
    name, target = command[0], tmp_path / command[1]
    where = ["--out", str(target), "--as-of", "2024-01-01"] if name == "match" else [str(target)]
    ran = CliRunner().invoke(cli, ["--store", hostile[1], name, *where])
    assert ran.exit_code == 0, ran.output
    files = sorted(target.glob("*.csv")) if target.is_dir() else [target]
    assert sum(check(file.read_bytes(), file) for file in files) > 20
