"""Parts of years that somebody filed, rolled up like years; plans beside them; how far the year has come."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from catalogue.load import load as load_catalogue
from ingestion.collect import collect
from ingestion.landing import submit
from kexie.database import acting
from kexie.roles import Role
from tests.conftest import NewDatabase
from tests.integration.office import Office, quietly

LECTURES = "sp_lecture_count"
SOCIETIES = "org_society_count"

FILED = f"""\
unit_code,form,period,indicator_code,scope,value,status
A,,2022-Q1,{LECTURES},own,10,actual
A,,2022-Q2,{LECTURES},own,12,actual
A,,2022-07,{LECTURES},own,5,actual
A,,2022-08,{LECTURES},own,6,actual
A,,2022-09,{LECTURES},own,7,actual
B,,2022-H1,{LECTURES},own,20,actual
B,,2022-Q3,{LECTURES},own,4,actual
A,,2022,{LECTURES},own,80,plan
B,,2022,{LECTURES},own,40,plan
C,,2022,{LECTURES},own,0,plan
A,,2022-Q3,{SOCIETIES},own,3,cumulative
"""


@pytest.fixture(scope="module")
def office(new_database: NewDatabase) -> Iterator[Office]:
    held = Office(new_database())
    file = held.home.root / "figures.csv"
    file.write_text(FILED, encoding="utf-8")
    submit(held.home, [file], "P")
    with acting(held.home, Role.INGEST) as engine:
        assert not collect(held.home, engine, load_catalogue(), quietly).outcomes["rejected"]
    held.run()
    yield held
    held.engine.dispose()


def asked(held: Office, query: str) -> list[tuple[Any, ...]]:
    with acting(held.home, Role.OFFICE) as engine, engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def periods(held: Office, unit: str) -> dict[str, tuple[Any, ...]]:
    rows = asked(
        held,
        f"""
        select period, value, basis, units_reported, units_expected from published.indicator_values
        where unit_code = '{unit}' and indicator_code = '{LECTURES}'
        """,
    )
    return {row[0]: row[1:] for row in rows}


def test_each_part_that_somebody_filed_is_rolled_up_with_its_own_coverage(office: Office) -> None:
    """H2 was filed by nobody, so there is none; A's third quarter is its three months."""
    province = periods(office, "P")
    assert set(province) == {"2022", "2022-H1", "2022-Q1", "2022-Q2", "2022-Q3", "2022-07", "2022-08", "2022-09"}
    assert province["2022-Q3"][0] == Decimal(22)
    assert province["2022-H1"][0] == Decimal(42)
    assert province["2022-07"][0] == Decimal(5)
    assert periods(office, "A")["2022-Q3"] == (Decimal(18), "computed", 1, 1)
    assert periods(office, "B")["2022-07"][1:] == ("partial", 0, 1)
    assert periods(office, "A")["2022"] == (Decimal(40), "partial", 0, 1)


def test_an_indicator_appears_only_in_the_parts_in_which_it_was_filed(office: Office) -> None:
    rows = asked(office, f"select distinct period from published.indicator_values where indicator_code = '{SOCIETIES}'")
    assert {row[0] for row in rows} == {"2022", "2022-Q3"}


def test_how_far_we_are_in_september_against_the_target_is_one_query(office: Office) -> None:
    rows = asked(
        office,
        f"""
        select unit_code, value, to_date_value, to_date_units_reported, year_plan_value, percent_of_year_plan
        from published.progress where indicator_code = '{LECTURES}' and period = '2022-09' order by unit_code
        """,
    )
    assert rows == [
        ("A", Decimal(7), Decimal(40), 1, Decimal(80), Decimal("50.0000")),
        ("B", None, Decimal(24), 1, Decimal(40), Decimal("60.0000")),
        ("C", Decimal(7), Decimal(64), 2, Decimal(120), Decimal("53.3333")),
        ("P", Decimal(7), Decimal(64), 2, Decimal(120), Decimal("53.3333")),
    ]


def test_a_plan_is_never_added_to_what_was_done(office: Office) -> None:
    (year,) = asked(
        office,
        f"""
        select value, to_date_value, plan_value, year_plan_value, plan_units_reported from published.progress
        where indicator_code = '{LECTURES}' and period = '2022' and unit_code = 'P'
        """,
    )
    assert year == (Decimal(64), Decimal(64), Decimal(120), Decimal(120), 3)


def test_a_part_of_a_year_is_traced_to_the_filings_it_was_added_from(office: Office) -> None:
    rows = asked(
        office,
        f"""
        select leaf_unit_code, leaf_period, value from published.contributions
        where unit_code = 'P' and indicator_code = '{LECTURES}' and period = '2022-Q3' order by 1, 2
        """,
    )
    assert rows == [
        ("A", "2022-07", Decimal(5)),
        ("A", "2022-08", Decimal(6)),
        ("A", "2022-09", Decimal(7)),
        ("B", "2022-Q3", Decimal(4)),
    ]


def test_what_nobody_planned_has_no_progress(office: Office) -> None:
    assert asked(office, "select distinct indicator_code from published.progress") == [(LECTURES,)]
