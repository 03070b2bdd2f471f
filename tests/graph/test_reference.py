from __future__ import annotations

import csv
from pathlib import Path

from graph import reference
from graph.network import read_network
from graph.reference import (
    INCOME_GROUPS,
    REGISTER,
    capabilities,
    capability_groups,
    countries,
    load_reference,
    metrics,
    regions,
    visible_names,
)
from graph.sqlite import SqliteStore
from graph.store import Counts


def register_rows(name: str) -> list[dict[str, str]]:
    with (REGISTER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_country_of_the_register_is_known_with_its_region_and_languages() -> None:
    known = {country.id: country for country in countries()}
    for row in register_rows("utilities.csv"):
        country = known[row["country"]]
        assert country.region == row["region"], row["id"]
        assert set(filter(None, row["languages"].split(";"))) <= set(country.languages), row["id"]
    for row in register_rows("partnerships.csv"):
        assert {row["mentor_country"], row["mentee_country"]} <= known.keys()


def test_regions_are_the_22_inhabited_subregions_and_all_of_the_register_are_among_them() -> None:
    ids = [region.id for region in regions()]
    assert len(ids) == 22
    assert ids == sorted(ids)
    found = {row["region"] for row in register_rows("utilities.csv")}
    assert len(found) == 19
    assert found <= set(ids)
    assert {country.region for country in countries()} == set(ids)
    assert {region.continent for region in regions()} == {"Africa", "Americas", "Asia", "Europe", "Oceania"}


def test_countries_are_complete_and_believable() -> None:
    ids = [country.id for country in countries()]
    assert ids == sorted(set(ids))
    assert "XKX" in ids
    for country in countries():
        assert country.name
        assert country.languages, country.id
        assert all(len(language) == 2 and language.islower() for language in country.languages), country.id
        assert country.latitude is not None
        assert country.longitude is not None
        assert country.utc_offset is not None
        assert -60 < country.latitude < 80
        # a standard time is never far from the sun's; China, Kiribati and the Pacific's date line are the extremes
        assert abs((country.longitude / 15 - country.utc_offset + 12) % 24 - 12) < 3, country.id
        assert (country.income_group is None) == (country.income_year is None)
        assert (country.fragile is None) == (country.fragile_year is None)


def test_income_groups_and_fragile_list_have_the_published_sizes() -> None:
    sizes = {group: sum(country.income_group == group for country in countries()) for group in INCOME_GROUPS}
    # the Bank counts Jersey and Guernsey as one economy
    assert sizes == {"low": 26, "lower_middle": 51, "upper_middle": 54, "high": 86 + 1}
    assert sum(country.fragile is True for country in countries()) == 39
    assert {country.income_group for country in countries()} - {None} == set(INCOME_GROUPS)


def test_taxonomy_is_the_register_s_and_closeness_is_symmetric() -> None:
    topics = register_rows("topics.csv")
    assert [capability.id for capability in capabilities()] == [row["topic"] for row in topics]
    assert [capability.definition for capability in capabilities()] == [row["definition"] for row in topics]
    groups = {group.id: group.name for group in capability_groups()}
    assert [groups[capability.group] for capability in capabilities()] == [row["group"] for row in topics]
    closeness = {(capability.id, other): value for capability in capabilities() for other, value in capability.related}
    ids = {capability.id for capability in capabilities()}
    for (one, other), value in closeness.items():
        assert {one, other} <= ids
        assert one != other
        assert 0 < value < 1
        assert closeness[other, one] == value


def test_metrics_cover_the_register_and_its_figures_lie_in_their_ranges() -> None:
    known = {metric.id: metric for metric in metrics()}
    for row in register_rows("utility_observations.csv"):
        metric = known[row["metric"]]
        assert metric.lowest is not None
        assert metric.highest is not None
        assert metric.lowest <= float(row["value"]) <= metric.highest, row
    ids = {capability.id for capability in capabilities()}
    assert all(metric.capability is None or metric.capability in ids for metric in known.values())


def test_visible_names_hold_every_name_once() -> None:
    names = visible_names()
    assert len(names) == len(set(names))
    assert {capability.name for capability in capabilities()} <= set(names)
    assert "" not in names


def test_loading_twice_changes_nothing_and_reads_back_the_same(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "wop.sqlite"))
    first = load_reference(store)
    assert first.created > 700
    assert (first.updated, first.unchanged) == (0, 0)
    assert load_reference(store) == Counts(unchanged=first.created)
    assert store.revision() == 1
    with store.read() as reader:
        network = read_network(reader)
        stored_metrics = reader.nodes("Metric")
    assert network.countries == countries()
    assert network.regions == regions()
    assert {one.id: one.group for one in network.capabilities} == {one.id: one.group for one in capabilities()}
    assert sorted(network.capabilities, key=lambda one: one.id) == sorted(capabilities(), key=lambda one: one.id)
    assert set(stored_metrics["id"]) == {metric.id for metric in metrics()}
    store.close()


def test_a_link_that_the_reference_no_longer_has_is_removed(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "wop.sqlite"))
    load_reference(store)
    with store.write() as transaction:
        transaction.merge_edges("IN", {"source": ["KEN"], "target": ["Western Africa"]})
    load_reference(store)
    with store.read() as reader:
        assert reader.edges("IN", sources=["KEN"])["target"] == ["Eastern Africa"]
    store.close()


def test_the_register_s_folder_is_found_through_the_installed_package() -> None:
    assert REGISTER == reference.FIXTURES / "wop"
    assert (REGISTER / "NOTICE.md").is_file()
    assert (reference.FIXTURES / "countries" / "SOURCES.md").is_file()
