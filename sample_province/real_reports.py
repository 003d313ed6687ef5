"""Figures of real work reports, with the units of the sample province that file them, all for 2021.

`real_figures.csv` holds one row per quantity, in the order of its report: bounds only where they differ from the value,
`open` for none, and in `note` why a scope is not the report's own. One key (period, indicator, scope, status) holds one
figure, so that several quantities of one indicator are filed for several parts of the year.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from sample_province.rows import Row
from sample_province.units import PROVINCE, city, county

FILE = Path(__file__).with_name("real_figures.csv")
YEAR = 2021

UNIT_OF_REPORT = {
    "02_gansu_2024": PROVINCE,
    "seed_004": PROVINCE,
    "31_guangzhou_2021_table": city(1),
    "07_zhengzhou_2013": city(2),
    "13_haibei_2010": city(3),
    "36_shenzhen_volunteer_2020": city(4),
    "seed_000": county(13, 1),
    "seed_002": county(14, 1),
    "17_henan_county_2023": county(15, 1),
    "20_wangcang_2019": county(16, 1),
    "22_guangrao_2005": county(17, 1),
    "25_city_half_year_redacted": county(18, 1),
    "27_keshiketeng_masked": county(13, 2),
}
"""Who files a report's figures. What a city says of its counties together is filed by those, in shares."""

_PARTS_OF_YEAR = {
    1: ("",),
    2: ("-H1", "-H2"),
    3: ("-H1", "-Q3", "-Q4"),
    4: ("-Q1", "-Q2", "-Q3", "-Q4"),
}


@dataclass(frozen=True, slots=True)
class RealFigure:
    """One quantity of a report. `value` None without a state is a figure without a point value."""

    report: str
    level: str
    indicator: str
    status: str
    scope: str
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    state: str
    note: str

    @property
    def is_of_counties_together(self) -> bool:
        return self.level == "county" and self.scope == "jurisdiction"


@cache
def figures() -> tuple[RealFigure, ...]:
    """Every quantity, in the order of the reports."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(_figure(row) for row in csv.DictReader(file))


def units() -> frozenset[str]:
    """The units that file a report's figures by CSV, since a workbook takes exact numbers only."""
    return frozenset(UNIT_OF_REPORT.values())


def rows(unit: str) -> list[Row]:
    """What a unit files of its reports."""
    mine = [f for f in figures() if UNIT_OF_REPORT[f.report] == unit and not f.is_of_counties_together]
    by_key: dict[tuple[str, str, str], list[RealFigure]] = defaultdict(list)
    for figure in mine:
        by_key[figure.indicator, figure.scope, figure.status].append(figure)
    return [
        Row(unit, f"{YEAR}{part}", f.indicator, f.scope, f.value, f.low, f.high, f.state, f.status, f.note)
        for together in by_key.values()
        for f, part in zip(together, _PARTS_OF_YEAR[len(together)], strict=True)
    ]


def of_counties_together() -> Iterable[RealFigure]:
    """What a city's report says of its counties together."""
    return (figure for figure in figures() if figure.is_of_counties_together)


def _figure(row: dict[str, str]) -> RealFigure:
    value = _amount(row["value"])
    return RealFigure(
        row["report"],
        row["level"],
        row["indicator_code"],
        row["status"],
        row["scope"],
        value,
        _amount(row["low"]) if row["low"] else value,
        _amount(row["high"]) if row["high"] else value,
        row["state"],
        row["note"],
    )


def _amount(text: str) -> Decimal | None:
    return Decimal(text) if text not in ("", "open") else None
