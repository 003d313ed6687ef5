"""The report as an Excel workbook: a sheet for each table, all rows of it, and native charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.chart import Chart as XlsxChart
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from kexie.table import width
from reporting.report import tables
from reporting.report.charts import Chart, charts
from reporting.report.contents import Contents
from reporting.report.tables import Cell, Column, Table

FONT = "宋体"
TITLE_FONT = "黑体"

MOST_DIGITS = 15
"""A number of more digits stays a text: programs that open the workbook would round it."""

MILLIMETRES_PER_CHARACTER = Decimal("1.9")
LINE_HEIGHT = 15
CHART_ROW_HEIGHT, CHART_ROW_PIXELS = 18, 24
LEAST_CHART_ROWS = 8
CHART_ROWS_ON_A_PAGE = 64


def workbook(contents: Contents) -> bytes:
    """The workbook's bytes; the same for the same contents."""
    made = BytesIO()
    # In memory only: with temporary files XlsxWriter stamps the parts with the local time zone.
    book = Workbook(made, {"in_memory": True})
    book.set_properties(
        {
            "title": f"{contents.title}{contents.subtitle}",
            "subject": contents.basis.sentence,
            "author": contents.province.name,
            "created": contents.basis.stamp,
        }
    )
    _Writer(book, contents).write()
    book.close()
    return made.getvalue()


@dataclass(frozen=True, slots=True)
class _Formats:
    title: Format
    remark: Format
    heading: Format
    group: Format
    text: Format
    number: Format

    @classmethod
    def of(cls, book: Workbook) -> _Formats:
        cell = {"font_name": FONT, "font_size": 11, "border": 1, "valign": "vcenter", "text_wrap": True}
        return cls(
            book.add_format({"font_name": TITLE_FONT, "font_size": 16, "align": "center", "valign": "vcenter"}),
            book.add_format({"font_name": FONT, "font_size": 10, "text_wrap": True, "valign": "top"}),
            book.add_format({**cell, "bold": True, "align": "center", "bg_color": "#D9E2F3"}),
            book.add_format({**cell, "bold": True, "bg_color": "#F2F2F2"}),
            book.add_format({**cell, "align": "left"}),
            book.add_format({**cell, "align": "right"}),
        )


class _Writer:
    """Writes the sheets of one report in their order."""

    def __init__(self, book: Workbook, contents: Contents) -> None:
        self._book, self._contents = book, contents
        self._formats = _Formats.of(book)

    def write(self) -> None:
        contents = self._contents
        self._sheet("工作回顾", contents.title, tables.text(contents))
        self._sheet("数据对比", "", tables.comparison(contents))
        self._sheet("目标完成", "", tables.targets(contents))
        self._sheet("居前地区", "", tables.leading(contents))
        lacking = (tables.blanks, tables.missing_associations, tables.falls, tables.missed)
        self._sheet("不足", "存在的不足", *(made(contents) for made in lacking))
        self._sheet("下年目标", "", tables.next_targets(contents))
        self._charts("图表", charts(contents))
        self._sheet("数据注释", "", tables.notes(contents))
        self._sheet("待补", "", tables.pending(contents))
        self._sheet("签字确认", "", tables.signatures(contents))

    def _sheet(self, name: str, title: str, *shown: Table) -> None:
        """A page of tables one under the other; each has its title where there are several."""
        sheet = self._page(name)
        columns = max(len(table.columns) for table in shown)
        for place, millimetres in enumerate(max(shown, key=lambda table: len(table.columns)).widths):
            sheet.set_column(place, place, _characters(millimetres))
        row = self._head(sheet, title or shown[0].title, columns)
        for table in shown:
            if len(shown) > 1:
                sheet.write_string(row, 0, table.title, self._formats.group)
                row += 1
            elif table.rows:
                sheet.freeze_panes(row + 1, 1)
                sheet.repeat_rows(row)
            row = self._table(sheet, row, table) + 1

    def _page(self, name: str) -> Worksheet:
        sheet = self._book.add_worksheet(name)
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.set_footer(f'&L&"{FONT},常规"&9{self._contents.basis.name}&C第 &P 页，共 &N 页&R&A')
        sheet.hide_gridlines(2)
        return sheet

    def _head(self, sheet: Worksheet, title: str, columns: int) -> int:
        sheet.set_row(0, 28)
        sheet.merge_range(0, 0, 0, columns - 1, title, self._formats.title)
        sheet.merge_range(1, 0, 1, columns - 1, self._contents.basis.sentence, self._formats.remark)
        return 3

    def _table(self, sheet: Worksheet, row: int, table: Table) -> int:
        """Header, rows and remark from this row on; returns the row after them."""
        if table.rows:
            for place, column in enumerate(table.columns):
                sheet.write_string(row, place, column.title, self._formats.heading)
            row += 1
        for cells in table.rows:
            if len(cells) == 1:
                sheet.merge_range(row, 0, row, len(table.columns) - 1, str(cells[0]), self._formats.group)
            else:
                self._row(sheet, row, table.columns, cells)
            row += 1
        if table.remark:
            sheet.merge_range(row, 0, row, len(table.columns) - 1, table.remark, self._formats.remark)
            sheet.set_row(row, LINE_HEIGHT * _lines(table.remark, sum(table.widths)))
            row += 1
        return row

    def _row(self, sheet: Worksheet, row: int, columns: Sequence[Column], cells: Sequence[Cell]) -> None:
        lines = max(_lines(str(cell), column.width) for column, cell in zip(columns, cells, strict=True))
        sheet.set_row(row, LINE_HEIGHT * lines + 3)
        for place, (column, cell) in enumerate(zip(columns, cells, strict=True)):
            if is_number(cell):
                # XlsxWriter writes what it is given, so a Decimal is written digit by digit.
                sheet.write_number(row, place, cell, self._formats.number)
            else:
                shown = self._formats.number if column.is_number else self._formats.text
                self._text(sheet, row, place, str(cell), shown)

    def _text(self, sheet: Worksheet, row: int, place: int, text: str, shown: Format) -> None:
        if text:
            sheet.write_string(row, place, text, shown)
        else:
            sheet.write_blank(row, place, None, shown)

    def _charts(self, name: str, made: Sequence[Chart]) -> None:
        """Each chart beside the figures it is drawn from, whole on a page."""
        sheet = self._page(name)
        # Pages are broken by hand here, which a sheet that is fitted to pages would not do.
        sheet.set_portrait()
        sheet.set_print_scale(60)
        sheet.set_default_row(CHART_ROW_HEIGHT)
        columns = (Column("", 62), Column("", 25, is_number=True))
        for place, column in enumerate(columns):
            sheet.set_column(place, place, _characters(column.width))
        row, page, breaks = self._head(sheet, "图表", 8), 0, []
        for chart in made:
            rows = max(len(chart.bars) + 3, LEAST_CHART_ROWS)
            if row + rows - page > CHART_ROWS_ON_A_PAGE and row > page:
                page = row
                breaks.append(row)
            sheet.write_string(row, 0, chart.title, self._formats.heading)
            sheet.write_string(row, 1, chart.measure, self._formats.heading)
            for offset, bar in enumerate(chart.bars, start=1):
                self._row(sheet, row + offset, columns, bar)
            sheet.insert_chart(row, 2, self._chart(name, chart, row + 1, rows * CHART_ROW_PIXELS))
            row += rows + 2
        sheet.set_h_pagebreaks(breaks)
        if not made:
            sheet.write_string(row, 0, "没有可以画成图的数。", self._formats.remark)

    def _chart(self, sheet: str, chart: Chart, first: int, height: int) -> XlsxChart:
        drawn = self._book.add_chart({"type": "bar"})
        last = first + len(chart.bars) - 1
        drawn.add_series(
            {
                "name": chart.title,
                "categories": [sheet, first, 0, last, 0],
                "values": [sheet, first, 1, last, 1],
                "data_labels": {"value": True, "font": {"name": FONT, "size": 9}},
                "fill": {"color": "#4472C4"},
                "gap": 60,
            }
        )
        drawn.set_title({"name": f"{chart.title}（{chart.measure}）", "name_font": {"name": TITLE_FONT, "size": 12}})
        drawn.set_legend({"none": True})
        # A bar chart begins at the bottom, a table at the top.
        drawn.set_y_axis({"reverse": True, "num_font": {"name": FONT, "size": 9}, "label_position": "low"})
        begins = {} if any(size < 0 for _, size in chart.bars) else {"min": 0}
        drawn.set_x_axis({**begins, "num_font": {"name": FONT, "size": 9}, "major_gridlines": {"visible": True}})
        drawn.set_size({"width": 520, "height": height, "x_offset": 10})
        return drawn


def _characters(millimetres: int) -> float:
    """A column's width as Excel counts it."""
    return float(millimetres / MILLIMETRES_PER_CHARACTER)


def _lines(text: str, millimetres: int) -> int:
    """How many lines a text takes in a column: programs do not all find out by themselves."""
    room = int(millimetres / MILLIMETRES_PER_CHARACTER)
    return max(1, -(-width(text) // room))


def is_number(cell: Cell) -> bool:
    """Whether the cell stays a number: a text does not, nor what would lose digits."""
    if isinstance(cell, str):
        return False
    return len(Decimal(cell).normalize().as_tuple().digits) <= MOST_DIGITS
