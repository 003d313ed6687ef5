"""Which indicator a quantity belongs to: the one whose names stand nearest, said most exactly, in its measure.

A name before the number counts most in the same clause and less across each comma, pause and other number; behind the
number it counts to the end of its clause, most right behind the measure (20个农村中学科技馆). Longer words say more.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from catalogue.language import Language
from catalogue.model import Indicator
from ingestion.narrative.lexicon import OUTSIDE, Lexicon, Name, Occurrence, suits
from ingestion.narrative.scan import Found
from ingestion.narrative.text import LONGEST
from ingestion.narrative.words import any_of

ACROSS_COMMA, ACROSS_SEMICOLON, ACROSS_PAUSE, ACROSS_NUMBER = 0.72, 0.45, 0.88, 0.85
PER_SIGN, FAR = 0.985, 40
FADES = [PER_SIGN**signs for signs in range(FAR + 1)]
OVER_COMMAS, OVER_SEMICOLONS, OVER_PAUSES, OVER_NUMBERS = (
    [across**times for times in range(LONGEST + 1)]
    for across in (ACROSS_COMMA, ACROSS_SEMICOLON, ACROSS_PAUSE, ACROSS_NUMBER)
)
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
ENOUGH = 1.25
AS_GOOD = 0.65
"""What comes after an indicator that its clause excludes must be named so well beside it."""

_NOUN = re.compile(r"[^、和及与]{2,30}")
_CLAUSE_END = re.compile(r"[，；]")
_BORDER = re.compile(r"[，：；、]")
COMMAS, PAUSE = "，：", "、"


_Borders = tuple[int, int, int]
"""How many commas, semicolons and pauses stand before a place."""


_Word = tuple[str, frozenset[str], int, bool, bool, int, int, int, int, int, int]
"""A word of the lexicon in a sentence, the measures it may say something of (none: of all), its length and the two
signs of an `Occurrence`; then for its beginning and its end where that is, how many borders stand before it and how
many numbers. A plain tuple, for there are many.
"""


_Weights = dict[str, float]
"""How near each word stands."""

_NONE: dict[str, list[Name]] = {}

_Score = tuple[float, str, Indicator]
"""How well an indicator is named, below zero so that the best comes first; its code; and it."""


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
        self._commas: list[int] = []
        self._pauses: list[int] = []
        self._stops: list[int] = []
        """Where a clause ends: at each comma and semicolon."""
        self._borders: list[int] = []
        self._counts: list[_Borders] = [(0, 0, 0)]
        self._count_borders()
        self._numbers = [one.start for one in found]
        self._measures = {one.start: one.measure for one in found}
        words = lexicon.words_in(text, max(start, found[0].start - WIDEST), min(end, found[-1].end + FAR))
        self._words = self._placed(words, lexicon.measures)
        self._firsts = [first for _, first, *_ in words]

    def _count_borders(self) -> None:
        commas = semicolons = pauses = 0
        for match in _BORDER.finditer(self.text, self.start, self.end):
            at, sign = match.start(), match.group()
            if sign in COMMAS:
                commas += 1
                self._commas.append(at)
                self._stops.append(at)
            elif sign == PAUSE:
                pauses += 1
                self._pauses.append(at)
            else:
                semicolons += 1
                self._stops.append(at)
            self._borders.append(at)
            self._counts.append((commas, semicolons, pauses))

    def _placed(self, words: Iterable[Occurrence], measures: Mapping[str, frozenset[str]]) -> list[_Word]:
        borders, numbers = [*self._borders, self.end], [*self._numbers, self.end]
        placed = []
        at = before = 0
        for word, first, last, inner, ends in words:
            while borders[at] < first:
                at += 1
            while numbers[before] < first:
                before += 1
            # Few words have a border or a number within.
            behind = at if borders[at] >= last else bisect_left(borders, last)
            through = before if numbers[before] >= last else bisect_left(numbers, last)
            placed.append((word, measures[word], last - first, inner, ends, first, at, before, last, behind, through))
        return placed

    def weights(self, one: Found) -> tuple[_Weights, _Weights]:
        """How near each word that may say what a quantity is stands to it; and how near where it is no part of a longer
        word."""
        nearest: _Weights = {}
        alone: _Weights = {}
        start, stop, number, measure = one.start, one.end, one.number, one.measure
        border, behind = bisect_left(self._borders, start), bisect_left(self._borders, stop)
        numbers, numbers_behind = bisect_left(self._numbers, start), bisect_left(self._numbers, stop)
        counts, subject = self._counts, self._subject
        commas, semicolons, pauses = counts[border]
        item = max(self._last(self._pauses, pauses), self._last(self._commas, commas))
        has_own_noun = self._has_own_noun(item, start)
        nearby = slice(bisect_left(self._firsts, start - WIDEST), bisect_right(self._firsts, stop + FAR))
        for said, of, length, inner, ends, first, at, numbers_before, last, past, numbers_past in self._words[nearby]:
            if of and measure not in of:
                continue
            there = counts[past]
            over_commas, over_semicolons = commas - there[0], semicolons - there[1]
            if last <= number:
                over_pauses, over_numbers = pauses - there[2], numbers - numbers_past
                weight = _before(start - last, length, over_commas, over_semicolons, over_pauses, over_numbers)
            elif first >= stop and at == behind and numbers_before == numbers_behind:
                weight = self._behind(first, length, stop)
            else:
                continue
            least = max(weight, OF_SUBJECT) if first <= subject and not over_semicolons else weight
            if least > nearest.get(said, 0.0):
                nearest[said] = least
            if inner:
                if not ends:
                    continue
                weight *= INNER
            if has_own_noun and last <= item:
                is_taken = not (over_commas or over_semicolons) or self._measures.get(last) == measure
                # Of another item of the list, or of another number of this measure.
                weight *= OTHER_ITEM if is_taken else OTHER_CLAUSE
            if weight > alone.get(said, 0.0):
                alone[said] = weight
        return nearest, alone

    def _has_own_noun(self, item: int, start: int) -> bool:
        """Whether what stands between the last comma or pause and a number names a thing."""
        if start - item <= OWN_NOUN or self.text[start - 1] == "（":
            return False
        return len(self._light.sub("", self.text[item:start])) > OWN_NOUN

    def _last(self, places: list[int], count: int) -> int:
        return places[count - 1] if count else self.start

    def _behind(self, first: int, length: int, stop: int) -> float:
        gap = first - stop
        if gap == 1 and self.text[stop] == "的":
            return BEHIND_OF
        if gap == 0 or (gap == 1 and self.text[stop] in " “"):
            return TOUCHING_BEHIND + HEAD_NOUN / length
        return BEHIND * FADES[min(gap, FAR)]

    def clause(self, one: Found) -> str:
        """The clause of a quantity."""
        stops = self._stops
        before, behind = bisect_left(stops, one.start), bisect_left(stops, one.end)
        first = stops[before - 1] if before else self.start
        return self.text[first : stops[behind] if behind < len(stops) else self.end]


def _before(gap: int, length: int, commas: int, semicolons: int, pauses: int, numbers: int) -> float:
    """How near a word of a length stands before a number: over how many signs, borders of each kind and numbers."""
    if gap <= 0 and not commas:
        return TOUCHING_BEFORE + TOUCHING_NOUN / length
    weight = FADES[gap if gap < FAR else FAR] if gap > 0 else 1.0
    if pauses:
        weight *= OVER_PAUSES[pauses]
    if numbers:
        weight *= OVER_NUMBERS[numbers]
    if not commas and not semicolons:
        return weight if weight > LEAST_IN_CLAUSE else LEAST_IN_CLAUSE
    weight = weight * OVER_COMMAS[commas] * OVER_SEMICOLONS[semicolons]
    return weight if weight > LEAST_BEFORE else LEAST_BEFORE


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
        if places:
            found = [
                replace(one, start=at, number=at, end=at) if (at := places.get(one.start)) else one for one in found
            ]
        return [self._best(sentence, one, status) for one, status in zip(found, statuses, strict=True)]

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
        nearest, alone = sentence.weights(one)
        single, several = self._lexicon.single, self._lexicon.several
        scores: dict[str, _Score] = {}
        for word, weight in alone.items():
            for name in single.get(word, ()):
                if weight >= NEAR or not name.is_outside:
                    _note(scores, name, weight * len(word), one.measure, status)
        for word in nearest:
            for second, names in several.get(word, _NONE).items():
                if second in nearest:
                    for name in names:
                        _note(scores, name, _score(name, nearest), one.measure, status)
        best = self._first_allowed(sorted(scores.values()), sentence.clause(one)) if scores else None
        if best is not None:
            return best
        usual = self._lexicon.by_measure.get(one.measure)
        return (usual if usual is None or self._is_allowed(usual, sentence.clause(one)) else None), 0

    def _first_allowed(self, scores: Iterable[_Score], clause: str) -> tuple[Indicator | None, float] | None:
        """The best that its clause does not exclude; where it excludes one, none that is named far worse."""
        least = 0.0
        for below, _, indicator in scores:
            if -below < least:
                break
            if self._is_allowed(indicator, clause):
                return (None if indicator.code == OUTSIDE else indicator), -below
            least = max(least, -below * AS_GOOD)
        return None

    def _is_allowed(self, indicator: Indicator, clause: str) -> bool:
        unless = self._lexicon.unless[indicator.code]
        return unless is None or unless.search(clause) is None


def _note(scores: dict[str, _Score], name: Name, score: float, measure: str, status: str) -> None:
    """Keep the score of a name where it is enough and of this measure, and the best of its indicator."""
    if score > ENOUGH / 2 and name.takes(measure):
        indicator = name.indicator
        below = -score * suits(indicator, measure, status)
        if below < (scores[indicator.code][0] if indicator.code in scores else -ENOUGH):
            scores[indicator.code] = below, indicator.code, indicator


def _score(name: Name, weights: Mapping[str, float]) -> float:
    """The sum of the words of a name of several; 0 where one of them does not stand near."""
    least = NEAR if name.is_outside else LEAST_OF_SEVERAL
    total = 0.0
    for word in name.words:
        weight = weights.get(word, 0.0)
        if weight < least:
            return 0.0
        total += weight * len(word)
    return total


@lru_cache(maxsize=4)
def binder(lexicon: Lexicon, language: Language) -> Binder:
    """The binder of a lexicon, made once."""
    return Binder(lexicon, language)
