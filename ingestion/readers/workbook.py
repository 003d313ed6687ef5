"""Read a filled-in template. It is recognised by its hidden ids; every cell that is not where it was is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from functools import lru_cache
from io import BytesIO
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]
from python_calamine import CalamineError, CalamineWorkbook

from catalogue.model import Catalogue
from ingestion import name_lists
from ingestion.names_layout import FIRST_ROW as FIRST_ROW_OF_NAMES
from ingestion.names_layout import HEADERS, NAMES_SHEET, NamesSheet
from ingestion.observations import FileContent, Place, Problem, Reading
from ingestion.package import Package
from ingestion.readers.figures import (
    FORMULA_ERROR,
    NUMBER,
    UNREADABLE,
    Figure,
    clipped,
    figure_in,
)
from ingestion.readers.names import names_in
from ingestion.readers.sheet_markup import formulas_without_result, is_blank, merged_cells
from ingestion.refusal import Refusal
from ingestion.rest_is_zero import NOT_TICKED, TICKED, covers
from ingestion.workbook_layout import (
    CODE,
    IDS_SHEET,
    RECEIPT_SHEET,
    Asked,
    FormSheet,
    WorkbookIds,
    cell_name,
    ids_from_rows,
)

Cell = int | float | str | bool | time | date | timedelta
Rows = Sequence[Sequence[Cell]]

_MOST_STRAYS_NAMED = 50
_MOST_TEXT = 1_000_000_000
_DIGITS_KEPT_BY_SPREADSHEETS = 15
_OFFICE_RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATIONSHIP = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


def read(data: bytes, package: Package, catalogue: Catalogue, unpacked_megabytes: int) -> FileContent:
    """All that stands in a workbook. Raises Refusal where the file as a whole cannot be read."""
    book = _Book(data, package, unpacked_megabytes)
    ids = ids_from_rows(book.read(IDS_SHEET).rows) if IDS_SHEET in book.sheets else None
    if ids is None:
        raise Refusal("WORKBOOK_NOT_RECOGNISED")
    versions = {part.version for sheet in ids.sheets for part in sheet.forms}
    content = FileContent("workbook", form_version=",".join(sorted(versions)))
    unclaimed = dict.fromkeys(name for name in book.sheets if name not in (IDS_SHEET, RECEIPT_SHEET))
    _read_names(ids, book, unclaimed, catalogue, content)
    filed: dict[str, None] = {}
    known: set[str] = set()
    missing: list[FormSheet] = []
    for sheet in ids.sheets:
        # A form's first sheet files it, blank or not; the sheet with its other rows does where it holds a figure.
        own = [part.form for part in sheet.forms if part.form not in known]
        known.update(own)
        name = _find(sheet.sheet, ids.fixed_cells(sheet), ids, book, unclaimed)
        if name is None:
            missing.append(sheet)
            continue
        unclaimed.pop(name, None)
        read_before = len(content.readings)
        _read_form(sheet, name, ids, book, catalogue, content)
        filed |= dict.fromkeys([*own, *(reading.form for reading in content.readings[read_before:])])
    filed |= dict.fromkeys(one.form for one in content.names)
    content.filed = [(ids.unit_code, form, ids.period) for form in filed]
    name_lists.add_counts(content, catalogue)
    for sheet in missing:
        is_filed = any(part.form in filed for part in sheet.forms)
        code = "SHEET_MISSING_OF_FILED" if is_filed else "SHEET_MISSING"
        content.problems.append(Problem(code, Place(), {"form_title": sheet.sheet}))
    content.problems += [
        Problem("SHEET_NOT_RECOGNISED", Place(sheet=name), {"sheet": name})
        for name in unclaimed
        if not book.is_blank(name)
    ]
    return content


class _Cells(NamedTuple):
    """The cells of a sheet; formulas without a result are '' in `rows`, and told by 0-based (row, column) beside."""

    rows: Rows
    without_result: Mapping[tuple[int, int], str]


class _Book:
    """The sheets of a workbook: their cells as calamine reads them, and their markup for what it does not tell."""

    def __init__(self, data: bytes, package: Package, unpacked_megabytes: int) -> None:
        parts = package.markup()
        self.sheets = _sheet_markup(parts)
        self._shared = parts.get("xl/sharedstrings.xml", b"")
        self._limit = unpacked_megabytes
        try:
            self._calamine = CalamineWorkbook.from_filelike(BytesIO(data))
        except CalamineError as error:
            raise Refusal("FILE_UNREADABLE") from error

    def read(self, name: str) -> _Cells:
        """The cells of a sheet from A1 on. Raises Refusal where they would take too much memory."""
        without_result = formulas_without_result(self.sheets[name], name)
        self._refuse_repeated_text(self.sheets[name])
        try:
            return _Cells(self._calamine.get_sheet_by_name(name).to_python(skip_empty_area=False), without_result)
        except CalamineError as error:
            raise Refusal("FILE_UNREADABLE") from error

    def merged(self, name: str) -> Iterator[tuple[int, int, int, int]]:
        """The merged ranges of a sheet: first row and column, last row and column."""
        return merged_cells(self.sheets[name])

    def is_blank(self, name: str) -> bool:
        return is_blank(self.sheets[name])

    def _refuse_repeated_text(self, markup: bytes) -> None:
        """A long shared text that many cells point to stands once in the file, but once per cell in memory."""
        if len(markup) * len(self._shared) < _MOST_TEXT:
            return
        uses = markup.count(b't="s"') + markup.count(b"t='s'")
        if uses * max(map(len, self._shared.split(b"</si>"))) > _MOST_TEXT:
            raise Refusal("FILE_EXPANDS_TOO_FAR", limit=str(self._limit))


def _sheet_markup(parts: Mapping[str, bytes]) -> dict[str, bytes]:
    """The markup of each sheet by its title, in the order of the tabs."""
    try:
        sheets = _sheet_parts(parts["xl/workbook.xml"], parts["xl/_rels/workbook.xml.rels"])
    except (KeyError, ParseError, DefusedXmlException) as error:
        raise Refusal("FILE_UNREADABLE") from error
    if len({name for name, _ in sheets}) < len(sheets):
        raise Refusal("FILE_UNREADABLE")
    return {name: parts[part] for name, part in sheets if part in parts}


# The workbooks of one kind of unit share these two parts byte for byte until a clerk adds a sheet.
@lru_cache(maxsize=64)
def _sheet_parts(workbook: bytes, relations: bytes) -> list[tuple[str, str]]:
    """The title and the part's name of each sheet."""
    targets = {relation.get("Id"): _part_name(relation.get("Target", "")) for relation in fromstring(relations)}
    return [(sheet.get("name", ""), targets[_relation(sheet)]) for sheet in _sheets(fromstring(workbook))]


def _sheets(book: Element) -> Iterator[Element]:
    return (element for element in book.iter() if str(element.tag).rpartition("}")[2] == "sheet")


def _relation(sheet: Element) -> str | None:
    return sheet.get(_OFFICE_RELATIONSHIP) or sheet.get(_STRICT_RELATIONSHIP)


def _part_name(target: str) -> str:
    target = target.lower()
    if target.startswith("/"):
        return target[1:]
    return target if target.startswith("xl/") else f"xl/{target}"


def _read_names(
    ids: WorkbookIds, book: _Book, unclaimed: dict[str, None], catalogue: Catalogue, content: FileContent
) -> None:
    """Read the sheet of names, where the workbook was written with one."""
    if ids.names is None:
        return
    fixed = ids.fixed_cells_of_names()
    tab = _find(NAMES_SHEET, fixed, ids, book, unclaimed)
    if tab is None:
        content.problems.append(Problem("SHEET_MISSING", Place(), {"form_title": NAMES_SHEET}))
        return
    unclaimed.pop(tab)
    rows, without_result = book.read(tab)
    if moved := _misplaced(rows, fixed):
        content.problems.append(_layout_changed(tab, moved))
        return
    for found in names_in(rows, without_result, tab, ids, catalogue):
        if isinstance(found, Problem):
            content.problems.append(found)
        else:
            content.names.append(found)
    name_lists.refuse_too_many(content.names, catalogue)
    content.problems += _told(tab, _strays_of_names(ids.names, rows, without_result))


def _strays_of_names(
    sheet: NamesSheet, rows: Rows, without_result: Mapping[tuple[int, int], str]
) -> list[tuple[int, int, str]]:
    """What was written beside the table of names, as (row, column, words)."""
    written = [(row, column) for row, cells in enumerate(rows) for column, one in enumerate(cells) if _is_written(one)]
    found = [(*at, _as_typed(rows[at[0]][at[1]])) for at in written] + [
        (*at, raw) for at, raw in without_result.items()
    ]
    return [
        (row, column, raw)
        for row, column, raw in found
        if not sheet.is_printed(row, column) and not (row >= FIRST_ROW_OF_NAMES and column < len(HEADERS))
    ]


def _find(
    title: str, fixed: Mapping[tuple[int, int], str], ids: WorkbookIds, book: _Book, unclaimed: Mapping[str, None]
) -> str | None:
    """The title of the tab that holds a sheet: its own, or that of a tab renamed by the clerk."""
    if title in unclaimed:
        return title
    titles = {NAMES_SHEET, *(other.sheet for other in ids.sheets)}
    renamed = (name for name in unclaimed if name not in titles and not book.is_blank(name))
    return next((name for name in renamed if _misplaced(book.read(name).rows, fixed) is None), None)


def _misplaced(rows: Rows, expected: Mapping[tuple[int, int], str]) -> tuple[tuple[int, int], str, str] | None:
    """The first cell that does not hold what it must: (row, column), what it holds, what it should hold."""
    width = len(rows[0]) if rows else 0
    height = len(rows)
    for at, text in expected.items():
        row, column = at
        found = rows[row][column] if row < height and column < width else ""
        if found != text and str(found).strip() != text:
            return at, str(found), text
    return None


def _read_form(
    sheet: FormSheet, name: str, ids: WorkbookIds, book: _Book, catalogue: Catalogue, content: FileContent
) -> None:
    outdated = set()
    for part in sheet.forms:
        form = catalogue.forms.get(part.form)
        if form and form.version != part.version:
            outdated.add(part.form)
            details = {"form_title": form.title, "found": part.version, "expected": form.version}
            content.problems.append(Problem("FORM_VERSION_WRONG", Place(sheet=name), details))
    if len(outdated) == len(sheet.forms):
        return
    cells = book.read(name)
    asked = {row: _believed(asked, catalogue) for row, asked in sheet.rows.items()}
    if moved := _misplaced(cells.rows, _expected(sheet, asked, ids, catalogue)):
        content.problems.append(_layout_changed(name, moved))
        return
    current = {row: one for row, one in asked.items() if one.form not in outdated} if outdated else asked
    statuses = _statuses(ids, current, catalogue)
    named = {one.indicator_code for one in content.names}
    reader = _SheetReader(sheet, name, ids, cells, current, statuses, named)
    content.readings += reader.readings()
    content.blank += reader.blank()
    if sheet.tick_row is not None:
        _take_tick(reader, catalogue, content)
    content.problems += _strays(sheet, name, *cells)
    content.problems += _merged(sheet, name, book.merged(name))


def _merged(sheet: FormSheet, name: str, ranges: Iterable[tuple[int, int, int, int]]) -> Iterator[Problem]:
    """Cells for figures that a clerk made one: what the number in them is of, nobody can tell."""
    for first_row, first, last_row, last in ranges:
        rows = [row for row in sheet.rows if first_row <= row <= last_row]
        columns = [column for column, _ in sheet.scopes if first <= column <= last]
        if len(rows) * len(columns) > 1:
            cells = f"{cell_name(first_row, first)}:{cell_name(last_row, last)}"
            yield Problem("CELLS_MERGED", Place(name, cell_name(rows[0], columns[0])), {"cells": cells})


def _layout_changed(tab: str, moved: tuple[tuple[int, int], str, str]) -> Problem:
    (row, column), found, text = moved
    details = {"sheet": tab, "found": clipped(found), "expected": text}
    return Problem("FORM_LAYOUT_CHANGED", Place(tab, cell_name(row, column)), details)


def _statuses(ids: WorkbookIds, asked: Mapping[int, Asked], catalogue: Catalogue) -> dict[str, str]:
    """Indicator to the status that the workbook gives its figures; none where it leaves that to the catalogue."""
    if ids.filed_as is None:
        return {}
    known = (catalogue.indicators.get(one.code) for one in asked.values())
    return {indicator.code: indicator.status_as(ids.filed_as) for indicator in known if indicator}


def _believed(asked: Asked, catalogue: Catalogue) -> Asked:
    """A unit of entry is taken from the file only where it is one of the catalogue's measure."""
    if asked.unit is None:
        return asked
    indicator = catalogue.indicators.get(asked.code)
    return asked if indicator and indicator.measure == asked.unit.measure else asked._replace(unit=None)


def _expected(
    sheet: FormSheet, asked: Mapping[int, Asked], ids: WorkbookIds, catalogue: Catalogue
) -> dict[tuple[int, int], str]:
    """What must stand in a sheet for its figures to be those of its rows, in their unit."""
    expected, indicators, measure = ids.fixed_cells(sheet), catalogue.indicators, sheet.measure
    for row, (_, code, unit) in asked.items():
        expected[row, CODE] = code
        if code in indicators:
            expected[row, measure] = unit.name if unit else indicators[code].measure
    return expected


class _SheetReader:
    """The figures of a sheet in which everything is where it was."""

    def __init__(
        self,
        sheet: FormSheet,
        name: str,
        ids: WorkbookIds,
        cells: _Cells,
        asked: Mapping[int, Asked],
        statuses: Mapping[str, str],
        named: Collection[str],
    ) -> None:
        self._sheet, self.name, self._ids, self._cells = sheet, name, ids, cells
        self.asked, self._statuses, self._named = asked, statuses, named

    def readings(self) -> Iterator[Reading]:
        """One for each cell that is not blank."""
        rows, without_result = self._cells
        scopes = [(column, scope, self._sheet.note_beside(scope)) for column, scope in self._sheet.scopes]
        unit_code, period, name, statuses = self._ids.unit_code, self._ids.period, self.name, self._statuses
        for row, (form, code, unit) in self.asked.items():
            cells = rows[row]
            for column, scope, note_column in scopes:
                content = cells[column]
                if content == "":
                    raw = without_result.get((row, column), "")
                    figure = Figure(FORMULA_ERROR) if raw else None
                else:
                    figure, raw = _figure(content)
                if figure is None:
                    continue
                state, value = figure
                entered_in = ""
                if unit:
                    entered_in = unit.name
                    if value is not None:
                        value, raw = unit.to_measure(value), f"{raw}{unit.name}"
                place = Place(name, cell_name(row, column))
                note, status = _note(cells[note_column]), statuses.get(code, "")
                yield Reading(
                    unit_code, form, period, code, scope, status, state, value, value, value, note, raw, place,
                    entered_in,
                )  # fmt: skip

    def blank(self) -> Iterator[tuple[str, str, Place]]:
        """The cells for own figures in which nothing stands, of the rows that are shown at once."""
        rows, own = self._cells.rows, self._sheet.own
        for row, (form, code, _) in self.asked.items() if len(self._sheet.forms) == 1 else ():
            if rows[row][own] == "" and code not in self._named:
                yield form, code, Place(self.name, cell_name(row, own))

    def tick(self) -> tuple[str, str]:
        """What stands where 其余为0 is ticked, and the name of that cell."""
        row, column = self._sheet.last_row + 1, self._sheet.own
        rows, without_result = self._cells
        content = rows[row][column] if row < len(rows) else ""
        typed = _as_typed(content).strip() or without_result.get((row, column), "")
        return typed, cell_name(row, column)

    def rows_without_own(self) -> Iterator[tuple[int, Asked, bool]]:
        """The rows without a figure of the unit's own, and whether nothing else stands there: no claim and no note.

        A list whose names are filed has its figure by them.
        """
        rows, without_result = self._cells
        (own, _), *claims = self._sheet.scopes
        others = [column for column, _ in claims] + [self._sheet.note_column]
        for row, asked in self.asked.items():
            cells = rows[row]
            if asked.code not in self._named and not _is_written(cells[own]) and (row, own) not in without_result:
                yield row, asked, not any(_is_written(cells[at]) or (row, at) in without_result for at in others)

    def zero(self, row: int, asked: Asked, tick: str) -> Reading:
        """The zero that the tick makes of a blank row."""
        zero, sheet, ids = Decimal(0), self._sheet, self._ids
        note = f"按“其余为0”（{tick}）记为 0"
        return Reading(
            ids.unit_code, asked.form, ids.period, asked.code, "own", self._statuses.get(asked.code, ""), NUMBER,
            zero, zero, zero, note, "",
            Place(self.name, cell_name(row, sheet.own)), asked.unit.name if asked.unit else "", tick,
        )  # fmt: skip


def _take_tick(reader: _SheetReader, catalogue: Catalogue, content: FileContent) -> None:
    """Where 其余为0 is ticked, make zeros of the blank rows it covers, and name those that stay not reported."""
    ticked, cell = reader.tick()
    if ticked in ("", NOT_TICKED):
        return
    place = Place(reader.name, cell)
    if ticked != TICKED:
        content.problems.append(Problem("REST_IS_ZERO_UNREADABLE", place, {"raw": clipped(ticked)}))
        return
    left: dict[str, list[str]] = {"REST_IS_NOT_ZERO": [], "REST_IS_NOT_BLANK": []}
    for row, asked, is_empty in reader.rows_without_own():
        indicator = catalogue.indicators.get(asked.code)
        if indicator is None:
            continue
        if not is_empty:
            left["REST_IS_NOT_BLANK"].append(indicator.name_zh)
        elif covers(indicator):
            content.readings.append(reader.zero(row, asked, cell))
        else:
            left["REST_IS_NOT_ZERO"].append(indicator.name_zh)
    content.problems += [
        Problem(code, place, {"indicator_names": "、".join(names)}) for code, names in left.items() if names
    ]


def _figure(content: Cell) -> tuple[Figure | None, str]:
    if isinstance(content, str):
        return figure_in(content), clipped(content.strip())
    if isinstance(content, bool):
        return Figure(UNREADABLE), str(content).upper()
    if isinstance(content, int | float):
        return _number(content)
    return Figure(UNREADABLE), str(content)


# Figures are mostly small, and the same again and again; typed, because 1.0 and True equal 1.
@lru_cache(maxsize=4096, typed=True)
def _number(content: float) -> tuple[Figure, str]:
    value = _exact(content)
    return (Figure(NUMBER, value), f"{value:f}") if value is not None else (Figure(UNREADABLE), str(content))


def _exact(number: float) -> Decimal | None:
    """The decimal that was typed: a spreadsheet keeps 15 digits, beyond them lies the dust of binary arithmetic."""
    if abs(number) < 1e15 and number == int(number):
        return Decimal(int(number))
    exact = Decimal(f"{number:.{_DIGITS_KEPT_BY_SPREADSHEETS}g}")
    return exact if exact.is_finite() and abs(exact.adjusted()) < 30 else None


def _note(content: Cell) -> str:
    if content == "":
        return ""
    figure, raw = _figure(content)
    return raw if figure and figure.state == NUMBER else str(content).strip()


def _strays(sheet: FormSheet, name: str, rows: Rows, without_result: Mapping[tuple[int, int], str]) -> list[Problem]:
    """What a clerk wrote beside the cells of the form: never read, never passed over in silence."""
    found = [(row, column, _as_typed(rows[row][column])) for row, column in _stray_cells(sheet, rows)]
    inputs = {column for column, _ in sheet.scopes}
    found += [
        (*at, raw)
        for at, raw in without_result.items()
        if at not in sheet.printed and (at[0] not in sheet.rows or at[1] not in inputs)
    ]
    return _told(name, found)


def _told(name: str, found: Sequence[tuple[int, int, str]]) -> list[Problem]:
    """A problem for each stray, as (row, column, words); of very many the number."""
    named = [_stray(name, cell_name(row, column), raw) for row, column, raw in found[:_MOST_STRAYS_NAMED]]
    if len(found) > _MOST_STRAYS_NAMED:
        named.append(_stray(name, "", f"……等另外 {len(found) - _MOST_STRAYS_NAMED} 处内容"))
    return named


def _as_typed(content: Cell) -> str:
    """A cell's content as a clerk knows it: a spreadsheet keeps 55 as 55.0."""
    return str(int(content)) if isinstance(content, float) and content.is_integer() else str(content)


def _stray(sheet: str, cell: str, raw: str) -> Problem:
    return Problem("CELL_OUTSIDE_FORM", Place(sheet, cell), {"raw": clipped(raw.strip())})


def _stray_cells(sheet: FormSheet, rows: Rows) -> Iterator[tuple[int, int]]:
    width, note, printed = len(sheet.headers), sheet.note_column, sheet.printed
    for row, cells in enumerate(rows):
        first = 0
        if row in sheet.rows:
            first = width
            if cells[note] != "" and _is_figure_among_notes(cells, sheet):
                yield row, note
            if sheet.has_adjustment and _is_written(cells[note + 2]) and not _is_written(cells[note + 1]):
                yield row, note + 2
        for column in range(first, len(cells)):
            if cells[column] != "" and (row, column) not in printed and _is_written(cells[column]):
                yield row, column


def _is_figure_among_notes(cells: Sequence[Cell], sheet: FormSheet) -> bool:
    """A number under 说明 in a row without any figure was meant as one."""
    if any(_is_written(cells[column]) for column, _ in sheet.scopes):
        return False
    figure, _ = _figure(cells[sheet.note_column])
    return figure is not None and figure.state == NUMBER


def _is_written(content: Cell) -> bool:
    return bool(content.strip()) if isinstance(content, str) else True
