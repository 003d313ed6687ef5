"""Which verdict a figure of the draft deserves, tried in a fixed order.

1. right: the phrase is true of the figure that is meant.
2. stale: it is true of what the same figure was in a release, or at any time it was published.
3. wrongly rounded: it is not true, yet its number is the figure with its last places left out, or one step more.
4. wrong scope or period: it is true of another figure of the same indicator: the unit's own, its claim, its plan,
   another year's or another unit's.
5. inconsistent: none of these, and another place of the draft says otherwise of the same thing.
6. contradicted: none of these. The difference is told, and the true phrase.

What has no indicator or no published figure is unsupported, or not checked where no fault is the draft's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from catalogue.check_up import Verdict
from catalogue.model import Catalogue
from reporting.check_report.claims import Claim, Kind, Sense, Target
from reporting.check_report.phrase import Truth
from reporting.check_report.published import Fit, Moment, Published, Unit
from reporting.figures import MISSING, Figure, exactly


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with what it rests on: the figure that was meant, and the one that the phrase is true of instead."""

    verdict: Verdict
    target: Target | None = None
    figure: Figure = MISSING
    reason: str = ""
    once: Moment | None = None
    fit: Fit | None = None
    others: tuple[int, ...] = field(default=())


class Judge:
    """Judges the claims of one draft."""

    def __init__(self, catalogue: Catalogue, published: Published, units: Mapping[str, Unit]) -> None:
        self._catalogue, self._published, self._units = catalogue, published, units
        self._limits = catalogue.check_up.limits
        self._common = frozenset(catalogue.check_up.words["common_pairs"])

    def judge(self, claims: Sequence[Claim]) -> list[Judgement]:
        """A judgement for each claim, in order."""
        judged = [self._by_itself(claim) for claim in claims]
        self._look_at_comparable_units(claims, judged)
        self._look_elsewhere(claims, judged)
        self._look_for_namesakes(claims, judged)
        return self._compared_with_each_other(claims, judged)

    def _look_at_comparable_units(self, claims: Sequence[Claim], judged: list[Judgement]) -> None:
        """A change may be over the units that reported in both years (同口径): then it is right of those."""
        changes = {
            number: claim.targets[0]
            for number, (claim, one) in enumerate(zip(claims, judged, strict=True))
            if one.verdict is not Verdict.RIGHT
            and claim.targets
            and claim.targets[0].sense in (Sense.CHANGE, Sense.PERCENT)
            and len(claim.targets[0].period) == len(claim.targets[0].base_period) == _YEAR
        }
        for target, moment, figure in self._published.comparable(set(changes.values())):
            for number in [number for number, other in changes.items() if other == target]:
                if judged[number].verdict is Verdict.RIGHT or not claims[number].phrase.is_just(figure, self._limits):
                    continue
                if moment is None:
                    judged[number] = Judgement(Verdict.RIGHT, target, figure, reason="按同口径计算")
                elif judged[number].verdict is not Verdict.STALE:
                    judged[number] = Judgement(Verdict.STALE, target, judged[number].figure, once=moment)

    def _look_elsewhere(self, claims: Sequence[Claim], judged: list[Judgement]) -> None:
        """Find for what is contradicted the figure of the same indicator that the phrase is true of."""
        wrong = [number for number, one in enumerate(judged) if one.verdict is Verdict.CONTRADICTED]
        fits = self._published.fits([claims[number] for number in wrong])
        for order, number in enumerate(wrong):
            fit = self._likeliest(claims[number], judged[number], fits.get(order, []))
            if fit is not None:
                judged[number] = _again(judged[number], Verdict.WRONG_SCOPE_OR_PERIOD, fit=fit)

    def _look_for_namesakes(self, claims: Sequence[Claim], judged: list[Judgement]) -> None:
        """Find for what nothing explains another indicator that the sentence may speak of, and is right of."""
        open_ones = [
            number
            for number, one in enumerate(judged)
            if one.verdict in (Verdict.CONTRADICTED, Verdict.UNSUPPORTED) and claims[number].said
        ]
        kindred = self._catalogue.language.kindred_measures
        measures = [claims[number].quantity.measure for number in open_ones]
        kinds = [[measure, *kindred.get(measure, ())] for measure in measures]
        found = self._published.namesakes([claims[number] for number in open_ones], kinds)
        for order, number in enumerate(open_ones):
            own = {target.indicator_code for target in claims[number].targets}
            for one in found.get(order, []):
                is_other = one.is_line or one.target.indicator_code not in own
                is_just = claims[number].phrase.is_just(one.figure, self._limits)
                if is_other and is_just and self._is_named(claims[number], one.name):
                    judged[number] = Judgement(Verdict.RIGHT, one.target, one.figure, reason=f"与“{one.name}”的数相符")
                    break

    def _is_named(self, claim: Claim, name: str) -> bool:
        """Whether a clause may speak of what has this name and is true: it is too exact for chance, or alike."""
        width = claim.phrase.width
        if width is not None and width <= self._limits.certain:
            return True
        shared = (_pairs(_IN_BRACKETS.sub("", name)) & _pairs(claim.said)) - self._common
        return len(shared) >= self._limits.shared_pairs

    def _by_itself(self, claim: Claim) -> Judgement:
        if claim.unread or not claim.targets:
            verdict = Verdict.NOT_CHECKED if claim.unread else Verdict.UNSUPPORTED
            return Judgement(verdict, reason=claim.unread)
        figures = self._figures(claim)
        truths = [claim.phrase.truth(figure, self._limits) for _, figure in figures]
        for (target, figure), truth in zip(figures, truths, strict=True):
            is_right = self._is_meant(claim, target) and self._is_right(claim, figure, truth)
            if is_right or claim.phrase.is_just(figure, self._limits):
                return Judgement(Verdict.RIGHT, target, figure)
        if claim.otherwise is not None:
            return Judgement(claim.otherwise.verdict, reason=claim.otherwise.reason)
        # What the sentence also names can make the claim right; wrong it is only of what it speaks of first.
        meant = [
            (target, figure, truth)
            for (target, figure), truth in zip(figures, truths, strict=True)
            if self._is_meant(claim, target) and not figure.is_missing
        ]
        if not meant:
            return self._nothing_published(claim)
        target, figure, _ = meant[0]
        if not any(truth is Truth.FALSE for *_, truth in meant) and Truth.UNKNOWN in truths:
            return Judgement(Verdict.NOT_CHECKED, target, figure, "已发布的数只有上下限，且相差较大，无法判断")
        return self._not_true(claim, target, figure)

    def _is_meant(self, claim: Claim, target: Target) -> bool:
        first = claim.targets[0]
        is_alike = (target.kind is Kind.PLAN) == (first.kind is Kind.PLAN)
        return is_alike and target.indicator_code == first.indicator_code

    def _is_right(self, claim: Claim, figure: Figure, truth: Truth) -> bool:
        point = figure.point
        return truth is Truth.TRUE and (point is None or claim.phrase.says_enough(point, self._limits))

    def _figures(self, claim: Claim) -> list[tuple[Target, Figure]]:
        if claim.is_total:
            return [(claim.targets[0], _sum(self._published.figure(target) for target in claim.targets))]
        return [(target, self._published.figure(target)) for target in claim.targets]

    def _nothing_published(self, claim: Claim) -> Judgement:
        target = claim.targets[0]
        if target.kind is Kind.PLAN and target.period[:4] not in self._published.planned_years:
            return Judgement(
                Verdict.NOT_CHECKED, target, reason=f"还没有单位报过{target.period[:4]}年的计划数，无从核对"
            )
        if target.sense is not Sense.LEVEL:
            return Judgement(Verdict.NOT_CHECKED, target, reason="没有可比的数，算不出增减")
        if target.kind is Kind.PLAN:
            return Judgement(Verdict.NOT_CHECKED, target, reason="没有发布过这项指标的计划数")
        base = claim.phrase.base
        if base is not None and base < self._limits.unsupported_from:
            return Judgement(Verdict.NOT_CHECKED, target, reason="没有发布过这个数，数目小，不作为问题")
        return Judgement(Verdict.UNSUPPORTED, target)

    def _not_true(self, claim: Claim, target: Target, figure: Figure) -> Judgement:
        told = Judgement(Verdict.CONTRADICTED, target, figure)
        if not claim.is_total:
            for moment, before in self._published.earlier(target):
                if claim.phrase.is_just(before, self._limits):
                    return _again(told, Verdict.STALE, once=moment)
        if claim.phrase.is_only_badly_rounded(figure, self._limits):
            return _again(told, Verdict.WRONGLY_ROUNDED)
        return told

    def _likeliest(self, claim: Claim, judged: Judgement, fits: Iterable[Fit]) -> Fit | None:
        """The published figure that the writer most probably took for the one that is meant."""
        target = claim.targets[0]
        ranked = [
            (self._rank(target, fit), fit) for fit in fits if claim.phrase.is_just(exactly(fit.figure), self._limits)
        ]
        for rank, fit in sorted(ranked, key=lambda one: (one[0], one[1].unit.code)):
            if rank <= _SURELY or self._is_no_chance(claim, judged, fit):
                return fit
        return None

    def _rank(self, target: Target, fit: Fit) -> int:
        if fit.unit.code == target.unit_code:
            if fit.period == target.period:
                return 0
            return 1 if len(fit.period) == len(target.period) else 2
        meant = self._units.get(target.unit_code)
        if meant is not None and fit.unit.code == meant.superior and fit.kind is Kind.VALUE:
            return _SURELY
        return 4 if fit.unit.level == "city" else 5

    def _is_no_chance(self, claim: Claim, judged: Judgement, fit: Fit) -> bool:
        """Whether so few other units' figures would fit the phrase by chance that this one is meant.

        Figures of a level spread over about three powers of e. A number far from the figure that is meant is rarely a
        slip of the pen, so that less certainty is needed.
        """
        peers = sum(1 for unit in self._units.values() if unit.level == fit.unit.level)
        width, point = claim.phrase.width, judged.figure.point
        if width is None or not point:
            return False
        expected = width * peers / 3
        is_far = claim.phrase.base is not None and claim.phrase.base < point * _FAR
        return expected <= (self._limits.chance if is_far else self._limits.chance / 10)

    def _compared_with_each_other(self, claims: Sequence[Claim], judged: list[Judgement]) -> list[Judgement]:
        """Name for each claim the places that say otherwise of the same thing."""
        same: dict[Target, list[int]] = {}
        for number, one in enumerate(judged):
            if (
                one.target is not None
                and one.target.indicator_code
                and one.verdict is not Verdict.NOT_CHECKED
                and not claims[number].is_total
            ):
                same.setdefault(one.target, []).append(number)
        for numbers in same.values():
            for number in numbers:
                others = tuple(n for n in numbers if claims[n].phrase.excludes(claims[number].phrase, self._limits))
                if others:
                    is_unexplained = judged[number].verdict is Verdict.CONTRADICTED
                    verdict = Verdict.INCONSISTENT if is_unexplained else judged[number].verdict
                    judged[number] = _again(judged[number], verdict, others=others)
        return judged


def _pairs(text: str) -> set[str]:
    return {first + second for first, second in pairwise(text)}


_IN_BRACKETS = re.compile(r"[（(][^（）()]*[）)]")
_SURELY, _YEAR = 3, 4
_FAR = Decimal("0.4")


def _again(
    judged: Judgement,
    verdict: Verdict,
    *,
    once: Moment | None = None,
    fit: Fit | None = None,
    others: tuple[int, ...] = (),
) -> Judgement:
    return Judgement(
        verdict,
        judged.target,
        judged.figure,
        judged.reason,
        once or judged.once,
        fit or judged.fit,
        others or judged.others,
    )


def _sum(figures: Iterable[Figure]) -> Figure:
    values = [figure.value for figure in figures]
    known = [value for value in values if value is not None]
    return exactly(sum(known, Decimal(0))) if known and len(known) == len(values) else exactly(None)
