"""Many invitations from a sheet: checked as a whole, printed as letters, sent through a real mail server."""

from __future__ import annotations

import json
import re
import smtplib
import socket
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from postbox import Postbox
from small_world import fill

from graph.accounts import accounts
from graph.store import open_store
from web.app import create_app
from web.cli import main
from web.settings import Settings

SHEET = "login,name,utilities,language\nAna@Example.org,Ana,N1;M1,fr\nben@example.org,,N2,\n"


@pytest.fixture
def address(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path / 'people.sqlite'}"
    with closing(open_store(address)) as store:
        fill(store)
    return address


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "sheet.csv"
    path.write_text(SHEET, encoding="utf-8")
    return path


def invite(address: str, *words: object) -> int:
    try:
        main(["--store", address, "user", "invite-many", *map(str, words)])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def people(address: str) -> list[str]:
    with closing(open_store(address)) as store, store.read() as reader:
        return [account.id for account in accounts(reader)]


def enters(address: str, text: str) -> str:
    """Who comes in by the first link of a text."""
    key = re.findall(r"sign-in\?key=([\w-]+)", text)[0]
    client = create_app(Settings(store=address)).test_client(person=None)
    assert client.post("/sign-in/link", json={"key": key}).status_code < 400
    account = client.get("/account", headers={"Accept": "application/json"}).json
    assert account is not None
    return str(account["account"]["id"])


def test_letters_are_printed_each_in_its_language_with_a_link_that_works(
    address: str, sheet: Path, tmp_path: Path
) -> None:
    letters = tmp_path / "letters.html"
    assert invite(address, sheet, "--letters", letters, "--address", "https://wop.example.org") == 0
    text = letters.read_text(encoding="utf-8")
    first, second = text.split("</article>")[:2]
    assert 'lang="fr"' in first
    assert "Bonjour Ana" in first
    assert 'lang="en"' in second
    assert "Dear ben@example.org" in second
    assert "https://wop.example.org/sign-in?key=" in first
    assert enters(address, first) == "ana@example.org"
    assert enters(address, second) == "ben@example.org"
    assert letters.stat().st_mode & 0o077 == 0
    assert not list(tmp_path.glob(".*.part"))


def test_everything_wrong_is_told_at_once_and_nobody_is_invited(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = openpyxl.Workbook()
    rows = book.active
    assert rows is not None
    rows.title = "people of spring"
    for row in (
        ["E-mail", "utility", "language"],
        ["a b@example.org", "N1", "en"],
        ["c@example.org", "Nowhere", "en"],
        ["d@example.org", "N1", "de"],
        ["e@example.org", "", ""],
        ["f@example.org", "N1", ""],
        ["F@example.org", "N2", ""],
    ):
        rows.append(row)
    book.save(tmp_path / "spring.xlsx")
    assert invite(address, tmp_path / "spring.xlsx", "--letters", tmp_path / "out.html", "--json") == 2
    said = json.loads(capsys.readouterr().out)
    places = {(problem["row"], problem["column"]) for problem in said["error"]["problems"]}
    assert places == {(2, "E-mail"), (3, "utility"), (4, "language"), (5, "utility"), (7, "E-mail")}
    assert people(address) == []
    assert not (tmp_path / "out.html").exists()


def test_who_has_an_account_is_not_invited_again(
    address: str, sheet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invite(address, sheet, "--letters", tmp_path / "one.html") == 0
    assert invite(address, sheet, "--letters", tmp_path / "two.html") == 2
    assert "wop user reset ana@example.org" in capsys.readouterr().err
    assert not (tmp_path / "two.html").exists()


def test_a_dry_run_makes_nobody(address: str, sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invite(address, sheet, "--dry-run", "--json") == 0
    assert json.loads(capsys.readouterr().out)["invited"] == ["ana@example.org", "ben@example.org"]
    assert people(address) == []


def test_links_have_to_go_somewhere(address: str, sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invite(address, sheet) == 2
    assert "--letters FILE" in capsys.readouterr().err
    assert invite(address, sheet, "--letters", sheet / "no" / "folder.html") == 2
    assert invite(address, sheet, "--mail") == 2
    assert "WOP_SMTP_HOST" in capsys.readouterr().err
    assert people(address) == []


def test_letters_are_sent_by_mail_and_who_is_refused_is_told(
    address: str, sheet: Path, postbox: Postbox, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet.write_text(SHEET + "gone@example.org,,N3,\n", encoding="utf-8")
    assert invite(address, sheet, "--mail", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["refused"] == ["gone@example.org"]
    assert set(postbox.letters) == {"ana@example.org", "ben@example.org"}
    letter = postbox.letters["ana@example.org"]
    assert letter["From"] == "wop@example.org"
    assert "invitation" in str(letter["Subject"])
    assert enters(address, letter.get_content()) == "ana@example.org"  # type: ignore[attr-defined]  # of the new policy


def test_a_mail_server_that_is_away_is_found_before_anybody_is_invited(
    address: str, sheet: Path, postbox: Postbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("WOP_SMTP_PORT", str(closed.getsockname()[1]))
        assert invite(address, sheet, "--mail") == 1
    assert "takes no letters" in capsys.readouterr().err
    assert people(address) == []
    assert postbox.letters == {}


def test_a_line_that_cannot_be_protected_is_given_up_and_closed(
    address: str, sheet: Path, postbox: Postbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[smtplib.SMTP] = []

    begin = smtplib.SMTP.__init__

    def watched(line: smtplib.SMTP, *given: Any, **named: Any) -> None:
        begin(line, *given, **named)
        lines.append(line)

    monkeypatch.setattr(smtplib.SMTP, "__init__", watched)
    monkeypatch.setenv("WOP_SMTP_SECURITY", "starttls")
    assert invite(address, sheet, "--mail") == 1
    assert "takes no letters" in capsys.readouterr().err
    assert [line.sock for line in lines] == [None]
    assert people(address) == []
