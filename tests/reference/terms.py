"""What is added: a number with its bounds and what it rests on, or a plain "not applicable".

Rule, "Figures": `low ≤ truth ≤ high`; an open end is null; not-applicable, zero and absent are never mixed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

ZERO = Decimal(0)


class Bounds(NamedTuple):
    """A figure as shown: exact decimals in the indicator's unit of measure; None = no point value, or an open end."""

    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True)
class Term:
    """A number that can be added.

    `provisional` and `narrative` are the parts of `value` that rest on provisional figures and on prose only (for kinds
    that sum); the `has_` flags say whether any such figure flowed in (for kinds that do not). `adjusted` is the part
    that rests on adjustments, None where there are none.
    """

    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    provisional: Decimal = ZERO
    narrative: Decimal = ZERO
    has_provisional: bool = False
    has_narrative: bool = False
    is_inherited: bool = False
    is_estimate: bool = False
    adjusted: Decimal | None = None

    @property
    def bounds(self) -> Bounds:
        return Bounds(self.value, self.low, self.high)


class State(Enum):
    """A filing that is no number."""

    NOT_APPLICABLE = "not_applicable"


Reading = Term | State


def numbers(readings: Iterable[Reading | None]) -> list[Term]:
    """Absent and not-applicable terms are skipped in sums."""
    return [reading for reading in readings if isinstance(reading, Term)]


def combine(readings: Iterable[Reading | None], how: Callable[[list[Term]], Term]) -> Reading | None:
    """Numbers combined as asked; not applicable when nothing else was filed; None when nothing was."""
    present = [reading for reading in readings if reading is not None]
    terms = numbers(present)
    if terms:
        return how(terms)
    return State.NOT_APPLICABLE if present else None


def add(terms: list[Term]) -> Term:
    """An open bound makes that bound of the sum open; a missing point value leaves the sum without one."""
    return resting_on(
        terms,
        total(term.value for term in terms),
        total(term.low for term in terms),
        total(term.high for term in terms),
    )


def greatest(terms: list[Term]) -> Term:
    """Kind `peak`: greatest; low = the greatest known low; a missing value or an open high stays so."""
    return resting_on(
        terms,
        largest(term.value for term in terms),
        greatest_known(term.low for term in terms),
        largest(term.high for term in terms),
    )


def distinct(by: str, own: Term | None, children: list[Term]) -> Term | None:
    """Kind `coverage`: no point value from several figures (two or more).

    territory: low = max(own low, Σ children's lows); name: low = greatest low; high = Σ highs.
    """
    terms = numbers([own, *children])
    if len(terms) < 2:
        return terms[0] if terms else None
    if by == "territory":
        lows = [own.low if own else None, total(child.low for child in children) if children else None]
    else:
        lows = [term.low for term in terms]
    return resting_on(terms, None, greatest_known(lows), total(term.high for term in terms))


def resting_on(terms: list[Term], value: Decimal | None, low: Decimal | None, high: Decimal | None) -> Term:
    """A figure made from terms inherits what they rest on."""
    return Term(
        value,
        low,
        high,
        provisional=sum((term.provisional for term in terms), ZERO),
        narrative=sum((term.narrative for term in terms), ZERO),
        has_provisional=any(term.has_provisional for term in terms),
        has_narrative=any(term.has_narrative for term in terms),
        is_inherited=any(term.is_inherited for term in terms),
        is_estimate=any(term.is_estimate for term in terms),
        adjusted=total(adjusted) if (adjusted := [it.adjusted for it in terms if it.adjusted is not None]) else None,
    )


def inherited(reading: Reading | None) -> Reading | None:
    return replace(reading, is_inherited=True) if isinstance(reading, Term) else reading


def total(figures: Iterable[Decimal | None]) -> Decimal | None:
    known = list(figures)
    return None if None in known else sum((figure for figure in known if figure is not None), ZERO)


def largest(figures: Iterable[Decimal | None]) -> Decimal | None:
    known = list(figures)
    return None if None in known else greatest_known(known)


def greatest_known(figures: Iterable[Decimal | None]) -> Decimal | None:
    return max((figure for figure in figures if figure is not None), default=None)
