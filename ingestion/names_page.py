"""Draw the sheet 名录 of a workbook: drop-downs, input rules and locked cells like those of the forms."""

from __future__ import annotations

from collections.abc import Sequence

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from catalogue.model import Catalogue, Indicator
from ingestion.names_layout import (
    CHOICES,
    FIRST_ROW,
    GUIDE_ROW,
    HEADER_ROW,
    HEADERS,
    NAMES_SHEET,
    PERIOD_ROW,
    ROWS_DRAWN,
    TITLE_ROW,
    UNIT_ROW,
    NameRow,
)
from ingestion.template_filling import PERIOD_LINE, UNIT_CODE, UNIT_NAME

_WIDTHS = (34, 30, 26, 9, 16, 22, 13, 13, 24)
_LAST = FIRST_ROW + ROWS_DRAWN - 1
_NOTE = len(HEADERS) - 1
_FONT = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
_GUIDE = (
    "一行一个名称：先选指标，再填名称；其余各列可以不填。",
    "填了名录的指标，报表里的个数可以留空，按名录计；两处都填的必须相符。同一名录里不能有两个相同的名称，除非所在单位、称号或级别不同。",
    "所在单位填名称所在的下级单位，全称或代码都可以；填了才能和下级报的对账。",
    "有效期填 2021-06-01、2021-06 或 2021，止日当天还有效；长期有效的留空。超过 {rows} 个名称的，请用 CSV 报。",
)


def draw_names(workbook: Workbook, lists: Sequence[Indicator], catalogue: Catalogue, *, is_hidden: bool) -> None:
    """Add the sheet, with placeholders for the words of one unit and period."""
    worksheet = workbook.add_worksheet(NAMES_SHEET)
    _head(workbook, worksheet)
    entry = workbook.add_format({**_FONT, "locked": False, "num_format": "@"})
    for row in range(FIRST_ROW, FIRST_ROW + ROWS_DRAWN):
        for column in range(len(HEADERS)):
            worksheet.write_blank(row, column, None, entry)
    choice = workbook.add_format(_FONT)
    for row, indicator in enumerate(lists, FIRST_ROW):
        worksheet.write_string(row, CHOICES, indicator.name_zh, choice)
    _input_rules(worksheet, len(lists), catalogue)
    _view(worksheet)
    if is_hidden:
        worksheet.hide()
    worksheet.protect("", {"format_columns": True, "format_rows": True, "objects": False})


def _head(workbook: Workbook, worksheet: Worksheet) -> None:
    def style(**properties: object) -> Format:
        return workbook.add_format({**_FONT, **properties})

    guide = "\n".join(f"{number}. {line}" for number, line in enumerate(_GUIDE, 1)).format(rows=ROWS_DRAWN)
    worksheet.merge_range(TITLE_ROW, 0, TITLE_ROW, _NOTE, NAMES_SHEET, style(bold=True, font_size=18, align="center"))
    worksheet.set_row(TITLE_ROW, 32)
    worksheet.merge_range(UNIT_ROW, 0, UNIT_ROW, _NOTE - 2, f"填报单位（盖章）：{UNIT_NAME}", style())
    worksheet.write_string(UNIT_ROW, _NOTE - 1, "单位代码：", style(align="right"))
    worksheet.write_string(UNIT_ROW, _NOTE, UNIT_CODE, style())
    worksheet.merge_range(PERIOD_ROW, 0, PERIOD_ROW, _NOTE, PERIOD_LINE, style())
    worksheet.merge_range(GUIDE_ROW, 0, GUIDE_ROW, _NOTE, guide, style(text_wrap=True, font_size=9))
    worksheet.set_row(GUIDE_ROW, 14 * (len(_GUIDE) + 1))
    for column, header in enumerate(HEADERS):
        worksheet.write_string(
            HEADER_ROW, column, header, style(bold=True, align="center", border=1, bg_color="#E7E6E6")
        )


def _input_rules(worksheet: Worksheet, choices: int, catalogue: Catalogue) -> None:
    def rule(field: str, options: dict[str, object]) -> None:
        column = NameRow._fields.index(field)
        worksheet.data_validation(FIRST_ROW, column, _LAST, column, options | {"error_title": "填写有误"})

    first, last = FIRST_ROW + 1, FIRST_ROW + choices
    offered = f"=${chr(ord('A') + CHOICES)}${first}:${chr(ord('A') + CHOICES)}${last}"
    rule("indicator_code", {"validate": "list", "source": offered, "error_message": "请从列表中选一项名录类指标。"})
    labels = list(catalogue.codelists["title_levels"].values())
    rule("level", {"validate": "list", "source": labels, "error_message": f"请选{'、'.join(labels)}，或者留空。"})
    most = int(catalogue.thresholds["name_characters"].values[-1].value)
    for field in ("name", "title", "batch"):
        limit = {"validate": "length", "criteria": "<=", "value": most}
        rule(field, limit | {"error_message": f"最多 {most} 个字；其余的话请写在“备注”栏。"})
    for field in ("valid_from", "valid_until"):
        rule(field, {"validate": "any", "input_title": "有效期", "input_message": "2021-06-01、2021-06 或 2021"})


def _view(worksheet: Worksheet) -> None:
    for column, width in enumerate(_WIDTHS):
        worksheet.set_column(column, column, width)
    worksheet.set_column(CHOICES, CHOICES, None, None, {"hidden": True})
    worksheet.set_default_row(19)
    # Gridlines show where to write, and unlike borders they are not printed where nothing is written.
    worksheet.hide_gridlines(1)
    worksheet.freeze_panes(FIRST_ROW, 2)
    worksheet.set_selection(FIRST_ROW, 0, FIRST_ROW, 0)
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(HEADER_ROW)
    worksheet.set_footer("&L&A&R第 &P 页 共 &N 页")
