"""Which indicator a quantity belongs to: the one whose names stand nearest, said most exactly, in its measure.

A name before the number counts most in the same clause and less across each comma, pause and other number; behind the
number it counts most right behind the measure (20个农村中学科技馆). Longer words say more. All weights are here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from catalogue.model import Aggregation, Indicator, Status
from ingestion.narrative.lexicon import OUTSIDE, Lexicon, Name, Occurrence
from ingestion.narrative.scan import Found

ACROSS_COMMA, ACROSS_SEMICOLON, ACROSS_PAUSE, ACROSS_NUMBER = 0.72, 0.45, 0.88, 0.85
PER_SIGN = 0.985
LEAST_BEFORE, LEAST_IN_CLAUSE = 0.08, 0.35
TOUCHING_BEFORE, TOUCHING_BEHIND, HEAD_NOUN = 1.25, 1.4, 2
BEHIND_NEXT_COMMA, BEHIND_NEXT_NUMBER = 0.25, 0.12
LEAST_OF_SEVERAL = 0.3
INNER = 0.7
OWN_MEASURE, OWN_STATUS = 1.15, 1.5
NEAR = 0.73
"""What is outside the catalogue is so by a word of the same clause."""
ENOUGH = 1.25


class Borders(NamedTuple):
    """The places of a sentence's commas, semicolons and pauses, in order."""

    commas: Sequence[int]
    semicolons: Sequence[int]
    pauses: Sequence[int]

    @classmethod
    def of(cls, text: str, start: int, end: int) -> Borders:
        commas, semicolons, pauses = [], [], []
        for place in range(start, end):
            sign = text[place]
            if sign == "，" or sign == "：":
                commas.append(place)
            elif sign == "、":
                pauses.append(place)
            elif sign == "；":
                semicolons.append(place)
        return cls(commas, semicolons, pauses)


def _between(places: Sequence[int], start: int, end: int) -> int:
    return bisect_left(places, end) - bisect_left(places, start) if places else 0


class Binder:
    """Binds the quantities of one sentence to indicators of a lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def bind(
        self,
        text: str,
        start: int,
        end: int,
        found: Sequence[Found],
        statuses: Sequence[str],
    ) -> list[tuple[Indicator | None, float]]:
        """For each quantity of a sentence its indicator, or None, and how well its name fits.

        `statuses` are what the words near each say of its status.
        """
        occurrences = self._lexicon.words_in(text, start, end)
        borders = Borders.of(text, start, end)
        numbers = [one.start for one in found]
        bound = []
        for one, status in zip(found, statuses, strict=True):
            weights = _Weights({}, {})
            for word in occurrences:
                weight = _weight(word, one, borders, numbers, text)
                if weight > weights.any.get(word.word, 0):
                    weights.any[word.word] = weight
                if word.inner:
                    weight = weight * INNER if word.ends else 0
                if weight > weights.alone.get(word.word, 0):
                    weights.alone[word.word] = weight
            bound.append(self._best(weights, one, status, text, start, end, borders))
        return bound

    def _best(
        self, weights: _Weights, one: Found, status: str, text: str, start: int, end: int, borders: Borders
    ) -> tuple[Indicator | None, float]:
        scores: dict[str, tuple[float, Indicator]] = {}
        takes, measure = self._lexicon.takes, one.measure
        for word in weights.any:
            for name in self._lexicon.by_word[word]:
                indicator = name.indicator
                if name.words[0] != word or not takes(indicator, measure):
                    continue
                score = _score(name, weights) * _suits(indicator, measure, status)
                if score > scores.get(indicator.code, (ENOUGH, indicator))[0]:
                    scores[indicator.code] = score, indicator
        if scores:
            near = _near(text, start, end, one, borders)
            for score, indicator in sorted(scores.values(), key=lambda it: (-it[0], it[1].code)):
                unless = self._lexicon.unless[indicator.code]
                if unless is None or unless.search(near) is None:
                    return (None if indicator.code == OUTSIDE else indicator), score
        return self._lexicon.by_measure.get(measure), 0


class _Weights(NamedTuple):
    """How near each word stands, and how near where it is not a part of a longer word."""

    any: dict[str, float]
    alone: dict[str, float]


def _suits(indicator: Indicator, measure: str, status: str) -> float:
    """An indicator of this very measure suits better, and of things applied for, or planned, one that is of those."""
    factor = OWN_MEASURE if measure == indicator.measure else 1.0
    if status == Status.APPLIED and Status.APPLIED in indicator.statuses:
        factor *= OWN_STATUS
    if status == Status.ACTUAL and Status.APPLIED in indicator.statuses:
        factor /= OWN_STATUS * OWN_STATUS
    if status == Status.PLAN and indicator.aggregation is Aggregation.TARGET:
        factor *= OWN_STATUS
    return factor


def _score(name: Name, weights: _Weights) -> float:
    if len(name.words) == 1:
        word = name.words[0]
        weight = weights.alone.get(word, 0.0)
        if name.indicator.code == OUTSIDE and weight < NEAR:
            return 0
        return weight * len(word)
    total = 0.0
    for word in name.words:
        weight = weights.any.get(word, 0.0)
        if weight < LEAST_OF_SEVERAL or (name.indicator.code == OUTSIDE and weight < NEAR):
            return 0
        total += weight * len(word)
    return total


def _weight(word: Occurrence, one: Found, borders: Borders, numbers: Sequence[int], text: str) -> float:
    if word.end <= one.number:
        gap = one.start - word.end
        commas = _between(borders.commas, word.end, one.start)
        semicolons = _between(borders.semicolons, word.end, one.start)
        pauses = _between(borders.pauses, word.end, one.start)
        others = _between(numbers, word.end, one.start)
        if gap <= 0 and not commas:
            return TOUCHING_BEFORE
        weight = (
            ACROSS_COMMA**commas * ACROSS_SEMICOLON**semicolons * ACROSS_PAUSE**pauses * ACROSS_NUMBER**others
        ) * PER_SIGN ** min(gap, 40)
        return max(weight, LEAST_IN_CLAUSE if not commas and not semicolons else LEAST_BEFORE)
    if word.start < one.end:
        return 0
    gap = word.start - one.end
    if gap == 0 or (gap == 1 and text[one.end] in "的 “"):
        return TOUCHING_BEHIND + HEAD_NOUN / len(word.word)
    if _between(numbers, one.end, word.start):
        return BEHIND_NEXT_NUMBER
    crossed = (
        _between(borders.commas, one.end, word.start)
        + _between(borders.semicolons, one.end, word.start)
        + _between(borders.pauses, one.end, word.start)
    )
    if crossed:
        return BEHIND_NEXT_COMMA**crossed
    return PER_SIGN ** min(gap, 40)


def _near(text: str, start: int, end: int, one: Found, borders: Borders) -> str:
    """The clause of a quantity."""
    stops = sorted([*borders.commas, *borders.semicolons])
    at = bisect_left(stops, one.start)
    first = stops[at - 1] if at else start
    behind = bisect_left(stops, one.end)
    last = stops[behind] if behind < len(stops) else end
    return text[first:last]
