from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from graph.cells import (
    Refused,
    cell_text,
    clean,
    decimal_marks,
    parts,
    read_date,
    read_flag,
    read_integer,
    read_language,
    read_number,
    read_text,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12,5", 12.5),
        ("12.5", 12.5),
        ("1 234,5", 1234.5),
        ("1.234,56", 1234.56),
        ("1,234.5", 1234.5),
        ("1,234,567", 1_234_567),
        ("1'234", 1234),
        ("0,125", 0.125),
        ("35 %", 35),
        ("−3", -3),
        ("3,05E+07", 3.05e7),
        (".5", 0.5),
        ("1.234", 1.234),
    ],
)
def test_numbers(text: str, value: float) -> None:
    assert read_number(text) == value


@pytest.mark.parametrize("text", ["abc", "1,234", "12 34", "nan", "inf", "n/a", "1e999", "--1", "%", "5.5.5", "1,2,3"])
def test_no_numbers(text: str) -> None:
    with pytest.raises(Refused):
        read_number(text)


def test_the_column_decides_what_a_comma_means() -> None:
    assert decimal_marks(["12,5", "1,234"]) == {","}
    assert read_number("1,234", marks=frozenset({","})) == 1.234
    assert decimal_marks(["1,234.5", "1,234"]) == {"."}
    assert read_number("1,234", marks=frozenset({"."})) == 1234
    assert read_integer("1,234") == 1234


@given(some.floats(-1e12, 1e12) | some.integers(-(10**12), 10**12))
def test_numbers_written_are_read_back(value: float) -> None:
    assert read_number(cell_text(value)) == value


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-05-31", "2024-05-31"),
        ("2024-05-31 00:00:00", "2024-05-31"),
        ("2024/5/1", "2024-05-01"),
        ("31/05/2024", "2024-05-31"),
        ("05/31/2024", "2024-05-31"),
        ("3.4.2024", "2024-04-03"),
        ("45443", "2024-05-31"),
    ],
)
def test_dates(text: str, day: str) -> None:
    assert read_date(text) == day


@pytest.mark.parametrize("text", ["03/04/2024", "2024", "2024-02-30", "1066-10-14", "soon", "99999"])
def test_no_dates(text: str) -> None:
    with pytest.raises(Refused):
        read_date(text)


def test_yes_and_no_in_three_languages() -> None:
    assert all(map(read_flag, ("yes", "Oui", "sí", "VRAI", "true", "1")))
    assert not any(map(read_flag, ("no", "Non", "faux", "0")))
    with pytest.raises(Refused):
        read_flag("maybe")


def test_languages_by_code_and_name() -> None:
    assert [read_language(text) for text in ("FR", "Français", "inglés", "Swahili")] == ["fr", "fr", "en", "sw"]
    with pytest.raises(Refused) as caught:
        read_language("Frnch")
    assert "french" in str(caught.value.hint())


def test_spaces_and_invisible_marks_go() -> None:
    assert clean("\ufeff One\u00a0Two\u200b ") == "One Two"
    assert parts(" a ;; b; a") == ["a", "b"]


def test_damaged_text_is_refused() -> None:
    for text in ("a\x00b", "x" * 20_001):
        with pytest.raises(Refused):
            read_text(text)


@given(some.text(max_size=20))
def test_no_text_written_can_run_as_a_formula_and_all_are_read_back(text: str) -> None:
    plain = clean(clean(text))
    written = cell_text(plain)
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert clean(written) == clean(cell_text(clean(written)))
