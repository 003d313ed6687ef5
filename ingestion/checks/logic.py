"""Phase `logic`: whether the figures make sense together, and beside last year's."""

from __future__ import annotations

from decimal import Decimal

from catalogue.model import Catalogue, Scope, Severity
from ingestion import explanations, wording
from ingestion.checks import copies, relations, unusual
from ingestion.checks.filing import Filing
from ingestion.checks.findings import Findings
from ingestion.checks.results import Observed, Row
from ingestion.context import Cell, Context, Key, LastYear, Rule
from ingestion.observations import Place
from ingestion.periods import Period


def observe(
    findings: Findings, context: Context, key: Key, rows: list[Row], period: Period, last_year: LastYear
) -> Filing:
    """The observations of rows that passed the phases before, each looked at by itself; some of them held."""
    filing = Filing(key, period, last_year)
    observed = filing.observed
    times = context.limit("ten_thousand_fold_times", period.last_day)
    has_last_year = bool(last_year.same or last_year.whole)
    for row in rows:
        reading, rule = row
        if rule is None:
            continue
        scope = reading.scope or "own"
        status = reading.status or rule.indicator.default_status.value
        cell = (reading.indicator_code, scope, status)
        if cell in observed:
            _add_repeat(findings, context.catalogue, key, row, observed[cell])
            continue
        is_held = False
        if reading.by_tick:
            _tell_zero(findings, key, row, rule, last_year.figure(rule.indicator.code, scope)[0])
        elif reading.state == "number" and reading.value is not None:
            if _doubt(findings, context, key, row, rule, reading.value, period):
                filing.doubted.add(cell)
            if has_last_year and scope != Scope.ADJUSTMENT:
                last, is_same = last_year.figure(rule.indicator.code, scope)
                if last and status in rule.ranks:
                    is_held = _is_held(findings, context, filing, row, cell, reading.value, last, is_same, times)
        place = reading.place
        one = Observed(
            *cell,
            reading.state,
            reading.value,
            reading.low,
            reading.high,
            is_held,
            reading.note,
            reading.raw,
            place.sheet or None,
            place.cell or None,
            place.line,
            place.start,
            place.end,
            place.quote or None,
        )
        filing.add(cell, row, one)
    return filing


def doubt_together(findings: Findings, context: Context, period: Period, filings: list[Filing]) -> None:
    """What the submissions of one unit and period tell together, and beside what others and the year before told."""
    relations.check(findings, context, period, filings)
    for filing in filings:
        unusual.check(findings, context, filing)
        copies.check(findings, context, filing)


def _add_repeat(findings: Findings, catalogue: Catalogue, key: Key, row: Row, first: Observed) -> None:
    place = Place(first.sheet or "", first.cell or "", first.line, first.span_start, first.span_end)
    labels = {
        "scope_label": catalogue.label("scopes", first.scope),
        "status_label": catalogue.label("statuses", first.status),
    }
    findings.about_row(key, row, "ROW_REPEATED", first=wording.place(place), **labels)


def _tell_zero(findings: Findings, key: Key, row: Row, rule: Rule, last: Decimal | None) -> None:
    """A zero that the tick 其余为0 made is told by name, and with last year's figure where that was none."""
    if last:
        last_value = wording.amount(last, rule.indicator.measure, row.reading.entered_in)
        findings.about_row(key, row, "REST_IS_ZERO_AFTER_FIGURE", last_value=last_value)
    else:
        findings.about_row(key, row, "REST_IS_ZERO")


def _doubt(
    findings: Findings, context: Context, key: Key, row: Row, rule: Rule, value: Decimal, period: Period
) -> bool:
    """Whether the figure by itself is odd for what it counts; says so."""
    if rule.is_whole and value != value.to_integral_value():
        findings.about_row(key, row, "NOT_WHOLE", value=wording.figure(value), measure=rule.indicator.measure)
        return True
    if rule.is_percentage:
        limit = context.limit("percentage_limit", period.last_day)
        if value > limit:
            figures = {"value": wording.figure(value), "limit": wording.figure(limit)}
            findings.about_row(key, row, "PERCENTAGE_ABOVE_LIMIT", **figures)
            return True
        if 0 < value < 1 and rule.indicator.code not in context.growths:
            findings.about_row(key, row, "PERCENTAGE_AS_FRACTION", value=wording.figure(value))
            return True
    return False


def _is_held(
    findings: Findings,
    context: Context,
    filing: Filing,
    row: Row,
    cell: Cell,
    value: Decimal,
    last: Decimal,
    is_same: bool,
    times: Decimal,
) -> bool:
    """Whether the figure is so far above last year's that it waits for a reason, and none was given.

    One as far below is only told: part of a year may be a small part of the whole, and a fall is no slip that adds up.
    """
    is_little = is_same and 0 < value * times <= last
    is_much = value >= times * last
    if not (is_little or is_much) or row.rule is None:
        return False
    filing.doubted.add(cell)
    measure, entered_in = row.rule.indicator.measure, row.reading.entered_in
    figures = {
        "value": wording.amount(value, measure, entered_in),
        "last_value": wording.amount(last, measure, entered_in),
        "times": wording.figure(times),
    }
    if is_little:
        findings.about_row(filing.key, row, "TEN_THOUSANDTH", **figures)
    if not is_much:
        return False
    severity = context.sentences["TEN_THOUSAND_FOLD"].severities.on(filing.period.last_day)
    reason = explanations.given([row], context.catalogue) if severity is Severity.EXPLAIN else None
    code = "TEN_THOUSAND_FOLD_EXPLAINED" if reason else "TEN_THOUSAND_FOLD"
    findings.about_row(filing.key, row, code, **figures, note=wording.plain(reason.words if reason else ""))
    if reason:
        said = context.sentences["TEN_THOUSAND_FOLD"].says
        name = row.rule.indicator.name_zh
        filing.explain(cell, "TEN_THOUSAND_FOLD", said.format_map({"indicator_name": name, **figures}), reason)
    return severity is Severity.EXPLAIN and reason is None
