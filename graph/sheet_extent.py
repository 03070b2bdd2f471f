"""How large a sheet of a workbook becomes once it is read, found beforehand in a way that no file gets around.

The reader of workbooks lays each sheet out as a full rectangle, with a copy of each text for each cell: one far cell,
or a long text named often, would take all memory, and a reader out of memory ends the whole process. So what cannot be
measured is not read. Nothing here takes longer than its input is long: no pattern looks past the next ``<``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from xml.parsers import expat

_DATA = b"sheetData"

_PREFIX = rb"(?:[^\s<>]*:)?"
_ATTRIBUTES = rb"(?:\s+(?!r\s*=)[\w:.-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'))*+"
_CELLS = re.compile(rb"<" + _PREFIX + rb"c(?=[\s/>])")
_ROWS = re.compile(rb"<" + _PREFIX + rb"row(?=[\s/>])")
_CELL_PLACE = rb"\s+r\s*=\s*([\"'])([A-Za-z]{1,3})(\d{1,7})\1"
_PLAIN_CELL = re.compile(rb"<" + _PREFIX + rb"c" + _ATTRIBUTES + _CELL_PLACE + _ATTRIBUTES + rb"\s*(/?)>")
_PLAIN_ROW = re.compile(
    rb"<" + _PREFIX + rb"row" + _ATTRIBUTES + rb"\s+r\s*=\s*([\"'])(\d{1,7})\1" + _ATTRIBUTES + rb"\s*/?>"
)
_REFERENCE = re.compile(r"([A-Za-z]{1,3})(\d{1,7})")
_SHARED = re.compile(rb"<" + _PREFIX + rb"si(?=[\s/>])")
_SHARED_CELL = re.compile(rb"\bt\s*=\s*[\"']s[\"']")
_SHARED_USE = re.compile(
    rb"<" + _PREFIX + rb"c\s(?>[^<>]*?\bt\s*=\s*[\"']s[\"'])[^<>]*+>\s*<" + _PREFIX + rb"v[^<>]*+>\s*(\d{1,9})\s*<"
)


def is_sheet(part: bytes) -> bool:
    """Whether a part, whatever else is said of it, could be read as a sheet."""
    return _DATA in part


def extent(sheet: bytes) -> tuple[int, int] | None:
    """Rows and columns up to the last filled cell; ``None`` where that cannot be known.

    A sheet whose every row and cell says plainly where it is, as spreadsheets write it, is measured at once; any other
    is parsed.
    """
    cells, rows = _PLAIN_CELL.findall(sheet), _PLAIN_ROW.findall(sheet)
    if len(cells) < len(_CELLS.findall(sheet)) or len(rows) < len(_ROWS.findall(sheet)):
        return _parsed(sheet)
    filled = [(letters, row) for _quote, letters, row, empty in cells if not empty]
    if not filled:
        return 0, 0
    numbers = {row for _letters, row in filled} | {row for _quote, row in rows}
    return max(map(int, numbers)), max(column_number(one.decode()) for one in {letters for letters, _row in filled})


def names_texts(part: bytes) -> bool:
    """Whether a part holds texts that cells of sheets name."""
    return _SHARED.search(part) is not None


def text_length(sheets: Sequence[bytes], strings: bytes, enough: int) -> int:
    """How many bytes of text the cells have that name one of ``strings``: at most so many, and counted one by one
    where a rough bound would be more than ``enough``."""
    starts = [found.start() for found in _SHARED.finditer(strings)]
    lengths = [after - start for start, after in pairwise([*starts, len(strings)])]
    longest = max(lengths, default=0)
    count = sum(len(_SHARED_CELL.findall(sheet)) for sheet in sheets)
    if longest * count <= enough:
        return longest * count
    uses = [int(use) for sheet in sheets for use in _SHARED_USE.findall(sheet)]
    known = sum(lengths[use] for use in uses if use < len(lengths))
    return known + longest * max(0, count - len(uses))


def column_number(letters: str) -> int:
    """``A`` is 1, ``AA`` is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


class _Places:
    """Where the filled cells of a sheet are, also of cells and rows that do not say it."""

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self._row = self._column = 0
        self._in_cell = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        local, place = name.rpartition(":")[2], attributes.get("r")
        if local == "row":
            self._row = self._row + 1 if place is None else _whole(place)
            self._column = 0
        elif local == "c":
            row, column = (self._row, self._column + 1) if place is None else _cell(place)
            self._row, self._column, self._in_cell = max(self._row, row), column, True
        elif self._in_cell:
            self.rows, self.columns = max(self.rows, self._row), max(self.columns, self._column)

    def end(self, name: str) -> None:
        """An element ends."""
        if name.rpartition(":")[2] == "c":
            self._in_cell = False


def _parsed(sheet: bytes) -> tuple[int, int] | None:
    places = _Places()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = places.start, places.end
    parser.StartDoctypeDeclHandler = _refused
    try:
        parser.Parse(sheet, True)
    except (expat.ExpatError, ValueError):
        return None
    return places.rows, places.columns


def _refused(*_declared: object) -> None:
    raise ValueError("a workbook declares no entities")


def _cell(text: str) -> tuple[int, int]:
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return int(found[2]), column_number(found[1])


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 7):
        raise ValueError(text)
    return int(text)
