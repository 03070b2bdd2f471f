"""Every visible text has its French and Spanish, with the same places, and what is shipped is what is kept."""

from __future__ import annotations

import gettext
import io

import pytest
from babel.messages.mofile import write_mo

from web.i18n import LANGUAGES
from web.i18n_update import SOURCE_LANGUAGE, catalogue, catalogue_path, messages, places, problems

TRANSLATED = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]


@pytest.fixture(scope="module")
def wanted() -> dict[str, list[str]]:
    return messages()


def test_messages_come_from_everywhere(wanted: dict[str, list[str]]) -> None:
    sources = {path.split("/")[0] for paths in wanted.values() for path in paths}
    assert sources == {"graph", "matcher", "web", "fixtures"}
    assert "web/templates/overview.html" in {path for paths in wanted.values() for path in paths}
    assert "Leak detection" in wanted
    assert "Eastern Africa" in wanted
    assert "There is no {what} called “{name}”." in wanted


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_language_is_complete(language: str, wanted: dict[str, list[str]]) -> None:
    wrong = problems(catalogue(language), wanted)
    assert not wrong, "run python -m web.i18n_update and translate:\n" + "\n".join(wrong)


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_the_kept_one(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    with catalogue_path(language).with_suffix(".mo").open("rb") as file:
        shipped = gettext.GNUTranslations(file)
    compiled.seek(0)
    assert shipped._catalog == gettext.GNUTranslations(compiled)._catalog  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_text_was_left_in_english_by_accident(language: str, wanted: dict[str, list[str]]) -> None:
    """A long sentence that equals its English was forgotten."""
    catalog = catalogue(language)
    same = [text for text in wanted if len(text) > 25 and (found := catalog.get(text)) and found.string == text]
    assert not [text for text in same if places(text) == set() or len(text) > 40], same


def test_a_mistake_is_found(wanted: dict[str, list[str]]) -> None:
    catalog = catalogue(TRANSLATED[0])
    found = catalog.get("{first} to {last} of {total}")
    assert found is not None
    found.string = "{first} à {dernier} sur {total}"
    catalog.add("left over from before", "reste")
    wrong = problems(catalog, {**wanted, "new and not translated": ["web/app.py"]})
    assert any(problem.startswith("other places: {first}") for problem in wrong)
    assert "left over: left over from before" in wrong
    assert "missing: new and not translated" in wrong
