"""The leading places of a line: what stands behind "如××市".

Only cities of which every unit has reported take part, and those named must be ahead of all others for certain: the
least of them by its lower bound above the upper bound of every city that is not. So of places with the same figure all
are named or none, and nobody is left out by the order of the codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from reporting.figures import Figure
from reporting.report.figures import CityFigure, Line

HOW_MANY = (3, 4, 5, 2, 1)
"""How many places are named, the best number first; the next is tried where others are level with the last named."""

ENDINGS = ("科学技术协会", "科协")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A city that could not be named though what is known of it would be enough."""

    name: str
    figure: Figure
    reason: str


@dataclass(frozen=True, slots=True)
class Leaders:
    """The leading places of a line, greatest first, and those that may lead and are not named.

    `unfinished` counts the other cities that took no part because a unit of theirs has not reported. `ranked` are all
    complete cities with an exact figure, greatest first.
    """

    line: Line
    places: tuple[CityFigure, ...]
    left_out: tuple[LeftOut, ...]
    unfinished: int
    ranked: tuple[CityFigure, ...]

    @property
    def named(self) -> str:
        """The names as a sentence says them: 示甲市、示乙市."""
        return "、".join(short_name(place.name) for place in self.places)


def leaders(line: Line, cities: Sequence[CityFigure]) -> Leaders:
    """The leading places of the line among all cities' figures."""
    mine = [city for city in cities if (city.indicator,) == line.indicators]
    complete = sorted((city for city in mine if city.is_complete), key=lambda city: (-_least(city), city.unit))
    named = _certain(complete)
    bar = _least(named[-1]) if named else Decimal(0)
    left_out = [city for city in mine if city not in named and _may_lead(city, bar)]
    return Leaders(
        line,
        named,
        tuple(LeftOut(city.name, city.figure, _why_not(city)) for city in left_out),
        sum(not city.is_complete for city in mine if city not in left_out),
        tuple(city for city in complete if city.figure.is_exact),
    )


def short_name(unit: str) -> str:
    """The place of an association: 示甲市 of 示甲市科协."""
    for ending in ENDINGS:
        if unit.endswith(ending):
            return unit.removesuffix(ending)
    return unit


def _certain(complete: Sequence[CityFigure]) -> tuple[CityFigure, ...]:
    """The first few, ahead of all others for certain; zero leads nobody."""
    for count in HOW_MANY:
        first, others = complete[:count], complete[count:]
        if len(first) < count or not _least(first[-1]):
            continue
        if all(_is_below(city, _least(first[-1])) or city.figure.is_missing for city in others):
            return tuple(first)
    return ()


def _is_below(city: CityFigure, bar: Decimal) -> bool:
    return city.figure.high is not None and city.figure.high < bar


def _may_lead(city: CityFigure, bar: Decimal) -> bool:
    """Whether a city that is not named has enough; of one that is not complete, by what it has so far."""
    return not city.figure.is_missing and (not _is_below(city, bar) if city.is_complete else _least(city) >= bar)


def _least(city: CityFigure) -> Decimal:
    return city.figure.low or Decimal(0)


def _why_not(city: CityFigure) -> str:
    missing = city.units_expected - city.units_reported
    if missing:
        return f"还有 {missing} 个单位未报"
    return "与别的市数相同" if city.figure.is_exact else "只有上下限"
