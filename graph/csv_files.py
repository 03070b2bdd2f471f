"""Tables as CSV files, as every export and download writes them."""

from __future__ import annotations

import csv
from typing import Any, Protocol


class Writable(Protocol):
    """What text can be written to."""

    def write(self, text: str, /) -> object:
        """Take text."""


class _LineFeeds:
    """Ends each row by a line feed alone."""

    def __init__(self, file: Writable) -> None:
        self._file = file

    def write(self, row: str) -> object:
        return self._file.write(row.removesuffix("\r\n") + "\n")


def csv_writer(file: Writable) -> Any:
    """A writer of rows that end by a line feed; a cell with a carriage return is quoted as one with a line feed is.

    Else a spreadsheet takes what follows the return for another row, and perhaps for a formula.
    """
    return csv.writer(_LineFeeds(file), lineterminator="\r\n")
