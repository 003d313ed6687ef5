"""What a unit sends, as rows that a fault can spoil, and the bytes of it as a workbook or a CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

from catalogue.load import load
from catalogue.model import Collect
from ingestion.periods import Period
from ingestion.templates import TemplateUnit, write

from .provinces import YEAR, Province, Unit

COLUMNS = (
    *("unit_code", "form", "period", "indicator_code", "scope", "value"),
    *("low", "high", "state", "status", "note"),
)


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

    @property
    def number(self) -> Decimal:
        return self.value if isinstance(self.value, Decimal) else Decimal(0)


@dataclass(slots=True)
class Sending:
    """A unit's figures of the year in the order in which they stand, with those of the year before beside them."""

    province: Province
    unit: Unit
    kind: str
    lines: list[Line]
    last: dict[str, Decimal] = field(default_factory=dict)
    tampered: str = ""

    def copy(self) -> Sending:
        return Sending(self.province, self.unit, self.kind, deepcopy(self.lines), self.last, self.tampered)

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
                writer.writerow(
                    [unit, line.form, line.period, line.code, line.scope, written, line.low, line.high, "", "", ""]
                )
        return text.getvalue().encode()

    def _workbook(self) -> bytes:
        span = self.unit.span
        unit = TemplateUnit(span.unit_code, span.name, span.level, span.unit_type, span.level != "county")
        figures = {
            (load().indicators[line.code].form, line.code, line.scope): (line.value, "")
            for line in self.lines
            if line.value is not None
        }
        target = io.BytesIO()
        write(target, unit, Period(YEAR), load(), figures)
        return target.getvalue()


def sending(province: Province, unit: Unit, kind: str, *, of_last_year: bool = False) -> Sending:
    """What the unit files honestly; a workbook holds what is typed, a CSV what platforms count as well."""
    wanted = rows_of(unit.span.level, kind)
    figures = unit.last if of_last_year else unit.now
    period = str(YEAR - of_last_year)
    lines = [Line(code, "own", figures[code], period) for code in wanted if code in figures]
    if not of_last_year:
        lines += [Line(code, "jurisdiction", unit.claims[code]) for code in wanted if code in unit.claims]
    return Sending(province, unit, kind, lines, unit.last)


@cache
def rows_of(level: str, kind: str) -> tuple[str, ...]:
    """Indicators in the order of the rows."""
    kinds = (Collect.TYPED,) if kind == "workbook" else (Collect.TYPED, Collect.IMPORTED)
    return tuple(one.code for one in load().asked_of(level, "territorial") if one.collect in kinds)


def forms_in(sent: Sending) -> set[str]:
    return {load().indicators[line.code].form for line in sent.lines if line.value is not None}


def of_form(lines: Iterable[Line], form: str) -> list[Line]:
    return [line for line in lines if load().indicators[line.code].form == form]
