"""The words by which prose speaks of indicators, made ready to be found in a text."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from catalogue.language import Language
from catalogue.model import Aggregation, Catalogue, Indicator, Status
from ingestion.narrative.text import plain

OUTSIDE = "other"
"""The entry that takes true quantities outside the catalogue; its names keep them from other indicators."""


OWN_MEASURE, OWN_STATUS = 1.15, 1.5

HEAD = 2
"""So many signs of a word are looked up before the word itself is compared."""


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
    """Names that begin with the same word: of that word alone, and of several."""

    single: list[Suited]
    several: list[Suited]


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
        self._names_in: dict[tuple[str, str], dict[str, Names]] = {}
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
        self._beginnings = {word: _beginnings(word, self.by_word) for word in self.by_word}
        self._first_signs = re.compile(f"[{re.escape(''.join({word[0] for word in self.by_word}))}]")
        self._by_head: dict[str, list[str]] = {}
        """By their first two signs the words that begin so, the longest first; a word of one sign by itself."""
        for word in sorted(self.by_word, key=len, reverse=True):
            self._by_head.setdefault(word[:HEAD], []).append(word)
        for head, known in self._by_head.items():
            if len(head) == HEAD and head[0] in self.by_word:
                known.append(head[0])

    def words_in(self, text: str, start: int, end: int) -> list[Occurrence]:
        """The words that stand in a part of a plain text, in order; a part of a longer one is marked so."""
        occurrences = []
        covered = start
        heads, beginnings = self._by_head, self._beginnings
        for match in self._first_signs.finditer(text, start, end):
            first = match.start()
            for word in heads.get(text[first : first + HEAD]) or heads.get(match.group()) or ():
                last = first + len(word)
                if last <= end and text.startswith(word, first):
                    break
            else:
                continue
            occurrences.append(Occurrence(word, first, last, last <= covered, last == covered))
            covered = max(covered, last)
            for shorter in beginnings[word]:
                occurrences.append(Occurrence(shorter, first, first + len(shorter), inner=True, ends=False))
        return occurrences

    def names_in(self, measure: str, status: str) -> Mapping[str, Names]:
        """The names of the indicators that a number in this measure can be of, by the first of their words.

        `status` is what the words near the number say of it; both tell how well an indicator suits.
        """
        known = self._names_in.get((measure, status))
        if known is None:
            known = {
                word: made for word, names in self._names.items() if any(made := self._suited(names, measure, status))
            }
            self._names_in[measure, status] = known
        return known

    def _suited(self, names: Sequence[Name], measure: str, status: str) -> Names:
        taken = [
            Suited(name.words, name.indicator, name.is_outside, _suits(name.indicator, measure, status))
            for name in names
            if self.takes(name.indicator, measure)
        ]
        several = [name for name in taken if len(name.words) > 1]
        return Names([name for name in taken if len(name.words) == 1], several)

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
