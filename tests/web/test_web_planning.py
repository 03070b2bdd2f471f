"""Pages, rows and commands of the planning questions."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from pathlib import Path

import pytest
from apiflask import APIFlask
from click.testing import CliRunner
from flask.testing import FlaskClient
from signed_in import Person

from graph.reference import REGISTER
from web.cli import cli

JSON = {"Accept": "application/json"}
PLANNER = Person("planner@example.org", ("planner",), key="planner-key")


def test_the_list_answers_each_question_in_a_sentence(client: FlaskClient) -> None:
    page = client.get("/plan")
    assert page.status_code == 200
    for question in client.get("/plan", headers=JSON).json["questions"]:  # type: ignore[index]  # it is an object
        if question["text_s"]:
            assert question["text_s"]["text"].endswith(".")
        assert client.get(f"/plan/{question['id']}").status_code == 200


@pytest.mark.parametrize("path", ["/plan/supply", "/plan/resilience", "/plan/reach", "/plan/results"])
def test_each_figure_leads_to_as_many_rows_as_it_counts(client: FlaskClient, path: str) -> None:
    """Every link to rows is followed; where its text is a number, the list it opens has that many rows."""
    page = client.get(path).text
    found = re.findall(r'<a href="(/plan/\w+/\w+(?:\?[^"]*)?)">(.*?)</a>', page, re.DOTALL)
    assert found
    for address, label in found:
        rows = client.get(unescape(address), headers=JSON)
        assert rows.status_code == 200, address
        words = re.sub(r"<[^>]+>", " ", re.sub(r"<span.*?</span>", " ", label)).split()
        counted = [int(word.replace(",", "")) for word in words if re.fullmatch(r"[\d,]+", word)]
        if counted:  # a cell of the heat map has needs and offers; where nothing is needed it leads to the offers
            assert rows.json is not None
            assert rows.json["part"]["total"] == next((count for count in counted if count), 0), (address, label)


def test_rows_come_as_files(client: FlaskClient) -> None:
    file = client.get("/plan/supply/needs.csv?where=capability:leaks")
    assert file.content_type.startswith("text/csv")
    written = list(csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert {row["capability_id"] for row in written} == {"leaks"}
    assert client.get("/plan/supply/needs.json").json["rows"]  # type: ignore[index]  # it is an object
    for wrong in (
        "/plan/supply/needs.pdf",
        "/plan/nothing/needs",
        "/plan/supply/nothing",
        "/plan/supply/needs?leaving=3",
    ):
        assert client.get(wrong).status_code == 404, wrong


def test_scarcity_is_answered_for_the_policy_asked(client: FlaskClient) -> None:
    page = client.get("/plan/scarcity?policy=best_fit")
    assert page.status_code == 200
    assert "Mentors to win next" in page.text
    assert client.get("/plan/scarcity?policy=worst_fit").status_code == 404
    assert client.get("/plan/scarcity/near?policy=best_fit", headers=JSON).status_code == 200


def test_a_planner_counts_what_is_public_and_is_told_so(app: APIFlask, client: FlaskClient) -> None:
    """A private need counts for the facilitator alone."""
    everything = client.get("/plan/supply", headers=JSON).json
    reader = app.test_client(person=PLANNER)
    public = reader.get("/plan/supply", headers=JSON).json
    assert everything is not None
    assert public is not None
    assert everything["needs"] > public["needs"]
    assert "left_out" in public
    assert "left_out" not in everything
    assert public["left_out"]["text_s"]["text"] in reader.get("/plan/supply/needs").text


def test_commands_say_what_the_pages_say(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'store.sqlite'}"
    register = Path(str(REGISTER))
    run = CliRunner().invoke
    assert run(cli, ["--store", store, "import", str(register)]).exit_code == 0
    answers = {
        "supply": "463 needs",
        "resilience": "78 of 198 pairs",
        "reach": "helped: 149",
        "results": "too few to say",
        "scarcity": "near to becoming mentors: 53",
    }
    for question, word in answers.items():
        said = run(cli, ["--store", store, "plan", question, "--as-of", "2025-12-31", "--rows", str(tmp_path / "rows")])
        assert said.exit_code == 0, said.output
        assert word in " ".join(said.output.split())
        said = run(cli, ["--store", store, "plan", question, "--as-of", "2025-12-31", "--json"])
        assert word in json.loads(said.output)["text_s"]["text"]
    assert len(list((tmp_path / "rows").glob("*.csv"))) >= 12
