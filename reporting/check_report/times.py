"""Of when a figure of a draft is: what its section, its sentence and its status say of the year, and of plans."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from catalogue.model import Status
from ingestion.narrative.quantity import Quantity
from reporting.check_report.around import Around, Words
from reporting.check_report.draft import Passage

_YEAR = re.compile(r"(?<![\d—–－\-~～至])((?:19|20)\d\d)(?:年度?)(?!\s*[—–－\-~～至]\s*\d)")
_PART = re.compile(r"-(H\d|Q\d|\d\d)$")
_COMPARED_LATER = re.compile(r"[^，。、]{2,6}相比")
_SINCE_THIS_YEAR = re.compile(r"(今年|本年|年初|去年底|上年末)以来$")
_LONGEST_HEADING = 30
_NO_HEADING = tuple("。；，：,;")
_YEARS_BACK = 5


class Section(NamedTuple):
    """What a heading says of everything below it."""

    is_plan: bool
    year: int


class When(NamedTuple):
    """Whether a figure is planned, and of which periods it may be: none where nothing could be published of them."""

    is_plan: bool
    periods: tuple[str, ...]


class Times:
    """Tells the periods of a draft on one year's work."""

    def __init__(self, words: Words, headings: Words, year: int) -> None:
        self._words, self._headings, self._year = words, headings, year
        self._known = range(year - _YEARS_BACK, year + 2)
        moves = f"(?:{words['rise'].pattern}|{words['fall'].pattern}|发展)(?:{words['up_to'].pattern})了?"
        self._reached, self._reaching = re.compile(f"{moves}$"), re.compile(moves)

    def sections(self, passages: Iterable[Passage]) -> Iterator[Section]:
        """For each passage the section in which it lies; a draft begins by looking back."""
        section = Section(is_plan=False, year=self._year)
        for passage in passages:
            section = self._opened_by(passage) or section
            yield section

    def _opened_by(self, passage: Passage) -> Section | None:
        text = passage.text.strip()
        is_short = 0 < len(text) <= _LONGEST_HEADING and not text.endswith(_NO_HEADING)
        if passage.cell is not None or not (passage.is_heading or is_short):
            return None
        named = _YEAR.search(text)
        year = int(named[1]) if named else None
        if self._headings.are_in("review", text) and year != self._year + 1:
            return Section(is_plan=False, year=year or self._year)
        if self._headings.are_in("plan", text):
            return Section(is_plan=True, year=year or self._year + 1)
        if year is not None and self._headings.are_in("by_year", text):
            return Section(is_plan=year > self._year, year=year)
        return None

    def of(self, quantity: Quantity, around: Around, section: Section) -> When:
        """Of when a quantity is."""
        is_plan, years = self._years(quantity, around, section)
        part = _PART.search(quantity.period)
        return When(is_plan, tuple(f"{year}{part[0] if part else ''}" for year in years if year in self._known))

    def _years(self, quantity: Quantity, around: Around, section: Section) -> tuple[bool, tuple[int, ...]]:
        named = self.named(around)
        if section.is_plan:
            is_past = named is not None and named <= self._year
            if is_past and not self._words.are_in("plan", around.clause):
                return False, (named or self._year,)
            # 在2021年…的基础上，力争达到: the year of what was done is not that of what is aimed at.
            return True, (section.year if named is None or is_past else named,)
        if quantity.status == Status.PLAN:
            return True, (named,) if named is not None else (self._year, self._year + 1)
        return False, (section.year if named is None else named,)

    def named(self, around: Around) -> int | None:
        """The year that the sentence names last before the quantity, but for those it only compares with."""
        said = around.before
        start = self._words["from"].search(around.clause)
        if start and self.has_reached(around):
            # 由上年的2627个增加到2825个: the second is this year's.
            said = said[: len(said) - len(around.clause) + start.start()]
        marks = {match.start(): int(match[1]) for match in _YEAR.finditer(said)}
        for use, year in (("last_year", self._year - 1), ("next_year", self._year + 1)):
            marks |= {match.start(): year for match in self._words[use].finditer(said)}
        meant = [at for at in marks if not self._is_compared_with(said, at) or self._is_what_is_compared(said, at)]
        if meant:
            return marks[max(meant)]
        return self._year - 1 if start and self._reaching.match(around.rest_of_clause) else None

    def has_reached(self, around: Around) -> bool:
        """Whether the quantity is what something grew or fell to."""
        return self._reached.search(around.clause) is not None

    def _is_compared_with(self, said: str, at: int) -> bool:
        """Whether the year at a place is one that is compared with: 比上年, 与2020年相比."""
        return self._words.are_in("compared", said[max(0, at - 2) : at]) or bool(_COMPARED_LATER.match(said, at))

    def _is_what_is_compared(self, said: str, at: int) -> bool:
        """Whether the quantity is the earlier figure itself (比上年的1200场增加…), and no result of comparing."""
        between = said[at:]
        has_moved = self._words.are_in("rise", between) or self._words.are_in("fall", between)
        return "的" in between and not has_moved and not any(sign in between for sign in "，,：:")

    def compared_with(self, around: Around, period: str) -> str:
        """The period with which a change is against: that of the year named after 比, or of the year before."""
        compared = [
            match
            for match in _YEAR.finditer(around.before)
            if self._words.are_in("compared", around.before[max(0, match.start() - 2) : match.start()])
        ]
        year = int(compared[-1][1]) if compared else int(period[:4]) - 1
        return f"{year}{period[4:]}"

    def are_many_years(self, around: Around) -> bool:
        """Whether the sentence counts over more years than one: 五年来, but not 今年以来."""
        many = self._words["many_years"].search(around.before)
        return many is not None and _SINCE_THIS_YEAR.search(around.before[: many.end()]) is None
