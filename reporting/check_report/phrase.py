"""What a phrase of the draft promises about the exact figure, and whether a published figure keeps the promise.

The comparison is directional: 5,003 breaks 近5000, and 2,600,000 exactly breaks 超过260万.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from catalogue.check_up import Limits
from ingestion.narrative.quantity import Qualifier, Quantity
from reporting.figures import Figure

_NUMBER = re.compile(r"(\d[\d,，]*)(?:\.(\d+))?\s*[余多来几]*\s*([百千万亿]*)")
_ZEROS = {"百": 2, "千": 3, "万": 4, "亿": 8}
_STRICTLY_ABOVE = ("超", "逾", "多于", "高于", "大于")
_ALSO_EQUAL = ("以上", "不少于", "不低于", "至少", "突破")


class Truth(StrEnum):
    """Whether a figure keeps what a phrase promises."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Phrase:
    """The numbers for which a phrase is true, and how it was rounded.

    `step` is the place value of the last digit that is not zero: 10,000 in 26万. A phrase is abbreviated where it is
    written in 万 or with decimals, and a floor where it only says what is exceeded.
    """

    base: Decimal | None
    low: Decimal | None
    high: Decimal | None
    low_is_out: bool
    high_is_out: bool
    step: Decimal
    is_hedged: bool
    is_abbreviated: bool
    is_floor: bool

    def holds(self, number: Decimal) -> bool:
        """Whether the phrase is true of an exact number."""
        above = self.low is None or number > self.low or (number == self.low and not self.low_is_out)
        below = self.high is None or number < self.high or (number == self.high and not self.high_is_out)
        return above and below

    def says_enough(self, number: Decimal, limits: Limits) -> bool:
        """Whether a true phrase also says about how much it is: 超过100万 of 2,600,000 does not."""
        if not self.is_floor or self.base is None:
            return True
        return number <= max(self.base + self.step, self.base * limits.understated)

    def is_just(self, figure: Figure, limits: Limits) -> bool:
        """Whether a phrase is true of a figure and as near to it as somebody writes who has it before them."""
        point = figure.point
        if point is None or self.truth(figure, limits) is not Truth.TRUE:
            return False
        return not self.is_floor or self.base is None or point <= self.base + self.step

    def truth(self, figure: Figure, limits: Limits) -> Truth:
        """Whether a figure keeps the promise; unknown of one whose bounds are far apart or that is missing."""
        if figure.is_missing:
            return Truth.UNKNOWN
        if self._covers(figure):
            return Truth.TRUE
        if figure.value is not None:
            return Truth.TRUE if self.holds(figure.value) else Truth.FALSE
        if not self._may_hold(figure):
            return Truth.FALSE
        return Truth.TRUE if _is_narrow(figure, limits) else Truth.UNKNOWN

    def _may_hold(self, figure: Figure) -> bool:
        return not _lies_below(figure.high, self.low, is_out=self.low_is_out) and not _lies_below(
            self.high, figure.low, is_out=self.high_is_out
        )

    def _covers(self, figure: Figure) -> bool:
        """Whether every number that a figure with bounds may be keeps the promise, edges counted in."""
        if figure.low == figure.high:
            return False
        from_below = self.low is None or (figure.low is not None and figure.low >= self.low)
        from_above = self.high is None or (figure.high is not None and figure.high <= self.high)
        return from_below and from_above

    def excludes(self, other: Phrase, limits: Limits) -> bool:
        """Whether no number keeps both promises, and both say enough of it."""
        return self._lies_below(other, limits) or other._lies_below(self, limits)

    def _lies_below(self, other: Phrase, limits: Limits) -> bool:
        high = self.high
        if high is None and self.base is not None:
            high = max(self.base + self.step, self.base * limits.understated)
        return _lies_below(high, other.low, is_out=self.high_is_out or other.low_is_out)

    def is_only_badly_rounded(self, figure: Figure, limits: Limits) -> bool:
        """Whether a phrase that is not true of the figure is still about it.

        It is where its number is what the figure becomes when its last places are left out, or one step more, and not
        far from it.
        """
        number = figure.point
        if self.base is None or number is None or number <= 0 or not self._allows_for_rounding(limits):
            return False
        distance = abs(self.base - number)
        is_next_step = distance < self.step and distance <= number * limits.rounding_step
        return is_next_step or distance <= number * limits.rounding_distance

    def _allows_for_rounding(self, limits: Limits) -> bool:
        """Whether the words themselves say that they are not exact: by a hedge, 万, decimals, or zeros at the end."""
        if self.base is None or self.is_hedged or self.is_abbreviated:
            return True
        return self.step > 1 and self.base >= limits.rounded_from

    @property
    def width(self) -> Decimal | None:
        """How far apart the numbers are for which it is true, beside its own; None where it has no number."""
        if not self.base:
            return None
        low = self.base - self.step if self.low is None else self.low
        high = self.base + self.step if self.high is None else self.high
        return (high - low) / self.base


def _lies_below(number: Decimal | None, other: Decimal | None, *, is_out: bool) -> bool:
    """Whether one end is below the other; at the same place it is where that place is left out."""
    if number is None or other is None:
        return False
    return number < other or (number == other and is_out)


def _is_narrow(figure: Figure, limits: Limits) -> bool:
    return figure.low is not None and figure.high is not None and figure.high <= figure.low * limits.vague


def phrase_of(quantity: Quantity, limits: Limits) -> Phrase:
    """What the words of a quantity promise, read as widely as people write."""
    written, step, is_abbreviated = _places(quantity)
    base, low, high = quantity.value, quantity.low, quantity.high
    low_is_out = high_is_out = False
    match quantity.qualifier:
        case Qualifier.EXACT if base is not None:
            half = written / 2
            # A rate is as often cut off as it is rounded: 91.9 % of 91.97.
            high = base + written if quantity.measure == "%" else max(base + half, high or base)
            low = min(base - half, low or base)
            high_is_out = True
        case Qualifier.APPROX if base is not None:
            low_is_out = low == base
            # 910万余 is said of 9,114,795, too.
            high, high_is_out = max(base + step, base if high is None else high + 1), True
        case Qualifier.AT_LEAST:
            low_is_out = _is_strict(quantity.quote)
        case Qualifier.NEARLY if base is not None:
            low, high_is_out = min(base * limits.nearly, base if low is None else low), True
        case _:
            pass
    return Phrase(
        base, low, high, low_is_out, high_is_out, step,
        is_hedged=quantity.qualifier is not Qualifier.EXACT,
        is_abbreviated=is_abbreviated,
        is_floor=quantity.qualifier is Qualifier.AT_LEAST,
    )  # fmt: skip


def _is_strict(quote: str) -> bool:
    return any(word in quote for word in _STRICTLY_ABOVE) and not any(word in quote for word in _ALSO_EQUAL)


def _places(quantity: Quantity) -> tuple[Decimal, Decimal, bool]:
    """The place values of the last digit written and of the last that is not zero, and whether it is abbreviated."""
    base = quantity.value or Decimal(0)
    written = _NUMBER.search(quantity.quote)
    # A Chinese numeral, or a number that its measure turned into another, is told by its value.
    if written is None or not base:
        return Decimal(1), _step(base), False
    digits, decimals, zeros = written[1], written[2] or "", sum(_ZEROS[sign] for sign in written[3])
    exponent = zeros - len(decimals)
    number = Decimal(re.sub("[,，]", "", digits) + decimals).scaleb(exponent)
    # 万元 and the like: the measure holds the rest of the zeros.
    rest = (base / number).normalize() if number else Decimal(1)
    place = Decimal(1).scaleb(exponent) * rest
    return place, max(_step(base), place), bool(zeros or decimals or rest > 1)


def _step(base: Decimal) -> Decimal:
    """The place value of the last digit that is not zero."""
    exponent = base.normalize().as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(1)
