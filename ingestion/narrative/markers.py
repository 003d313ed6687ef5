"""Words that say a status or a scope of the numbers near them: 计划, 申报, 截至, 联合省科协."""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from catalogue.language import Marker, Reach
from catalogue.model import Status
from ingestion.narrative.words import any_of

GAP = "…"
_WITHIN = "[^，；。：]{0,14}?"
CLOSE = 3
"""How many signs may stand between a number and a marker that reaches the next number only."""


class Said(NamedTuple):
    """A marker where it stands."""

    marker: Marker
    start: int
    end: int


_END = attrgetter("end")


class Markers:
    """The words of one kind; of those that overlap the first and longest holds."""

    def __init__(self, markers: Sequence[Marker]) -> None:
        before = [marker for marker in markers if marker.reach is not Reach.BEHIND]
        self._by_word = {marker.word: marker for marker in before if GAP not in marker.word}
        self._pattern = re.compile(any_of(self._by_word))
        gapped = [marker for marker in before if GAP in marker.word]
        self._gapped = [
            (re.compile(_WITHIN.join(map(re.escape, one.word.split(GAP)))), one.word.partition(GAP)[0], one)
            for one in gapped
        ]
        self._some_gapped = re.compile(any_of(begins for _, begins, _ in self._gapped))
        self._by_word_behind = {marker.word: marker for marker in markers if marker.reach is Reach.BEHIND}
        self._behind = re.compile(any_of(self._by_word_behind))

    def within(self, text: str, start: int, end: int, names: Sequence[tuple[int, int]]) -> list[Said]:
        """Every marker of a sentence, in order, but for those that are a part of one of the names."""
        said = [Said(self._by_word[one.group()], *one.span()) for one in self._pattern.finditer(text, start, end)]
        if self._some_gapped.search(text, start, end) is not None:
            for pattern, begins, marker in self._gapped:
                for one in pattern.finditer(text, start, end):
                    # 争取…项目 stands for the 争取 in it.
                    said = [other for other in said if other.start != one.start() or other.marker.word != begins]
                    said.append(Said(marker, *one.span()))
        if not said:
            return said
        said.sort(key=_END)
        return [one for one in said if not any(opens < one.start < closes for opens, closes in names)]

    def reaching(self, said: list[Said], text: str, start: int, measure: str) -> Marker | None:
        """The nearest marker that reaches a number in a measure, which begins at `start`.

        What is done (已建成5个) is so within what adds up since long (去年以来…): there the farther word holds, as 今年
        does before what only looks like a running total (今年已建有…).
        """
        done: Said | None = None
        for one in reversed(said):
            marker = one.marker
            if one.end > start or measure in marker.not_for or not _reaches(marker.reach, text[one.end : start]):
                continue
            if done is None and (marker.yields or (marker.says == Status.ACTUAL and marker.reach is Reach.CLAUSE)):
                done = one
            elif done is None or marker.says == Status.CUMULATIVE:
                return marker
            elif marker.says == Status.ACTUAL and marker.reach is not Reach.CLAUSE:
                return marker if done.marker.says == Status.CUMULATIVE else done.marker
            elif done.marker.yields and _reaches(Reach.CLAUSE, text[one.end : done.start]):
                return marker
        return done.marker if done else None

    def behind(self, text: str, stop: int) -> Marker | None:
        """The marker that stands right behind a number."""
        word = self._behind.match(text, stop)
        return self._by_word_behind.get(word.group()) if word else None


def _reaches(reach: Reach, between: str) -> bool:
    if reach is Reach.SENTENCE:
        return True
    if reach is Reach.STATEMENT:
        return "；" not in between
    if reach is Reach.NEXT:
        return len(between) <= CLOSE and not any(sign in "，；、。）" for sign in between)
    return not any(sign in "，；）" for sign in between)
