"""What a unit sends, as rows that a fault can spoil, and the bytes of it as a workbook or a CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

from openpyxl import Workbook, load_workbook

from catalogue.load import load
from catalogue.model import Aggregation, Collect, OverTime
from ingestion.names_layout import NameRow
from ingestion.periods import Period
from ingestion.templates import TemplateUnit, write

from .provinces import YEAR, Province, Unit

COLUMNS = (
    *("unit_code", "form", "period", "indicator_code", "scope", "value"),
    *("low", "high", "state", "status", "note"),
    *NameRow._fields[1:-1],
)
NO_NAME = [""] * len(NameRow._fields[1:-1])
MOST_NAMES = 60
REASON = "两个县联合举办、各报一次的活动"


@dataclass(slots=True)
class Line:
    """One figure as it is written; `value` None is a blank, a text whatever a clerk may type."""

    code: str
    scope: str
    value: Decimal | str | None
    period: str = str(YEAR)
    unit: str = ""
    form: str = ""
    low: str = ""
    high: str = ""
    note: str = ""

    @property
    def number(self) -> Decimal:
        return self.value if isinstance(self.value, Decimal) else Decimal(0)


@dataclass(slots=True)
class Sending:
    """A unit's figures of the year in the order in which they stand, with those of the year before beside them.

    `edit` is what a clerk does to the finished workbook.
    """

    province: Province
    unit: Unit
    kind: str
    lines: list[Line]
    last: dict[str, Decimal] = field(default_factory=dict)
    names: list[NameRow] = field(default_factory=list)
    edit: Callable[[Workbook], None] | None = None

    def copy(self) -> Sending:
        lines = [copy(line) for line in self.lines]
        return Sending(self.province, self.unit, self.kind, lines, self.last, list(self.names), self.edit)

    def line(self, code: str, scope: str = "own") -> Line | None:
        return next((line for line in self.lines if line.code == code and line.scope == scope), None)

    def value(self, code: str, scope: str = "own") -> Decimal | None:
        line = self.line(code, scope)
        return line.value if line and isinstance(line.value, Decimal) else None

    def content(self) -> bytes:
        return self._csv() if self.kind == "csv" else self._workbook()

    @property
    def file_name(self) -> str:
        return f"{self.unit.code}_{YEAR}.{'csv' if self.kind == 'csv' else 'xlsx'}"

    def _csv(self) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for line in self.lines:
            if line.value is not None:
                written = f"{line.value:f}" if isinstance(line.value, Decimal) else line.value
                unit = line.unit or self.unit.code
                about = [unit, line.form, line.period, line.code, line.scope, written]
                writer.writerow([*about, line.low, line.high, "", "", line.note, *NO_NAME])
        for one in self.names:
            period = self.lines[0].period
            about = [self.unit.code, "", period, one.indicator_code, "own", ""]
            writer.writerow([*about, "", "", "", "", one.note, *one[1:-1]])
        return text.getvalue().encode()

    def _workbook(self) -> bytes:
        span = self.unit.span
        unit = TemplateUnit(span.unit_code, span.name, span.level, span.unit_type, span.level != "county")
        figures = {
            (load().indicators[line.code].form, line.code, line.scope): (line.value, line.note)
            for line in self.lines
            if line.value is not None
        }
        target = io.BytesIO()
        write(target, unit, Period(YEAR), load(), figures, names=self.names)
        return self._edited(target) if self.edit else target.getvalue()

    def _edited(self, written: io.BytesIO) -> bytes:
        workbook = load_workbook(written)
        if self.edit:
            self.edit(workbook)
        saved = io.BytesIO()
        workbook.save(saved)
        return saved.getvalue()


def sending(province: Province, unit: Unit, kind: str, *, of_last_year: bool = False) -> Sending:
    """What the unit files honestly; a workbook holds what is typed, a CSV what platforms count as well."""
    wanted = rows_of(unit.span.level, kind)
    figures = unit.last if of_last_year else unit.now
    period = str(YEAR - of_last_year)
    lines = [Line(code, "own", figures[code], period) for code in wanted if code in figures]
    if not of_last_year:
        lines += [Line(code, "jurisdiction", unit.claims[code]) for code in wanted if code in unit.claims]
        lines += [
            Line(code, "adjustment", unit.adjustments[code], note=REASON) for code in wanted if code in unit.adjustments
        ]
    return Sending(province, unit, kind, lines, unit.last, _names(province, unit, lines, YEAR - of_last_year))


def _names(province: Province, unit: Unit, lines: Iterable[Line], year: int) -> list[NameRow]:
    """The names of the short lists that a unit keeps itself; it files the numbers of the others."""
    spans = [one.span for one in province.units.values() if one.span.parent_code == unit.code]
    below = [span.unit_code for span in spans if span.valid_from.year <= year]
    found: list[NameRow] = []
    for line in lines:
        indicator = load().indicators[line.code]
        is_kept = indicator.aggregation is Aggregation.LIST and indicator.owner_level == unit.span.level
        if not is_kept or line.number > MOST_NAMES:
            continue
        year_of_title = year if indicator.over_time is OverTime.SUM else YEAR - 2
        for number in range(int(line.number)):
            located = below[number % len(below)] if below else ""
            days = (f"{year_of_title}-06-01", f"{year_of_title + 5}-05-31")
            name = f"{indicator.name_zh[:4]}{year_of_title}第{number + 1}处"
            found.append(NameRow(line.code, name, "", "", f"{year_of_title}年批", located, *days))
    return found


@cache
def rows_of(level: str, kind: str) -> tuple[str, ...]:
    """Indicators in the order of the rows."""
    kinds = (Collect.TYPED,) if kind == "workbook" else (Collect.TYPED, Collect.IMPORTED)
    return tuple(one.code for one in load().asked_of(level, "territorial") if one.collect in kinds)


def forms_in(sent: Sending) -> set[str]:
    return {load().indicators[line.code].form for line in sent.lines if line.value is not None}


def of_form(lines: Iterable[Line], form: str) -> list[Line]:
    return [line for line in lines if load().indicators[line.code].form == form]
