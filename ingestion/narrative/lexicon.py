"""The words by which prose speaks of indicators, made ready to be found in a text."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
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
    """One way to speak of an indicator: all its words must stand near the number, which is in a measure it accepts.

    Without a measure it accepts all.
    """

    indicator: Indicator
    words: tuple[str, ...]
    is_outside: bool
    accepts: frozenset[str]

    def takes(self, measure: str) -> bool:
        """Whether a number in this measure can be one of the indicator's."""
        return not self.accepts or measure in self.accepts


Occurrence = tuple[str, int, int, bool, bool]
"""A word of the lexicon in a text, where it begins and ends, whether it lies in a longer word, and there at its end.

A plain tuple: in a dense text there is one for every six signs.
"""


class Lexicon:
    """Every name of every indicator; `lexicon(catalogue)` makes it once."""

    def __init__(self, catalogue: Catalogue) -> None:
        language = catalogue.language
        self.by_word: dict[str, list[Name]] = {}
        self.single: dict[str, list[Name]] = {}
        """The names of one word."""
        self.several: dict[str, dict[str, list[Name]]] = {}
        """The names of several words by their first and second."""
        self.by_measure: dict[str, Indicator] = {}
        self.unless: dict[str, re.Pattern[str] | None] = {}
        for indicator in catalogue.indicators.values():
            unless = [plain(word, language) for word in indicator.prose.unless]
            self.unless[indicator.code] = re.compile("|".join(map(re.escape, unless))) if unless else None
            for measure in indicator.prose.by_measure:
                self.by_measure.setdefault(measure, indicator)
            accepted = _accepted(indicator, language)
            for words in indicator.prose.names:
                plain_words = tuple(plain(word, language) for word in words)
                self._add(Name(indicator, plain_words, indicator.code == OUTSIDE, accepted))
        self.measures = {word: _accepted_by_any(names) for word, names in self.by_word.items()}
        """The measures of the numbers of which a word may say something; none where it may of all."""
        self._beginnings = {word: _beginnings(word, self.by_word) for word in self.by_word}
        self._lengths = _lengths(self.by_word)
        self._alone = {word: (1,) for word in self.by_word if len(word) == 1}

    def _add(self, name: Name) -> None:
        first, *others = name.words
        if others:
            self.several.setdefault(first, {}).setdefault(others[0], []).append(name)
        else:
            self.single.setdefault(first, []).append(name)
        for word in dict.fromkeys(name.words):
            self.by_word.setdefault(word, []).append(name)

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


def suits(indicator: Indicator, measure: str, status: str) -> float:
    """How well an indicator suits a number in a measure and of a status.

    One of this very measure suits better, and of things applied for, or planned, one that is of those.
    """
    factor = OWN_MEASURE if measure == indicator.measure else 1.0
    if not status:
        return factor
    if status == Status.APPLIED and Status.APPLIED in indicator.statuses:
        factor *= OWN_STATUS
    if status == Status.ACTUAL and Status.APPLIED in indicator.statuses:
        factor /= OWN_STATUS * OWN_STATUS
    if status == Status.PLAN and indicator.aggregation is Aggregation.TARGET:
        factor *= OWN_STATUS
    return factor


def _accepted_by_any(names: Iterable[Name]) -> frozenset[str]:
    """The measures that one of the names accepts, none where one accepts all."""
    accepted = [name.accepts for name in names]
    return frozenset().union(*accepted) if all(accepted) else frozenset()


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
