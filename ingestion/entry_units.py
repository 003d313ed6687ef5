"""Units that people enter figures in instead of the indicator's own: 12.5 万元 is 125000 元."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal

from catalogue.model import Indicator

# A figure has at most 40 digits before and after the point, and a shift by 万 must not round one of them.
_EXACT = Context(prec=60)
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class EntryUnit:
    """A unit of entry, the measure it stands for, and how many places lie between them."""

    name: str
    measure: str
    power_of_ten: int

    def to_measure(self, entered: Decimal) -> Decimal:
        """The figure in the indicator's measure, exactly."""
        return _shifted(entered, self.power_of_ten)

    def from_measure(self, value: Decimal) -> Decimal:
        """The figure as it is entered, exactly."""
        return _shifted(value, -self.power_of_ten)


def _shifted(number: Decimal, places: int) -> Decimal:
    """The number with its point moved, without zeros behind it and without an exponent."""
    shifted = _EXACT.normalize(_EXACT.scaleb(number, places))
    return _EXACT.quantize(shifted, _ONE) if shifted == shifted.to_integral_value() else shifted


TEN_THOUSAND_YUAN = EntryUnit("万元", "元", 4)
ENTRY_UNITS = {TEN_THOUSAND_YUAN.name: TEN_THOUSAND_YUAN}
"""All there are: a file cannot bring one of its own."""


def entry_unit(indicator: Indicator) -> EntryUnit | None:
    """The unit in which a form asks for the indicator, where it is not the indicator's measure."""
    return TEN_THOUSAND_YUAN if indicator.measure == TEN_THOUSAND_YUAN.measure else None
