"""Random provinces keep the contract's rules, and the reference keeps its promises on them."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings

from .inheritance import INHERITED_BY_ALL_EVENTS
from .periods import first_day, last_day
from .provinces import DEPTH, YEAR, Province, provinces, random_province, write_submissions, write_units
from .rollup import Figure, compute
from .tree import ENDINGS, Units

SEEDS = range(25)
LATER = date(YEAR + 3, 12, 31)


@pytest.fixture(params=SEEDS, scope="module", name="province")
def one_province(request: pytest.FixtureRequest) -> Province:
    return random_province(request.param)


def figures(province: Province, tree_date: date | None = None) -> dict[tuple[str, str], Figure]:
    return compute(province.units, province.events, province.submissions, province.indicators, province.year, tree_date)


def test_a_seed_gives_the_same_province_again() -> None:
    assert random_province(7) == random_province(7)


def test_parents_live_throughout_and_the_tree_is_not_too_deep(province: Province) -> None:
    units = Units(province.units, province.events)
    days = {span.valid_from for spans in units.spans.values() for span in spans}
    for day in days:
        held = {code: span for code, spans in units.spans.items() for span in spans if span.holds(day)}
        for code, span in held.items():
            line = [code]
            while held[line[-1]].parent:
                line.append(held[line[-1]].parent)
            assert len(line) <= DEPTH
            assert span.parent != "" or code == province.root


def test_every_ending_has_its_event_on_its_day(province: Province) -> None:
    units = Units(province.units, province.events)
    for code, spans in units.spans.items():
        joints = [(early.valid_to, late.valid_from) for early, late in pairwise(spans)]
        assert all(end == start for end, start in joints)
        ended = [event.day for event in units.events if event.source == code and event.kind in ENDINGS]
        assert set(ended) == ({spans[-1].valid_to} if spans[-1].valid_to < date.max else set())


def test_event_targets_live_and_split_weights_sum_to_one(province: Province) -> None:
    units = Units(province.units, province.events)
    weights: dict[str, Decimal] = defaultdict(Decimal)
    for event in units.events:
        assert not event.target or any(span.holds(event.day) for span in units.spans[event.target])
        if event.kind == "split":
            weights[event.source] += event.weight
    assert set(weights.values()) <= {Decimal(1)}


def test_units_file_for_periods_they_lived_in_and_say_nothing_twice(province: Province) -> None:
    units = Units(province.units, province.events)
    forms = {row["code"]: row["form"] for row in province.indicators}
    statuses = {row["code"]: row["statuses"].split(",")[0] for row in province.indicators}
    for rows in province.submissions:
        keys = Counter(
            (
                row["unit_code"],
                row["form"] or forms[row["indicator_code"]],
                row["period"],
                row["indicator_code"],
                row["scope"] or "own",
                row["status"] or statuses[row["indicator_code"]],
            )
            for row in rows
        )
        assert max(keys.values()) == 1
        for unit, _form, period, *_rest in keys:
            ends = [(span.valid_from, span.valid_to - timedelta(days=1)) for span in units.spans[unit]]
            assert any(start <= last_day(period) and end >= first_day(period) for start, end in ends)


def test_provinces_hold_every_kind_of_thing() -> None:
    some = [random_province(seed) for seed in SEEDS]
    assert {event["kind"] for province in some for event in province.events} == {*ENDINGS, "move"}
    rows = [row for province in some for rows in province.submissions for row in rows]
    assert {row["scope"] for row in rows} == {
        *("", "own", "jurisdiction", "joint_up", "joint_dept", "part", "adjustment")
    }
    assert {row["state"] for row in rows} == {"", "not_applicable", "redacted"}
    assert {len(row["period"]) for row in rows} == {4, 7}
    found = [figure for province in some for figure in figures(province).values()]
    assert {figure.basis for figure in found} == {"own", "list", "computed", "claimed", "partial"}
    assert any(figure.is_estimate for figure in found)
    assert any(figure.adjustment_value for figure in found)


def test_the_files_hold_what_the_province_says(tmp_path: Path) -> None:
    province = random_province(3)
    write_units(tmp_path / "units", province)
    paths = write_submissions(tmp_path / "inbox", province)
    assert len((tmp_path / "units" / "units.csv").read_text(encoding="utf-8").splitlines()) == 1 + len(province.units)
    assert [len(path.read_text(encoding="utf-8").splitlines()) - 1 for path in paths] == [
        len(rows) for rows in province.submissions
    ]


@given(province=provinces())
@settings(max_examples=15, deadline=None)
def test_bounds_hold_the_value_and_counts_hold_each_other(province: Province) -> None:
    for figure in figures(province).values():
        for bounds in (figure.own, figure.computed, figure.claimed, figure.value):
            known = [bound for bound in (bounds.low, bounds.value, bounds.high) if bound is not None]
            assert known == sorted(known)
        assert figure.units_reported <= figure.units_covered <= figure.units_expected


@given(province=provinces())
@settings(max_examples=15, deadline=None)
def test_own_figures_of_the_five_kinds_have_the_same_sum_on_every_tree(province: Province) -> None:
    plain = exact(province)
    here, later = figures(plain), figures(plain, LATER)
    for indicator in province.indicators:
        if indicator["aggregation"] in INHERITED_BY_ALL_EVENTS:
            assert sum_of_own(here, indicator["code"]) == sum_of_own(later, indicator["code"])


@given(province=provinces())
@settings(max_examples=15, deadline=None)
def test_adjustments_change_sums_alone_and_leave_none_below_zero(province: Province) -> None:
    adjusted = figures(province)
    rows = [[row for row in rows if row["scope"] != "adjustment"] for rows in province.submissions]
    plain = figures(replace(province, submissions=rows))
    assert adjusted.keys() == plain.keys()
    for key, figure in adjusted.items():
        before = plain[key]
        assert before.adjustment_value is None
        assert (figure.own, figure.claimed) == (before.own, before.claimed)
        assert (figure.units_expected, figure.units_reported) == (before.units_expected, before.units_reported)
        if figure.adjustment_value is not None:
            assert all(bound is None or bound >= 0 for bound in figure.computed)


def exact(province: Province) -> Province:
    """The same with exact figures only: a figure open at every end would look like none, and hide what it adds to."""

    def point(row: dict[str, str]) -> dict[str, str]:
        stated = [row[column] for column in ("value", "low", "high") if row[column] not in ("", "open")]
        return row | {"value": stated[0] if stated else "", "low": "", "high": ""}

    return replace(province, submissions=[[point(row) for row in rows] for rows in province.submissions])


def sum_of_own(found: dict[tuple[str, str], Figure], indicator: str) -> Decimal:
    own = [figure.own.value for (_unit, code), figure in found.items() if code == indicator]
    return sum((value for value in own if value is not None), Decimal(0))
