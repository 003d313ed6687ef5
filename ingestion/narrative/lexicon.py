"""The words by which prose speaks of indicators, made ready to be found in a text."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from catalogue.language import Language
from catalogue.model import Catalogue, Indicator
from ingestion.narrative.text import plain

OUTSIDE = "other"
"""The entry that takes true quantities outside the catalogue; its names keep them from other indicators."""


class Name(NamedTuple):
    """One way to speak of an indicator: all its words must stand near the number."""

    indicator: Indicator
    words: tuple[str, ...]
    is_outside: bool


class Occurrence(NamedTuple):
    """A word of the lexicon in a text. An `inner` one lies in a longer word; `ends` where both end in one place."""

    word: str
    start: int
    end: int
    inner: bool
    ends: bool


class Lexicon:
    """Every name of every indicator; `lexicon(catalogue)` makes it once."""

    def __init__(self, catalogue: Catalogue) -> None:
        language = catalogue.language
        self.indicators = catalogue.indicators
        self.by_word: dict[str, list[Name]] = {}
        self._names: dict[str, list[Name]] = {}
        self._names_in: dict[str, dict[str, list[Name]]] = {}
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
                self._names.setdefault(name.words[0], []).append(name)
                for word in dict.fromkeys(name.words):
                    self.by_word.setdefault(word, []).append(name)
        self._word = re.compile(f"(?=({_trie(self.by_word)}))")
        self._beginnings = {word: _beginnings(word, self.by_word) for word in self.by_word}

    def words_in(self, text: str, start: int, end: int) -> list[Occurrence]:
        """The words that stand in a part of a plain text, in order; a part of a longer one is marked so."""
        occurrences = []
        covered = start
        for match in self._word.finditer(text, start, end):
            first, last = match.span(1)
            occurrences.append(Occurrence(match.group(1), first, last, last <= covered, last == covered))
            covered = max(covered, last)
            for shorter in self._beginnings[match.group(1)]:
                occurrences.append(Occurrence(shorter, first, first + len(shorter), inner=True, ends=False))
        return occurrences

    def names_in(self, measure: str) -> Mapping[str, Sequence[Name]]:
        """The names of the indicators that a number in this measure can be of, by the first of their words."""
        names = self._names_in.get(measure)
        if names is None:
            names = {
                word: taken
                for word, known in self._names.items()
                if (taken := [name for name in known if self.takes(name.indicator, measure)])
            }
            self._names_in[measure] = names
        return names

    def takes(self, indicator: Indicator, measure: str) -> bool:
        """Whether a number in this measure can be one of the indicator's."""
        accepted = self._accepts[indicator.code]
        return not accepted or measure in accepted


def _beginnings(word: str, words: Container[str]) -> list[str]:
    """The words that a longer one begins with."""
    return [word[:length] for length in range(2, len(word)) if word[:length] in words]


def _accepted(indicator: Indicator, language: Language) -> frozenset[str]:
    """The measures given, the indicator's own, and those that mean much the same as one of them where none is given."""
    prose = indicator.prose
    if prose.measures:
        return prose.measures | ({indicator.measure} if indicator.measure else frozenset())
    if indicator.code == OUTSIDE or not indicator.measure:
        return frozenset()
    return language.kindred_measures.get(indicator.measure, frozenset()) | {indicator.measure}


def _trie(words: Iterable[str]) -> str:
    """A pattern that finds the longest word at each place, trying each sign but once."""
    root: dict[str, dict[str, object]] = {}
    for word in words:
        node = root
        for sign in word:
            node = node.setdefault(sign, {})  # type: ignore[assignment]
        node[""] = {}
    return _pattern(root)


def _pattern(node: Mapping[str, object]) -> str:
    branches = [
        re.escape(sign) + _pattern(below)  # type: ignore[arg-type]
        for sign, below in sorted(node.items())
        if sign
    ]
    if not branches:
        return ""
    joined = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    return f"(?:{joined})?" if "" in node else joined


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
