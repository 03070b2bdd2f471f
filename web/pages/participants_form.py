"""The form of a round's participants: filters and single utilities of each side, as selections of the policy."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import Field, create_model

from graph.errors import BadInput
from graph.network import Network
from graph.sentences import say
from graph.store import Reader
from matcher.policy import Selection, parse_policy
from matcher.rounds.keeping import read_state
from matcher.rounds.state import LivingRound
from web.pages.round_changes import Reasoned

PartSide: TypeAlias = Literal["mentors", "mentees"]
SIDES: tuple[PartSide, ...] = ("mentors", "mentees")
MOST = 5000


def _many(description: str) -> tuple[Any, Any]:
    return tuple[str, ...], Field(default=(), max_length=MOST, description=description)


def _one(description: str) -> tuple[Any, Any]:
    return str | None, Field(default=None, max_length=300, description=description)


def _yes_no(description: str) -> tuple[Any, Any]:
    return Literal["yes", "no"] | None, Field(default=None, description=description)


def _fields(side: PartSide) -> dict[str, tuple[Any, Any]]:
    topics = "offer" if side == "mentors" else "need"
    return {
        f"{side}_regions": _many(f"Only {side} of these regions."),
        f"{side}_countries": _many(f"Only {side} of these countries."),
        f"{side}_income_groups": _many(f"Only {side} of countries of these income groups."),
        f"{side}_fragile": _yes_no(f"Only {side} in fragile states, or only others."),
        f"{side}_small_town": _yes_no(f"Only {side} of small towns, or only others."),
        f"{side}_topics": _many(f"Only {side} that {topics} one of these capabilities."),
        f"{side}_programmes": _many(f"Only {side} that took part in one of these programmes."),
        f"{side}_of_round": _one(f"Only {side} that took part in this round."),
        f"{side}_only": _many(f"Only these utilities as {side}, by id."),
        f"{side}_also": _many(f"These utilities as {side} in any case, by id."),
        f"{side}_without": _many(f"Not these utilities as {side}, by id."),
        f"{side}_add": _one(f"One more utility as one of the {side}, by id or exact name."),
        f"{side}_drop": _one(f"One utility less as one of the {side}, by id or exact name."),
    }


class _Choice(Reasoned):
    """Who takes part in a round: what is left out means everybody."""


_BOTH: dict[str, Any] = _fields("mentors") | _fields("mentees")
ParticipantsForm: Any = create_model("ParticipantsForm", __base__=_Choice, __doc__=_Choice.__doc__, **_BOTH)


def chosen(body: Any, side: PartSide, network: Network, reader: Reader) -> Selection:
    """What the fields of one side choose.

    Raises ``UnknownName`` for a utility or round there is none of, ``BadInput`` for a round without participants yet
    and for what cannot be chosen.
    """

    def part(name: str) -> Any:
        return getattr(body, f"{side}_{name}")

    only = part("only")
    if part("of_round") is not None:
        only = took_part(read_state(reader, part("of_round")), side)
    also, without = list(part("also")), list(part("without"))
    if part("add") is not None:
        _move(network.find_utility(part("add")).id, also, without)
    if part("drop") is not None:
        _move(network.find_utility(part("drop")).id, without, also)
    form: dict[str, Any] = {
        "regions": part("regions"),
        "countries": part("countries"),
        "income_groups": part("income_groups"),
        "fragile": None if part("fragile") is None else part("fragile") == "yes",
        "small_town": None if part("small_town") is None else part("small_town") == "yes",
        "offers" if side == "mentors" else "needs": part("topics"),
        "programmes": part("programmes"),
        "utilities": list(only),
        "also": list(dict.fromkeys(also)),
        "without": list(dict.fromkeys(without)),
    }
    given = {name: value for name, value in form.items() if value is not None}
    found = getattr(parse_policy({"name": side, "participants": {side: given}}, "participants").participants, side)
    return found if isinstance(found, Selection) else Selection()


def _move(id: str, to: list[str], away: list[str]) -> None:
    """By hand the last word counts: a utility added is no longer taken away, and the other way round."""
    if id in away:
        away.remove(id)
    if id not in to:
        to.append(id)


def took_part(state: LivingRound, side: PartSide) -> tuple[str, ...]:
    """The ids of those that took part in a round on one side. Raises ``BadInput`` where it was never solved."""
    if state.solved is None:
        raise BadInput(
            say("Who took part in the round “{title}” is not known: it was never solved.", title=state.title),
            say("Choose another round, or none."),
        )
    return tuple(sorted(state.solved.places if side == "mentors" else state.solved.wanted))
