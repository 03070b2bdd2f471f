"""Sentences kept as words are found again; other people's words never are."""

from __future__ import annotations

from graph.kept_words import AGREED, KEPT, STATED, STATED_FOR, reread
from graph.sentences import Sentence


def test_what_was_kept_is_read_again() -> None:
    for template, values in (
        (STATED, {"utility": "Agua, S. A.", "day": "2026-03-05"}),
        (STATED_FOR, {"utility": "Water for All", "who": "Ana by Ben, 2025-01-01", "day": "2026-03-05"}),
        (AGREED, {"title": "Spring (2026)", "on": "2026-12-31"}),
    ):
        sentence = Sentence(template.template, values)
        found = reread(str(sentence))
        assert found is not None
        assert (found.template, str(found), found.values) == (template.template, str(sentence), values)
    assert len(KEPT) == 3


def test_other_words_stay_words() -> None:
    for text in (
        "",
        "stated by us",
        "stated by us, soon",
        "As stated by us, 2026-03-05",
        "https://example.org/2026-03-05",
    ):
        assert reread(text) is None
