from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from graph.cells import cell_text
from graph.errors import ImportProblems
from graph.ingest import import_paths
from graph.network import Network, read_network
from graph.reference import REGISTER, capabilities, load_reference
from graph.sqlite import SqliteStore
from graph.store import Counts, Store
from graph.table_rows import table_rows
from graph.tables import TABLES


def rows_of(file: str) -> list[dict[str, str]]:
    with (REGISTER / file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def network(store: Store) -> Network:
    with store.read() as reader:
        return read_network(reader)


def give(store: Store, folder: Path, **tables: str) -> dict[str, Counts]:
    """Import tables written as lines with ``|`` between cells."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, text in tables.items():
        lines = [line.strip().split("|") for line in text.strip().splitlines()]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(lines)
    return dict(import_paths(store, [folder]).counts)


TWO = """id|name|country
A1|One|KEN
A2|Two|UGA"""


def test_the_register_comes_in_as_it_is_and_nothing_is_lost(store: Store) -> None:
    report = import_paths(store, [REGISTER])
    assert report.counts == {
        "utilities": Counts(513, 0, 0),
        "partnerships": Counts(198, 0, 0),
        "observations": Counts(1569, 0, 0),
    }
    known = network(store)
    utilities = {utility.id: utility for utility in known.utilities}
    for row in rows_of("utilities.csv"):
        utility = utilities[row["id"]]
        assert (utility.name, utility.country) == (row["name"], row["country"])
        assert known.region_of(utility).name == row["region"]
        assert ";".join(utility.languages) == row["languages"]
        assert (utility.source_url or "") == row["source_url"]
    partnerships = {partnership.id: partnership for partnership in known.partnerships}
    for row in rows_of("partnerships.csv"):
        found = partnerships[row["id"]]
        assert utilities[found.mentor].name == row["mentor"]
        assert utilities[found.mentee].name == row["mentee"]
        assert set(found.capabilities) == set(filter(None, row["topics"].split(";")))
        assert ";".join(found.flags) == row["flags"]
        assert (found.wop, found.confidence) == (row["wop_key"], row["confidence"])
        for field in ("programme", "facilitator", "funder", "start_year", "end_year", "source_url_2", "excerpt_fact"):
            assert str(getattr(found, field) or "") == row[field]
    figures = {(figure.utility, figure.metric, figure.year): figure for figure in known.observations}
    for row in rows_of("utility_observations.csv"):
        figure = figures[row["utility_id"], row["metric"], int(row["year"]) if row["year"] else None]
        assert (figure.value, figure.note or "") == (float(row["value"]), row["note"])


def test_twice_changes_nothing_and_says_so(store: Store) -> None:
    import_paths(store, [REGISTER])
    revision = store.revision()
    report = import_paths(store, [REGISTER])
    assert not report.changed
    assert report.counts["partnerships"] == Counts(0, 0, 198)
    assert store.revision() == revision


def test_a_dry_run_counts_the_same_and_writes_nothing(store: Store) -> None:
    dry = import_paths(store, [REGISTER], dry_run=True)
    assert store.revision() == 0
    assert dry.dry_run
    assert dry.changed
    assert dry.counts == import_paths(store, [REGISTER]).counts


def test_progress_grows_to_the_end(store: Store) -> None:
    shares: list[float] = []
    import_paths(store, [REGISTER], progress=lambda _text, share: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_figures_in_the_utilities_alone_become_observations(store: Store) -> None:
    import_paths(store, [REGISTER / "utilities.csv"])
    with store.read() as reader:
        edges = reader.edges("OBSERVED")
    expected = sum(
        bool(row[metric])
        for row in rows_of("utilities.csv")
        for metric in (
            "population_served",
            "connections",
            "nrw_percent",
            "coverage_percent",
            "supply_hours",
            "staff_per_1000",
            "collection_percent",
        )
    )
    assert len(edges["value"]) == expected
    assert not import_paths(store, [REGISTER / "utilities.csv"]).changed


def test_a_figure_that_contradicts_an_observation_of_the_upload(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ImportProblems) as caught:
        give(
            store,
            tmp_path / "u",
            utilities="id|name|country|nrw_percent|year\nA1|One|KEN|35|2023",
            observations="utility_id|metric|value|year\nA1|nrw_percent|36|2023",
        )
    (found,) = caught.value.problems
    assert (found.file, found.row, found.column) == ("utilities.csv", 2, "nrw_percent")


def test_a_missing_column_keeps_and_an_empty_cell_forgets(store: Store, tmp_path: Path) -> None:
    give(store, tmp_path / "u", utilities="id|name|country|climate|note\nA1|One|KEN|dry|hello")
    assert give(store, tmp_path / "u", utilities="id|name|country|note\nA1|One|KEN|") == {"utilities": Counts(0, 1, 0)}
    (utility,) = network(store).utilities
    assert (utility.climate, utility.note) == ("dry", None)


def test_a_utility_that_moves_is_in_one_country_only(store: Store, tmp_path: Path) -> None:
    give(store, tmp_path / "u", utilities=TWO)
    assert give(store, tmp_path / "u", utilities=TWO.replace("UGA", "Rwanda"))["utilities"] == Counts(0, 1, 1)
    with store.read() as reader:
        assert reader.edges("LOCATED_IN")["target"] == ["KEN", "RWA"]


def test_a_partnership_given_again_replaces_its_edges(store: Store, tmp_path: Path) -> None:
    first = (
        "id|mentor|mentee|topics|programme|funder\nP1|A1|Two|metering;procurement|Prog|Fund\nP2|A2|A1|metering|Prog|"
    )
    give(store, tmp_path / "u", utilities=TWO, partnerships=first)
    assert {partnership.wop for partnership in network(store).partnerships} == {"P1", "P2"}
    second = "id|mentor|mentee|topics|programme\nP1|A2|A1|governance|Other\nP2|A2|A1|metering|Prog"
    assert give(store, tmp_path / "u", partnerships=second) == {"partnerships": Counts(0, 1, 1)}
    found = network(store).partnerships[0]
    assert (found.mentor, found.mentee, found.capabilities) == ("A2", "A1", ("governance",))
    assert (found.programme, found.funder) == ("Other", "Fund")
    give(store, tmp_path / "u", partnerships="id|mentor|mentee|programme|funder\nP1|A2|A1||")
    found = network(store).partnerships[0]
    assert (found.programme, found.funder, found.capabilities) == (None, None, ("governance",))
    with store.read() as reader:
        assert reader.nodes("Programme")["id"] == ["Prog"]
        assert reader.nodes("Funder")["id"] == []


def test_figures_kept_with_a_topic_survive_a_new_import(store: Store, tmp_path: Path) -> None:
    row = "id|mentor|mentee|topics\nP1|A1|A2|metering"
    give(store, tmp_path / "u", utilities=TWO, partnerships=row)
    with store.write() as transaction:
        transaction.merge_edges("COVERS", {"source": ["P1"], "target": ["metering"], "result": [12.0]})
    assert give(store, tmp_path / "u", partnerships=row) == {"partnerships": Counts(0, 0, 1)}
    with store.read() as reader:
        assert reader.edges("COVERS")["result"] == [12.0]


def test_names_shared_by_utilities_of_two_countries(store: Store, tmp_path: Path) -> None:
    same = "id|name|country\nA1|Water|KEN\nA2|Water|UGA\nA3|Other|UGA"
    give(
        store,
        tmp_path / "u",
        utilities=same,
        partnerships="id|mentor|mentor_country|mentee\nP1|Water|UGA|Other",
    )
    assert network(store).partnerships[0].mentor == "A2"
    with pytest.raises(ImportProblems) as caught:
        give(store, tmp_path / "u", partnerships="id|mentor|mentee|mentee_country\nP2|Water|Other|KEN")
    first, second = caught.value.problems
    assert "A1, A2" in str(first.hint)
    assert second.column == "mentee_country"


@pytest.mark.parametrize(
    ("table", "text", "column"),
    [
        ("utilities", "id|name|country|region\nA3|Three|KEN|Western Africa", "region"),
        ("utilities", "id|name|country|refused_partners\nA3|Three|KEN|A3", "refused_partners"),
        ("utilities", "id|name|country|nrw_percent\nA3|Three|KEN|101", "nrw_percent"),
        ("offers", "utility|utility_name|capability\nA1|Two|metering", "utility_name"),
        ("needs", "utility|capability|status\nA1|metering|diagnosd", "status"),
        ("partnerships", "id|mentor|mentee\nP1|A1|One", "mentee"),
        ("partnerships", "id|mentor|mentee|start_year|end_year\nP1|A1|A2|2020|2019", "end_year"),
        ("observations", "utility_id|metric|value\nA1|supply_hours|25", "value"),
        ("observations", "utility_id|metric|value\nA1|supply_hors|24", "metric"),
        ("observations", "utility_id|utility|metric|value\nA1|Two|supply_hours|24", "utility"),
    ],
)
def test_what_must_hold_within_a_row(store: Store, tmp_path: Path, table: str, text: str, column: str) -> None:
    give(store, tmp_path / "u", utilities=TWO)
    with pytest.raises(ImportProblems) as caught:
        give(store, tmp_path / "u", **{table: text})
    assert [(found.row, found.column) for found in caught.value.problems] == [(2, column)]


def test_one_row_twice_in_two_files_names_both(store: Store, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    (one / "offers.csv").write_text("utility,capability\nA1,metering\n")
    (two / "utility_offers.csv").write_text("utility,capability\nA2,metering\nOne,Metering\n")
    give(store, tmp_path / "u", utilities=TWO)
    with pytest.raises(ImportProblems) as caught:
        import_paths(store, [one, two])
    (found,) = caught.value.problems
    assert (found.file, found.row) == ("utility_offers.csv", 3)
    assert "row 2 of offers.csv" in str(found.message)


def test_utilities_of_one_upload_may_prefer_each_other(store: Store, tmp_path: Path) -> None:
    give(
        store,
        tmp_path / "u",
        utilities="id|name|country|preferred_partners\nA1|One, Ltd|KEN|Two\nA2|Two|UGA|One, Ltd;A3\nA3|Three|UGA|",
    )
    assert [utility.preferred_partners for utility in network(store).utilities] == [("A2",), ("A1", "A3"), ()]


def export(store: Store, folder: Path) -> None:
    """The tables as an export writes them."""
    folder.mkdir()
    with store.read() as reader:
        for name in TABLES:
            columns = table_rows(name, reader)
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
                writer = csv.writer(stream)
                writer.writerow(columns)
                writer.writerows(
                    zip(*([cell_text(cell) for cell in column] for column in columns.values()), strict=True)
                )


def test_the_register_exported_and_imported_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    import_paths(store, [REGISTER])
    export(store, tmp_path / "out")
    assert not import_paths(store, [tmp_path / "out"]).changed
    other = SqliteStore(tmp_path / "other.sqlite")
    import_paths(other, [tmp_path / "out"])
    assert {**vars(network(other)), "revision": 0} == {**vars(network(store)), "revision": 0}
    other.close()


texts = some.text(some.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text and text.isprintable()
)
FORMULA_LIKE = ["=1+1", "'=1", "-x", "+", "@a", "'s-Gravenhage"]
numbers = some.floats(0, 1e12, allow_nan=False)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    names=some.lists(texts, min_size=1, max_size=4),
    notes=some.lists(
        some.none() | texts | some.sampled_from(["=1+1", "'=1", "-x", "+", "@a", "'s-Gravenhage"]), min_size=4
    ),
    flags=some.lists(some.none() | some.booleans(), min_size=4, max_size=4),
    figures=some.lists(some.none() | numbers, min_size=4, max_size=4),
    topics=some.lists(some.sampled_from([capability.id for capability in capabilities()]), min_size=4, unique=True),
)
def test_rows_exported_and_imported_are_unchanged(
    tmp_path_factory: pytest.TempPathFactory,
    names: list[str],
    notes: list[str | None],
    flags: list[bool | None],
    figures: list[float | None],
    topics: list[str],
) -> None:
    folder = tmp_path_factory.mktemp("trip")
    store, ids = SqliteStore(folder / "s.sqlite"), [f"A{at}" for at in range(len(names))]
    load_reference(store)
    count = len(ids)
    # What an import gives the store: names and notes are tidied by a first import, then nothing may change.
    with store.write() as transaction:
        transaction.merge_nodes(
            "Utility",
            {
                "id": ids,
                "name": names,
                "country": ["KEN"] * count,
                "note": notes[:count],
                "private": flags[:count],
                "latitude": [None if figure is None else figure / 1e12 * 90 for figure in figures[:count]],
            },
        )
        needs: dict[str, list[Any]] = {
            "source": ids,
            "target": topics[:count],
            "baseline": figures[:count],
            "private": flags[:count],
        }
        transaction.merge_edges("NEEDS", needs)
    export(store, folder / "first")
    import_paths(store, [folder / "first"])
    export(store, folder / "second")
    report = import_paths(store, [folder / "second"])
    assert not report.changed, report
    with store.read() as reader:
        assert reader.edges("NEEDS")["baseline"] == [
            figure for _, figure in sorted(zip(ids, figures[:count], strict=True), key=lambda pair: pair[0])
        ]
    store.close()
