"""The sheet 名录 of a workbook: a unit that keeps lists files their names there, and they are read back exactly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from catalogue.load import load
from catalogue.model import FOREVER
from ingestion import checks
from ingestion.checks.results import Checked
from ingestion.context import Context
from ingestion.names_layout import HEADERS, NAMES_SHEET, ROWS_DRAWN, NameRow
from ingestion.observations import FileContent, Place
from ingestion.periods import Period
from ingestion.readers import read
from ingestion.templates import Figures, TemplateUnit, write
from ingestion.tree import Span, Tree
from kexie.errors import UserError

CATALOGUE = load()
PROVINCE = TemplateUnit("P", "某省科协", "province", "territorial", has_subordinates=True)
CITY = TemplateUnit("C", "某市科协", "city", "territorial", has_subordinates=True)
COUNTY = TemplateUnit("A", "某县科协", "county", "territorial", has_subordinates=False)
LIST = CATALOGUE.indicators["base_demo_community_count"]
ROWS = [
    NameRow(LIST.code, "东风社区", "科普示范社区", "省级", "2021年第一批", "甲县科协", "2021-06", "2026", "复审合格"),
    NameRow(LIST.code, "西园社区"),
    NameRow("base_provincial_edu_base_count", "东风博物馆", level="省级"),
]


def template(unit: TemplateUnit, figures: Figures | None = None, names: list[NameRow] | None = None) -> bytes:
    file = BytesIO()
    write(file, unit, Period(2021), CATALOGUE, figures, names=names or [])
    return file.getvalue()


@cache
def blank() -> bytes:
    return template(PROVINCE)


def edited(edit: Callable[[Worksheet], object], data: bytes | None = None) -> FileContent:
    """What is read after a clerk wrote on the sheet with another program."""
    return saved(lambda workbook: edit(workbook[NAMES_SHEET]), data)


def saved(edit: Callable[[Workbook], object], data: bytes | None = None) -> FileContent:
    workbook = load_workbook(BytesIO(data or blank()))
    edit(workbook)
    file = BytesIO()
    workbook.save(file)
    return read("anything.xlsx", file.getvalue(), CATALOGUE)


def write_row(sheet: Worksheet, row: int, *contents: object) -> None:
    for column, content in enumerate(contents, 1):
        sheet.cell(row, column).value = content  # type: ignore[assignment]


def named(content: FileContent) -> list[tuple[str, str, str]]:
    return [(one.indicator_code, one.name, one.place.cell) for one in content.names]


def codes(content: FileContent) -> list[str]:
    return [problem.code for problem in content.problems]


# ---- who has it, and what it looks like


@pytest.mark.parametrize(("unit", "state"), [(PROVINCE, "visible"), (CITY, "hidden"), (COUNTY, None)])
def test_a_unit_that_keeps_a_list_has_the_sheet_shown_where_one_of_them_is_shown_at_once(
    unit: TemplateUnit, state: str | None
) -> None:
    workbook = load_workbook(BytesIO(template(unit)))
    assert (workbook[NAMES_SHEET].sheet_state if NAMES_SHEET in workbook.sheetnames else None) == state


def test_names_filled_in_are_never_out_of_sight() -> None:
    workbook = load_workbook(BytesIO(template(CITY, names=[NameRow("base_demo_unit_count", "西园小学")])))
    assert workbook[NAMES_SHEET].sheet_state == "visible"


def test_lists_and_levels_are_chosen_from_what_the_catalogue_knows() -> None:
    sheet = load_workbook(BytesIO(blank()))[NAMES_SHEET]
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    offered = rules[f"A6:A{5 + ROWS_DRAWN}"]
    assert offered.formula1 == "$K$6:$K$16"
    choices = [row[0].value for row in sheet["K6:K16"]]
    assert LIST.name_zh in choices
    assert None not in choices
    assert rules[f"D6:D{5 + ROWS_DRAWN}"].formula1 == '"国家级,省级,市级,县级"'


def test_only_the_rows_for_names_are_unlocked() -> None:
    sheet = load_workbook(BytesIO(blank()))[NAMES_SHEET]
    assert sheet.protection.sheet
    unlocked = {cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
    assert unlocked == {f"{letter}{row}" for letter in "ABCDEFGHI" for row in range(6, 6 + ROWS_DRAWN)}


def test_a_name_without_a_row_is_refused_in_one_sentence() -> None:
    with pytest.raises(UserError, match="asks for no names of base_demo_community_count"):
        template(COUNTY, names=ROWS[:1])
    with pytest.raises(UserError, match="room for 500 names, not 501"):
        template(PROVINCE, names=[NameRow(LIST.code, f"第 {n} 社区") for n in range(501)])


# ---- what is read


def test_a_blank_sheet_holds_no_name() -> None:
    content = read("blank.xlsx", blank(), CATALOGUE)
    assert (content.names, content.problems, content.readings) == ([], [], [])


def test_names_are_read_with_their_cells_and_each_list_has_its_count_at_the_first() -> None:
    content = read("named.xlsx", template(PROVINCE, names=ROWS), CATALOGUE)
    assert content.problems == []
    assert content.names[0][:14] == (
        *("P", "honours", "2021", LIST.code, "own", ""),
        *("东风社区", "科普示范社区", "省级", "2021年第一批", "甲县科协", "2021-06", "2026", "复审合格"),
    )
    assert [(one.name, one.place) for one in content.names] == [
        ("东风社区", Place("名录", "B6")),
        ("西园社区", Place("名录", "B7")),
        ("东风博物馆", Place("名录", "B8")),
    ]
    assert [(one.indicator_code, one.value, one.place) for one in content.readings] == [
        (LIST.code, Decimal(2), Place("名录", "B6")),
        ("base_provincial_edu_base_count", Decimal(1), Place("名录", "B8")),
    ]


def test_a_count_that_is_given_stays_where_it_is() -> None:
    figures: Figures = {("honours", LIST.code, "own"): (2, "据文件")}
    content = read("named.xlsx", template(PROVINCE, figures, ROWS[:2]), CATALOGUE)
    (reading,) = content.readings
    assert (reading.value, reading.place.sheet, reading.note) == (Decimal(2), "认定与表彰名录情况表", "据文件")


_WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=20)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=15)
@given(st.lists(st.tuples(_WORDS, _WORDS, _WORDS, _WORDS), max_size=8))
def test_what_the_template_writes_the_reader_reads_back_exactly(words: list[tuple[str, str, str, str]]) -> None:
    rows = [NameRow(LIST.code, name, title, batch=batch, note=note) for name, title, batch, note in words]
    content = read("named.xlsx", template(PROVINCE, names=rows), CATALOGUE)
    assert [(one.name, one.title, one.batch, one.note) for one in content.names] == words


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        (date(2021, 6, 1), "2021-06-01"),
        (datetime(2021, 6, 1, 8, 30), "2021-06-01"),
        (2021, "2021"),
        ("2021年6月", "2021年6月"),
    ],
)
def test_a_day_may_be_typed_as_words_a_date_or_a_year(typed: object, written: str) -> None:
    content = edited(lambda sheet: write_row(sheet, 6, LIST.name_zh, "东风社区", None, None, None, None, typed))
    assert content.names[0].valid_from == written


def test_gaps_between_rows_and_rows_below_the_drawn_ones_do_not_matter() -> None:
    def write_far_apart(sheet: Worksheet) -> None:
        write_row(sheet, 9, LIST.name_zh, "东风社区")
        write_row(sheet, 6 + ROWS_DRAWN, LIST.code, " 西园社区 ")

    content = edited(write_far_apart)
    assert content.problems == []
    assert named(content) == [(LIST.code, "东风社区", "B9"), (LIST.code, "西园社区", f"B{6 + ROWS_DRAWN}")]


def test_the_tick_makes_no_zero_of_a_list_whose_names_are_filed() -> None:
    def tick(workbook: Workbook) -> None:
        sheet = workbook["认定与表彰名录情况表"]
        last = max(row[0].row for row in sheet.iter_rows() if row[0].value)
        sheet[f"E{last + 1}"] = "是"
        write_row(workbook[NAMES_SHEET], 6, LIST.name_zh, "东风社区")

    content = saved(tick)
    values = {reading.indicator_code: reading.value for reading in content.readings}
    assert values[LIST.code] == Decimal(1)
    assert values["base_modern_agri_park_count"] == Decimal(0)


def test_a_list_whose_names_are_filed_is_not_blank() -> None:
    content = edited(lambda sheet: write_row(sheet, 6, LIST.name_zh, "东风社区"))
    assert LIST.code not in {code for _, code, _ in content.blank}


# ---- what is wrong


@pytest.mark.parametrize(
    ("row", "code", "cell"),
    [
        ((LIST.name_zh, None, "科普示范社区"), "NAME_BLANK", "B6"),
        ((None, "东风社区"), "NAME_LIST_UNKNOWN", "A6"),
        (("科普讲座场次", "东风社区"), "NAME_LIST_UNKNOWN", "A6"),
        ((LIST.name_zh, "=A1&B1"), "NAME_UNREADABLE", "B6"),
        ((LIST.name_zh, "东风社区", "=NOW()"), "NAME_UNREADABLE", "C6"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_with_its_cell(row: tuple[object, ...], code: str, cell: str) -> None:
    content = edited(lambda sheet: write_row(sheet, 6, *row))
    (problem,) = content.problems
    assert (problem.code, problem.place) == (code, Place(NAMES_SHEET, cell))
    assert problem.details["form"] == "honours"
    assert content.names == []


def test_a_header_that_was_changed_stops_the_reading_of_the_sheet() -> None:
    content = edited(lambda sheet: write_row(sheet, 5, *HEADERS[::-1]))
    assert (codes(content), content.names) == (["FORM_LAYOUT_CHANGED"], [])


def test_the_sheet_of_another_unit_is_not_believed() -> None:
    def edit(sheet: Worksheet) -> None:
        sheet["I2"] = "410100"

    content = edited(edit)
    assert codes(content) == ["FORM_LAYOUT_CHANGED"]


def test_a_renamed_sheet_is_found_and_a_deleted_one_is_told() -> None:
    def rename(workbook: Workbook) -> None:
        write_row(workbook[NAMES_SHEET], 6, LIST.name_zh, "东风社区")
        workbook[NAMES_SHEET].title = "我的名录"

    renamed = saved(rename)
    assert (codes(renamed), named(renamed)) == ([], [(LIST.code, "东风社区", "B6")])
    deleted = saved(lambda workbook: workbook.remove(workbook[NAMES_SHEET]))
    assert [(one.code, one.details) for one in deleted.problems] == [("SHEET_MISSING", {"form_title": NAMES_SHEET})]


@pytest.mark.parametrize("cell", ["J7", "K40", "J3", "L6"])
def test_what_stands_beside_the_table_is_told(cell: str) -> None:
    def edit(sheet: Worksheet) -> None:
        sheet[cell] = "又及"

    content = edited(edit)
    assert [(one.code, one.place) for one in content.problems] == [("CELL_OUTSIDE_FORM", Place(NAMES_SHEET, cell))]


def test_ids_with_a_forged_sheet_of_names_make_the_workbook_unknown() -> None:
    def forge(workbook: Workbook) -> None:
        ids = workbook["_kexie"]
        row = next(cell.row for (cell,) in ids.iter_rows(max_col=1) if cell.value == NAMES_SHEET)
        ids.cell(row, 2).value = '{"lists":[1]}'

    assert codes(saved(forge)) == ["WORKBOOK_NOT_RECOGNISED"]


def test_a_list_offered_by_a_forged_sheet_is_still_one_of_the_catalogue() -> None:
    def forge(workbook: Workbook) -> None:
        write_row(workbook[NAMES_SHEET], 6, "party_activity_count", "东风社区")
        ids = workbook["_kexie"]
        row = next(cell.row for (cell,) in ids.iter_rows(max_col=1) if cell.value == NAMES_SHEET)
        ids.cell(row, 2).value = '{"lists":["party_activity_count"]}'

    assert "NAME_LIST_UNKNOWN" in codes(saved(forge))


# ---- checked like any other file


_numbers = count(1)


def _check(content: FileContent) -> Checked:
    spans = [
        Span(code, name, level, "territorial", above, date(2000, 1, 1), FOREVER)
        for code, name, level, above in (("P", "某省科协", "province", ""), ("A", "甲县科协", "county", "P"))
    ]
    context = Context(CATALOGUE, Tree(spans, []), date(2022, 3, 1))
    return checks.check(content, context, "P", next(_numbers), f"hash {next(_numbers)}", _numbers)


def test_a_workbook_with_names_and_no_count_is_taken() -> None:
    checked = _check(read("named.xlsx", template(PROVINCE, names=ROWS), CATALOGUE))
    assert checked.outcome == "accepted"
    honours = next(one for one in checked.submissions if one.key[1] == "honours")
    assert {one.indicator_code: one.value for one in honours.observations}[LIST.code] == Decimal(2)
    assert [(one.name, one.located_in, one.cell) for one in honours.names][:2] == [
        ("东风社区", "A", "B6"),
        ("西园社区", None, "B7"),
    ]


def test_a_count_that_differs_is_found_at_its_own_cell() -> None:
    figures: Figures = {("honours", LIST.code, "own"): (50, "")}
    checked = _check(read("named.xlsx", template(PROVINCE, figures, ROWS[:2]), CATALOGUE))
    (found,) = [one for one in checked.findings if one.code == "LIST_COUNT_DIFFERS"]
    assert found.place.sheet == "认定与表彰名录情况表"
    assert "填的数是 50，名录里计入的名称是 2 个" in found.sentence
    assert {one.key[1]: one.is_accepted for one in checked.submissions}["honours"] is False
    assert checked.outcome == "partly_rejected"


@pytest.mark.parametrize(
    ("row", "code", "cell"),
    [
        (NameRow(LIST.code, "东风社区", valid_from="去年"), "NAME_DATE_UNREADABLE", "G6"),
        (NameRow(LIST.code, "东风社区", valid_from="2022", valid_until="2021"), "NAME_DATES_CROSSED", "H6"),
        (NameRow(LIST.code, "东风社区", level="部级"), "NAME_LEVEL_UNKNOWN", "D6"),
        (NameRow(LIST.code, "东风社区", located_in="乙县"), "NAME_UNIT_UNKNOWN", "F6"),
        (NameRow(LIST.code, "东风社区", batch="批" * 101), "NAME_TOO_LONG", "E6"),
    ],
)
def test_what_is_wrong_with_a_name_is_found_at_the_cell_to_mend(row: NameRow, code: str, cell: str) -> None:
    checked = _check(read("named.xlsx", template(PROVINCE, names=[row]), CATALOGUE))
    assert [(one.code, one.place) for one in checked.findings if one.severity == "error"] == [
        (code, Place(NAMES_SHEET, cell))
    ]
