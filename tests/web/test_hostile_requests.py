"""Requests made to do harm: what is no text, no number, or too deep, is refused in words; nothing fails on our side."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.http import parse_options_header

from web.sheets import as_file

NAMES = {"Content-Type": "application/json", "Accept": "application/json"}
HALVES = ("\ud800", "water \udfff", "\ud800\ud800")


def sent(client: FlaskClient, address: str, body: str) -> Any:
    return client.post(address, data=body, headers=NAMES)


@pytest.mark.parametrize("text", HALVES)
def test_half_a_character_is_no_text(client: FlaskClient, text: str) -> None:
    for address, body in (
        ("/sign-in", {"login": text, "password": text}),
        ("/utilities/N1/wishes", {"wish": "preferred", "partner": text, "step": "add"}),
        ("/rounds", {"title": text}),
        ("/import", {"files": [{"name": text, "content": ""}]}),
    ):
        answer = sent(client, address, json.dumps(body))
        assert answer.status_code == 400, (address, answer.text)
    kept = sent(client, "/rounds", json.dumps({"title": "Round \U0001f6b0"}))
    assert kept.status_code in (201, 400)
    assert "surrogate" not in kept.text, "both halves together are a character"


@pytest.mark.parametrize("body", ["[" * 100_000, '{"title":' * 50_000, "null", '"title"', "1e999", ""])
def test_what_is_no_object_is_refused(client: FlaskClient, body: str) -> None:
    assert sent(client, "/rounds", body).status_code == 400


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", '"nan"', "1e999"])
def test_what_is_no_number_is_refused(client: FlaskClient, number: str) -> None:
    """A twin that repeated it would be no JSON, for every reader."""
    body = f'{{"what": "adjust", "mentor": "M1", "mentee": "N1", "by": {number}}}'
    assert sent(client, "/rounds/M1/decide", body).status_code == 400
    results = f'{{"capability": "leaks", "baseline": {number}}}'
    assert sent(client, "/utilities/M1/partnerships/P1/results", results).status_code == 400


@pytest.mark.parametrize("name", ['p";x=<b>', "парт", "a\r\nX-Evil: 1", "../../up", "\u202egpj"])
def test_the_name_of_a_download_is_a_name_of_a_file(name: str) -> None:
    """Ids are what people wrote; a header holds one line of Latin letters, and no second parameter."""
    told = as_file("csv", f"work-plan-{name}", ("a",), ()).headers["Content-Disposition"]
    assert told.encode("latin-1").isascii()
    kind, options = parse_options_header(told)
    assert kind == "attachment"
    assert set(options) == {"filename"}
    assert re.fullmatch(r"work-plan-[\w.-]*\.csv", options["filename"])
