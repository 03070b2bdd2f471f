"""The pages that the store answers by itself, and that they say what the whole network says."""

from __future__ import annotations

from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from web.pages.utilities import profile_of, standing_of

JSON = {"Accept": "application/json"}


def twin(client: FlaskClient, address: str, **query: Any) -> dict[str, Any]:
    response = client.get(address, query_string=query, headers=JSON)
    assert response.status_code == 200, response.text
    data = response.json
    assert isinstance(data, dict)
    return data


def test_a_utility_is_shown_from_its_part_as_from_the_whole_network(real_app: APIFlask) -> None:
    keeper = real_app.extensions["wop"]
    with real_app.app_context():
        whole = keeper.now()
        with keeper.store.read() as reader:
            for utility in whole.network.utilities:
                part = keeper.around(reader, utility.id)
                assert part is not None
                assert profile_of(part, utility.id) == profile_of(whole, utility.id)
                assert standing_of(part, utility.id) == standing_of(whole, utility.id)
                assert (part.as_of, part.headings) == (whole.as_of, whole.headings)


def test_a_utility_page_reads_no_whole_network(
    client: FlaskClient, app: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.extensions["wop"], "now", lambda: pytest.fail("the whole network was asked for"))
    for address in ("/utilities/N1", "/utilities/N1/network", "/utilities/N1/chain?to=M1", "/utilities/N1/mentors"):
        assert client.get(address).status_code == 200, address
    assert "Would learn from" in client.get("/utilities/N1?lang=en").text


def test_neighbours_by_depth_and_year(client: FlaskClient) -> None:
    near = twin(client, "/utilities/N1/network", depth=1, year=2024)
    assert near["utility"] == {"id": "N1", "name": "Nairobi São Water", "country": "KEN"}
    assert (near["counts"], [row["id"] for row in near["neighbours"]]) == ([1], ["M1"])
    far = twin(client, "/utilities/N1/network", depth=2, year=2024)
    assert [(row["id"], row["distance"], row["via"]) for row in far["neighbours"]] == [("M1", 1, "N1"), ("N2", 2, "M1")]
    assert twin(client, "/utilities/N1/network", depth=3, year=2018)["counts"] == [1, 0, 0]
    assert twin(client, "/utilities/N4/network")["counts"] == [0, 0]
    assert client.get("/utilities/N1/network?depth=4").status_code == 400


def test_the_chain_to_another_utility(client: FlaskClient) -> None:
    found = twin(client, "/utilities/N1/chain", to="N2", year=2024)
    assert [row["id"] for row in found["utilities"]] == ["N1", "M1", "N2"]
    assert [[tie["partnership"] for tie in link] for link in found["links"]] == [["P1"], ["P2"]]
    page = client.get("/utilities/N1/chain?to=N2&lang=en").text
    assert "They are 2 partnerships apart." in page
    assert "Waterwerken Noord mentored Nairobi São Water" in page
    assert "They are partners." in client.get("/utilities/N1/chain?to=M1&lang=en").text
    assert "No chain of known partnerships joins them." in client.get("/utilities/N1/chain?to=N4&lang=en").text
    assert "This is the same utility." in client.get("/utilities/N1/chain?to=N1&lang=en").text


def test_candidate_mentors_by_shared_capabilities(client: FlaskClient) -> None:
    found = twin(client, "/utilities/N1/mentors", year=2024)
    assert [(need["capability"], need["provenance"], need["private"]) for need in found["needs"]] == [
        ("leaks", "stated", False),
        ("meters", "stated", True),
    ]
    assert [
        (row["id"], [(one["capability"], one["level"]) for one in row["shared"]]) for row in found["candidates"]
    ] == [
        ("M1", [("leaks", 4)]),
        ("M2", [("meters", 3)]),
    ]
    assert found["total"] == 2
    page = client.get("/utilities/N1/mentors?lang=en").text
    assert "2 utilities offer something it needs." in page
    assert "not public" in page
    assert "No need is known." in client.get("/utilities/N4/mentors?lang=en").text


def test_supply_and_demand(client: FlaskClient) -> None:
    rows = {(row["capability"], row["region"]): row for row in twin(client, "/supply", year=2024)["rows"]}
    assert {key: (row["needs"], row["offers"], row["missing"]) for key, row in rows.items()} == {
        ("leaks", "R1"): (2, 0, 2),
        ("leaks", "R2"): (0, 1, -1),
        ("meters", "R1"): (1, 0, 1),
        ("meters", "R2"): (0, 1, -1),
        ("tariffs", "R2"): (0, 1, -1),
        ("tariffs", "R3"): (1, 0, 1),
    }
    first = twin(client, "/supply", capability="leaks", year=2024)["rows"]
    assert [(row["region"], row["missing"]) for row in first] == [("R1", 2), ("R2", -1)]
    assert twin(client, "/supply", region="R4")["rows"] == []
    assert client.get("/supply?capability=leeks", headers=JSON).status_code == 404
    assert "leaks" in client.get("/supply?capability=leeks").text


def test_a_name_leads_to_the_address_with_the_id(client: FlaskClient) -> None:
    for address, id_address in (
        ("/utilities/Waterwerken%20Noord", "/utilities/M1"),
        ("/utilities/waterwerken noord/network?depth=3", "/utilities/M1/network?depth=3"),
        ("/utilities/N1/chain?to=Waterwerken+Noord&year=2024", "/utilities/N1/chain?to=M1&year=2024"),
        ("/utilities/Nairobi São Water/mentors", "/utilities/N1/mentors"),
    ):
        response = client.get(address)
        assert response.status_code == 308, address
        assert sorted(response.headers["Location"].replace("?", "&").split("&")) == sorted(
            id_address.replace("?", "&").split("&")
        )
        assert client.get(address, follow_redirects=True).status_code == 200


@pytest.mark.parametrize(
    "address", ["/utilities/{}", "/utilities/{}/network", "/utilities/N1/chain?to={}", "/utilities/{}/mentors"]
)
def test_a_name_that_nobody_has_is_answered_with_the_nearest(client: FlaskClient, address: str) -> None:
    problem = client.get(address.format("Waterwerken Nord"), headers=JSON)
    assert problem.status_code == 404
    assert "Waterwerken Noord" in str(problem.json)


def test_an_empty_store_has_no_supply_and_no_demand(empty_client: FlaskClient) -> None:
    assert "No offer and no need is known." in empty_client.get("/supply?lang=en").text
    assert twin(empty_client, "/supply")["rows"] == []


def test_the_mark_of_a_page_follows_the_store(client: FlaskClient, app: APIFlask) -> None:
    first = client.get("/utilities/N1/network")
    kept = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/utilities/N1/network", headers=kept).status_code == 304
    with app.extensions["wop"].store.write() as transaction:
        transaction.merge_nodes("Utility", {"id": ["M1"], "name": ["Renamed"]})
    assert "Renamed" in client.get("/utilities/N1/network", headers=kept).text
