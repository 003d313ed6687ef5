"""The catalogue as dbt seeds: small CSV tables, one fact per column, that the models join.

dbt loads an empty field as null. Column types and descriptions stand in `dbt_project/seeds/_seeds.yml`.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise

from catalogue.model import Catalogue, LiesIn

FOLDER = "dbt_project/seeds"

COVERAGE_LIMITS = ("incomplete_statistics_coverage", "province_wording_coverage")
"""Thresholds: below which coverage a line is said as incomplete, below which not at all, as on a year's last day."""

NO_YEAR = 10000

Row = Sequence[object]


def seeds(catalogue: Catalogue) -> dict[str, str]:
    """Path → text of every seed."""
    tables: dict[str, Iterable[Row]] = {
        "indicators": _indicators(catalogue),
        "indicator_expectations": _expectations(catalogue),
        "indicator_statuses": _statuses(catalogue),
        "indicator_definitions": _definitions(catalogue),
        "series_breaks": _series_breaks(catalogue),
        "report_lines": _report_lines(catalogue),
        "report_line_terms": _report_line_terms(catalogue),
        "wording_rules": _one_row({"rules": catalogue.wordings.rules()}),
        "wording_limits": _wording_limits(catalogue),
        "codelists": _codelists(catalogue),
        "reason_cases": _reason_cases(catalogue),
        "reason_limits": _one_row(catalogue.reasons.limits),
        "reason_words": _one_row({**catalogue.reasons.unexplained, "also_others": catalogue.reasons.also_others}),
        "year_parts": _year_parts(),
    }
    return {f"{FOLDER}/{name}.csv": _csv(rows) for name, rows in tables.items()}


def _csv(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _indicators(catalogue: Catalogue) -> Iterable[Row]:
    yield (
        *("indicator_code", "indicator_name", "measure", "form", "theme", "aggregation", "over_time", "owner_level"),
        *("distinct_by", "numerator", "denominator", "collect", "unit_of_account", "sort_order"),
    )
    for order, i in enumerate(catalogue.indicators.values(), start=1):
        yield (
            *(i.code, i.name_zh, i.measure, i.form, i.theme, i.aggregation, i.over_time, i.owner_level or ""),
            *(i.distinct_by or "", i.numerator, i.denominator, i.collect, i.unit_of_account, order),
        )


def _expectations(catalogue: Catalogue) -> Iterable[Row]:
    yield "indicator_code", "level", "unit_type"
    for indicator in catalogue.indicators.values():
        for level in indicator.levels:
            for unit_type in indicator.unit_types:
                yield indicator.code, level, unit_type


def _statuses(catalogue: Catalogue) -> Iterable[Row]:
    yield "indicator_code", "status", "rank"
    for indicator in catalogue.indicators.values():
        for rank, status in enumerate(indicator.statuses, start=1):
            yield indicator.code, status, rank


def _definitions(catalogue: Catalogue) -> Iterable[Row]:
    yield "indicator_code", "valid_from", "valid_to", "definition", "change", "breaks_series"
    for indicator in catalogue.indicators.values():
        for one, end in indicator.definition_spans:
            yield indicator.code, one.valid_from, end or "", one.text, one.change, str(one.breaks_series).lower()


def _series_breaks(catalogue: Catalogue) -> Iterable[Row]:
    yield "indicator_code", "valid_from", "changed_indicator_code", "reason"
    for indicator in catalogue.indicators.values():
        for one in catalogue.series_breaks(indicator):
            yield one.indicator, one.valid_from, one.changed, one.reason


def _report_lines(catalogue: Catalogue) -> Iterable[Row]:
    yield (
        *("line_code", "chapter_code", "chapter_title", "section_code", "section_title", "indicator_code", "label_zh"),
        *("formula", "formula_text", "measure", "counter", "style", "incomplete_style", "sort_order"),
    )
    for order, line in enumerate(catalogue.report_lines.values(), start=1):
        section = catalogue.report_sections[line.section]
        chapter = catalogue.report.chapters[section.chapter]
        incomplete = catalogue.wordings.styles[line.style].incomplete
        yield (
            *(line.code, chapter.code, chapter.title, section.code, section.title, line.indicator, line.label_zh),
            *(line.formula or "", line.formula_text, line.measure, line.counter, line.style, incomplete, order),
        )


def _report_line_terms(catalogue: Catalogue) -> Iterable[Row]:
    yield "line_code", "indicator_code", "is_divisor"
    for line in catalogue.report_lines.values():
        for code in line.indicators:
            yield line.code, code, line.divides(code)


def _wording_limits(catalogue: Catalogue) -> Iterable[Row]:
    """Each span of years in which the limits of coverage are the same; the first begins before all."""
    yield "first_year", "last_year", "incomplete_below", "refused_below"
    limits = [catalogue.thresholds[code] for code in COVERAGE_LIMITS]
    firsts = sorted({dated.valid_from.year for limit in limits for dated in limit.values[1:]})
    for first, last in pairwise([0, *firsts, NO_YEAR]):
        yield first, last - 1, *(limit.on(date(max(first, 1), 12, 31)) for limit in limits)


def _codelists(catalogue: Catalogue) -> Iterable[Row]:
    yield "list", "code", "label_zh", "sort_order"
    for name, labels in catalogue.codelists.items():
        for order, (code, label) in enumerate(labels.items(), start=1):
            yield name, code, label, order


def _reason_cases(catalogue: Catalogue) -> Iterable[Row]:
    yield "case_code", "reason_code", "likelihood", "lies_in_sum", "needs_no_exact_sum", "says"
    for case in catalogue.reasons.cases.values():
        lies_in_sum = case.lies_in is LiesIn.SUM
        yield case.code, case.reason, case.likelihood, lies_in_sum, case.needs_no_exact_sum, case.says


def _one_row(columns: Mapping[str, object]) -> Iterable[Row]:
    yield tuple(columns)
    yield tuple(columns.values())


def _year_parts() -> Iterable[Row]:
    yield "part", "grain", "parent", "first_month", "last_month"
    # The whole year has the part `year`, not an empty one: dbt would load that as null, and halves need a parent.
    yield "year", "year", "", 1, 12
    for half in (1, 2):
        yield f"H{half}", "half", "year", half * 6 - 5, half * 6
    for quarter in (1, 2, 3, 4):
        yield f"Q{quarter}", "quarter", f"H{(quarter + 1) // 2}", quarter * 3 - 2, quarter * 3
    for month in range(1, 13):
        yield f"{month:02}", "month", f"Q{(month + 2) // 3}", month, month
