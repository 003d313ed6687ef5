"""Phase `logic`: whether the figures make sense together, and beside last year's."""

from __future__ import annotations

from decimal import Decimal

from catalogue.model import Catalogue
from ingestion import wording
from ingestion.checks.findings import Findings
from ingestion.checks.results import Observed, Row
from ingestion.context import Context, Key, LastYear, Rule
from ingestion.observations import Place
from ingestion.periods import Period


def observe(
    findings: Findings, context: Context, key: Key, rows: list[Row], period: Period, last_year: LastYear
) -> list[Observed]:
    """The observations of rows that passed the phases before, some of them held."""
    observed: dict[tuple[str, str, str], Observed] = {}
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
            _doubt(findings, context, key, row, rule, reading.value, period)
            if has_last_year:
                last, is_same = last_year.figure(rule.indicator.code, scope)
                if last and status in rule.ranks:
                    is_held = _is_held(findings, key, row, rule, reading.value, last, is_same, times)
        place = reading.place
        observed[cell] = Observed(
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
    return list(observed.values())


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
) -> None:
    if rule.is_whole and value != value.to_integral_value():
        findings.about_row(key, row, "NOT_WHOLE", value=wording.figure(value), measure=rule.indicator.measure)
    if rule.is_percentage:
        limit = context.limit("percentage_limit", period.last_day)
        if value > limit:
            figures = {"value": wording.figure(value), "limit": wording.figure(limit)}
            findings.about_row(key, row, "PERCENTAGE_ABOVE_LIMIT", **figures)


def _is_held(
    findings: Findings,
    key: Key,
    row: Row,
    rule: Rule,
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
    if not (is_little or is_much):
        return False
    measure, entered_in = rule.indicator.measure, row.reading.entered_in
    figures = {
        "value": wording.amount(value, measure, entered_in),
        "last_value": wording.amount(last, measure, entered_in),
        "times": wording.figure(times),
    }
    if is_little:
        findings.about_row(key, row, "TEN_THOUSANDTH", **figures)
    if not is_much:
        return False
    note = row.reading.note.strip()
    code = "TEN_THOUSAND_FOLD_EXPLAINED" if note else "TEN_THOUSAND_FOLD"
    findings.about_row(key, row, code, **figures, note=wording.plain(note))
    return not note
