"""The workbook that a clerk fills in asks for what the catalogue asks of the unit, and for nothing else."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.worksheet.worksheet import Worksheet

from catalogue.load import load
from catalogue.model import SUMMABLE, Collect, Indicator
from ingestion.periods import Period
from ingestion.rest_is_zero import covers
from ingestion.templates import MORE, Figures, TemplateUnit, write
from kexie.errors import UserError

CATALOGUE = load()
COUNTY = TemplateUnit("410102", "某县科协", "county", "territorial", has_subordinates=False)
CITY = TemplateUnit("410100", "某市科协", "city", "territorial", has_subordinates=True)
SOCIETY = TemplateUnit("S01", "某学会", "province", "society", has_subordinates=False)


def template(unit: TemplateUnit, figures: Figures | None = None) -> bytes:
    file = BytesIO()
    write(file, unit, Period(2021), CATALOGUE, figures)
    return file.getvalue()


def opened(unit: TemplateUnit, last_year: Mapping[str, Decimal] | None = None, *, unfolded: bool = False) -> Workbook:
    file = BytesIO()
    write(file, unit, Period(2021), CATALOGUE, last_year=last_year, unfolded=unfolded)
    return load_workbook(file)


def forms(workbook: Workbook) -> list[Worksheet]:
    return [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]


def table(sheet: Worksheet) -> list[tuple[Cell | MergedCell, ...]]:
    """The rows that ask for an indicator."""
    return [row for row in sheet.iter_rows(min_row=7) if row[0].value]


def asked(unit: TemplateUnit) -> list[Indicator]:
    return [i for i in CATALOGUE.asked_of(unit.level, unit.unit_type) if i.collect is Collect.TYPED]


def below(sheet: Worksheet, rows: int) -> tuple[Cell | MergedCell, ...]:
    """The row so many below the last that asks for an indicator."""
    return sheet[max(cell.row for row in table(sheet) for cell in row if cell.row) + rows]


# ---- what is asked


@pytest.mark.parametrize("unit", [COUNTY, CITY, SOCIETY])
@pytest.mark.parametrize("unfolded", [False, True])
def test_it_asks_for_each_indicator_typed_by_such_a_unit_once(unit: TemplateUnit, unfolded: bool) -> None:
    sheets = [sheet for sheet in opened(unit, unfolded=unfolded).worksheets if sheet.title != "_kexie"]
    codes = [str(row[0].value) for sheet in sheets for row in table(sheet)]
    assert sorted(codes) == sorted(indicator.code for indicator in asked(unit))


def test_a_county_sees_at_most_45_rows_and_the_rest_lies_on_a_hidden_sheet() -> None:
    workbook = opened(COUNTY)
    shown = [str(row[0].value) for sheet in forms(workbook) for row in table(sheet)]
    assert 30 <= len(shown) <= 45
    assert all(CATALOGUE.indicators[code].core for code in shown)
    assert workbook[MORE].sheet_state == "hidden"
    assert len(table(workbook[MORE])) == len(asked(COUNTY)) - len(shown)


def test_each_sheet_says_how_to_find_the_hidden_one() -> None:
    workbook = opened(COUNTY)
    count = len(table(workbook[MORE]))
    for sheet in forms(workbook):
        assert f"另外 {count} 项，在隐藏的工作表“更多指标”里" in str(below(sheet, 5)[1].value)


def test_unfolded_every_row_stands_on_its_forms_sheet() -> None:
    workbook = opened(COUNTY, unfolded=True)
    assert MORE not in workbook.sheetnames
    for form in CATALOGUE.forms.values():
        mine = [i.code for i in asked(COUNTY) if i.form == form.code]
        if mine:
            assert sorted(str(row[0].value) for row in table(workbook[form.title])) == sorted(mine)


def test_a_unit_asked_for_little_sees_all_of_it() -> None:
    assert [sheet.sheet_state for sheet in opened(SOCIETY).worksheets] == ["visible", "veryHidden"]


def test_a_figure_filled_in_is_never_out_of_sight() -> None:
    hidden = next(i for i in asked(COUNTY) if not i.core)
    filled = load_workbook(BytesIO(template(COUNTY, {(hidden.form, hidden.code, "own"): (3, "")})))
    assert filled[MORE].sheet_state == "visible"


def test_a_form_in_which_nothing_is_typed_has_no_sheet() -> None:
    titles = [sheet.title for sheet in forms(opened(COUNTY))]
    assert CATALOGUE.forms["platforms"].title not in titles
    assert CATALOGUE.forms["organisation"].title in titles


# ---- what it looks like


def is_added(row: Sequence[Cell | MergedCell]) -> bool:
    """Whether figures of the row's indicator are added over units."""
    return CATALOGUE.indicators[str(row[0].value)].aggregation in SUMMABLE


@pytest.mark.parametrize(
    ("unit", "headers"),
    [
        (COUNTY, ["指标代码", "序号", "指标名称", "计量单位", "本级", "上年本级", "说明"]),
        (
            CITY,
            [
                *("指标代码", "序号", "指标名称", "计量单位", "本级", "含下级", "上年本级", "说明"),
                *("去重调整", "调整原因"),
            ],
        ),
    ],
)
def test_claims_and_adjustments_have_columns_for_units_with_subordinates(
    unit: TemplateUnit, headers: list[str]
) -> None:
    for sheet in forms(opened(unit)):
        has_sums = any(map(is_added, table(sheet)))
        assert [cell.value for cell in sheet[5]] == (headers if has_sums else headers[:8])


def test_a_sheet_has_title_unit_period_form_number_and_lines_to_sign() -> None:
    sheet = opened(CITY)["组织建设情况表"]
    words = {cell.value for row in sheet.iter_rows() for cell in row}
    assert sheet["B1"].value == "组织建设情况表"
    assert {"填报单位（盖章）：某市科协", "报告期：2021 年", "科协01表（2021.1 版）", "410100"} <= words
    assert {"单位负责人：", "填表人：", "联系电话：", "填报日期："} <= words


def test_rows_stand_in_sections_by_theme_or_by_the_moment_they_speak_of() -> None:
    def titles(sheet: Worksheet) -> list[str]:
        return [str(row[1].value) for row in sheet.iter_rows(min_row=7) if row[1].value and not row[2].value]

    workbook = opened(COUNTY)
    assert titles(workbook["科普活动与科技志愿服务情况表"])[:2] == ["一、科普活动", "二、志愿服务"]
    assert titles(workbook["组织建设情况表"])[0] == "期末数（报告期最后一天的数）"
    assert titles(workbook[MORE])[0] == "一、科协01表（2021.1 版） 组织建设情况表"


def test_each_indicator_has_a_note_that_says_what_is_meant() -> None:
    notes = {
        str(row[0].value): row[2].comment.text if row[2].comment else ""
        for sheet in forms(opened(COUNTY))
        for row in table(sheet)
    }
    assert all(f"代码：{code}" in note for code, note in notes.items())
    assert "五进=进校园/社区/农村(乡村)/企业/机关" in notes["sp_five_entry_activity_count"]
    assert "近5000" not in notes["sp_five_entry_activity_count"]


def test_money_is_entered_in_wan_yuan_and_nothing_else_is() -> None:
    workbook = opened(COUNTY, unfolded=True)
    measures = {str(row[0].value): row[3].value for sheet in forms(workbook) for row in table(sheet)}
    for code, printed in measures.items():
        measure = CATALOGUE.indicators[code].measure
        assert printed == ("万元" if measure == "元" else measure)
    assert measures["fin_per_capita_budget"] == "元/人"


def test_last_years_figures_stand_in_a_grey_locked_column() -> None:
    sheet = opened(CITY, last_year={"fin_budget_total": Decimal("1234567.89"), "fin_budget_executed": Decimal(0)})[
        "科普项目与经费情况表"
    ]
    last = {str(row[0].value): row[6] for row in table(sheet)}
    assert {code: cell.value for code, cell in last.items() if cell.value is not None} == {
        "fin_budget_total": 123.456789,
        "fin_budget_executed": 0,
    }
    assert {(cell.fill.fgColor.rgb, cell.protection.locked) for cell in last.values()} == {("FFD9D9D9", True)}


def test_the_tick_is_a_list_to_choose_from() -> None:
    for sheet in forms(opened(CITY)):
        tick = below(sheet, 1)[4]
        rules = [rule for rule in sheet.data_validations.dataValidation if tick.coordinate in rule.sqref]
        can_be_zero = any(covers(CATALOGUE.indicators[str(row[0].value)]) for row in table(sheet))
        assert [(rule.type, rule.formula1) for rule in rules] == ([("list", '"是"')] if can_be_zero else [])


def test_rows_that_the_tick_does_not_cover_are_marked() -> None:
    for sheet in forms(opened(CITY, unfolded=True)):
        covered = {str(row[1].value): covers(CATALOGUE.indicators[str(row[0].value)]) for row in table(sheet)}
        if any(covered.values()):
            assert all(number.endswith("*") is not is_covered for number, is_covered in covered.items())


def test_only_the_cells_to_fill_in_are_unlocked() -> None:
    for sheet in forms(opened(CITY)):
        assert sheet.protection.sheet
        figures = {cell.coordinate for row in table(sheet) for cell in (row[4], row[5], row[7])}
        figures |= {cell.coordinate for row in table(sheet) if is_added(row) for cell in row[8:10]}
        tick = {below(sheet, 1)[4].coordinate} if below(sheet, 1)[1].value else set()
        signatures = {below(sheet, line)[column].coordinate for line in (3, 4) for column in (3, 4, 7)}
        unlocked = {cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
        assert unlocked == figures | tick | signatures


def test_every_figure_cell_has_an_input_rule() -> None:
    for sheet in forms(opened(CITY)):
        ruled = {
            sheet.cell(row, column).coordinate
            for rule in sheet.data_validations.dataValidation
            if rule.type == "custom"
            for area in rule.sqref.ranges
            for row, column in area.cells
        }
        adjustments = {row[8].coordinate for row in table(sheet) if is_added(row)}
        assert ruled == {cell.coordinate for row in table(sheet) for cell in (row[4], row[5])} | adjustments


def test_a_percentage_is_typed_as_text_so_that_98_percent_does_not_become_098() -> None:
    workbook = opened(CITY, unfolded=True)
    formats = {row[4].number_format for sheet in forms(workbook) for row in table(sheet) if row[3].value == "%"}
    assert formats == {"@"}


def test_it_is_ready_to_print_on_a4() -> None:
    for sheet in forms(opened(CITY)):
        assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
        assert sheet.sheet_properties.pageSetUpPr is not None
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToHeight in (None, 1)  # a missing one means 1
        assert sheet.print_title_rows == "$5:$6"
        assert (
            sheet.print_area
            == f"'{sheet.title}'!$A$1:${'J' if any(map(is_added, table(sheet))) else 'H'}${below(sheet, 5)[0].row}"
        )
        assert sheet.freeze_panes == "E7"


def test_a_long_form_is_printed_on_as_many_pages_as_it_needs() -> None:
    sheet = opened(CITY, unfolded=True)["科普活动与科技志愿服务情况表"]
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in ((None, 0), (1, 0))


def test_the_hidden_sheet_can_be_shown_by_hand() -> None:
    security = opened(COUNTY).security
    assert security is None or not security.lockStructure


def test_the_ids_are_out_of_sight() -> None:
    assert opened(CITY)["_kexie"].sheet_state == "veryHidden"


def test_the_same_input_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = template(CITY)
    monkeypatch.setenv("TZ", "America/Lima")
    assert template(CITY) == first


def test_names_are_written_as_they_are() -> None:
    odd = TemplateUnit("A&1", "某<县>“科协”'", "county", "territorial", has_subordinates=False)
    sheet = opened(odd)["组织建设情况表"]
    assert (sheet["B3"].value, sheet["G3"].value) == ("填报单位（盖章）：某<县>“科协”'", "A&1")


def test_it_is_written_to_a_path(tmp_path: Path) -> None:
    write(tmp_path / "form.xlsx", COUNTY, Period(2021), CATALOGUE)
    assert (tmp_path / "form.xlsx").read_bytes() == template(COUNTY)


def test_a_unit_that_types_nothing_gets_one_sentence() -> None:
    with pytest.raises(UserError, match=r"unit T1 .* fills in no form"):
        template(TemplateUnit("T1", "某镇", "township", "territorial", has_subordinates=False))


@pytest.mark.parametrize(
    "key",
    [
        ("organisation", "org_ast_staff_count", "jurisdiction"),
        ("funds", "org_ast_staff_count", "own"),
        ("platforms", "lit_citizen_ratio", "own"),
    ],
)
def test_a_figure_without_a_cell_is_refused(key: tuple[str, str, str]) -> None:
    with pytest.raises(UserError, match=f"no cell for indicator {key[1]}, scope {key[2]}"):
        template(COUNTY, {key: (1, "")})
