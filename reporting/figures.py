"""A published figure as it is read: its value and bounds, its share of another, and how it is written."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

from ingestion.wording import figure

NONE = "无"
FOUR_PLACES = Decimal("0.0001")


class Figure(NamedTuple):
    """low ≤ truth ≤ high; None is an open end, or no point value; all three None where there is no figure."""

    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def is_missing(self) -> bool:
        return self.value is None and self.low is None and self.high is None

    @property
    def is_exact(self) -> bool:
        return self.value is not None and self.low == self.value == self.high

    @property
    def point(self) -> Decimal | None:
        """One number that stands for the figure where a distance is wanted."""
        if self.value is not None or self.low is None or self.high is None:
            return self.value if self.value is not None else self.low if self.low is not None else self.high
        return (self.low + self.high) / 2


MISSING = Figure()
"""What is not published."""


def exactly(value: Decimal | None) -> Figure:
    """The figure that is just this."""
    return Figure(value, value, value)


def percent(part: Decimal, whole: Decimal | None) -> Decimal | None:
    """A part in percent of a whole that is above zero, to 4 decimals, half up."""
    if not whole or whole < 0:
        return None
    exact = Context(prec=60)
    return exact.divide(part * 100, whole).quantize(FOUR_PLACES, ROUND_HALF_UP, exact)


def shown(value: Decimal | None, low: Decimal | None, high: Decimal | None) -> str:
    """The figure, or the bounds of one that is not exact; 无 for none."""
    if value is None and low is None and high is None:
        return NONE
    if value is not None and low == value == high:
        return figure(value)
    return f"{'' if low is None else figure(low)}～{'' if high is None else figure(high)}"
