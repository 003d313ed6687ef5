"""Which blank form a unit gets for a period, and last year's figures to fill it in beside."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ingestion.periods import Period, parse_period
from ingestion.templates import TemplateUnit
from ingestion.tree import Tree, stored
from kexie.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Connection


def addressee(connection: Connection, unit_code: str, period: str) -> tuple[TemplateUnit, Period]:
    """The unit as it was on the last day of the period that it lived, and the period.

    Raises UserError where there is no such unit or period, or the unit did not exist then.
    """
    parsed = parse_period(period)
    if parsed is None:
        raise UserError(f"'{period}' is no period; write 2021, 2021-H1, 2021-Q3 or 2021-09.")
    return described(stored(connection), unit_code, parsed), parsed


def described(tree: Tree, unit_code: str, period: Period) -> TemplateUnit:
    """The unit as it was on the last day of the period that it lived. Raises UserError where it never was then."""
    if unit_code not in tree.spans:
        raise UserError(f"There is no unit '{unit_code}'; `kexie units load` adds units.")
    lived = tree.within(unit_code, period.first_day, period.last_day)
    if not lived:
        raise UserError(f"Unit {unit_code} did not exist in {period}; choose a period in which it did.")
    last = lived[-1]
    has_subordinates = any(
        span.parent_code == unit_code and span.level != "township"
        for code in tree.spans
        for span in tree.within(code, period.first_day, period.last_day)
    )
    return TemplateUnit(unit_code, last.name, last.level, last.unit_type, has_subordinates)


def last_years_figures(connection: Connection, unit_code: str, period: Period) -> dict[str, Decimal]:
    """The unit's own figures of the whole year before, as published now: indicator to figure, in its measure.

    Empty where nothing was published of that year; an indicator without a point value is left out.
    """
    from sqlalchemy import text

    asked = {"unit": unit_code, "year": str(period.year - 1)}
    return {row.indicator_code: row.own_value for row in connection.execute(text(LAST_YEAR), asked)}


LAST_YEAR = """
    select indicator_code, own_value
    from published.indicator_values
    where unit_code = :unit and period = :year and own_value is not null
"""
