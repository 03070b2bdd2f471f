"""A solve of a round done again from its stored input, which does not change when more becomes known.

The log is done again, too: it must lead to the round as it is kept, and the policy that was solved must be the one the
decisions in the log give.
"""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from graph.errors import BadInput, UnknownName
from graph.rounds import read_round
from graph.sentences import Sentence, say
from graph.store import Reader, Transaction
from matcher.policy import Policy, parse_policy
from matcher.problem import STABLE, Problem
from matcher.problem_archive import read_archive, write_archive
from matcher.result import Result
from matcher.rounds.entries import unfolded
from matcher.rounds.entry import Entry
from matcher.rounds.input import policy_of
from matcher.rounds.keeping import read_log, read_state
from matcher.rounds.state import LivingRound
from matcher.solve import SolvePolicy
from matcher.stable_solve import solver_of
from matcher.verify import verify
from matcher.versions import versions

FORM = "wop-round-input/1"
MOST_BYTES = 1 << 32


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of a replay; ``remarks`` say what else is new, such as versions."""

    round: str
    document: str
    input_hash: str
    pairs: int
    differences: tuple[Sentence, ...]
    remarks: tuple[Sentence, ...] = ()

    @property
    def identical(self) -> bool:
        """Whether the same pairs, needs and values of every goal came out (no differences)."""
        return not self.differences


def put_input(transaction: Transaction, problem: Problem) -> None:
    """Keep the problem of a solve, once for each input hash."""
    if transaction.nodes("RoundInput", [problem.input_hash])["id"]:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        write_archive(problem, path)
        text = base64.b64encode(path.read_bytes()).decode("ascii")
    archive = json.dumps({"form": FORM, "npz": text})
    transaction.merge_nodes("RoundInput", {"id": [problem.input_hash], "archive": [archive]})


def read_input(reader: Reader, input_hash: str) -> Problem:
    """The problem of a solve; raises ``UnknownName`` where none of this hash is kept."""
    kept = reader.nodes("RoundInput", [input_hash])["archive"]
    if not kept:
        raise UnknownName(say("input of a solve"), input_hash, reader.headings("RoundInput")["id"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npz"
        path.write_bytes(base64.b64decode(json.loads(kept[0])["npz"]))
        return read_archive(path, MOST_BYTES)


def replay(reader: Reader, id: str, solve_number: int | None = None) -> Replay:
    """Solve a round again, its last solve or the one of log entry ``solve_number``, and compare with what was kept.

    Raises ``BadInput`` where the round was never solved, ``UnknownName`` where there is no such round or solve.
    """
    state, log = read_state(reader, id), read_log(reader, id)
    solves = {entry.number: entry.body for entry in log if entry.kind == "solved"}
    if not solves:
        raise BadInput(say("The round {id} has not been solved.", id=id), say("Solve it first."))
    number = max(solves) if solve_number is None else solve_number
    if number not in solves:
        raise UnknownName(say("solve of this round"), str(number), map(str, solves))
    document = read_round(reader, solves[number]["document"])
    problem = read_input(reader, document["input_hash"])
    policy = parse_policy(document["policy"], id)
    result = solver_of(policy)(problem, SolvePolicy(), document["seed"])
    verify(problem, result)
    return Replay(
        round=id,
        document=document["id"],
        input_hash=document["input_hash"],
        pairs=len(result.pairs),
        differences=(*_of_log(state, log, number, policy), *_differences(document, problem, result)),
        remarks=tuple(_remarks(document)),
    )


def _of_log(state: LivingRound, log: Sequence[Entry], number: int, solved: Policy) -> Iterator[Sentence]:
    """Whether the log leads to the round as it is, and its decisions to the policy of the solve with this entry."""
    began: list[LivingRound] = []
    last: LivingRound | None = None
    for entry, after in unfolded(log):
        if entry.kind == "solving" and entry.number < number:
            began = []  # a worker reads the round at some moment between the beginning and the end of the solve
        if entry.number < number and after.phase == "solving":
            began.append(after)
        last = after
    if last != state:
        yield say("The log of the round leads to another state than the one that is kept.")
    if not any(policy_of(each, top_up=each.solving_top_up).to_json() == solved.to_json() for each in began):
        yield say("The decisions in the log give another policy than the one that was solved.")


def _differences(document: dict[str, Any], problem: Problem, result: Result) -> list[Sentence]:
    found: list[Sentence] = []
    if problem.input_hash != document["input_hash"]:
        found.append(say("The stored input has another hash than the proposal: {hash}.", hash=problem.input_hash))
    values = {goal.id: goal.value for goal in result.goals if goal.id != STABLE}
    for goal in document["goals"]:
        if values.get(goal["id"]) != goal["value"]:
            title = Sentence.from_json(goal["title_s"])
            now = values.get(goal["id"], 0)
            found.append(say("“{goal}”: {before} then, {now} now.", goal=title, before=goal["value"], now=now))
    then = {
        (pair["mentor"]["id"], pair["mentee"]["id"]): {need["capability"] for need in pair["covered"]}
        for pair in document["pairs"]
    }
    now_pairs = _pairs(problem, result)
    for mentor, mentee in sorted(set(then) - set(now_pairs)):
        found.append(say("{mentor} and {mentee} were proposed then and are not now.", mentor=mentor, mentee=mentee))
    for mentor, mentee in sorted(set(now_pairs) - set(then)):
        found.append(say("{mentor} and {mentee} are proposed now and were not then.", mentor=mentor, mentee=mentee))
    for mentor, mentee in sorted(set(now_pairs) & set(then)):
        if now_pairs[mentor, mentee] != then[mentor, mentee]:
            found.append(say("{mentor} and {mentee} work on other needs.", mentor=mentor, mentee=mentee))
    return found


def _pairs(problem: Problem, result: Result) -> dict[tuple[str, str], set[str]]:
    def ends(pair: int) -> tuple[str, str]:
        return problem.mentor_ids[problem.pair_mentor[pair]], problem.mentee_ids[problem.pair_mentee[pair]]

    found: dict[tuple[str, str], set[str]] = {ends(pair): set() for pair in result.pairs.tolist()}
    for cover in np.asarray(result.covers).tolist():
        need = problem.need_ids[problem.cover_need[cover]]
        found[ends(int(problem.cover_pair[cover]))].add(need.rpartition(":")[2])
    return found


def _remarks(document: dict[str, Any]) -> list[Sentence]:
    remarks = [
        say(
            "{library}: {before} then, {now} now.",
            library=name,
            before=str(document["versions"].get(name, "-")),
            now=now,
        )
        for name, now in sorted(versions().items())
        if document["versions"].get(name) != now
    ]
    if not document["proven"]:
        remarks.append(say("The proposal was cut short by its time limit; a longer search may find another."))
    return remarks
