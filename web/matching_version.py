"""Edits of what has versions: ``If-Match`` on a write is the version that was looked at, like ``seen`` in its body.

What is read and has a version answers ``ETag: "<version>.<mark>"``; the mark tells two answers of one version apart
(who reads, what was asked for, what else is known), the version is what an edit is compared by. A write whose body has
a field ``seen`` takes ``If-Match`` in its place, and answers 412 where others were faster, with what they did.
"""

from __future__ import annotations

from typing import TypeVar

from flask import Response, request
from pydantic import BaseModel

from graph.errors import BadInput, Outdated
from graph.sentences import say

SEEN = "seen"
_VERSION = "wop.version"
"""Where a request keeps the version of what it answers."""

B = TypeVar("B", bound=BaseModel)


def has_versions(body: type[BaseModel]) -> bool:
    """Whether a write with this body edits something that has versions."""
    return SEEN in body.model_fields


def with_version_seen(body: B) -> B:
    """The body with the version that ``If-Match`` names as the one seen; ``*`` is whatever is there.

    Raises ``BadInput`` where the write knows no versions, or the body names another one, ``Outdated`` for a tag that
    is none of ours: it can match nothing.
    """
    if "If-Match" not in request.headers:
        return body
    if not has_versions(type(body)):
        raise BadInput(
            say("What this changes has no versions."), say("Leave the header {header} out.", header="If-Match")
        )
    if request.if_match.star_tag:
        return body
    versions = {(tag or "").partition(".")[0] for tag in request.if_match.as_set()}
    version = versions.pop() if len(versions) == 1 else ""
    if not (version.isascii() and version.isdigit() and 0 < len(version) < 10):
        raise Outdated(
            say("The header {header} names no version of this.", header="If-Match"),
            say("Read it again; the header ETag of the answer names its version."),
        )
    said = getattr(body, SEEN)
    if said is not None and said != int(version):
        raise BadInput(
            say("The header {header} and the field “{field}” name different versions.", header="If-Match", field=SEEN),
            say("Give one of them."),
        )
    return body.model_copy(update={SEEN: int(version)})


def is_conditional() -> bool:
    """Whether the write asks for a version in its header."""
    return "If-Match" in request.headers


def note_version(data: object) -> None:
    """Remember the version of what is answered, where it has one."""
    version = data.get("version") if isinstance(data, dict) else None
    if isinstance(version, int):
        request.environ[_VERSION] = version


def set_tag(response: Response, mark: str = "") -> bool:
    """Set the ETag of what was noted; whether there was anything. Without a mark it names the version alone."""
    version = request.environ.get(_VERSION)
    if version is None:
        return False
    response.set_etag(f"{version}.{mark}" if mark else str(version))
    return True


def is_known(mark: str) -> str | None:
    """The version of the answer with this mark that the reader has already (``If-None-Match``); ``None``: has none."""
    for tag in request.if_none_match.as_set(include_weak=True):
        version, _, known = (tag or "").rpartition(".")
        if known == mark:
            return version
    return None
