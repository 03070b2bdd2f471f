"""Keep the catalogues complete: ``python -m web.i18n_update`` extracts, merges, compiles and lists what is missing.

Messages are the templates given to ``say("...")`` in the three packages and to ``_("...")`` in page templates,
and the English names in the reference tables and ready policies. Run it from a checkout after changing any of
them, translate what it lists, and run it again; it ends with exit code 1 while something is missing.
"""

from __future__ import annotations

import csv
import string
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from web.i18n import LANGUAGES
from web.typesetting import typeset

ROOT = Path(__file__).parent.parent
TRANSLATIONS = Path(__file__).parent / "translations"
SOURCE_LANGUAGE = "en"
NAMES = (
    ("fixtures/taxonomy/capabilities.csv", ("name", "definition")),
    ("fixtures/taxonomy/groups.csv", ("name",)),
    ("fixtures/countries/regions.csv", ("id",)),
    ("fixtures/countries/sdg_regions.csv", ("sdg_region",)),
    ("fixtures/countries/metrics.csv", ("name", "unit")),
)
"""Reference tables with the columns whose texts are shown."""
A_FIXED_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # so that the same messages give the same bytes


def messages() -> dict[str, list[str]]:
    """Every message with the files it comes from, in the order of its text."""
    found: dict[str, set[str]] = {}
    for path, text in _all_texts():
        if text:
            found.setdefault(text, set()).add(path.as_posix())
    return {text: sorted(found[text]) for text in sorted(found)}


def catalogue(language: str) -> Catalog:
    """The catalogue of a language as it is kept; empty where there is none."""
    path = catalogue_path(language)
    if not path.is_file():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def catalogue_path(language: str) -> Path:
    """Where the catalogue of a language is kept."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def problems(catalog: Catalog, wanted: dict[str, list[str]]) -> list[str]:
    """What is wrong with a catalogue: messages missing, doubtful, left over, or with other places than the English."""
    found = []
    for text in wanted:
        message = catalog.get(text)
        translated = message.string if message is not None and isinstance(message.string, str) else ""
        if not translated:
            found.append(f"missing: {text}")
        elif message is not None and message.fuzzy:
            found.append(f"doubtful: {text}")
        elif places(text) != places(translated):
            found.append(f"other places: {text} | {translated}")
    return found + [f"left over: {message.id}" for message in catalog if message.id and message.id not in wanted]


def places(template: str) -> set[str]:
    """The named places of a template."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def merge(language: str, wanted: dict[str, list[str]]) -> Catalog:
    """The catalogue of a language with exactly the messages wanted; translations that exist are kept, typeset."""
    kept = catalogue(language)
    merged = Catalog(
        locale=language,
        project="WOP matcher",
        version="1",
        msgid_bugs_address="the project's issues",
        header_comment=f"# {LANGUAGES[language]}: translations of the WOP matcher.",
        creation_date=A_FIXED_DAY,
        revision_date=A_FIXED_DAY,
        last_translator="the project",
        language_team="the project",
        fuzzy=False,
    )
    for text, paths in wanted.items():
        before = kept.get(text)
        translated = typeset(language, str(before.string)) if before else ""
        added = merged.add(text, translated, locations=[(path, 1) for path in paths])
        _plain(added)
    return merged


def write(language: str, catalog: Catalog) -> None:
    """Write a catalogue as it is kept (.po) and as it is used (.mo)."""
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=110, include_lineno=False, sort_output=True)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalog)


def main() -> int:
    """Update all catalogues; the exit code tells whether they are complete."""
    wanted = messages()
    incomplete = 0
    for language in LANGUAGES:
        if language == SOURCE_LANGUAGE:
            continue
        catalog = merge(language, wanted)
        write(language, catalog)
        for problem in problems(catalog, wanted):
            print(f"{language}: {problem}")
            incomplete = 1
    print(f"{len(wanted)} messages")
    return incomplete


def _all_texts() -> Iterator[tuple[Path, str]]:
    for package in ("graph", "matcher", "web"):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield from _extracted("python", path, "say")
    for path in sorted(each for kind in ("*.html", "*.txt") for each in (ROOT / "web" / "templates").rglob(kind)):
        yield from _extracted("jinja2", path, "_")
    for name, columns in NAMES:
        path = Path(name)
        with (ROOT / path).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield from ((path, row[column]) for column in columns)
    for path in sorted((ROOT / "matcher" / "policies").glob("*.toml")):
        policy = tomllib.loads(path.read_text("utf-8"))
        yield from ((path.relative_to(ROOT), policy[key]) for key in ("name", "description"))


def _extracted(method: str, path: Path, keyword: str) -> Iterator[tuple[Path, str]]:
    options = {"silent": "false", "trimmed": "false"} if method == "jinja2" else None
    name = "jinja2.ext:babel_extract" if method == "jinja2" else method
    for _, text, _, _ in extract_from_file(name, path, {keyword: None}, options=options):
        assert isinstance(text, str)  # noqa: S101 - neither keyword takes a plural
        yield path.relative_to(ROOT), text


def _plain(message: Message) -> None:
    """Templates have ``{places}``; a percent sign in one is only a percent sign."""
    message.flags.difference_update({"python-format", "python-brace-format"})


if __name__ == "__main__":
    sys.exit(main())
