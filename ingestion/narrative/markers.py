"""Words that say a status or a scope of the numbers near them: 计划, 申报, 截至, 联合省科协."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from catalogue.language import Marker, Reach
from catalogue.model import Status
from ingestion.narrative.numbers import any_of

CLOSE = 3
"""How many signs may stand between a number and a marker that reaches the next number only."""


class Said(NamedTuple):
    """A marker where it stands."""

    marker: Marker
    start: int
    end: int


class Markers:
    """The words of one kind; of those that overlap the first and longest holds."""

    def __init__(self, markers: Iterable[Marker]) -> None:
        before = [marker for marker in markers if marker.reach is not Reach.BEHIND]
        self._by_word = {marker.word: marker for marker in before}
        self._pattern = re.compile(any_of(self._by_word))
        behind = {marker.word: marker for marker in markers if marker.reach is Reach.BEHIND}
        self._behind = {re.compile(re.escape(word)): marker for word, marker in behind.items()}

    def within(self, text: str, start: int, end: int, names: Sequence[tuple[int, int]]) -> list[Said]:
        """Every marker of a sentence, in order, but for those that are a part of one of the names."""
        return [
            Said(self._by_word[match.group()], *match.span())
            for match in self._pattern.finditer(text, start, end)
            if not any(opens < match.start() < closes for opens, closes in names)
        ]

    def reaching(self, said: list[Said], text: str, start: int, measure: str) -> Marker | None:
        """The nearest marker that reaches a number in a measure, which begins at `start`.

        What is done (已建成5个) is so within what adds up since long (去年以来…): there the farther word holds.
        """
        done: Said | None = None
        for one in reversed(said):
            marker = one.marker
            if one.end > start or measure in marker.not_for or not _reaches(marker.reach, text[one.end : start]):
                continue
            if done is None and marker.says == Status.ACTUAL and marker.reach is Reach.CLAUSE:
                done = one
            elif done is None or marker.says == Status.CUMULATIVE:
                return marker
            elif marker.says == Status.ACTUAL and marker.reach is not Reach.CLAUSE:
                return done.marker
            elif done.marker.yields and _reaches(Reach.CLAUSE, text[one.end : done.start]):
                return marker
        return done.marker if done else None

    def behind(self, text: str, stop: int) -> Marker | None:
        """The marker that stands right behind a number."""
        return next((marker for pattern, marker in self._behind.items() if pattern.match(text, stop)), None)


def _reaches(reach: Reach, between: str) -> bool:
    if reach is Reach.SENTENCE:
        return True
    if reach is Reach.STATEMENT:
        return "；" not in between
    if reach is Reach.NEXT:
        return len(between) <= CLOSE and not any(sign in "，；、。）" for sign in between)
    return not any(sign in "，；）" for sign in between)
