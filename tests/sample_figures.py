"""The sample province by the plain reference: its files as submissions, its figures to hold the warehouse against."""

import csv
from collections.abc import Iterable
from functools import cache
from typing import Any

from catalogue.load import load
from catalogue.model import Indicator
from sample_province import generate
from sample_province.defects import MATERIALS
from sample_province.deliveries import Delivery
from sample_province.rows import Row
from sample_province.units import province
from tests.reference.rollup import Figure, compute

CATALOGUE = load()
LETTERS = {"province": "p", "city": "m", "county": "c", "township": "t"}

planted = cache(generate.sending)


@cache
def rollup(year: int) -> dict[tuple[str, str], Figure]:
    """Every figure of a year from all files but those that are refused, the slip held."""
    receipts = [receipt for defect in planted().defects for receipt in defect.receipts]
    refused = {receipt.file for receipt in receipts if receipt.outcome == "rejected"}
    held = {receipt.file for receipt in receipts if receipt.outcome == "held"}
    return reckon([d for d in planted().deliveries if d.path not in refused], year, held)


def reckon(deliveries: Iterable[Delivery], year: int, held: set[str]) -> dict[tuple[str, str], Figure]:
    """The reference's figures of some files; in a held file the slip alone is held."""
    files = province().files()
    units = list(csv.DictReader(files["units.csv"].decode().splitlines()))
    events = list(csv.DictReader(files["unit_events.csv"].decode().splitlines()))
    submissions = [
        [
            reference_row(row, delivery.path in held and row.indicator == MATERIALS)
            for row in delivery.rows
            if row.indicator in watched()
        ]
        for delivery in deliveries
    ]
    indicators = [
        reference_indicator(indicator) for code, indicator in CATALOGUE.indicators.items() if code in watched()
    ]
    return compute(units, events, submissions, indicators, year)


@cache
def watched() -> frozenset[str]:
    """The indicators of the lines that a report printed, and of the mistakes; the reference takes its time."""
    lines = {line.indicator for line in CATALOGUE.report_lines.values() if line.printed}
    return frozenset(
        lines | {str(wanted["indicator_code"]) for defect in planted().defects for wanted in defect.figures}
    )


def reference_row(row: Row, is_held: bool) -> dict[str, Any]:
    return {
        "unit_code": row.unit,
        "form": "",
        "period": row.period,
        "indicator_code": row.indicator,
        "scope": row.scope,
        "value": "" if row.value is None else str(row.value),
        "low": "open" if row.low is None else str(row.low),
        "high": "open" if row.high is None else str(row.high),
        "state": row.state,
        "status": row.status,
        "held": is_held,
    }


def reference_indicator(indicator: Indicator) -> dict[str, str]:
    return {
        "code": indicator.code,
        "unit": indicator.measure,
        "form": indicator.form,
        "aggregation": indicator.aggregation,
        "over_time": indicator.over_time,
        "levels": ",".join(LETTERS[level] for level in indicator.levels),
        "unit_types": ",".join(indicator.unit_types),
        "statuses": ",".join(indicator.statuses),
        "numerator": indicator.numerator,
        "denominator": indicator.denominator,
        "owner_level": indicator.owner_level or "",
        "distinct_by": indicator.distinct_by or "",
    }
