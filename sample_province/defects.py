"""The mistakes and exceptions, each planted once, with what a clerk should see when its files alone are sent.

A defect's files go to a fresh instance in the order given, after the units are loaded. `receipts` names, for some of
them, the outcome (`accepted`, `held`, `rejected`, `duplicate`) and finding codes that must be among those given; files
not named are accepted. `figures` are rows of published.indicator_values, as far as they matter; null is null.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sample_province import cast, filing
from sample_province.deliveries import Delivery
from sample_province.figures import YearBook
from sample_province.rows import Row, exact
from sample_province.units import province

YEAR = 2021
EVENTS = "sp_five_entry_activity_count"
LECTURES = "sp_lecture_count"
BANNERS = "sp_banner_count"
MATERIALS = "sp_material_distributed_count"
ACTIVITIES = "sp_activity_count"
UNKNOWN = "sp_activity_total"

Expectation = dict[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the receipt of one file says."""

    file: str
    outcome: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Defect:
    """One planted mistake; `silent` names the unit that should have filed and did not."""

    name: str
    title: str
    files: tuple[str, ...]
    receipts: tuple[Receipt, ...] = ()
    figures: tuple[Expectation, ...] = ()
    silent: str = ""


@dataclass(slots=True)
class Sending:
    """The files in order, as the planting of each mistake changes them."""

    book: YearBook
    deliveries: list[Delivery]
    defects: list[Defect] = field(default_factory=list)

    def of(self, unit: str, period: str = str(YEAR)) -> Delivery:
        """The one regular file of a unit and period."""
        found = [d for d in self.deliveries if d.unit == d.submitter == unit and d.period == period and _is_its_own(d)]
        (delivery,) = found
        return delivery

    def after(self, delivery: Delivery, extra: Delivery) -> None:
        self.deliveries.insert(self.deliveries.index(delivery) + 1, extra)

    def before(self, delivery: Delivery, extra: Delivery) -> None:
        self.deliveries.insert(self.deliveries.index(delivery), extra)

    def drop(self, unit: str, year: int) -> None:
        self.deliveries = [d for d in self.deliveries if d.unit != unit or d.span.year != year]


def plant(book: YearBook, deliveries: list[Delivery]) -> Sending:
    """All mistakes in place."""
    sending = Sending(book, deliveries)
    for planting in PLANTINGS:
        sending.defects.append(planting(sending))
    return sending


def _is_its_own(delivery: Delivery) -> bool:
    return delivery.kind != "narrative" and delivery.name.startswith((f"{delivery.unit}_{delivery.period}.",))


def _figure(unit: str, indicator: str, **columns: str | int | bool | None) -> Expectation:
    return {"unit_code": unit, "indicator_code": indicator, "period": str(YEAR), **columns}


def _text(amount: Decimal) -> str:
    return f"{amount:f}"


def _set(delivery: Delivery, indicator: str, change: Callable[[Row], Row | None]) -> None:
    changed = [change(row) if row.indicator == indicator and row.scope == "own" else row for row in delivery.rows]
    delivery.rows = [row for row in changed if row is not None]


def _missing_with_claim(sending: Sending) -> Defect:
    city, county = cast.CITY_CLAIMING_FOR_MISSING, cast.MISSING_WITH_CLAIM
    sending.drop(county, YEAR)
    delivery = sending.of(city)
    delivery.rows += filing.whole_city_rows(sending.book, city, YEAR)
    claim = _text(sending.book.whole_city(city, EVENTS, YEAR))
    return Defect(
        "missing_county_with_claim",
        "一县未报，所在市报有含下级数：用市的含下级数",
        (delivery.path,),
        (Receipt(delivery.path, "accepted"),),
        (
            _figure(city, EVENTS, basis="claimed", value=claim, claimed_value=claim),
            _figure(county, EVENTS, basis="partial", value=None, units_reported=0),
        ),
        silent=county,
    )


def _missing_without_claim(sending: Sending) -> Defect:
    city, county = cast.CITY_WITH_GAP, cast.MISSING_WITHOUT_CLAIM
    sending.drop(county, YEAR)
    delivery = sending.of(city)
    own = _text(sending.book.own(city, YEAR)[EVENTS])
    return Defect(
        "missing_county_without_claim",
        "一县未报，所在市没有含下级数：市的数只到已报部分为止",
        (delivery.path,),
        (Receipt(delivery.path, "accepted"),),
        (
            _figure(city, EVENTS, basis="partial", own_value=own, value=own, claimed_value=None),
            _figure(county, EVENTS, basis="partial", value=None, units_reported=0),
        ),
        silent=county,
    )


def _claim_below_sum(sending: Sending) -> Defect:
    city = cast.CITY_CLAIMING_TOO_LITTLE
    delivery, counties = sending.of(city), _of_counties(sending, city)
    total = sending.book.whole_city(city, ACTIVITIES, YEAR)
    claim = (total * 7 / 10).quantize(Decimal(1))
    delivery.rows.append(exact(city, str(YEAR), ACTIVITIES, claim, scope="jurisdiction"))
    expected = _figure(
        city,
        ACTIVITIES,
        basis="computed",
        value=_text(total),
        claimed_value=_text(claim),
        gap=_text(claim - total),
    )
    return Defect(
        "claim_below_sum",
        "市的含下级数小于本级与各县之和：保留并列入对账，不采用",
        (*counties, delivery.path),
        (Receipt(delivery.path, "accepted"),),
        (expected,),
    )


def _city_total_with_counties(sending: Sending) -> Defect:
    city = cast.CITY_TOTAL_WITH_COUNTIES
    delivery, counties = sending.of(city), _of_counties(sending, city)
    delivery.rows += filing.whole_city_rows(sending.book, city, YEAR)
    total = _text(sending.book.whole_city(city, EVENTS, YEAR))
    own = _text(sending.book.own(city, YEAR)[EVENTS])
    return Defect(
        "city_total_with_its_counties",
        "市同时报本级和含下级两数：含下级数只作核对，不与各县重复相加",
        (*counties, delivery.path),
        (Receipt(delivery.path, "accepted"),),
        (_figure(city, EVENTS, basis="computed", own_value=own, value=total, claimed_value=total, gap="0"),),
    )


def _of_counties(sending: Sending, city: str) -> tuple[str, ...]:
    """Each county's file of the whole year, which wins over those of its quarters."""
    return tuple(sending.of(unit.code).path for unit in province().children(city))


def _revised_workbook(sending: Sending) -> Defect:
    first = sending.of(cast.REVISING)
    right = sending.book.own(first.unit, YEAR)[LECTURES]
    revised = replace(first, name=f"{first.unit}_{YEAR}_修订.xlsx", rows=list(first.rows))
    _set(revised, BANNERS, lambda _row: None)
    _set(first, LECTURES, lambda row: exact(row.unit, row.period, LECTURES, right + 7))
    sending.deliveries.append(revised)
    return Defect(
        "revised_workbook",
        "同一张表报了两次：后一次整体替换前一次，漏填的数撤下并在回执列出",
        (first.path, revised.path),
        (Receipt(revised.path, "accepted", ("REVISION_DROPPED",)),),
        (
            _figure(first.unit, LECTURES, own_value=_text(right)),
            _figure(first.unit, BANNERS, own_value=None, units_reported=0),
        ),
    )


def _provisional(sending: Sending) -> Defect:
    final = sending.of(cast.FILING_IN_NOVEMBER)
    unit, own = final.unit, sending.book.own(final.unit, YEAR)
    rows = [
        replace(exact(unit, str(YEAR), code, own[code] * 9 // 10), status="provisional")
        for code in (ACTIVITIES, LECTURES)
    ]
    november = Delivery(unit, f"{unit}_{YEAR}_预计.csv", "csv", unit, str(YEAR), rows)
    sending.before(final, november)
    return Defect(
        "provisional_then_final",
        "十一月先报预计数，年终再报实际数：以实际数为准，两数之差留底",
        (november.path, final.path),
        figures=(
            _figure(unit, ACTIVITIES, own_value=_text(own[ACTIVITIES]), provisional_part="0"),
            _figure(unit, LECTURES, own_value=_text(own[LECTURES]), provisional_part="0"),
        ),
    )


def _same_file_twice(sending: Sending) -> Defect:
    first = sending.of(cast.SENDING_TWICE)
    again = replace(first, name=f"{first.unit}_{YEAR} (1).xlsx")
    sending.after(first, again)
    lectures = _text(sending.book.own(first.unit, YEAR)[LECTURES])
    return Defect(
        "same_file_twice",
        "同一文件发了两次：第二次不改变任何数",
        (first.path, again.path),
        (Receipt(again.path, "duplicate", ("SAME_BYTES_IN_FORCE",)),),
        (_figure(first.unit, LECTURES, own_value=lectures),),
    )


def _ten_thousand_fold(sending: Sending) -> Defect:
    unit = cast.SLIPPING_BY_10000
    before, delivery = sending.of(unit, str(YEAR - 1)), sending.of(unit)
    slip = sending.book.own(unit, YEAR - 1)[MATERIALS] * 10_000
    _set(delivery, MATERIALS, lambda row: exact(row.unit, row.period, MATERIALS, slip))
    lectures = _text(sending.book.own(unit, YEAR)[LECTURES])
    return Defect(
        "ten_thousand_fold",
        "一个数是上年的一万倍：先搁置，其余的数照常",
        (before.path, delivery.path),
        (Receipt(delivery.path, "held", ("TEN_THOUSAND_FOLD",)),),
        (
            _figure(unit, MATERIALS, own_value=None, units_reported=0),
            _figure(unit, LECTURES, own_value=lectures, units_reported=1),
        ),
    )


def _outside_subtree(sending: Sending) -> Defect:
    submitter, stranger = cast.SENDING_FOR_A_STRANGER, cast.STRANGER
    rows = [exact(stranger, str(YEAR), ACTIVITIES, 30), exact(stranger, str(YEAR), LECTURES, 5)]
    extra = Delivery(submitter, f"代报_{stranger}_{YEAR}.csv", "csv", stranger, str(YEAR), rows)
    sending.after(sending.of(submitter), extra)
    return Defect(
        "outside_subtree",
        "替不是自己下级的单位报数：退回",
        (extra.path,),
        (Receipt(extra.path, "rejected", ("OUTSIDE_SUBTREE",)),),
        (_figure(stranger, LECTURES, own_value=None, units_reported=0),),
    )


def _broken_workbook(sending: Sending) -> Defect:
    whole = sending.of(cast.SENDING_A_BROKEN_FILE)
    broken = replace(whole, name=f"{whole.unit}_{YEAR}_未传完.xlsx", kept_bytes=9_000)
    sending.before(whole, broken)
    return Defect(
        "broken_workbook",
        "工作簿没有传完，打不开：退回（随后又报了完整的）",
        (broken.path,),
        (Receipt(broken.path, "rejected", ("FILE_UNREADABLE",)),),
        (_figure(whole.unit, LECTURES, own_value=None, units_reported=0),),
    )


def _blank(sending: Sending) -> Defect:
    delivery = sending.of(cast.LEAVING_A_BLANK)
    _set(delivery, LECTURES, lambda _row: None)
    return Defect(
        "blank",
        "一格留空：未报，不是零",
        (delivery.path,),
        (Receipt(delivery.path, "accepted"),),
        (_figure(delivery.unit, LECTURES, own_value=None, basis="partial", units_reported=0),),
    )


def _zero(sending: Sending) -> Defect:
    delivery = sending.of(cast.REPORTING_A_ZERO)
    _set(delivery, LECTURES, lambda row: exact(row.unit, row.period, LECTURES, 0))
    return Defect(
        "zero",
        "一格填 0：报了，就是零",
        (delivery.path,),
        (Receipt(delivery.path, "accepted"),),
        (_figure(delivery.unit, LECTURES, own_value="0", value="0", basis="computed", units_reported=1),),
    )


def _dash(sending: Sending) -> Defect:
    delivery = sending.of(cast.REPORTING_A_DASH)
    _set(delivery, LECTURES, lambda row: Row(row.unit, row.period, LECTURES, "own", None, None, None, "not_applicable"))
    return Defect(
        "dash",
        "一格填“-”：没有此项，算已报，没有数",
        (delivery.path,),
        (Receipt(delivery.path, "accepted"),),
        (_figure(delivery.unit, LECTURES, own_value=None, value=None, basis="computed", units_reported=1),),
    )


def _masked(sending: Sending) -> Defect:
    delivery = sending.of(cast.MASKING_A_FIGURE)
    _set(delivery, LECTURES, lambda row: Row(row.unit, row.period, LECTURES, "own", None, None, None, "redacted"))
    return Defect(
        "masked",
        "一格填“**”：已隐去，按未报处理",
        (delivery.path,),
        (Receipt(delivery.path, "accepted", ("FIGURE_REDACTED",)),),
        (_figure(delivery.unit, LECTURES, own_value=None, basis="partial", units_reported=0),),
    )


def _unknown_indicator(sending: Sending) -> Defect:
    unit = cast.USING_AN_UNKNOWN_INDICATOR
    rows = [exact(unit, str(YEAR), LECTURES, 6), exact(unit, str(YEAR), UNKNOWN, 40)]
    extra = Delivery(unit, f"{unit}_{YEAR}_自编代码.csv", "csv", unit, str(YEAR), rows)
    sending.before(sending.of(unit), extra)
    return Defect(
        "unknown_indicator",
        "CSV 用了目录中没有的指标代码：退回（随后又用工作簿报了）",
        (extra.path,),
        (Receipt(extra.path, "rejected", ("INDICATOR_UNKNOWN",)),),
        (_figure(unit, LECTURES, own_value=None, units_reported=0),),
    )


def _gb18030(sending: Sending) -> Defect:
    delivery = sending.of(cast.SENDING_GB18030)
    delivery.encoding = "gb18030"
    _set(delivery, LECTURES, lambda row: replace(row, note="含镕园社区的两场"))
    lectures = _text(sending.book.own(delivery.unit, YEAR)[LECTURES])
    return Defect(
        "gb18030",
        "CSV 用 GB18030 编码：照常收下",
        (delivery.path,),
        (Receipt(delivery.path, "accepted"),),
        (_figure(delivery.unit, LECTURES, own_value=lectures, units_reported=1),),
    )


def _merger(sending: Sending) -> Defect:
    tree = province()
    units = (*tree.merged, tree.new_district)
    files = [d for d in sending.deliveries if d.unit in units and d.span.year == YEAR]
    total = sum((sending.book.own(unit, YEAR)[EVENTS] for unit in units), Decimal(0))
    return Defect(
        "merger_in_mid_year",
        "两县年中合并为新区：合并前各季的数由新区承接",
        tuple(delivery.path for delivery in files),
        tuple(Receipt(delivery.path, "accepted") for delivery in files),
        (
            _figure(
                tree.new_district,
                EVENTS,
                own_value=_text(total),
                value=_text(total),
                basis="computed",
                is_inherited=True,
                units_reported=1,
            ),
        ),
    )


PLANTINGS: tuple[Callable[[Sending], Defect], ...] = (
    _missing_with_claim,
    _missing_without_claim,
    _claim_below_sum,
    _city_total_with_counties,
    _revised_workbook,
    _provisional,
    _same_file_twice,
    _ten_thousand_fold,
    _outside_subtree,
    _broken_workbook,
    _blank,
    _zero,
    _dash,
    _masked,
    _unknown_indicator,
    _gb18030,
    _merger,
)
