"""Another system's CSV is read row by row; what cannot be read is told with its line."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.load import load
from ingestion.observations import FileContent, Place
from ingestion.readers import read
from ingestion.readers.csvfile import COLUMNS, OF_A_NAME

CATALOGUE = load()
FILES = Path(__file__).resolve().parents[1] / "fixtures" / "csv"
HEADER = ",".join(column for column in COLUMNS if column not in OF_A_NAME)
START = "410100,,2021,vol_person_registered_count,own"


def read_file(name: str) -> FileContent:
    return read(f"{name}.csv", (FILES / f"{name}.csv").read_bytes(), CATALOGUE)


def read_rows(*rows: str) -> FileContent:
    return read("figures.csv", "\n".join([HEADER, *rows]).encode(), CATALOGUE)


def codes(content: FileContent) -> list[str]:
    return [problem.code for problem in content.problems]


@pytest.mark.parametrize("name", ["every_column_used", "only_the_required_columns", "byte_order_mark", "gb18030"])
def test_a_row_is_a_reading_whatever_the_encoding_and_the_optional_columns(name: str) -> None:
    content = read_file(name)
    assert content.problems == []
    (reading,) = content.readings
    assert reading[:7] == ("410100", "", "2021", "vol_person_registered_count", "own", "", "number")
    assert (reading.value, reading.low, reading.high) == (Decimal(1200), Decimal(1200), Decimal(1200))
    assert (reading.raw, reading.place) == ("1200", Place(line=2))
    assert content.filed == [("410100", "popularisation", "2021")]


@pytest.mark.parametrize("name", ["every_column_used", "gb18030"])
def test_a_note_is_kept(name: str) -> None:
    assert read_file(name).readings[0].note == "年末在册"


@pytest.mark.parametrize(
    ("name", "code", "line", "details"),
    [
        ("bytes_of_no_encoding", "CSV_ENCODING", 3, {"line": "3"}),
        ("utf16", "CSV_ENCODING", 1, {"line": "1"}),
        ("separated_by_tabs", "CSV_DELIMITER", 1, {"delimiter": "制表符"}),
        ("separated_by_semicolons", "CSV_DELIMITER", 1, {"delimiter": "英文分号（;）"}),
        ("column_missing", "CSV_COLUMN_MISSING", 1, {"columns": "scope"}),
        ("column_unknown", "CSV_COLUMN_UNKNOWN", 1, {"column": "remark", "columns": ",".join(COLUMNS)}),
        ("column_repeated", "CSV_COLUMN_REPEATED", 1, {"column": "value"}),
        ("header_only", "CSV_NO_ROWS", None, {}),
        ("field_too_many", "CSV_FIELD_COUNT", 2, {"found": "7", "expected": "6"}),
        ("quote_unclosed", "CSV_QUOTE_UNCLOSED", 3, {}),
        ("unit_code_blank", "FIELD_BLANK", 2, {"column": "unit_code", "example": "410100"}),
        ("period_unreadable_in_a_blank_row", "PERIOD_UNREADABLE", 2, {"period": "2021年"}),
        ("state_unknown", "STATE_UNKNOWN", 2, {"state": "none"}),
        (
            "state_with_number",
            "STATE_WITH_NUMBER",
            2,
            {"indicator_name": "注册科技志愿者数", "state_label": "无此项", "raw": "12"},
        ),
        ("empty", "FILE_EMPTY", None, {}),
    ],
)
def test_a_defect_is_told_with_its_line(name: str, code: str, line: int | None, details: dict[str, str]) -> None:
    content = read_file(name)
    (problem,) = content.problems
    assert (problem.code, problem.place) == (code, Place(line=line))
    assert problem.details.items() >= details.items()
    assert content.kind == "csv"
    assert (content.readings, content.filed) == ([], [])


def test_every_file_among_the_fixtures_is_read_by_a_test() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    assert [path.stem for path in FILES.iterdir() if f'"{path.stem}"' not in here] == []


def test_lines_are_counted_through_quoted_and_blank_lines() -> None:
    first, second = read_file("note_over_two_lines_then_unreadable_value").readings
    assert (first.place, first.note) == (Place(line=2), "first\nsecond")
    assert (second.place, second.state, second.raw) == (Place(line=6), "unreadable", "many")


@pytest.mark.parametrize(
    ("cells", "state", "bounds"),
    [
        ("30,,,,,", "number", ("30", "30", "30")),
        ("30,30,39,,,", "number", ("30", "30", "39")),
        ("30,,open,,,", "number", ("30", "30", None)),
        ("30,open,,,,", "number", ("30", None, "30")),
        (",3,5,,,", "number", (None, "3", "5")),
        (",3,open,,,", "number", (None, "3", None)),
        (",3,,,,", "number", (None, "3", None)),
        (",,5,,,", "number", (None, None, "5")),
        ('"1,234",,,,,', "number", ("1234", "1234", "1234")),
        ("-5,,,,,", "number", ("-5", "-5", "-5")),
        ("5,9,1,,,", "number", ("5", "9", "1")),
        ("-,,,,,", "not_applicable", (None, None, None)),
        (",,,not_applicable,,", "not_applicable", (None, None, None)),
        ("-,,,not_applicable,,", "not_applicable", (None, None, None)),
        ("**,,,,,", "redacted", (None, None, None)),
        (",,,redacted,,", "redacted", (None, None, None)),
        ("8.1万,,,,,", "unreadable", (None, None, None)),
        ("open,,,,,", "unreadable", (None, None, None)),
        ("5,many,,,,", "unreadable", (None, None, None)),
        (",open,open,,,", "unreadable", (None, None, None)),
    ],
)
def test_a_rows_cells_make_a_figure(cells: str, state: str, bounds: Sequence[str | None]) -> None:
    content = read_rows(f"{START},{cells}")
    assert content.problems == []
    (reading,) = content.readings
    assert reading.state == state
    assert (reading.value, reading.low, reading.high) == tuple(bound and Decimal(bound) for bound in bounds)


@pytest.mark.parametrize("cells", [",,,,,", ",,,,,nothing to tell", ",,,,actual,"])
def test_a_row_without_figure_files_its_form_and_makes_no_reading(cells: str) -> None:
    content = read_rows(f"{START},{cells}")
    assert (content.readings, content.problems, content.filed) == ([], [], [("410100", "popularisation", "2021")])


@pytest.mark.parametrize(
    "cells", ["-,,,redacted,,", "**,,,not_applicable,,", ",3,5,redacted,,", "-,3,,,,", "x,,,redacted,,"]
)
def test_a_state_beside_another_word_is_a_contradiction(cells: str) -> None:
    content = read_rows(f"{START},{cells}")
    assert (codes(content), content.readings) == (["STATE_WITH_NUMBER"], [])


def test_an_unreadable_period_beside_a_figure_is_left_to_the_checks() -> None:
    content = read_rows("410100,,2021年,vol_person_registered_count,own,5,,,,,")
    assert ([reading.period for reading in content.readings], content.problems, content.filed) == (["2021年"], [], [])


def test_all_blanks_of_a_row_are_told_at_once() -> None:
    content = read_rows(",,,,,5,,,,,")
    assert [problem.details["column"] for problem in content.problems] == ["unit_code", "period", "indicator_code"]


def test_a_submission_named_by_many_rows_is_filed_once() -> None:
    content = read_rows(*[f"{START},1,,,,,"] * 2, "410100,,2021-Q1,vol_person_registered_count,own,1,,,,,")
    assert content.filed == [("410100", "popularisation", "2021"), ("410100", "popularisation", "2021-Q1")]


def test_a_field_of_absurd_length_is_told_not_read() -> None:
    assert codes(read_rows(f"{START},{'9' * 200_000},,,,,")) == ["CSV_QUOTE_UNCLOSED"]


def test_a_csv_is_known_by_its_header_under_any_name() -> None:
    assert read("export.dat", f"{HEADER}\n{START},1,,,,,".encode(), CATALOGUE).kind == "csv"


@given(
    value=st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**14), max_value=10**14),
    note=st.text(st.characters(codec="utf-8", exclude_characters="\0")),
)
def test_what_is_written_is_read_back_exactly(value: Decimal, note: str) -> None:
    quoted = note.replace('"', '""')
    content = read_rows(f'{START},{value:f},,,,,"{quoted}"')
    (reading,) = content.readings
    assert (reading.value, reading.note) == (value, note.strip())


@given(data=st.binary(max_size=400), start=st.sampled_from([b"", HEADER.encode() + b"\n", b"unit_code"]))
def test_any_bytes_give_content(data: bytes, start: bytes) -> None:
    content = read("any.csv", start + data, CATALOGUE)
    assert content.kind in ("csv", "workbook", "narrative")
    for problem in content.problems:
        CATALOGUE.findings[problem.code].sentence(problem.details)
