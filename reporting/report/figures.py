"""What a report says, as figures: its lines with what they are compared to, its targets, the cities' figures.

Figures are exact and in the catalogue's measure; percentages have 4 decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from reporting.figures import Figure, percent


@dataclass(frozen=True, slots=True)
class Change:
    """This year against last year on the same terms (同口径).

    `units` is over how many units that reported in both years, None for a figure that does not add over units. Where
    `difference` or `percent` is None, `reason` says why in Chinese.
    """

    now: Decimal | None = None
    before: Decimal | None = None
    difference: Decimal | None = None
    percent: Decimal | None = None
    units: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ProvinceFigure:
    """The province's figure of one indicator, and what it rests on; of so many units it lacks an approval."""

    indicator: str
    name: str
    measure: str
    figure: Figure
    units_expected: int
    units_reported: int
    provisional_part: Decimal | None
    narrative_part: Decimal | None
    is_inherited: bool
    is_estimate: bool
    adjustment_value: Decimal | None = None
    units_unapproved: int = 0


class Part(NamedTuple):
    """A chapter or a section of the report."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report: the province's figure of the year, how it may be said, and what it rests on.

    `wording` is how the figure is best said, empty where it may not be said; `prefix` must go before it, and `reason`
    says why either is so. `coverage` is by last year's shares. `terms` are the figures of the indicators it is made of,
    in the catalogue's order; `is_divided` where the first of several is divided by the second.
    """

    code: str
    name: str
    chapter: Part
    section: Part
    measure: str
    figure: Figure
    wording: str
    prefix: str
    reason: str
    basis: str
    units_expected: int
    units_reported: int
    units_covered: int
    coverage: Decimal | None
    terms: tuple[ProvinceFigure, ...]
    is_divided: bool
    last_year: Figure
    change: Change

    @property
    def indicators(self) -> tuple[str, ...]:
        return tuple(term.indicator for term in self.terms)


@dataclass(frozen=True, slots=True)
class Target:
    """A plan of the whole province beside what was done: in the planned year, or in the year before it.

    `plan_units` of `units_expected` units have filed a plan; 0 where the province said it for all. `percent` is the
    result in percent of the plan, None where the two cannot be compared.
    """

    name: str
    measure: str
    plan: Figure
    plan_units: int
    result: Figure
    units_expected: int
    units_reported: int

    @property
    def is_of_all(self) -> bool:
        """Whether the plan is one for the whole, to which a result of the whole may be held."""
        return self.plan_units in (0, self.units_expected)

    @property
    def percent(self) -> Decimal | None:
        if not self.is_of_all or not self.plan.is_exact or self.result.value is None:
            return None
        return percent(self.result.value, self.plan.value)

    @property
    def is_met(self) -> bool | None:
        """None where there is no plan or no result, or their bounds leave it open, or not all have planned."""
        if self.result.is_missing or self.plan.is_missing:
            return None
        least = self.plan.low if self.plan.value is None else self.plan.value
        if self.plan.low is None and self.plan.high is not None:
            return _stays_within(self.result, self.plan.high)
        if least is None:
            return None
        if self.result.high is not None and self.result.high < least:
            return False
        return True if self.is_of_all and self.result.low is not None and self.result.low >= least else None


@dataclass(frozen=True, slots=True)
class CityFigure:
    """A city's figure of one indicator; `is_complete` when each of its units has reported for itself."""

    unit: str
    name: str
    indicator: str
    figure: Figure
    units_expected: int
    units_reported: int
    change: Change

    @property
    def is_complete(self) -> bool:
        return self.units_reported == self.units_expected


@dataclass(frozen=True, slots=True)
class Province:
    """The unit that reports, and every line (in the report's order), target and city's figure of its year."""

    code: str
    name: str
    lines: tuple[Line, ...]
    targets: tuple[Target, ...]
    next_targets: tuple[Target, ...]
    cities: tuple[CityFigure, ...]


def _stays_within(result: Figure, most: Decimal) -> bool | None:
    """Whether a result stays within what a plan allows at most."""
    if result.low is not None and result.low > most:
        return False
    return True if result.high is not None and result.high <= most else None
