"""How work reports state quantities, as data: `catalogue/number_language.yaml` in objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class HedgePosition(StrEnum):
    """Where a hedge stands: 近5000, 5000余, 5000以上. `inside` is after the number or between digits and 万."""

    BEFORE = "before"
    INSIDE = "inside"
    AFTER = "after"


class HedgeEffect(StrEnum):
    """What a hedge does to the bounds; see `catalogue/number_language.yaml` for each."""

    NONE = "none"
    ABOVE = "above"
    BELOW = "below"
    AROUND = "around"
    LOOSELY = "loosely"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class Hedge:
    """One word that says how a written number relates to the truth. `qualifier` is a value of `Qualifier`."""

    word: str
    position: HedgePosition
    effect: HedgeEffect
    qualifier: str


@dataclass(frozen=True, slots=True)
class Multiplier:
    """A word that multiplies what stands before it; `rounds` where digits before it are a rounding (8.1万)."""

    word: str
    factor: Decimal
    rounds: bool


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """All rules of how quantities are written. Compared by identity: a process reads its catalogue once.

    `digits` are the Chinese signs for 0 to 9. `measures` maps every spelling of a measure to the word that is used
    for it. Numbers in `exact_measures` are exact however they are written; those in `rate_measures` are always a
    rounding, and at most 100 where they cannot exceed the whole.
    """

    hedges: tuple[Hedge, ...]
    multipliers: Mapping[str, Multiplier]
    digits: Mapping[str, int]
    measures: Mapping[str, str]
    exact_measures: frozenset[str]
    rate_measures: frozenset[str]
    masks: str
    ranges: tuple[str, ...]

    def hedges_at(self, position: HedgePosition) -> dict[str, Hedge]:
        """The hedges that stand at a position, by their word."""
        return {hedge.word: hedge for hedge in self.hedges if hedge.position is position}
