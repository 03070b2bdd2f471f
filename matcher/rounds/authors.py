"""Who did it: the log keeps a name for readers and, beside it, the account's id, which tells two of one name apart.

Whoever is signed in comes as an ``Author``. A plain name (from the command line) that is an account's id is taken for
that account; any other name stands in the log alone, as all did that were written before ids were kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Self

from graph.accounts import read_account
from graph.store import Reader
from matcher.rounds.entry import Entry


class Author(str):
    """A name that knows whose account it is; everything that takes a name takes it."""

    __slots__ = ("account",)
    account: str

    def __new__(cls, name: str, account: str) -> Self:
        """The name, and the id of the account; empty where there is none."""
        made = super().__new__(cls, name)
        made.account = account
        return made


def author_of(reader: Reader, who: str) -> Author:
    """The name and account that stand in the log for ``who``; no account is the empty text."""
    if isinstance(who, Author):
        return who
    found = read_account(reader, who.strip().casefold())
    return Author(who, "") if found is None else Author(found.name, found.id)


def same_names(entries: Iterable[Entry]) -> frozenset[str]:
    """The names under which more than one account (or one and somebody without) did something."""
    accounts: defaultdict[str, set[str]] = defaultdict(set)
    for entry in entries:
        accounts[entry.who].add(entry.account)
    return frozenset(name for name, found in accounts.items() if len(found) > 1)


def told_apart(entry: Entry, same: Collection[str]) -> str:
    """The name of who did it, with the account's id where the name is not enough."""
    return f"{entry.who} ({entry.account})" if entry.account and entry.who in same else entry.who


def is_by(entry: Entry, who: str) -> bool:
    """Whether somebody did it, given by the account's id or by name."""
    return who in (entry.account, entry.who)


def people_of(entries: Iterable[Entry]) -> dict[str, str]:
    """By what ``is_by`` knows each person: the name, or the account's id where two share it; told apart, by name."""
    entries = list(entries)
    same = same_names(entries)
    found = {
        entry.account if entry.account and entry.who in same else entry.who: told_apart(entry, same)
        for entry in entries
    }
    return dict(sorted(found.items(), key=lambda row: (row[1].casefold(), row[0])))
