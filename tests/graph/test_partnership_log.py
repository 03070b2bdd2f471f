"""What two sides tell of their partnership, and the ideas of utilities, in a store."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from graph.digest import graph_digest
from graph.errors import BadInput, Conflict, UnknownName, WopError
from graph.export import export_jsonl
from graph.network import read_network, read_partnership
from graph.restore import restore_jsonl
from graph.sqlite import SqliteStore
from graph.store import Store
from matcher.ideas.keeping import create_idea, read_idea, read_ideas, read_log, record_idea
from matcher.register.keeping import read_log as read_partnership_log
from matcher.register.keeping import the_partnership
from matcher.register.planning import months_of, progress, put_activity
from matcher.register.state import told_by
from matcher.register.telling import give_answer, set_dates, set_result

ON = date(2026, 6, 1)
MENTOR, MENTEE, TOPIC = "A", "B", "leaks"


@pytest.fixture
def told_store(store: Store) -> Store:
    """One partnership of two utilities."""
    with store.write() as transaction:
        transaction.merge_nodes("Region", {"id": ["R"], "name": ["Region"]})
        transaction.merge_nodes("Country", {"id": ["KEN"], "name": ["Kenya"]})
        transaction.merge_edges("IN", {"source": ["KEN"], "target": ["R"]})
        transaction.merge_nodes("CapabilityGroup", {"id": ["G"], "name": ["Group"]})
        transaction.merge_nodes("Capability", {"id": [TOPIC], "name": ["Leaks"], "definition": [""]})
        transaction.merge_edges("PART_OF", {"source": [TOPIC], "target": ["G"]})
        transaction.merge_nodes("Utility", {"id": ["A", "B"], "name": ["Alpha", "Beta"], "country": ["KEN", "KEN"]})
        transaction.merge_nodes("Partnership", {"id": ["P"], "wop": ["w"], "start_year": [2020], "end_year": [2024]})
        transaction.merge_edges("MENTORS_IN", {"source": ["A"], "target": ["P"]})
        transaction.merge_edges("LEARNS_IN", {"source": ["B"], "target": ["P"]})
        transaction.merge_edges("COVERS", {"source": ["P"], "target": [TOPIC]})
    return store


def test_what_is_told_stands_in_the_network_and_in_the_log(told_store: Store, tmp_path: Path) -> None:
    store = told_store
    put_activity(store, "P", MENTOR, type="review", title="Look again", first="2026-11", last="2027-02", who="Ann")
    set_dates(store, "P", MENTEE, status="completed", start=None, end=date(2024, 3, 1), on=ON, who="Bo")
    figures = {"baseline": 40.0, "target": 30.0, "result": 31.0}
    set_result(store, "P", MENTOR, TOPIC, **figures, year=2024, source="report", on=ON, who="Ann")  # type: ignore[arg-type]  # three figures
    give_answer(store, "P", MENTOR, reached="yes", again="yes", on=ON, who="Ann")
    with store.read() as reader:
        assert the_partnership(reader, "P").went is None, "one side is not enough"
    give_answer(store, "P", MENTEE, reached="no", again="unsure", on=date(2026, 6, 9), who="Bo")
    with store.read() as reader:
        part, log = the_partnership(reader, "P"), read_partnership_log(reader, "P")
        assert read_network(reader).partnerships == (part,)
        assert read_partnership(reader, "nothing") is None
    assert (part.went, part.went_on, part.start_year, part.end_on) == (0.5, "2026-06-09", 2020, "2024-03-01")
    assert part.results[0].result == 31.0
    told = told_by(log)
    assert (log[0].number, log[0].who, log[0].side) == (1, "Ann", "mentor")
    assert str(progress(told)) == "0 of 1 activities done, 0 under way."
    assert months_of(told.activities.values()) == ("2026-11", "2027-02", 4)
    export_jsonl_copy = tmp_path / "all.jsonl"
    other = SqliteStore(tmp_path / "other.sqlite")
    with store.read() as reader:
        export_jsonl(reader, export_jsonl_copy)
        digest = graph_digest(reader)
    restore_jsonl(other, export_jsonl_copy)
    with other.read() as reader:
        assert graph_digest(reader) == digest
    other.close()


def test_what_cannot_be_is_refused_and_leaves_nothing(told_store: Store) -> None:
    store = told_store
    with store.read() as reader:
        digest = graph_digest(reader)
    refused: tuple[Callable[[], object], ...] = (
        lambda: set_dates(store, "P", "nobody", status=None, start=None, end=None, on=ON, who="Bo"),
        lambda: set_dates(store, "none", MENTEE, status=None, start=None, end=None, on=ON, who="Bo"),
        lambda: set_dates(store, "P", MENTEE, status="completed", start=None, end=None, on=ON, who="Bo"),
        lambda: set_dates(store, "P", MENTEE, status="completed", start=None, end=date(2027, 1, 1), on=ON, who="Bo"),
        lambda: set_result(store, "P", MENTEE, "nothing", baseline=1.0, on=ON, who="Bo"),
        lambda: set_result(store, "P", MENTEE, TOPIC, result=1.0, on=ON, who="Bo"),
        lambda: set_result(store, "P", MENTEE, TOPIC, baseline=float("inf"), on=ON, who="Bo"),
        lambda: set_result(store, "P", MENTEE, TOPIC, baseline=1.0, year=2027, on=ON, who="Bo"),
        lambda: give_answer(store, "P", MENTEE, reached="maybe", again="yes", on=ON, who="Bo"),  # type: ignore[arg-type]  # wrong on purpose
        lambda: give_answer(store, "P", MENTEE, reached="yes", again="yes", on=ON, who=" "),
        lambda: put_activity(store, "P", MENTEE, type="review", title="x", number=3, who="Bo"),
    )
    for wrong in refused:
        with pytest.raises((BadInput, UnknownName, Conflict)):
            wrong()
    with store.read() as reader:
        assert graph_digest(reader) == digest


def test_two_at_once_on_one_thing_and_neither_is_lost(told_store: Store) -> None:
    store, met = told_store, []

    def enter(who: str, baseline: float) -> None:
        try:
            set_result(store, "P", MENTEE, TOPIC, baseline=baseline, on=ON, who=who, seen=0)
        except WopError as refused:
            met.append(refused)

    threads = [threading.Thread(target=enter, args=(f"person {at}", float(at))) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(met) == 3
    assert all(isinstance(refused, Conflict) for refused in met)
    with store.read() as reader:
        (entry,) = read_partnership_log(reader, "P")
        assert the_partnership(reader, "P").results[0].baseline == entry.body["baseline"]


def test_an_idea_replays_to_what_is_kept(told_store: Store) -> None:
    store = told_store
    body = {"by": "B", "title": "Leaks", "mentors": ["A"], "mentees": ["B"], "needs": [TOPIC], "months": 12, "note": {}}
    idea = create_idea(store, body, who="Bo")
    assert create_idea(store, {**body, "title": "Again"}, who="Bo").id == "I2"
    record_idea(store, idea.id, "section", {"by": "B", "section": "summary", "text": "Ours"}, who="Bo", seen=1)
    with pytest.raises(Conflict, match=r"Bo at .*A section was rewritten"):
        record_idea(store, idea.id, "send", {"by": "B"}, who="Ann", seen=1)
    record_idea(store, idea.id, "send", {"by": "B"}, who="Bo")
    after = record_idea(store, idea.id, "yes", {"by": "A"}, who="Ann")
    assert after.phase == "supported"
    with store.read() as reader:
        log = read_log(reader, idea.id)
        assert read_idea(reader, idea.id) == after == read_idea(reader, idea.id, len(log))
        assert read_idea(reader, idea.id, 1).texts == {}
        assert [each.title for each in read_ideas(reader)] == ["Again", "Leaks"]
