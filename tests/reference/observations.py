"""From submissions in landing order to what each unit filed.

Rules: "Figures"; "Files in" for the defaults of a CSV row and for narratives.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .periods import year_of
from .terms import ZERO, Reading, State, Term

Row = Mapping[str, Any]
Filed = dict[str, Reading]
"""What was filed, by period."""

Key = tuple[str, str, str]
"""Unit, indicator, scope."""

LEVELS = {"p": "province", "m": "city", "c": "county", "t": "township"}


@dataclass(frozen=True)
class Indicator:
    """A row of indicators.csv, as far as the rollup needs it."""

    code: str
    measure: str
    form: str
    aggregation: str
    over_time: str
    levels: frozenset[str]
    unit_types: frozenset[str]
    statuses: tuple[str, ...]
    numerator: str
    denominator: str
    owner_level: str
    distinct_by: str

    @property
    def has_parts(self) -> bool:
        return self.aggregation == "ratio" and bool(self.numerator and self.denominator)

    @property
    def never_adds(self) -> bool:
        return self.aggregation in ("rank", "target", "ref") or (self.aggregation == "ratio" and not self.has_parts)

    @property
    def account(self) -> Decimal:
        """The whole unit of account that a split shares in: 0.01 元, else 1."""
        return Decimal("0.01") if self.measure == "元" else Decimal(1)


def read_indicators(rows: Iterable[Mapping[str, str]]) -> dict[str, Indicator]:
    return {row["code"]: _indicator(row) for row in rows}


def _indicator(row: Mapping[str, str]) -> Indicator:
    return Indicator(
        code=row["code"],
        measure=row["unit"],
        form=row["form"],
        aggregation=row["aggregation"],
        over_time=row["over_time"],
        levels=frozenset(LEVELS[letter] for letter in _listed(row["levels"])),
        unit_types=frozenset(_listed(row["unit_types"])),
        statuses=tuple(_listed(row["statuses"])),
        numerator=row["numerator"],
        denominator=row["denominator"],
        owner_level=row["owner_level"],
        distinct_by=row["distinct_by"],
    )


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def filings(submissions: Iterable[Iterable[Row]], indicators: Mapping[str, Indicator], year: int) -> dict[Key, Filed]:
    """The figures of the year's cells by unit, indicator and scope; what counts for nothing is left out.

    A held figure (a row with a true `held`) is not reported. For over_time none or parts, only the year's own filing
    counts.
    """
    by_form, by_prose = _cells(submissions, indicators, year)
    # "Any form figure or not-applicable for the same unit, indicator, scope and year hides narrative ones."
    shown = {**by_prose, **by_form}
    counted = {key: _counted(filed, indicators[key[1]], year) for key, filed in shown.items()}
    return {key: filed for key, filed in counted.items() if filed}


def _counted(filed: Filed, indicator: Indicator, year: int) -> Filed:
    if indicator.over_time in ("none", "parts"):
        return {period: reading for period, reading in filed.items() if period == str(year)}
    return filed


def _cells(
    submissions: Iterable[Iterable[Row]], indicators: Mapping[str, Indicator], year: int
) -> tuple[dict[Key, Filed], dict[Key, Filed]]:
    """Form figures and narrative figures: for a cell, the first of the indicator's statuses that is present."""
    by_form: dict[Key, Filed] = defaultdict(dict)
    by_prose: dict[Key, Filed] = defaultdict(dict)
    for (_unit, form, period), rows in in_force(submissions, indicators).items():
        if year_of(period) != year:
            continue
        stated: dict[Key, dict[str, Reading]] = defaultdict(dict)
        for row in rows:
            reading = _reading(row, indicators[row["indicator_code"]], is_prose=form == "narrative")
            if reading is not None:
                key = (row["unit_code"], row["indicator_code"], row.get("scope") or "own")
                stated[key][_status(row, indicators[row["indicator_code"]])] = reading
        for key, by_status in stated.items():
            present = [by_status[status] for status in indicators[key[1]].statuses if status in by_status]
            if present:
                (by_prose if form == "narrative" else by_form)[key][period] = present[0]
    return by_form, by_prose


def in_force(
    submissions: Iterable[Iterable[Row]], indicators: Mapping[str, Indicator]
) -> dict[tuple[str, str, str], list[Row]]:
    """A revision replaces the earlier submission for the same (unit, form, period) whole."""
    latest: dict[tuple[str, str, str], list[Row]] = {}
    for delivery in submissions:
        delivered: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in delivery:
            form = row.get("form") or indicators[row["indicator_code"]].form
            delivered[row["unit_code"], form, str(row["period"])].append(row)
        latest |= delivered
    return latest


def _status(row: Row, indicator: Indicator) -> str:
    return str(row.get("status") or indicator.statuses[0])


def _reading(row: Row, indicator: Indicator, is_prose: bool) -> Reading | None:
    """A number or not-applicable; a blank, redacted or held row is not reported."""
    if row.get("held") or row.get("state") == "redacted":
        return None
    if row.get("state") == "not_applicable":
        return State.NOT_APPLICABLE
    value, low, high = (_text(row, column) for column in ("value", "low", "high"))
    if not (value or low or high):
        return None
    is_provisional = _status(row, indicator) == "provisional"
    point = _bound(value)
    return Term(
        value=point,
        low=_bound(low or value),
        high=_bound(high or value),
        provisional=(point or ZERO) if is_provisional else ZERO,
        narrative=(point or ZERO) if is_prose else ZERO,
        has_provisional=is_provisional,
        has_narrative=is_prose,
    )


def _text(row: Row, column: str) -> str:
    """The cell as text; an empty cell and no cell are the same, and zero is neither."""
    cell = row.get(column)
    return "" if cell is None else str(cell)


def _bound(text: str) -> Decimal | None:
    return None if text in ("", "open") else Decimal(text)
