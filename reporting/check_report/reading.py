"""From the quantities of a draft to what it claims with them: whose figure, of which year, done or planned.

The reader of prose says what a quantity is and to which indicator it belongs. What only a draft of the full-committee
report needs is said here: that its sentences speak of the province unless they name somebody, which sections look back
and which look ahead, and that 比上年增长12% is not a figure but a comparison of two.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from catalogue.check_up import Verdict
from catalogue.language import HedgeEffect, HedgePosition
from catalogue.model import Aggregation, Catalogue, Indicator, Status
from ingestion.narrative import quantities
from ingestion.narrative.lexicon import OUTSIDE
from ingestion.narrative.quantity import Quantity
from reporting.check_report.around import Around, Words
from reporting.check_report.changes import Change, Changes
from reporting.check_report.claims import Claim, Kind, Otherwise, Target
from reporting.check_report.clauses import Clauses
from reporting.check_report.draft import Draft, Span
from reporting.check_report.phrase import phrase_of
from reporting.check_report.published import Unit
from reporting.check_report.subjects import Meant, Subjects
from reporting.check_report.tables import is_prose, table_figures
from reporting.check_report.times import Section, Times, When

_SENTENCE = re.compile(r"[^。！？；;!?\n]*\d[^。！？；;!?\n]*")
_YEARLY = (Aggregation.FLOW, Aggregation.NEWADD, Aggregation.MONEY)
_NEAR = 6
OF_COVERAGE = "说的是报送和覆盖的范围，不是工作的数"


class DraftReader:
    """Reads drafts of one year against that year's tree."""

    def __init__(self, catalogue: Catalogue, units: Sequence[Unit], year: int) -> None:
        self._catalogue, self._year, self._rules = catalogue, year, catalogue.check_up
        self._words = Words(self._rules.words)
        self._subjects = Subjects(units, self._rules.words)
        self._times = Times(self._words, Words(self._rules.headings), year)
        self._changes = Changes(catalogue.language, self._words, self._times)
        self._clauses = Clauses(catalogue, self._words, self._subjects)
        says_nothing = [
            re.escape(hedge.word)
            for hedge in catalogue.language.hedges
            if hedge.effect is HedgeEffect.NONE and hedge.position is HedgePosition.BEFORE
        ]
        self._no_hedge = re.compile("|".join(sorted(says_nothing, key=len, reverse=True)))

    def claims(self, draft: Draft) -> list[Claim]:
        """What the draft claims, in its order."""
        sections = list(self._times.sections(draft.passages))
        found = [*self._of_prose(draft, sections), *self._of_tables(draft, sections)]
        return sorted(found, key=lambda claim: claim.span)

    def _of_prose(self, draft: Draft, sections: Sequence[Section]) -> list[Claim]:
        starts = draft.starts
        # Cells with a word or a number each are no sentences, and would spoil those around them.
        text = "\n".join(
            passage.text if passage.cell is None or is_prose(passage) else " " * len(passage.text)
            for passage in draft.passages
        )
        claims: list[Claim] = []
        for quantity in _also_repeated(text, self._quantities(text)):
            index = bisect_right(starts, quantity.start) - 1
            passage, start = draft.passages[index], quantity.start - starts[index]
            span = Span(index, start, min(start + len(quantity.quote), len(passage.text)))
            around = Around(passage.text, span.start, span.end)
            claims.append(self._claim(self._told(quantity, span, passage.place), around, sections[index], claims))
        return [_without_what_others_say(claim, claims) for claim in claims]

    def _of_tables(self, draft: Draft, sections: Sequence[Section]) -> Iterator[Claim]:
        for figure in table_figures(draft, self._catalogue):
            span, place = Span(figure.passage, figure.start, figure.end), draft.passages[figure.passage].place
            said: list[Claim] = []
            for quantity in self._quantities(figure.sentence):
                around = Around(figure.sentence, quantity.start, quantity.end)
                said.append(self._claim(self._told(quantity, span, place), around, sections[figure.passage], said))
            yield from (claim for claim in said if claim.quantity.start <= figure.at < claim.quantity.end)

    def _quantities(self, text: str) -> list[Quantity]:
        """The quantities of a text, without words before them that are no part of the figure (达到, 共)."""
        return [self._bare(quantity) for quantity in quantities(text, self._catalogue, str(self._year))]

    def _bare(self, quantity: Quantity) -> Quantity:
        match = self._no_hedge.match(quantity.quote)
        if match is None:
            return quantity
        return quantity._replace(quote=quantity.quote[match.end() :], start=quantity.start + match.end())

    def _told(self, quantity: Quantity, span: Span, place: str) -> Claim:
        return Claim(quantity, span, place, phrase_of(quantity, self._rules.limits))

    def _claim(self, told: Claim, around: Around, section: Section, before: Sequence[Claim]) -> Claim:
        quantity = told.quantity
        if quantity.value is None and quantity.low is None and quantity.high is None:
            return replace(told, unread="数字没有写明")
        change = self._changes.of(quantity, around)
        if change is not None:
            return self._comparison(told, around, section, change, before)
        if self._goes_on_about_coverage(told, around, before):
            return replace(told, unread=OF_COVERAGE)
        return self._figure(self._bound(told, around, before), around, section)

    # ---- a figure

    def _goes_on_about_coverage(self, claim: Claim, around: Around, before: Sequence[Claim]) -> bool:
        """Whether a figure names nothing behind one in its sentence that counts who reported: 覆盖率94.8%，低于95%."""
        last = before[-1] if before else None
        return (
            last is not None
            and last.unread == OF_COVERAGE
            and last.span.passage == claim.span.passage
            and last.span.start >= claim.span.start - len(around.before)
            and self._clauses.name_nothing(around)
        )

    def _bound(self, claim: Claim, around: Around, before: Sequence[Claim]) -> Claim:
        """The claim, of the indicator of the figure before it where its own words name nothing.

        After 分别 the reader of prose pairs numbers with nouns; where they go with units, the clause's own noun holds.
        """
        is_paired = self._words.are_in("respectively", around.before)
        if is_paired and (named := self._clauses.named_outright(claim.quantity, around)):
            return replace(claim, quantity=claim.quantity._replace(indicator_code=named))
        if not before or not self._clauses.name_nothing(around):
            return claim
        told = [one for one in before if one.span.passage == claim.span.passage and one.unread != OF_COVERAGE]
        if not told:
            return claim
        last, measure = told[-1], claim.quantity.measure
        is_near = last.span.start >= claim.span.start - len(around.before) - len(around.earlier.rpartition("。")[2])
        kindred = self._catalogue.language.kindred_measures.get(measure, frozenset()) | {measure}
        if not is_near or last.quantity.measure not in kindred or not last.quantity.indicator_code:
            return claim
        return replace(claim, quantity=claim.quantity._replace(indicator_code=last.quantity.indicator_code))

    def _figure(self, claim: Claim, around: Around, section: Section) -> Claim:
        quantity = claim.quantity
        known = self._catalogue.indicators.get(quantity.indicator_code)
        indicator = None if known is None or known.code == OUTSIDE else known
        when = self._times.of(quantity, around, section)
        unread = self._why_unread(quantity, indicator, around, section, when)
        if unread:
            return replace(claim, unread=unread)
        claim = replace(claim, said=around.said)
        if indicator is None:
            return self._with_targets(claim, around, [""], when)
        claim = replace(claim, otherwise=self._otherwise(quantity, indicator, around, section, when))
        return self._with_targets(
            claim, around, [indicator.code, *self._clauses.other_indicators(quantity, around)], when, section
        )

    def _why_unread(
        self, quantity: Quantity, indicator: Indicator | None, around: Around, section: Section, when: When
    ) -> str:
        """Why nothing published can be compared; empty where something can."""
        said = around.before.rpartition("，")[2] + around.quote + around.rest_of_clause
        if self._words.are_in("coverage", said) or self._words.are_in("coverage_behind", around.after):
            return OF_COVERAGE
        is_mean = self._words.are_in("each", around.clause) or around.clause.endswith("各")
        # 500人次/场次
        is_mean = is_mean or around.rest_of_clause.startswith("/")
        if is_mean and (indicator is None or indicator.aggregation is not Aggregation.RATIO):
            return "说的是平均数或各家的数"
        if indicator is None and (why := self._why_unknown(quantity, around, section)):
            return why
        if not when.periods:
            return "说的是别的年份，没有发布过的数可以对照"
        is_yearly = indicator is None or indicator.aggregation in _YEARLY
        if is_yearly and self._times.are_many_years(around):
            return "说的是几年的合计，没有发布过的数可以对照"
        return ""

    def _why_unknown(self, quantity: Quantity, around: Around, section: Section) -> str:
        """Why a quantity without indicator is not asked about; empty where it should be backed by something."""
        is_claim = quantity.status in (Status.ACTUAL, Status.CUMULATIVE) and not section.is_plan
        is_small = quantity.value is None or abs(quantity.value) < self._rules.limits.unsupported_from
        is_no_work = self._words.are_in("not_counted", quantity.quote + around.rest_of_clause[:_NEAR])
        return "" if is_claim and not is_small and not is_no_work else "指标目录里没有这一项"

    def _otherwise(
        self, quantity: Quantity, indicator: Indicator, around: Around, section: Section, when: When
    ) -> Otherwise | None:
        """What a quantity is that may not speak of its indicator's figure at all; None where it does."""
        if quantity.scope == "part" and not self._subjects.named_in(around.clause):
            return Otherwise(Verdict.NOT_CHECKED, "说的是其中一部分，发布的数没有单列")
        is_joint = quantity.scope in ("joint_up", "joint_dept") and self._words.are_in("jointly", around.before)
        if is_joint and indicator.aggregation is not Aggregation.LIST:
            return Otherwise(Verdict.NOT_CHECKED, "说的是与别的单位联合开展的，发布的数没有单列")
        if indicator.aggregation is Aggregation.RANK:
            return Otherwise(Verdict.NOT_CHECKED, "说的是名次，系统里的名次不汇总")
        has_year = self._times.named(around) is not None or self._times.has_reached(around)
        is_reference = quantity.status == Status.REFERENCE and not has_year
        if (is_reference or quantity.status == Status.APPLIED) and not when.is_plan:
            return Otherwise(Verdict.NOT_CHECKED, "说的是申报数或参考数")
        if self._clauses.name_something_else(quantity, around):
            why = self._why_unknown(quantity, around, section)
            return Otherwise(Verdict.NOT_CHECKED if why else Verdict.UNSUPPORTED, why)
        return None

    def _with_targets(
        self, claim: Claim, around: Around, indicators: Sequence[str], when: When, section: Section | None = None
    ) -> Claim:
        """The claim with the figures that it may be, of the unit and the periods that it speaks of."""
        meant = self._subjects.meant(around, Kind.PLAN if when.is_plan else Kind.VALUE)
        if isinstance(meant, str):
            return replace(claim, unread=meant)
        targets = _targets(meant, indicators, when)
        if when.is_plan and section is not None and not section.is_plan:
            # 争取 is said of what was got, too: in a review the figure may be either.
            done = {replace(target, kind=Kind.VALUE, period=str(self._year)): None for target in targets}
            targets = (*targets, *done)
        return replace(claim, targets=targets, is_total=meant.is_total)

    # ---- a comparison

    def _comparison(
        self, claim: Claim, around: Around, section: Section, change: Change, before: Sequence[Claim]
    ) -> Claim:
        if not self._changes.is_with_another_year(claim.quantity, around):
            return replace(claim, unread="不是与上年的比较")
        if section.is_plan:
            return replace(claim, unread="说的是计划的增减")
        of = self._changes.compared(claim, around, before)
        known = claim.quantity.indicator_code
        if known not in self._catalogue.indicators:
            known = self._clauses.named_before(around)
        code = of.targets[0].indicator_code if of else known
        if code not in self._catalogue.indicators:
            return replace(claim, unread="看不出是哪项指标的增减")
        if of is None:
            year = self._times.named(around) or section.year
            of = self._with_targets(claim, around, [code], When(is_plan=False, periods=(str(year),)))
        if of.unread:
            return replace(claim, unread=of.unread)
        return replace(claim, targets=self._changes.targets(change, around, of.targets), is_total=False)


def _targets(meant: Meant, indicators: Sequence[str], when: When) -> tuple[Target, ...]:
    return tuple(
        Target(unit, indicator, period, kind)
        for indicator in (indicators[:1] if meant.is_total else indicators)
        for period in when.periods
        for kind in meant.kinds
        for unit in meant.units
    )


def _also_repeated(text: str, found: Sequence[Quantity]) -> list[Quantity]:
    """The quantities with those of sentences that were said before, which the reader of prose counts once."""
    known = {quantity.start for quantity in found}
    first: dict[str, int] = {}
    repeated = []
    for sentence in _SENTENCE.finditer(text):
        original = first.setdefault(sentence[0].strip(), sentence.start())
        shift = sentence.start() - original
        repeated += [
            quantity._replace(start=quantity.start + shift, end=quantity.end + shift)
            for quantity in found
            if shift
            and original <= quantity.start < original + len(sentence[0])
            and quantity.start + shift not in known
        ]
    return sorted([*found, *repeated], key=lambda quantity: quantity.start)


def _without_what_others_say(claim: Claim, claims: Sequence[Claim]) -> Claim:
    """The claim without the figures that its paragraph gives in other places: those it can only mean once."""
    if not claim.targets or claim.is_total:
        return claim
    said = {
        other.targets[0].indicator_code
        for other in claims
        if other.span.passage == claim.span.passage and other is not claim and other.targets
    }
    meant = claim.targets[0].indicator_code
    kept = (target for target in claim.targets if target.indicator_code == meant or target.indicator_code not in said)
    return replace(claim, targets=tuple(kept))
