"""The reader's language: which one, and how sentences, numbers, dates and countries look in it.

Templates of sentences are the message ids of the catalogues in ``web/translations``; ``web.i18n_update`` keeps
those complete. Chosen by ``?lang=``, else the cookie of an earlier choice, else what the browser accepts, else
the setting ``WOP_LANGUAGE``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, get_args

from babel import Locale
from babel.core import get_global
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_decimal, format_percent
from flask import Flask, Response, request
from flask_babel import Babel, get_locale, get_translations

from graph.kept_words import reread
from graph.reference import countries as reference_countries
from graph.sentences import Sentence, Value, render
from web.settings import Language, Settings

LANGUAGES: Mapping[str, str] = {code: str(Locale(code).get_display_name(code)) for code in get_args(Language)}
"""Language code to the language's own name."""

COOKIE = "lang"
A_YEAR = 365 * 24 * 3600
UNKNOWN = "–"
DAYS = frozenset({"day", "deadline", "on", "start", "end"})
"""Places of sentences that hold a day, as an ISO date."""
_FIRST = re.compile(r"^1(?=\s)")
_AND_BEFORE_I = re.compile(r"\by (?=[IiÍí](?![aeoáéó])|[Hh][ií](?![aeoáéó]))")
"""Spanish "y" before the sound i, where it is written "e": «Manila Water e Indah Water»."""
A_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def init_languages(app: Flask, settings: Settings) -> None:
    """Give an application its languages: locale choice, template helpers and the cookie that remembers a choice."""
    Babel(
        app, default_locale=settings.language, locale_selector=lambda: choose_language(settings), configure_jinja=False
    )
    app.jinja_env.globals.update(_=tell, locale=get_locale, LANGUAGES=LANGUAGES, country_name=country_name)
    app.jinja_env.filters.update(
        told=told,
        retold=retold,
        named=named,
        number=number,
        percent=percent,
        day=day,
        month=month,
        instant=instant,
        tongue=tongue,
        points=points,
    )
    app.after_request(_remember)


def choose_language(settings: Settings) -> str:
    """The language of this request; one we do not have is never chosen (pages refuse such a ``?lang=``)."""
    for chosen in (request.args.get(COOKIE, ""), request.cookies.get(COOKIE, "")):
        if chosen in LANGUAGES:
            return chosen
    return request.accept_languages.best_match(list(LANGUAGES)) or settings.language


def translate(template: str) -> str:
    """A template in the reader's language.

    What the catalogue does not have may be the English name of a country or language: those the Unicode CLDR
    knows in every language. Anything else stays as it is.
    """
    if not template:
        return ""
    translated = str(get_translations().ugettext(template))
    if translated != template or get_locale().language == "en":
        return translated
    kind, code = _cldr_codes().get(template, ("", ""))
    return str(getattr(get_locale(), kind).get(code, template)) if kind else template


@cache
def _cldr_codes() -> Mapping[str, tuple[str, str]]:
    """The English names of languages and countries, those of the reference tables too, with kind and CLDR code."""
    english = Locale("en")
    languages = {str(name): ("languages", str(code)) for code, name in english.languages.items()}
    countries = {str(name): ("territories", str(code)) for code, name in english.territories.items()}
    ours = {country.name: ("territories", _territory(country.id)) for country in reference_countries()}
    return {**languages, **countries, **ours}


def number(value: float | int | None, digits: int = 2) -> str:
    """A number as the reader writes it, with at most ``digits`` decimals; a dash where it is unknown."""
    if value is None:
        return UNKNOWN
    pattern = "#,##0" if isinstance(value, int) or digits == 0 else "#,##0." + "#" * digits
    return format_decimal(value, format=pattern, locale=get_locale())


def percent(share: float | None, digits: int = 0) -> str:
    """A share of 1 as a percentage in the reader's way; a dash where it is unknown."""
    if share is None:
        return UNKNOWN
    locale = get_locale()
    pattern = locale.percent_formats[None].pattern.replace("#,##0", "#,##0" + ("." + "0" * digits if digits else ""))
    return format_percent(share, format=pattern, locale=locale)


def points(share: float | None) -> str:
    """A fit in 0..1 as the whole number out of 100 that pages show; a dash where it is unknown."""
    return UNKNOWN if share is None else number(int(share * 100 + 0.5))


def day(iso: str | None) -> str:
    """An ISO date (or the date part of an ISO time) in the reader's way; a dash where it is unknown."""
    return _first(format_date(date.fromisoformat(iso[:10]), format="long", locale=get_locale())) if iso else UNKNOWN


def month(iso: str | None) -> str:
    """An ISO month in the reader's way, such as March 2027; a dash where it is unknown."""
    return format_skeleton("yMMMM", date.fromisoformat(f"{iso[:7]}-01"), locale=get_locale()) if iso else UNKNOWN


def instant(iso: str | None) -> str:
    """An ISO time in UTC in the reader's way, said to be UTC; a dash where it is unknown."""
    if not iso:
        return UNKNOWN
    moment = datetime.fromisoformat(iso).astimezone(UTC).replace(tzinfo=None)
    return f"{_first(format_datetime(moment, format='medium', locale=get_locale()))} UTC"


def tell(template: str, **values: Value) -> str:
    """What templates call ``_``: a literal English template with its values, in the reader's language."""
    return told(Sentence(template, values))


def told(sentence: Sentence | Mapping[str, Any] | None) -> str:
    """A sentence, or the JSON form of one, in the reader's language."""
    if sentence is None:
        return ""
    if not isinstance(sentence, Sentence):
        sentence = Sentence.from_json(sentence)
    text = render(_dated(sentence), translate, number)
    return _AND_BEFORE_I.sub("e ", text) if get_locale().language == "es" else text


def _dated(sentence: Sentence) -> Sentence:
    """The sentence with the dates it tells in the reader's way; an example of how to write one stays as it is."""
    return Sentence(sentence.template, {name: _dated_value(name, value) for name, value in sentence.values.items()})


def _dated_value(name: str, value: Value) -> Value:
    if isinstance(value, Sentence):
        return _dated(value)
    if isinstance(value, tuple):
        return tuple(_dated_value(name, part) for part in value)
    if name in DAYS and isinstance(value, str) and A_DAY.fullmatch(value):
        return day(value)
    return value


def retold(text: str) -> str:
    """A text of the store in the reader's language where it is a sentence of ours, else as it is."""
    sentence = reread(text)
    return text if sentence is None else told(sentence)


def named(name: str | None) -> str:
    """The English name of a capability, group, region, metric or rule, in the reader's language."""
    return translate(name) if name else UNKNOWN


def tongue(code: str) -> str:
    """The name of a language from its ISO 639 code; the code itself where it is not known."""
    return str(get_locale().languages.get(code, code))


def country_name(code: str, otherwise: str = "") -> str:
    """The name of a country from its alpha-3 code; ``otherwise`` (or the code) where it is not known."""
    return str(get_locale().territories.get(_territory(code), otherwise or code))


def _first(written: str) -> str:
    """A date as its language has it: French counts the first of a month (1er), which the CLDR does not know."""
    return _FIRST.sub("1er", written) if get_locale().language == "fr" else written


def _territory(code: str) -> str:
    """The CLDR code of a country from its alpha-3 code; empty where there is none."""
    return "XK" if code == "XKX" else str(get_global("territory_aliases").get(code, [""])[0])


def _remember(response: Response) -> Response:
    chosen = request.args.get(COOKIE, "")
    if chosen in LANGUAGES and chosen != request.cookies.get(COOKIE):
        response.set_cookie(COOKIE, chosen, max_age=A_YEAR, samesite="Lax", httponly=True, secure=request.is_secure)
    return response
