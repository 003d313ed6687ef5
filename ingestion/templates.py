"""From the catalogue to the workbook that a clerk fills in: one per unit and period, one sheet per form.

The same input gives the same bytes, so that a template can be compared and kept by its hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from catalogue.model import Catalogue, Collect, Form, Indicator
from ingestion.periods import Period
from ingestion.workbook_layout import (
    CODE,
    FIRST_ROW,
    GUIDE_ROW,
    HEADER_ROW,
    ID_LABELS,
    IDS_SHEET,
    JURISDICTION,
    MEASURE,
    NAME,
    OWN,
    PERIOD_ROW,
    TITLE_ROW,
    UNIT_ROW,
    FormSheet,
    WorkbookIds,
    cell_name,
)
from kexie.errors import UserError

Figures = Mapping[tuple[str, str, str], tuple[Decimal | int | str, str]]
"""What to fill in: (form, indicator, scope) to (a number or the words of the cell, the note of the row)."""

_CREATED = datetime(2000, 1, 1)
_SIGNIFICANT_DIGITS = 15
_GUIDE = (
    "填表说明：1. 只填白色格，填准确的数字，如 1200 或 1200.5，不带单位和“余、约、万”等字。\n"
    "2. 没有统计或暂时报不出的留空（按未报处理）；确实是零的填 0；本单位没有这项工作的填“-”；不便公开的填“**”。\n"
    "3. 请勿增删或移动行、列和工作表，也不要把内容复制到别的工作簿；文件名可以改。存盘时请选“Excel 工作簿（*.xlsx）”。"
)
_GUIDE_WITH_SUBORDINATES = (
    _GUIDE + "\n4. “本级”只填本单位自己做的；“含下级”填本单位和所有下级合计的数，没有合计的留空。"
)
_INPUT_HELP = {
    "error_title": "填写有误",
    "error_message": "请填 0 或正数；没有此项填“-”，不便公开填“**”，没有统计就留空。不要带单位和“余、约、万”等字。",
}
_WIDTHS = {CODE: 8, NAME: 44, MEASURE: 10, OWN: 16}
_FIGURE_WIDTH, _NOTE_WIDTH = 16, 36
_GUIDE_LINE_HEIGHT = 15


@dataclass(frozen=True, slots=True)
class TemplateUnit:
    """The unit that a template is for; `level` and `unit_type` decide which forms and indicators it is asked."""

    code: str
    name: str
    level: str
    unit_type: str
    has_subordinates: bool


def write(
    target: str | Path | BinaryIO,
    unit: TemplateUnit,
    period: Period,
    catalogue: Catalogue,
    figures: Figures | None = None,
) -> None:
    """Write the workbook of one unit and period, blank or filled in.

    A form in which nothing is typed by this kind of unit has no sheet. Raises UserError where no form is left, or where
    a figure has no cell.
    """
    asked = _asked_forms(unit, catalogue)
    if not asked:
        raise UserError(f"unit {unit.code} ({unit.level}, {unit.unit_type}) fills in no form; choose another unit")
    sheets = [_form_sheet(form, indicators, unit) for form, indicators in asked.items()]
    ids = WorkbookIds(unit.code, str(period), catalogue.version, sheets)
    _refuse_figures_without_cell(figures or {}, sheets)
    # In memory only: with temporary files XlsxWriter stamps the parts with the local time zone.
    with Workbook(str(target) if isinstance(target, Path) else target, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": f"{unit.name} {period} 报表", "created": _CREATED})
        styles = _Styles(workbook)
        for sheet in sheets:
            _write_form(workbook, styles, ids, sheet, unit, catalogue, figures or {})
        _write_ids(workbook, ids)


def _asked_forms(unit: TemplateUnit, catalogue: Catalogue) -> dict[Form, list[Indicator]]:
    asked = {
        form: [
            indicator
            for indicator in form.indicators
            if indicator.collect is Collect.TYPED and indicator.is_expected_of(unit.level, unit.unit_type)
        ]
        for form in catalogue.forms.values()
    }
    return {form: indicators for form, indicators in asked.items() if indicators}


def _form_sheet(form: Form, indicators: list[Indicator], unit: TemplateUnit) -> FormSheet:
    return FormSheet(
        form=form.code,
        number=form.number,
        version=form.version,
        sheet=form.title,
        has_jurisdiction=unit.has_subordinates,
        rows={FIRST_ROW + index: indicator.code for index, indicator in enumerate(indicators)},
    )


def _refuse_figures_without_cell(figures: Figures, sheets: list[FormSheet]) -> None:
    cells = {(sheet.form, code, scope) for sheet in sheets for code in sheet.rows.values() for _, scope in sheet.scopes}
    for form, indicator, scope in figures.keys() - cells:
        raise UserError(f"form {form} of this unit has no cell for indicator {indicator}, scope {scope}")


class _Styles:
    """The formats of a workbook. Only cells for input are unlocked."""

    def __init__(self, workbook: Workbook) -> None:
        def style(**properties: object) -> Format:
            return workbook.add_format({"font_name": "宋体", "font_size": 10, "valign": "vcenter", **properties})

        boxed = {"border": 1, "bg_color": "#F2F2F2"}
        entry = {"border": 1, "locked": False, "align": "right"}
        self.title = style(bold=True, font_size=16, align="center")
        self.label = style(font_color="#595959")
        self.text = style(bold=True)
        self.guide = style(text_wrap=True, valign="top", font_color="#595959")
        self.header = style(bold=True, align="center", border=1, bg_color="#D9E2F3")
        self.code = style(font_size=6, font_color="#A6A6A6", **boxed)
        self.name = style(text_wrap=True, **boxed)
        self.measure = style(align="center", **boxed)
        self.figure = style(**entry)
        # As text, so that a typed 98% stays what was typed; Excel would silently make it 0.98.
        self.percentage = style(num_format="@", **entry)
        self.note = style(border=1, locked=False, text_wrap=True)


def _write_form(
    workbook: Workbook,
    styles: _Styles,
    ids: WorkbookIds,
    sheet: FormSheet,
    unit: TemplateUnit,
    catalogue: Catalogue,
    figures: Figures,
) -> None:
    worksheet = workbook.add_worksheet(sheet.sheet)
    _write_head(worksheet, styles, ids, sheet, unit)
    for row, code in sheet.rows.items():
        _write_row(worksheet, styles, row, catalogue.indicators[code], sheet, figures)
    _set_input_rules(worksheet, sheet, catalogue)
    _set_view_and_print(worksheet, sheet)
    worksheet.protect("", {"format_columns": True, "format_rows": True})


def _write_head(worksheet: Worksheet, styles: _Styles, ids: WorkbookIds, sheet: FormSheet, unit: TemplateUnit) -> None:
    last = sheet.note_column
    worksheet.merge_range(TITLE_ROW, 0, TITLE_ROW, last, sheet.sheet, styles.title)
    worksheet.set_row(TITLE_ROW, 28)
    values = {UNIT_ROW: (unit.name, unit.code), PERIOD_ROW: (ids.period, sheet.mark)}
    for row, labels in ID_LABELS.items():
        for pair, (label, value) in enumerate(zip(labels, values[row], strict=True)):
            worksheet.write_string(row, 2 * pair, label, styles.label)
            worksheet.write_string(row, 2 * pair + 1, value, styles.text)
    guide = _GUIDE_WITH_SUBORDINATES if sheet.has_jurisdiction else _GUIDE
    worksheet.merge_range(GUIDE_ROW, 0, GUIDE_ROW, last, guide, styles.guide)
    worksheet.set_row(GUIDE_ROW, _GUIDE_LINE_HEIGHT * (guide.count("\n") + 2))
    for column, header in enumerate(sheet.headers):
        worksheet.write_string(HEADER_ROW, column, header, styles.header)


def _write_row(
    worksheet: Worksheet, styles: _Styles, row: int, indicator: Indicator, sheet: FormSheet, figures: Figures
) -> None:
    worksheet.write_string(row, CODE, indicator.code, styles.code)
    worksheet.write_string(row, NAME, indicator.name_zh, styles.name)
    worksheet.write_string(row, MEASURE, indicator.measure, styles.measure)
    notes: list[str] = []
    for column, scope in sheet.scopes:
        content, note = figures.get((sheet.form, indicator.code, scope), ("", ""))
        _write_figure(worksheet, row, column, content, styles.percentage if indicator.is_percentage else styles.figure)
        if note and note not in notes:
            notes.append(note)
    if notes:
        worksheet.write_string(row, sheet.note_column, "；".join(notes), styles.note)
    else:
        worksheet.write_blank(row, sheet.note_column, None, styles.note)


def _write_figure(worksheet: Worksheet, row: int, column: int, content: Decimal | int | str, style: Format) -> None:
    if content == "":
        worksheet.write_blank(row, column, None, style)
    elif isinstance(content, str) or len(Decimal(content).as_tuple().digits) > _SIGNIFICANT_DIGITS:
        worksheet.write_string(row, column, content if isinstance(content, str) else f"{content:f}", style)
    else:
        worksheet.write_number(row, column, content, style)


def _set_input_rules(worksheet: Worksheet, sheet: FormSheet, catalogue: Catalogue) -> None:
    last = sheet.scopes[-1][0]
    plain = [row for row, code in sheet.rows.items() if not catalogue.indicators[code].is_percentage]
    for first_row, last_row in _runs(plain):
        cell = cell_name(first_row, OWN)
        rule = f'=OR({cell}="-",{cell}="**",IF(ISNUMBER({cell}),{cell}>=0,FALSE))'
        worksheet.data_validation(first_row, OWN, last_row, last, {"validate": "custom", "value": rule, **_INPUT_HELP})
    for row in sheet.rows.keys() - set(plain):
        cell = cell_name(row, OWN)
        number = f'IF(ISNUMBER(FIND("%",{cell})),FALSE,VALUE({cell})>=0)'
        rule = f'=IF(OR({cell}="-",{cell}="**"),TRUE,{number})'
        worksheet.data_validation(row, OWN, row, last, {"validate": "custom", "value": rule, **_INPUT_HELP})
        worksheet.ignore_errors({"number_stored_as_text": f"{cell}:{cell_name(row, last)}"})


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """The unbroken runs in a rising list of rows, as (first, last)."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and runs[-1][1] == row - 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs


def _set_view_and_print(worksheet: Worksheet, sheet: FormSheet) -> None:
    for column, width in _WIDTHS.items():
        worksheet.set_column(column, column, width)
    if sheet.has_jurisdiction:
        worksheet.set_column(JURISDICTION, JURISDICTION, _FIGURE_WIDTH)
    worksheet.set_column(sheet.note_column, sheet.note_column, _NOTE_WIDTH)
    worksheet.freeze_panes(FIRST_ROW, OWN)
    worksheet.set_selection(FIRST_ROW, OWN, FIRST_ROW, OWN)
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(HEADER_ROW)
    worksheet.print_area(0, 0, max(sheet.rows), sheet.note_column)
    worksheet.set_footer("&L&A&R第 &P 页，共 &N 页")


def _write_ids(workbook: Workbook, ids: WorkbookIds) -> None:
    worksheet = workbook.add_worksheet(IDS_SHEET)
    for row, (key, content) in enumerate(ids.to_rows()):
        worksheet.write_string(row, 0, key)
        worksheet.write_string(row, 1, content)
    worksheet.very_hidden()
    worksheet.protect()
