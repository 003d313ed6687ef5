"""The workbook that a clerk fills in asks for what the catalogue asks of the unit, and for nothing else."""

from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from catalogue.load import load
from catalogue.model import Collect
from ingestion.periods import Period
from ingestion.templates import Figures, TemplateUnit, write
from kexie.errors import UserError

CATALOGUE = load()
COUNTY = TemplateUnit("410102", "某县科协", "county", "territorial", has_subordinates=False)
CITY = TemplateUnit("410100", "某市科协", "city", "territorial", has_subordinates=True)


def template(unit: TemplateUnit, figures: Figures | None = None) -> bytes:
    file = BytesIO()
    write(file, unit, Period(2021), CATALOGUE, figures)
    return file.getvalue()


def opened(unit: TemplateUnit) -> Workbook:
    return load_workbook(BytesIO(template(unit)))


def forms(workbook: Workbook) -> list[Worksheet]:
    return [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]


@pytest.mark.parametrize("unit", [COUNTY, CITY, TemplateUnit("S01", "某学会", "province", "society", False)])
def test_it_asks_for_each_indicator_typed_by_such_a_unit_in_the_catalogues_order(unit: TemplateUnit) -> None:
    asked = [(cell.value or "") for sheet in forms(opened(unit)) for cell in sheet["A"][5:]]
    assert asked == [i.code for i in CATALOGUE.asked_of(unit.level, unit.unit_type) if i.collect is Collect.TYPED]


def test_a_form_in_which_nothing_is_typed_has_no_sheet() -> None:
    titles = [sheet.title for sheet in forms(opened(COUNTY))]
    assert CATALOGUE.forms["platforms"].title not in titles
    assert CATALOGUE.forms["organisation"].title in titles


@pytest.mark.parametrize(
    ("unit", "headers"),
    [
        (COUNTY, ["指标代码", "指标名称", "计量单位", "本级", "说明"]),
        (CITY, ["指标代码", "指标名称", "计量单位", "本级", "含下级", "说明"]),
    ],
)
def test_the_jurisdiction_column_is_for_units_with_subordinates(unit: TemplateUnit, headers: list[str]) -> None:
    for sheet in forms(opened(unit)):
        assert [cell.value for cell in sheet[5]] == headers


def test_a_sheet_says_whose_form_it_is() -> None:
    sheet = opened(CITY)["组织建设情况表"]
    assert [cell.value for cell in sheet[2]][:4] == ["填报单位", "某市科协", "单位代码", "410100"]
    assert [cell.value for cell in sheet[3]][:4] == ["期间", "2021", "表号", "科协01表（2021.1 版）"]


def test_only_the_cells_to_fill_in_are_unlocked() -> None:
    for sheet in forms(opened(CITY)):
        assert sheet.protection.sheet
        for number, row in enumerate(sheet.iter_rows(), 1):
            for column, cell in enumerate(row, 1):
                assert cell.protection.locked == (number < 6 or column < 4)


def test_every_figure_cell_has_an_input_rule() -> None:
    for sheet in forms(opened(CITY)):
        assert sheet.max_row
        ruled = {
            (row, column)
            for rule in sheet.data_validations.dataValidation
            for area in rule.sqref.ranges
            for row, column in area.cells
        }
        assert ruled == {(row, column) for row in range(6, sheet.max_row + 1) for column in (4, 5)}


def test_a_percentage_is_typed_as_text_so_that_98_percent_does_not_become_098() -> None:
    percentages = [
        (row[0].value, row[3].number_format)
        for sheet in forms(opened(CITY))
        for row in sheet.iter_rows(min_row=6)
        if row[2].value == "%"
    ]
    assert percentages
    assert {form for _, form in percentages} == {"@"}


def test_it_is_ready_to_print_on_a4() -> None:
    for sheet in forms(opened(CITY)):
        assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
        assert sheet.sheet_properties.pageSetUpPr is not None
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.print_title_rows == "$5:$5"
        assert sheet.freeze_panes == "D6"


def test_the_ids_are_out_of_sight() -> None:
    assert opened(CITY)["_kexie"].sheet_state == "veryHidden"


def test_the_same_input_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = template(CITY)
    monkeypatch.setenv("TZ", "America/Lima")
    assert template(CITY) == first


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
