"""Read the sheet 名录 of a workbook: one name of a list each row, and what was written beside is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from catalogue.model import Catalogue
from ingestion.names_layout import FIRST_ROW, HEADERS, NameRow, NamesSheet, code_of
from ingestion.observations import ListedName, Place, Problem
from ingestion.readers.figures import clipped
from ingestion.workbook_layout import WorkbookIds, cell_name

Cell = int | float | str | bool | time | date | timedelta

_INDICATOR, _NAME = NameRow._fields.index("indicator_code"), NameRow._fields.index("name")


def names_in(
    rows: Sequence[Sequence[Cell]],
    without_result: Mapping[tuple[int, int], str],
    tab: str,
    ids: WorkbookIds,
    catalogue: Catalogue,
) -> Iterator[ListedName | Problem]:
    """The names of a sheet in which everything is where it was, in the order of its rows."""
    width = len(HEADERS)
    broken = {row: (column, raw) for (row, column), raw in reversed(list(without_result.items())) if column < width}
    for row in range(FIRST_ROW, max(len(rows), *(row + 1 for row in broken), FIRST_ROW)):
        cells = rows[row] if row < len(rows) else ()
        words = [_words(content) for content in cells[:width]] + [""] * (width - len(cells[:width]))
        if row in broken:
            column, raw = broken[row]
            yield _problem("NAME_UNREADABLE", tab, row, column, ids, _form_of(ids, catalogue), raw=clipped(raw))
        elif any(words):
            yield _name(NameRow(*words), row, tab, ids, catalogue)


def _name(written: NameRow, row: int, tab: str, ids: WorkbookIds, catalogue: Catalogue) -> ListedName | Problem:
    code = code_of(written.indicator_code, catalogue)
    form = catalogue.indicators[code].form if code else _form_of(ids, catalogue)
    if not written.name:
        return _problem("NAME_BLANK", tab, row, _NAME, ids, form)
    if not code:
        details = {"name": clipped(written.name), "raw": clipped(written.indicator_code)}
        return _problem("NAME_LIST_UNKNOWN", tab, row, _INDICATOR, ids, form, **details)
    status = catalogue.indicators[code].status_as(ids.filed_as) if ids.filed_as else ""
    place = Place(tab, cell_name(row, _NAME))
    return ListedName(ids.unit_code, form, ids.period, code, "own", status, *written[1:], place)


def _form_of(ids: WorkbookIds, catalogue: Catalogue) -> str:
    """The form of a name whose list nobody knows, where all lists of the sheet are of one; else it may be any."""
    sheet = ids.names or NamesSheet(())
    forms = {catalogue.indicators[code].form for code in sheet.codes if code in catalogue.indicators}
    return forms.pop() if len(forms) == 1 else ""


def _problem(code: str, tab: str, row: int, column: int, ids: WorkbookIds, form: str, **details: str) -> Problem:
    """A problem of a row, which names the submission that it spoils."""
    submission = {"unit_code": ids.unit_code, "form": form, "period": ids.period}
    return Problem(code, Place(tab, cell_name(row, column)), submission | details)


def _words(content: Cell) -> str:
    """A cell's content as words: a spreadsheet keeps the year 2021 as 2021.0, and a day as a date."""
    if isinstance(content, datetime):
        content = content.date()
    if isinstance(content, float) and content.is_integer():
        content = int(content)
    return str(content).strip()
