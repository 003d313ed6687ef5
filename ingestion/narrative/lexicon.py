"""The words by which prose speaks of indicators, made ready to be found in a text."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import add
from typing import NamedTuple

from catalogue.language import Language
from catalogue.model import Aggregation, Catalogue, Indicator, Status
from ingestion.narrative.text import plain

OUTSIDE = "other"
"""The entry that takes true quantities outside the catalogue; its names keep them from other indicators."""


OWN_MEASURE, OWN_STATUS = 1.15, 1.5

HEAD = 2
"""So many signs of a word are looked up before the word itself."""


class Name(NamedTuple):
    """One way to speak of an indicator: all its words must stand near the number."""

    indicator: Indicator
    words: tuple[str, ...]
    is_outside: bool


class Suited(NamedTuple):
    """A name with how well its indicator suits a number in one measure and status."""

    words: tuple[str, ...]
    indicator: Indicator
    is_outside: bool
    factor: float


class Names(NamedTuple):
    """The names that a number in one measure and status can be of: of one word, and by the first two of several.

    `words` are all that they are made of: no other says anything of such a number.
    """

    words: frozenset[str]
    single: Mapping[str, Sequence[Suited]]
    several: Mapping[str, Mapping[str, Sequence[Suited]]]


Occurrence = tuple[str, int, int, bool, bool]
"""A word of the lexicon in a text, where it begins and ends, whether it lies in a longer word, and there at its end.

A plain tuple: in a dense text there is one for every six signs.
"""


class Lexicon:
    """Every name of every indicator; `lexicon(catalogue)` makes it once."""

    def __init__(self, catalogue: Catalogue) -> None:
        language = catalogue.language
        self.indicators = catalogue.indicators
        self.by_word: dict[str, list[Name]] = {}
        self._names: list[Name] = []
        self._names_in: dict[tuple[str, str], Names] = {}
        self.by_measure: dict[str, Indicator] = {}
        self._accepts: dict[str, frozenset[str]] = {}
        self.unless: dict[str, re.Pattern[str] | None] = {}
        for indicator in catalogue.indicators.values():
            self._accepts[indicator.code] = _accepted(indicator, language)
            unless = [plain(word, language) for word in indicator.prose.unless]
            self.unless[indicator.code] = re.compile("|".join(map(re.escape, unless))) if unless else None
            for measure in indicator.prose.by_measure:
                self.by_measure.setdefault(measure, indicator)
            for words in indicator.prose.names:
                name = Name(indicator, tuple(plain(word, language) for word in words), indicator.code == OUTSIDE)
                self._names.append(name)
                for word in dict.fromkeys(name.words):
                    self.by_word.setdefault(word, []).append(name)
        self._beginnings = {word: _beginnings(word, self.by_word) for word in self.by_word}
        self._lengths = _lengths(self.by_word)
        self._alone = {word: (1,) for word in self.by_word if len(word) == 1}

    def words_in(self, text: str, start: int, end: int) -> list[Occurrence]:
        """The words that stand in a part of a plain text, in order; a part of a longer one is marked so."""
        occurrences: list[Occurrence] = []
        part, words = text[start:end], self._beginnings
        covered = start
        heads = map(self._lengths.get, map(add, part, part[1:] + " "))
        for at, (lengths, alone) in enumerate(zip(heads, map(self._alone.get, part), strict=True)):
            for length in lengths or alone or ():
                word = part[at : at + length]
                if word in words:
                    first = start + at
                    last = first + len(word)
                    occurrences.append((word, first, last, last <= covered, last == covered))
                    covered = max(covered, last)
                    for shorter in words[word]:
                        occurrences.append((shorter, first, first + len(shorter), True, False))
                    break
        return occurrences

    def names_in(self, measure: str, status: str) -> Names:
        """The names of the indicators that a number in this measure can be of.

        `status` is what the words near the number say of it; both tell how well an indicator suits.
        """
        known = self._names_in.get((measure, status))
        if known is None:
            known = self._names_in[measure, status] = self._suited(measure, status)
        return known

    def _suited(self, measure: str, status: str) -> Names:
        words: set[str] = set()
        single: dict[str, list[Suited]] = {}
        several: dict[str, dict[str, list[Suited]]] = {}
        for name in self._names:
            if self.takes(name.indicator, measure):
                words.update(name.words)
                factor = _suits(name.indicator, measure, status)
                suited = Suited(name.words, name.indicator, name.is_outside, factor)
                if len(name.words) == 1:
                    single.setdefault(name.words[0], []).append(suited)
                else:
                    several.setdefault(name.words[0], {}).setdefault(name.words[1], []).append(suited)
        return Names(frozenset(words), single, several)

    def takes(self, indicator: Indicator, measure: str) -> bool:
        """Whether a number in this measure can be one of the indicator's."""
        accepted = self._accepts[indicator.code]
        return not accepted or measure in accepted


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


def _beginnings(word: str, words: Container[str]) -> list[str]:
    """The words that a longer one begins with."""
    return [word[:length] for length in range(2, len(word)) if word[:length] in words]


def _lengths(words: Iterable[str]) -> dict[str, list[int]]:
    """By the first two signs of words how long those are that begin so, the longest first."""
    lengths: dict[str, set[int]] = {}
    for word in words:
        lengths.setdefault(word[:HEAD], set()).add(len(word))
    for head, known in lengths.items():
        if head[0] in lengths:
            known.add(1)
    return {head: sorted(known, reverse=True) for head, known in lengths.items()}


def _accepted(indicator: Indicator, language: Language) -> frozenset[str]:
    """The measures given, the indicator's own, and those that mean much the same as one of them where none is given."""
    prose = indicator.prose
    if prose.measures:
        return prose.measures | ({indicator.measure} if indicator.measure else frozenset())
    if indicator.code == OUTSIDE or not indicator.measure:
        return frozenset()
    return language.kindred_measures.get(indicator.measure, frozenset()) | {indicator.measure}


@lru_cache(maxsize=4)
def _cached(catalogue_id: int, catalogue: _Held) -> Lexicon:
    del catalogue_id
    return Lexicon(catalogue.catalogue)


class _Held:
    """A catalogue that can be the key of a cache though it holds mappings; all are equal, its id tells them apart."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def __hash__(self) -> int:
        return id(self.catalogue)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.catalogue is self.catalogue


def lexicon(catalogue: Catalogue) -> Lexicon:
    """The lexicon of a catalogue, made once."""
    return _cached(id(catalogue), _Held(catalogue))
