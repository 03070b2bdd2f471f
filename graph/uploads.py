"""An upload as it is read: its limits, its tables of text, and what was remarked on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from graph.errors import TooLarge
from graph.problems import Problems
from graph.sentences import Sentence, say
from graph.upload_columns import Table


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """How large an upload may be; each limit's name is the setting a message names.

    ``file_bytes`` is one file's size, ``uncompressed_bytes`` what a workbook may unpack to, ``rows`` and
    ``columns`` what one table may have, ``cells`` rows times columns of one sheet.
    """

    file_bytes: int = 100_000_000
    uncompressed_bytes: int = 1_000_000_000
    rows: int = 500_000
    columns: int = 200
    cells: int = 20_000_000

    def check(self, setting: str, found: int, file: str, sheet: str = "") -> None:
        """Raises ``TooLarge`` with the setting's name where ``found`` is over the limit."""
        allowed = getattr(self, setting)
        if found > allowed:
            place = f"{file}, {sheet}" if sheet else file
            raise TooLarge(
                say(
                    "{file} is too large: {found} {what}, and the setting {setting} allows {allowed}.",
                    file=place,
                    found=found,
                    what=_UNITS[setting],
                    setting=setting,
                    allowed=allowed,
                ),
                say("Split the file, or raise the setting if the file is meant to be so large."),
            )


_UNITS = {
    "file_bytes": say("bytes"),
    "uncompressed_bytes": say("bytes when unpacked"),
    "rows": say("rows"),
    "columns": say("columns"),
    "cells": say("cells"),
}


@dataclass(frozen=True, slots=True)
class RawTable:
    """One table as uploaded: columns of text by column name, and the row number a user sees for each record."""

    table: Table
    file: str
    sheet: str
    headings: dict[str, str]
    columns: dict[str, Sequence[str]]
    rows: Sequence[int]


@dataclass
class Upload:
    """What was read so far: tables, remarks for the report, and problems."""

    tables: list[RawTable] = field(default_factory=list)
    notes: list[Sentence] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)
