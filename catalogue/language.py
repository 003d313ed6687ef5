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
    """One word that says how a written number relates to the truth. `qualifier` is a value of `Qualifier`.

    `not_in` are longer words that hold it and are no hedge: 近 in 最近.
    """

    word: str
    position: HedgePosition
    effect: HedgeEffect
    qualifier: str
    not_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Multiplier:
    """A word that multiplies what stands before it; `rounds` where digits before it are a rounding (8.1万)."""

    word: str
    factor: Decimal
    rounds: bool


class Reach(StrEnum):
    """How far a marker's word reaches: to the next comma, semicolon or full stop, or only to the number beside it."""

    CLAUSE = "clause"
    STATEMENT = "statement"
    SENTENCE = "sentence"
    NEXT = "next"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True)
class Marker:
    """A word that says a status or a scope of the numbers it reaches.

    `not_for` are measures, or kinds of indicator, of which it says nothing. One that `yields` gives way to another
    status in the same clause; one that `compares` says that the number is a difference to the one before it, one of
    the `year_before` that it is the same thing a year earlier.
    """

    word: str
    says: str
    reach: Reach
    not_for: tuple[str, ...]
    yields: bool
    compares: bool
    year_before: bool


@dataclass(frozen=True, slots=True)
class NoQuantity:
    """A pattern of what begins with a number and is no quantity; `kind` says what it is."""

    kind: str
    pattern: str


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """All rules of how quantities are written; `catalogue/number_language.yaml` says what each field means.

    Compared by identity: a process reads its catalogue once. `digits` are the Chinese signs for 0 to 9. `measures`
    maps every spelling of a measure to the word that is used for it, `kindred_measures` a measure to those that may
    stand for it.
    """

    hedges: tuple[Hedge, ...]
    multipliers: Mapping[str, Multiplier]
    digits: Mapping[str, int]
    measures: Mapping[str, str]
    exact_measures: frozenset[str]
    rate_measures: frozenset[str]
    kindred_measures: Mapping[str, frozenset[str]]
    masks: str
    ranges: tuple[str, ...]
    variants: Mapping[str, str]
    measure_traps: Mapping[str, tuple[str, ...]]
    not_quantities: tuple[NoQuantity, ...]
    names: tuple[str, ...]
    abstractions: tuple[str, ...]
    place_words: tuple[str, ...]
    behind: tuple[str, ...]
    titles: tuple[str, ...]
    quotation_marks: tuple[str, ...]
    longest_quotation: int
    remarks: tuple[str, ...]
    rate_nouns: tuple[str, ...]
    money_nouns: tuple[str, ...]
    traffic_nouns: tuple[str, ...]
    people_nouns: tuple[str, ...]
    ranks: tuple[str, ...]
    each: tuple[str, ...]
    people_times: tuple[str, ...]
    plan_headings: tuple[str, ...]
    other_headings: tuple[str, ...]
    several_years: tuple[str, ...]
    statuses: tuple[Marker, ...]
    scopes: tuple[Marker, ...]
    columns: Mapping[str, str]
    light_words: tuple[str, ...]
    deeds: tuple[str, ...]
    parts: tuple[str, ...]
    respectively: tuple[str, ...]

    def hedges_at(self, position: HedgePosition) -> dict[str, Hedge]:
        """The hedges that stand at a position, by their word."""
        return {hedge.word: hedge for hedge in self.hedges if hedge.position is position}
