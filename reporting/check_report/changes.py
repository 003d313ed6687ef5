"""Quantities that are no figures but comparisons of two: 比上年增长12%, 同比增加300场, 完成年度计划的96%."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from catalogue.language import Language
from ingestion.narrative.quantity import Quantity
from reporting.check_report.around import Around, Words
from reporting.check_report.claims import Claim, Kind, Sense, Target
from reporting.check_report.times import Times

_HEDGES = "[为达约近超过逾]{0,3}"
_PERCENT = re.compile(r"\d[%％]")
_NEAR = 8
_POINTS = "百分点"


class Change(NamedTuple):
    """What a quantity says of the figures that it compares; `falls` where it counts how much one fell."""

    sense: Sense
    falls: bool = False


class Changes:
    """Recognises comparisons and finds what is compared."""

    def __init__(self, language: Language, words: Words, times: Times) -> None:
        self._language, self._words, self._times = language, words, times
        moves = f"(?P<move>{words['rise'].pattern}|{words['fall'].pattern})"
        # Right before the number, or before others of 分别增长10.2%和9.1%; but no word that says up to where.
        self._moved = re.compile(f"{moves}了?(率|幅度?)?{_HEDGES}(?:[\\d.]+[%％][、和与及]{_HEDGES})*$")

    def of(self, quantity: Quantity, around: Around) -> Change | None:
        """The comparison that a quantity is; None for a figure."""
        if quantity.measure == "%" and self._words.are_in("of_plan", around.clause[-_NEAR:]):
            return Change(Sense.OF_PLAN)
        moved = self._moved.search(around.clause)
        if moved is None or not self._words.are_in("compared", around.before):
            return None
        falls = self._words["fall"].fullmatch(moved["move"]) is not None
        in_percent = quantity.measure == "%" and _POINTS not in quantity.quote
        return Change(Sense.PERCENT if in_percent else Sense.CHANGE, falls)

    def is_with_another_year(self, quantity: Quantity, around: Around) -> bool:
        """Whether years are compared at all, and not months, or how many times something is."""
        return not self._words.are_in("not_last_year", around.before + quantity.quote)

    def compared(self, claim: Claim, around: Around, before: Sequence[Claim]) -> Claim | None:
        """The figure whose change this is: of several after 分别 in their order, else the last of its measure."""
        levels = [
            other
            for other in before
            if other.span.passage == claim.span.passage and other.targets and other.targets[0].sense is Sense.LEVEL
        ]
        listed = self._in_order(claim, around, levels)
        if listed is not None or not levels:
            return listed
        # The same measure says more than the words between: 举办讲座210场，较上年增加30场.
        measure = claim.quantity.measure
        alike = [one for one in levels if measure in ("%", one.quantity.measure) or measure in self._kindred(one)]
        return alike[-1] if alike else None

    def _kindred(self, claim: Claim) -> frozenset[str]:
        return self._language.kindred_measures.get(claim.quantity.measure, frozenset())

    def _in_order(self, claim: Claim, around: Around, levels: Sequence[Claim]) -> Claim | None:
        respectively = self._words["respectively"].search(around.before)
        if respectively is None or claim.quantity.measure != "%":
            return None
        begins = claim.span.start - len(around.before)
        own = [one for one in levels if begins <= one.span.start < claim.span.start]
        earlier = len(_PERCENT.findall(around.before, respectively.end()))
        place = len(own) - (earlier + 1 + len(_PERCENT.findall(around.after))) + earlier
        return own[place] if 0 <= place < len(own) else None

    def targets(self, change: Change, around: Around, figures: Sequence[Target]) -> tuple[Target, ...]:
        """The comparisons of which the quantity may be the result, given the figures that it may be of."""
        return tuple(
            replace(
                figure,
                sense=change.sense,
                base_period=self._base(change, around, figure.period),
                falls=change.falls,
            )
            for figure in figures
            if figure.kind is not Kind.PLAN and figure.period == figures[0].period
        )

    def _base(self, change: Change, around: Around, period: str) -> str:
        return period if change.sense is Sense.OF_PLAN else self._times.compared_with(around, period)
