"""From the catalogue to the workbook that a clerk fills in: one per unit and period, one sheet per form.

What a unit is asked first stands on its forms' sheets; where that is not all, the rest stands on one more sheet, hidden
until someone has a figure for it. The same input gives the same bytes, so that a template can be compared and kept by
its hash.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from catalogue.model import SUMMABLE, Catalogue, Collect, Form, Indicator, OverTime, Status
from ingestion.entry_units import EntryUnit, entry_unit
from ingestion.names_layout import ROWS_DRAWN, NameRow, filled, lists_of
from ingestion.periods import Period
from ingestion.template_filling import IDS, PERIOD_LINE, TITLE, UNIT_CODE, UNIT_NAME, Skeleton
from ingestion.template_pages import Page, draw
from ingestion.workbook_layout import (
    FIRST_ROW,
    Asked,
    FormPart,
    FormSheet,
    WorkbookIds,
    cell_name,
    period_line,
)
from kexie.errors import UserError

Figures = Mapping[tuple[str, str, str], tuple[Decimal | int | str, str]]
"""What to fill in: (form, indicator, scope) to (a number in the indicator's measure or the words of the cell, the note
of the row)."""

MOST_ROWS = 45
"""A unit asked for no more than so many figures sees them all at once."""

MORE = "更多指标"

DEFINED_ANEW = "口径已调整"
"""Stands in place of last year's figure where the two cannot be compared."""

_MOMENTS = {
    OverTime.LAST: "期末数（报告期最后一天的数）",
    OverTime.SUM: "本期数（报告期内发生的数）",
    OverTime.MAX: "本期数（报告期内发生的数）",
    OverTime.PARTS: "只按全年统计的数",
    OverTime.NONE: "只按全年统计的数",
}
_NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三", "十四", "十五", "十六")
_TITLE_OF_MORE = "更多指标（有数才填）"
_MORE_LIES_HIDDEN = (
    "本单位可能还有数的另外 {count} 项，在隐藏的工作表“更多指标”里："
    "在屏幕下方任一工作表标签上按鼠标右键，选“取消隐藏”，就能填写。"
)


@dataclass(frozen=True, slots=True)
class TemplateUnit:
    """The unit that a template is for; `level` and `unit_type` decide which forms and indicators it is asked."""

    code: str
    name: str
    level: str
    unit_type: str
    has_subordinates: bool


@dataclass(frozen=True, slots=True)
class _Kind:
    """What decides how a workbook is drawn. A catalogue is known by its identity, and kept alive by this."""

    level: str
    unit_type: str
    has_subordinates: bool
    unfolded: bool
    filed_as: Status | None
    defined_on: date
    catalogue: Catalogue = field(compare=False)
    catalogue_id: int


def write(
    target: str | Path | BinaryIO,
    unit: TemplateUnit,
    period: Period,
    catalogue: Catalogue,
    figures: Figures | None = None,
    last_year: Mapping[str, Decimal] | None = None,
    *,
    unfolded: bool = False,
    filed_as: Status | None = None,
    names: Sequence[NameRow] = (),
) -> None:
    """Write the workbook of one unit and period, blank or filled in.

    `last_year` holds the unit's own figures of the year before by indicator, in its measure. With `unfolded` every row
    stands on its form's sheet; `filed_as` provisional makes its figures provisional. A form in which nothing is typed
    by this kind of unit has no sheet. `names` fill the sheet 名录. Raises UserError where no form is left, or where a
    figure or a name has no cell.
    """
    kind = _kind(unit, period, catalogue, unfolded=unfolded, filed_as=filed_as)
    pages = _pages(kind)
    if not pages:
        raise UserError(f"unit {unit.code} ({unit.level}, {unit.unit_type}) fills in no form; choose another unit")
    contents = _contents(pages, figures or {})
    lists = _lists(kind)
    if names:
        contents[len(pages)] = _named(names, lists, catalogue)
    # What is filled in is never out of sight.
    shows_all = any(pages[number].is_hidden for number in contents if number < len(pages))
    skeleton = _skeleton(kind, shows_all=shows_all, shows_names=bool(names))
    _add_last_year(contents, pages, _comparable(last_year or {}, period, catalogue))
    ids = WorkbookIds(unit.code, str(period), catalogue.version, [page.sheet for page in pages], filed_as)
    words = {
        UNIT_NAME: unit.name,
        UNIT_CODE: unit.code,
        PERIOD_LINE: period_line(str(period), filed_as),
        IDS: ids.first_row(),
        TITLE: f"{unit.name} {period} 报表",
    }
    workbook = skeleton.filled(words, contents)
    if isinstance(target, str | Path):
        Path(target).write_bytes(workbook)
    else:
        target.write(workbook)


def _named(
    names: Sequence[NameRow], lists: Sequence[Indicator], catalogue: Catalogue
) -> dict[str, Decimal | int | str]:
    """What goes into which cell of the sheet of names. Raises UserError for a name that has no row there."""
    codes = {indicator.code for indicator in lists}
    unknown = next((one.indicator_code for one in names if one.indicator_code not in codes), None)
    if unknown is not None:
        raise UserError(f"this unit's workbook asks for no names of {unknown}; file them as CSV")
    if len(names) > ROWS_DRAWN:
        raise UserError(f"a workbook has room for {ROWS_DRAWN} names, not {len(names)}; file them as CSV")
    return {cell_name(row, column): words for row, column, words in filled(names, catalogue)}


def asked_cells(unit: TemplateUnit, period: Period, catalogue: Catalogue) -> set[tuple[str, str, str]]:
    """The figures for which the workbook of a unit and period has a cell: form, indicator, scope."""
    return set(_cells(_pages(_kind(unit, period, catalogue))))


def asked_lists(unit: TemplateUnit, period: Period, catalogue: Catalogue) -> set[str]:
    """The lists whose names the workbook of a unit and period has rows for."""
    return {indicator.code for indicator in _lists(_kind(unit, period, catalogue))}


def _kind(
    unit: TemplateUnit, period: Period, catalogue: Catalogue, *, unfolded: bool = False, filed_as: Status | None = None
) -> _Kind:
    return _Kind(
        *(unit.level, unit.unit_type, unit.has_subordinates, unfolded, filed_as),
        *(_defined_on(catalogue, period.last_day), catalogue, id(catalogue)),
    )


def _defined_on(catalogue: Catalogue, day: date) -> date:
    """The first day of all on which every definition is that of `day`: workbooks of one kind are drawn once."""
    days = (one.valid_from for indicator in catalogue.indicators.values() for one in indicator.definitions)
    return max((valid_from for valid_from in days if valid_from <= day), default=date.min)


@lru_cache(maxsize=64)
def _lists(kind: _Kind) -> tuple[Indicator, ...]:
    """The lists whose names a kind of unit may file in its workbook."""
    asked = kind.catalogue.asked_of(kind.level, kind.unit_type)
    return lists_of((one for one in asked if one.collect is Collect.TYPED), kind.level)


@lru_cache(maxsize=64)
def _skeleton(kind: _Kind, *, shows_all: bool, shows_names: bool) -> Skeleton:
    pages = _pages(kind)
    hidden = [] if shows_all else [page for page in pages if page.is_hidden]
    more = "".join(_MORE_LIES_HIDDEN.format(count=len(page.sheet.rows)) for page in hidden)
    shown = [replace(page, is_hidden=page in hidden) for page in pages]
    lists = _lists(kind)
    seen = {asked.code for page in shown if not page.is_hidden for asked in page.sheet.rows.values()}
    hides_names = not shows_names and not any(one.owner_level == kind.level and one.code in seen for one in lists)
    drawn = draw(shown, lists, kind.catalogue, more, kind.defined_on, kind.filed_as, hides_names=hides_names)
    return Skeleton(drawn)


@lru_cache(maxsize=64)
def _pages(kind: _Kind) -> tuple[Page, ...]:
    """The sheets of a kind of unit: one per form, and one for the rest of all forms where that is folded away."""
    asked = {
        form: [
            indicator
            for indicator in form.indicators
            if indicator.collect is Collect.TYPED and indicator.is_expected_of(kind.level, kind.unit_type)
        ]
        for form in kind.catalogue.forms.values()
    }
    if kind.unfolded or sum(map(len, asked.values())) <= MOST_ROWS:
        first, rest = asked, {}
    else:
        first = {form: [one for one in indicators if one.core] for form, indicators in asked.items()}
        rest = {form: [one for one in indicators if not one.core] for form, indicators in asked.items()}
    pages = [_form_page(form, indicators, kind) for form, indicators in first.items() if indicators]
    return (*pages, _page_of_the_rest(rest, kind)) if any(rest.values()) else tuple(pages)


def _form_page(form: Form, indicators: Sequence[Indicator], kind: _Kind) -> Page:
    themes = list(dict.fromkeys(indicator.theme for indicator in indicators))
    sections: dict[str, list[Indicator]]
    if len(themes) > 1:
        labels = kind.catalogue.codelists["themes"]
        sections = {labels[theme]: [i for i in indicators if i.theme == theme] for theme in themes}
    else:
        moments = dict.fromkeys(_MOMENTS.values())
        sections = {moment: [i for i in indicators if _MOMENTS[i.over_time] == moment] for moment in moments}
    return _page(form.title, form.title, sections, (form,), kind)


def _page_of_the_rest(rest: Mapping[Form, Sequence[Indicator]], kind: _Kind) -> Page:
    forms = tuple(form for form, indicators in rest.items() if indicators)
    sections = {f"{_part(form).mark} {form.title}": rest[form] for form in forms}
    return _page(_TITLE_OF_MORE, MORE, sections, forms, kind, is_hidden=True)


def _page(
    title: str,
    tab: str,
    sections: Mapping[str, Sequence[Indicator]],
    forms: Sequence[Form],
    kind: _Kind,
    *,
    is_hidden: bool = False,
) -> Page:
    titles: dict[int, str] = {}
    rows: dict[int, Asked] = {}
    row = FIRST_ROW
    filled = [(name, indicators) for name, indicators in sections.items() if indicators]
    for numeral, (name, indicators) in zip(_NUMERALS, filled, strict=False):
        titles[row] = f"{numeral}、{name}" if len(filled) > 1 else name
        rows |= {row + offset: _asked(indicator) for offset, indicator in enumerate(indicators, 1)}
        row += 1 + len(indicators)
    is_added = any(one.aggregation in SUMMABLE for _, indicators in filled for one in indicators)
    has_adjustment = kind.has_subordinates and is_added
    sheet = FormSheet(tab, kind.has_subordinates, tuple(map(_part, forms)), rows, has_adjustment=has_adjustment)
    return Page(title, sheet, titles, is_hidden)


def _part(form: Form) -> FormPart:
    return FormPart(form.code, form.number, form.version)


def _asked(indicator: Indicator) -> Asked:
    return Asked(indicator.form, indicator.code, entry_unit(indicator))


def _contents(pages: Sequence[Page], figures: Figures) -> dict[int, dict[str, Decimal | int | str]]:
    """What goes into which cell, by page. Raises UserError for a figure that has no cell."""
    contents: dict[int, dict[str, Decimal | int | str]] = defaultdict(dict)
    notes: dict[tuple[int, int, int], list[str]] = defaultdict(list)
    cells = _cells(pages)
    for (form, code, scope), (content, note) in figures.items():
        if (form, code, scope) not in cells:
            raise UserError(f"form {form} of this unit has no cell for indicator {code}, scope {scope}")
        number, row, column = cells[form, code, scope]
        sheet = pages[number].sheet
        contents[number][cell_name(row, column)] = _entered(content, sheet.rows[row].unit)
        beside = sheet.note_beside(scope)
        if note and note not in notes[number, row, beside]:
            notes[number, row, beside].append(note)
            contents[number][cell_name(row, beside)] = "；".join(notes[number, row, beside])
    return contents


def _cells(pages: Sequence[Page]) -> dict[tuple[str, str, str], tuple[int, int, int]]:
    """(form, indicator, scope) to page, row and column."""
    return {
        (asked.form, asked.code, scope): (number, row, column)
        for number, page in enumerate(pages)
        for row, asked in page.sheet.rows.items()
        for column, scope in page.sheet.scopes
    }


def _comparable(last_year: Mapping[str, Decimal], period: Period, catalogue: Catalogue) -> dict[str, Decimal | str]:
    """Last year's figures, with words in place of one that this year's cannot be compared with."""
    first_day = Period(period.year - 1).first_day
    return {
        code: DEFINED_ANEW
        if catalogue.breaks_between(catalogue.indicators[code], first_day, period.last_day)
        else figure
        for code, figure in last_year.items()
        if code in catalogue.indicators
    }


def _add_last_year(
    contents: dict[int, dict[str, Decimal | int | str]], pages: Sequence[Page], last_year: Mapping[str, Decimal | str]
) -> None:
    for number, page in enumerate(pages):
        for row, asked in page.sheet.rows.items():
            if asked.code in last_year:
                cell = cell_name(row, page.sheet.last_year)
                contents[number][cell] = _entered(last_year[asked.code], asked.unit)


def _entered(content: Decimal | int | str, unit: EntryUnit | None) -> Decimal | int | str:
    """A number as it is entered in the form; words stay what they are."""
    return content if unit is None or isinstance(content, str) else unit.from_measure(Decimal(content))
