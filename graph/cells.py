"""The text of one cell read as a value, and a value written as the text of a cell.

Every reader takes cleaned text that is not empty and returns the value, or raises ``Refused`` with what was
expected. Columns are read by their distinct texts (``graph.uploads``), so nothing here needs to be fast.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection
from datetime import date, timedelta
from functools import cache
from typing import Any

from graph.errors import did_you_mean
from graph.sentences import Sentence, say
from graph.upload_columns import YEARS, Column, Range, folded

LONGEST_TEXT = 20_000

_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_NEUTRALISED = re.compile(r"'+[=+\-@\t\r]")
_LOOKS_LIKE_FORMULA = re.compile(r"'*[=+\-@\t\r]")


class Refused(Exception):
    """A text cannot be read: what was expected, and a hint made only when somebody will read it."""

    def __init__(self, expected: Sentence, hint: Callable[[], Sentence | None] | Sentence | None = None) -> None:
        super().__init__(str(expected))
        self.expected = expected
        self._hint = hint

    def hint(self) -> Sentence | None:
        """The next step, if one can be named."""
        return self._hint() if callable(self._hint) else self._hint


def tidy(text: str) -> str:
    """Text without stray, no-break and invisible spaces at its ends, in one Unicode form (NFC)."""
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text)).strip().strip(_INVISIBLE).strip()


def clean(text: str) -> str:
    """Tidy text, without the apostrophe that keeps a spreadsheet from running it as a formula."""
    if text.isascii() and text[:1] != "'" and text == text.strip():
        return text  # nearly every cell, and the rest of this is slow
    plain = tidy(text)
    return plain[1:] if _NEUTRALISED.match(plain) else plain


def cell_text(value: Any) -> str:
    """A value of the graph as the text of a cell, which an import reads back as the same value.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int):
        return str(value)
    return str(harmless(";".join(value) if isinstance(value, tuple | list) else str(value)))


def harmless(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula with an apostrophe in front; any other value as it is."""
    return f"'{value}" if isinstance(value, str) and _LOOKS_LIKE_FORMULA.match(value) else value


def all_readable(texts: Collection[str]) -> bool:
    """Whether ``read_text`` would accept every text; one look at all is much faster than one at each."""
    joined = "\n".join(texts)
    return not _CONTROL.search(joined) and (len(joined) <= LONGEST_TEXT or max(map(len, texts)) <= LONGEST_TEXT)


def read_text(text: str) -> str:
    """Any text that can be shown and written to a workbook again."""
    if len(text) > LONGEST_TEXT:
        raise Refused(say("at most {count} characters", count=LONGEST_TEXT))
    if _CONTROL.search(text):
        raise Refused(say("text without control characters"), say("Type the text anew; it was probably damaged."))
    return text


def within(value: float, bounds: Range | None, *, whole: bool = False) -> None:
    """Raises ``Refused`` with the range expected where a number lies outside it."""
    if bounds is not None and not bounds[0] <= value <= bounds[1]:
        raise Refused(number_expected(bounds, whole=whole))


def number_expected(bounds: Range | None, *, whole: bool = False) -> Sentence:
    """The words for a number in a range; years are shown without thousands."""
    if bounds == YEARS:
        return say("a year from {lowest} to {highest}", lowest=str(bounds[0]), highest=str(bounds[1]))
    if bounds is None:
        return say("a whole number") if whole else say("a number")
    low, high = (int(bound) if float(bound).is_integer() else bound for bound in bounds)
    if whole:
        return say("a whole number from {lowest} to {highest}", lowest=low, highest=high)
    return say("a number from {lowest} to {highest}", lowest=low, highest=high)


_PLAIN = re.compile(r"-?\d{1,300}(?:\.\d+)?", re.ASCII)
_POINT_ONLY = frozenset(".")
_GROUP = r"[ '’]"
_POINT = re.compile(
    rf"[+-]?(?:\d+|[1-9]\d{{0,2}}(?:{_GROUP}\d{{3}})+|[1-9]\d{{0,2}}(?:,\d{{3}})+)?(?:\.\d+)?(?:e[+-]?\d+)?", re.I
)
_COMMA = re.compile(
    rf"[+-]?(?:\d+|[1-9]\d{{0,2}}(?:{_GROUP}\d{{3}})+|[1-9]\d{{0,2}}(?:\.\d{{3}})+)?(?:,\d+)?(?:e[+-]?\d+)?", re.I
)


def _number_forms(text: str) -> dict[str, float]:
    """What a text means by decimal point and by decimal comma, where it can be read so."""
    plain = text.replace("\u2212", "-").removesuffix("%").rstrip()
    forms = {}
    for mark, pattern in ((".", _POINT), (",", _COMMA)):
        if any(character.isdigit() for character in plain) and pattern.fullmatch(plain):
            bare = re.sub(_GROUP, "", plain).replace("," if mark == "." else ".", "").replace(mark, ".")
            value = float(bare)
            if math.isfinite(value):
                forms[mark] = value
    return forms


def decimal_marks(texts: Collection[str]) -> set[str]:
    """The decimal marks (``.`` or ``,``) that the texts of one column show beyond doubt."""
    marks: set[str] = set()
    if not any("," in text or text.count(".") > 1 for text in texts):
        return marks  # nothing is left to decide
    for text in texts:
        forms = _number_forms(text)
        if len(set(forms.values())) == 1 and len(forms) == 1:
            marks.update(forms)
    return marks


def read_number(
    text: str, bounds: Range | None = None, *, marks: frozenset[str] = frozenset(), whole: bool = False
) -> float:
    """A number with decimal point or comma, thousands by space, apostrophe, comma or point, and perhaps ``%``.

    ``1,234`` alone could be two numbers. What the other texts of the column show decides (``marks``, of
    ``decimal_marks``); a whole number can only mean the thousand; else it is refused rather than guessed.
    """
    if not whole and marks <= _POINT_ONLY and _PLAIN.fullmatch(text):
        value = float(text)
        within(value, bounds, whole=whole)
        return value
    forms = _number_forms(text)
    if not forms:
        raise Refused(number_expected(bounds, whole=whole), say("Leave the cell empty if it is not known."))
    values = set(forms.values())
    if len(values) == 1:
        value = values.pop()
    elif whole:
        value = max(values, key=abs)
    elif len(marks) == 1:
        value = forms[next(iter(marks))]
    elif "," not in text:
        value = forms["."]  # 1.234 is read as computers write it
    else:
        raise Refused(
            say("a number that can mean one thing only"),
            say(
                "Write it without thousands: {first} or {second}.", first=f"{forms[',']:g}", second=f"{forms['.']:.0f}"
            ),
        )
    within(value, bounds, whole=whole)
    return value


def read_integer(text: str, bounds: Range | None = None) -> int:
    """A whole number; ``12.0`` is one."""
    if text.isascii() and text.isdecimal() and len(text) < 300:
        value = float(text)
        within(value, bounds, whole=True)
        return int(text)
    value = read_number(text, bounds, whole=True)
    if not value.is_integer():
        raise Refused(number_expected(bounds, whole=True))
    return int(value)


_YES = {"yes", "y", "true", "1", "oui", "o", "vrai", "si", "s", "verdadero"}
_NO = {"no", "n", "false", "0", "non", "faux", "falso"}


def read_flag(text: str) -> bool:
    """Yes or no, in English, French or Spanish, or 1 and 0."""
    word = folded(text)
    if word in _YES or word in _NO:
        return word in _YES
    raise Refused(say("yes or no"), say("Leave the cell empty if it is not known."))


_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
_DAY_FIRST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_SERIALS = (18_264, 73_415)  # 1950-01-01 to 2100-12-31, as spreadsheets count days
_SERIAL_ZERO = date(1899, 12, 30)


def read_date(text: str) -> str:
    """A date as ISO text; read from ISO, day.month.year, day/month/year where no doubt is left, or a serial number."""
    expected = say("a date such as {example}", example="2024-05-31")
    try:
        if match := _ISO.fullmatch(text):
            found = date(*map(int, match.groups()[:3]))
        elif match := _DAY_FIRST.fullmatch(text):
            first, mark, second, year = int(match[1]), match[2], int(match[3]), int(match[4])
            if mark == "/" and first != second and first <= 12 and second <= 12:
                raise Refused(
                    say("a date that can mean one day only"),
                    say(
                        "Write {first} or {second}.",
                        first=f"{year}-{second:02}-{first:02}",
                        second=f"{year}-{first:02}-{second:02}",
                    ),
                )
            month_first = mark == "/" and second > 12
            found = date(year, first, second) if month_first else date(year, second, first)
        elif re.fullmatch(r"\d{5}(\.\d+)?", text) and _SERIALS[0] <= float(text) <= _SERIALS[1]:
            found = _SERIAL_ZERO + timedelta(days=int(float(text)))
        else:
            raise Refused(expected)
    except ValueError:
        raise Refused(expected) from None
    if not YEARS[0] <= found.year <= YEARS[1]:
        raise Refused(number_expected(YEARS))
    return found.isoformat()


def one_of(text: str, choices: tuple[str, ...]) -> str:
    """The choice a text names, without regard to case, accents and separators."""
    for choice in choices:
        if folded(choice) == folded(text):
            return choice
    raise Refused(say("one of {choices}", choices=choices), lambda: did_you_mean(text, choices))


def parts(text: str, separators: str = ";") -> list[str]:
    """The parts of a list in one cell, without empty ones and repeats."""
    pieces = (tidy(piece) for piece in re.split(f"[{separators}\n]", text))
    return list(dict.fromkeys(piece for piece in pieces if piece))


@cache
def _language_codes() -> dict[str, str]:
    """Folded ISO 639 codes, and language names in English, French and Spanish (Unicode CLDR) -> code."""
    from babel import Locale  # only uploads with languages need it

    codes: dict[str, str] = {}
    names = [(str(code), str(name)) for tag in ("en", "fr", "es") for code, name in Locale(tag).languages.items()]
    names = [(code, name) for code, name in names if "_" not in code]
    for code, name in names:
        codes.setdefault(folded(name), code)
    return {**codes, **{folded(code): code for code, _ in names}}


def read_language(text: str) -> str:
    """A language by code or name, as its code."""
    codes = _language_codes()
    if (code := codes.get(folded(text))) is None:
        raise Refused(
            say("a language code or name, such as {example}", example="fr"), lambda: did_you_mean(text, codes)
        )
    return code


def reader_of(column: Column, marks: frozenset[str] = frozenset()) -> Callable[[str], Any] | None:
    """What reads a column's cells, or ``None`` for columns whose names are looked up in the store and the upload."""
    bounds, choices = column.within, column.choices
    readers: dict[str, Callable[[str], Any]] = {
        "text": read_text,
        "integer": lambda text: read_integer(text, bounds),
        "number": lambda text: read_number(text, bounds, marks=marks),
        "flag": read_flag,
        "date": read_date,
        "choice": lambda text: one_of(text, choices),
        "choices": lambda text: tuple(dict.fromkeys(one_of(part, choices) for part in parts(text, ";,"))),
        "languages": lambda text: tuple(dict.fromkeys(read_language(part) for part in parts(text, ";,"))),
        "words": lambda text: tuple(parts(read_text(text))),
    }
    return readers.get(column.type)
