"""A definition that changed breaks the comparison of what was before with what came after, wherever two years meet."""

import csv
import io
import shutil
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from itertools import count
from typing import Any

import pytest
import yaml
from openpyxl import load_workbook

from catalogue.dictionary import dictionary
from catalogue.load import FOLDER, load
from catalogue.model import FOREVER, Catalogue, since
from catalogue.seeds import seeds
from ingestion import checks
from ingestion.checks.results import Checked
from ingestion.context import Context
from ingestion.observations import FileContent, Place, Reading
from ingestion.periods import Period
from ingestion.templates import TemplateUnit, write
from ingestion.tree import Span, Tree

COUNTY = TemplateUnit("A", "某县科协", "county", "territorial", has_subordinates=False)
LECTURES, ACTIVITIES = "sp_lecture_count", "sp_activity_count"
PASSED, TAKEN, RATE = "tr_exam_passed_count", "tr_exam_taken_count", "tr_exam_pass_rate"

DEFINED = {
    "popularisation": {
        LECTURES: [
            {"valid_from": date(2013, 1, 1), "text": "线下讲座"},
            {
                "valid_from": date(2018, 1, 1),
                "text": "线下讲座和报告会",
                "change": "写明含报告会",
                "breaks_series": False,
            },
            {"valid_from": date(2022, 1, 1), "text": "线下和线上讲座", "change": "计入线上讲座", "breaks_series": True},
        ],
        ACTIVITIES: [
            {"valid_from": date(2013, 1, 1), "text": "按场统计"},
            {"valid_from": date(2022, 7, 1), "text": "按项统计", "change": "由场改为项", "breaks_series": True},
        ],
    },
    "rural_training": {
        TAKEN: [
            {"valid_from": date(2013, 1, 1), "text": "报名人数"},
            {"valid_from": date(2021, 1, 1), "text": "实到人数", "change": "由报名改为实到", "breaks_series": True},
        ],
    },
}


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    folder = tmp_path_factory.mktemp("defined") / "catalogue"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for form, indicators in DEFINED.items():
        path = folder / "forms" / f"{form}.yaml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for code, definitions in indicators.items():
            content["indicators"][code]["definitions"] = definitions
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return load(folder)


# ---- what the catalogue says


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2000, 1, 1), "线下讲座"),
        (date(2017, 12, 31), "线下讲座"),
        (date(2018, 1, 1), "线下讲座和报告会"),
        (date(2030, 1, 1), "线下和线上讲座"),
    ],
)
def test_a_day_has_the_definition_in_force_then_and_before_all_the_first(
    catalogue: Catalogue, day: date, text: str
) -> None:
    definition = catalogue.indicators[LECTURES].definition_on(day)
    assert definition is not None
    assert definition.text == text


def test_an_indicator_may_have_no_definition_beside_its_name(catalogue: Catalogue) -> None:
    assert catalogue.indicators["sp_consult_count"].definition_on(date(2022, 1, 1)) is None


def test_only_a_change_that_says_so_breaks_the_series(catalogue: Catalogue) -> None:
    (broken,) = catalogue.series_breaks(catalogue.indicators[LECTURES])
    assert (broken.valid_from, broken.reason) == (date(2022, 1, 1), "2022年起口径调整：计入线上讲座")


def test_a_ratio_breaks_where_one_of_its_parts_does(catalogue: Catalogue) -> None:
    (broken,) = catalogue.series_breaks(catalogue.indicators[RATE])
    name = catalogue.indicators[TAKEN].name_zh
    assert (broken.changed, broken.reason) == (TAKEN, f"2021年起“{name}”口径调整：由报名改为实到")
    assert catalogue.series_breaks(catalogue.indicators[PASSED]) == []


@pytest.mark.parametrize(
    ("before", "after", "is_broken"),
    [
        (Period(2021), Period(2022), True),
        # 2022 was counted half one way and half the other: it can be compared with neither neighbour.
        (Period(2022), Period(2023), True),
        (Period(2023), Period(2024), False),
        (Period(2020), Period(2021), False),
        (Period(2021, "H1"), Period(2022, "H1"), False),
        (Period(2021, "07"), Period(2022, "07"), True),
        (Period(2022, "07"), Period(2023, "07"), False),
    ],
    ids=str,
)
def test_two_periods_are_broken_apart_by_a_change_after_the_first_began(
    catalogue: Catalogue, before: Period, after: Period, is_broken: bool
) -> None:
    found = catalogue.breaks_between(catalogue.indicators[ACTIVITIES], before.first_day, after.last_day)
    assert bool(found) is is_broken


@pytest.mark.parametrize(
    ("day", "words"),
    [(date(2022, 1, 1), "2022年起"), (date(2022, 7, 1), "2022年7月起"), (date(2022, 7, 15), "2022年7月15日起")],
)
def test_a_day_is_said_as_shortly_as_it_can_be(day: date, words: str) -> None:
    assert since(day) == words


# ---- what is derived from it


def test_the_seeds_hold_every_definition_with_its_span_and_every_break(catalogue: Catalogue) -> None:
    files = seeds(catalogue)
    definitions = [row for row in rows(files, "indicator_definitions") if row["indicator_code"] == LECTURES]
    assert [(row["valid_from"], row["valid_to"], row["breaks_series"]) for row in definitions] == [
        ("2013-01-01", "2018-01-01", "false"),
        ("2018-01-01", "2022-01-01", "false"),
        ("2022-01-01", "", "true"),
    ]
    breaks = {(row["indicator_code"], row["valid_from"]) for row in rows(files, "series_breaks")}
    assert breaks == {
        (LECTURES, "2022-01-01"),
        (ACTIVITIES, "2022-07-01"),
        (TAKEN, "2021-01-01"),
        (RATE, "2021-01-01"),
    }


def rows(files: dict[str, str], seed: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[f"dbt_project/seeds/{seed}.csv"])))


def test_the_data_dictionary_shows_all_definitions_with_their_dates(catalogue: Catalogue) -> None:
    text = dictionary(catalogue)["docs/data_dictionary.md"]
    name = catalogue.indicators[LECTURES].name_zh
    assert f"| {name} | 2013年起，至2017-12-31 | 线下讲座 |  |  |" in text
    assert f"| {name} | 2018年起，至2021-12-31 | 线下讲座和报告会 | 写明含报告会 | 是 |" in text
    assert f"| {name} | 2022年起 | 线下和线上讲座 | 计入线上讲座 | 否 |" in text


# ---- the workbook


@pytest.mark.parametrize(
    ("year", "lines"),
    [
        (2016, ["口径（2013年起）：线下讲座。"]),
        (2021, ["口径（2018年起）：线下讲座和报告会。", "调整：写明含报告会。"]),
        (2022, ["口径（2022年起）：线下和线上讲座。", "调整：计入线上讲座，与以前的数不可比。"]),
    ],
)
def test_a_workbooks_note_shows_the_definition_of_its_period(catalogue: Catalogue, year: int, lines: list[str]) -> None:
    note = str(row_of(LECTURES, workbook(catalogue, year))[2].comment.text)
    assert [line for line in note.splitlines() if line.startswith(("口径", "调整"))] == lines


def test_last_years_figure_does_not_stand_beside_one_that_is_defined_anew(catalogue: Catalogue) -> None:
    last_year = {LECTURES: Decimal(10), "sp_consult_count": Decimal(3)}
    shown = {
        year: [row_of(code, workbook(catalogue, year, last_year))[5].value for code in last_year]
        for year in (2021, 2022, 2023)
    }
    assert shown == {2021: [10, 3], 2022: ["口径已调整", 3], 2023: [10, 3]}


def workbook(catalogue: Catalogue, year: int, last_year: dict[str, Decimal] | None = None) -> BytesIO:
    file = BytesIO()
    write(file, COUNTY, Period(year), catalogue, last_year=last_year, unfolded=True)
    return file


def row_of(code: str, file: BytesIO) -> Sequence[Any]:
    sheet = load_workbook(file)["科普活动与科技志愿服务情况表"]
    return next(row for row in sheet.iter_rows(min_row=7) if row[0].value == code)


# ---- the checks


_deliveries, _ids = count(1), count(1)


def test_a_figure_is_not_held_for_what_last_years_was_under_another_definition(catalogue: Catalogue) -> None:
    assert findings_after(catalogue, "2020", 1, "2021", 90_000) == ["TEN_THOUSAND_FOLD"]
    assert findings_after(catalogue, "2021", 1, "2022", 90_000) == []
    assert findings_after(catalogue, "2022", 1, "2023", 90_000) == ["TEN_THOUSAND_FOLD"]


def test_a_fall_from_another_definitions_figure_is_not_told(catalogue: Catalogue) -> None:
    assert findings_after(catalogue, "2020", 90_000, "2021", 1) == ["TEN_THOUSANDTH"]
    assert findings_after(catalogue, "2021", 90_000, "2022", 1) == []


def test_a_zero_of_the_tick_is_told_without_another_definitions_figure(catalogue: Catalogue) -> None:
    assert findings_after(catalogue, "2020", 7, "2021", 0, by_tick="E30") == ["REST_IS_ZERO_AFTER_FIGURE"]
    assert findings_after(catalogue, "2021", 7, "2022", 0, by_tick="E30") == ["REST_IS_ZERO"]


def findings_after(
    catalogue: Catalogue, before: str, last: int, period: str, value: int, by_tick: str = ""
) -> list[str]:
    tree = Tree([Span("A", "某县科协", "county", "territorial", "", date(2000, 1, 1), FOREVER)], [])
    context = Context(catalogue, tree, date(2030, 1, 1))
    assert check(context, reading(before, last)).outcome == "accepted"
    return [found.code for found in check(context, reading(period, value, by_tick)).findings]


def reading(period: str, value: int, by_tick: str = "") -> Reading:
    number = Decimal(value)
    place = Place(line=2)
    return Reading("A", "", period, LECTURES, "", "", "number", number, number, number, "", "", place, "", by_tick)


def check(context: Context, one: Reading) -> Checked:
    delivery = next(_deliveries)
    return checks.check(FileContent("csv", [one]), context, "A", delivery, f"hash {delivery}", _ids)
