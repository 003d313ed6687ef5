"""The table of a check-up: as a workbook, and aligned on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO

from catalogue.check_up import CheckUp, Verdict
from ingestion.wording import plain
from kexie.table import aligned
from reporting.check_report.sentences import Marked

COLUMNS = ("序号", "原文", "位置", "读作", "已发布", "结论", "结论代码", "说明", "可写")
_WIDTHS = (6, 22, 20, 44, 22, 16, 22, 60, 30)
_PRINTED = (0, 1, 2, 5, 4, 8, 7)


def workbook(marked: Sequence[Marked], rules: CheckUp) -> bytes:
    """One row for each figure, findings tinted, with a filter."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.create_sheet("体检", 0)
    del book[book.sheetnames[1]]
    sheet.append(COLUMNS)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    tint = PatternFill("solid", fgColor="FCE4D6")
    for one in marked:
        sheet.append([_safe(value) for value in _row(one)])
        for cell in sheet[sheet.max_row]:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if one.verdict in rules.findings:
                cell.fill = tint
    for number, width in enumerate(_WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def _row(one: Marked) -> tuple[int | str, ...]:
    return (
        one.number, one.quote, one.place, one.reading, one.published, one.label, one.verdict.value, one.reason,
        one.true_phrase,
    )  # fmt: skip


def _safe(value: int | str) -> int | str:
    """Words of the draft as text: never a formula, and no character that a workbook cannot hold."""
    if isinstance(value, int):
        return value
    shown = plain(value) if not value.isprintable() else value
    return f"'{shown}" if shown.startswith(("=", "+", "-", "@")) else shown


def lines(marked: Sequence[Marked], rules: CheckUp) -> Iterator[str]:
    """The table, and under it how many of each there are."""
    rows = [[plain(str(_row(one)[index])) for index in _PRINTED] for one in marked]
    yield from aligned([COLUMNS[index] for index in _PRINTED], rows)
    yield ""
    yield summary(marked, rules)


def summary(marked: Sequence[Marked], rules: CheckUp) -> str:
    """How many figures there are, and of each verdict how many."""
    counts = Counter(one.verdict for one in marked)
    told = "，".join(f"{rules.labels[verdict]} {counts[verdict]}" for verdict in Verdict if counts[verdict])
    return f"共 {len(marked)} 处数字：{told}。" if marked else "文稿里没有数字。"
