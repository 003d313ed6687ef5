"""Reporting periods: a year, or a half, quarter or month of it (`2021`, `2021-H1`, `2021-Q3`, `2021-09`)."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

PARTS = ("H1", "H2", "Q1", "Q2", "Q3", "Q4", *(f"{month:02}" for month in range(1, 13)))
"""The parts of a year for which figures are filed."""

_PATTERN = re.compile(r"(?P<year>(?:19|20)\d{2})(?:-(?P<part>H[12]|Q[1-4]|0[1-9]|1[0-2]))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """One reporting period; `part` is '' for the whole year, else `H1`, `Q3` or a two-digit month."""

    year: int
    part: str = ""

    def __str__(self) -> str:
        return f"{self.year}-{self.part}" if self.part else str(self.year)

    @property
    def months(self) -> range:
        """The calendar months the period covers, 1 to 12."""
        if not self.part:
            return range(1, 13)
        if self.part[0] == "H":
            first = 1 + 6 * (int(self.part[1]) - 1)
            return range(first, first + 6)
        if self.part[0] == "Q":
            first = 1 + 3 * (int(self.part[1]) - 1)
            return range(first, first + 3)
        return range(int(self.part), int(self.part) + 1)

    @property
    def parts(self) -> tuple[Period, ...]:
        """The period itself and every shorter one in it, longer ones first."""
        return _parts(self)

    def is_within(self, other: Period) -> bool:
        """Whether every month of it, if of the same year, is one of the other's."""
        return set(self.months) <= set(other.months)

    @property
    def first_day(self) -> date:
        return date(self.year, self.months[0], 1)

    @property
    def last_day(self) -> date:
        return _last_day(self.year, self.months[-1])


@lru_cache(maxsize=1024)
def _parts(period: Period) -> tuple[Period, ...]:
    every = (Period(period.year, part) for part in ("", *PARTS))
    return tuple(one for one in every if one.is_within(period))


@lru_cache(maxsize=4096)
def _last_day(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def periods_of(year: int) -> list[str]:
    """Every period of a year, the year itself first."""
    return [str(year), *(f"{year}-{part}" for part in PARTS)]


@lru_cache(maxsize=4096)
def parse_period(text: str) -> Period | None:
    """The period `text` names, or None where it names none."""
    match = _PATTERN.fullmatch(text)
    return Period(int(match["year"]), match["part"] or "") if match else None
