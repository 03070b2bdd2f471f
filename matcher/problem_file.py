"""Problem files: a documented JSON form anyone can write, and a compact ``.npz`` twin for millions of pairs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graph.errors import BadInput, TooLarge, UnknownName
from graph.files import written_whole
from graph.sentences import say
from matcher.problem import Problem
from matcher.problem_archive import read_archive, write_archive
from matcher.problem_check import check_problem
from matcher.problem_fits import check_fits_file
from matcher.problem_reading import problem_of_form
from matcher.problem_text import parse_form
from matcher.problem_writing import problem_text

ENDINGS = (".json", ".npz")


@dataclass(frozen=True, slots=True)
class FileLimits:
    """How large a problem file may be: a JSON file's bytes, and the bytes an ``.npz`` file's arrays unpack to."""

    json_bytes: int = 500_000_000
    npz_bytes: int = 4_000_000_000


def read_problem(path: Path, limits: FileLimits | None = None) -> Problem:
    """The problem in a ``.json`` or ``.npz`` file, checked.

    Raises ``BadInput`` naming the file and the place in it, ``UnknownName`` where an unknown name is the only fault,
    ``TooLarge`` over one of ``limits``.
    """
    check_ending(path)
    allowed = limits or FileLimits()
    try:
        if path.suffix.lower() == ".npz":
            problem = read_archive(path, allowed.npz_bytes)
        else:
            size = path.stat().st_size
            if size > allowed.json_bytes:
                raise _too_large(path, size, allowed.json_bytes)
            problem = problem_from_json(path.read_bytes(), path.name)
    except OSError as error:
        raise BadInput(
            say("{file} cannot be read: {reason}.", file=str(path), reason=error.strerror or "unknown"),
            say("Check the path and the permissions."),
        ) from error
    _check(problem, path.name)
    return problem


def write_problem(problem: Problem, path: Path) -> None:
    """Write a problem as ``.npz`` or JSON, by the file's ending; read back it has an equal ``input_hash``.

    Raises ``BadInput`` where the file cannot be written, or the problem is not what a file may hold: ids of 1 to 200
    characters without control characters, needs in the order of their mentees, numbers within the form's ranges.
    """
    check_ending(path)
    _check(problem, path.name)
    with written_whole(path) as draft:
        if path.suffix.lower() == ".npz":
            write_archive(problem, draft)
        else:
            draft.write_text(problem_text(problem), encoding="utf-8")


def problem_from_json(data: bytes, file: str = "problem.json") -> Problem:
    """The problem a JSON text describes; ``file`` is what errors call it. Raises as ``read_problem``."""
    problem = problem_of_form(parse_form(data, file), file)
    _check(problem, file)
    return problem


def check_ending(path: Path) -> None:
    """Raise ``UnknownName`` unless a problem file may have this ending."""
    if path.suffix.lower() not in ENDINGS:
        raise UnknownName(say("file ending for a problem"), path.suffix or path.name, ENDINGS)


def _check(problem: Problem, file: str) -> None:
    try:
        check_problem(problem)
        check_fits_file(problem)
    except BadInput as error:
        raise BadInput(say("{file}: {problem}", file=file, problem=error.message), error.hint) from None


def _too_large(path: Path, found: int, allowed: int) -> TooLarge:
    return TooLarge(
        say("{file} has {found} bytes; json_bytes allows {allowed}.", file=path.name, found=found, allowed=allowed),
        say("Use the .npz form, which is made for millions of pairs, or raise the limit."),
    )
