from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import ImportProblems
from graph.ingest import import_paths
from graph.model import Need, Offer, Partnership, Utility
from graph.network import Network, read_network
from graph.reference import REGISTER, capabilities, countries, load_reference, regions
from graph.register import (
    FLAG_NOTES,
    INFERRED_SOURCE,
    UNDATED_KNOWN_FROM,
    known_by,
    last_active_year,
    parallel_partnerships,
    with_inferred,
)
from graph.register_files import read_register_files
from graph.sqlite import SqliteStore

TODAY = date(2026, 6, 30)


def network_of(*partnerships: Partnership, offers: tuple[Offer, ...] = (), needs: tuple[Need, ...] = ()) -> Network:
    ids = sorted({side for partnership in partnerships for side in (partnership.mentor, partnership.mentee)})
    return Network(
        revision=1,
        utilities=tuple(Utility(id, id, "KEN") for id in ids),
        offers=offers,
        needs=needs,
        partnerships=partnerships,
        observations=(),
        capabilities=capabilities(),
        countries=countries(),
        regions=regions(),
    )


def worked(
    id: str = "P1",
    start: int | None = 2018,
    end: int | None = None,
    *,
    mentor: str = "A",
    mentee: str = "B",
    on: tuple[str, ...] = ("metering",),
    flags: tuple[str, ...] = (),
    status: str | None = None,
) -> Partnership:
    return Partnership(
        id, id, mentor, mentee, capabilities=on, start_year=start, end_year=end, flags=flags, status=status
    )


def test_a_mentor_offers_and_a_mentee_needs_what_they_worked_on() -> None:
    known = with_inferred(network_of(worked(end=2021, on=("metering", "leak_detection"))), TODAY)
    assert known.offers == (
        Offer("A", "leak_detection", evidence="P1", year=2021, source=str(INFERRED_SOURCE), provenance="inferred"),
        Offer("A", "metering", evidence="P1", year=2021, source=str(INFERRED_SOURCE), provenance="inferred"),
    )
    assert [(need.utility, need.capability, need.status, need.year) for need in known.needs] == [
        ("B", "leak_detection", "provisional", 2021),
        ("B", "metering", "provisional", 2021),
    ]
    assert all(need.provenance == "inferred" and need.priority is None for need in known.needs)


def test_evidence_is_joined_and_the_newest_year_counts() -> None:
    known = with_inferred(
        network_of(worked("P2", 2019, mentee="C"), worked("P1", 2010, 2030), worked("P3", None, None)), TODAY
    )
    (offer,) = known.offers
    assert (offer.evidence, offer.year) == ("P1; P2; P3", 2026)
    assert {(need.utility, need.year) for need in known.needs} == {("B", 2026), ("C", 2019)}


@pytest.mark.parametrize(
    ("start", "end", "as_of", "known"),
    [
        (2018, None, 2017, False),
        (2018, None, 2018, True),
        (2018, 2020, 2019, True),
        (None, 2019, 2018, False),
        (None, 2019, 2019, True),
        (None, None, UNDATED_KNOWN_FROM - 1, False),
        (None, None, UNDATED_KNOWN_FROM, True),
    ],
)
def test_nothing_leaks_that_starts_after_the_date(start: int | None, end: int | None, as_of: int, known: bool) -> None:
    partnership = worked(start=start, end=end)
    assert known_by(partnership, date(as_of, 12, 31)) is known
    network = with_inferred(network_of(partnership), date(as_of, 1, 1))
    assert bool(network.offers) is known
    assert bool(network.needs) is known
    assert bool(parallel_partnerships(network, date(as_of, 1, 1))) is known


def test_the_year_never_lies_after_the_date() -> None:
    known = with_inferred(network_of(worked(start=2018, end=2024)), date(2020, 5, 1))
    assert known.offers[0].year == 2020
    assert last_active_year(worked(start=2018), TODAY) == 2018
    assert last_active_year(worked(start=None), TODAY) is None


def test_stated_wins_over_inferred() -> None:
    offer = Offer("A", "metering", level=4, year=2001)
    need = Need("B", "metering", priority=1, status="diagnosed")
    known = with_inferred(network_of(worked(on=("metering", "sewerage")), offers=(offer,), needs=(need,)), TODAY)
    assert known.offers[0] is offer
    assert known.needs[0] is need
    assert [offer.provenance for offer in known.offers] == ["stated", "inferred"]
    assert [need.provenance for need in known.needs] == ["stated", "inferred"]


def test_what_is_planned_or_has_no_topics_implies_nothing() -> None:
    known = with_inferred(network_of(worked(status="planned"), worked("P2", on=())), TODAY)
    assert known.offers == ()
    assert known.needs == ()
    assert parallel_partnerships(known, TODAY) == {"A": 1}


def test_flags_common_to_all_evidence_are_told() -> None:
    flagged = worked(flags=("programme_years", "mentor_vehicle", "programme_topics"))
    (offer,) = with_inferred(network_of(flagged), TODAY).offers
    assert offer.source == (
        "inferred from the register (topics are the programme's, years are the programme's,"
        " the mentor sends staff of several utilities)"
    )
    own = worked("P2", mentee="C", flags=("mentor_vehicle",))
    known = with_inferred(network_of(flagged, own), TODAY)
    assert known.offers[0].source == "inferred from the register (the mentor sends staff of several utilities)"


def test_parallel_partnerships_count_mentees_of_one_year() -> None:
    network = network_of(
        worked("P1", 2010, 2014, mentee="B"),
        worked("P2", 2014, 2016, mentee="C"),
        worked("P3", 2014, None, mentee="C"),
        worked("P4", 2016, 2020, mentee="D"),
        worked("P5", 2016, None, mentee="E"),
        worked("P6", None, None, mentor="M", mentee="A"),
        worked("P7", None, 2016, mentee="F"),
    )
    assert parallel_partnerships(network, TODAY) == {"A": 4, "M": 1}
    assert parallel_partnerships(network, date(2015, 1, 1)) == {"A": 2}


years = st.none() | st.integers(2000, 2030)
rows = st.lists(
    st.tuples(
        years,
        years,
        st.sampled_from("AB"),
        st.sampled_from("CD"),
        st.lists(st.sampled_from(["metering", "sewerage", "governance"]), unique=True),
    ),
    max_size=8,
)


@given(rows, st.integers(2000, 2030), st.integers(2000, 2030))
def test_asking_for_another_date_forgets_the_first_and_knowledge_only_grows(
    found: list[tuple[int | None, int | None, str, str, list[str]]], one: int, other: int
) -> None:
    early, late = date(min(one, other), 6, 1), date(max(one, other), 6, 1)
    network = network_of(
        *(
            worked(f"P{at}", start, end, mentor=mentor, mentee=mentee, on=tuple(topics))
            for at, (start, end, mentor, mentee, topics) in enumerate(found)
            if start is None or end is None or start <= end
        )
    )
    at_early, at_late = with_inferred(network, early), with_inferred(network, late)
    assert with_inferred(at_late, early) == at_early
    assert {(offer.utility, offer.capability) for offer in at_early.offers} <= {
        (offer.utility, offer.capability) for offer in at_late.offers
    }
    assert all(offer.year is None or offer.year <= early.year for offer in at_early.offers)
    assert all(need.year is None or need.year <= early.year for need in at_early.needs)
    before, after = parallel_partnerships(network, early), parallel_partnerships(network, late)
    assert all(after[mentor] >= count for mentor, count in before.items())


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Network:
    store = SqliteStore(str(tmp_path_factory.mktemp("register") / "wop.sqlite"))
    load_reference(store)
    import_paths(store, [Path(REGISTER)])
    with store.read() as reader:
        network = read_network(reader)
    store.close()
    return network


def test_the_real_register_implies_what_its_rows_say(register: Network) -> None:
    assert register.offers == ()
    known = with_inferred(register, TODAY)
    names = {utility.name: utility.id for utility in register.utilities}
    with (REGISTER / "partnerships.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    topics = [(row, topic) for row in found for topic in row["topics"].split(";") if topic]
    assert {(offer.utility, offer.capability) for offer in known.offers} == {
        (names[row["mentor"]], topic) for row, topic in topics
    }
    assert {(need.utility, need.capability) for need in known.needs} == {
        (names[row["mentee"]], topic) for row, topic in topics
    }
    assert all(offer.source and offer.source.startswith(str(INFERRED_SOURCE)) for offer in known.offers)
    assert len(known.needs) > 300


def test_the_real_register_as_of_2010_knows_only_what_had_begun(register: Network) -> None:
    known = with_inferred(register, date(2010, 12, 31))
    began = {one.id for one in register.partnerships if one.start_year is not None and one.start_year <= 2010}
    assert {id for offer in known.offers for id in (offer.evidence or "").split("; ")} <= began
    assert known.offers
    assert max(parallel_partnerships(register, TODAY).values()) > 10


def test_constants_follow_the_register(register: Network) -> None:
    assert max(one.start_year or 0 for one in register.partnerships) == UNDATED_KNOWN_FROM
    flags = {flag for one in register.partnerships for flag in one.flags}
    assert flags == set(FLAG_NOTES)


def test_the_utilities_that_sought_partners_by_a_public_call_are_not_in_the_register(register: Network) -> None:
    sought = ("drohobych", "truskavets", "bucha", "poltava", "dnipro")
    assert not [one.name for one in register.utilities if one.name.casefold().startswith(sought)]


def test_the_input_network_is_left_as_it_was(register: Network) -> None:
    before = replace(register)
    with_inferred(register, TODAY)
    assert register == before


def test_an_organisation_at_fault_is_told_under_the_heading_of_its_side(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,mentor,mentor_country,mentee,mentee_country\nP1,Own,KEN,Other,\nP2,Third,Utopia,Own,KEN\n")
    with pytest.raises(ImportProblems) as caught:
        read_register_files([path])
    places = {(problem.row, problem.column) for problem in caught.value.problems}
    assert places == {(2, "mentee_country"), (3, "mentor_country")}
