"""Files that are written whole or not at all, and read by their owner alone, since most hold what is private."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.errors import BadInput
from graph.sentences import say


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A draft beside ``path`` to write to; it takes the place of ``path`` when the block ends without an exception.

    A new file is readable by its owner alone; one that takes the place of another has its rights.
    Raises ``BadInput`` where the file or its folder cannot be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with writable(path):
        try:
            make_own(draft)
            if path.is_file():
                draft.chmod(path.stat().st_mode & 0o777 | 0o600)
            yield draft
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


def make_own(path: Path) -> None:
    """Make an empty file that its owner alone may read and write, where there is none. Raises ``OSError``."""
    path.touch(mode=0o600)


@contextmanager
def writable(path: Path) -> Iterator[None]:
    """Turns what the system says against writing ``path`` into ``BadInput``."""
    try:
        yield
    except OSError as error:
        raise BadInput(
            say("{path} cannot be written: {reason}.", path=str(path), reason=error.strerror or str(error)),
            say("Choose a folder that exists and that you may write to."),
        ) from error
