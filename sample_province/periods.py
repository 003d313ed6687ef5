"""Who files how often, and how a year's figure is spread over the parts of the year."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from random import Random

from catalogue.model import OverTime
from sample_province import cast
from sample_province.units import province

QUARTERS = ("Q1", "Q2", "Q3", "Q4")


@cache
def filed_by(unit: str, year: int) -> tuple[str, ...]:
    """The periods a unit files in a year, in order. The figure of a whole year wins over those of its parts."""
    return tuple(f"{year}-{part}" if part else str(year) for part in _parts(unit, year))


def _parts(unit: str, year: int) -> tuple[str, ...]:
    tree = province()
    if unit in tree.merged:
        return QUARTERS if year == 2020 else QUARTERS[:2]
    if unit == tree.new_district:
        return QUARTERS[2:]
    free = cast.counties_without_part()
    if unit not in free:
        return ("",)
    rank = free.index(unit)
    if rank < cast.QUARTERS_ONLY:
        return QUARTERS
    if rank < cast.QUARTERS_ONLY + cast.QUARTERS_AND_YEAR:
        return (*QUARTERS[:3], "")
    return ("H1", "")


def spread(figure: Decimal, before: Decimal, over_time: OverTime, steps: int, chance: Random) -> list[Decimal] | None:
    """The figures of `steps` equal parts of the year; None where only the whole year's counts.

    A sum is shared out, a last reading grows from last year's, and the greatest stands in one of the parts.
    """
    if over_time is OverTime.SUM:
        return _shares(figure, steps, chance)
    if over_time is OverTime.LAST:
        return [before + ((figure - before) * step / steps).quantize(Decimal(1)) for step in range(1, steps + 1)]
    if over_time is OverTime.MAX:
        top = chance.randrange(steps)
        return [figure if step == top else (figure * 9 / 10).quantize(Decimal(1)) for step in range(steps)]
    return None


def _shares(total: Decimal, steps: int, chance: Random) -> list[Decimal]:
    """Whole shares of about the same size; what rounding leaves goes to the last."""
    weights = [chance.randint(70, 130) for _ in range(steps)]
    shares = [Decimal(int(total) * weight // sum(weights)) for weight in weights[:-1]]
    return [*shares, total - sum(shares)]
