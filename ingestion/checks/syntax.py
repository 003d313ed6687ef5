"""Phase `syntax`: each row by itself."""

from __future__ import annotations

from decimal import Decimal

from catalogue.model import Scope, State, Status
from ingestion import wording
from ingestion.checks.findings import Findings
from ingestion.checks.results import Row
from ingestion.context import Context, Key
from ingestion.entry_units import ENTRY_UNITS

SCOPES = frozenset({"", *Scope})
STATUSES = frozenset({"", *Status})


def sound_rows(findings: Findings, context: Context, key: Key, rows: list[Row]) -> list[Row]:
    """The rows that are well formed; what is wrong with the others is found."""
    return [row for row in rows if _is_sound(findings, context, key, row)]


def _is_sound(findings: Findings, context: Context, key: Key, row: Row) -> bool:
    reading = row.reading
    is_sound = True
    if reading.scope not in SCOPES:
        findings.about_row(key, row, "SCOPE_UNKNOWN", scope=wording.plain(reading.scope), allowed="、".join(Scope))
        is_sound = False
    if reading.status not in STATUSES:
        status = wording.plain(reading.status)
        findings.about_row(key, row, "STATUS_UNKNOWN", status=status, allowed="、".join(Status))
        is_sound = False
    if reading.scope == Scope.ADJUSTMENT and not _is_signed_amount(findings, key, row):
        return False
    if reading.state == "number":
        return _is_sound_number(findings, context, key, row) and is_sound
    if reading.state == "redacted":
        findings.about_row(key, row, "FIGURE_REDACTED")
    elif reading.state != "not_applicable":
        _add_unreadable(findings, key, row)
        is_sound = False
    return is_sound


def _is_signed_amount(findings: Findings, key: Key, row: Row) -> bool:
    """Whether an adjustment is one exact number with a reason; a cell that cannot be read is told as any other."""
    reading = row.reading
    if reading.state in (State.NUMBER, State.NOT_APPLICABLE, State.REDACTED):
        if reading.value is None or not reading.low == reading.value == reading.high:
            findings.about_row(key, row, "ADJUSTMENT_NOT_EXACT")
            return False
        if not reading.note.strip():
            measure = row.rule.indicator.measure if row.rule else ""
            value = wording.amount(reading.value, measure, reading.entered_in)
            findings.about_row(key, row, "ADJUSTMENT_WITHOUT_REASON", value=value)
            return False
    return True


def _add_unreadable(findings: Findings, key: Key, row: Row) -> None:
    raw = wording.plain(row.reading.raw)
    if row.reading.state != "formula_error":
        findings.about_row(key, row, "NUMBER_UNREADABLE", raw=raw)
    elif row.reading.raw.startswith("="):
        findings.about_row(key, row, "FORMULA_NEVER_COMPUTED")
    else:
        findings.about_row(key, row, "FORMULA_ERROR", raw=raw)


def _is_sound_number(findings: Findings, context: Context, key: Key, row: Row) -> bool:
    reading = row.reading
    value, low, high = reading.value, reading.low, reading.high
    is_exact = value == low == high
    for number in (value,) if is_exact else (value, low, high):
        if number is None:
            continue
        if number < 0 and reading.scope != Scope.ADJUSTMENT:
            measure = row.rule.indicator.measure if row.rule and reading.entered_in else ""
            findings.about_row(key, row, "NUMBER_NEGATIVE", raw=wording.amount(number, measure, reading.entered_in))
            return False
        if _is_too_long(context, number):
            unit = ENTRY_UNITS.get(reading.entered_in)
            moved = unit.power_of_ten if unit else 0
            digits = {"whole": str(context.whole_digits - moved), "fraction": str(context.fraction_digits + moved)}
            findings.about_row(key, row, "NUMBER_TOO_LONG", raw=wording.plain(reading.raw), **digits)
            return False
    if not is_exact and not _is_in_order(low, value, high):
        bounds = {"low": wording.figure(low, "open"), "high": wording.figure(high, "open")}
        findings.about_row(key, row, "BOUNDS_CROSSED", value=wording.figure(value), **bounds)
        return False
    return True


def _is_too_long(context: Context, number: Decimal) -> bool:
    if number.adjusted() >= context.whole_digits:
        return True
    return number != number.to_integral_value() and number != round(number, context.fraction_digits)


def _is_in_order(*bounds: Decimal | None) -> bool:
    present = [bound for bound in bounds if bound is not None]
    return present == sorted(present)
