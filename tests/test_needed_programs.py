"""A missing server is a skip on a laptop and a failure in the gate."""

from __future__ import annotations

import pytest
from needed_programs import needed_program


def test_a_program_is_found_by_its_name() -> None:
    assert needed_program("sh", "dash").endswith("/sh")


def test_a_missing_program_skips_and_where_required_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WOP_REQUIRE_SERVERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install no-such-package"):
        needed_program("no-such-program", "no-such-package")
    monkeypatch.setenv("WOP_REQUIRE_SERVERS", "1")
    with pytest.raises(pytest.fail.Exception, match="no-such-program was not found"):
        needed_program("no-such-program", "no-such-package")
