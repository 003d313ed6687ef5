"""Which indicator a quantity belongs to: the one whose names stand nearest, said most exactly, in its measure.

A name before the number counts most in the same clause and less across each comma, pause and other number; behind the
number it counts to the end of its clause, most right behind the measure (20个农村中学科技馆). Longer words say more.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from catalogue.language import Language
from catalogue.model import Aggregation, Indicator, Status
from ingestion.narrative.lexicon import OUTSIDE, Lexicon, Name
from ingestion.narrative.numbers import any_of
from ingestion.narrative.scan import Found

ACROSS_COMMA, ACROSS_SEMICOLON, ACROSS_PAUSE, ACROSS_NUMBER = 0.72, 0.45, 0.88, 0.85
PER_SIGN, FAR = 0.985, 40
FADES = [PER_SIGN**signs for signs in range(FAR + 1)]
WIDEST = 160
"""Words farther before the first number of a sentence say nothing of it."""
LEAST_BEFORE, LEAST_IN_CLAUSE = 0.08, 0.35
TOUCHING_BEFORE, TOUCHING_NOUN = 1.25, 1.5
TOUCHING_BEHIND, HEAD_NOUN = 1.4, 2.0
BEHIND_OF, BEHIND = 1.0, 0.8
INNER = 0.7
"""A word that is the end of a longer one: 科技馆 in 农村中学科技馆."""
OTHER_ITEM, OTHER_CLAUSE, OWN_NOUN = 0.35, 0.7, 3
"""In a list, the noun of an earlier item says little of one that has a noun of so many signs itself."""
LEAST_OF_SEVERAL = 0.3
"""Each word of a name of several must stand so near."""
SUBJECT, OF_SUBJECT = 3, 0.31
"""A word that begins within so many signs of a sentence, no deed before it, is what all of it speaks of."""
NEAR = 0.73
"""What is outside the catalogue is so by a word of the same clause."""
OWN_MEASURE, OWN_STATUS = 1.15, 1.5
ENOUGH = 1.25
AS_GOOD = 0.65
"""What comes after an indicator that its clause excludes must be named so well beside it."""

_NOUN = re.compile(r"[^、和及与]{2,30}")
_CLAUSE_END = re.compile(r"[，；]")
COMMAS, SEMICOLONS, PAUSES = "，：", "；", "、"


class _Place(NamedTuple):
    """A place in a sentence, and how many borders of each kind and numbers stand before it."""

    at: int
    commas: int
    semicolons: int
    pauses: int
    numbers: int


class _Word(NamedTuple):
    """A word of the lexicon in a sentence; see `Occurrence`."""

    word: str
    length: int
    inner: bool
    ends: bool
    first: _Place
    last: _Place


class _Weights(NamedTuple):
    """How near each word stands, and how near where it is not a part of a longer word."""

    any: dict[str, float]
    alone: dict[str, float]


class _Sentence:
    """The borders, numbers and words of one sentence."""

    def __init__(
        self,
        lexicon: Lexicon,
        light: re.Pattern[str],
        deeds: re.Pattern[str],
        text: str,
        start: int,
        end: int,
        found: Sequence[Found],
    ) -> None:
        self.text, self.start, self.end, self._light = text, start, end, light
        deed = deeds.search(text, start, min(end, start + SUBJECT))
        self._subject = deed.start() - 1 if deed else start + SUBJECT
        self._commas = _places(text, start, end, COMMAS)
        self._semicolons = _places(text, start, end, SEMICOLONS)
        self._pauses = _places(text, start, end, PAUSES)
        self._numbers = [one.start for one in found]
        self._measures = {one.start: one.measure for one in found}
        self.words = [
            _Word(one.word, len(one.word), one.inner, one.ends, self.place(one.start), self.place(one.end))
            for one in lexicon.words_in(text, max(start, found[0].start - WIDEST), min(end, found[-1].end + FAR))
        ]

        self._firsts = [word.first.at for word in self.words]

    def place(self, at: int) -> _Place:
        return _Place(
            at,
            bisect_left(self._commas, at),
            bisect_left(self._semicolons, at),
            bisect_left(self._pauses, at),
            bisect_left(self._numbers, at),
        )

    def weights(self, one: Found) -> _Weights:
        """How near each word stands to a quantity."""
        nearest, alone = _Weights({}, {})
        first, last = self.place(one.start), self.place(one.end)
        item = max(self._last(self._pauses, first.pauses), self._last(self._commas, first.commas))
        has_own_noun = self._has_own_noun(item, one.start)
        nearby = slice(bisect_left(self._firsts, one.start - WIDEST), bisect_right(self._firsts, one.end + FAR))
        for word in self.words[nearby]:
            if word.last.at <= one.number:
                weight = _before(word, first)
            elif word.first.at >= last.at and word.first[1:4] == last[1:4] and word.first.numbers == last.numbers:
                weight = self._behind(word, last.at)
            else:
                continue
            is_subject = word.first.at <= self._subject and word.last.semicolons == first.semicolons
            if (least := max(weight, OF_SUBJECT) if is_subject else weight) > nearest.get(word.word, 0.0):
                nearest[word.word] = least
            if word.inner:
                weight = weight * INNER if word.ends else 0.0
            if has_own_noun and word.last.at <= item:
                weight *= OTHER_ITEM if self._is_taken(word, first, one.measure) else OTHER_CLAUSE
            if weight > alone.get(word.word, 0.0):
                alone[word.word] = weight
        return _Weights(nearest, alone)

    def _has_own_noun(self, item: int, start: int) -> bool:
        """Whether what stands between the last comma or pause and a number names a thing."""
        if start - item <= OWN_NOUN or self.text[start - 1] == "（":
            return False
        return len(self._light.sub("", self.text[item:start])) > OWN_NOUN

    def _last(self, places: list[int], count: int) -> int:
        return places[count - 1] if count else self.start

    def _is_taken(self, word: _Word, first: _Place, measure: str) -> bool:
        """Whether a word belongs to another item of the list, or to another number of this measure."""
        return word.last[1:3] == first[1:3] or self._measures.get(word.last.at) == measure

    def _behind(self, word: _Word, stop: int) -> float:
        gap = word.first.at - stop
        if gap == 1 and self.text[stop] == "的":
            return BEHIND_OF
        if gap == 0 or (gap == 1 and self.text[stop] in " “"):
            return TOUCHING_BEHIND + HEAD_NOUN / word.length
        return BEHIND * FADES[min(gap, FAR)]

    def clause(self, one: Found) -> str:
        """The clause of a quantity."""
        stops = sorted([*self._commas, *self._semicolons])
        before, behind = bisect_left(stops, one.start), bisect_left(stops, one.end)
        first = stops[before - 1] if before else self.start
        return self.text[first : stops[behind] if behind < len(stops) else self.end]


def _places(text: str, start: int, end: int, signs: str) -> list[int]:
    """Where the signs stand, in order."""
    places = []
    for sign in signs:
        at = text.find(sign, start, end)
        while at >= 0:
            places.append(at)
            at = text.find(sign, at + 1, end)
    return sorted(places) if len(signs) > 1 else places


def _before(word: _Word, first: _Place) -> float:
    last = word.last
    commas, semicolons = first.commas - last.commas, first.semicolons - last.semicolons
    gap = first.at - last.at
    if gap <= 0 and not commas:
        return TOUCHING_BEFORE + TOUCHING_NOUN / word.length
    weight = FADES[min(max(gap, 0), FAR)] * ACROSS_PAUSE ** (first.pauses - last.pauses)
    weight *= ACROSS_NUMBER ** (first.numbers - last.numbers)
    if not commas and not semicolons:
        return max(weight, LEAST_IN_CLAUSE)
    return max(weight * ACROSS_COMMA**commas * ACROSS_SEMICOLON**semicolons, LEAST_BEFORE)


class Binder:
    """Binds the quantities of one sentence to indicators of a lexicon."""

    def __init__(self, lexicon: Lexicon, language: Language) -> None:
        self._lexicon = lexicon
        self._respectively = re.compile(any_of(language.respectively))
        self._light = re.compile(any_of(language.light_words))
        self._deeds = re.compile(any_of(language.deeds))

    def bind(
        self, text: str, start: int, end: int, found: Sequence[Found], statuses: Sequence[str]
    ) -> list[tuple[Indicator | None, float]]:
        """For each quantity of a sentence its indicator, or None, and how well its name fits.

        `statuses` are what the words near each say of its status.
        """
        sentence = _Sentence(self._lexicon, self._light, self._deeds, text, start, end, found)
        places = {} if self._respectively.search(text, start, end) is None else self._nouns(text, start, end, found)
        return [
            self._best(
                sentence, replace(one, start=at, number=at, end=at) if (at := places.get(one.start)) else one, status
            )
            for one, status in zip(found, statuses, strict=True)
        ]

    def _nouns(self, text: str, start: int, end: int, found: Sequence[Found]) -> dict[int, int]:
        """For each number behind 分别 where its own noun ends, by where the number begins."""
        places: dict[int, int] = {}
        for match in self._respectively.finditer(text, start, end):
            first = max(text.rfind(sign, start, match.start()) for sign in "，；：")
            first = start if first < 0 else first + 1
            nouns = [noun.end() for noun in _NOUN.finditer(text, first, match.start())]
            clause = _CLAUSE_END.search(text, match.end(), end)
            numbers = [one.start for one in found if match.end() <= one.start < (clause.start() if clause else end)]
            if len(nouns) == len(numbers) > 1:
                places.update(zip(numbers, nouns, strict=True))
        return places

    def _best(self, sentence: _Sentence, one: Found, status: str) -> tuple[Indicator | None, float]:
        weights, measure = sentence.weights(one), one.measure
        names = self._lexicon.names_in(measure)
        scores: dict[str, tuple[float, Indicator]] = {}
        for word in weights.any:
            for name in names.get(word, ()):
                score = _score(name, weights)
                if score > ENOUGH / 2:
                    indicator = name.indicator
                    score *= _suits(indicator.code, measure, status, self._lexicon)
                    if score > scores.get(indicator.code, (ENOUGH, indicator))[0]:
                        scores[indicator.code] = score, indicator
        if scores:
            best = self._first_allowed(scores.values(), sentence.clause(one))
            if best is not None:
                return best
        alone = self._lexicon.by_measure.get(measure)
        return (alone if alone is None or self._is_allowed(alone, sentence.clause(one)) else None), 0

    def _first_allowed(
        self, scores: Iterable[tuple[float, Indicator]], clause: str
    ) -> tuple[Indicator | None, float] | None:
        """The best that its clause does not exclude; where it excludes one, none that is named far worse."""
        least = 0.0
        for score, indicator in sorted(scores, key=lambda it: (-it[0], it[1].code)):
            if score < least:
                break
            if self._is_allowed(indicator, clause):
                return (None if indicator.code == OUTSIDE else indicator), score
            least = max(least, score * AS_GOOD)
        return None

    def _is_allowed(self, indicator: Indicator, clause: str) -> bool:
        unless = self._lexicon.unless[indicator.code]
        return unless is None or unless.search(clause) is None


@lru_cache(maxsize=20_000)
def _suits(code: str, measure: str, status: str, lexicon: Lexicon) -> float:
    """An indicator of this very measure suits better, and of things applied for, or planned, one that is of those."""
    indicator = lexicon.indicators[code]
    factor = OWN_MEASURE if measure == indicator.measure else 1.0
    if status == Status.APPLIED and Status.APPLIED in indicator.statuses:
        factor *= OWN_STATUS
    if status == Status.ACTUAL and Status.APPLIED in indicator.statuses:
        factor /= OWN_STATUS * OWN_STATUS
    if status == Status.PLAN and indicator.aggregation is Aggregation.TARGET:
        factor *= OWN_STATUS
    return factor


def _score(name: Name, weights: _Weights) -> float:
    words, least = name.words, NEAR if name.is_outside else LEAST_OF_SEVERAL
    if len(words) == 1:
        weight = weights.alone.get(words[0], 0.0)
        return weight * len(words[0]) if weight >= NEAR or not name.is_outside else 0.0
    total = 0.0
    for word in words:
        weight = weights.any.get(word, 0.0)
        if weight < least:
            return 0.0
        total += weight * len(word)
    return total
