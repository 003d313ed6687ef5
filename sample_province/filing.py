"""What every unit sends in two years as it should: workbooks, CSV and a few summaries, in the order of sending."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from catalogue.load import load
from catalogue.model import Aggregation, Collect, OverTime
from sample_province import cast, names, narratives, periods, real_reports, typical
from sample_province.deliveries import Delivery, form_of
from sample_province.figures import YEARS, YearBook, rng
from sample_province.rows import Row, exact
from sample_province.units import (
    COUNTY_OF_TOWNSHIP_SUMS,
    COUNTY_WITH_TOWNSHIPS,
    PROVINCE,
    Unit,
    province,
)

LEFT_TO_TOWNSHIPS = ("sp_activity_count", "sp_audience_persontimes")
_PLATFORMS = "platforms"
_STEPS = {"Q": 4, "H": 2}


def everything(book: YearBook) -> list[Delivery]:
    """All files, oldest period first."""
    deliveries = [delivery for year in YEARS for delivery in _year(book, year)]
    for delivery in deliveries:
        delivery.rows = [_explained(row) for row in delivery.rows]
    return sorted(deliveries, key=lambda delivery: delivery.span.last_day)


def _explained(row: Row) -> Row:
    """The row with its reason, where the unit has one for a figure that will be doubted."""
    note = cast.EXPLAINED.get((row.unit, row.indicator))
    return replace(row, note=note) if note else row


def whole_city_rows(book: YearBook, unit: str, year: int) -> list[Row]:
    """A city's 含下级 figures, of everything that can be added and that its counties are asked as well."""
    catalogue = load()
    below = {i.code for i in catalogue.asked_of("county", "territorial") if i.aggregation is not Aggregation.LIST}
    sums = (OverTime.SUM, OverTime.LAST)
    return [
        exact(unit, str(year), i.code, book.whole_city(unit, i.code, year), scope="jurisdiction")
        for i in catalogue.asked_of("city", "territorial")
        if i.code in below and i.collect is Collect.TYPED and i.over_time in sums
    ]


def _year(book: YearBook, year: int) -> Iterable[Delivery]:
    tree = province()
    for unit in tree.units.values():
        if unit.level == "township" or not unit.lives_in(year) or unit.parent == cast.MERGING_CITY:
            continue
        if year == real_reports.YEAR and unit.code in cast.FILING_2021_BY_CSV:
            yield _filed_by_csv(book, unit.code)
        else:
            for period in periods.filed_by(unit.code, year):
                rows = _typed(book, unit, year, period)
                yield Delivery(unit.code, f"{unit.code}_{period}.xlsx", "workbook", unit.code, period, rows)
    yield _merged_by_city(book, year)
    yield _exported_by_platforms(book, year)
    yield from _townships(book, year)
    yield from narratives.written(book, year)


def _typed(book: YearBook, unit: Unit, year: int, period: str) -> list[Row]:
    """What a unit types into its workbook for a period."""
    asked = [i for i in load().asked_of(unit.level, unit.unit_type) if i.collect is Collect.TYPED]
    left = LEFT_TO_TOWNSHIPS if unit.code == COUNTY_OF_TOWNSHIP_SUMS else ()
    filed = book.filed(unit.code, year)
    whole = {i.code: filed[i.code] for i in asked if i.code in filed and i.code not in left}
    if period == str(year):
        return [exact(unit.code, period, code, value) for code, value in whole.items()]
    drawn = {code: _part(book, unit, code, value, period) for code, value in whole.items()}
    parts = {code: part for code, part in drawn.items() if part is not None}
    for total, terms in typical.SUM_OF.items():
        if parts.keys() >= {total, *terms}:
            parts[total] = sum((parts[term] for term in terms), Decimal(0))
    return [exact(unit.code, period, code, part) for code, part in parts.items()]


def _part(book: YearBook, unit: Unit, code: str, figure: Decimal, period: str) -> Decimal | None:
    """A part of the year's figure, all of a form in the same months.

    What counts by the year only is left out, but for what no other form row has.
    """
    year, _, part = period.partition("-")
    quarters_filed = [p for p in periods.filed_by(unit.code, int(year)) if p != year]
    steps = len(quarters_filed) if _lives_half_the_year(unit, int(year)) else _STEPS[part[0]]
    position = quarters_filed.index(period)
    indicator = load().indicators[code]
    over_time = OverTime.SUM if indicator.form == "party" else indicator.over_time
    before = book.own(unit.code, 2020).get(code, figure) if int(year) == real_reports.YEAR else figure
    spread = periods.spread(figure, before, over_time, steps, rng("parts", unit.code, year, indicator.form))
    return None if spread is None else spread[position]


def _lives_half_the_year(unit: Unit, year: int) -> bool:
    return year == real_reports.YEAR and unit.code in (*province().merged, province().new_district)


def _filed_by_csv(book: YearBook, unit: str) -> Delivery:
    """The figures of 2021 of a unit whose real report, or whose vague figure, needs more than exact cells."""
    real = real_reports.rows(unit)
    named = {row.indicator for row in real}
    year = str(real_reports.YEAR)
    wanted = [Collect.TYPED, Collect.IMPORTED] if _files_platforms(unit) else [Collect.TYPED]
    own = book.own(unit, real_reports.YEAR)
    drawn = [exact(unit, year, code, own[code]) for code in own if load().indicators[code].collect in wanted]
    rows = real + [_as_vague_as_reported(row) for row in drawn if row.indicator not in named]
    listed = names.listed(book, unit) if unit == PROVINCE else []
    return Delivery(unit, f"{unit}_{year}.csv", "csv", unit, year, rows, names=listed)


def _as_vague_as_reported(row: Row) -> Row:
    """The vagueness of what a city's report says of its counties together stands in one county's share."""
    if row.unit != cast.VAGUE_COUNTY or row.value is None:
        return row
    for figure in real_reports.of_counties_together():
        city = province().units[cast.VAGUE_COUNTY].parent
        is_its_city = real_reports.UNIT_OF_REPORT[figure.report] == city
        if is_its_city and figure.indicator == row.indicator and figure.high is not None and figure.value is not None:
            high = row.value + figure.high - figure.value
            return Row(row.unit, row.period, row.indicator, row.scope, row.value, row.value, high)
    return row


def _merged_by_city(book: YearBook, year: int) -> Delivery:
    """One file for the counties that send nothing themselves."""
    rows = [
        exact(county.code, str(year), code, value)
        for county in province().children(cast.MERGING_CITY)
        for code, value in book.own(county.code, year).items()
        if form_of(code) != _PLATFORMS
    ]
    city = cast.MERGING_CITY
    return Delivery(city, f"{city}_{year}_所属各区.csv", "csv", city, str(year), rows)


def _exported_by_platforms(book: YearBook, year: int) -> Delivery:
    """What platforms count is exported once for the whole province, but for units whose own files hold it."""
    silent = {cast.MISSING_WITH_CLAIM, cast.MISSING_WITHOUT_CLAIM}
    rows = [
        exact(unit.code, str(year), code, value)
        for unit in province().units.values()
        if unit.unit_type == "territorial" and unit.level != "township" and unit.lives_in(year)
        if year != real_reports.YEAR or not (_files_platforms(unit.code) or unit.code in silent)
        for code, value in book.own(unit.code, year).items()
        if form_of(code) == _PLATFORMS
    ]
    return Delivery(PROVINCE, f"平台导出_{year}.csv", "csv", PROVINCE, str(year), rows)


def _files_platforms(unit: str) -> bool:
    return any(form_of(row.indicator) == _PLATFORMS for row in real_reports.rows(unit))


def _townships(book: YearBook, year: int) -> Iterable[Delivery]:
    """Townships of one county file for themselves, those of the other in one file of their county."""
    tree = province()
    for unit in tree.children(COUNTY_WITH_TOWNSHIPS):
        name = f"{unit.code}_{year}.csv"
        yield Delivery(unit.code, name, "csv", unit.code, str(year), _township_rows(book, unit, year))
    rows = [row for unit in tree.children(COUNTY_OF_TOWNSHIP_SUMS) for row in _township_rows(book, unit, year)]
    county = COUNTY_OF_TOWNSHIP_SUMS
    yield Delivery(county, f"{county}_{year}_所属乡镇.csv", "csv", county, str(year), rows)


def _township_rows(book: YearBook, unit: Unit, year: int) -> list[Row]:
    """An equal share, rounded down, of the county's figure for each of its townships."""
    of_county = book.own(unit.parent, year)
    count = len(province().children(unit.parent))
    return [exact(unit.code, str(year), code, of_county[code] // count) for code in LEFT_TO_TOWNSHIPS]
