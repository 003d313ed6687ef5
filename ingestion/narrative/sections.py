"""What part of a report a place lies in: what was done, or what is planned; and of which year the report is."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

from catalogue.language import Language
from catalogue.model import Status
from ingestion.narrative.numbers import any_of

_NUMBERED = re.compile(
    r"\s{0,4}(?:[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十]{1,3}部分|（[一二三四五六七八九十]{1,3}）)"
)
_STARTS, _STOPS = re.compile(r"[\n。：；！]"), re.compile(r"[\n。，：；（！]|$")
_YEAR_OF_REPORT = re.compile(
    r"(20\d\d|19\d\d)年(?:度)?(?:的)?(?:[^\n，。；]{0,8})(?:总结|回顾|述职|履职|工作情况|小结|完成情况)"
)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d) ?年")
_LONGEST_HEADING = 30
_BEGINNING = 260


class Sections:
    """Where plans begin and end in one plain text."""

    def __init__(self, text: str, language: Language, year: int | None) -> None:
        patterns = _patterns(language)
        self.year = year if year is not None else _year_of(text)
        self._starts: list[int] = [0]
        self._statuses: list[Status | None] = [None]
        self._years: list[int | None] = [None]
        beginning = text[:_BEGINNING]
        self.several_years = patterns.several_years.search(beginning) is not None
        for match in patterns.heading.finditer(text):
            heading = _heading_at(text, match.start(), match.end())
            if heading is not None:
                self._add(match.start(), heading, patterns)
        for match in _YEAR.finditer(text):
            # 2022年主要工作 in a report on 2021 is a plan, whatever else the line says.
            if self.year is not None and int(match[1]) > self.year:
                heading = _heading_at(text, match.start(), match.end())
                if heading is not None and patterns.other.search(heading.replace("主要工作", "")) is None:
                    self._insert(match.start(), Status.PLAN, int(match[1]))

    def _add(self, place: int, heading: str, patterns: _Patterns) -> None:
        is_plan = patterns.plan.search(heading) is not None
        is_other = patterns.other.search(heading) is not None
        year = _YEAR.search(heading)
        if is_plan and not is_other:
            self._insert(place, Status.PLAN, int(year[1]) if year else None)
        elif is_other:
            self._insert(place, None, None)

    def _insert(self, place: int, status: Status | None, year: int | None) -> None:
        at = bisect_right(self._starts, place)
        self._starts.insert(at, place)
        self._statuses.insert(at, status)
        self._years.insert(at, year)

    def status_at(self, place: int) -> Status | None:
        """PLAN in what a heading of a plan stands over, else None."""
        return self._statuses[bisect_right(self._starts, place) - 1]

    def planned_for(self, place: int) -> int | None:
        """The year of the plan that a place lies in: the heading's, else the year after the report's."""
        year = self._years[bisect_right(self._starts, place) - 1]
        return year if year is not None else None if self.year is None else self.year + 1


class _Patterns:
    def __init__(self, language: Language) -> None:
        self.plan = re.compile(any_of(language.plan_headings))
        self.other = re.compile(any_of(language.other_headings))
        self.heading = re.compile(any_of([*language.plan_headings, *language.other_headings]))
        self.several_years = re.compile(any_of(language.several_years))


@lru_cache(maxsize=8)
def _patterns(language: Language) -> _Patterns:
    return _Patterns(language)


def _heading_at(text: str, start: int, end: int) -> str | None:
    """The heading that holds a place: numbered, or a line of its own, and short; None where it is running text."""
    window = text[max(0, start - _LONGEST_HEADING) : start]
    breaks = [match.end() for match in _STARTS.finditer(window)]
    if not breaks and start > _LONGEST_HEADING:
        return None
    left = start - len(window) + (breaks[-1] if breaks else 0)
    stop = _STOPS.search(text, end, end + _LONGEST_HEADING)
    if stop is None or stop.start() - left > _LONGEST_HEADING:
        return None
    heading = text[left : stop.start()]
    alone = (left == 0 or text[left - 1] == "\n") and (stop.group() in ("\n", "") or stop.group() == "：")
    return heading if alone or _NUMBERED.match(heading) else None


def _year_of(text: str) -> int | None:
    """The year that a report is on, as its heading or else its first sentences say."""
    found = _YEAR_OF_REPORT.search(text[:4000]) or _YEAR.search(text[:4000])
    return int(found[1]) if found else None
