"""From the bytes of a JSON problem file to its form, or one clear error."""

from __future__ import annotations

import json

from pydantic import ValidationError

from graph.errors import BadInput
from graph.sentences import Sentence, say
from matcher.problem_faults import faults_of_validation, raise_faults
from matcher.problem_form import ProblemForm


def parse_form(data: bytes, file: str) -> ProblemForm:
    """The form in a JSON text (UTF-8, with or without a byte order mark).

    Raises ``BadInput`` with line and column where it is not JSON, and otherwise with every wrong place;
    ``UnknownName`` where the only fault is an unknown name.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_json(file, say("byte {position} is not UTF-8 text", position=error.start + 1)) from None
    if not text.strip():
        raise _not_json(file, say("it is empty"))
    _check_syntax(text, file)
    try:
        return ProblemForm.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            raise _not_json(file, say("{problem}", problem=str(first.get("ctx", {}).get("error", "")))) from None
        raise_faults(faults_of_validation(error), file)
        raise


def _check_syntax(text: str, file: str) -> None:
    """What the standard reader tells better than pydantic's: line and column, and names given twice."""
    try:
        json.loads(text, object_pairs_hook=_once)
    except _Twice as twice:
        raise _not_json(file, say("one object has the name “{name}” twice", name=twice.name)) from None
    except json.JSONDecodeError as error:
        where = say("line {line}, column {column}", line=error.lineno, column=error.colno)
        raise _not_json(file, say("{where}: {problem}", where=where, problem=error.msg)) from None
    except RecursionError:
        raise _not_json(file, say("it is nested too deeply")) from None
    except ValueError:
        # The interpreter refuses to read numbers of thousands of digits.
        raise _not_json(file, say("it has a number with too many digits")) from None


def _not_json(file: str, problem: Sentence) -> BadInput:
    return BadInput(
        say("The problem file {file} is not JSON that can be read: {problem}.", file=file, problem=problem),
        say("Correct it there and try again; the problem file reference shows three examples."),
    )


class _Twice(Exception):
    """A name that one object gives twice."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _once(items: list[tuple[str, object]]) -> dict[str, object]:
    form = dict(items)
    if len(form) < len(items):
        names = [name for name, _ in items]
        raise _Twice(next(name for at, name in enumerate(names) if name in names[:at]))
    return form
