"""What is written is for whoever runs the service: stores, queues, exports and letters hold what is private."""

from __future__ import annotations

from pathlib import Path

from graph.files import written_whole
from graph.sqlite import SqliteStore
from web.jobs.storage import open_huey


def rights(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def test_a_new_store_and_queue_are_read_by_their_owner_alone(tmp_path: Path) -> None:
    """With the files that SQLite keeps beside them."""
    SqliteStore(tmp_path / "s.sqlite").close()
    store = SqliteStore(tmp_path / "s.sqlite")
    with store.write() as transaction:
        transaction.merge_nodes("Region", {"id": ["R1"], "name": ["One"]})
    open_huey(f"sqlite:///{tmp_path / 'q.sqlite'}").storage.put_data("a", b"b")
    found = {path.name: rights(path) for path in tmp_path.iterdir()}
    store.close()
    assert {"s.sqlite", "q.sqlite"} <= set(found)
    assert set(found.values()) == {"0o600"}, found


def test_a_written_file_is_read_by_its_owner_alone_unless_one_was_there(tmp_path: Path) -> None:
    shared = tmp_path / "shared.csv"
    shared.touch()
    shared.chmod(0o644)
    for path in (tmp_path / "new.html", shared):
        with written_whole(path) as draft:
            draft.write_text("a link that signs in")
    assert (rights(tmp_path / "new.html"), rights(shared)) == ("0o600", "0o644")
