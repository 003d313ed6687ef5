"""Figures that look taken from elsewhere, left out or written for the wrong period: asked about, never called false."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal

from catalogue.model import Aggregation, Collect, OverTime
from ingestion import wording
from ingestion.checks.filing import Filing, Told, amount, doubt
from ingestion.checks.findings import Findings
from ingestion.checks.results import Row
from ingestion.context import Context, Key
from ingestion.observations import Place
from ingestion.periods import parse_period

SAME_SHARE = 0.9
SURPRISE = math.log(1e4)
"""Flows of the year whose logarithms add up to this do not all meet last year's by chance."""

CHANGED_SHARE = 0.7
RARE_SHARE, RARE_MOST = 0.2, 3
HEAP_SHARE = 0.6
COUNTED_FROM = 20
"""The last digits of smaller figures are not spread evenly anyway."""

ENDINGS = ("05", *"0123456789")
ROUND_BY_NATURE = ("元", "%", "分", "元/人", "平方米")


def check(findings: Findings, context: Context, filing: Filing) -> None:
    """All that one submission's figures tell beside last year's, another unit's, and its own last digits."""
    told = [one for one in filing.told(context.rules, "own").values() if one.filed.state == "number"]
    if not told:
        return
    if not _is_last_years(findings, context, filing, told):
        _is_another_units(findings, context, filing, told)
    _is_left_out(findings, context, filing)
    _is_heaped(findings, context, filing, told)
    _is_revised_throughout(findings, context, filing, told)
    _is_of_a_far_year(findings, context, filing, told)


def check_periods(findings: Findings, groups: Iterable[tuple[Key, list[Row]]]) -> None:
    """A few rows of another year among many of one: a year that was mistyped."""
    of_unit: dict[str, dict[int, list[tuple[Key, Row]]]] = defaultdict(lambda: defaultdict(list))
    for key, rows in groups:
        period = parse_period(key[2])
        if period is not None:
            of_unit[key[0]][period.year] += [(key, row) for row in rows]
    for years in of_unit.values():
        usual = max(years, key=lambda year: len(years[year]))
        for year, of_year in years.items():
            if year != usual and len(of_year) <= min(RARE_MOST, RARE_SHARE * len(years[usual])):
                for key, row in of_year:
                    findings.about_row(key, row, "PERIOD_UNLIKE_REST", period=key[2], usual=str(usual))


def _title(context: Context, filing: Filing) -> str:
    return context.catalogue.forms[filing.key[1]].title


def _is_flow(context: Context, code: str) -> bool:
    return context.rules[code].indicator.over_time is OverTime.SUM


def _is_last_years(findings: Findings, context: Context, filing: Filing, told: list[Told]) -> bool:
    """Whether the form, or a large figure in it, is last year's again."""
    day, last = filing.period.last_day, filing.last_year.same
    compared = [one for one in told if one.value and last.get((one.code, "own"))]
    same = [one for one in compared if one.value == last[one.code, "own"]]
    flows = [one for one in same if _is_flow(context, one.code) and one.value]
    surprise = sum(math.log(float(one.value)) for one in flows if one.value and one.value > 1)
    fewest = context.limit("copied_form_figures", day)
    if len(compared) >= fewest and len(same) >= SAME_SHARE * len(compared) and surprise >= SURPRISE:
        doubt(
            findings, context, flows[0], "FORM_AS_LAST_YEAR",
            form_title=_title(context, filing), compared=str(len(compared)), same=str(len(same)),
        )  # fmt: skip
        return True
    least = context.limit("copied_figure_least", day)
    for one in flows:
        if one.value is not None and one.value >= least and one.cell not in filing.doubted:
            doubt(findings, context, one, "FIGURE_AS_LAST_YEAR", value=amount(context, one))
    return False


def _is_another_units(findings: Findings, context: Context, filing: Filing, told: list[Told]) -> None:
    """Whether another unit filed the same for the period; within a run, whoever came before."""
    print_ = filing.figures_print
    unit_code, form, period = filing.key
    other = context.copies.get((form, period, print_))
    if print_ and other and other != unit_code:
        spans = context.tree.spans.get(other)
        numbers = [one for one in filing.figures.values() if one.value is not None]
        doubt(
            findings, context, told[0], "FORM_AS_OTHER_UNIT",
            form_title=_title(context, filing), count=str(len(numbers)), other=spans[-1].name if spans else other,
        )  # fmt: skip


def _is_left_out(findings: Findings, context: Context, filing: Filing) -> None:
    """What had a figure last year and is blank, or a zero, now."""
    day, present = filing.period.last_day, {(code, scope) for code, scope, _ in filing.observed}
    least = context.limit("zero_after_least", day)
    now = filing.told(context.rules, "own")
    for (code, scope), last in filing.last_year.same.items():
        rule = context.rules[code]
        if not last or scope != "own" or rule.indicator.collect is Collect.NO:
            continue
        measure = rule.indicator.measure
        if (code, scope) not in present:
            place = filing.blank.get(code, Place())
            details = {"last_value": wording.amount(last, measure)}
            findings.about_blank(filing.key, rule.indicator, "BLANK_AFTER_FIGURE", place, **details)
        elif last >= least and (one := now.get(code)) and one.value is not None and not one.value:
            _tell_zero(findings, context, filing, one, last)


def _tell_zero(findings: Findings, context: Context, filing: Filing, one: Told, last: Decimal) -> None:
    if one.row and not one.row.reading.by_tick and one.cell not in filing.doubted:
        doubt(findings, context, one, "ZERO_AFTER_FIGURE", last_value=amount(context, one, last))


def _is_heaped(findings: Findings, context: Context, filing: Filing, told: list[Told]) -> None:
    """Whether last digits fall as counting does not make them fall."""
    counted = [
        one
        for one in told
        if one.value is not None
        and one.value >= COUNTED_FROM
        and one.value == one.value.to_integral_value()
        and context.rules[one.code].indicator.measure not in ROUND_BY_NATURE
        and context.rules[one.code].indicator.aggregation not in (Aggregation.RANK, Aggregation.TARGET)
    ]
    day = filing.period.last_day
    if len(counted) < context.limit("heaped_figures_least", day):
        return
    digits = Counter(str(int(one.value))[-1] for one in counted if one.value is not None)
    heaps = {ending: sum(digits[digit] for digit in ending) for ending in ENDINGS}
    great = [ending for ending, heap in heaps.items() if heap >= HEAP_SHARE * len(counted)]
    chances = {ending: _tail(len(counted), heaps[ending], len(ending) / 10) for ending in great}
    ending = min(chances, key=chances.__getitem__, default="")
    if ending and chances[ending] * len(ENDINGS) < context.limit("heaped_chance", day):
        doubt(
            findings, context, counted[0], "LAST_DIGITS_HEAPED",
            form_title=_title(context, filing), count=str(len(counted)), heaped=str(heaps[ending]),
            digits="或".join(ending),
        )  # fmt: skip


def _tail(count: int, least: int, share: float) -> float:
    """The chance that of so many at least so many hit a share."""
    return sum(math.comb(count, hits) * share**hits * (1 - share) ** (count - hits) for hits in range(least, count + 1))


def _is_revised_throughout(findings: Findings, context: Context, filing: Filing, told: list[Told]) -> None:
    """Whether nearly every figure in force is another now: rather the wrong period or unit than a correction."""
    before = context.in_force.get(filing.key)
    if before is None:
        return
    earlier = [
        (one, filed)
        for one in told
        if one.cell and (filed := before.figures.get(one.cell)) and filed.state == "number" and filed.value
    ]
    changed = [one for one, filed in earlier if one.value != filed.value]
    if len(earlier) >= 5 and len(changed) >= CHANGED_SHARE * len(earlier):
        doubt(
            findings, context, changed[0], "REVISION_CHANGED_MOST",
            submission=str(before.submission_id), count=str(len(earlier)), changed=str(len(changed)),
            period=wording.period(filing.key[2]),
        )  # fmt: skip


def _is_of_a_far_year(findings: Findings, context: Context, filing: Filing, told: list[Told]) -> None:
    years = context.years_filed.get(filing.key[:2])
    if years and not years[0] - 1 <= filing.period.year <= years[1] + 1:
        doubt(
            findings, context, told[0], "PERIOD_FAR_FROM_OTHERS",
            period=wording.period(filing.key[2]), first=str(years[0]), last=str(years[1]),
        )  # fmt: skip
