"""A provisional figure counts and is marked up to the province until the final one comes; what lay between is kept."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, Row, text

from catalogue.load import load as load_catalogue
from catalogue.model import Status
from ingestion.collect import collect
from ingestion.landing import submit
from ingestion.periods import Period
from ingestion.templates import TemplateUnit, write
from kexie.database import acting, ready
from kexie.home import Home
from kexie.roles import Role
from tests.conftest import NewDatabase
from tests.integration.office import Office, quietly

LECTURES, EXHIBITIONS, SOCIETIES = "sp_lecture_count", "sp_exhibition_count", "org_agritech_assoc_count"
HEADER = "unit_code,form,period,indicator_code,scope,value,low,high,state,status,note\n"
COUNTY_B = TemplateUnit("B", "甲二县科协", "county", "territorial", has_subordinates=False)


class Clerks(Office):
    """An office whose clerks say of what status each figure is."""

    def report(self, unit: str, *figures: str, outcome: str = "accepted") -> None:
        """One CSV file of the unit, a figure each line: `2021 sp_lecture_count 10 provisional`."""
        rows = (figure.split() for figure in figures)
        lines = (f"{unit},,{period},{code},own,{value},,,,{status},\n" for period, code, value, status in rows)
        path = self.home.root / f"{unit}.csv"
        path.write_text(HEADER + "".join(lines), encoding="utf-8")
        self._send(path.name, unit, outcome)

    def fill_in(self, unit: TemplateUnit, period: Period, value: int) -> None:
        """The workbook of November, with the number of lectures."""
        figures = {("popularisation", LECTURES, "own"): (value, "")}
        path = self.home.root / f"{unit.code}_{period}_预计.xlsx"
        write(path, unit, period, load_catalogue(), figures, filed_as=Status.PROVISIONAL)
        self._send(path.name, unit.code, "accepted")

    def _send(self, name: str, unit: str, outcome: str) -> None:
        submit(self.home, [self.home.root / name], unit)
        with acting(self.home, Role.INGEST) as engine:
            assert set(collect(self.home, engine, load_catalogue(), quietly).outcomes) == {outcome}


class November:
    """What the office sees in November, before anything is settled."""

    def __init__(self, engine: Engine) -> None:
        self.values = values(engine, "2021")
        self.bias = bias(engine, "2021")
        self.unpublished = bias(engine, "2017")


@pytest.fixture(scope="module")
def home(new_database: NewDatabase) -> Home:
    return new_database()


@pytest.fixture(scope="module")
def clerks(home: Home) -> Clerks:
    return Clerks(home)


@pytest.fixture(scope="module")
def november(clerks: Clerks) -> November:
    clerks.report("A", f"2021 {LECTURES} 10 provisional", f"2021 {SOCIETIES} 4 provisional")
    clerks.fill_in(COUNTY_B, Period(2021), 20)
    clerks.report("C", f"2021 {LECTURES} 5 actual")
    # 2020: a provisional year, then every month as it was.
    clerks.report("A", f"2020 {LECTURES} 100 provisional", f"2020 {EXHIBITIONS} 0 provisional")
    clerks.report("A", *(f"2020-{month:02} {LECTURES} 9 actual" for month in range(1, 13)))
    clerks.report("B", f"2020 {LECTURES} 40 provisional", f"2020 {LECTURES} 44 actual")
    clerks.run()
    clerks.report("A", f"2017 {LECTURES} 1 provisional")
    return November(clerks.engine)


@pytest.fixture(scope="module")
def spring(clerks: Clerks, november: November) -> Iterator[Engine]:  # noqa: ARG001 - it was November before
    clerks.report("A", f"2021 {LECTURES} 12 actual")
    clerks.report("A", "2021 org_ast_staff_count 3 actual")
    clerks.report("B", f"2021 {LECTURES} 19 actual")
    clerks.report("B", f"2021 {LECTURES} 18 actual")
    clerks.report("A", f"2020 {LECTURES} 110 actual", f"2020 {EXHIBITIONS} 3 actual")
    # 2019: an estimate revised before the final one; one taken back; a final one taken back.
    clerks.report("A", f"2019 {LECTURES} 50 provisional")
    clerks.report("A", f"2019 {LECTURES} 80 provisional")
    clerks.report("A", f"2019 {LECTURES} 100 actual")
    clerks.report("B", f"2019 {LECTURES} 7 provisional")
    clerks.take_back("B", "2019", "popularisation")
    clerks.report("C", f"2019 {LECTURES} 7 provisional")
    clerks.report("C", f"2019 {LECTURES} 8 actual")
    clerks.take_back("C", "2019", "popularisation")
    # 2018: a final one without a reason for being ten thousand times last year's; one that stands in its place.
    clerks.report("B", f"2017 {LECTURES} 1 actual")
    clerks.report("B", f"2018 {LECTURES} 2 provisional")
    clerks.report("B", f"2018 {LECTURES} 90000 actual", outcome="held")
    clerks.report("C", f"2018 {SOCIETIES} 6 provisional")
    clerks.report("C", f"2018 {SOCIETIES} 5 cumulative")
    clerks.run()
    engine = ready(clerks.home, Role.OFFICE)
    yield engine
    engine.dispose()


def ask(engine: Engine, query: str, **parameters: object) -> Sequence[Row[Any]]:
    with engine.connect() as connection:
        return connection.execute(text(query), parameters).all()


def values(engine: Engine, period: str) -> Mapping[tuple[str, str], tuple[Any, Any]]:
    """(unit, indicator) to the figure to use and how much of it is provisional."""
    query = "select * from published.indicator_values where period = :period and value is not null"
    return {
        (row.unit_code, row.indicator_code): (row.value, row.provisional_part)
        for row in ask(engine, query, period=period)
    }


def bias(engine: Engine, period: str) -> Mapping[tuple[str, str], Row[Any]]:
    query = "select * from published.provisional_bias where period = :period"
    return {(row.unit_code, row.indicator_code): row for row in ask(engine, query, period=period)}


# ---- until the final one comes


def test_a_provisional_figure_counts_and_is_marked_up_to_the_province(november: November) -> None:
    assert november.values["A", LECTURES] == (10, 10)
    assert november.values["B", LECTURES] == (20, 20)
    assert november.values["C", LECTURES] == (35, 30)
    assert november.values["P", LECTURES] == (35, 30)
    assert november.values["P", SOCIETIES] == (4, 4)


def test_until_then_the_bias_is_open_and_says_where_the_figure_stands(november: November) -> None:
    from_csv, from_workbook = november.bias["A", LECTURES], november.bias["B", LECTURES]
    assert (from_csv.state, from_csv.provisional_value, from_csv.final_value, from_csv.bias) == ("open", 10, None, None)
    assert (from_csv.provisional_file_name, from_csv.provisional_line) == ("A.csv", 2)
    assert (from_workbook.provisional_value, from_workbook.provisional_file_name) == (20, "B_2021_预计.xlsx")
    assert from_workbook.provisional_sheet == "科普活动与科技志愿服务情况表"
    assert from_workbook.provisional_cell


def test_what_has_not_been_published_has_no_bias_yet(november: November, spring: Engine) -> None:
    assert november.unpublished == {}
    assert ("A", LECTURES) in bias(spring, "2017")


def test_a_provisional_figure_beside_an_actual_one_never_was_in_force(november: November, clerks: Clerks) -> None:
    del november
    assert values(clerks.engine, "2020")["B", LECTURES] == (44, 0)
    assert ("B", LECTURES) not in bias(clerks.engine, "2020")


# ---- settled


def test_the_final_figure_takes_its_place_and_nothing_is_provisional_any_more(spring: Engine) -> None:
    found = values(spring, "2021")
    assert [found[unit, LECTURES] for unit in ("A", "B", "C", "P")] == [(12, 0), (18, 0), (35, 0), (35, 0)]


def test_what_lay_between_the_two_is_kept(spring: Engine) -> None:
    of_a, of_b = (bias(spring, "2021")[unit, LECTURES] for unit in ("A", "B"))
    assert (of_a.state, of_a.provisional_value, of_a.final_value, of_a.bias) == ("settled", 10, 12, 2)
    assert of_a.bias_percent == Decimal("20.0000")
    assert of_a.provisional_received_at < of_a.final_received_at == of_a.settled_at
    # A correction of the final figure counts; settled it was by the first.
    assert (of_b.provisional_value, of_b.final_value, of_b.bias_percent) == (20, 18, -10)
    assert of_b.settled_at < of_b.final_received_at


def test_a_years_figure_stays_provisional_whatever_months_are_filed_until_the_year_is(
    november: November, clerks: Clerks, spring: Engine
) -> None:
    """At every node of the period tree the figure filed for it wins over its parts, of whatever status."""
    del november
    history = ask(
        clerks.engine,
        "select value, provisional_part from published.indicator_values_history "
        "where unit_code = 'A' and indicator_code = :code and period = '2020' order by opened_by",
        code=LECTURES,
    )
    assert [tuple(row) for row in history] == [(100, 100), (110, 0)]
    assert values(spring, "2020")["A", LECTURES] == (110, 0)
    assert bias(spring, "2020")["A", LECTURES].bias == 10
    assert values(spring, "2020-05")["A", LECTURES] == (9, 0)


def test_a_provisional_nought_has_a_bias_without_percent(spring: Engine) -> None:
    row = bias(spring, "2020")["A", EXHIBITIONS]
    assert (row.bias, row.bias_percent) == (3, None)


def test_the_last_estimate_before_the_final_figure_is_the_one_it_is_held_against(spring: Engine) -> None:
    row = bias(spring, "2019")["A", LECTURES]
    assert (row.provisional_value, row.final_value, row.bias_percent) == (80, 100, 25)


def test_what_was_taken_back_was_never_sent(spring: Engine) -> None:
    found = bias(spring, "2019")
    assert ("B", LECTURES) not in found
    assert (found["C", LECTURES].state, found["C", LECTURES].final_value) == ("open", None)


def test_a_final_figure_that_waits_for_a_reason_settles_nothing(spring: Engine) -> None:
    assert bias(spring, "2018")["B", LECTURES].state == "dropped"


def test_any_other_status_that_the_indicator_counts_settles(spring: Engine) -> None:
    row = bias(spring, "2018")["C", SOCIETIES]
    assert (row.state, row.final_value, row.bias) == ("settled", 5, -1)


def test_a_figure_that_the_revision_dropped_is_told_as_dropped(spring: Engine) -> None:
    assert bias(spring, "2021")["A", SOCIETIES].state == "dropped"


# ---- what a unit's November figure is worth


def test_a_units_mean_bias_over_the_years_says_what_its_november_figure_is_worth(spring: Engine) -> None:
    rows = ask(spring, "select * from published.unit_bias where unit_code = 'A' order by indicator_code")
    lectures = next(row for row in rows if row.indicator_code == LECTURES)
    # 2019: 80 and 100; 2020: 100 and 110; 2021: 10 and 12.
    assert (lectures.years, lectures.mean_bias) == (3, Decimal("10.6667"))
    assert lectures.mean_bias_percent == Decimal("18.3333")
    assert (lectures.least_bias_percent, lectures.most_bias_percent) == (10, 25)
    # The exhibitions' nought has no percent, and so no part in the unit's.
    assert (lectures.unit_figures, lectures.unit_mean_bias_percent) == (3, Decimal("18.3333"))
    assert lectures.unit_name == "甲一县科协"


def test_deviations_in_both_directions_do_not_hide_each_other(spring: Engine) -> None:
    (row,) = ask(spring, "select * from published.unit_bias where unit_code = 'B'")
    assert (row.unit_mean_bias_percent, row.unit_mean_deviation_percent) == (-10, 10)
