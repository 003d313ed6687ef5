"""Which indicator a quantity belongs to: the one whose names stand nearest, said most exactly, in its measure.

A name before the number counts most in the same clause and less across each comma, pause and other number; behind the
number it counts to the end of its clause, most right behind the measure (20个农村中学科技馆). Longer words say more.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from catalogue.language import Language
from catalogue.model import Indicator
from ingestion.narrative.lexicon import OUTSIDE, Lexicon, Occurrence, Suited
from ingestion.narrative.numbers import any_of
from ingestion.narrative.scan import Found
from ingestion.narrative.text import LONGEST

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


class _Word(NamedTuple):
    """A word of the lexicon in a sentence (see `Occurrence`), and how many borders of each kind and numbers stand
    before its beginning and its end."""

    word: str
    length: int
    inner: bool
    ends: bool
    first: int
    first_borders: _Borders
    first_numbers: int
    last: int
    last_borders: _Borders
    last_numbers: int


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
        self._commas: list[int] = []
        self._pauses: list[int] = []
        self._stops: list[int] = []
        """Where a clause ends: at each comma and semicolon."""
        self._borders: list[int] = []
        self._counts: list[_Borders] = [(0, 0, 0)]
        self._count_borders()
        self._numbers = [one.start for one in found]
        self._measures = {one.start: one.measure for one in found}
        self._words = self._placed(
            lexicon.words_in(text, max(start, found[0].start - WIDEST), min(end, found[-1].end + FAR))
        )
        self._firsts = [word.first for word in self._words]

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

    def _placed(self, words: Iterable[Occurrence]) -> list[_Word]:
        borders, counts, numbers = self._borders, self._counts, self._numbers
        placed = []
        for word, first, last, inner, ends in words:
            at = bisect_left(borders, first)
            # Few words have a border within.
            behind = at if at == len(borders) or borders[at] >= last else bisect_left(borders, last)
            before = bisect_left(numbers, first)
            through = before if before == len(numbers) or numbers[before] >= last else bisect_left(numbers, last)
            placed.append(
                _Word(word, last - first, inner, ends, first, counts[at], before, last, counts[behind], through)
            )
        return placed

    def weights(self, one: Found) -> _Weights:
        """How near each word stands to a quantity."""
        nearest: dict[str, float] = {}
        alone: dict[str, float] = {}
        start, stop, number = one.start, one.end, one.number
        borders = self._counts[bisect_left(self._borders, start)]
        behind = self._counts[bisect_left(self._borders, stop)]
        numbers, numbers_behind = bisect_left(self._numbers, start), bisect_left(self._numbers, stop)
        item = max(self._last(self._pauses, borders[2]), self._last(self._commas, borders[0]))
        has_own_noun = self._has_own_noun(item, start)
        nearby = slice(bisect_left(self._firsts, start - WIDEST), bisect_right(self._firsts, stop + FAR))
        for word in self._words[nearby]:
            said, length, inner, ends, first, first_borders, first_numbers, last, last_borders, last_numbers = word
            if last <= number:
                weight = _before(last_borders, last_numbers, start - last, length, borders, numbers)
            elif first >= stop and first_borders == behind and first_numbers == numbers_behind:
                weight = self._behind(first, length, stop)
            else:
                continue
            is_subject = first <= self._subject and last_borders[1] == borders[1]
            if (least := max(weight, OF_SUBJECT) if is_subject else weight) > nearest.get(said, 0.0):
                nearest[said] = least
            if inner:
                weight = weight * INNER if ends else 0.0
            if has_own_noun and last <= item:
                weight *= OTHER_ITEM if self._is_taken(word, borders, one.measure) else OTHER_CLAUSE
            if weight > alone.get(said, 0.0):
                alone[said] = weight
        return _Weights(nearest, alone)

    def _has_own_noun(self, item: int, start: int) -> bool:
        """Whether what stands between the last comma or pause and a number names a thing."""
        if start - item <= OWN_NOUN or self.text[start - 1] == "（":
            return False
        return len(self._light.sub("", self.text[item:start])) > OWN_NOUN

    def _last(self, places: list[int], count: int) -> int:
        return places[count - 1] if count else self.start

    def _is_taken(self, word: _Word, borders: _Borders, measure: str) -> bool:
        """Whether a word belongs to another item of the list, or to another number of this measure."""
        return word.last_borders[:2] == borders[:2] or self._measures.get(word.last) == measure

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


def _before(last: _Borders, last_numbers: int, gap: int, length: int, first: _Borders, first_numbers: int) -> float:
    """How near a word stands before a number, with what stands before the end of the one and the start of the other."""
    commas, semicolons = first[0] - last[0], first[1] - last[1]
    if gap <= 0 and not commas:
        return TOUCHING_BEFORE + TOUCHING_NOUN / length
    weight = FADES[min(max(gap, 0), FAR)] * OVER_PAUSES[first[2] - last[2]]
    weight *= OVER_NUMBERS[first_numbers - last_numbers]
    if not commas and not semicolons:
        return max(weight, LEAST_IN_CLAUSE)
    return max(weight * OVER_COMMAS[commas] * OVER_SEMICOLONS[semicolons], LEAST_BEFORE)


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
        names = self._lexicon.names_in(measure, status)
        scores: dict[str, tuple[float, Indicator]] = {}
        alone = weights.alone
        for word in weights.any:
            begun = names.get(word)
            if begun is None:
                continue
            weight = alone.get(word, 0.0)
            for name in begun.single:
                if weight >= NEAR or not name.is_outside:
                    _note(scores, name, weight * len(word))
            for name in begun.several:
                _note(scores, name, _score(name, weights.any))
        if scores:
            best = self._first_allowed(scores.values(), sentence.clause(one))
            if best is not None:
                return best
        usual = self._lexicon.by_measure.get(measure)
        return (usual if usual is None or self._is_allowed(usual, sentence.clause(one)) else None), 0

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


def _note(scores: dict[str, tuple[float, Indicator]], name: Suited, score: float) -> None:
    """Keep the score of a name where it is enough, and the best of its indicator."""
    if score > ENOUGH / 2:
        indicator = name.indicator
        score *= name.factor
        if score > scores.get(indicator.code, (ENOUGH, indicator))[0]:
            scores[indicator.code] = score, indicator


def _score(name: Suited, weights: Mapping[str, float]) -> float:
    """The sum of the words of a name of several; 0 where one of them does not stand near."""
    least = NEAR if name.is_outside else LEAST_OF_SEVERAL
    total = 0.0
    for word in name.words:
        weight = weights.get(word, 0.0)
        if weight < least:
            return 0.0
        total += weight * len(word)
    return total
