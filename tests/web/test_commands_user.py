"""``wop user``: accounts made, listed, disabled and given links; and the links ``wop serve`` prints."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from small_world import fill

from graph.store import open_store
from web.app import create_app
from web.cli import main
from web.commands.serve import OWN_LOGIN, demo_people, own_account, print_links
from web.settings import Settings

INVITE = ("invite", "Ana@Example.org", "--name", "Ana", "--role", "facilitator", "--region", "R1")


@pytest.fixture
def address(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path / 'people.sqlite'}"
    with closing(open_store(address)) as store:
        fill(store)
    return address


def wop(address: str, *words: str) -> int:
    try:
        main(["--store", address, "user", *words])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def told(capsys: pytest.CaptureFixture[str], address: str, *words: str) -> Any:
    capsys.readouterr()
    code = wop(address, *words, "--json")
    form = json.loads(capsys.readouterr().out)
    assert (code == 0) == ("error" not in form)
    return form


def enters(address: str, link: str) -> int:
    key = parse_qs(urlsplit(link).query)["key"][0]
    client = create_app(Settings(store=address)).test_client(person=None)
    client.post("/sign-in/link", json={"key": key})
    return client.get("/account").status_code


def test_an_invited_person_comes_in_once_by_the_link(capsys: pytest.CaptureFixture[str], address: str) -> None:
    made = told(capsys, address, *INVITE, "--address", "https://wop.example.org/here/")
    assert made["link"].startswith("https://wop.example.org/here/sign-in?key=")
    assert (made["id"], made["roles"], made["regions"]) == ("ana@example.org", ["facilitator"], ["R1"])
    assert enters(address, made["link"]) == 200
    assert enters(address, made["link"]) == 401
    listed = told(capsys, address, "list")["accounts"]
    assert [account["id"] for account in listed] == ["ana@example.org"]
    assert wop(address, "list") == 0
    assert "ana@example.org" in capsys.readouterr().out


def test_disable_enable_and_reset(capsys: pytest.CaptureFixture[str], address: str) -> None:
    link = told(capsys, address, *INVITE)["link"]
    assert told(capsys, address, "disable", "ana@example.org")["disabled"] is True
    assert enters(address, link) == 401
    assert told(capsys, address, "enable", "ANA@example.org")["disabled"] is False
    assert enters(address, link) == 401  # disabling ended the link
    assert enters(address, told(capsys, address, "reset", "ana@example.org")["link"]) == 200


@pytest.mark.parametrize(
    ("words", "told_of"),
    [
        (("add", "ana@example.org", "--role", "facilitator"), "already"),
        (("add", "two words", "--role", "planner"), "cannot be a name"),
        (("add", "x", "--role", "utility"), "go together"),
        (("add", "x", "--role", "planner", "--utility", "N1"), "go together"),
        (("add", "x", "--role", "planner", "--region", "R1"), "Only a facilitator"),
        (("add", "x", "--role", "utility", "--utility", "N99"), "no utility called “N99”"),
        (("add", "x", "--role", "facilitator", "--region", "R11"), "no region called"),
        (("reset", "anna@example.org"), "Did you mean “ana@example.org”"),
        (("invite", "x", "--role", "planner", "--address", "wop.example.org"), "WOP_PUBLIC_ADDRESS"),
    ],
)
def test_what_is_wrong_is_said(
    capsys: pytest.CaptureFixture[str], address: str, words: tuple[str, ...], told_of: str
) -> None:
    told(capsys, address, *INVITE)
    error = told(capsys, address, *words)["error"]
    assert told_of in f"{error['message']} {error['hint']}"
    assert error["exit_code"] == 2


def test_who_runs_the_service_here_comes_in_until_others_have_accounts(
    capsys: pytest.CaptureFixture[str], address: str
) -> None:
    settings = Settings(store=address)
    print_links(settings, "127.0.0.1", "http://127.0.0.1:8000", ())
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Sign in as")]
    assert enters(address, line.rpartition(" ")[2]) == 200
    print_links(settings, "127.0.0.1", "http://127.0.0.1:8000", ())
    assert "Sign in as" in capsys.readouterr().out
    for host, proxies in (("0.0.0.0", 0), ("127.0.0.1", 1)):
        print_links(Settings(store=address, proxies=proxies), host, "http://x", ())
        assert "Sign in as" not in capsys.readouterr().out
    told(capsys, address, *INVITE)
    print_links(settings, "127.0.0.1", "http://127.0.0.1:8000", ())
    assert "Sign in as" not in capsys.readouterr().out
    with closing(open_store(address)) as store:
        assert own_account(store) == []
        with store.read() as reader:
            assert OWN_LOGIN in reader.nodes("Account")["id"]


def test_nobody_is_let_in_on_an_open_address_without_an_account(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    print_links(Settings(store=f"sqlite:///{tmp_path / 'new.sqlite'}"), "0.0.0.0", "http://x", ())
    assert "Nobody has an account yet" in capsys.readouterr().out


def test_the_demo_has_three_people(capsys: pytest.CaptureFixture[str], address: str) -> None:
    from small_world import document

    with closing(open_store(address)) as store:
        people = demo_people(store, document())
    print_links(Settings(store=address), "127.0.0.1", "http://127.0.0.1:8000", people)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Sign in as")]
    assert [line.split()[3].rstrip(":") for line in lines] == ["facilitator", "utility", "planner"]
    for line in lines:
        link = line.rpartition(" ")[2]
        page = parse_qs(urlsplit(link).query)["then"][0]
        client = create_app(Settings(store=address)).test_client(person=None)
        answer = client.post("/sign-in/link", json={"key": parse_qs(urlsplit(link).query)["key"][0], "then": page})
        assert answer.status_code in (200, 303)
        assert client.get(page).status_code == 200, page


def test_a_token_for_a_program(capsys: pytest.CaptureFixture[str], address: str) -> None:
    told(capsys, address, *INVITE)
    made = told(capsys, address, "token", "ana@example.org", "--name", "robot", "--scope", "read")
    client = create_app(Settings(store=address)).test_client(person=None)
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert client.get("/utilities", headers=headers).status_code == 200
    assert wop(address, "token", "nobody", "--name", "robot", "--scope", "read") == 2


def test_a_password_may_be_given_by_a_program(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("four plain words together\n"))
    assert wop(address, "add", "robot", "--role", "planner", "--password-stdin") == 0
    client = create_app(Settings(store=address)).test_client(person=None)
    body = {"login": "robot", "password": "four plain words together"}
    assert client.post("/sign-in", json=body, headers={"Accept": "application/json"}).status_code == 200
    assert client.get("/account").status_code == 200
