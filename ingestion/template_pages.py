"""Draw the sheets of a workbook: an official form on A4, with its input rules, notes and locked cells."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from catalogue.model import SUMMABLE, Catalogue, Indicator, Scope, Status
from ingestion.entry_units import EntryUnit, entry_unit
from ingestion.explanations import offered
from ingestion.names_layout import NAMES_SHEET, NamesSheet
from ingestion.names_page import draw_names
from ingestion.rest_is_zero import TICKED, covers
from ingestion.template_filling import IDS, PERIOD_LINE, TITLE, UNIT_CODE, UNIT_NAME
from ingestion.template_notes import note_of
from ingestion.workbook_layout import (
    CODE,
    COLUMN_MARKS_ROW,
    FIRST_ROW,
    HEADER_ROW,
    IDS_SHEET,
    IDS_TITLE,
    MARK_ROW,
    NUMBER,
    PERIOD_ROW,
    SIGNATURE_ROWS,
    TITLE_ROW,
    UNIT_ROW,
    FormSheet,
    cell_name,
    names_to_json,
    sheet_to_json,
)

_CREATED = datetime(2000, 1, 1)
_LABELS_BEFORE_SIGNING = (("单位负责人：", "填表人："), ("联系电话：", "填报日期："))
_COLUMN_MARKS = ("", "甲", "乙", "丙")
_EXCEPTED = " *"
_WIDTHS = {CODE: 8, NUMBER: 6}
_NAME_WIDTH, _MEASURE_WIDTH, _FIGURE_WIDTH, _NOTE_WIDTH = 46, 10, 16, 32
_LINE_HEIGHT, _ROW_HEIGHT, _TITLE_HEIGHT = 14, 19, 32
_MOST_ROWS_ON_A_PAGE = 16
_NOTE_PIXELS, _NOTE_LINE_PIXELS, _NOTE_LINE_WIDTH = 340, 17, 50
_HELP = {
    "error_title": "填写有误",
    "error_message": "请填 0 或正数；没有此项填“-”，不便公开填“**”，没有统计就留空。不要带单位和“余、约、万”等字。",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet to draw: its title, where its rows stand, the titles of its sections by row, and whether it is hidden."""

    title: str
    sheet: FormSheet
    sections: Mapping[int, str]
    is_hidden: bool = False


def draw(
    pages: Sequence[Page],
    lists: Sequence[Indicator],
    catalogue: Catalogue,
    more: str,
    day: date,
    filed_as: Status | None,
    *,
    hides_names: bool,
) -> bytes:
    """The workbook of a kind of unit, with placeholders for the words of one unit and period.

    `lists` are those whose names it asks for; `more` says on each visible sheet where the rest is asked, empty where
    there is no hidden one. Definitions are those of `day`; all figures are `filed_as`, where that is given.
    """
    target = BytesIO()
    # In memory only: with temporary files XlsxWriter stamps the parts with the local time zone.
    with Workbook(target, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": TITLE, "created": _CREATED})
        styles = _Styles(workbook)
        for page in pages:
            worksheet = workbook.add_worksheet(page.sheet.sheet)
            _Drawing(worksheet, styles, page, catalogue, day, filed_as).draw("" if page.is_hidden else more)
            if page.is_hidden:
                worksheet.hide()
        if lists:
            draw_names(workbook, lists, catalogue, is_hidden=hides_names)
        _draw_ids(workbook, pages, NamesSheet(tuple(one.code for one in lists)) if lists else None)
    return target.getvalue()


class _Styles:
    """The formats of a workbook. Only cells for input are unlocked."""

    def __init__(self, workbook: Workbook) -> None:
        def style(**properties: object) -> Format:
            return workbook.add_format({"font_name": "宋体", "font_size": 10, "valign": "vcenter", **properties})

        entry = {"border": 1, "locked": False, "align": "right", "indent": 1}
        self.title = style(bold=True, font_size=18, align="center")
        self.text = style()
        self.label = style(align="right")
        self.header = style(bold=True, align="center", border=1, bg_color="#E7E6E6", text_wrap=True)
        self.column_mark = style(align="center", border=1, font_size=8)
        self.section = style(bold=True, border=1, bg_color="#F7F7F7")
        self.code = style(font_size=8)
        self.number = style(align="center", border=1)
        self.name = style(text_wrap=True, border=1, indent=1)
        self.figure = style(**entry)
        # As text, so that a typed 98% stays what was typed; Excel would silently make it 0.98.
        self.percentage = style(num_format="@", **entry)
        self.last_year = style(border=1, align="right", indent=1, bg_color="#D9D9D9", font_color="#404040")
        self.note = style(border=1, locked=False, text_wrap=True)
        self.tick_label = style(bold=True, align="right", border=1)
        self.tick = style(bold=True, align="center", border=1, locked=False)
        self.tick_help = style(border=1, text_wrap=True, font_size=9)
        self.to_sign = style(bottom=1, locked=False)
        self.guide = style(text_wrap=True, valign="top", font_size=9)


class _Drawing:
    """One sheet being drawn."""

    def __init__(
        self,
        worksheet: Worksheet,
        styles: _Styles,
        page: Page,
        catalogue: Catalogue,
        day: date,
        filed_as: Status | None,
    ) -> None:
        self._worksheet, self._styles, self._page, self._sheet = worksheet, styles, page, page.sheet
        self._asked = {row: catalogue.indicators[asked.code] for row, asked in page.sheet.rows.items()}
        self._has_tick = any(map(covers, self._asked.values()))
        self._catalogue, self._day, self._filed_as = catalogue, day, filed_as

    def draw(self, more: str) -> None:
        self._head()
        for row, title in self._page.sections.items():
            self._worksheet.merge_range(row, NUMBER, row, self._sheet.note_column, title, self._styles.section)
        for number, (row, indicator) in enumerate(self._asked.items(), 1):
            self._row(row, number, indicator)
        self._tick()
        self._signatures()
        self._guide(more)
        self._input_rules()
        self._view_and_print()
        self._worksheet.protect("", {"format_columns": True, "format_rows": True, "objects": False})

    def _head(self) -> None:
        sheet, styles, note = self._sheet, self._styles, self._sheet.note_column
        self._merged(TITLE_ROW, NUMBER, note, self._page.title, styles.title)
        self._worksheet.set_row(TITLE_ROW, _TITLE_HEIGHT)
        measures = "金额为万元，其余见各行" if any(map(entry_unit, self._asked.values())) else "见各行"
        for row, label, value in (
            (MARK_ROW, "表    号：", sheet.mark),
            (UNIT_ROW, "单位代码：", UNIT_CODE),
            (PERIOD_ROW, "计量单位：", measures),
        ):
            self._merged(row, sheet.own + 1, note - 1, label, styles.label)
            self._worksheet.write_string(row, note, value, styles.text)
        self._merged(UNIT_ROW, NUMBER, sheet.own, f"填报单位（盖章）：{UNIT_NAME}", styles.text)
        self._merged(PERIOD_ROW, NUMBER, sheet.own, PERIOD_LINE, styles.text)
        for column, header in enumerate(sheet.headers):
            self._worksheet.write_string(HEADER_ROW, column, header, styles.header)
            self._worksheet.write_string(COLUMN_MARKS_ROW, column, self._column_mark(column), styles.column_mark)

    def _column_mark(self, column: int) -> str:
        sheet = self._sheet
        if column < sheet.own:
            return _COLUMN_MARKS[column]
        if column >= sheet.note_column:
            return ("丁", str(sheet.last_year - sheet.own + 2), "戊")[column - sheet.note_column]
        return str(column - sheet.own + 1)

    def _row(self, row: int, number: int, indicator: Indicator) -> None:
        worksheet, styles, sheet = self._worksheet, self._styles, self._sheet
        unit = entry_unit(indicator)
        worksheet.write_string(row, CODE, indicator.code, styles.code)
        excepted = _EXCEPTED if self._has_tick and not covers(indicator) else ""
        worksheet.write_string(row, NUMBER, f"{number:02}{excepted}", styles.number)
        worksheet.write_string(row, sheet.name, indicator.name_zh, styles.name)
        worksheet.write_string(row, sheet.measure, unit.name if unit else indicator.measure, styles.number)
        for column, scope in sheet.scopes:
            if scope != Scope.ADJUSTMENT:
                entry = styles.percentage if indicator.is_percentage else styles.figure
                worksheet.write_blank(row, column, None, entry)
        self._adjustment(row, indicator)
        worksheet.write_blank(row, sheet.last_year, None, styles.last_year)
        worksheet.write_blank(row, sheet.note_column, None, styles.note)
        if _display_width(indicator.name_zh) > _NAME_WIDTH:
            worksheet.set_row(row, 2 * _LINE_HEIGHT)
        note = note_of(indicator, self._catalogue, self._day, self._filed_as)
        lines = sum(-(-_display_width(line) // _NOTE_LINE_WIDTH) for line in note.splitlines())
        size = {"width": _NOTE_PIXELS, "height": _NOTE_LINE_PIXELS * (lines + 1)}
        worksheet.write_comment(row, sheet.name, note, {"font_name": "宋体", "font_size": 9, **size})

    def _adjustment(self, row: int, indicator: Indicator) -> None:
        """Grey where figures of the kind are not added, so that there is nothing to take off."""
        if self._sheet.has_adjustment:
            is_added, note = indicator.aggregation in SUMMABLE, self._sheet.note_column
            for column, style in ((note + 1, self._styles.figure), (note + 2, self._styles.note)):
                self._worksheet.write_blank(row, column, None, style if is_added else self._styles.last_year)

    def _tick(self) -> None:
        sheet, styles, row = self._sheet, self._styles, self._sheet.last_row + 1
        if not self._has_tick:
            return
        self._merged(row, NUMBER, sheet.measure, "其余为0（是就选“是”）", styles.tick_label)
        self._worksheet.write_blank(row, sheet.own, None, styles.tick)
        excepted = "" if all(map(covers, self._asked.values())) else "序号带 * 的除外，没有填就是未报；"
        text = f"整行空着的各项，本级数确实都是 0，才在左边选“是”。{excepted}回执会逐项列出按 0 记的。"
        self._merged(row, sheet.own + 1, sheet.note_column, text, styles.tick_help)
        self._worksheet.set_row(row, 2 * _LINE_HEIGHT)
        self._worksheet.data_validation(
            row, sheet.own, row, sheet.own,
            {
                "validate": "list", "source": [TICKED], "error_title": "填写有误",
                "error_message": f"这一格只能选“{TICKED}”，或者留空。",
            },
        )  # fmt: skip

    def _signatures(self) -> None:
        sheet, styles = self._sheet, self._styles
        for offset in range(SIGNATURE_ROWS):
            row, (left, right) = sheet.signature_row + offset, _LABELS_BEFORE_SIGNING[offset]
            self._merged(row, NUMBER, sheet.name, left, styles.label)
            self._merged(row, sheet.measure, sheet.own, "", styles.to_sign)
            self._merged(row, sheet.own + 1, sheet.note_column - 1, right, styles.label)
            self._worksheet.write_blank(row, sheet.note_column, None, styles.to_sign)

    def _guide(self, more: str) -> None:
        lines = list(self._guide_lines(more))
        text = "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
        row = self._sheet.guide_row
        self._merged(row, NUMBER, self._sheet.note_column, f"填表说明：\n{text}", self._styles.guide)
        self._worksheet.set_row(row, _LINE_HEIGHT * (len(lines) + 2))

    def _guide_lines(self, more: str) -> Iterator[str]:
        yield "只填白色格，填准确的数字，如 1200 或 1200.5，不带单位和“余、约、万”等字。鼠标停在指标名称上可看说明。"
        yield "没有统计或暂时报不出的留空（按未报处理）；确实是零的填 0；本单位没有这项工作的填“-”；不便公开的填“**”。"
        if any(map(entry_unit, self._asked.values())):
            yield "计量单位是“万元”的按万元填，可带小数：12.5 就是 125000 元。"
        if self._filed_as is Status.PROVISIONAL:
            yield "本工作簿报预计数：已实际发生的加到期末还计划的。年终数出来后，请另取年终的工作簿重报，以年终数为准。"
        if self._sheet.has_jurisdiction:
            yield "“本级”只填本单位自己做的；“含下级”填本单位和所有下级合计的数，没有合计的留空。"
        if self._sheet.has_adjustment:
            yield (
                "下级重复计数的，最右边“去重调整”填带正负号的数（多算 8 场填 -8），并写明原因：哪几个单位、哪些活动。"
                "它只改合计，不改哪个单位的数。"
            )
        yield "灰色的“上年本级”是已发布的上年数（没有报齐的只到报了的），仅供对照；空着的是没有。相差很大的请写明原因。"
        if more:
            yield more
        yield "请勿增删或移动行、列和工作表，也不要把内容复制到别的工作簿；文件名可以改。"
        yield "打印各表，签字盖章后留存；存盘时请选“Excel 工作簿（*.xlsx）”，把文件报来。"

    def _input_rules(self) -> None:
        """One rule for all rows that are filled in alike: a file with a rule per row is slow to read."""
        sheet = self._sheet
        last = sheet.last_year - 1
        alike: dict[tuple[bool, EntryUnit | None], list[int]] = defaultdict(list)
        for row, indicator in self._asked.items():
            alike[indicator.is_percentage, entry_unit(indicator)].append(row)
        for rows in alike.values():
            indicator = self._asked[rows[0]]
            rule: dict[str, object] = {"validate": "custom", "value": _rule(cell_name(rows[0], sheet.own), indicator)}
            (first_row, last_row), *others = _runs(rows)
            areas = [[first, sheet.own, end, last] for first, end in others]
            rule |= {**_HELP, **_prompt(indicator), "other_cells": areas}
            self._worksheet.data_validation(first_row, sheet.own, last_row, last, rule)
        self._adjustment_rule()
        self._offer_reasons()
        percentages = [row for row, indicator in self._asked.items() if indicator.is_percentage]
        if percentages:
            cells = " ".join(f"{cell_name(row, sheet.own)}:{cell_name(row, last)}" for row in percentages)
            self._worksheet.ignore_errors({"number_stored_as_text": cells})

    def _adjustment_rule(self) -> None:
        """What is taken off, or added, is a number with its sign."""
        rows = [row for row, indicator in self._asked.items() if indicator.aggregation in SUMMABLE]
        if not self._sheet.has_adjustment or not rows:
            return
        column = self._sheet.note_column + 1
        (first_row, last_row), *others = _runs(rows)
        rule: dict[str, object] = {"validate": "custom", "value": f"=ISNUMBER({cell_name(first_row, column)})"}
        rule |= {"error_title": "填写有误", "error_message": "请填带正负号的准确数，如 -8；不调整的留空。"}
        rule |= {"input_title": "去重调整", "input_message": "多算几就填负几，右边写明原因"}
        rule["other_cells"] = [[first, column, end, column] for first, end in others]
        self._worksheet.data_validation(first_row, column, last_row, column, rule)

    def _offer_reasons(self) -> None:
        """Why a doubted figure is right all the same: a drop-down that takes any other words as well."""
        note = self._sheet.note_column
        (first_row, last_row), *others = _runs(list(self._asked))
        rule: dict[str, object] = {"validate": "list", "source": offered(self._catalogue), "show_error": False}
        rule |= {"input_title": "说明", "input_message": "数字变化大或与别的数对不上时，选一个原因，或自己写明"}
        rule["other_cells"] = [[first, note, end, note] for first, end in others]
        self._worksheet.data_validation(first_row, note, last_row, note, rule)

    def _view_and_print(self) -> None:
        worksheet, sheet = self._worksheet, self._sheet
        for column, width in _WIDTHS.items():
            worksheet.set_column(column, column, width, None, {"hidden": column == CODE})
        worksheet.set_column(sheet.name, sheet.name, _NAME_WIDTH)
        worksheet.set_column(sheet.measure, sheet.measure, _MEASURE_WIDTH)
        worksheet.set_column(sheet.own, sheet.last_year, _FIGURE_WIDTH)
        worksheet.set_column(sheet.note_column, sheet.note_column, _NOTE_WIDTH)
        if sheet.has_adjustment:
            worksheet.set_column(sheet.note_column + 1, sheet.note_column + 1, _FIGURE_WIDTH)
            worksheet.set_column(sheet.note_column + 2, sheet.note_column + 2, _NOTE_WIDTH)
        worksheet.set_default_row(_ROW_HEIGHT)
        worksheet.hide_gridlines(2)
        worksheet.freeze_panes(FIRST_ROW, sheet.own)
        first = min(sheet.rows)
        worksheet.set_selection(first, sheet.own, first, sheet.own)
        worksheet.set_landscape()
        worksheet.set_paper(9)
        worksheet.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
        worksheet.center_horizontally()
        worksheet.fit_to_pages(1, 1 if len(sheet.rows) <= _MOST_ROWS_ON_A_PAGE else 0)
        worksheet.repeat_rows(HEADER_ROW, COLUMN_MARKS_ROW)
        worksheet.print_area(0, 0, sheet.guide_row, len(sheet.headers) - 1)
        worksheet.set_footer("&L&A&R第 &P 页 共 &N 页")

    def _merged(self, row: int, first: int, last: int, text: str, style: Format) -> None:
        if first == last:
            self._worksheet.write_string(row, first, text, style)
        else:
            self._worksheet.merge_range(row, first, row, last, text, style)


def _rule(cell: str, indicator: Indicator) -> str:
    if indicator.is_percentage:
        number = f'IF(ISNUMBER(FIND("%",{cell})),FALSE,VALUE({cell})>=0)'
        return f'=IF(OR({cell}="-",{cell}="**"),TRUE,{number})'
    return f'=OR({cell}="-",{cell}="**",IF(ISNUMBER({cell}),{cell}>=0,FALSE))'


def _prompt(indicator: Indicator) -> dict[str, str]:
    if unit := entry_unit(indicator):
        return {"input_title": f"单位：{unit.name}", "input_message": f"12.5 就是 125000 {unit.measure}"}
    if indicator.is_percentage:
        return {"input_title": "单位：%", "input_message": "按百分点填：98% 填 98"}
    return {}


def _runs(rows: Sequence[int]) -> list[tuple[int, int]]:
    """The unbroken runs in a rising list of rows, as (first, last)."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and runs[-1][1] == row - 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs


def _display_width(text: str) -> int:
    """Width in columns of a fixed font, in which a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WFA" else 1 for letter in text)


def _draw_ids(workbook: Workbook, pages: Sequence[Page], names: NamesSheet | None) -> None:
    worksheet = workbook.add_worksheet(IDS_SHEET)
    rows = [(IDS_TITLE, IDS), *((page.sheet.sheet, sheet_to_json(page.sheet)) for page in pages)]
    if names is not None:
        rows.append((NAMES_SHEET, names_to_json(names)))
    for row, (key, content) in enumerate(rows):
        worksheet.write_string(row, 0, key)
        worksheet.write_string(row, 1, content)
    worksheet.very_hidden()
    worksheet.protect()
