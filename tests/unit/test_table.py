"""Tables on a terminal line up, whatever mixture of scripts their cells are in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kexie.table import aligned, width

letters = "a1,，“%科协縣Ａ（"
headers = st.text(st.sampled_from(letters), min_size=1, max_size=8)
cells = st.text(st.sampled_from(letters + " "), max_size=8)


def row(of: st.SearchStrategy[str], columns: int) -> st.SearchStrategy[list[str]]:
    return st.lists(of, min_size=columns, max_size=columns)


tables = st.integers(1, 4).flatmap(
    lambda columns: st.tuples(row(headers, columns), st.lists(row(cells, columns), max_size=5))
)


@pytest.mark.parametrize(
    ("text", "columns"), [("", 0), ("abc", 3), ("科协", 4), ("A县", 3), ("，", 2), ("Ａ", 2), ("ﾊ", 1), ("−—…", 3)]
)
def test_a_chinese_character_is_two_columns_wide(text: str, columns: int) -> None:
    assert width(text) == columns


def test_columns_line_up_under_their_headers() -> None:
    assert list(aligned(["单位", "value"], [["示例省科协", "42"], ["A", ""]])) == [
        "单位        value",
        "----------  -----",
        "示例省科协  42",
        "A",
    ]


def test_a_table_without_rows_is_its_header() -> None:
    assert list(aligned(["a", "单位"], [])) == ["a  单位", "-  ----"]


@given(tables)
def test_every_column_begins_where_its_rule_begins(table: tuple[list[str], list[list[str]]]) -> None:
    header, rows = table
    lines = list(aligned(header, rows))
    starts = [0]
    for dashes in lines[1].split("  ")[:-1]:
        starts.append(starts[-1] + len(dashes) + 2)
    for written, line in zip([header, *rows], [lines[0], *lines[2:]], strict=True):
        for cell, start in zip(written, starts, strict=True):
            assert from_column(line, start).startswith(cell.rstrip())


def from_column(line: str, start: int) -> str:
    taken = 0
    for number, letter in enumerate(line):
        if taken == start:
            return line[number:]
        taken += width(letter)
    return ""


@given(tables)
def test_no_line_ends_in_blanks(table: tuple[list[str], list[list[str]]]) -> None:
    assert all(line == line.rstrip() for line in aligned(*table))
