"""What part of a report a place lies in: what was done, or what is planned; and of which year the report is."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from catalogue.language import Language
from catalogue.model import Status
from ingestion.narrative.words import any_of

_NUMBERED = re.compile(
    r"\s{0,4}(?:[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十]{1,3}部分|（[一二三四五六七八九十]{1,3}）)"
)
_STARTS, _STOPS = re.compile(r"[\n。：；！]"), re.compile(r"[\n。，：；（！]|$")
_YEAR_OF_REPORT = re.compile(
    r"(20\d\d|19\d\d)年(?:度)?(?:的)?(?:[^\n，。；]{0,8})(?:总结|回顾|述职|履职|工作情况|小结|完成情况)"
)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d) ?年")
_SOME_YEAR = r"1(?<!\d1)9\d\d ?年|2(?<!\d2)0\d\d ?年"
"""The same, beginning with a sign, so that it is as quick to look for as a word."""
_LONGEST_HEADING = 30
_BEGINNING, _LOOKED_AT = 260, 4000


class Heading(NamedTuple):
    """A heading with where it begins, and its level: 1 for 一、 and for a line of its own, 2 for （一）."""

    start: int
    words: str
    level: int


class Sections:
    """Where plans begin and end in one plain text."""

    def __init__(self, text: str, language: Language, year: int | None) -> None:
        patterns = _patterns(language)
        self.year = _year_of(text, year)
        self.several_years = patterns.several_years.search(text[:_BEGINNING]) is not None
        self._starts: list[int] = [0]
        self._plans: list[int] = [0]
        """The level of the heading that makes a plan of what follows, 0 where none does."""
        self._years: list[int | None] = [None]
        for heading in _headings(text, patterns):
            self._add(heading, patterns)

    def _add(self, heading: Heading, patterns: _Patterns) -> None:
        found = _YEAR.search(heading.words)
        year = int(found[1]) if found else None
        is_other = patterns.other.search(heading.words) is not None
        if self.year is not None and year is not None and year > self.year:
            # 2022年主要工作 in a report on 2021 is a plan, though 主要工作 alone is none.
            is_other = patterns.other.search(heading.words.replace("主要工作", "")) is not None
            is_plan = not is_other
        else:
            is_plan = not is_other and patterns.plan.search(heading.words) is not None
        if is_plan:
            self._insert(heading.start, heading.level, year)
        elif is_other and (heading.level <= self._plans[-1] or not self._plans[-1]):
            self._insert(heading.start, 0, None)

    def _insert(self, start: int, plan: int, year: int | None) -> None:
        self._starts.append(start)
        self._plans.append(plan)
        self._years.append(year)

    def status_at(self, place: int) -> Status | None:
        """PLAN in what a heading of a plan stands over, else None."""
        return Status.PLAN if self._plans[bisect_right(self._starts, place) - 1] else None

    def planned_for(self, place: int) -> int | None:
        """The year of the plan that a place lies in: the heading's, else the year after the report's."""
        year = self._years[bisect_right(self._starts, place) - 1]
        return year if year is not None else None if self.year is None else self.year + 1


class _Patterns:
    def __init__(self, language: Language) -> None:
        self.plan = re.compile(any_of(language.plan_headings))
        self.other = re.compile(any_of(language.other_headings))
        words = any_of([*language.plan_headings, *language.other_headings])
        self.heading = re.compile(rf"{words}|{_SOME_YEAR}")
        self.several_years = re.compile(any_of(language.several_years))


@lru_cache(maxsize=8)
def _patterns(language: Language) -> _Patterns:
    return _Patterns(language)


def _headings(text: str, patterns: _Patterns) -> Iterator[Heading]:
    """The headings that hold a year or a word of a heading, in order and each once."""
    last = -1
    for match in patterns.heading.finditer(text):
        heading = _heading_at(text, match.start(), match.end())
        if heading is not None and heading.start > last:
            last = heading.start
            yield heading


def _heading_at(text: str, start: int, end: int) -> Heading | None:
    """The heading that holds a place: numbered, or a line of its own, and short; None where it is running text."""
    window = text[max(0, start - _LONGEST_HEADING) : start]
    breaks = [match.end() for match in _STARTS.finditer(window)]
    if not breaks and start > _LONGEST_HEADING:
        return None
    left = start - len(window) + (breaks[-1] if breaks else 0)
    stop = _STOPS.search(text, end, end + _LONGEST_HEADING)
    if stop is None or stop.start() - left > _LONGEST_HEADING:
        return None
    words = text[left : stop.start()]
    numbered = _NUMBERED.match(words)
    if numbered is not None:
        return Heading(left, words, 2 if "（" in numbered.group() else 1)
    alone = (left == 0 or text[left - 1] == "\n") and stop.group() in ("\n", "", "：")
    return Heading(left, words, 1) if alone else None


def _year_of(text: str, filed_for: int | None) -> int | None:
    """The year that a report looks back on: as it says itself (2021年工作回顾), as it was filed for, or its first year.

    A congress of 2022 hears the report on 2021, and plans 2022: the text knows better than the name of its file.
    """
    own = _YEAR_OF_REPORT.search(text[:_LOOKED_AT])
    if own is not None and (filed_for is None or int(own[1]) < filed_for):
        return int(own[1])
    if filed_for is not None:
        return filed_for
    first = _YEAR.search(text[:_LOOKED_AT])
    return int(first[1]) if first else None
