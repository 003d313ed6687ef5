"""Phase `catalogue`: against the catalogue and the reporting tree."""

from __future__ import annotations

from difflib import get_close_matches

from catalogue.model import FOREVER, NARRATIVE, SUMMABLE, Catalogue, Indicator, Scope
from ingestion import wording
from ingestion.checks.findings import Findings
from ingestion.checks.results import Row
from ingestion.context import Context, Key
from ingestion.observations import Place
from ingestion.periods import Period, parse_period
from ingestion.tree import Span

HINTS = 20
"""For so many findings of a file the nearest indicator is named: the search is slow."""


def reject_unknown_form(findings: Findings, catalogue: Catalogue, key: Key, rows: list[Row], place: Place) -> None:
    """A form that does not exist takes with it the submissions for which its figures were meant."""
    if key[1] in catalogue.forms:
        return
    form = wording.plain(key[1])
    findings.about_submission(key, "FORM_UNKNOWN", place, form=form, allowed="、".join(catalogue.forms))
    for _, rule in rows:
        findings.reject((key[0], rule.indicator.form if rule else "", key[2]))


def unit_of(
    findings: Findings, context: Context, submitter: str, key: Key, period: Period | None, place: Place
) -> Span | None:
    """The unit as it is in the period, where it is there and the submitter may file for it."""
    unit_code, _, written = key
    if unit_code not in context.tree.spans:
        findings.about_submission(key, "UNIT_UNKNOWN", place, unit_code=wording.plain(unit_code))
        return None
    if period is None:
        return None
    if period.first_day > context.today:
        findings.about_submission(key, "PERIOD_NOT_STARTED", place, period=written)
        return None
    span = context.unit(unit_code, period)
    last = context.tree.spans[unit_code][-1]
    named = {"unit_name": (span or last).name, "unit_code": unit_code, "period": written}
    if span is None:
        alive = _lifetime(context, unit_code)
        findings.about_submission(key, "UNIT_NOT_ALIVE", place, alive=alive, **named)
    elif not context.may_file(submitter, unit_code, period):
        name = context.tree.spans[submitter][-1].name
        findings.about_submission(key, "OUTSIDE_SUBTREE", place, submitter_name=name, **named)
        return None
    return span


def known_rows(findings: Findings, context: Context, key: Key, rows: list[Row], span: Span | None) -> list[Row]:
    """The rows of indicators that belong here, where their unit does; what is wrong with the others is found."""
    forms = context.catalogue.forms
    is_prose = key[1] == NARRATIVE
    passed = []
    for row in rows:
        reading, rule = row
        if rule is None:
            add_unknown_indicator(findings, context, key, row)
            continue
        indicator = rule.indicator
        if indicator.form != key[1] and not is_prose:
            if key[1] in forms:
                _add_wrong_form(findings, context.catalogue, key, row, indicator)
            continue
        if span is None:
            continue
        if reading.scope == Scope.ADJUSTMENT:
            if not _can_be_adjusted(findings, context, key, row, span):
                continue
        elif span.level not in indicator.levels or span.unit_type not in indicator.unit_types:
            findings.about_row(key, row, "UNIT_NOT_ASKED", unit_name=span.name)
        # Prose tells of plans and of other years as it comes; the page beside its receipt says what is counted.
        if reading.status and reading.status not in rule.ranks and not is_prose:
            _add_unlisted_status(findings, context.catalogue, key, row, indicator)
        passed.append(row)
    return passed


def _can_be_adjusted(findings: Findings, context: Context, key: Key, row: Row, span: Span) -> bool:
    """Whether figures of this kind are added over units, and there are units whose figures were added."""
    period = parse_period(key[2])
    if row.rule is not None and row.rule.indicator.aggregation not in SUMMABLE:
        kind = context.catalogue.label("aggregations", row.rule.indicator.aggregation)
        findings.about_row(key, row, "ADJUSTMENT_NOT_ADDED", kind=kind)
        return False
    if period is not None and not context.ever_below(key[0], period):
        findings.about_row(key, row, "ADJUSTMENT_NOBODY_BELOW", unit_name=span.name)
        return False
    return True


def add_unknown_indicator(findings: Findings, context: Context, key: Key | None, row: Row) -> None:
    """A finding with the nearest known code; without a key it rejects whatever the unit files for the period."""
    reading = row.reading
    details = {"indicator_code": wording.plain(reading.indicator_code), "hint": _hint(findings, context, row)}
    if key is not None:
        findings.about_row(key, row, "INDICATOR_UNKNOWN", **details)
    else:
        rejects = (reading.unit_code, "", reading.period)
        findings.about_file("INDICATOR_UNKNOWN", reading.place, rejects, **details)


def _hint(findings: Findings, context: Context, row: Row) -> str:
    if len(findings.found) >= HINTS:
        return ""
    near = get_close_matches(row.reading.indicator_code[:100], context.rules, n=1)
    return f"，是不是“{near[0]}”（{context.rules[near[0]].indicator.name_zh}）" if near else ""


def _add_wrong_form(findings: Findings, catalogue: Catalogue, key: Key, row: Row, indicator: Indicator) -> None:
    findings.about_row(
        key,
        row,
        "INDICATOR_NOT_IN_FORM",
        indicator_code=indicator.code,
        form_title=catalogue.forms[key[1]].title,
        right_form_title=catalogue.forms[indicator.form].title,
        right_form=indicator.form,
    )


def _add_unlisted_status(findings: Findings, catalogue: Catalogue, key: Key, row: Row, indicator: Indicator) -> None:
    label = catalogue.label("statuses", row.reading.status)
    allowed = "、".join(catalogue.label("statuses", status) for status in indicator.statuses)
    findings.about_row(key, row, "STATUS_NOT_LISTED", status_label=label, allowed=allowed)


def _lifetime(context: Context, unit_code: str) -> str:
    spans = context.tree.spans[unit_code]
    first, last = spans[0].valid_from, spans[-1].valid_to
    return f"{first} 起" if last == FOREVER else f"{first} 起，到 {last} 前"
