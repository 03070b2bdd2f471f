"""The OpenAPI document against the application it describes."""

from __future__ import annotations

import base64
import json
from collections import Counter
from datetime import date
from typing import Any

import pytest
import schemathesis
from a_round import choosing_round, published_round
from apiflask import APIFlask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans
from pydantic import TypeAdapter
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from signed_in import Person, plant
from small_world import AS_OF

from web.access import ONLY_IN_PERSON
from web.action import ACTIONS
from web.openapi import Problem, model_of
from web.signing_in import COOKIE
from web.twin import TWINS

JSON = {"Accept": "application/json"}
REQUESTS = 3
"""For each operation and role; a longer search: raise it here."""
ROLES = {
    "facilitator": Person("everywhere@example.org", ("facilitator",), key="key-of-a-facilitator"),
    "regional facilitator": Person("regional@example.org", ("facilitator",), regions=("R1",), key="key-of-a-region"),
    "planner": Person("planner@example.org", ("planner",), key="key-of-a-planner"),
    "utility": Person("utility@example.org", ("utility",), utilities=("N1",), key="key-of-a-utility"),
    "administrator": Person("admin@example.org", ("administrator",), key="key-of-an-administrator"),
}
THERE = {
    "utility_id": "N1",
    "mentor_id": "M1",
    "mentee_id": "N1",
    "round_id": "M1",
    "kind": "json",
    "partnership_id": "P1",
    "idea_id": "I1",
}
"""Parts of addresses that name something; a proposal and a round are both called so."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = {
    "overview.overview": "/",
    "utilities.utilities": "/utilities",
    "utilities.utility": "/utilities/N1",
    "own.partners": "/utilities/N1/partners",
    "own.edit": "/utilities/N1/edit",
    "own.form": "/utilities/N1/edit/form?kind=need&key=leaks",
    "own.shortlist": "/utilities/N1/shortlist/M1",
    "own.wishes": "/utilities/N1/wishes?q=water",
    "own.interests": "/interests",
    "network.neighbours": "/utilities/N1/network",
    "network.chain": "/utilities/N1/chain?to=N2",
    "network.mentors": "/utilities/N1/mentors",
    "network.supply": "/supply",
    "network.explore": "/network?selected=N1&to=M1",
    "network.graph": "/network/graph",
    "network.download": "/network/download.json",
    "network.world_map": "/network/map",
    "network.map_download": "/network/map/download.json",
    "network.matrix_page": "/network/matrix?of=programmes",
    "network.matrix_download": "/network/matrix.json",
    "partnerships.partnerships": "/partnerships",
    "partnerships.partnership": "/partnerships/noord_nairobi",
    "partnerships.download": "/partnerships/download.json",
    "ideas.ideas": "/ideas",
    "ideas.of_utility": "/utilities/N1/ideas",
    "ideas.new": "/utilities/N1/ideas/new?partner=M1",
    "ideas.idea": "/utilities/N1/ideas/I1",
    "ideas.plan": "/utilities/N1/ideas/I1/plan",
    "ideas.of_round": "/rounds/M1/ideas",
    "register.ours": "/utilities/M1/partnerships/P1",
    "workplan.work_plan": "/utilities/M1/partnerships/P1/plan",
    "workplan.download": "/utilities/M1/partnerships/P1/plan/download.json",
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
    "planning.plan": "/plan",
    "planning.supply_page": "/plan/supply",
    "planning.resilience_page": "/plan/resilience",
    "planning.reach_page": "/plan/reach",
    "planning.scarcity_page": "/plan/scarcity?policy=best_fit",
    "planning.portfolio_page": "/plan/portfolio?policy=best_fit&budget=200000",
    "planning.results_page": "/plan/results",
    "planning.table": "/plan/supply/needs",
    "planning.download": "/plan/supply/needs.json",
    "about.about": "/about",
    "people.sign_in": "/sign-in",
    "people.account": "/account",
    "people.people": "/people",
    "people.new_person": "/people/new",
    "people.person": "/people/person?login=facilitator@example.org",
    "health.health": "/health",
    "health.ready": "/ready",
    "rounds.rounds": "/rounds",
    "rounds.desk": "/rounds/M1",
    "rounds.ready": "/rounds/M1/ready",
    "rounds.scenarios": "/rounds/M1/scenarios",
    "rounds.participants": "/rounds/M1/participants",
    "rounds.own_participants": "/rounds/M1/participants/own",
    "rounds.policy": "/rounds/M1/policy",
    "rounds.policy_file": "/rounds/M1/policy.toml",
    "rounds.weigh": "/rounds/M1/weigh/M1/N1",
    "rounds.log": "/rounds/M1/log",
    "rounds.log_file": "/rounds/M1/log.json",
    "rounds.compare": "/rounds/M1/compare",
    "rounds.record": "/rounds/M1/record",
    "imports.imports": "/import",
    "imports.waiting": "/import/{upload}",
    "rounds.publishing": "/rounds/M1/publish",
    "rounds.letters": "/rounds/M1/letters",
    "rounds.messages": "/rounds/M1/messages",
    "rounds.carried": "/rounds/M1/carried",
    "rounds.exchanging": "/rounds/M1/exchange/M1/N1?to=M2",
    "jobs.jobs": "/jobs",
    "jobs.new": "/jobs/new",
    "jobs.job": "/jobs/{job}",
}


def waiting_upload(client: FlaskClient) -> str:
    files = [{"name": "utilities.csv", "content": base64.b64encode(b"id,name,country\nA,Alpha,KEN\n").decode()}]
    answer = client.post("/import", json={"files": files}, headers={"Accept": "application/json"}).json
    assert answer is not None
    return str(answer["id"])


@pytest.mark.parametrize("endpoint", EXAMPLES)
def test_an_answer_has_exactly_the_form_described(
    client: FlaskClient, solved_client: FlaskClient, endpoint: str
) -> None:
    reader = solved_client if endpoint.startswith("explanations.") else client
    if endpoint.startswith("ideas."):
        idea = {"role": "mentee", "partners": ["M1"], "needs": ["leaks"]}
        assert reader.post("/utilities/N1/ideas", json=idea, headers={"Accept": "application/json"}).status_code == 201
    if endpoint.startswith("rounds.") or endpoint == "ideas.of_round":
        published_round(reader.application, date.fromisoformat(AS_OF))
    if endpoint == "own.shortlist":
        choosing_round(reader.application, date.fromisoformat(AS_OF))
    job = reader.post("/jobs", json={"policy": ["best_fit"]}, headers={"Accept": "application/json"}).json
    assert job is not None
    upload = waiting_upload(reader) if "{upload}" in EXAMPLES[endpoint] else ""
    response = reader.get(
        EXAMPLES[endpoint].format(job=job["id"], upload=upload), headers={"Accept": "application/json"}
    )
    assert response.status_code == 200, response.text
    answer = json.loads(response.data)
    model = model_of(TWINS[endpoint].answer)
    TypeAdapter(model).validate_python(answer, strict=True)
    required = {name for name, each in model.model_fields.items() if each.is_required()}
    assert required <= set(answer) <= set(model.model_fields)


def test_every_page_is_described(app: APIFlask, client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").json
    assert document is not None
    assert document["openapi"].startswith("3.1")
    assert set(EXAMPLES) == set(TWINS)
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert all(path.startswith("/api/v1/") for path in document["paths"])
    described = {operation["operationId"].replace("_", ".", 1) for operation in operations}
    assert described == {*TWINS, *ACTIONS}
    pages = {rule.endpoint for rule in app.url_map.iter_rules()} - {
        "static",
        "about.docs",
        "about.openapi",
        "people.provider",
        "people.provider_back",
        "health.metrics",
        "imports.template",
    }
    assert pages == {*TWINS, *ACTIONS}
    for operation in operations:
        for parameter in operation["parameters"]:
            assert parameter["in"] == "path" or parameter["description"]


def test_each_operation_has_an_example_that_holds(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").json
    assert document is not None
    for path in document["paths"].values():
        for operation in path.values():
            endpoint = operation["operationId"].replace("_", ".", 1)
            twin, action = TWINS.get(endpoint), ACTIONS.get(endpoint)
            answered = operation["responses"]["200"]["content"]["application/json"]["example"]
            form = twin.answer if twin is not None else ACTIONS[endpoint].answer
            TypeAdapter(model_of(form)).validate_json(json.dumps(answered), strict=True)
            if action is not None:
                action.body.model_validate(operation["requestBody"]["content"]["application/json"]["example"])
            problem = operation["responses"]["default"]["content"]["application/problem+json"]["example"]
            TypeAdapter(model_of(Problem)).validate_python(problem, strict=True)


def tokens_of_each_role(app: APIFlask) -> dict[str, str | None]:
    """A token with every scope for somebody of each role, made as people make theirs; ``None`` is the stranger's."""
    tokens: dict[str, str | None] = {"stranger": None}
    for role, person in ROLES.items():
        wanted = {"name": f"every scope of a {role}", "scopes": ["read", "solve", "write", "admin"]}
        made = app.test_client(person=person).post("/account/tokens", json=wanted, headers=JSON)
        assert made.status_code == 201, made.text
        assert made.json is not None
        tokens[role] = made.json["token"]
    return tokens


def test_no_request_breaks_a_page(app: APIFlask, client: FlaskClient) -> None:
    """Requests made from the document, in every corner of its parameters, by each role's token and by a stranger: each
    answer is one the document allows. Half of them name things that exist."""
    published_round(app, date.fromisoformat(AS_OF))
    job = client.post("/jobs", json={"policy": ["best_fit"]}, headers=JSON).json
    assert job is not None
    there = {**THERE, "job_id": job["id"]}
    tokens = tokens_of_each_role(app)
    described = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    operations = [found.ok() for found in described.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) == len(TWINS) + len(ACTIONS)
    answered: Counter[tuple[str, int]] = Counter()
    for operation in operations:

        @given(case=operation.as_strategy(), real=booleans())
        @settings(max_examples=REQUESTS, suppress_health_check=list(HealthCheck), database=None)
        def holds(case: Any, real: bool) -> None:
            if real:
                case.path_parameters = {name: there.get(name, part) for name, part in case.path_parameters.items()}
            given_headers = dict(case.headers or {})
            endpoint = case.operation.definition.raw["operationId"].replace("_", ".", 1)
            for role, token in tokens.items():
                shown = {"Authorization": f"Bearer {token}"} if token else {}
                if token and endpoint in ONLY_IN_PERSON:
                    person = ROLES[role]
                    plant(app.extensions["wop_sign_ins"].store, person)  # the last request may have ended the session
                    shown = {"Cookie": f"{COOKIE}={person.key}"}
                case.headers = {**given_headers, **shown, **JSON, "Accept-Encoding": "identity"}
                response = case.call()
                case.validate_response(response, checks=CHECKS)
                answered[role, response.status_code] += 1

        holds()
    # Nobody was let in or kept out altogether: each role met its own pages, and the stranger those of signing in.
    assert all(answered[role, 200] > 5 for role in ROLES), answered
    assert answered["stranger", 401] > answered["stranger", 200] > 0, answered
