"""Following links and buttons in a real browser."""

from __future__ import annotations

from typing import Any


def follow(locator: Any) -> None:
    """Click what leads to another page, and wait until that page has loaded.

    A click alone ends once the next page has begun: what is asked right after it may be asked of half a page, or of
    the old one.
    """
    with locator.page.expect_navigation():
        locator.click()
