"""Sentences that can be shown in any language.

A sentence keeps its English template apart from its values, so that a page can translate the template and
format the values for its reader, while a command line simply prints it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Value: TypeAlias = "str | int | float | Sentence | tuple[Value, ...]"


@dataclass(frozen=True, slots=True)
class Sentence:
    """An English template with ``{named}`` places, and the values that fill them.

    A value may itself be a sentence (a capability's name, say), or a tuple of values (a list).
    """

    template: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def __str__(self) -> str:
        return render(self)

    def to_json(self) -> dict[str, object]:
        """The stable JSON form: English text, template and values."""
        return {
            "text": str(self),
            "template": self.template,
            "values": {name: _value_to_json(value) for name, value in self.values.items()},
        }

    @classmethod
    def from_json(cls, form: Mapping[str, object]) -> Sentence:
        """The sentence whose ``to_json`` gave this form."""
        values = form["values"]
        assert isinstance(values, Mapping)  # noqa: S101 - shape guaranteed by to_json
        return cls(str(form["template"]), {name: _value_from_json(value) for name, value in values.items()})


def say(template: str, **values: Value) -> Sentence:
    """A sentence from a literal template; ``say`` is the word the message extractor looks for."""
    return Sentence(template, values)


def plain_number(value: int | float) -> str:
    """A number for a reader without a locale: thousands separated, at most two decimals."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")


def render(
    sentence: Sentence,
    translate: Callable[[str], str] = str,
    number: Callable[[int | float], str] = plain_number,
) -> str:
    """The sentence as text: template through ``translate``, numbers through ``number``.

    A list is joined by commas, a list of whole sentences by spaces.
    """

    def show(value: Value) -> str:
        if isinstance(value, Sentence):
            return render(value, translate, number)
        if isinstance(value, tuple):
            parts = [show(part) for part in value]
            return (" " if all(part.endswith(".") for part in parts) else ", ").join(parts)
        return value if isinstance(value, str) else number(value)

    return translate(sentence.template).format_map({name: show(value) for name, value in sentence.values.items()})


def _value_to_json(value: Value) -> object:
    if isinstance(value, Sentence):
        return value.to_json()
    if isinstance(value, tuple):
        return [_value_to_json(part) for part in value]
    return value


def _value_from_json(value: object) -> Value:
    if isinstance(value, Mapping):
        return Sentence.from_json(value)
    if isinstance(value, list):
        return tuple(_value_from_json(part) for part in value)
    assert isinstance(value, str | int | float)  # noqa: S101 - shape guaranteed by to_json
    return value
