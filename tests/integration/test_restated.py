"""Years on the trees of later days: what moves, what does not, and two years compared on one tree."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from ingestion.units import load as load_units
from kexie.database import acting
from kexie.errors import UserError
from kexie.roles import Role
from pipeline.record import Run
from pipeline.steps import restate
from reporting.restated import restated
from tests.conftest import NewDatabase
from tests.integration.office import Office, quietly

LECTURES = "sp_lecture_count"

UNITS = """\
unit_code,name,level,unit_type,parent_code,valid_from,valid_to
A,甲一县科协,county,territorial,C,2000-01-01,2022-07-01
B,甲二县科协,county,territorial,C,2000-01-01,2022-07-01
N,甲新区科协,county,territorial,C,2022-07-01,
E,甲三县科协,county,territorial,C,2000-01-01,2023-04-01
F,东县科协,county,territorial,C,2023-04-01,
G,西县科协,county,territorial,C,2023-04-01,
"""
EVENTS = """\
event_date,kind,from_code,to_code,weight
2022-07-01,merge,A,N,1
2022-07-01,merge,B,N,1
2023-04-01,split,E,F,0.6
2023-04-01,split,E,G,0.4
"""


@pytest.fixture(scope="module")
def office(new_database: NewDatabase) -> Iterator[Office]:
    """2021: A 10, B 5, E 7, city 2; 2022: N 20, E 9; the city is silent."""
    held = Office(new_database())
    amend(held, UNITS, EVENTS)
    held.send("A", f"2021 {LECTURES} 10")
    held.send("B", f"2021 {LECTURES} 5")
    held.send("E", f"2021 {LECTURES} 7", f"2022 {LECTURES} 9")
    held.send("C", f"2021 {LECTURES} 2")
    held.send("N", f"2022 {LECTURES} 20")
    held.run()
    yield held
    held.engine.dispose()


def amend(held: Office, units: str, events: str) -> None:
    folder = held.home.root / "amended"
    folder.mkdir(exist_ok=True)
    (folder / "units.csv").write_text(units, encoding="utf-8")
    (folder / "unit_events.csv").write_text(events, encoding="utf-8")
    with acting(held.home, Role.INGEST) as engine:
        load_units(engine, folder)


def asked(held: Office, query: str) -> list[tuple[Any, ...]]:
    with acting(held.home, Role.OFFICE) as engine, engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def on_tree(held: Office, year: int, day: str) -> dict[str, tuple[Any, ...]]:
    rows = asked(
        held,
        f"""
        select unit_code, own_value, value, is_inherited, is_estimate from published.on_tree('{year}', '{day}')
        where indicator_code = '{LECTURES}' and value is not null
        """,
    )
    return {row[0]: row[1:] for row in rows}


def test_last_year_stands_on_this_years_tree_by_itself(office: Office) -> None:
    """Merged counties are one, its figure marked as taken over; the city's and province's stay."""
    assert on_tree(office, 2021, "2022-12-31") == {
        "N": (Decimal(15), Decimal(15), True, False),
        "E": (Decimal(7), Decimal(7), False, False),
        "C": (Decimal(2), Decimal(24), True, False),
        "P": (None, Decimal(24), True, False),
    }


def test_a_day_between_two_changes_has_the_tree_of_the_days_around_it(office: Office) -> None:
    assert on_tree(office, 2021, "2022-08-15") == on_tree(office, 2021, "2022-12-31")
    assert on_tree(office, 2021, "2022-06-30")["A"] == (Decimal(10), Decimal(10), False, False)


def test_a_tree_nobody_asked_for_has_no_rows_until_it_is_restated(office: Office) -> None:
    assert on_tree(office, 2021, "2023-12-31") == {}
    restate(office.home, 2021, date(2023, 12, 31), Run.now("tests"), quietly)
    assert on_tree(office, 2021, "2023-12-31") == {
        "N": (Decimal(15), Decimal(15), True, False),
        "F": (Decimal(4), Decimal(4), True, True),
        "G": (Decimal(3), Decimal(3), True, True),
        "C": (Decimal(2), Decimal(24), True, True),
        "P": (None, Decimal(24), True, True),
    }


def test_what_is_printed_names_events_weights_and_each_figure_that_differs(office: Office) -> None:
    restate(office.home, 2021, date(2023, 12, 31), Run.now("tests"), quietly)
    with acting(office.home, Role.OFFICE) as engine:
        lines = list(restated(engine, 2021, date(2023, 12, 31)))
    assert "2022-07-01 合并：A → N" in lines
    assert "2023-04-01 拆分：E → F，份额 0.6" in lines
    (split,) = (line.split() for line in lines if line.startswith("东县科协（F）"))
    assert split[1:] == ["科普讲座/报告会场次", "不在原单位树", "4", "是", "是"]


def test_years_are_compared_on_one_tree_over_the_units_that_reported_in_both(office: Office) -> None:
    """The city filed 2021 only and is left out; N stands for its predecessors."""
    rows = asked(
        office,
        f"""
        select unit_code, units_in_both, value, base_value, change, change_percent, tree_date
        from published.comparable('2022', '2021') where indicator_code = '{LECTURES}' order by unit_code
        """,
    )
    last = date(2022, 12, 31)
    assert rows == [
        ("C", 2, Decimal(29), Decimal(22), Decimal(7), Decimal("31.8182"), last),
        ("E", 1, Decimal(9), Decimal(7), Decimal(2), Decimal("28.5714"), last),
        ("N", 1, Decimal(20), Decimal(15), Decimal(5), Decimal("33.3333"), last),
        ("P", 2, Decimal(29), Decimal(22), Decimal(7), Decimal("31.8182"), last),
    ]


def test_a_restated_year_follows_a_later_correction_and_an_amended_tree(new_database: NewDatabase) -> None:
    held = Office(new_database())
    amend(held, UNITS, EVENTS)
    held.send("E", f"2021 {LECTURES} 7")
    held.run()
    restate(held.home, 2021, date(2023, 12, 31), Run.now("tests"), quietly)
    held.send("E", f"2021 {LECTURES} 10")
    held.run()
    assert on_tree(held, 2021, "2023-12-31")["F"][0] == Decimal(6)
    amend(held, UNITS, EVENTS.replace("0.6", "0.5").replace("0.4", "0.5"))
    held.run()
    assert on_tree(held, 2021, "2023-12-31")["F"][0] == Decimal(5)
    held.engine.dispose()


@pytest.mark.parametrize(
    ("year", "day", "sentence"),
    [
        (2021, date(2021, 12, 31), "must be a day after 2021-12-31"),
        (2019, date(2021, 12, 31), "Nothing of 2019 is published"),
    ],
)
def test_what_cannot_be_restated_is_said_in_a_sentence(office: Office, year: int, day: date, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        restate(office.home, year, day, Run.now("tests"), quietly)
