"""Bad and odd files, as they really come, and what the importer says about them."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from graph.errors import ImportProblem, ImportProblems, TooLarge
from graph.ingest import ImportLimits, ImportReport, import_paths
from graph.store import Counts, Store

FILES = Path(__file__).parent.parent / "files"


def names(store: Store) -> dict[str, str]:
    with store.read() as reader:
        nodes = reader.nodes("Utility")
    return dict(zip(nodes["id"], nodes["name"], strict=True))


def problems_of(store: Store, *paths: Path) -> tuple[ImportProblem, ...]:
    before = store.revision()
    with pytest.raises(ImportProblems) as caught:
        import_paths(store, paths)
    assert store.revision() == before
    return caught.value.problems


def write_csv(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def write_xlsx(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(at, column, cell, day)
                    else:
                        sheet.write(at, column, cell)
    return path


@pytest.mark.parametrize("folder", ["utf8_mark", "windows_1252", "utf16"])
def test_every_encoding_gives_the_same_names(store: Store, folder: str) -> None:
    report = import_paths(store, [FILES / folder])
    assert names(store) == {"A1": "Régie des eaux de Sète", "A2": "Águas de São Tomé"}
    assert any("Windows-1252" in str(note) for note in report.notes) == (folder == "windows_1252")


def test_semicolons_with_decimal_commas(store: Store) -> None:
    import_paths(store, [FILES / "semicolon"])
    with store.read() as reader:
        nodes = reader.nodes("Utility")
    assert (nodes["latitude"], nodes["longitude"]) == ([50.94], [6.96])


def test_tabs(store: Store) -> None:
    import_paths(store, [FILES / "tab" / "utilities.csv"])
    assert names(store) == {"A1": "Stadtwerke, Kiel"}


def test_names_in_any_script_and_over_two_lines(store: Store) -> None:
    import_paths(store, [FILES / "any_script"])
    assert names(store)["A1"] == "Водоканал Полтава"
    assert names(store)["A3"] == "شركة مياه الأردن"
    assert names(store)["A5"] == "Line one\nline two"
    assert names(store)["A6"] == "💧 Water"


def test_stray_spaces_and_blank_rows(store: Store) -> None:
    import_paths(store, [FILES / "spaces"])
    assert names(store) == {"A1": "One Two"}


def test_every_problem_at_once_with_its_place(store: Store) -> None:
    found = problems_of(store, FILES / "bad_rows")
    places = {(problem.file, problem.row, problem.column) for problem in found}
    assert places == {
        ("offers.csv", 2, "capability"),
        ("offers.csv", 2, "level"),
        ("offers.csv", 2, "staff_days"),
        ("offers.csv", 3, "staff_days"),
        ("offers.csv", 3, "year"),
        ("offers.csv", 4, "utility"),
        ("offers.csv", 5, "utility"),
        ("utilities.csv", 2, "latitude"),
        ("utilities.csv", 3, "mentor_places"),
        ("utilities.csv", 3, "id"),
        ("utilities.csv", 4, "country"),
        ("utilities.csv", 4, "mentor_places"),
        ("utilities.csv", 4, "mentors_wanted"),
        ("utilities.csv", 5, "id"),
    }
    by_place = {(problem.file, problem.row, problem.column): problem for problem in found}
    assert "non_revenue_water" in str(by_place["offers.csv", 2, "capability"].hint)
    assert by_place["offers.csv", 2, "capability"].value == "non_revenue_watr"
    assert "Kenya" in str(by_place["utilities.csv", 4, "country"].hint)
    assert "from 1 to 5" in str(by_place["offers.csv", 2, "level"].message)
    assert "1900" in str(by_place["offers.csv", 3, "year"].message)
    assert "row 2" in str(by_place["utilities.csv", 3, "id"].message)
    assert "row 3" in str(by_place["offers.csv", 5, "utility"].message)


def test_a_problem_names_the_heading_the_file_has(store: Store, tmp_path: Path) -> None:
    (tmp_path / "utilities.csv").write_text("id,Nom,Pays\nA1,Une,Frnace\n", encoding="utf-8")
    (problem,) = problems_of(store, tmp_path)
    assert (problem.row, problem.column, problem.value) == (2, "Pays", "Frnace")


def test_a_heading_twice_missing_and_unknown(store: Store) -> None:
    found = problems_of(store, FILES / "headings_twice")
    assert [problem.row for problem in found] == [1, 1, 1]
    assert "columns 2 and 3" in str(found[0].message)
    assert found[1].value == "contry"
    assert "country" in str(found[1].hint)
    assert found[2].column == "country"


def test_a_file_of_unknown_name(store: Store) -> None:
    (found,) = problems_of(store, FILES / "unknown_name")
    assert "utilities" in str(found.hint)
    assert "observations" in str(found.hint)


def test_an_empty_file(store: Store) -> None:
    (found,) = problems_of(store, FILES / "empty")
    assert "id, name, country" in str(found.hint)


def test_uneven_rows_but_not_trailing_separators(store: Store) -> None:
    found = problems_of(store, FILES / "ragged")
    assert [problem.row for problem in found] == [2, 3]


def test_broken_quotation_marks(store: Store) -> None:
    (found,) = problems_of(store, FILES / "broken_quotes")
    assert "broken" in str(found.message)


def test_a_path_that_is_not_there(store: Store) -> None:
    (found,) = problems_of(store, FILES / "tabb")
    assert "tab" in str(found.hint)


@pytest.mark.parametrize(
    ("name", "words"),
    [("password.xlsx", "password"), ("corrupt.xlsx", "damaged"), ("not_a_workbook.xlsx", "no XLSX workbook")],
)
def test_workbooks_that_cannot_be_read(store: Store, name: str, words: str) -> None:
    (found,) = problems_of(store, FILES / name)
    assert words in str(found.message)


def test_a_workbook_with_dates_numbers_and_percents(store: Store, tmp_path: Path) -> None:
    path = write_xlsx(
        tmp_path / "all.xlsx",
        {
            "Utilities": [
                ["id", "name", "country", "charter_signed_on", "latitude", "mentor_places"],
                ["A1", "One", "Kenya", date(2024, 5, 31), -1.25, 2],
                ["A2", "Two", "KEN", 45443, "3,5", "2"],
            ],
            "Sheet2": [],
        },
    )
    import_paths(store, [path])
    with store.read() as reader:
        nodes = reader.nodes("Utility")
    assert nodes["charter_signed_on"] == ["2024-05-31", "2024-05-31"]
    assert nodes["latitude"] == [-1.25, 3.5]
    assert nodes["mentor_places"] == [2, 2]


def test_a_percent_format_means_percent(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "all.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("utilities").write_row(0, 0, ["id", "name", "country"])
        book.sheetnames["utilities"].write_row(1, 0, ["A1", "One", "KEN"])
        sheet = book.add_worksheet("observations")
        sheet.write_row(0, 0, ["utility_id", "metric", "value", "year"])
        sheet.write_row(1, 0, ["A1", "nrw_percent"])
        sheet.write_number(1, 2, 0.35, book.add_format({"num_format": "0.0%"}))
        sheet.write_number(1, 3, 2023)
    import_paths(store, [path])
    with store.read() as reader:
        assert reader.edges("OBSERVED")["value"] == [35.0]


def test_formulas_give_their_saved_value_or_a_problem(store: Store, tmp_path: Path) -> None:
    def book_with(value: object) -> Path:
        path = tmp_path / "utilities.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet("utilities")
            sheet.write_row(0, 0, ["id", "name", "country", "mentor_places"])
            sheet.write_row(1, 0, ["A1", "One", "KEN"])
            sheet.write_formula(1, 3, "=1+1", None, value)
        return path

    import openpyxl

    import_paths(store, [book_with(2)])
    with store.read() as reader:
        assert reader.nodes("Utility")["mentor_places"] == [2]
    (found,) = problems_of(store, book_with("#DIV/0!"))
    assert (found.sheet, found.row, found.column, found.value) == ("utilities", 2, "D", "#DIV/0!")
    book = openpyxl.load_workbook(book_with(2))  # openpyxl saves formulas without their values
    book.save(tmp_path / "utilities.xlsx")
    (found,) = problems_of(store, tmp_path / "utilities.xlsx")
    assert "formula" in str(found.message)
    assert (found.row, found.column) == (2, "D")


def test_one_sheet_of_any_name_in_a_workbook_named_like_a_table(store: Store, tmp_path: Path) -> None:
    import_paths(
        store, [write_xlsx(tmp_path / "utilities.xlsx", {"Sheet1": [["id", "name", "country"], ["A1", "One", "KEN"]]})]
    )
    assert names(store) == {"A1": "One"}


def test_an_unknown_sheet(store: Store, tmp_path: Path) -> None:
    rows: list[list[object]] = [["id", "name", "country"], ["A1", "One", "KEN"]]
    (found,) = problems_of(store, write_xlsx(tmp_path / "a.xlsx", {"utilities": rows, "oferts": rows}))
    assert found.sheet == "oferts"
    assert "offers" in str(found.hint)


def test_a_zip_bomb_is_not_unpacked(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "utilities.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as part:
        for _ in range(64):
            part.write(bytes(1 << 20))
    limits = ImportLimits(uncompressed_bytes=50 << 20)
    with pytest.raises(TooLarge) as caught:
        import_paths(store, [path], limits=limits)
    assert "uncompressed_bytes" in str(caught.value)


def test_a_zip_bomb_that_lies_about_its_size(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "utilities.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(1 << 22))
    content = path.read_bytes()
    path.write_bytes(content.replace((1 << 22).to_bytes(4, "little"), (100).to_bytes(4, "little")))
    (found,) = problems_of(store, path)
    assert "damaged" in str(found.message)


def test_a_lone_far_cell_does_not_fill_the_memory(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "utilities.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("utilities")
        sheet.write_row(0, 0, ["id", "name", "country"])
        sheet.write(1_048_575, 16_383, "far")
    with pytest.raises(TooLarge) as caught:
        import_paths(store, [path])
    assert "columns" in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("rows", "id,name,country\n" + "".join(f"A{at},N,KEN\n" for at in range(20))),
        ("columns", "id,name,country" + "," * 30),
        ("file_bytes", "id,name,country\n"),
    ],
)
def test_each_limit_names_its_setting(store: Store, tmp_path: Path, setting: str, text: str) -> None:
    path = write_csv(tmp_path / "upload", "utilities.csv", text)
    with pytest.raises(TooLarge) as caught:
        import_paths(store, [path], limits=ImportLimits(**{setting: 10}))
    assert f"the setting {setting} allows 10" in str(caught.value)


def test_a_hundred_thousand_rows(store: Store, tmp_path: Path) -> None:
    rows = "".join(f"W{at},Waterworks {at},KEN\n" for at in range(100_000))
    path = write_csv(tmp_path / "upload", "utilities.csv", "id,name,country\n" + rows)
    assert import_paths(store, [path]).counts == {"utilities": Counts(100_000, 0, 0)}


def test_a_hundred_thousand_problems_are_counted_and_a_thousand_listed(store: Store, tmp_path: Path) -> None:
    rows = "".join(f"W{at},Waterworks {at},KE{at}\n" for at in range(100_000))
    path = write_csv(tmp_path / "upload", "utilities.csv", "id,name,country\n" + rows)
    with pytest.raises(ImportProblems) as caught:
        import_paths(store, [path])
    assert caught.value.count == 100_000
    assert len(caught.value.problems) == 1_000
    assert "99,000 more" in str(caught.value)
    assert store.revision() == 0


def test_no_cascade_from_a_table_that_could_not_be_read(store: Store, tmp_path: Path) -> None:
    write_csv(tmp_path / "upload", "utilities.csv", "id,nam\nA1,One\n")
    write_csv(tmp_path / "upload", "offers.csv", "utility,capability\nA1,metering\n")
    assert {problem.file for problem in problems_of(store, tmp_path / "upload")} == {"utilities.csv"}


def test_a_report_reads_well(store: Store) -> None:
    first: ImportReport = import_paths(store, [FILES / "tab"])
    assert [str(line) for line in first.sentences()] == ["utilities: 1 created, 0 updated, 0 unchanged."]
    assert first.changed
    again = import_paths(store, [FILES / "tab"])
    assert "Nothing changed" in str(again.sentences()[1])
    assert again.to_json()["changed"] is False
