"""A figure as it is filed, and the CSV that carries it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ingestion.names_layout import NameRow

CSV_HEADER = (
    *("unit_code", "form", "period", "indicator_code", "scope"),
    *("value", "low", "high", "state", "status", "note"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one unit and period. For a number, a bound None is open; an empty status is the usual one."""

    unit: str
    period: str
    indicator: str
    scope: str
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    state: str = ""
    status: str = ""
    note: str = ""


def exact(unit: str, period: str, indicator: str, value: Decimal | int, scope: str = "own", note: str = "") -> Row:
    """A figure known exactly."""
    amount = Decimal(value)
    return Row(unit, period, indicator, scope, amount, amount, amount, note=note)


def to_csv(
    rows: Sequence[Row], form_of: Callable[[str], str], encoding: str = "utf-8", names: Sequence[NameRow] = ()
) -> bytes:
    """The rows as a CSV file; bounds are written where they differ from the value. Names are the first row's unit's."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    of_names = [field for field in NameRow._fields if field not in CSV_HEADER] if names else []
    writer.writerow((*CSV_HEADER, *of_names))
    for row in rows:
        figures = ("", "", "") if row.state else _figures(row)
        place = (row.unit, form_of(row.indicator), row.period, row.indicator, row.scope)
        writer.writerow((*place, *figures, row.state, row.status, row.note, *("" for _ in of_names)))
    for name in names:
        place = (rows[0].unit, form_of(name.indicator_code), rows[0].period, name.indicator_code, "own")
        writer.writerow((*place, "", "", "", "", "", name.note, *(getattr(name, field) for field in of_names)))
    return text.getvalue().encode(encoding)


def _figures(row: Row) -> tuple[str, str, str]:
    if row.value is not None and row.low == row.high == row.value:
        return f"{row.value:f}", "", ""
    return _bound(row.value, ""), _bound(row.low, "open"), _bound(row.high, "open")


def _bound(bound: Decimal | None, otherwise: str) -> str:
    return otherwise if bound is None else f"{bound:f}"
