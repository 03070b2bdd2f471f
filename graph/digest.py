"""One number for all that a graph holds, to tell whether two stores hold the same."""

from __future__ import annotations

import hashlib

from graph.export import export_lines
from graph.store import Reader


def graph_digest(reader: Reader) -> str:
    """SHA-256, in hexadecimal, of the lines that ``graph.export.export_jsonl`` would write.

    Equal graphs have equal digests, whichever store they are in and however they came there.
    """
    digest = hashlib.sha256()
    for line in export_lines(reader):
        digest.update(line.encode())
    return digest.hexdigest()
