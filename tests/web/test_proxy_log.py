"""What the proxy that is shipped writes down: nothing that lets somebody in."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from serving import free_port, proxied

KEY = "the-key-of-a-link-that-signs-in"


def test_no_key_is_in_the_log_of_errors(tmp_path: Path) -> None:
    """With no host to pass a request on to, nginx writes its address down; a key in it would be good for two weeks."""
    with proxied([f"http://127.0.0.1:{free_port()}"], tmp_path) as front:
        tls = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
        for address in ("sign-in?key=", "sign-in/return?code=", "api/v1/sign-in?key=", "?q="):
            with pytest.raises(urllib.error.HTTPError, match="502") as told:
                urllib.request.urlopen(f"{front}/{address}{KEY}", timeout=30, context=tls)
            told.value.close()
    lines = [line for line in (tmp_path / "nginx.log").read_text().splitlines() if KEY in line]
    assert lines, "other failures are written down"
    assert all(f"/?q={KEY}" in line for line in lines)
