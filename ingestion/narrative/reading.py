"""Read the quantities of a work report: where they stand, what they claim, and what they are figures of."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from catalogue.language import Language, Marker, Reach
from catalogue.model import Aggregation, Catalogue, Indicator, Scope, State, Status
from ingestion.narrative.binding import binder
from ingestion.narrative.lexicon import lexicon
from ingestion.narrative.markers import Markers
from ingestion.narrative.numbers import Stated, stated
from ingestion.narrative.parts import STRONG, Bound, mark_parts, mark_sums
from ingestion.narrative.quantity import Quantity
from ingestion.narrative.scan import PLACES, RANK, Found, scanner
from ingestion.narrative.sections import Sections
from ingestion.narrative.tables import Row, tables
from ingestion.narrative.text import Sentence, plain, sentences, without_remarks
from ingestion.narrative.words import any_of
from ingestion.periods import parse_period

_YEAR = re.compile(r"(20\d\d) ?年")
_BEFORE_YEAR = re.compile(r"[到至在，；：。\s]")
_FIRST_YEAR = re.compile(r"\s{0,4}((?:19|20)\d\d) ?年(?!度?[^，]{0,12}(?:项目|竞赛|计划|科普日|科技周))")
_LIST_GOES_ON = re.compile(r"[^，。：\n]{2,14}类：")
_ITEM = re.compile(r"）?[，、和及（](?:其中[，：]?)?([^，；：、（）\d]{2,16})")
_HALF = {"上半年": "H1", "下半年": "H2"}


def quantities(text: str, catalogue: Catalogue, period: str = "") -> list[Quantity]:
    """Every quantity of a Chinese work report, in order, without overlaps; numbers that are none are left out.

    `start` and `end` are code points of the text as given. `period` is that of the report where it is known (from the
    file's name); else the text's own year is taken. A sentence said twice is read once.
    """
    return list(_Reader(text, catalogue, period).read())


class _Year(NamedTuple):
    """A year that a text names, and where."""

    start: int
    end: int
    year: int


_END = attrgetter("end")


class _Reader:
    """One text being read, sentence by sentence."""

    def __init__(self, text: str, catalogue: Catalogue, period: str) -> None:
        self._text, self._catalogue, self._language = text, catalogue, catalogue.language
        self._plain = without_remarks(plain(text, self._language), self._language)
        known = parse_period(period)
        self._sections = Sections(self._plain, self._language, known.year if known else None)
        self._period = period or _period_of(self._plain, self._sections.year)
        self._scanner, self._tables = scanner(self._language), tables(self._language)
        self._binder = binder(lexicon(catalogue), self._language)
        self._statuses, self._scopes = _markers(self._language)
        self._deed, self._kindred = _deeds(self._language), self._language.kindred_measures
        self._years = [*self._years_named()]
        self._columns: list[str] = []
        self._list_status: Status | None = None

    def read(self) -> Iterator[Quantity]:
        text = self._plain
        earlier: list[Bound] = []
        for sentence in sentences(text):
            start, end, is_repeat = sentence
            row = self._tables.row(text, start, end)
            if row is not None:
                yield from self._read_row(row)
                continue
            if columns := self._tables.scopes(text, start, end):
                self._columns = columns
            found = [] if is_repeat else self._scanner.within(text, start, end)
            if found:
                said = self._said(sentence, found)
                bound = self._bind(sentence, found, said, earlier)
                mark_parts(text, start, end, bound, earlier, self._catalogue)
                mark_sums(bound, self._catalogue)
                yield from self._finish(sentence, bound, said)
                earlier = bound

    def _said(self, sentence: Sentence, found: list[Found]) -> list[Marker | None]:
        """The marker of a status that reaches each quantity."""
        text = self._plain
        names = self._scanner.quotations.within(text, sentence.start, sentence.end)
        statuses = self._statuses.within(text, sentence.start, sentence.end, names)
        said = [
            self._statuses.behind(text, one.end) or self._statuses.reaching(statuses, text, one.number, one.measure)
            for one in found
        ]
        for place in range(1, len(found)):
            last = said[place - 1]
            if said[place] is None and last is not None and self._goes_on(last, found[place - 1], found[place]):
                said[place] = last
        return said

    def _goes_on(self, marker: Marker, last: Found, one: Found) -> bool:
        """Whether a list that began with a marker of clauses goes on over a comma: 现有企业科协7家，个人会员60人."""
        if marker.reach is not Reach.CLAUSE or marker.says not in (Status.CUMULATIVE, Status.PLAN):
            return False
        item = _ITEM.fullmatch(self._plain, last.end, one.start)
        return item is not None and self._deed.search(item[1]) is None

    def _bind(
        self, sentence: Sentence, found: list[Found], said: list[Marker | None], earlier: list[Bound]
    ) -> list[Bound]:
        statuses = [marker.says if marker else "" for marker in said]
        read = self._binder.bind(self._plain, sentence.start, sentence.end, found, statuses)
        bound = [Bound(one, indicator, fit) for one, (indicator, fit) in zip(found, read, strict=True)]
        for place, marker in enumerate(said):
            if marker is not None:
                self._refer_back(bound[place], marker, [*earlier, *bound[:place]], is_first=not place)
        return bound

    def _refer_back(self, one: Bound, marker: Marker, before: list[Bound], *, is_first: bool) -> None:
        """Give a quantity that speaks of a figure before it what it is of: a difference, a year earlier, or in all."""
        last = before[-1] if before else None
        if marker.year_before:
            one.is_earlier = True
            like = next((other for other in reversed(before) if self._is_alike(one.found, other.found)), None)
            if like is not None and (marker.reach is Reach.NEXT or one.fit < STRONG):
                one.indicator = like.indicator
        elif last is None or is_first:
            return
        elif marker.compares:
            # 22项，较上年多10项: what is compared is what was said before.
            one.indicator = last.indicator if self._is_alike(one.found, last.found) else None
        elif marker.says == Status.CUMULATIVE:
            # 新成立16家，累计148家: what there is in all has an indicator of its own.
            is_meant = not one.fit and self._is_alike(one.found, last.found)
            added = last.indicator if one.indicator is None and is_meant else one.indicator
            if added is not None and added.prose.stock:
                one.indicator = self._catalogue.indicators[added.prose.stock]

    def _is_alike(self, one: Found, last: Found) -> bool:
        """Whether a difference can be one of a figure: in the same measure, or by so many places of a rank."""
        is_place = last.measure == RANK and one.spelled in PLACES
        return is_place or one.measure == last.measure or one.measure in self._kindred.get(last.measure, ())

    def _finish(self, sentence: Sentence, bound: list[Bound], said: list[Marker | None]) -> Iterator[Quantity]:
        text, start, end = self._plain, sentence.start, sentence.end
        scopes = self._scopes.within(text, start, end, ())
        listed = self._listed(start, end, {marker.says for marker in said if marker})
        for one, marker in zip(bound, said, strict=True):
            found = one.found
            indicator = None if found.for_each else one.indicator
            status = self._status(indicator, found, start, _says(marker, indicator), listed)
            scoped = self._scopes.reaching(scopes, text, found.start, found.measure)
            scope = Scope.PART if one.is_part else Scope(scoped.says) if scoped else Scope.OWN
            period = self._when(status, found, start)
            if marker is not None and marker.year_before and status is Status.REFERENCE:
                period = _year_before(period)
            yield self._quantity(found, indicator, status, scope, period)

    def _listed(self, start: int, end: int, said: set[str]) -> Status | None:
        """The status of a list that goes on over sentences: 申报…其中创建类：…。传播类：…"""
        goes_on = _LIST_GOES_ON.match(self._plain, start, end) is not None
        if not goes_on:
            opens = Status.APPLIED in said and _LIST_GOES_ON.search(self._plain, start, end) is not None
            self._list_status = Status.APPLIED if opens else None
        return self._list_status if goes_on else None

    def _status(
        self, indicator: Indicator | None, found: Found, start: int, said: str, listed: Status | None
    ) -> Status:
        section = self._sections.status_at(found.start)
        if section is Status.PLAN:
            return Status.PLAN if said in ("", Status.ACTUAL, Status.PLAN, Status.APPLIED) else Status(said)
        if said in (Status.PLAN, Status.APPLIED):
            return Status(said)
        if self._sections.year is not None and self._later_year(found, start):
            return Status.PLAN
        if indicator is not None and indicator.prose.status is not None:
            return indicator.prose.status
        if listed is not None:
            return listed
        if said:
            return Status(said)
        if indicator is not None and indicator.aggregation in (Aggregation.REGCUM, Aggregation.TARGET):
            return indicator.default_status if indicator.aggregation is Aggregation.TARGET else Status.CUMULATIVE
        return Status.CUMULATIVE if self._sections.several_years else Status.ACTUAL

    def _later_year(self, found: Found, start: int) -> int | None:
        """A year after the report's that is named before a quantity in its statement: 到2025年…达到."""
        if not self._years:
            return None
        at = bisect_right(self._years, found.start, key=_END) - 1
        if at < 0 or self._years[at].start < max(start - 1, found.start - 60):
            return None
        year = self._years[at].year
        return year if year > (self._sections.year or 0) else None

    def _years_named(self) -> Iterator[_Year]:
        """The years that a statement may be about, each with the sign before it."""
        for match in _YEAR.finditer(self._plain):
            start = max(match.start() - 1, 0)
            if start == match.start() or _BEFORE_YEAR.match(self._plain, start) is not None:
                yield _Year(start, match.end(), int(match[1]))

    def _when(self, status: Status, found: Found, start: int) -> str:
        year = self._sections.year
        # From what stands before the statement on: a year may be its first word.
        later = self._later_year(found, max(start - 1, 0))
        if status in (Status.PLAN, Status.APPLIED) and later is not None:
            return str(later)
        if status is Status.PLAN and self._sections.status_at(found.start) is Status.PLAN:
            planned = self._sections.planned_for(found.start)
            return str(planned) if planned is not None else ""
        first = _FIRST_YEAR.match(self._plain, start, found.start)
        if first is not None and year is not None and int(first[1]) < year:
            return first[1]
        return self._period

    def _read_row(self, row: Row) -> Iterator[Quantity]:
        rules, measure = self._scanner.grammar, self._language.measures.get(row.measure, "")
        numbers = [(cell, rules.number_at(self._plain, cell.start)) for cell in row.cells]
        claims = [(cell, stated(rules, number, measure, [])) for cell, number in numbers if number is not None]
        indicator = self._of_label(row, claims[0][1]) if claims else None
        if indicator is None and not measure:
            return
        for cell, claim in claims:
            found = Found(cell.start, cell.end, cell.start, claim, row.measure)
            scope = self._columns[cell.column] if cell.column < len(self._columns) else Scope.OWN
            yield self._quantity(found, indicator, self._row_status(indicator, cell.start), Scope(scope), self._period)

    def _of_label(self, row: Row, claim: Stated) -> Indicator | None:
        """What all numbers of a row are of: what one of them would be of that touched its label."""
        first, last = row.label
        touching = Found(last, last, last, claim, row.measure)
        ((indicator, fit),) = self._binder.bind(self._plain, first, last, [touching], [""])
        return indicator if fit else None

    def _row_status(self, indicator: Indicator | None, place: int) -> Status:
        section = self._sections.status_at(place)
        return section or (indicator.prose.status if indicator and indicator.prose.status else Status.ACTUAL)

    def _quantity(
        self, found: Found, indicator: Indicator | None, status: Status, scope: Scope, period: str
    ) -> Quantity:
        claim: Stated = found.stated
        measure, notes = claim.measure, [found.note] if found.note else []
        if indicator is not None and indicator.measure and measure != indicator.measure:
            if {measure, indicator.measure} == {"人", "人次"}:
                notes.append(f"原文按“{measure}”计")
            measure = indicator.measure
        if found.for_each:
            notes.append("是每一个的数，不是总数")
        if scope is Scope.PART:
            notes.append("是前面一个数的其中项")
        if claim.state == State.REDACTED:
            notes.append("原文隐去了数字")
        return Quantity(
            quote=self._text[found.start : found.end],
            start=found.start,
            end=found.end,
            value=claim.value,
            low=claim.low,
            high=claim.high,
            measure=measure,
            qualifier=claim.qualifier,
            status=str(status),
            scope=str(scope),
            state=claim.state,
            period=period,
            indicator_code=indicator.code if indicator else "",
            note="；".join(notes),
        )


def _says(marker: Marker | None, indicator: Indicator | None) -> str:
    """The status that a marker gives a figure. That it is done (已) only keeps it from being planned or applied for."""
    if marker is None or (indicator is not None and indicator.aggregation in marker.not_for):
        return ""
    is_verb = marker.says == Status.ACTUAL and marker.reach in (Reach.CLAUSE, Reach.BEHIND)
    return "" if is_verb else marker.says


@lru_cache(maxsize=8)
def _deeds(language: Language) -> re.Pattern[str]:
    return re.compile(any_of(language.deeds))


@lru_cache(maxsize=8)
def _markers(language: Language) -> tuple[Markers, Markers]:
    return Markers(language.statuses), Markers(language.scopes)


def _year_before(period: str) -> str:
    """The same part of the year before; empty where the period is not known."""
    return f"{int(period[:4]) - 1}{period[4:]}" if period else ""


def _period_of(text: str, year: int | None) -> str:
    """The year of a report, or the half that its first line names."""
    if year is None:
        return ""
    first = text.lstrip()[:120].partition("\n")[0]
    half = next((part for word, part in _HALF.items() if word in first), "")
    return f"{year}-{half}" if half else str(year)
