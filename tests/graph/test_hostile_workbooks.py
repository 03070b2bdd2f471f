"""Workbooks made to do harm: a few hundred bytes that would take all memory, end the process, or never be read."""

from __future__ import annotations

import io
import zipfile

import pytest

from graph.errors import BadInput
from graph.sheet_extent import extent, text_length
from graph.uploads import ImportLimits, Upload
from graph.workbooks import read_workbook

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMES = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{OFFICE}"'
FIRST = '<row r="1"><c r="A1"><v>1</v></c></row>'
FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
HARMLESS = f"<worksheet {NAMES}><sheetData>{FIRST}</sheetData></worksheet>"
LIMITS = ImportLimits(uncompressed_bytes=50_000_000, cells=200_000)


def sheet(rows: str) -> str:
    return f"<worksheet {NAMES}><sheetData>{rows}</sheetData></worksheet>"


def workbook(
    *sheets: str, names: tuple[str, ...] = (), strings: str = "", target: str = "worksheets/sheet{}.xml", shown: int = 0
) -> bytes:
    """A workbook of these sheets; ``shown`` so many times the first alone."""
    names = names or tuple(f"utilities{at}" for at in range(len(sheets)))
    rows = [(name, at + 1) for at, name in enumerate(names)] if not shown else [(f"s{at}", 1) for at in range(shown)]
    listed = "".join(f'<sheet name="{name}" sheetId="{at}" r:id="rId{id}"/>' for at, (name, id) in enumerate(rows, 1))
    relations = [
        f'<Relationship Id="rId{at}" Type="{OFFICE}/worksheet" Target="{target.format(at)}"/>'
        for at in range(1, len(sheets) + 1)
    ]
    out = io.BytesIO()
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"/>')
        archive.writestr("xl/workbook.xml", f"<workbook {NAMES}><sheets>{listed}</sheets></workbook>")
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships">{"".join(relations)}</Relationships>',
        )
        for at, text in enumerate(sheets, 1):
            archive.writestr(f"xl/{target.format(at)}", text)
        if strings:
            archive.writestr("xl/sharedStrings.xml", strings)
    return out.getvalue()


def refused(content: bytes) -> bool:
    """Whether nothing of a workbook is taken; reading it must not end the process."""
    upload = Upload()
    try:
        read_workbook("w.xlsx", content, upload, LIMITS)
    except BadInput:
        return True
    return not upload.tables


@pytest.mark.parametrize(
    "content",
    [
        workbook(sheet(FIRST + FAR)),
        workbook(sheet(FIRST + '<row x=" r=\'2\'" r="1048576"><c x=" r=\'A1\' " r="XFD1048576"><v>1</v></c></row>')),
        workbook(sheet(FIRST + '<row r="1048576"><c r="XFD1048576" x="/>"><v>1</v></c></row>')),
        workbook(sheet(FIRST + '<row r="1048576"><c r="XFC1048576"/><c><v>1</v></c></row>')),
        workbook(sheet(FIRST + '<row r="01048576"><c r="XFD0001048576"><v>1</v></c></row>')),
        workbook(sheet(FIRST + FAR), target="worksheets/sheet{}.dat"),
        workbook(sheet(FIRST + FAR), HARMLESS, names=("utilities", "utilities")),
    ],
    ids=["plain", "place within a value", "end within a value", "no place", "leading zeros", "ending", "same name"],
)
def test_a_far_cell_is_found_wherever_it_hides(content: bytes) -> None:
    assert refused(content)


def test_a_long_text_named_by_many_cells_is_not_unfolded() -> None:
    rows = "".join(f'<row r="{at}"><c r="A{at}" t="s"><v>0</v></c></row>' for at in range(1, 10_001))
    assert refused(workbook(sheet(rows), strings=f"<sst {NAMES}><si><t>{'x' * 100_000}</t></si></sst>"))


def test_one_part_shown_as_many_sheets_counts_each_time() -> None:
    rows = "".join(f'<row r="{at}"><c r="A{at}"><v>1</v></c></row>' for at in range(1, 5_001))
    assert refused(workbook(sheet(rows), shown=100))


@pytest.mark.parametrize("piece", ["<c ", "<row ", ' r="A1"', '<c r="A1"><f>', ' t="s"', "<si ", "<v ", " "])
def test_no_part_takes_longer_than_it_is_long(piece: str) -> None:
    """Read again from each piece on, this would take hours."""
    text = '<worksheet t="e"><sheetData><c r="A1" t="s"><f></f><c' + piece * 100_000 + "<sheetData>"
    assert refused(workbook(text, strings=f"<sst><si>{'x' * 2_000_000}"))
    assert refused(workbook(HARMLESS, strings=text))


def test_rows_and_cells_without_places_are_counted() -> None:
    cells = b"<row><c><v>1</v></c><c><v>2</v></c></row>"
    assert extent(b"<s><sheetData>" + cells * 3 + b"</sheetData></s>") == (3, 2)
    assert extent(
        b'<x:s xmlns:x="u"><x:sheetData><x:row r="7"><x:c r="B7"><x:v>1</x:v></x:c><x:c/></x:row></x:sheetData></x:s>'
    ) == (
        7,
        2,
    ), "an empty cell takes no room"
    assert extent(b"<s><c></s>") is None, "what is no XML is not measured"
    assert extent(b'<s><row r="1"><c r="A1 "><v>1</v></c></row></s>') is None


def test_texts_are_counted_by_use_where_the_rough_bound_is_too_much() -> None:
    cell = b'<c r="A1" t="s"><v>%d</v></c>'
    strings = b"<sst><si>" + b"x" * 1_000 + b"</si><si>y</si></sst>"
    assert text_length([cell % 1] * 100, strings, enough=10_000) < 3_000
    assert text_length([cell % 0] * 100, strings, enough=10_000) > 100_000
    assert text_length([b'<c t="s"><!-- --><v>1</v></c>'] * 100, strings, enough=10_000) > 100_000


def test_the_reader_is_given_what_was_looked_at() -> None:
    """Two archives in one file: which of them is read depends on who reads."""
    assert refused(workbook(sheet(FIRST + FAR)) + workbook(HARMLESS))
