"""A city takes off what its counties counted twice: in its sum and those above, in the open, and as long as it fits."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Row, text

from kexie.database import acting
from kexie.roles import Role
from reporting.trace import trace
from tests.conftest import NewDatabase
from tests.integration.office import Office

LECTURES = "sp_lecture_count"
NOTED = "unit_code,form,period,indicator_code,scope,value,note\n"
REASON = "A、B 联合巡讲 8 场各报一次"
ADJUSTED = f"{NOTED}C,,2021,{LECTURES},own,5,\nC,,2021,{LECTURES},adjustment,-8,{REASON}\n"


@pytest.fixture(scope="module")
def office(new_database: NewDatabase) -> Iterator[Office]:
    """C adjusts what A and B filed in one file with it; then A corrects itself to so little that it no longer fits."""
    office = Office(new_database())
    office.send("A", f"2021 {LECTURES} 12")
    assert office.file("C", f"{ADJUSTED}B,,2021,{LECTURES},own,20,\n") == {"accepted": 1}
    office.run()
    yield office
    office.engine.dispose()


def ask(office: Office, query: str) -> list[Row[Any]]:
    with acting(office.home, Role.OFFICE) as engine, engine.connect() as connection:
        return list(connection.execute(text(query)).all())


def figures(office: Office) -> dict[str, tuple[Any, ...]]:
    """By unit: value, own value, what rests on adjustments, units reported."""
    rows = ask(office, f"select * from published.indicator_values where indicator_code = '{LECTURES}'")
    return {row.unit_code: (row.value, row.own_value, row.adjustment_value, row.units_reported) for row in rows}


def warned(office: Office) -> list[tuple[Any, ...]]:
    """The adjustments of which the last audit says that they do not count."""
    query = text(
        "select unit_code, indicator_code from ops.check_results where expectation = 'adjustments_counted' "
        "and not is_success and build_id = (select max(build_id) from ops.check_results)"
    )
    with office.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_it_changes_the_sums_of_whoever_made_it_and_above_and_no_units_own_figure(office: Office) -> None:
    assert figures(office) == {
        "P": (29, None, -8, 3),
        "C": (29, 5, -8, 3),
        "A": (12, 12, None, 1),
        "B": (20, 20, None, 1),
    }
    province = ask(office, f"select * from published.province_indicators where indicator_code = '{LECTURES}'")
    assert [(row.value, row.adjustment_value) for row in province] == [(29, -8)]


def test_the_sum_is_made_of_its_leaves_the_adjustment_one_of_them_with_its_reason(office: Office) -> None:
    leaves = ask(office, "select * from published.contributions where unit_code = 'P' and period = '2021'")
    assert sorted((leaf.role, leaf.scope, leaf.holder_code, leaf.value) for leaf in leaves) == [
        ("adjustment", "adjustment", "C", -8),
        ("own", "own", "A", 12),
        ("own", "own", "B", 20),
        ("own", "own", "C", 5),
    ]
    assert [leaf.note for leaf in leaves if leaf.role == "adjustment"] == [REASON]


def test_a_trace_tells_it_apart_and_says_why(office: Office) -> None:
    with acting(office.home, Role.OFFICE) as engine:
        lines = list(trace(engine, "C", LECTURES, "2021"))
    assert lines[0] == "甲市科协（C）29 场 [汇总数，已报 3/3]，本级 5，含去重调整 −8"
    (told,) = (line for line in lines if "└ 去重调整" in line)
    assert told.strip().startswith("└ 去重调整 2021 -8：C.csv 第 3 行")
    assert told.endswith(f"说明：{REASON}")


def test_whoever_asks_sees_who_made_it_why_and_whether_it_counts(office: Office) -> None:
    rows = ask(office, "select * from published.adjustments")
    assert [
        (row.unit_name, row.value, row.reason, row.submitter_code, row.is_in_force, row.is_counted) for row in rows
    ] == [("甲市科协", -8, REASON, "C", True, True)]


def test_one_that_is_more_than_the_counties_filed_is_rejected_with_both_numbers(office: Office) -> None:
    assert office.file("C", ADJUSTED.replace("-8", "-33")) == {"rejected": 1}
    assert "去重调整 -33场，超过各下级已报数之和 32场（2 个下级已报）" in office.receipts("C")[-1]


def test_one_that_no_longer_fits_is_shown_and_not_used_until_it_fits_again(office: Office) -> None:
    office.take_back("B", "2021", "popularisation")
    office.send("A", f"2021 {LECTURES} 7")
    office.run()
    assert figures(office)["C"] == (12, 5, None, 2)
    assert [row.is_counted for row in ask(office, "select * from published.adjustments")] == [False]
    assert warned(office) == [("C", LECTURES)]
    office.send("A", f"2021 {LECTURES} 8")
    office.run()
    assert figures(office)["C"] == (5, 5, -8, 2)
    assert warned(office) == []


def test_a_revision_without_it_has_dropped_it_and_why_says_so(office: Office) -> None:
    office.send("C", f"2021 {LECTURES} 5")
    assert "去重调整" in office.receipts("C")[-1]
    office.run()
    assert figures(office)["C"] == (13, 5, None, 2)
    changes = ask(office, "select * from published.changes('-infinity', now(), 'C') order by term")
    assert sum(row.term for row in changes) == 13
    before = "(select max(published_at) - interval '1 microsecond' from published.publication)"
    leaves = ask(office, f"select * from published.why('C', '{LECTURES}', '2021', {before}, now())")
    assert [
        (leaf.scope, leaf.reason, leaf.before_value) for leaf in leaves if leaf.before_value != leaf.after_value
    ] == [("adjustment", "correction", -8)]
