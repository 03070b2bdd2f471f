"""The address of a link that signs in once."""

from __future__ import annotations

from urllib.parse import urlencode


def link_of(base: str, key: str, then: str = "") -> str:
    """The address that opens with a key; ``base`` is that of the service, ``then`` the path to go to."""
    return f"{base}/sign-in?{urlencode({'key': key, **({'then': then} if then else {})})}"
