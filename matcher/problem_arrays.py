"""Arrays out of an ``.npz`` file that may be broken or hostile: nothing is unpacked before its size is known to fit."""

from __future__ import annotations

import math
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graph.errors import BadInput, TooLarge, UnknownName
from graph.sentences import Sentence, say

BROKEN = (
    ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, NotImplementedError, RecursionError,
    RuntimeError, SyntaxError, TypeError, ValueError, Warning, struct.error, tokenize.TokenError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip
"""What the readers of zip and npy raise on bytes that are not theirs."""

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def load_arrays(
    path: Path, known: Collection[str], texts: Collection[str], flags: Collection[str], most_bytes: int
) -> dict[str, NDArray[Any]]:
    """The arrays of a file: ``texts`` of str, ``flags`` of bool, all others whole numbers as int64.

    Raises ``BadInput`` where the file or an array is not what it should be, ``UnknownName`` for an array that is not
    ``known``, ``TooLarge`` where all arrays together unpack to more than ``most_bytes``.
    """
    arrays = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with zipfile.ZipFile(path) as archive:
                entries = archive.infolist()
                _check_entries(path, entries, known, most_bytes)
                for entry in entries:
                    name = entry.filename.removesuffix(".npy")
                    kinds = "U" if name in texts else "b" if name in flags else "iu"
                    with archive.open(entry) as file:
                        problem = _header_problem(file, entry, kinds)
                    if problem is not None:
                        raise _refused(path, name, problem)
                    with archive.open(entry) as file:
                        values = np.lib.format.read_array(file, allow_pickle=False)
                    if kinds == "iu" and values.dtype.kind == "u" and (values > np.iinfo(np.int64).max).any():
                        raise _refused(path, name, say("has a number that is too large"))
                    arrays[name] = np.ascontiguousarray(values, dtype=np.int64) if kinds == "iu" else values
    except BROKEN:
        raise BadInput(
            say("{file} is not an .npz file that can be read.", file=path.name),
            say("Write it with numpy.savez_compressed; the problem file reference lists the arrays."),
        ) from None
    return arrays


def _check_entries(path: Path, entries: list[zipfile.ZipInfo], known: Collection[str], most_bytes: int) -> None:
    names = [entry.filename.removesuffix(".npy") for entry in entries]
    for at, name in enumerate(names):
        if name not in known:
            raise UnknownName(say("array in {file}", file=path.name), name[:80], known)
        if name in names[:at]:
            raise _refused(path, name, say("is there twice"))
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > most_bytes:
        raise TooLarge(
            say(
                "{file} unpacks to {found} bytes; npz_bytes allows {allowed}.",
                file=path.name,
                found=unpacked,
                allowed=most_bytes,
            ),
            say("Leave out what the problem does not need, or raise the limit."),
        )


def _header_problem(file: Any, entry: zipfile.ZipInfo, kinds: str) -> Sentence | None:
    """What is wrong with an array by its header alone; its size must be exactly what the archive says."""
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        return say("is of a version that is not read")
    shape, _, kind = HEADERS[version](file)
    if kind.kind not in kinds or (kind.itemsize == 0):
        expected = {"U": say("text"), "b": say("true or false"), "iu": say("whole numbers")}[kinds]
        return say("holds {found}, expected {expected}", found=str(kind)[:80], expected=expected)
    if any(side < 0 for side in shape) or math.prod(shape) * kind.itemsize != entry.file_size - file.tell():
        return say("has another size than its shape says")
    return None


def _refused(path: Path, name: str, problem: Sentence) -> BadInput:
    return BadInput(
        say("{file}: the array “{name}” {problem}.", file=path.name, name=name, problem=problem),
        say("The problem file reference lists the arrays."),
    )
