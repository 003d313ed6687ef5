"""Random provinces whose claims differ from the sums for one known reason each, or for no fault at all.

Each indicator of a province is a story of its own: true figures of every unit, claims that are the true sums, and then
at most one fault, which shows in the claim of one unit and, if it lies in the sum, in the claims of those above it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import partial
from random import Random
from typing import Any

from catalogue.load import load
from catalogue.model import Aggregation, Level, UnitType
from tests.spec.warehouse import Example

YEAR = 2021
ADDED = (Aggregation.FLOW, Aggregation.NEWADD, Aggregation.MONEY, Aggregation.STOCK, Aggregation.REGCUM)
BOUND = {"org_sp_staff_count", "fin_budget_executed"}
"""Others say what they must be, or are held: they have no story of their own."""

INDICATORS = {
    indicator.code: indicator.aggregation
    for indicator in load().indicators.values()
    if indicator.aggregation in ADDED
    and indicator.code not in BOUND
    and {Level.COUNTY, Level.CITY, Level.PROVINCE} <= set(indicator.levels)
    and UnitType.TERRITORIAL in indicator.unit_types
}
"""Those that are added up and asked of counties, cities and the province alike."""

SUMMED_OVER_TIME = (Aggregation.FLOW, Aggregation.NEWADD, Aggregation.MONEY)
WAN = Decimal(10000)
Places = dict[tuple[str, str, str], dict[str, str]]


@dataclass(frozen=True)
class Expected:
    """What `published.reconciliation` should say of one claim; `units` are those it may point at."""

    reason: str
    units: frozenset[str]
    variant: str


@dataclass
class Story:
    """One indicator of one province: the truth, and what is filed of it."""

    random: Random
    tree: dict[str, list[str]]
    indicator: str
    kind: Aggregation
    truth: dict[str, Decimal] = field(default_factory=dict)
    last: dict[str, Decimal] = field(default_factory=dict)
    filed: Places = field(default_factory=dict)
    expected: dict[str, Expected] = field(default_factory=dict)

    # The province as it is

    @property
    def province(self) -> str:
        return "P"

    @property
    def cities(self) -> list[str]:
        return [unit for unit, below in self.tree.items() if below and unit != "P"]

    def below(self, unit: str) -> list[str]:
        """The unit itself and everyone under it."""
        return [unit, *(lower for child in self.tree[unit] for lower in self.below(child))]

    def whole(self, unit: str, figures: dict[str, Decimal] | None = None) -> Decimal:
        figures = self.truth if figures is None else figures
        return sum((figures[lower] for lower in self.below(unit)), Decimal(0))

    def some_city(self) -> str:
        return self.random.choice(self.cities)

    def some_county(self, city: str, at_least: int = 1) -> str:
        """A county of some size: a fault in a figure that is nearly nothing is no fault that anybody could see."""
        able = [county for county in self.tree[city] if self.truth[county] >= at_least]
        return self.random.choice(able or [max(self.tree[city], key=self.truth.__getitem__)])

    @property
    def has_last_year(self) -> bool:
        return any(period == str(YEAR - 1) for _unit, _scope, period in self.filed)

    # What is filed

    def file(self, unit: str, scope: str, value: Decimal, year: int = YEAR, **more: str) -> None:
        self.filed[unit, scope, str(year)] = {"value": plain(value), **more}

    def forget(self, unit: str, scope: str, year: int = YEAR) -> None:
        for key in [key for key in self.filed if key[:2] == (unit, scope) and key[2][:4] == str(year)]:
            del self.filed[key]

    def forget_year(self, unit: str) -> None:
        """Forget the whole year's own figure, and leave those of its parts."""
        self.filed.pop((unit, "own", str(YEAR)), None)

    def claims(self, unit: str) -> bool:
        return (unit, "jurisdiction", str(YEAR)) in self.filed

    def claim(self, unit: str, value: Decimal) -> None:
        self.file(unit, "jurisdiction", value)

    def expect(self, reason: str, units: set[str], variant: str, at: set[str]) -> None:
        for unit in at:
            self.expected[unit] = Expected(reason, frozenset(units), variant)

    def file_honestly(self, with_own_of: Callable[[str], bool]) -> None:
        for unit, value in self.truth.items():
            if with_own_of(unit):
                self.file(unit, "own", value)
            if self.tree[unit] and (unit != "P" or self.random.random() < 0.6):
                self.claim(unit, self.whole(unit))

    def file_last_year(self) -> None:
        claims = self.random.random() < 0.5
        for unit, value in self.last.items():
            self.file(unit, "own", value, YEAR - 1)
            if self.tree[unit] and claims:
                self.file(unit, "jurisdiction", self.whole(unit, self.last), YEAR - 1)

    def rows(self, year: int) -> list[dict[str, Any]]:
        return [
            {"unit_code": unit, "period": period, "indicator_code": self.indicator, "scope": scope, **cell}
            for (unit, scope, period), cell in self.filed.items()
            if period[:4] == str(year)
        ]


Variant = Callable[[Story], None]


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


# ---- own filed as jurisdiction, or the reverse


def claim_is_own(story: Story) -> None:
    city = story.some_city()
    if not story.truth[city]:
        claim_without_a_county(story)
        return
    story.claim(city, story.truth[city])
    story.expect("own_as_jurisdiction", {city}, "claim_is_own", {city})


def own_stands_in_the_wrong_column(story: Story) -> None:
    city = story.some_city()
    if not story.truth[city]:
        claim_without_a_county(story)
        return
    story.claim(city, story.truth[city])
    story.forget(city, "own")
    story.expect("own_as_jurisdiction", {city}, "own_stands_in_the_wrong_column", {city, "P"})


def total_stands_in_both_columns(story: Story) -> None:
    city = story.some_city()
    story.claim(city, story.whole(city))
    story.file(city, "own", story.whole(city))
    story.expect("jurisdiction_as_own", {city}, "total_stands_in_both_columns", {city, "P"})


def total_stands_in_the_wrong_column(story: Story) -> None:
    city = story.some_city()
    story.forget(city, "jurisdiction")
    story.file(city, "own", story.whole(city))
    story.claim("P", story.whole("P"))
    story.expect("jurisdiction_as_own", {city}, "total_stands_in_the_wrong_column", {"P"})


# ---- one missing


def claim_without_a_county(story: Story) -> None:
    city = story.some_city()
    county = story.some_county(city)
    story.claim(city, story.whole(city) - story.truth[county])
    story.expect("missing_unit", {county}, "claim_without_a_county", {city})


def province_without_a_city(story: Story) -> None:
    city = story.some_city()
    story.claim("P", story.whole("P") - story.whole(city))
    story.expect("missing_unit", {city}, "province_without_a_city", {"P"})


def claim_without_own(story: Story) -> None:
    city = story.some_city()
    if not story.truth[city]:
        claim_without_a_county(story)
        return
    story.claim(city, story.whole(city) - story.truth[city])
    story.expect("missing_unit", {city}, "claim_without_own", {city})


def county_not_reported(story: Story) -> None:
    city = story.some_city()
    county = story.some_county(city)
    story.forget(county, "own")
    story.expect("missing_unit", {county}, "county_not_reported", {city})


def county_not_reported_nor_claimed(story: Story) -> None:
    city = story.some_city()
    county = story.some_county(city)
    story.forget(county, "own")
    story.forget(city, "jurisdiction")
    story.claim("P", story.whole("P"))
    story.expect("missing_unit", {county}, "county_not_reported_nor_claimed", {"P"})


def city_silent(story: Story) -> None:
    city = story.some_city()
    for unit in story.below(city):
        story.forget(unit, "own")
    story.forget(city, "jurisdiction")
    story.claim("P", story.whole("P"))
    story.expect("missing_unit", {city}, "city_silent", {"P"})


# ---- one counted twice


def claim_with_a_county_twice(story: Story) -> None:
    city = story.some_city()
    county = story.some_county(city)
    story.claim(city, story.whole(city) + story.truth[county])
    story.expect("counted_twice", {county}, "claim_with_a_county_twice", {city})


def province_with_a_city_twice(story: Story) -> None:
    city = story.some_city()
    story.claim("P", story.whole("P") + story.whole(city))
    story.expect("counted_twice", {city}, "province_with_a_city_twice", {"P"})


def province_with_a_county_twice(story: Story) -> None:
    county = story.some_county(story.some_city())
    story.claim("P", story.whole("P") + story.truth[county])
    story.expect("counted_twice", {county}, "province_with_a_county_twice", {"P"})


# ---- 万


def county_ten_thousand_fold(story: Story) -> None:
    city = story.some_city()
    county = story.some_county(city)
    if story.claims("P") and story.random.random() < 0.2:
        story.forget(city, "jurisdiction")
    story.file(county, "own", story.truth[county] * WAN)
    story.expect("ten_thousand_slip", {county}, "county_ten_thousand_fold", {city, "P"})


def county_ten_thousandth(story: Story) -> None:
    city = story.some_city()
    county = story.some_county(city, 100)
    story.file(county, "own", story.truth[county] / WAN)
    story.expect("ten_thousand_slip", {county}, "county_ten_thousandth", {city, "P"})


def county_whole_ten_thousands(story: Story) -> None:
    city = story.some_city()
    county = story.some_county(city, 50000)
    if story.truth[county] < 50000:
        county_ten_thousandth(story)
        return
    story.file(county, "own", (story.truth[county] / WAN).quantize(Decimal(1), ROUND_HALF_UP))
    story.expect("ten_thousand_slip", {county}, "county_whole_ten_thousands", {city, "P"})


def own_ten_thousand_fold(story: Story) -> None:
    city = story.some_city()
    if not story.truth[city]:
        county_ten_thousand_fold(story)
        return
    story.file(city, "own", story.truth[city] * WAN)
    story.expect("ten_thousand_slip", {city}, "own_ten_thousand_fold", {city, "P"})


def claim_ten_thousand_fold(story: Story) -> None:
    city = story.some_city()
    story.forget(city, "jurisdiction", YEAR - 1)
    story.claim(city, story.whole(city) * WAN)
    story.expect("ten_thousand_slip", {city}, "claim_ten_thousand_fold", {city})


def claim_ten_thousandth(story: Story) -> None:
    city = story.some_city()
    digits = story.random.choice((None, Decimal(1), Decimal("0.1"), Decimal("0.01")))
    claim = story.whole(city) / WAN
    rounded = claim if digits is None else claim.quantize(digits, ROUND_HALF_UP)
    story.claim(city, rounded if rounded > 2 else claim)
    story.expect("ten_thousand_slip", {city}, "claim_ten_thousandth", {city})


def county_slipped_in_the_claim(story: Story) -> None:
    city = story.some_city()
    county = story.some_county(city)
    story.forget(city, "jurisdiction", YEAR - 1)
    story.claim(city, story.whole(city) + story.truth[county] * (WAN - 1))
    story.expect("ten_thousand_slip", {county}, "county_slipped_in_the_claim", {city})


# ---- running totals


def _with_last_year(story: Story) -> None:
    if not story.has_last_year:
        story.file_last_year()


def claim_runs_over_years(story: Story) -> None:
    _with_last_year(story)
    city = story.some_city()
    story.claim(city, story.whole(city) + story.whole(city, story.last))
    story.expect("cumulative", {city}, "claim_runs_over_years", {city})


def province_claim_runs_over_years(story: Story) -> None:
    _with_last_year(story)
    story.claim("P", story.whole("P") + story.whole("P", story.last))
    story.expect("cumulative", {"P"}, "province_claim_runs_over_years", {"P"})


def county_runs_over_years(story: Story) -> None:
    _with_last_year(story)
    city = story.some_city()
    county = story.some_county(city)
    story.file(county, "own", story.truth[county] + story.last[county])
    story.expect("cumulative", {county}, "county_runs_over_years", {city, "P"})


def counties_run_over_years(story: Story) -> None:
    _with_last_year(story)
    city = story.some_city()
    for unit in story.below(city):
        story.file(unit, "own", story.truth[unit] + story.last[unit])
    story.expect("cumulative", {city}, "counties_run_over_years", {city, "P"})


def county_runs_over_months(story: Story) -> None:
    if story.kind not in SUMMED_OVER_TIME:
        county_runs_over_years(story)
        return
    city = story.some_city()
    county = story.some_county(city, 12)
    parts = story.random.choice((("H1", "H2"), ("Q1", "Q2", "Q3", "Q4"), tuple(f"{m:02}" for m in range(1, 13))))
    story.forget(county, "own")
    for number, part in enumerate(parts, start=1):
        running = (story.truth[county] * number / len(parts)).quantize(Decimal(1), ROUND_DOWN)
        story.filed[county, "own", f"{YEAR}-{part}"] = {
            "value": plain(story.truth[county] if number == len(parts) else running)
        }
    story.expect("cumulative", {county}, "county_runs_over_months", {city, "P"})


def claim_runs_over_quarters(story: Story) -> None:
    if story.kind not in SUMMED_OVER_TIME:
        claim_runs_over_years(story)
        return
    city = story.some_city()
    total = story.whole(city)
    story.forget(city, "jurisdiction")
    for number in range(1, 5):
        running = total if number == 4 else (total * number / 4).quantize(Decimal(1), ROUND_DOWN)
        story.filed[city, "jurisdiction", f"{YEAR}-Q{number}"] = {"value": plain(running)}
    story.expect("cumulative", {city}, "claim_runs_over_quarters", {city})


def counties_run_over_quarters(story: Story) -> None:
    if story.kind not in SUMMED_OVER_TIME:
        counties_run_over_years(story)
        return
    city = story.some_city()
    for unit in story.tree[city]:
        story.forget(unit, "own")
        for number in range(1, 5):
            running = (story.truth[unit] * number / 4).quantize(Decimal(1), ROUND_DOWN)
            value = story.truth[unit] if number == 4 else running
            story.filed[unit, "own", f"{YEAR}-Q{number}"] = {"value": plain(value)}
    story.expect("cumulative", {city}, "counties_run_over_quarters", {city, "P"})


def claim_of_one_quarter(story: Story) -> None:
    """Everyone files by the quarter; the city claims the last one as the year's."""
    if story.kind not in SUMMED_OVER_TIME:
        claim_runs_over_years(story)
        return
    city = story.some_city()
    last = Decimal(0)
    for unit in story.below(city):
        if (unit, "own", str(YEAR)) in story.filed:
            story.forget(unit, "own")
            share = (story.truth[unit] * story.random.randint(15, 32) / 100).quantize(Decimal(1), ROUND_DOWN)
            quarters = [share, share, share, story.truth[unit] - 3 * share]
            for number, value in enumerate(quarters, start=1):
                story.filed[unit, "own", f"{YEAR}-Q{number}"] = {"value": plain(value)}
            last += quarters[-1]
    story.claim(city, last)
    story.expect("cumulative", {city}, "claim_of_one_quarter", {city})


# ---- rounding


def claim_rounded(story: Story, rounding: str) -> None:
    city = story.random.choice([*story.cities, "P"])
    total = story.whole(city)
    units = [Decimal(10) ** power for power in range(1, 7) if Decimal(10) ** power * 5 <= total]
    units = [unit for unit in units if total % unit]
    if not units:
        claim_with_a_county_twice(story)
        return
    unit = story.random.choice(units[-3:])
    claim = (total / unit).quantize(Decimal(1), rounding) * unit
    story.claim(city, claim)
    story.expect("rounding", {city}, f"claim_rounded {rounding}", {city})


def county_filed_under_two_codes(story: Story) -> None:
    city = story.some_city()
    first, second = story.random.sample(story.tree[city], 2)
    if story.truth[first] < 200:
        claim_with_a_county_twice(story)
        return
    total = story.whole("P") - story.truth[second]
    story.truth[second] = Decimal(0)
    story.file(second, "own", story.truth[first])
    story.claim(city, story.whole(city))
    if story.claims("P"):
        story.claim("P", total)
    story.expect("counted_twice", {first, second}, "county_filed_under_two_codes", {city, "P"})


# ---- no fault, or none that could be known


def honest(story: Story) -> None:
    """Every claim is the sum."""


def several_not_reported(story: Story) -> None:
    city = story.some_city()
    for county in story.random.sample(story.tree[city], min(len(story.tree[city]), story.random.randint(2, 4))):
        story.forget(county, "own")
    story.expect("unexplained", set(), "several_not_reported", {city, "P"})


def hedged(story: Story) -> None:
    """A county knows its figure between two bounds, its city claims the true one."""
    city = story.some_city()
    county = story.some_county(city)
    true = story.truth[county]
    written = (true * Decimal("0.9")).quantize(Decimal(1), ROUND_DOWN)
    high = (true * Decimal("1.2")).quantize(Decimal(1), ROUND_HALF_UP)
    story.file(county, "own", written, low=plain(written), high=plain(high))
    story.expect("none", set(), "hedged", {city, "P"})


def months_not_reported(story: Story) -> None:
    """A county filed ten months of twelve; its city knows the rest."""
    if story.kind not in SUMMED_OVER_TIME:
        several_not_reported(story)
        return
    city = story.some_city()
    county = story.some_county(city, 24)
    story.forget(county, "own")
    for month in range(1, 11):
        part = (story.truth[county] / 12).quantize(Decimal(1), ROUND_DOWN)
        story.filed[county, "own", f"{YEAR}-{month:02}"] = {"value": plain(part)}
    story.expect("missing_unit", {county}, "months_not_reported", {city, "P"})


def redacted(story: Story) -> None:
    city = story.some_city()
    county = story.some_county(city)
    story.filed[county, "own", str(YEAR)] = {"value": "", "state": "redacted"}
    story.expect("missing_unit", {county}, "redacted", {city, "P"})


def foreseen(story: Story) -> None:
    """Some counties foresaw their figures, the city's claim is the final one."""
    city = story.some_city()
    for county in story.random.sample(story.tree[city], 3):
        foreseen = (story.truth[county] * Decimal(story.random.randint(90, 110)) / 100).quantize(Decimal(1))
        story.file(county, "own", foreseen, status="provisional")
    story.expect("unexplained", set(), "foreseen", {city, "P"})


def revised_after_the_claim(story: Story) -> None:
    city = story.some_city()
    county = story.some_county(city, 50)
    revised = (story.truth[county] * Decimal(story.random.randint(80, 120)) / 100).quantize(Decimal(1))
    if revised == story.truth[county]:
        return
    story.file(county, "own", revised)
    story.expect("unexplained", set(), "revised_after_the_claim", {city, "P"})


def arbitrary(story: Story) -> None:
    city = story.random.choice([*story.cities, "P"])
    factor = Decimal(story.random.randint(500, 1500)) / 1000
    claim = (story.whole(city) * factor).quantize(Decimal(1), ROUND_HALF_UP)
    if claim == story.whole(city):
        return
    story.claim(city, claim)
    story.expect("unexplained", set(), "arbitrary", {city})


FAULTS: tuple[Variant, ...] = (
    *(claim_is_own, own_stands_in_the_wrong_column, total_stands_in_both_columns, total_stands_in_the_wrong_column),
    *(claim_without_a_county, claim_without_a_county, province_without_a_city, claim_without_own),
    *(county_not_reported, county_not_reported_nor_claimed, city_silent),
    *(
        county_filed_under_two_codes,
        claim_with_a_county_twice,
        claim_with_a_county_twice,
        province_with_a_city_twice,
        province_with_a_county_twice,
    ),
    *(county_ten_thousand_fold, county_ten_thousandth, county_whole_ten_thousands, own_ten_thousand_fold),
    *(claim_ten_thousand_fold, claim_ten_thousandth, county_slipped_in_the_claim),
    *(claim_runs_over_years, province_claim_runs_over_years, county_runs_over_years, counties_run_over_years),
    *(county_runs_over_months, counties_run_over_quarters, claim_runs_over_quarters, claim_of_one_quarter),
    partial(claim_rounded, rounding=ROUND_HALF_UP),
    partial(claim_rounded, rounding=ROUND_HALF_UP),
    partial(claim_rounded, rounding=ROUND_DOWN),
    partial(claim_rounded, rounding=ROUND_CEILING),
)
NO_FAULTS: tuple[Variant, ...] = (honest, several_not_reported, months_not_reported, redacted, hedged, foreseen)
UNKNOWABLE: tuple[Variant, ...] = (arbitrary, revised_after_the_claim)


@dataclass(frozen=True)
class FaultyProvince:
    """Files to send, and for each (unit, indicator) whose claim is off what should be said of it."""

    example: Example
    expected: dict[tuple[str, str], Expected]
    without_fault: frozenset[str]


def faulty_province(
    seed: int,
    faults: tuple[Variant, ...] = FAULTS,
    no_faults: tuple[Variant, ...] = NO_FAULTS,
    cities: tuple[int, int] = (2, 5),
) -> FaultyProvince:
    """A province of some cities with 5 to 15 counties each; two indicators in three have a fault."""
    random = Random(seed)  # noqa: S311  # no secret is made here
    tree = _tree(random, cities)
    stories = []
    without_fault = set()
    for indicator, kind in INDICATORS.items():
        story = _story(random, tree, indicator, kind)
        is_faulty = random.random() < 0.67
        random.choice(faults if is_faulty else no_faults)(story)
        stories.append(story)
        if not is_faulty:
            without_fault.add(indicator)
    years = [[row for story in stories for row in story.rows(year)] for year in (YEAR - 1, YEAR)]
    example = Example(_units(tree), (), [rows for rows in years if rows])
    expected = {(unit, story.indicator): what for story in stories for unit, what in story.expected.items()}
    return FaultyProvince(example, expected, frozenset(without_fault))


def changing_province(seed: int) -> FaultyProvince:
    """An honest province in a year in which a county was split between two cities, two merged, and one moved.

    Every claim is the true sum on the tree of the year's last day; what the county that was split had done before is
    shared out in the sums, so they differ from the claims a little. Nothing is at fault.
    """
    random = Random(seed)  # noqa: S311  # no secret is made here
    tree = _tree(random, cities=(3, 3))
    first, second, third = random.sample(tree["P"], 3)
    split, merged, absorbed, moved = tree[first][0], tree[second][0], tree[second][1], tree[third][0]
    units = [row for row in _units(tree) if row["unit_code"] not in (split, absorbed, moved)]
    ends = {"valid_to": f"{YEAR}-07-01"}
    begins = {"valid_from": f"{YEAR}-07-01"}
    spans = {row["unit_code"]: row for row in _units(tree)}
    units += [
        {**spans[split], **ends},
        {**spans[split], "unit_code": "S1", "name": "S1科协", **begins},
        {**spans[split], "unit_code": "S2", "name": "S2科协", "parent_code": second, **begins},
        {**spans[absorbed], **ends},
        {**spans[moved], **ends},
        {**spans[moved], "parent_code": first, **begins},
    ]
    events = [
        {"event_date": f"{YEAR}-07-01", "kind": "split", "from_code": split, "to_code": "S1", "weight": "0.6"},
        {"event_date": f"{YEAR}-07-01", "kind": "split", "from_code": split, "to_code": "S2", "weight": "0.4"},
        {"event_date": f"{YEAR}-07-01", "kind": "merge", "from_code": absorbed, "to_code": merged, "weight": "1"},
    ]
    rows = []
    for indicator, kind in INDICATORS.items():
        if kind in SUMMED_OVER_TIME:
            story = _story(random, tree, indicator, kind)
            before = story.truth[split]
            share = (before * random.randint(45, 75) / 100).quantize(Decimal(1), ROUND_HALF_UP)
            halves = {"S1": story.truth[merged], "S2": story.truth[moved]}
            true = {unit: story.whole(unit) for unit in tree["P"]}
            true[first] += halves["S1"] + share - before + story.truth[moved]
            true[second] += halves["S2"] + before - share
            true[third] -= story.truth[moved]
            for unit in (split, absorbed):
                story.filed[unit, "own", f"{YEAR}-H1"] = {"value": plain(story.truth[unit])}
                story.forget_year(unit)
            for unit, value in halves.items():
                story.filed[unit, "own", f"{YEAR}-H2"] = {"value": plain(value)}
            first_half = (story.truth[merged] / 3).quantize(Decimal(1))
            story.forget(merged, "own")
            for part, value in (("H1", first_half), ("H2", story.truth[merged] - first_half)):
                story.filed[merged, "own", f"{YEAR}-{part}"] = {"value": plain(value)}
            for city, value in true.items():
                story.claim(city, value)
            if story.claims("P"):
                story.claim("P", story.whole("P") + sum(halves.values()))
            rows += story.rows(YEAR)
    return FaultyProvince(Example(units, events, [rows]), {}, frozenset(INDICATORS))


def _tree(random: Random, cities: tuple[int, int]) -> dict[str, list[str]]:
    tree: dict[str, list[str]] = {"P": []}
    for city in range(1, random.randint(*cities) + 1):
        counties = [f"C{city:02}{county:02}" for county in range(1, random.randint(5, 15) + 1)]
        tree["P"].append(f"C{city:02}")
        tree[f"C{city:02}"] = counties
        tree.update({county: [] for county in counties})
    return tree


def _units(tree: dict[str, list[str]]) -> list[dict[str, str]]:
    above = {child: unit for unit, children in tree.items() for child in children}
    levels = {"P": "province", **dict.fromkeys(tree["P"], "city")}
    return [
        {
            "unit_code": unit,
            "name": f"{unit}科协",
            "level": levels.get(unit, "county"),
            "unit_type": "territorial",
            "parent_code": above.get(unit, ""),
            "valid_from": "2000-01-01",
        }
        for unit in tree
    ]


def _story(random: Random, tree: dict[str, list[str]], indicator: str, kind: Aggregation) -> Story:
    story = Story(random, tree, indicator, kind)
    median = random.choice((20, 80, 300, 1500, 8000, 60000))
    sigma = random.choice((0.6, 0.9, 1.2))
    # What a city or the province does by itself, against a county: nothing, as much, several times it.
    own_times = random.choice((0, 0.7, 1, 3))
    step = Decimal(random.choice((1, 100, 10000)) if kind == Aggregation.MONEY else 1)
    drift = (0.95, 1.1) if kind in (Aggregation.STOCK, Aggregation.REGCUM) else (0.6, 1.5)
    for unit, below in tree.items():
        size = median * (own_times if below else 1) * random.lognormvariate(0, sigma)
        if kind == Aggregation.MONEY:
            size *= 1000
        story.truth[unit] = (Decimal(round(size)) / step).quantize(Decimal(1), ROUND_HALF_UP) * step
        last = story.truth[unit] * Decimal(random.uniform(*drift)) / step
        story.last[unit] = last.quantize(Decimal(1), ROUND_HALF_UP) * step
    does_own_work = own_times > 0 or random.random() < 0.5
    story.file_honestly(lambda unit: does_own_work or not tree[unit])
    if random.random() < 0.5:
        story.file_last_year()
    return story
