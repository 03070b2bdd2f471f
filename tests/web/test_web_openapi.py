"""The OpenAPI document against the application it describes."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
import schemathesis
from a_round import published_round
from apiflask import APIFlask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from pydantic import TypeAdapter
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from signed_in import HEADERS, plant
from small_world import AS_OF

from web.action import ACTIONS
from web.openapi import model_of
from web.twin import TWINS

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = {
    "overview.overview": "/",
    "utilities.utilities": "/utilities",
    "utilities.utility": "/utilities/N1",
    "network.neighbours": "/utilities/N1/network",
    "network.chain": "/utilities/N1/chain?to=N2",
    "network.mentors": "/utilities/N1/mentors",
    "network.supply": "/supply",
    "partnerships.partnerships": "/partnerships",
    "partnerships.partnership": "/partnerships/noord_nairobi",
    "proposal.latest": "/proposal",
    "proposal.of_round": "/proposal/round-1",
    "proposal.unmatched": "/proposal/unmatched",
    "proposal.idle": "/proposal/idle",
    "proposal.download": "/proposal/download.json",
    "pairs.pair": "/proposal/pair/M1/N1",
    "explanations.pair": "/proposal/pair/M1/N1/round",
    "explanations.unmatched": "/proposal/unmatched/N3",
    "explanations.alternates": "/proposal/alternates/N1",
    "explanations.scarcity": "/proposal/scarcity",
    "explanations.fairness": "/proposal/fairness",
    "explanations.recruitment": "/proposal/recruitment",
    "explanations.best": "/proposal/best",
    "explanations.frontier": "/proposal/frontier",
    "suggest.suggest": "/suggest?utility=N1",
    "capabilities.capabilities": "/capabilities",
    "backtest.backtest": "/backtest",
    "about.about": "/about",
    "people.sign_in": "/sign-in",
    "people.account": "/account",
    "people.people": "/people",
    "health.health": "/health",
    "health.ready": "/ready",
    "rounds.rounds": "/rounds",
    "rounds.desk": "/rounds/M1",
    "rounds.ready": "/rounds/M1/ready",
    "rounds.weigh": "/rounds/M1/weigh/M1/N1",
    "rounds.log": "/rounds/M1/log",
    "rounds.compare": "/rounds/M1/compare",
    "rounds.record": "/rounds/M1/record",
    "jobs.jobs": "/jobs",
    "jobs.new": "/jobs/new",
    "jobs.job": "/jobs/{job}",
}


@pytest.mark.parametrize("endpoint", EXAMPLES)
def test_an_answer_has_exactly_the_form_described(
    client: FlaskClient, solved_client: FlaskClient, endpoint: str
) -> None:
    reader = solved_client if endpoint.startswith("explanations.") else client
    if endpoint.startswith("rounds."):
        published_round(reader.application, date.fromisoformat(AS_OF))
    job = reader.post("/jobs", json={"policy": ["best_fit"]}, headers={"Accept": "application/json"}).json
    assert job is not None
    response = reader.get(EXAMPLES[endpoint].format(job=job["id"]), headers={"Accept": "application/json"})
    assert response.status_code == 200, response.text
    answer = json.loads(response.data)
    model = model_of(TWINS[endpoint].answer)
    TypeAdapter(model).validate_python(answer, strict=True)
    assert set(answer) == set(model.model_fields)


def test_every_page_is_described(app: APIFlask, client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").json
    assert document is not None
    assert document["openapi"].startswith("3.1")
    assert set(EXAMPLES) == set(TWINS)
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    described = {operation["operationId"].replace("_", ".", 1) for operation in operations}
    assert described == {*TWINS, *ACTIONS}
    pages = {rule.endpoint for rule in app.url_map.iter_rules()} - {
        "static",
        "about.docs",
        "about.openapi",
        "health.metrics",
    }
    assert pages == {*TWINS, *ACTIONS}
    for operation in operations:
        for parameter in operation["parameters"]:
            assert parameter["in"] == "path" or parameter["description"]


def test_no_request_breaks_a_page(app: APIFlask) -> None:
    """Requests made from the document, in every corner of its parameters: each answer is one the document allows."""
    plant(app.extensions["wop_sign_ins"].store)
    described = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    operations = [found.ok() for found in described.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) == len(TWINS) + len(ACTIONS)
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(max_examples=12, suppress_health_check=list(HealthCheck), database=None)
        def holds(case: Any) -> None:
            case.headers = {
                **(case.headers or {}),
                **HEADERS,
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            }
            case.call_and_validate(checks=CHECKS)

        holds()
