"""A definition is changed as CONTRIBUTING says, in a copy of the project; what the office then reads is not compared.

The copy is the whole program with its catalogue edited, generated anew and run by its own commands.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from ingestion.landing import submit
from ingestion.periods import Period, parse_period, periods_of
from ingestion.units import load as load_units
from kexie.database import acting
from kexie.home import PROJECT, Home
from kexie.roles import Role
from tests.conftest import NewDatabase
from tests.integration.office import HEADER, UNITS

PACKAGES = (
    *("catalogue", "dbt_project", "dags", "docs", "expectations", "ingestion", "kexie", "migrations", "orchestration"),
    *("pipeline", "reporting", "sample_province", "upkeep"),
)
LECTURES, ACTIVITIES, CONSULTS, EXHIBITIONS = (
    *("sp_lecture_count", "sp_activity_count"),
    *("sp_consult_count", "sp_exhibition_count"),
)
PASSED, TAKEN, RATE = "tr_exam_passed_count", "tr_exam_taken_count", "tr_exam_pass_rate"

# form, indicator -> what is written below it
DEFINITIONS = {
    ("popularisation", LECTURES): """
    definitions:
      - valid_from: 2013-01-01
        text: 线下举办的讲座和报告会
      - valid_from: 2022-01-01
        text: 线下和线上举办的讲座和报告会
        change: 计入线上讲座
        breaks_series: true
""",
    ("popularisation", ACTIVITIES): """
    definitions:
      - valid_from: 2013-01-01
        text: 每场计一次
      - valid_from: 2021-01-01
        text: 每场计一次，同日同地的只计一次
        change: 写明同日同地的只计一次
        breaks_series: false
""",
    ("rural_training", TAKEN): """
    definitions:
      - valid_from: 2013-01-01
        text: 报名人数
      - valid_from: 2021-01-01
        text: 实到人数
        change: 由报名改为实到
        breaks_series: true
""",
}

FILED = f"""\
A,,2020,{LECTURES},own,5
A,,2021,{LECTURES},own,10
A,,2022,{LECTURES},own,100000
A,,2023,{LECTURES},own,120000
A,,2021-Q3,{LECTURES},own,3
A,,2022-Q3,{LECTURES},own,4
A,,2023-Q3,{LECTURES},own,6
A,,2022-09,{LECTURES},own,1
A,,2020,{ACTIVITIES},own,10
A,,2021,{ACTIVITIES},own,15
A,,2020,{CONSULTS},own,0
A,,2021,{CONSULTS},own,7
A,,2020,{PASSED},own,8
A,,2020,{TAKEN},own,10
A,,2021,{PASSED},own,9
A,,2021,{TAKEN},own,10
A,,2022,{PASSED},own,9
A,,2022,{TAKEN},own,12
"""

BREAK_OF_LECTURES = "2022年起口径调整：计入线上讲座，与上年不可比。"


class Copy:
    """The project with another catalogue, and an instance that it works on."""

    def __init__(self, folder: Path, home: Home) -> None:
        self.folder, self.home = folder, home
        for package in PACKAGES:
            shutil.copytree(PROJECT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "target"))
        for (form, code), definitions in DEFINITIONS.items():
            path = folder / "catalogue" / "forms" / f"{form}.yaml"
            before, entry, after = path.read_text(encoding="utf-8").partition(f"  {code}:\n")
            path.write_text(f"{before}{entry}{definitions[1:]}{after}", encoding="utf-8")

    def type(self, command: str, *arguments: str) -> str:
        """Run one of the copy's own commands in its folder; what it prints."""
        run = subprocess.run(
            [sys.executable, "-c", f"import sys; {command}", *arguments],
            cwd=self.folder,
            env=os.environ
            | {"PYTHONPATH": str(self.folder), "KEXIE_HOME": str(self.home.root)}
            | {"KEXIE_DATABASE_URL": self.home.database_url or ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def kexie(self, *arguments: str) -> str:
        return self.type("from kexie.cli import main; main()", *arguments)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with acting(self.home, Role.OFFICE) as engine, engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]


@pytest.fixture(scope="module")
def generated(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> tuple[Copy, str]:
    copy = Copy(tmp_path_factory.mktemp("copy"), new_database())
    return copy, copy.type("from catalogue.generate import main; sys.exit(main([]))")


@pytest.fixture(scope="module")
def office(generated: tuple[Copy, str]) -> Copy:
    copy, _ = generated
    units = copy.home.root / "units"
    units.mkdir()
    (units / "units.csv").write_text(UNITS, encoding="utf-8")
    figures = copy.home.root / "A.csv"
    figures.write_text(HEADER + FILED, encoding="utf-8")
    bounds = copy.home.root / "B.csv"
    bounds.write_text(
        HEADER.strip() + f",low,high\nB,,2020,{EXHIBITIONS},own,,3,5\nB,,2021,{EXHIBITIONS},own,4,,\n"
        f"B,,2022,{EXHIBITIONS},own,,3,5\n",
        encoding="utf-8",
    )
    with acting(copy.home, Role.INGEST) as engine:
        load_units(engine, units)
    submit(copy.home, [figures], "A")
    submit(copy.home, [bounds], "B")
    copy.kexie("run")
    return copy


Compared = Mapping[tuple[str, str], tuple[Any, ...]]


@pytest.fixture(scope="module")
def province(office: Copy) -> Compared:
    """(indicator, period) to last year's figure, the change, its percent, whether they compare, and why not."""
    columns = "last_year_value, change, change_percent, comparison, comparison_reason"
    rows = office.ask(f"select indicator_code, period, {columns} from published.province_indicators")
    return {(code, period): tuple(compared) for code, period, *compared in rows}


def test_generating_writes_the_seeds_the_dictionary_and_nothing_by_hand(generated: tuple[Copy, str]) -> None:
    _, said = generated
    assert said.splitlines() == [
        "wrote dbt_project/seeds/indicator_definitions.csv",
        "wrote dbt_project/seeds/series_breaks.csv",
        "wrote docs/data_dictionary.md",
    ]


def test_no_figure_was_held_beside_one_of_another_definition(office: Copy) -> None:
    (receipt,) = (path for path in (office.home.root / "outbox" / "A").iterdir())
    assert "已全部受理" in receipt.read_text(encoding="utf-8")


def test_a_change_across_a_break_is_null_and_says_why(province: Compared) -> None:
    assert province[LECTURES, "2021"] == (5, 5, 100, "comparable", None)
    assert province[LECTURES, "2022"] == (10, None, None, "break_in_series", BREAK_OF_LECTURES)
    assert province[LECTURES, "2023"] == (100_000, 20_000, 20, "comparable", None)


def test_parts_of_years_are_compared_with_the_same_part_of_last_year(province: Compared) -> None:
    assert province[LECTURES, "2022-Q3"] == (3, None, None, "break_in_series", BREAK_OF_LECTURES)
    assert province[LECTURES, "2023-Q3"] == (4, 2, 50, "comparable", None)
    assert province[LECTURES, "2022-09"] == (None, None, None, "missing", "上年同期没有发布的数。")


def test_a_change_that_breaks_nothing_is_compared(province: Compared) -> None:
    assert province[ACTIVITIES, "2021"] == (10, 5, 50, "comparable", None)


def test_a_ratio_is_not_compared_where_its_denominator_was_defined_anew(province: Compared) -> None:
    *figures, reason = province[RATE, "2021"]
    assert figures == [80, None, None, "break_in_series"]
    assert reason.startswith("2021年起“")
    assert reason.endswith("”口径调整：由报名改为实到，与上年不可比。")
    assert province[RATE, "2022"][1:] == (-15, Decimal("-16.6667"), "comparable", None)


def test_a_change_without_its_other_side_says_which_is_missing(province: Compared) -> None:
    assert province[LECTURES, "2020"][3:] == ("missing", "上年同期没有发布的数。")
    assert province[CONSULTS, "2022"][3:] == ("missing", "本期没有数。")
    assert province[EXHIBITIONS, "2021"][3:] == ("missing", "上年同期没有确定的数，只有上下限。")
    assert province[EXHIBITIONS, "2022"][3:] == ("missing", "本期没有确定的数，只有上下限。")
    assert province[CONSULTS, "2021"] == (0, 7, None, "comparable", "上年同期为零，不算百分比。")


def test_every_change_that_is_not_shown_is_explained(province: Compared) -> None:
    unexplained = [key for key, (_, change, *_, reason) in province.items() if change is None and reason is None]
    assert unexplained == []
    assert any(change is not None for _, change, *_ in province.values())


def test_the_office_reads_the_definitions_with_their_dates(office: Copy) -> None:
    found = office.ask(f"""
        select valid_from, valid_to, definition, change, breaks_series from published.indicator_definitions
        where indicator_code = '{LECTURES}' order by valid_from
    """)
    assert found == [
        (date(2013, 1, 1), date(2022, 1, 1), "线下举办的讲座和报告会", None, False),
        (date(2022, 1, 1), None, "线下和线上举办的讲座和报告会", "计入线上讲座", True),
    ]


def test_any_two_periods_can_be_asked_about(office: Copy) -> None:
    broken = "2022年起口径调整：计入线上讲座"
    asked = {("2019", "2021"): None, ("2019", "2024"): broken, ("2024", "2019"): broken, ("2021-12", "2022-01"): broken}
    asked[("2022-01", "2022-02")] = None
    for (earlier, later), reason in asked.items():
        (row,) = office.ask(f"select published.break_between('{LECTURES}', '{earlier}', '{later}')")
        assert row == (reason,)


def test_a_period_has_a_first_and_a_last_day_and_the_same_part_of_last_year(office: Copy) -> None:
    for year in (2020, 2021):
        for period in map(parse_period, periods_of(year)):
            assert period is not None
            (row,) = office.ask(f"""
                select published.period_first_day('{period}'), published.period_last_day('{period}'),
                    published.year_before('{period}')
            """)
            assert row == (period.first_day, period.last_day, str(Period(year - 1, period.part)))


def test_a_clerks_workbook_shows_no_figure_of_another_definition(office: Copy) -> None:
    form = office.home.root / "form.xlsx"
    office.kexie("template", "--unit", "A", "--period", "2022", "--all", "--output", str(form))
    sheet = load_workbook(form)["科普活动与科技志愿服务情况表"]
    shown = {str(row[0].value): row for row in sheet.iter_rows(min_row=7) if row[0].value}
    assert (shown[LECTURES][5].value, shown[ACTIVITIES][5].value) == ("口径已调整", 15)
    assert "口径（2022年起）：线下和线上举办的讲座和报告会。" in str(shown[LECTURES][2].comment)
    assert "口径（2021年起）：每场计一次，同日同地的只计一次。" in str(shown[ACTIVITIES][2].comment)
