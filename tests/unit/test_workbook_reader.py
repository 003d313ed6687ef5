"""A filled-in template is read exactly; what moved, was retyped or stands beside the form is told, never misread."""

import json
import re
import struct
import zlib
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from catalogue.load import load
from catalogue.model import Collect
from ingestion.observations import FileContent, Place, Reading
from ingestion.periods import Period
from ingestion.readers import read
from ingestion.rest_is_zero import covers
from ingestion.templates import MORE, Figures, TemplateUnit, write
from ingestion.workbook_layout import IDS_TITLE, ids_from_rows

CATALOGUE = load()
CITY = TemplateUnit("410100", "某市科协", "city", "territorial", has_subordinates=True)
SHEET = "组织建设情况表"
FORMS = dict.fromkeys(i.form for i in CATALOGUE.asked_of("city", "territorial") if i.collect is Collect.TYPED)
CELLS = [
    (i.form, i.code, scope)
    for i in CATALOGUE.asked_of("city", "territorial")
    if i.collect is Collect.TYPED
    for scope in ("own", "jurisdiction")
]
FIRST = next(code for form, code, _ in CELLS if form == "organisation" and CATALOGUE.indicators[code].core)

MEASURE = CATALOGUE.indicators[FIRST].measure


def template(figures: Figures | None = None) -> bytes:
    file = BytesIO()
    write(file, CITY, Period(2021), CATALOGUE, figures)
    return file.getvalue()


BLANK = template()
FILLED = template(dict.fromkeys(CELLS, (12, "说明")))


def read_bytes(data: bytes) -> FileContent:
    return read("anything.xlsx", data, CATALOGUE)


def read_edited(edit: Callable[[Worksheet], object], data: bytes = BLANK) -> FileContent:
    """What is read after a clerk edited the first form with another program and saved the file."""
    return read_bytes(saved(lambda workbook: edit(workbook[SHEET]), data))


def saved(edit: Callable[[Workbook], object], data: bytes = BLANK) -> bytes:
    workbook = load_workbook(BytesIO(data))
    edit(workbook)
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


def typed(cell: str, content: str | float | None) -> Callable[[Worksheet], object]:
    def edit(sheet: Worksheet) -> None:
        sheet[cell] = content

    return edit


def with_part(change: Callable[[bytes], bytes], part: str = "xl/worksheets/sheet1.xml", data: bytes = BLANK) -> bytes:
    """The file with the bytes of one part changed."""
    file = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for info in old.infolist():
            content = old.read(info)
            new.writestr(info.filename, change(content) if info.filename == part else content)
    return file.getvalue()


def with_cell(markup: bytes) -> bytes:
    """The blank template with the markup of E8, the first cell to fill in, replaced."""
    return with_part(lambda sheet: re.sub(rb'<c r="E8"[^>]*/>', lambda _: markup, sheet, count=1))


def only(content: FileContent) -> Reading:
    assert content.problems == []
    (reading,) = content.readings
    return reading


def codes(content: FileContent) -> list[str]:
    return [problem.code for problem in content.problems]


# ---- what is read


def test_a_blank_template_files_every_form_without_a_figure() -> None:
    content = read_bytes(BLANK)
    assert content == FileContent("workbook", filed=[("410100", form, "2021") for form in FORMS], form_version="2021.1")


def test_a_figure_is_read_with_its_place_scope_and_note() -> None:
    content = read_edited(lambda sheet: [typed("F8", 356)(sheet), typed("H8", "含省级学会")(sheet)])
    number = Decimal(356)
    expected = ("410100", "organisation", "2021", FIRST, "jurisdiction", "", "number", number, number, number)
    assert only(content) == Reading(*expected, "含省级学会", "356", Place(SHEET, "F8"))


@pytest.mark.parametrize(
    ("content", "state", "value"),
    [
        (0, "number", "0"),
        (12.5, "number", "12.5"),
        (1.1, "number", "1.1"),
        (0.1 + 0.2, "number", "0.3"),
        (123456789012.34, "number", "123456789012.34"),
        (-3, "number", "-3"),
        ("1,234", "number", "1234"),
        ("１２３", "number", "123"),
        ("-", "not_applicable", None),
        ("—", "not_applicable", None),
        ("**", "redacted", None),
        ("XX", "redacted", None),
        ("8.1万", "unreadable", None),
        (True, "unreadable", None),
    ],
)
def test_a_cells_content_is_a_figure(content: str | float, state: str, value: str | None) -> None:
    reading = only(read_edited(typed("E8", content)))
    assert (reading.state, reading.value) == (state, value and Decimal(value))
    assert reading.low == reading.high == reading.value


def test_what_is_no_number_keeps_its_words() -> None:
    assert only(read_edited(typed("E8", " 8.1万 "))).raw == "8.1万"
    assert only(read_edited(typed("E8", True))).raw == "TRUE"


def test_a_date_is_no_number() -> None:
    def edit(sheet: Worksheet) -> None:
        sheet["E8"] = 44260
        sheet["E8"].number_format = "yyyy-mm-dd"

    reading = only(read_edited(edit))
    assert (reading.state, reading.raw) == ("unreadable", "2021-03-05")


@pytest.mark.parametrize(
    ("markup", "state", "raw"),
    [
        (b'<c r="E8"><f>1+1</f><v>2</v></c>', "number", "2"),
        (b'<c r="E8" t="str"><f>"1"&amp;"2"</f><v>12</v></c>', "number", "12"),
        (b'<c r="E8" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "formula_error", "#DIV/0!"),
        (b'<c r="E8" t="e"><v>#N/A</v></c>', "formula_error", "#N/A"),
        (b"<c r='E8' t='e'><v>#N/A</v></c>", "formula_error", "#N/A"),
        (b'<c r="E8"><f>SUM(F8:F9)</f></c>', "formula_error", "=SUM(F8:F9)"),
        (b'<c r="E8"><f>SUM(F8:F9)</f><v></v></c>', "formula_error", "=SUM(F8:F9)"),
        (b'<c r="E8" t="inlineStr"><is><t>1,200</t></is></c>', "number", "1,200"),
        (b'<c r="E8"><v>1.1000000000000001</v></c>', "number", "1.1"),
        (b'<c r="E8"><v>1e999</v></c>', "unreadable", "inf"),
    ],
)
def test_a_formula_is_its_result_and_an_error_is_told(markup: bytes, state: str, raw: str) -> None:
    reading = only(read_bytes(with_cell(markup)))
    assert (reading.state, reading.raw, reading.place) == (state, raw, Place(SHEET, "E8"))


def test_a_formula_whose_result_is_an_empty_text_is_a_blank() -> None:
    content = read_bytes(with_cell(b'<c r="E8" t="str"><f>""</f><v></v></c>'))
    assert (content.readings, content.problems) == ([], [])


def test_a_note_without_a_figure_is_no_reading() -> None:
    content = read_edited(typed("H8", "今年没有开展"))
    assert (content.readings, content.problems) == ([], [])


numbers = st.decimals(min_value=0, max_value=10**15, places=2) | st.integers(0, 10**18).map(Decimal)
notes = st.text(st.characters(categories=["L", "N", "P"]), max_size=20).filter(
    lambda note: not re.search(r"_x\w{4}_", note)
)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from([cell for cell in CELLS if cell[2] == "own"]),
        st.tuples(numbers | st.sampled_from(["-", "**"]), notes),
        max_size=20,
    )
)
def test_what_the_template_writes_the_reader_reads_back_exactly(figures: Figures) -> None:
    content = read_bytes(template(figures))
    assert content.problems == []
    words = {"not_applicable": "-", "redacted": "**"}
    found = {(r.form, r.indicator_code, r.scope): (words.get(r.state, r.value), r.note) for r in content.readings}
    assert found == dict(figures)


def test_the_files_name_does_not_matter() -> None:
    assert read("别的名字.bin", FILLED, CATALOGUE) == read("../../x.xlsx", FILLED, CATALOGUE)
    assert len(read_bytes(FILLED).readings) == len(CELLS)


def test_a_file_saved_by_another_program_reads_the_same() -> None:
    assert read_bytes(saved(lambda _: None, FILLED)) == read_bytes(FILLED)


# ---- 万元

MONEY = "科普项目与经费情况表"
TOTAL = "fin_budget_total"


def cell_of(code: str, title: str, column: str = "E") -> str:
    sheet = load_workbook(BytesIO(BLANK))[title]
    return next(f"{column}{row[0].row}" for row in sheet.iter_rows() if row[0].value == code)


def typed_money(content: str | float) -> Reading:
    return only(read_bytes(saved(lambda workbook: typed(cell_of(TOTAL, MONEY), content)(workbook[MONEY]))))


@pytest.mark.parametrize(
    ("content", "value", "raw"),
    [
        (12.5, "125000", "12.5万元"),
        (0.0001, "1", "0.0001万元"),
        (123.456789, "1234567.89", "123.456789万元"),
        ("1,234.5", "12345000", "1,234.5万元"),
        ("999999999999999999999999999999.0000000001", "9999999999999999999999999999990000.000001", None),
        (0, "0", "0万元"),
    ],
)
def test_money_entered_in_wan_yuan_is_read_in_yuan_exactly(content: str | float, value: str, raw: str | None) -> None:
    reading = typed_money(content)
    assert (reading.value, reading.low, reading.high) == (Decimal(value),) * 3
    assert reading.entered_in == "万元"
    assert reading.raw == raw or raw is None


def test_what_is_no_number_of_wan_yuan_keeps_its_words() -> None:
    assert [typed_money(content).raw for content in ("-", "12.5万")] == ["-", "12.5万"]


def test_a_workbook_that_calls_people_wan_yuan_is_not_believed() -> None:
    def forge(workbook: Workbook) -> None:
        for row in workbook["_kexie"].iter_rows(min_row=2, max_row=2):
            row[1].value = str(row[1].value).replace('"entered":{}', '"entered":{"万元":[7]}')

    def forge_openly(workbook: Workbook) -> None:
        forge(workbook)
        workbook[SHEET]["D8"] = "万元"

    silent = read_bytes(saved(forge, FILLED))
    assert next(r for r in silent.readings if r.indicator_code == FIRST).value == 12
    assert codes(read_bytes(saved(forge_openly, FILLED))) == ["FORM_LAYOUT_CHANGED"]


@pytest.mark.parametrize("forged", ['"entered":{"亿元":[7]}', '"entered":{"万元":[-1]}', '"entered":{"万元":7}'])
def test_a_unit_of_entry_that_nobody_knows_makes_the_workbook_unknown(forged: str) -> None:
    def forge(workbook: Workbook) -> None:
        for row in workbook["_kexie"].iter_rows(min_row=2, max_row=2):
            row[1].value = str(row[1].value).replace('"entered":{}', forged)

    assert codes(read_bytes(saved(forge, FILLED))) == ["WORKBOOK_NOT_RECOGNISED"]


@pytest.mark.parametrize("forged", ["\\u0000", "\\ud800"])
@pytest.mark.parametrize(
    ("cell", "written"), [("B1", "2021"), ("B2", "organisation"), ("B2", "科协01表"), ("B2", FIRST)]
)
def test_ids_that_no_database_could_hold_make_the_workbook_unknown(forged: str, cell: str, written: str) -> None:
    def forge(workbook: Workbook) -> None:
        ids = workbook["_kexie"][cell]
        assert f'"{written}"' in ids.value
        ids.value = ids.value.replace(f'"{written}"', f'"{forged}"')

    assert codes(read_bytes(saved(forge))) == ["WORKBOOK_NOT_RECOGNISED"]


# ---- 其余为0

TICK = next(
    f"E{row[0].row + 1}" for row in reversed(list(load_workbook(BytesIO(BLANK))[SHEET].iter_rows())) if row[0].value
)


def covered(title: str) -> list[str]:
    sheet = load_workbook(BytesIO(BLANK))[title]
    rows = (str(row[0].value) for row in sheet.iter_rows(min_row=7) if row[0].value)
    return [code for code in rows if covers(CATALOGUE.indicators[code])]


def test_without_the_tick_a_blank_is_never_zero() -> None:
    for content in (None, "否", " "):
        assert read_edited(typed(TICK, content)).readings == []


def test_the_tick_makes_zeros_of_the_blank_rows_of_its_own_sheet() -> None:
    content = read_edited(lambda sheet: [typed(TICK, "是")(sheet), typed("E8", 5)(sheet)])
    zeros = [reading for reading in content.readings if reading.by_tick]
    assert [reading.indicator_code for reading in zeros] == [code for code in covered(SHEET) if code != FIRST]
    assert {(r.state, r.value, r.scope, r.by_tick, r.note) for r in zeros} == {
        ("number", Decimal(0), "own", TICK, f"按“其余为0”（{TICK}）记为 0")
    }
    assert [r.place.sheet for r in zeros] == [SHEET] * len(zeros)
    assert zeros[0].place.cell == "E9"
    assert content.problems == []


@pytest.mark.parametrize(("cell", "content"), [("F8", 7), ("E8", "-"), ("E8", "**"), ("H8", "尚未统计"), ("E8", "=A1")])
def test_a_row_in_which_anything_stands_is_left_as_it_is(cell: str, content: str | float) -> None:
    found = read_edited(lambda sheet: [typed(TICK, "是")(sheet), typed(cell, content)(sheet)])
    assert FIRST not in {reading.indicator_code for reading in found.readings if reading.by_tick}


@pytest.mark.parametrize(("cell", "content"), [("F8", 7), ("H8", "尚未统计")])
def test_a_row_that_the_tick_leaves_without_an_own_figure_is_named(cell: str, content: str | float) -> None:
    found = read_edited(lambda sheet: [typed(TICK, "是")(sheet), typed(cell, content)(sheet)])
    told = {problem.code: problem.details["indicator_names"] for problem in found.problems}
    assert told == {"REST_IS_NOT_BLANK": CATALOGUE.indicators[FIRST].name_zh}


def test_the_tick_covers_neither_claims_nor_shares_ranks_best_scores_targets_and_backgrounds() -> None:
    def tick_all(workbook: Workbook) -> None:
        for sheet in workbook.worksheets[:-2]:
            last = max(row[0].row for row in sheet.iter_rows() if row[0].value)
            typed(f"E{last + 1}", "是")(sheet)

    content = read_bytes(saved(tick_all))
    kinds = {CATALOGUE.indicators[reading.indicator_code].aggregation.value for reading in content.readings}
    assert {reading.scope for reading in content.readings} == {"own"}
    assert kinds & {"ratio", "rank", "peak", "target", "ref"} == set()
    left = "".join(problem.details["indicator_names"] for problem in content.problems)
    for code in {code for _, code, _ in CELLS} - {reading.indicator_code for reading in content.readings}:
        assert CATALOGUE.indicators[code].name_zh in left
    assert set(codes(content)) == {"REST_IS_NOT_ZERO"}


@pytest.mark.parametrize("content", ["√", 0, "=TRUE()", "yes"])
def test_a_tick_that_nobody_can_read_makes_no_zeros_and_is_told(content: str | float) -> None:
    found = read_edited(typed(TICK, content))
    assert (codes(found), found.readings) == (["REST_IS_ZERO_UNREADABLE"], [])


# ---- what was handed out before


def test_a_workbook_of_the_first_version_is_read_as_it_was_meant() -> None:
    content = read_bytes((Path(__file__).parent.parent / "fixtures/workbooks/first_version.xlsx").read_bytes())
    found = {(r.indicator_code, r.scope): (r.state, r.value, r.note, r.place.cell) for r in content.readings}
    assert found == {
        ("org_ast_staff_count", "own"): ("number", Decimal(12), "含借调 2 人", "D8"),
        ("org_ast_staff_count", "jurisdiction"): ("number", Decimal(356), "含借调 2 人", "E8"),
        ("sp_lecture_count", "own"): ("number", Decimal(0), "", "D14"),
        ("fin_budget_total", "own"): ("number", Decimal("1234567.89"), "", "D13"),
        ("fin_budget_executed", "own"): ("number", Decimal(1000000), "", "D14"),
        ("talent_recommended_count", "own"): ("not_applicable", None, "", "D6"),
        ("talent_selected_count", "own"): ("redacted", None, "", "D7"),
    }
    assert content.problems == []
    assert {form for _, form, _ in content.filed} == FORMS.keys()


# ---- what a clerk may change, and what is told


def test_names_and_dates_under_the_form_are_no_strays() -> None:
    row = int(TICK[1:]) + 2
    content = read_edited(lambda sheet: [typed(f"D{row}", "某某")(sheet), typed(f"H{row + 1}", "2022-01-10")(sheet)])
    assert (content.readings, content.problems) == ([], [])


def test_without_the_sheet_of_the_rest_its_forms_are_filed_by_their_own_sheets() -> None:
    content = read_bytes(saved(lambda workbook: workbook.remove(workbook[MORE])))
    assert codes(content) == ["SHEET_MISSING_OF_FILED"]
    assert {form for _, form, _ in content.filed} == FORMS.keys()


def test_a_figure_among_the_rest_files_its_form_though_the_forms_own_sheet_is_gone() -> None:
    def edit(workbook: Workbook) -> None:
        workbook.remove(workbook[SHEET])
        typed("E8", 4)(workbook[MORE])

    content = read_bytes(saved(edit))
    assert codes(content) == ["SHEET_MISSING_OF_FILED"]
    assert content.readings[0].form == "organisation"
    assert ("410100", "organisation", "2021") in content.filed


def test_an_edited_indicator_name_does_not_matter() -> None:
    assert codes(read_edited(typed("C8", "学会"), FILLED)) == []


@pytest.mark.parametrize(
    ("edit", "cell", "expected"),
    [
        (lambda sheet: sheet.insert_rows(8), "A8", FIRST),
        (lambda sheet: sheet.delete_rows(8), "A8", FIRST),
        (lambda sheet: sheet.insert_cols(5), "H2", "科协01表（2021.1 版）"),
        (lambda sheet: sheet.delete_cols(6), "H2", "科协01表（2021.1 版）"),
        (lambda sheet: sheet.move_range("A8:H8", rows=40), "A8", FIRST),
        (typed("D8", "万个"), "D8", MEASURE),
        (typed("H3", "410200"), "H3", "410100"),
        (typed("B4", "报告期：2022 年"), "B4", "报告期：2021 年"),
        (typed("A8", None), "A8", FIRST),
    ],
)
def test_a_form_whose_cells_are_not_where_they_were_is_not_read(
    edit: Callable[[Worksheet], object], cell: str, expected: str
) -> None:
    content = read_edited(edit, FILLED)
    (problem,) = content.problems
    assert (problem.code, problem.place) == ("FORM_LAYOUT_CHANGED", Place(SHEET, cell))
    assert problem.details["expected"] == expected
    assert SHEET not in {reading.place.sheet for reading in content.readings}
    assert {reading.form for reading in content.readings} >= FORMS.keys() - {"organisation"}


@pytest.mark.parametrize("cell", ["K8", "K5", "I2", "E60", "A60", "AB9", "C2", "K20"])
def test_what_stands_beside_the_form_is_told(cell: str) -> None:
    content = read_edited(typed(cell, 0))
    (problem,) = content.problems
    assert (problem.code, problem.place, problem.details) == ("CELL_OUTSIDE_FORM", Place(SHEET, cell), {"raw": "0"})


def test_a_formula_without_result_beside_the_form_is_told() -> None:
    content = read_edited(typed("K9", "=E8+E9"))
    assert [(problem.code, problem.place.cell) for problem in content.problems] == [("CELL_OUTSIDE_FORM", "K9")]


def test_an_adjustment_is_read_with_its_sign_and_the_reason_beside_it() -> None:
    written: dict[str, str | float | None] = {"E8": 30, "H8": "大型活动", "I8": -3, "J8": "两县重复登记"}
    content = read_edited(lambda sheet: [typed(cell, one)(sheet) for cell, one in written.items()])
    assert not content.problems
    assert [(one.scope, one.value, one.note, one.place.cell) for one in content.readings] == [
        ("own", Decimal(30), "大型活动", "E8"),
        ("adjustment", Decimal(-3), "两县重复登记", "I8"),
    ]


def test_a_reason_for_no_adjustment_is_told() -> None:
    content = read_edited(typed("J8", "两县重复登记"))
    assert [(problem.code, problem.place.cell) for problem in content.problems] == [("CELL_OUTSIDE_FORM", "J8")]


def test_a_workbook_from_before_adjustments_is_read_as_it_was() -> None:
    part = {"number": "科协01表", "version": "2021.1", "rows": {"7": FIRST}}
    written = json.dumps({"jurisdiction": True, "forms": {"organisation": part}, "entered": {}})
    ids = ids_from_rows([(IDS_TITLE, '{"unit":"C","period":"2021","catalogue":"1"}'), (SHEET, written)])
    assert ids is not None
    (sheet,) = ids.sheets
    assert sheet.headers[-2:] == ("上年本级", "说明")
    assert [scope for _, scope in sheet.scopes] == ["own", "jurisdiction"]


def test_a_figure_typed_under_notes_is_told() -> None:
    assert codes(read_edited(typed("H8", 120))) == ["CELL_OUTSIDE_FORM"]
    assert codes(read_edited(typed("H8", "1,200"))) == ["CELL_OUTSIDE_FORM"]


@pytest.mark.parametrize(("merged", "place"), [("E8:E9", "E8"), ("E9:F9", "E9"), ("E10:F11", "E10")])
def test_cells_for_figures_that_were_made_one_are_told_since_nobody_knows_what_the_number_is_of(
    merged: str, place: str
) -> None:
    content = read_edited(lambda sheet: sheet.merge_cells(merged), FILLED)
    told = [one for one in content.problems if one.code == "CELLS_MERGED"]
    assert [(one.place, one.details) for one in told] == [(Place(SHEET, place), {"cells": merged})]


def test_what_a_template_merges_or_a_clerk_beside_the_cells_for_figures_is_not_told() -> None:
    assert "CELLS_MERGED" not in codes(read_edited(lambda sheet: sheet.merge_cells("G8:H9"), FILLED))


def test_a_pasted_table_is_told_in_few_words() -> None:
    def paste(sheet: Worksheet) -> None:
        for row in range(100, 200):
            sheet.cell(row, 2, row)

    problems = read_edited(paste).problems
    assert len(problems) == 51
    assert problems[-1].details["raw"] == "……等另外 50 处内容"


def test_a_sheet_with_content_that_is_no_form_is_told_and_an_empty_one_is_not() -> None:
    def add(workbook: Workbook) -> None:
        workbook.create_sheet("Sheet1")
        workbook.create_sheet("草稿")["B2"] = 5

    content = read_bytes(saved(add))
    assert [(problem.code, problem.place.sheet) for problem in content.problems] == [("SHEET_NOT_RECOGNISED", "草稿")]


def test_a_copy_of_a_form_is_not_read_as_the_form() -> None:
    content = read_bytes(saved(lambda workbook: workbook.copy_worksheet(workbook[SHEET]), FILLED))
    assert codes(content) == ["SHEET_NOT_RECOGNISED"]
    assert len(content.readings) == len(CELLS)


def test_a_renamed_tab_is_found_by_what_stands_in_it() -> None:
    def rename(workbook: Workbook) -> None:
        workbook[SHEET].title = "组织"

    content = read_bytes(saved(rename, FILLED))
    assert content.problems == []
    assert content.readings[0].place == Place("组织", "E8")


def test_a_deleted_form_is_told_and_not_filed() -> None:
    content = read_bytes(saved(lambda workbook: workbook.remove(workbook[SHEET])))
    assert codes(content) == ["SHEET_MISSING"]
    assert "organisation" not in {form for _, form, _ in content.filed}


def test_two_tabs_whose_names_were_swapped_are_not_read_for_each_other() -> None:
    def swap(workbook: Workbook) -> None:
        workbook[SHEET].title = "x"
        workbook["青少年科技教育情况表"].title = SHEET
        workbook["x"].title = "青少年科技教育情况表"

    assert codes(read_bytes(saved(swap, FILLED))) == ["FORM_LAYOUT_CHANGED"] * 2


def test_a_form_of_another_version_is_told() -> None:
    def age(workbook: Workbook) -> None:
        for row in workbook["_kexie"].iter_rows(min_row=2, max_row=2):
            row[1].value = str(row[1].value).replace("2021.1", "2020.3")

    (problem,) = read_bytes(saved(age, FILLED)).problems
    assert (problem.code, problem.details["found"], problem.details["expected"]) == (
        "FORM_VERSION_WRONG", "2020.3", "2021.1",
    )  # fmt: skip


# ---- broken and hostile files


def without_ids() -> bytes:
    return saved(lambda workbook: workbook.remove(workbook["_kexie"]))


def ids_overwritten() -> bytes:
    return saved(lambda workbook: typed("B2", '{"rows":[')(workbook["_kexie"]))


def cut_short() -> bytes:
    return FILLED[: len(FILLED) // 2]


def not_a_zip() -> bytes:
    return b"these are no bytes of a workbook"


def zip_without_a_workbook() -> bytes:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "a")
    return file.getvalue()


def saved_as_open_document() -> bytes:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<content/>")
    return file.getvalue()


def old_office_container(*streams: str) -> bytes:
    names = b"".join(f"{name}\0".encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", *streams))
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000 + names


def zip_bomb() -> bytes:
    return with_part(lambda sheet: sheet + b" " * 250_000_000, "docProps/app.xml")


def part_larger_than_the_directory_says() -> bytes:
    """The directory and the checksum are those of one byte; the stream unpacks to more."""
    honest = with_part(lambda _: b"<" + b" " * 5_000_000, "xl/styles.xml")
    with ZipFile(BytesIO(honest)) as archive:
        info = archive.getinfo("xl/styles.xml")
    right, wrong = (
        struct.pack("<LLL", info.CRC, info.compress_size, info.file_size),
        struct.pack("<LLL", zlib.crc32(b"<"), info.compress_size, 1),
    )
    return honest.replace(right, wrong)


def part_named_twice() -> bytes:
    file = BytesIO(BLANK)
    with ZipFile(file, "a") as archive:
        archive.writestr("XL/workbook.xml", "<workbook/>")
    return file.getvalue()


def entities_declared() -> bytes:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa">]>'
    return with_part(lambda sheet: sheet.replace(b"<worksheet", bomb + b"<worksheet", 1))


def sheet_in_utf16() -> bytes:
    return with_part(lambda sheet: sheet.decode().replace("UTF-8", "UTF-16").encode("utf-16"))


def cell_in_the_last_corner() -> bytes:
    return with_cell(b'<c r="E8"/></row><row r="1048576"><c r="XFD1048576"><v>1</v></c>')


def cell_in_the_last_corner_of_the_ids() -> bytes:
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return with_part(lambda sheet: sheet.replace(b"</sheetData>", far), f"xl/worksheets/sheet{len(FORMS) + 3}.xml")


def cell_in_the_last_corner_with_odd_markup() -> bytes:
    namespace = b'xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    far = b"<x:row " + namespace + b' r="9"><x:c r = "XFD1048576"><x:v>1</x:v></x:c></x:row>'
    return with_part(lambda sheet: sheet.replace(b"</sheetData>", far + b"</sheetData>"))


def cell_without_a_place() -> bytes:
    return with_cell(b"<c><v>5</v></c>")


def long_text_used_ten_thousand_times() -> bytes:
    cells = b"".join(b'<c r="E%d" t="s"><v>0</v></c>' % row for row in range(100, 9000))
    grown = with_part(lambda sheet: sheet.replace(b"</sheetData>", b'<row r="100">' + cells + b"</row></sheetData>"))
    return with_part(lambda text: text.replace(b"<t>", b"<t>" + b"x" * 1_000_000, 1), "xl/sharedStrings.xml", grown)


DEFECTS: list[tuple[str, Callable[[], bytes], str]] = [
    ("xlsx", without_ids, "WORKBOOK_NOT_RECOGNISED"),
    ("xlsx", ids_overwritten, "WORKBOOK_NOT_RECOGNISED"),
    ("xlsx", cut_short, "FILE_UNREADABLE"),
    ("xlsx", not_a_zip, "FILE_UNREADABLE"),
    ("xlsx", zip_without_a_workbook, "FILE_UNREADABLE"),
    ("zip", zip_without_a_workbook, "FILE_KIND_UNKNOWN"),
    ("xlsx", lambda: b"", "FILE_EMPTY"),
    ("xlsx", lambda: b"x" * 20_000_001, "FILE_TOO_LARGE"),
    ("xlsx", lambda: old_office_container("EncryptedPackage"), "FILE_ENCRYPTED"),
    ("xls", lambda: old_office_container("Workbook"), "FILE_OLD_EXCEL"),
    ("xlsx", lambda: old_office_container("Workbook"), "FILE_OLD_EXCEL"),
    ("et", lambda: old_office_container("Workbook"), "FILE_SAVED_BY_WPS"),
    ("ods", saved_as_open_document, "FILE_OPEN_DOCUMENT"),
    ("xlsx", saved_as_open_document, "FILE_OPEN_DOCUMENT"),
    ("wps", lambda: old_office_container("WordDocument"), "FILE_SAVED_BY_WPS"),
    ("xlsx", zip_bomb, "FILE_EXPANDS_TOO_FAR"),
    ("xlsx", part_larger_than_the_directory_says, "FILE_UNREADABLE"),
    ("xlsx", part_named_twice, "FILE_UNREADABLE"),
    ("xlsx", entities_declared, "FILE_UNREADABLE"),
    ("xlsx", sheet_in_utf16, "FILE_UNREADABLE"),
    ("xlsx", cell_in_the_last_corner, "CELL_FAR_OUTSIDE"),
    ("xlsx", cell_in_the_last_corner_of_the_ids, "CELL_FAR_OUTSIDE"),
    ("xlsx", cell_in_the_last_corner_with_odd_markup, "CELL_FAR_OUTSIDE"),
    ("xlsx", cell_without_a_place, "FILE_UNREADABLE"),
    ("xlsx", long_text_used_ten_thousand_times, "FILE_EXPANDS_TOO_FAR"),
    ("exe", not_a_zip, "FILE_KIND_UNKNOWN"),
]


@pytest.mark.parametrize(
    ("extension", "make", "code"), DEFECTS, ids=[f"{make.__name__}.{extension}" for extension, make, _ in DEFECTS]
)
def test_a_file_that_cannot_be_read_is_a_problem(extension: str, make: Callable[[], bytes], code: str) -> None:
    content = read(f"file.{extension}", make(), CATALOGUE)
    assert (codes(content), content.readings, content.filed) == ([code], [], [])
    assert CATALOGUE.findings[code].sentence(content.problems[0].details)


def test_an_encrypted_part_asks_for_the_password_to_be_removed() -> None:
    data = bytearray(BLANK)
    data[BLANK.index(b"PK\x01\x02") + 8] |= 1
    assert codes(read_bytes(bytes(data))) == ["FILE_ENCRYPTED"]


def test_formatting_far_below_the_form_does_not_matter() -> None:
    content = read_bytes(with_cell(b'<c r="E8" s="1"><v>5</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/>'))
    assert only(content).value == 5


@cache
def parts_of_the_filled_template() -> dict[str, bytes]:
    with ZipFile(BytesIO(FILLED)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def assert_only_content(data: bytes) -> None:
    content = read_bytes(data)
    for problem in content.problems:
        assert CATALOGUE.findings[problem.code].sentence(problem.details)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_file_with_damaged_bytes_gives_content(data: st.DataObject) -> None:
    damaged = bytearray(FILLED)
    for position in data.draw(st.lists(st.integers(0, len(FILLED) - 1), min_size=1, max_size=8)):
        damaged[position] = data.draw(st.integers(0, 255))
    assert_only_content(bytes(damaged))


SNIPPETS = [
    b"",
    b"<",
    b'"',
    b"<c>",
    b'r="XFD1048576"',
    b"</row>",
    b"&#0;",
    b"-1",
    b"9" * 30,
    b"null",
    b"{",
    b"\xff",
    b"\0",
]


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_a_file_with_damaged_markup_gives_content(data: st.DataObject) -> None:
    parts = parts_of_the_filled_template()
    name = data.draw(st.sampled_from(sorted(parts)))
    start = data.draw(st.integers(0, len(parts[name])))
    end = min(len(parts[name]), start + data.draw(st.integers(0, 40)))
    snippet = data.draw(st.sampled_from(SNIPPETS))
    assert_only_content(with_part(lambda part: part[:start] + snippet + part[end:], name, FILLED))


@settings(deadline=None)
@given(
    st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
)
def test_any_bytes_give_content(data: bytes, start: bytes) -> None:
    assert_only_content(start + data)
