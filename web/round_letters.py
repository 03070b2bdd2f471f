"""Letters of a round: written in each person's language, with a link that signs in once; mailed, or printed.

What is to be written is asked, the links are made and the log is told in one transaction; only then the mail server is
spoken to, and the log is told what it said. So a failed mail undoes nothing, and sending again sends what failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import quote

from flask import current_app, request
from flask_babel import force_locale

from graph.accounts import Account, accounts
from graph.errors import BadInput, MailUnavailable
from graph.keys import make_link
from graph.sentences import Sentence, render, say
from graph.store import Reader, Store, Transaction
from matcher.rounds.keeping import read_log, record
from matcher.rounds.letters import Letter, due, not_tried, reminders, sendings
from matcher.rounds.mailings import begin_mailing, end_broken_off
from matcher.rounds.messages import OURS, SUBJECTS, filled, message_key
from matcher.rounds.state import LivingRound, Pair
from web.i18n import day, told, translate
from web.links import link_of
from web.mailing import Mail, send
from web.round_mailing import STOPPED, Check, hand_over
from web.settings import Settings

MOST_MEANWHILE = 10
"""So many letters are mailed while somebody waits for the page after an answer."""


MayWrite: TypeAlias = Callable[[str, Account], bool]
"""Whether a letter to a utility may be written to somebody who speaks for it."""

NOBODY = say("Nobody is to be written to now.")


@dataclass(frozen=True, slots=True)
class Written:
    """A letter as it is read; ``language`` is that of its text."""

    letter: Letter
    language: str
    subject: str
    text: str


@dataclass(slots=True)
class Delivery:
    """What came of writing: the letters, which of them the mail server did not take and why, and how many are left.

    ``unsure`` are letters of which nobody knows whether they arrived, ``unsent`` those before which the server stopped
    taking any; ``stopped`` is its reason.
    """

    written: list[Written] = field(default_factory=list)
    failed: list[tuple[int, str]] = field(default_factory=list)
    unsure: list[int] = field(default_factory=list)
    unsent: list[int] = field(default_factory=list)
    stopped: str = ""
    left: int = 0

    @property
    def sent(self) -> int:
        """How many were printed, or taken by the mail server."""
        return len(self.written) - len(self.failed) - len(self.unsure) - len(self.unsent)

    @property
    def troubles(self) -> dict[int, str]:
        """By place, why a letter did not get through, as far as is known."""
        return dict(self.failed) | dict.fromkeys((*self.unsure, *self.unsent), self.stopped)


@dataclass(frozen=True, slots=True)
class Words:
    """What letters of a round are made of: names, the capabilities of each proposal, and its texts."""

    names: Mapping[str, str]
    topics: Mapping[Pair, Sequence[str]]
    hidden: frozenset[Pair]
    """Pairs whose mentor is not told everything: the mentee keeps a need of it private."""
    messages: Mapping[str, str]
    deadline: str


def people_of(reader: Reader) -> dict[str, list[Account]]:
    """Who speaks for each utility: accounts in use."""
    found: dict[str, list[Account]] = {}
    for account in accounts(reader):
        for utility in account.utilities if not account.disabled else ():
            found.setdefault(utility, []).append(account)
    return found


def only_those(people: Mapping[str, Sequence[Account]], may: MayWrite | None) -> dict[str, list[Account]]:
    """The people who may be written to, by utility: those of whom ``may`` says so (``None``: all)."""
    if may is None:
        return {utility: list(found) for utility, found in people.items()}
    return {utility: [account for account in found if may(utility, account)] for utility, found in people.items()}


def logins(people: Mapping[str, Sequence[Account]], *, mail: bool = False) -> dict[str, list[str]]:
    """Their logins by utility; with ``mail`` only those that are addresses."""
    return {
        utility: [account.id for account in found if not mail or "@" in account.id] for utility, found in people.items()
    }


def words_of(reader: Reader, state: LivingRound, pairs: Sequence[Pair], told_of: LivingRound | None = None) -> Words:
    """What letters about these pairs are made of. What a mentee keeps private is in no letter to a mentor.

    ``told_of`` is the round as far as whoever reads the letters besides may see it (``None``: nobody does).
    """
    ids = sorted({id for pair in pairs for id in pair})
    utilities, needs = reader.nodes("Utility", ids), reader.edges("NEEDS", sources=sorted({pair[1] for pair in pairs}))
    closed = {id for id, private in zip(utilities["id"], utilities["private"], strict=True) if private}
    kept = {row[:2] for row in zip(needs["source"], needs["target"], needs["private"], strict=True) if row[2]}
    capabilities = reader.nodes("Capability")
    topic_names = dict(zip(capabilities["id"], capabilities["name"], strict=True))
    topics, hidden = {}, set()
    for pair in pairs:
        found = state.proposal(*pair)
        own = found.needs if found is not None else ()
        shown = found if told_of is None else told_of.proposal(*pair)
        topics[pair] = tuple(str(topic_names.get(each) or each) for each in (shown.needs if shown is not None else ()))
        if pair[1] in closed or any((pair[1], each) in kept for each in own):
            hidden.add(pair)
    names = {id: name or id for id, name in zip(utilities["id"], utilities["name"], strict=True)}
    return Words(names, topics, frozenset(hidden), state.messages, state.deadline)


def text_of(words: Words, letter: Letter, kind: str, language: str, name: str, link: str) -> tuple[str, str]:
    """Subject and text of a letter in a language. Needs an application context."""
    own = words.names.get(letter.utility, letter.utility)
    partners = ", ".join(words.names.get(id, id) for id in letter.partners)
    with force_locale(language):
        text = words.messages.get(message_key(kind, language)) or render(OURS[kind], translate)
        values = {
            "name": name,
            "utility": own,
            "mentor": own if letter.side == "mentor" else partners,
            "mentee": own if letter.side == "mentee" else partners,
            "needs": "\n".join(_topics(words, letter, partner, pair) for partner, pair in _each(letter)),
            "deadline": day(words.deadline) if words.deadline else told(say("a day that suits you")),
            "link": link,
        }
        return told(Sentence(SUBJECTS[kind].template, {"utility": own})), filled(text, values)


def _each(letter: Letter) -> list[tuple[str, Pair]]:
    return list(zip(letter.partners, letter.pairs, strict=True))


def _topics(words: Words, letter: Letter, partner: str, pair: Pair) -> str:
    if letter.side == "mentor" and pair in words.hidden:
        topics = told(say("what it would tell you itself"))
    else:
        topics = ", ".join(translate(name) for name in words.topics[pair]) or told(say("what you agree on"))
    return f"- {topics}" if len(letter.partners) == 1 else f"- {words.names.get(partner, partner)}: {topics}"


def write_letters(
    store: Store,
    settings: Settings,
    round_id: str,
    how: Literal["mail", "print"],
    *,
    who: str,
    base: str,
    reminder: bool = False,
    now: datetime | None = None,
    on: date | None = None,
    most: int | None = None,
    may: MayWrite | None = None,
    as_seen: Callable[[LivingRound], LivingRound] | None = None,
    unsure: bool = False,
    job: str = "",
    since: int | None = None,
    check: Check = lambda: None,
) -> Delivery:
    """Write everything that is due in a round, or remind everybody who has not answered, and log it.

    ``may`` says to whom (``None``: to everybody); ``as_seen`` leaves out of a round what whoever reads what is written
    may not see, where that is not only the person written to.

    ``base`` is the address of the service; ``unsure``: also what perhaps arrived. ``job`` is the job that sends them:
    what failed after entry ``since`` it does not try again, and ``check`` may stop it between two letters. Raises
    ``BadInput`` where nothing is due or no mail server is set, ``Cancelled`` where ``check`` does; a server that fails
    meanwhile is told in the ``Delivery`` and in the log. Needs an application context.
    """
    at, day_of = now or datetime.now(UTC), (on or date.today()).isoformat()
    lasts, made = timedelta(days=settings.link_days), _Made()
    if how == "mail":
        send([], settings)  # a server that takes nothing is found before anything is made
        end_broken_off(store, round_id, job, render(STOPPED, translate), who=who)

    def body(state: LivingRound, transaction: Transaction) -> dict[str, Any]:
        people = only_those(people_of(transaction), may)
        to, log = logins(people, mail=how == "mail"), read_log(transaction, round_id)
        found = reminders(state, log, to, at, day_of) if reminder else due(state, log, to, at, unsure=unsure)
        found = found if since is None else not_tried(found, log, since)
        if not found:
            raise BadInput(NOBODY, say("Who was written to, and when, stands in the log of the round."))
        made.letters = found[:most]
        made.left = len(found) - len(made.letters)
        made.people = {account.id: account for each in people.values() for account in each}
        pairs = [pair for letter in made.letters for pair in letter.pairs]
        made.words = words_of(transaction, state, pairs, state if as_seen is None else as_seen(state))
        letters = [letter.to_json() for letter in made.letters]
        return {"how": how, "reminder": reminder, "on": day_of, "letters": letters}

    def also(transaction: Transaction, state: LivingRound) -> None:
        if how == "mail":
            begin_mailing(transaction, round_id, state.version, job, at)
        made.keys = [make_link(transaction, letter.account, at, lasts) for letter in made.letters]

    state = record(store, round_id, "letters", body, who=who, why="", at=at, also=also)
    delivery = Delivery(_written(made, settings, base, reminder=reminder), left=made.left)
    if how == "mail":
        mails = [Mail(each.letter.account, each.subject, each.text + "\n") for each in delivery.written]
        said = hand_over(store, settings, round_id, state.version, mails, check, who=who)
        delivery.failed = [(place, reason) for place, reason in said["failed"]]
        delivery.unsure, delivery.unsent, delivery.stopped = said["unsure"], said["left"], said["stopped"]
    return delivery


def write_what_follows(store: Store, settings: Settings, round_id: str, who: str) -> None:
    """After an answer, write to whose turn it is now, where people of this round are written to by mail.

    The answer stands whatever becomes of the mail: the log says what was not delivered. Needs a request.
    """
    if not settings.smtp_host:
        return
    with store.read() as reader:
        mailed = any(sending.how == "mail" for sending in sendings(read_log(reader, round_id)))
    if mailed:
        with suppress(BadInput, MailUnavailable):  # nobody's turn or address; or it stays due for the facilitator
            write_letters(store, settings, round_id, "mail", who=who, base=base_here(), most=MOST_MEANWHILE)


def base_here() -> str:
    """What links in letters begin with: the public address, else the one this request was sent to."""
    public = cast(Settings, current_app.extensions["wop_settings"]).public_address
    return (public or request.host_url).rstrip("/")


def preview(
    reader: Reader, settings: Settings, state: LivingRound, pair: Pair, kind: str, language: str
) -> tuple[str, str]:
    """Subject and text of a letter about one pair, to a person of no name and with a link that is none."""
    side: Literal["mentor", "mentee"] = "mentee" if kind == "mentee" else "mentor"
    own, other = pair if side == "mentor" else (pair[1], pair[0])
    letter = Letter("", own, side, (other,))
    base = settings.public_address or "https://…"
    return text_of(words_of(reader, state, [pair]), letter, kind, language, "…", f"{base}/sign-in?key=…")


def way_in(utility: str) -> str:
    """The path of the utility's desk, where its people answer."""
    return f"/utilities/{quote(utility, safe='')}/partners"


@dataclass(slots=True)
class _Made:
    """What the transaction found and made."""

    letters: list[Letter] = field(default_factory=list)
    people: dict[str, Account] = field(default_factory=dict)
    words: Words | None = None
    keys: list[str] = field(default_factory=list)
    left: int = 0


def _written(made: _Made, settings: Settings, base: str, *, reminder: bool) -> list[Written]:
    assert made.words is not None  # noqa: S101 - the transaction set it
    found = []
    for letter, key in zip(made.letters, made.keys, strict=True):
        account = made.people[letter.account]
        language = account.language or settings.language
        link = link_of(base, key, way_in(letter.utility))
        kind = "reminder" if reminder else letter.side
        found.append(Written(letter, language, *text_of(made.words, letter, kind, language, account.name, link)))
    return found
