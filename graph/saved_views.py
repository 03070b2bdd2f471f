"""Views of the network that people named and keep: the question of an address, for oneself or shared with roles."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import datetime

from graph.accounts import ROLES, Account, Role
from graph.errors import BadInput, UnknownName
from graph.rounds import moment
from graph.sentences import say
from graph.store import Reader, Transaction

MOST = 200
"""Views one person may keep."""


@dataclass(frozen=True, slots=True)
class SavedView:
    """``question`` is the query of the page's address, ``who`` the account that saved it; ``roles`` see it, too."""

    id: str
    name: str
    question: str
    who: str
    roles: tuple[Role, ...] = ()
    made_at: str | None = None


_FIELDS = tuple(field.name for field in fields(SavedView))


def views_for(reader: Reader, account: Account) -> list[SavedView]:
    """The views somebody sees, the own ones and the shared ones, by name."""
    found = [view for view in _views(reader) if view.who == account.id or set(view.roles) & set(account.roles)]
    return sorted(found, key=lambda view: (view.name.casefold(), view.id))


def save_view(
    transaction: Transaction, account: Account, name: str, question: str, roles: tuple[Role, ...], now: datetime
) -> SavedView:
    """Keep a view under a name; one of the same name by the same person is replaced.

    Raises ``UnknownName`` for a role nobody knows, ``BadInput`` for an empty name or too many views.
    """
    title = " ".join(name.split())
    if not title:
        raise BadInput(say("A view needs a name."), say("Give it one that says what it shows."))
    for role in roles:
        if role not in ROLES:
            raise UnknownName(say("role"), role, ROLES)
    id = "V" + hashlib.sha256(f"{account.id}\0{title}".encode()).hexdigest()[:16]
    if sum(view.who == account.id and view.id != id for view in _views(transaction)) >= MOST:
        raise BadInput(say("{most} views are kept for you already.", most=MOST), say("Delete one you no longer need."))
    view = SavedView(id, title, question, account.id, tuple(sorted(set(roles))), moment(now))
    transaction.merge_nodes("SavedView", {field: [getattr(view, field)] for field in _FIELDS})
    return view


def delete_view(transaction: Transaction, account: Account, id: str) -> SavedView:
    """Delete a view of one's own; the view as it was. Raises ``UnknownName`` where there is none of one's own."""
    own = {view.id: view for view in _views(transaction) if view.who == account.id}
    if id not in own:
        raise UnknownName(say("view of yours"), id, own)
    transaction.delete_nodes("SavedView", [id])
    return own[id]


def _views(reader: Reader) -> list[SavedView]:
    columns = reader.nodes("SavedView")
    rows = zip(*(columns[name] for name in _FIELDS), strict=True)
    found = [dict(zip(_FIELDS, row, strict=True)) for row in rows]
    return [SavedView(**{**row, "roles": tuple(row["roles"] or ())}) for row in found]
