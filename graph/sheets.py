"""What the XML of a workbook's sheets tells that its reader does not: formulas, errors, percent formats.

Only patterns are looked for, in bytes; nothing is parsed, so no entity is ever expanded, and no pattern looks past the
next ``<``, so no file takes longer than it is long.
"""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graph.sheet_extent import column_number

_LONGEST_LIST = 2_000
_LONGEST_CELL = 100_000

_REFERENCE = re.compile(rb'\br\s*=\s*["\']([A-Za-z]{1,7})(\d{1,9})["\']')
_CELL = re.compile(rb"<(?:\w+:)?c\b[^<>]*>")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_CELL_OR_FORMULA = re.compile(rb"<(?:\w+:)?([cf])(?:\s[^<>]*)?/?>")
_TEXT_TYPE = re.compile(rb'\bt\s*=\s*["\'](?:str|s|inlineStr)["\']')
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^<>]*>([^<]+)<")
_ERROR_TYPE = re.compile(rb'\bt\s*=\s*["\']e["\']')
_STYLE = re.compile(rb'\bs\s*=\s*["\'](\d+)["\']')
_CELL_END = re.compile(rb"<(?:/(?:\w+:)?c\s*>|(?:\w+:)?c[\s/>])")


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """The cells to be careful with: row number and column (letters or number)."""

    uncomputed: tuple[tuple[int, str], ...] = ()
    errors: tuple[tuple[int, str, str], ...] = ()
    percents: tuple[tuple[int, int], ...] = ()


def sheet_parts(parts: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Sheet name and the path of its part, in the workbook's order."""
    targets = {}
    for relation in re.findall(rb"<(?:\w+:)?Relationship\b[^<>]*>", parts.get("xl/_rels/workbook.xml.rels", b"")):
        targets[_attribute(relation, "Id")] = posixpath.normpath(posixpath.join("/xl", _attribute(relation, "Target")))
    for sheet in re.findall(rb"<(?:\w+:)?sheet\b[^<>]*>", parts.get("xl/workbook.xml", b"")):
        yield _attribute(sheet, "name"), targets.get(_attribute(sheet, r"\w+:id"), "").lstrip("/")


def sheet_facts(sheet: bytes, styles: bytes) -> SheetFacts:
    """What one sheet's XML shows; ``styles`` is the workbook's style part."""
    return SheetFacts(
        uncomputed=tuple(_uncomputed(sheet)),
        errors=tuple(_errors(sheet)),
        percents=tuple(_percents(sheet, styles)),
    )


def _uncomputed(sheet: bytes) -> Iterator[tuple[int, str]]:
    """Cells with a formula and no saved value (an empty text is a value)."""
    if not _FORMULA.search(sheet):
        return
    cell, found = None, 0
    for tag in _CELL_OR_FORMULA.finditer(sheet):
        if tag[1] == b"c":
            cell = tag
        elif cell is not None and found < _LONGEST_LIST:
            body = _body(sheet, cell)
            empty_text = _TEXT_TYPE.search(cell[0]) and b"<v" in body
            if not _VALUE.search(body) and not empty_text and (place := _place(cell[0])) is not None:
                found += 1
                yield place


def _errors(sheet: bytes) -> Iterator[tuple[int, str, str]]:
    if not _ERROR_TYPE.search(sheet):
        return
    found = 0
    for cell in _CELL.finditer(sheet):
        if found < _LONGEST_LIST and _ERROR_TYPE.search(cell[0]) and (place := _place(cell[0])) is not None:
            value = _VALUE.search(_body(sheet, cell))
            found += 1
            yield (*place, value[1].decode("utf-8", "replace") if value else "")


def _percents(sheet: bytes, styles: bytes) -> Iterator[tuple[int, int]]:
    """Cells whose style shows a number as percent."""
    custom = {
        _attribute(form, "numFmtId")
        for form in re.findall(rb"<(?:\w+:)?numFmt\b[^<>]*>", styles)
        if "%" in _attribute(form, "formatCode")
    }
    start, end = styles.find(b"cellXfs"), styles.rfind(b"cellXfs")
    wanted = {
        str(at).encode()
        for at, style in enumerate(re.findall(rb"<(?:\w+:)?xf\b[^<>]*>", styles[start:end]))
        if _attribute(style, "numFmtId") in {"9", "10", *custom}
    }
    if not wanted:
        return
    for cell in _CELL.finditer(sheet):
        style = _STYLE.search(cell[0])
        if style and style[1] in wanted and (place := _place(cell[0])) is not None:
            yield place[0], column_number(place[1])


def _body(sheet: bytes, cell: re.Match[bytes]) -> bytes:
    """What is in a cell; looked for up to the next cell, and so far only, that no file takes long."""
    end = _CELL_END.search(sheet, cell.end(), cell.end() + _LONGEST_CELL)
    return sheet[cell.end() : end.start()] if end else b""


def _place(opening: bytes) -> tuple[int, str] | None:
    match = _REFERENCE.search(opening)
    return (int(match[2]), match[1].decode()) if match else None


def _attribute(tag: bytes, name: str) -> str:
    match = re.search(rb"\b" + name.encode() + rb"\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", tag)
    return html.unescape((match[1] or match[2] or b"").decode("utf-8", "replace")) if match else ""
