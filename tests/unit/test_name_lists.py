"""A list may be filed as its names, one row each: the figure is the count, and every name is looked at."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.load import load
from catalogue.model import FOREVER
from ingestion import checks, name_lists, readers
from ingestion.checks.results import Checked, Submission
from ingestion.context import Context
from ingestion.name_lists import UnreadableDay, day
from ingestion.observations import FileContent, Place
from ingestion.show import show
from ingestion.tree import Span, Tree

CATALOGUE = load()
BATCHES, RUNNING = "base_demo_community_count", "base_national_edu_base_count"
HEADER = (
    "unit_code,form,period,indicator_code,scope,value,note,name,title,level,batch,located_in,valid_from,valid_until\n"
)


def _row(name: str, rest: str = ",,,,,", *, value: str = "", indicator: str = BATCHES, period: str = "2021") -> str:
    return f"P,,{period},{indicator},own,{value},,{name},{rest}\n"


def _read(*rows: str) -> FileContent:
    return readers.read("names.csv", (HEADER + "".join(rows)).encode(), CATALOGUE)


@pytest.fixture
def context() -> Context:
    kinds = {"P": ("province", ""), "C": ("city", "P"), "A": ("county", "C"), "B": ("county", "C")}
    spans = [
        Span(code, f"{code}科协", level, "territorial", above, date(2000, 1, 1), FOREVER)
        for code, (level, above) in kinds.items()
    ]
    return Context(CATALOGUE, Tree(spans, []), date(2022, 3, 1))


_numbers = count(1)


def _check(context: Context, *rows: str) -> Checked:
    number = next(_numbers)
    return checks.check(_read(*rows), context, "P", number, f"hash {number}", _numbers)


def _submission(checked: Checked) -> Submission:
    assert checked.outcome == "accepted", checked.findings
    (submission,) = checked.submissions
    return submission


def _codes(checked: Checked) -> list[str]:
    return [found.code for found in checked.findings]


# ---- the figure


def test_the_names_of_a_list_are_one_figure_their_count_which_stands_at_the_first() -> None:
    content = _read(_row("东风社区"), _row("西园社区"), _row("南湖社区"))
    (reading,) = content.readings
    assert {reading.value, reading.low, reading.high} == {Decimal(3)}
    assert (reading.state, reading.raw, reading.place) == ("number", "名录 3 个名称", Place(line=2))
    assert [(name.name, name.place.line) for name in content.names] == [
        ("东风社区", 2),
        ("西园社区", 3),
        ("南湖社区", 4),
    ]


def test_each_period_and_scope_has_a_list_of_its_own() -> None:
    rows = (_row("东风社区"), _row("东风社区", period="2021-Q1"), _row("西园社区").replace(",own,", ",jurisdiction,"))
    content = _read(*rows)
    assert [(one.period, one.scope, one.value) for one in content.readings] == [
        ("2021", "own", Decimal(1)),
        ("2021-Q1", "own", Decimal(1)),
        ("2021", "jurisdiction", Decimal(1)),
    ]


def test_a_list_is_stored_as_an_exact_figure_with_its_names(context: Context) -> None:
    submission = _submission(
        _check(context, _row("东风社区", "科普示范社区,省级,2021年第一批,A,2021-06,2026"), _row("西园社区"))
    )
    (observed,) = submission.observations
    assert ({observed.value, observed.low, observed.high}, observed.line) == ({Decimal(2)}, 2)
    first, second = submission.names
    assert first[3:13] == (
        *("东风社区", "东风社区", "科普示范社区", "科普示范社区", "province", "2021年第一批", "A"),
        *(date(2021, 6, 1), date(2026, 12, 31), True),
    )
    assert (second.level, second.located_in, second.valid_until, second.line) == (None, None, None, 3)


def test_a_name_of_a_unit_with_nobody_below_lies_in_its_own_area(context: Context) -> None:
    submission = _submission(_check(context, _row("东风社区").replace("P,", "A,", 1)))
    assert submission.names[0].located_in == "A"


@pytest.mark.parametrize(
    ("indicator", "counted"),
    [(BATCHES, 3), (RUNNING, 2)],
    ids=["a batch counts what was given in the period", "a running list counts what is in force at its end"],
)
def test_what_counts_follows_from_how_the_list_adds_up_inside_a_year(
    context: Context, indicator: str, counted: int
) -> None:
    rows = [
        _row("以前就有", ",,,,2019,2021-12-31", indicator=indicator),
        _row("到年中为止", ",,,,2016,2021-06-30", indicator=indicator),
        _row("没有期限", indicator=indicator),
        _row("早已过期", ",,,,2015,2020-12-31", indicator=indicator),
    ]
    submission = _submission(_check(context, *rows))
    assert submission.observations[0].value == counted
    assert len(submission.names) == 4
    assert sum(name.is_counted for name in submission.names) == counted


@pytest.mark.parametrize(
    ("indicator", "written", "title", "level"),
    [
        (RUNNING, ",,,,,", "全国科普教育基地", "national"),
        (RUNNING, ",省级,,,,", "全国科普教育基地", "province"),
        (RUNNING, "全国 科普教育基地,,,,,", "全国 科普教育基地", "national"),
        (RUNNING, "特色科普基地,,,,,", "特色科普基地", None),
        (BATCHES, ",,,,,", "科普示范社区", None),
    ],
)
def test_a_name_bears_the_title_and_level_of_its_list_where_it_says_no_other(
    context: Context, indicator: str, written: str, title: str, level: str | None
) -> None:
    (name,) = _submission(_check(context, _row("东风社区", written, indicator=indicator))).names
    assert (name.title, name.level) == (title, level)


# ---- names and count


def test_the_count_may_stand_in_every_row_of_its_list(context: Context) -> None:
    checked = _check(context, _row("东风社区", value="2"), _row("西园社区", value="2"))
    assert _submission(checked).observations[0].value == Decimal(2)
    assert _codes(checked) == []


def test_the_count_may_stand_in_a_row_of_its_own(context: Context) -> None:
    checked = _check(context, f"P,,2021,{BATCHES},own,2,据文件,,,,,,,\n", _row("东风社区"), _row("西园社区"))
    (observed,) = _submission(checked).observations
    assert (observed.value, observed.note, observed.line) == (Decimal(2), "据文件", 2)


@pytest.mark.parametrize("value", ["3", "1", "0", "-", "**", "2.5"])
def test_a_count_that_differs_from_the_names_is_rejected_with_both_numbers(context: Context, value: str) -> None:
    checked = _check(context, _row("东风社区", value=value), _row("西园社区"))
    assert checked.outcome == "rejected"
    (found,) = [one for one in checked.findings if one.code == "LIST_COUNT_DIFFERS"]
    assert f"填的数是 {value}，" in found.sentence
    assert "计入的名称是 2 个" in found.sentence
    assert found.place.line == 2


def test_two_counts_of_a_list_in_rows_of_their_own_are_a_repeat(context: Context) -> None:
    count_row = f"P,,2021,{BATCHES},own,1,,,,,,,,\n"
    assert _codes(_check(context, count_row, count_row, _row("东风社区"))) == ["ROW_REPEATED"]


# ---- the names beside each other


@pytest.mark.parametrize("again", ["东风社区", "东 风 社 区", "　东风社区"])
def test_a_name_that_stands_twice_is_rejected_and_both_rows_are_named(context: Context, again: str) -> None:
    checked = _check(context, _row("东风社区"), _row(again))
    (found,) = [one for one in checked.findings if one.code == "NAME_REPEATED"]
    assert (found.place.line, "第 2 行" in found.sentence) == (3, True)
    assert checked.outcome == "rejected"


@pytest.mark.parametrize("rest", [",,,B,,", "智慧科普社区,,,A,,", ",国家级,,A,,"])
def test_a_name_may_stand_again_in_another_place_or_with_another_title_or_level(context: Context, rest: str) -> None:
    assert len(_submission(_check(context, _row("东风社区", ",,,A,,"), _row("东风社区", rest))).names) == 2


@pytest.mark.parametrize("where", ["A", "A科协", "C", "P", "P科协"])
def test_a_name_lies_in_the_unit_or_below_given_by_code_or_by_name(context: Context, where: str) -> None:
    submission = _submission(_check(context, _row("东风社区", f",,,{where},,")))
    assert submission.names[0].located_in == where[0]


# ---- revisions


def test_a_revision_says_which_names_it_brings_and_which_it_drops(context: Context) -> None:
    _check(context, _row("东风社区"), _row("西园社区"))
    checked = _check(context, _row("东风社区"), _row("南湖社区"))
    (found,) = checked.findings
    assert found.code == "NAMES_CHANGED"
    assert "增加 1 个：南湖社区，去掉 1 个：西园社区。" in found.sentence


def test_a_revision_by_its_number_alone_drops_the_names(context: Context) -> None:
    _check(context, _row("东风社区"), _row("西园社区"))
    checked = _check(context, f"P,,2021,{BATCHES},own,2,,,,,,,,\n")
    assert _submission(checked).names == []
    assert "去掉 2 个：东风社区、西园社区。" in checked.findings[0].sentence


def test_a_revision_with_the_same_names_says_nothing_of_them(context: Context) -> None:
    _check(context, _row("东风社区"), _row("西园社区"))
    assert _codes(_check(context, _row("西园社区"), _row("东风 社区"))) == []


# ---- hostile input


def test_a_file_with_too_many_names_is_not_read() -> None:
    limit = int(CATALOGUE.thresholds["names_most"].values[-1].value)
    content = _read(*(_row(f"第 {number} 社区") for number in range(limit + 1)))
    assert ([one.code for one in content.problems], content.names) == (["NAMES_TOO_MANY"], [])


@pytest.mark.parametrize("rest", ["=HYPERLINK(1),,,,,", ",,@SUM(1),,,"])
def test_words_that_a_spreadsheet_would_compute_are_kept_as_words(context: Context, rest: str) -> None:
    (name,) = _submission(_check(context, _row("东风社区", rest))).names
    assert rest.strip(",") in (name.title, name.batch)


# ---- days


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2021-05-03", "2021-05-03", "2021-05-03"),
        ("2021/5/3", "2021-05-03", "2021-05-03"),
        ("2021.5.3", "2021-05-03", "2021-05-03"),
        ("2021年5月3日", "2021-05-03", "2021-05-03"),
        ("２０２１年５月", "2021-05-01", "2021-05-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2021年", "2021-01-01", "2021-12-31"),
        ("2021", "2021-01-01", "2021-12-31"),
    ],
)
def test_a_day_may_be_a_month_or_a_year_of_which_validity_begins_with_the_first_day_and_ends_with_the_last(
    written: str, first: str, last: str
) -> None:
    assert day(written, is_last=False) == date.fromisoformat(first)
    assert day(written, is_last=True) == date.fromisoformat(last)


@pytest.mark.parametrize("written", ["五年", "2021-13", "2021-02-30", "21-05-03", "0000", "9999", "2021-05-03-01"])
def test_what_names_no_day_is_not_guessed(written: str) -> None:
    with pytest.raises(UnreadableDay):
        day(written, is_last=True)


def test_valid_for_ever_is_no_last_day() -> None:
    assert day("长期", is_last=True) is None


@given(st.text(max_size=12), st.booleans())
def test_any_text_is_a_day_a_blank_or_none(written: str, is_last: bool) -> None:
    try:
        found = day(written, is_last=is_last)
    except UnreadableDay:
        return
    assert found is None or 1900 <= found.year <= 2199


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), max_size=6), st.lists(st.text(max_size=3)))
def test_what_came_and_what_went_is_all_that_differs(before: list[str], now: list[str]) -> None:
    came, went = name_lists.changes(before, now)
    keys = [{name_lists.name_key(name) for name in names} for names in (before, now, came, went)]
    assert keys[1] == (keys[0] - keys[3]) | keys[2]
    assert not keys[2] & keys[0]


# ---- what `kexie read` shows


def test_the_names_of_a_list_are_shown_with_its_figure(tmp_path: Path) -> None:
    file = tmp_path / "names.csv"
    file.write_text(HEADER + _row("东风社区", "科普示范社区,省级,,,2021,2026") + _row("西园社区"), encoding="utf-8")
    assert show(file, as_json=False)[0] == [
        f"第 2 行：P 2021 {CATALOGUE.indicators[BATCHES].name_zh} 2 个 [own actual]",
        "  第 2 行：东风社区（科普示范社区，省级，2021至2026）",
        "  第 3 行：西园社区",
    ]
    (line,) = show(file, as_json=True)[0]
    first, second = json.loads(line)["names"]
    assert (first["name"], first["level"], first["valid_until"]) == ("东风社区", "省级", "2026")
    assert second == {"name": "西园社区", "place": {"line": 3}}
