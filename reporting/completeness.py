"""How complete a year is: which expected submissions have come, level by level, and who is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

NAMED_UNITS = 20
"""So many units that sent nothing are named; published.reporting_status has all."""

LEVELS = ("province", "city", "county", "township")


@dataclass(frozen=True, slots=True)
class LevelStatus:
    """One level's submissions of a year, one for each unit, form and period it owes; who is exempt owes nothing.

    `received` counts those of the whole period, held figures or not; `partial` those of some of its months.
    """

    level: str
    expected: int
    received: int
    partial: int


def completeness(engine: Engine, year: int, progress: Callable[[str], None]) -> list[LevelStatus]:
    """Count the year's submissions from the province down, and say what is missing; a gap is no error."""
    from sqlalchemy import text

    with engine.connect() as connection:
        rows = connection.execute(text(COUNTED), {"year": str(year)}).all()
        missing = connection.execute(text(MISSING), {"year": str(year)}).all()
    counted = [LevelStatus(row.unit_level, row.expected, row.received, row.partial) for row in rows]
    levels = sorted(counted, key=lambda status: LEVELS.index(status.level))
    if not levels:
        progress(f"{year}: no unit is known that owes a form, or nothing of the year has been received yet.")
    for status in levels:
        progress(
            f"{year}, {status.level}: {status.received} of {status.expected} submissions received"
            + (f", {status.partial} for a part of their period" if status.partial else "")
        )
    if missing:
        progress(f"{year}: {len(missing)} units sent nothing: {_names([row.name for row in missing])}.")
    return levels


def _names(units: list[str]) -> str:
    rest = len(units) - NAMED_UNITS
    return "、".join(units[:NAMED_UNITS]) + (f" and {rest} more, see published.reporting_status" if rest > 0 else "")


COUNTED = """
    select
        unit_level,
        count(*) as expected,
        count(*) filter (where state in ('accepted', 'held')) as received,
        count(*) filter (where state = 'partial') as partial
    from published.reporting_status
    where left(period, 4) = :year and state <> 'exempt'
    group by unit_level
"""

MISSING = """
    select unit_name || '（' || unit_code || '）' as name
    from published.reporting_status
    where left(period, 4) = :year and state <> 'exempt'
    group by unit_code, unit_name
    having count(*) filter (where state in ('missing', 'blank', 'rejected')) = count(*)
    order by unit_code
"""
