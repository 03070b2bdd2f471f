"""Every visible text has its French and Spanish, with the same places, and what is shipped is what is kept."""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Iterator

import pytest
from babel.messages.mofile import write_mo
from flask import Flask

from graph.errors import did_you_mean
from graph.sentences import say
from web.i18n import LANGUAGES, day, month, retold, told
from web.i18n_update import ROOT, SOURCE_LANGUAGE, catalogue, catalogue_path, messages, problems
from web.typesetting import NARROW, NO_BREAK, typeset

TRANSLATED = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]

TERMS = {
    r"utilit(?:y|ies)": {"fr": "opérateur", "es": "operador"},
    r"mentees?": {"fr": "bénéficiaire", "es": "beneficiari"},
    r"partnerships?": {"fr": "partenariat", "es": "alianza"},
    r"proposals?": {"fr": "proposition", "es": "propuesta"},
    r"polic(?:y|ies)": {"fr": "politique", "es": "política"},
    r"goals?": {"fr": "objectif", "es": "objetivo"},
    r"facilitators?": {"fr": "facilitateur", "es": "facilitador"},
    r"staff-days": {"fr": "jours-agents", "es": "días de personal"},
    r"quality floor": {"fr": "seuil de qualité", "es": "umbral de calidad|mínim"},
}
"""Words that have one translation only, so that a reader meets one thing under one name."""

SAME = {
    "fr": """API Budget Conditions Distance Final Licences Mentor Mentors Menu Note Notes note Participants Pause Places
        Plan Programme Programmes Service Services Source Sources Stable Type Versions cascade continental mentor
        programme section session tropical""",
    "es": "API Final Idea Ideas Melanesia Mentor Micronesia No Plan Roles bytes continental idea mentor no "
    "polar provisional token tropical",
}
"""Single words that a language writes like English."""


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
    """What equals its English was forgotten, but for words that are the same, names, and templates of places only."""
    catalog = catalogue(language)
    same = [text for text in wanted if (found := catalog.get(text)) and found.string == text]
    words = {*SAME[language].split(), "WOP matcher", "Version {version}"}
    assert not [text for text in same if text not in words and re.search("[A-Za-z]", re.sub(r"{.*?}", "", text))]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_typeset(language: str) -> None:
    texts = list(_texts(language))
    assert [text for _, text in texts if typeset(language, text) != text] == []
    doubled = [
        text for english, text in texts if "  " in text or (text != text.strip(" ")) > (english != english.strip())
    ]
    assert doubled == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_places_stand_as_often_as_in_english(language: str) -> None:
    """A place told twice, or once less, is a slip even where the set of places is the same."""
    wrong = [(english, text) for english, text in _texts(language) if _places(english) != _places(text)]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_sentences_end_as_in_english(language: str) -> None:
    """A full stop missing or too much is seen at once in a list; a colon before a list is needed."""
    texts = [(english, text) for english, text in _texts(language) if not english.endswith(",")]
    assert [(english, text) for english, text in texts if _ending(english) != _ending(text)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_one_thing_has_one_name(language: str) -> None:
    other = []
    for english, text in _texts(language):
        words = re.sub(r"{\w+}|“[^”]*”", "", english)
        for term, names in TERMS.items():
            said = re.search(rf"\b{term}\b", words, re.IGNORECASE)
            if said and not re.search(names[language], text, re.IGNORECASE):
                other.append((said.group(), english, text))
    assert other == []


def test_punctuation_is_set_in_templates_by_the_language() -> None:
    """French has a space before a colon, so a template that writes one after a translated text is wrong in French."""
    after_a_value = re.compile(r"(?:}}|%}|</span>|</strong>|</a>|</b>)[:;?!](?:\s|</|{%)")
    templates = sorted((ROOT / "web" / "templates").glob("*.html"))
    assert [
        (path.name, found.group()) for path in templates for found in after_a_value.finditer(path.read_text())
    ] == []


def test_typesetting() -> None:
    said = "L'eau : 95 % de « {name} » ou «x»; 1 000 m3 (12:30, neo4j://hôte), vrai ?"
    n = NARROW
    assert typeset("fr", said) == (
        f"L’eau{n}: 95{n}% de «{n}{{name}}{n}» ou «{n}x{n}»; 1{n}000 m3 (12:30, neo4j://hôte), vrai{n}?"
    )
    assert typeset("es", "95 % de «x», {share}%") == f"95{NO_BREAK}% de «x», {{share}}{NO_BREAK}%"
    assert typeset("en", said) == said
    assert typeset("fr", typeset("fr", said)) == typeset("fr", said)


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


def test_days_and_months_are_told_in_the_readers_way(app: Flask) -> None:
    due = say("The answer was due by {deadline}.", deadline="2026-03-05")
    with app.test_request_context("/?lang=es"):
        assert "5 de marzo de 2026" in told(due)
        assert "5 de marzo de 2026" in told(say("{first} {second}", first=(due,), second=""))
        assert month("2027-03") == "marzo de 2027"
        assert "2024-12-31" in told(say("a date such as {example}", example="2024-12-31"))
    assert "2026-03-05" in str(due)
    with app.test_request_context("/?lang=fr"):
        assert (day("2027-01-01"), day("2027-01-11"), day("2027-02-02")) == (
            "1er janvier 2027",
            "11 janvier 2027",
            "2 février 2027",
        )


def test_names_that_are_near_are_quoted_as_the_reader_does(app: Flask) -> None:
    hint = did_you_mean("metring", ["metering", "leaks"])
    assert hint is not None
    assert str(hint) == "Did you mean “metering”?"
    n = NARROW
    for language, text in (("fr", f"Vouliez-vous dire «{n}metering{n}»{n}?"), ("es", "«metering»")):
        with app.test_request_context(f"/?lang={language}"):
            assert text in told(hint)


def _texts(language: str) -> Iterator[tuple[str, str]]:
    """Every message of a language: its English and its text."""
    for message in catalogue(language):
        if message.id:
            yield str(message.id), str(message.string)


def _places(text: str) -> list[str]:
    return sorted(re.findall(r"{\w+}", text))


def _ending(text: str) -> str:
    last = text.rstrip()[-1:]
    return last if last in ".:?…" else ""


def test_words_kept_in_the_store_are_retold(app: Flask) -> None:
    with app.test_request_context("/?lang=es"):
        assert retold("stated by Agua, S. A., 2026-03-05") == "declarado por Agua, S. A., 5 de marzo de 2026"
        assert retold("annual report 2025") == "annual report 2025"


def test_spanish_and_before_the_sound_i(app: Flask) -> None:
    with app.test_request_context("/?lang=es"):
        for mentee, said in (
            ("Indah", "VEI e Indah"),
            ("Hidro", "VEI e Hidro"),
            ("Hierro", "VEI y Hierro"),
            ("A", "VEI y A"),
        ):
            assert told(say("{mentor} and {mentee}", mentor="VEI", mentee=mentee)) == said
    with app.test_request_context("/?lang=en"):
        assert told(say("{mentor} and {mentee}", mentor="VEI", mentee="Indah")) == "VEI and Indah"
