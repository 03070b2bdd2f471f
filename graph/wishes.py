"""With whom a utility would like to work, in its order, and with whom it would not: changed one partner at a time.

Two people who change the lists at once lose nothing: each change is applied to the lists as they are.
"""

from __future__ import annotations

from typing import Literal

from graph.errors import BadInput, UnknownName
from graph.profile_log import add_entry
from graph.sentences import say
from graph.store import Reader, Store

Wish = Literal["preferred", "refused"]
Step = Literal["add", "remove", "up"]
FIELDS: dict[Wish, str] = {"preferred": "preferred_partners", "refused": "refused_partners"}


def read_wishes(reader: Reader, utility: str) -> dict[Wish, tuple[str, ...]]:
    """Both lists of a utility, ids in its order. Raises ``UnknownName``."""
    found = reader.nodes("Utility", [utility])
    if not found["id"]:
        raise UnknownName(say("utility"), utility, reader.nodes("Utility")["id"])
    return {wish: tuple(found[field][0] or ()) for wish, field in FIELDS.items()}


def change_wish(
    store: Store, utility: str, wish: Wish, partner: str, step: Step, *, who: str
) -> dict[Wish, tuple[str, ...]]:
    """Add a partner to a list (which takes it off the other), remove it, or move it up by one; both lists after.

    What is so already is left as it is. Raises ``UnknownName`` for a utility that does not exist, or a partner to
    move that is not on the list, ``BadInput`` for the utility itself.
    """
    with store.write() as transaction:
        before = read_wishes(transaction, utility)
        if partner == utility:
            raise BadInput(say("A utility cannot be its own partner."))
        if step == "add" and not transaction.nodes("Utility", [partner])["id"]:
            raise UnknownName(say("utility"), partner, transaction.nodes("Utility")["id"])
        after = dict(before)
        own = [each for each in before[wish] if each != partner or step == "up"]
        if step == "add":
            if partner in before[wish]:
                return before
            other: Wish = "refused" if wish == "preferred" else "preferred"
            after[other] = tuple(each for each in before[other] if each != partner)
            own.append(partner)
        if step == "up":
            if partner not in own:
                raise UnknownName(say("partner on this list"), partner, own)
            at = own.index(partner)
            own.insert(max(0, at - 1), own.pop(at))
        after[wish] = tuple(own)
        for each, field in FIELDS.items():
            if after[each] != before[each]:
                transaction.merge_nodes("Utility", {"id": [utility], field: [after[each]]})
                was, now = {"ids": list(before[each])}, {"ids": list(after[each])}
                add_entry(transaction, utility, who=who, kind="partners", key=each, before=was, after=now)
    return after
