"""The true figures of every unit for both years, drawn so that the province's 2021 falls where its report says."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from random import Random

from catalogue.load import load
from catalogue.model import Aggregation, Collect, Indicator
from sample_province import cast, real_reports, typical
from sample_province.units import Unit, province

SEED = "示例省"
YEARS = (2020, 2021)

PROVINCE_TOTALS = {
    "vol_org_mobilized_count": 1352,
    "vol_person_mobilized_count": 81_046,
    "sp_five_entry_activity_count": 4_936,
    "sp_five_entry_persontimes": 2_633_508,
}
"""What the units' own figures of 2021 add up to, the one county left out that neither files nor is claimed."""

COLLECTED = (Collect.TYPED, Collect.IMPORTED)
_WEIGHT = {"province": 300, "city": 150}
_WEIGHT_BESIDE_A_REAL_REPORT = 8
_BLANKS_PER_THOUSAND = 20

Figures = Mapping[str, Decimal]


def rng(*purpose: object) -> Random:
    """A generator of its own for each purpose, so that a change in one place moves nothing elsewhere."""
    return Random("/".join(map(str, (SEED, *purpose))))  # noqa: S311 - invented figures, no secrets


class YearBook:
    """Every unit's own figures of 2020 and 2021, and which of them it leaves blank."""

    def __init__(self) -> None:
        self._tree = province()
        shares = _shares_of_totals()
        reported = _figures_of_reports()
        self._own: dict[tuple[str, int], dict[str, Decimal]] = {}
        for unit in self._tree.units.values():
            if unit.level != "township":
                known = shares.get(unit.code, {}) | reported.get(unit.code, {})
                self._own[unit.code, 2021] = _drawn(unit, known)
                self._own[unit.code, 2020] = _year_before(unit, self._own[unit.code, 2021])

    def own(self, unit: str, year: int) -> Figures:
        """A unit's own figures of a year by indicator. A unit that lived for half the year has half a year's."""
        return self._own[unit, year]

    def filed(self, unit: str, year: int) -> Figures:
        """The same without the cells that a county leaves blank because nobody counted."""
        own = self._own[unit, year]
        if unit not in cast.leaving_cells_blank():
            return own
        chance = rng("blank", unit, year)
        blank = {code for code in own if chance.randrange(1000) < _BLANKS_PER_THOUSAND}
        return {code: value for code, value in own.items() if code not in blank or code in PROVINCE_TOTALS}

    def whole_city(self, unit: str, indicator: str, year: int) -> Decimal:
        """A city's own figure and those of all its counties."""
        below = [child.code for child in self._tree.children(unit) if child.lives_in(year)]
        return sum((self._own[code, year].get(indicator, Decimal(0)) for code in (unit, *below)), Decimal(0))


def apportion(total: int, weights: Mapping[str, int]) -> dict[str, Decimal]:
    """A total in whole shares, at least 1 each, by weight and largest remainder; ties to the earlier name."""
    spare = total - len(weights)
    whole = sum(weights.values())
    shares = {name: 1 + spare * weight // whole for name, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda name: (-(spare * weights[name] % whole), name))
    for name in by_remainder[: total - sum(shares.values())]:
        shares[name] += 1
    return {name: Decimal(share) for name, share in shares.items()}


def _shares_of_totals() -> dict[str, dict[str, Decimal]]:
    """Each territorial unit's share of the province's totals of 2021, by unit and indicator."""
    tree, catalogue = province(), load()
    units = [unit for unit in tree.units.values() if unit.unit_type == "territorial" and unit.level != "township"]
    size = {unit.code: _size(unit) for unit in units}
    shares: dict[str, dict[str, Decimal]] = {code: {} for code in size}
    for code, total in PROVINCE_TOTALS.items():
        silent = {cast.MISSING_WITHOUT_CLAIM}
        if catalogue.indicators[code].aggregation is Aggregation.STOCK:
            silent |= set(tree.merged)
        jitter = rng("share", code)
        weights = {unit: weight * jitter.randint(85, 115) for unit, weight in size.items()}
        counted = apportion(total, {unit: weight for unit, weight in weights.items() if unit not in silent})
        for unit, share in counted.items():
            shares[unit][code] = share
        whole = sum(weight for unit, weight in weights.items() if unit not in silent)
        for unit in sorted(silent):
            shares[unit][code] = Decimal(1 + total * weights[unit] // whole)
    return shares


def _size(unit: Unit) -> int:
    if unit.code in real_reports.units() and unit.level == "county":
        return _WEIGHT_BESIDE_A_REAL_REPORT
    return _WEIGHT.get(unit.level) or rng("size", unit.code).randint(50, 150)


def _figures_of_reports() -> dict[str, dict[str, Decimal]]:
    """What real reports say of units' own work in 2021, by unit and indicator."""
    indicators = load().indicators
    found: dict[str, dict[str, Decimal]] = {}
    for code in real_reports.units():
        for row in real_reports.rows(code):
            is_own = row.scope == "own" and row.status in ("", indicators[row.indicator].default_status)
            if is_own and row.value is not None:
                figures = found.setdefault(code, {})
                figures[row.indicator] = figures.get(row.indicator, Decimal(0)) + row.value
    for figure in real_reports.of_counties_together():
        counties = [unit.code for unit in province().children(real_reports.UNIT_OF_REPORT[figure.report])]
        for county, share in share_of_counties(figure, counties).items():
            found.setdefault(county, {})[figure.indicator] = share
    return found


def share_of_counties(figure: real_reports.RealFigure, counties: list[str]) -> dict[str, Decimal]:
    """What a city's report says of its counties together, in whole shares that add up to it."""
    total = int(figure.value or 0)
    chance = rng("share of counties", figure.report)
    weights = {county: chance.randint(60, 140) for county in counties}
    if total >= len(counties):
        return apportion(total, weights)
    having = sorted(counties, key=lambda county: -weights[county])[:total]
    return {county: Decimal(int(county in having)) for county in counties}


def _drawn(unit: Unit, known: Mapping[str, Decimal]) -> dict[str, Decimal]:
    asked = [i for i in load().asked_of(unit.level, unit.unit_type) if i.collect in COLLECTED]
    drawn = dict(known)
    for indicator in typical.drawing_order(asked):
        if indicator.code not in drawn:
            chance = rng("figure", unit.code, indicator.code)
            drawn[indicator.code] = typical.figure(indicator, unit.level, drawn, chance)
    return drawn


def _year_before(unit: Unit, figures: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """A little less of everything in 2020; one factor for a unit, so that parts stay parts."""
    factor = rng("2020", unit.code).randint(850, 960)
    times = 2 if unit.code in province().merged else 1
    before = {code: _less(load().indicators[code], figure, factor, times) for code, figure in figures.items()}
    for code in typical.QUOTIENT_OF.keys() & before.keys():
        before[code] = typical.quotient(code, before)
    for whole, parts in typical.SUM_OF.items():
        if whole in before:
            before[whole] = sum((before[part] for part in parts), Decimal(0))
    return before


def _less(indicator: Indicator, figure: Decimal, factor: int, times: int) -> Decimal:
    """A unit that lived for half of 2021 did twice as much in 2020; what platforms count it had as much of."""
    if figure <= 1 or indicator.aggregation is Aggregation.RANK:
        return figure
    if indicator.aggregation is Aggregation.RATIO:
        return (figure * 98 / 100).quantize(Decimal("0.1"))
    whole_year = factor if indicator.aggregation is Aggregation.REGCUM else factor * times
    return typical.at_least_one(figure * whole_year / 1000)
