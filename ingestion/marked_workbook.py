"""The workbook a clerk sent, given back with every doubtful cell coloured and commented, and a summary sheet in front.

It stays what it was otherwise, so that a clerk can put right what is marked and send the very file again: the reader
passes over the summary sheet, and colours mean nothing to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from catalogue.model import Severity
from ingestion.workbook_layout import RECEIPT_SHEET

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

LARGEST_BYTES = 2_000_000
"""A filled-in template takes 40 kB; one that was blown up is answered by the text alone."""

MOST_MARKS = 2_000

COLOURS = {Severity.ERROR: "FFC7CE", Severity.EXPLAIN: "FFEB9C", Severity.WARNING: "DDEBF7"}
"""Findings that only inform mark no cell."""

WEIGHTS = {Severity.ERROR: "必须改正", Severity.EXPLAIN: "需要说明", Severity.WARNING: "请核对", Severity.INFO: "告知"}
WIDTHS = {"A": 12, "B": 26, "C": 10, "D": 90}
AUTHOR = "科协数仓"


class Mark(NamedTuple):
    """A finding as the workbook shows it; `sheet` and `cell` are empty where it is about more than a cell."""

    severity: Severity
    sheet: str
    cell: str
    sentence: str


def is_worth_marking(size_bytes: int, marks: Sequence[Mark]) -> bool:
    """Whether there is a cell to point at, in a workbook of usual size."""
    return size_bytes <= LARGEST_BYTES and any(mark.cell and mark.severity in COLOURS for mark in marks)


def marked(data: bytes, head: Sequence[str], marks: Sequence[Mark]) -> bytes:
    """The workbook with its marks. `head` are the lines of the receipt that stand above the list of findings.

    Raises what openpyxl raises of a workbook that it cannot open, although our own reader could.
    """
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(data))
    shown = marks[:MOST_MARKS]
    _mark_cells(book, shown)
    if RECEIPT_SHEET in book.sheetnames:
        del book[RECEIPT_SHEET]
    _summarise(book.create_sheet(RECEIPT_SHEET, 0), head, shown)
    for sheet in book.worksheets:
        sheet.sheet_view.tabSelected = sheet.title == RECEIPT_SHEET
    book.active = 0
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def _mark_cells(book: Workbook, marks: Iterable[Mark]) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    by_cell: dict[tuple[str, str], list[Mark]] = defaultdict(list)
    for mark in marks:
        if mark.cell and mark.severity in COLOURS and mark.sheet in book.sheetnames:
            by_cell[mark.sheet, mark.cell].append(mark)
    for (sheet, address), found in by_cell.items():
        cell = book[sheet][address]
        gravest = min(found, key=lambda mark: list(Severity).index(mark.severity))
        cell.fill = PatternFill("solid", fgColor=COLOURS[gravest.severity])
        sentences = "\n".join(f"{WEIGHTS[mark.severity]}：{mark.sentence}" for mark in found)
        cell.comment = Comment(sentences, AUTHOR, width=360, height=60 + 40 * len(found))


def _summarise(sheet: Worksheet, head: Sequence[str], marks: Sequence[Mark]) -> None:
    from openpyxl.styles import Font
    from openpyxl.worksheet.properties import PageSetupProperties

    for column, width in WIDTHS.items():
        sheet.column_dimensions[column].width = width
    for above, line in enumerate(head, start=1):
        _write(sheet, above, 1, line)
    sheet["A1"].font = Font(bold=True, size=14)
    first = len(head) + 2
    for number, title in enumerate(("轻重", "工作表", "单元格", "问题和改法"), start=1):
        _write(sheet, first, number, title).font = Font(bold=True)
    for row, mark in enumerate(marks, start=first + 1):
        _list(sheet, row, mark)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.protection.sheet = True


def _list(sheet: Worksheet, row: int, mark: Mark) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    weight = _write(sheet, row, 1, WEIGHTS[mark.severity])
    if mark.severity in COLOURS:
        weight.fill = PatternFill("solid", fgColor=COLOURS[mark.severity])
    _write(sheet, row, 2, mark.sheet)
    place = _write(sheet, row, 3, mark.cell)
    if mark.cell:
        place.hyperlink = "#'{}'!{}".format(mark.sheet.replace("'", "''"), mark.cell)
        place.font = Font(underline="single", color="0563C1")
    _write(sheet, row, 4, mark.sentence).alignment = Alignment(wrap_text=True, vertical="top")


def _write(sheet: Worksheet, row: int, column: int, words: str) -> Any:  # noqa: ANN401 - a cell of a new sheet
    """Words as text whatever they begin with, so that nobody's words become a formula."""
    cell: Any = sheet.cell(row, column)
    cell.value = words
    cell.data_type = "s"
    return cell
