"""The catalogue says what the domain says, and a mistake in its files is answered with file, entry and remedy."""

import csv
import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from catalogue.dictionary import dictionary
from catalogue.load import FOLDER, CatalogueError, load
from catalogue.model import (
    Bounds,
    Catalogue,
    Collect,
    Finding,
    Frequency,
    Phase,
    Severities,
    Severity,
    Threshold,
    ThresholdValue,
)
from kexie.errors import UserError

DOMAIN = Path(__file__).resolve().parents[3] / "shared" / "domain" / "indicators.csv"
LETTERS = {"province": "p", "city": "m", "county": "c", "township": "t"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


# ---- what it says


@pytest.mark.skipif(not DOMAIN.is_file(), reason="the domain's table ../shared/domain/indicators.csv is not present")
def test_every_column_of_the_domains_table_is_in_the_catalogue(catalogue: Catalogue) -> None:
    with DOMAIN.open(encoding="utf-8-sig", newline="") as file:
        wanted = {row["code"]: row for row in csv.DictReader(file)}
    ours = _as_domain_rows(catalogue)
    assert {code: ours.get(code) for code in wanted} == wanted


@pytest.mark.skipif(not DOMAIN.is_file(), reason="the domain's table ../shared/domain/indicators.csv is not present")
def test_a_form_keeps_the_order_of_the_domains_table(catalogue: Catalogue) -> None:
    with DOMAIN.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for form in catalogue.forms.values():
        wanted = [row["code"] for row in rows if row["form"] == form.code]
        assert [i.code for i in form.indicators if i.code in wanted] == wanted


def _as_domain_rows(catalogue: Catalogue) -> dict[str, dict[str, str]]:
    return {
        i.code: {
            "code": i.code,
            "name_zh": i.name_zh,
            "unit": i.measure,
            "form": i.form,
            "theme": i.theme,
            "aggregation": i.aggregation,
            "over_time": i.over_time,
            "levels": ",".join(sorted(LETTERS[level] for level in i.levels)),
            "unit_types": ",".join(i.unit_types),
            "statuses": ",".join(i.statuses),
            "numerator": i.numerator,
            "denominator": i.denominator,
            "owner_level": i.owner_level or "",
            "distinct_by": i.distinct_by or "",
            "collect": i.collect,
            "risk": i.risk,
            "official": i.official,
            "seed_facts": str(i.seed_facts),
            "more_facts": str(i.more_facts),
        }
        for i in catalogue.indicators.values()
    }


def test_forms_come_in_the_order_of_their_numbers(catalogue: Catalogue) -> None:
    assert [form.number for form in catalogue.forms.values()] == [f"科协{n:02}表" for n in range(1, 13)]


@pytest.mark.parametrize(
    ("level", "unit_type", "expected"),
    [
        ("county", "territorial", True),
        ("province", "territorial", True),
        ("township", "territorial", False),
        ("county", "university", False),
    ],
)
def test_an_indicator_is_expected_of_the_levels_and_types_it_names(
    catalogue: Catalogue, level: str, unit_type: str, expected: bool
) -> None:
    indicator = catalogue.indicators["sp_five_entry_activity_count"]
    assert indicator.is_expected_of(level, unit_type) is expected
    assert (indicator in catalogue.asked_of(level, unit_type)) is expected


def test_a_university_is_asked_for_academic_exchange_only(catalogue: Catalogue) -> None:
    assert {indicator.form for indicator in catalogue.asked_of("province", "university")} == {"academic"}


def test_a_form_is_filed_by_those_of_whom_something_in_it_is_collected(catalogue: Catalogue) -> None:
    assert catalogue.forms["party"].filers == (("province", "territorial"), ("county", "territorial"))
    assert catalogue.forms["other"].filers == ()


@pytest.mark.parametrize(
    ("indicator", "unit_of_account", "whole", "percentage"),
    [
        ("fin_literacy_budget", "0.01", False, False),
        ("sp_activity_count", "1", True, False),
        ("base_museum_area_sqm", "1", False, False),
        ("tr_exam_pass_rate", "1", False, True),
        ("other", "1", False, False),
    ],
)
def test_the_measure_says_how_finely_a_figure_is_counted(
    catalogue: Catalogue, indicator: str, unit_of_account: str, whole: bool, percentage: bool
) -> None:
    found = catalogue.indicators[indicator]
    assert found.unit_of_account == Decimal(unit_of_account)
    assert catalogue.counts_whole_things(found) is whole
    assert found.is_percentage is percentage


def test_a_figure_without_status_takes_the_first_of_the_indicators(catalogue: Catalogue) -> None:
    assert catalogue.indicators["tr_target_persontimes"].default_status == "plan"
    assert catalogue.indicators["sp_activity_count"].default_status == "actual"


# ---- the filing calendar


def _filings(catalogue: Catalogue, form: str, level: str = "county") -> list[tuple[object, ...]]:
    """What the level's associations owe of a form: how often, how many months to wait, from and until which year."""
    return [
        (filing.rule.frequency, filing.rule.due_months, filing.valid_from.year, filing.valid_to.year)
        for filing in catalogue.calendar.filings(catalogue.forms.values())
        if (filing.form, filing.level) == (form, level)
    ]


def test_every_form_is_filed_once_a_year_by_the_end_of_january(catalogue: Catalogue) -> None:
    rules = {filing.rule for filing in catalogue.calendar.filings(catalogue.forms.values())}
    assert [(rule.frequency, rule.due_months, rule.due_day) for rule in rules] == [(Frequency.YEAR, 1, 31)]


def test_of_the_rules_that_fit_the_last_holds_for_the_years_it_names(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    quarterly = {"frequency": "quarter", "due_months": 1, "due_day": 15, "valid_from": date(2021, 1, 1)}
    earlier = {"frequency": "year", "due_months": 2, "due_day": 28, "valid_from": date(1900, 1, 1)}
    rules = {
        "earlier": earlier | {"valid_to": date(2019, 1, 1), "levels": ["county"], "forms": ["youth"]},
        "quarterly": quarterly | {"valid_to": date(2023, 1, 1), "levels": ["county"], "forms": ["youth"]},
    }
    _edit(folder, CALENDAR, lambda calendar: calendar["rules"].update(rules))
    catalogue = load(folder)
    yearly = ("year", 1)
    assert _filings(catalogue, "youth") == [
        ("year", 2, 1900, 2019),
        (*yearly, 2019, 2021),
        ("quarter", 1, 2021, 2023),
        (*yearly, 2023, 9999),
    ]
    assert _filings(catalogue, "youth", "city") == _filings(catalogue, "funds") == [(*yearly, 1900, 9999)]
    text = dictionary(catalogue)["docs/data_dictionary.md"]
    assert "| 青少年科技教育情况表 | 县级行政区科协 | 季报 | 期后第1个月15日 | 2021年起至2022年 |" in text
    assert "| 青少年科技教育情况表 | 县级行政区科协 | 年报 | 次年2月28日 | 至2018年 |" in text


@pytest.mark.parametrize(
    ("written", "first", "end"),
    [
        ({"period": "2021"}, date(2021, 1, 1), date(2022, 1, 1)),
        ({"period": "2021-Q2", "due_date": date(2021, 8, 1)}, date(2021, 4, 1), date(2021, 7, 1)),
        ({"period": "2021-Q2", "valid_to": date(2024, 1, 1)}, date(2021, 4, 1), date(2024, 1, 1)),
    ],
)
def test_an_exception_is_for_its_period_or_until_it_ends(
    tmp_path: Path, written: dict[str, object], first: date, end: date
) -> None:
    folder = _copy(tmp_path)
    _edit(folder, CALENDAR, lambda it: it["exceptions"].update(flood={"reason": "水灾", "level": "county", **written}))
    catalogue = load(folder)
    (exception,) = catalogue.calendar.exceptions
    assert (exception.level, exception.valid_from, exception.valid_to) == ("county", first, end)
    due = str(written.get("due_date", "免报"))
    assert f"| 县级 | 各表 | {first} | {end} | {due} | 水灾 |" in dictionary(catalogue)["docs/data_dictionary.md"]


# ---- what a workbook shows at once


@pytest.mark.parametrize(("level", "most"), [("county", 45), ("city", 60), ("province", 60)])
def test_a_workbook_shows_at_once_no_more_rows_than_a_unit_has_figures_for(
    catalogue: Catalogue, level: str, most: int
) -> None:
    assert most - 15 <= len([i for i in catalogue.asked_of(level, "territorial") if i.core]) <= most


def test_every_form_shows_each_kind_of_unit_that_types_it_two_rows_at_least(catalogue: Catalogue) -> None:
    typed = [i for i in catalogue.indicators.values() if i.collect is Collect.TYPED]
    asked = {(i.form, level, unit_type) for i in typed for level in i.levels for unit_type in i.unit_types}
    shown = [(i.form, level, unit_type) for i in typed if i.core for level in i.levels for unit_type in i.unit_types]
    assert sorted(kind for kind in asked if shown.count(kind) < 2) == []


def test_what_the_report_prints_and_ratios_are_made_of_is_shown_at_once(catalogue: Catalogue) -> None:
    printed = {line.indicator for line in catalogue.report_lines.values()}
    parts = {part for i in catalogue.indicators.values() if i.has_parts for part in (i.numerator, i.denominator)}
    needed = [catalogue.indicators[code] for code in sorted(printed | parts)]
    assert [i.code for i in needed if i.collect is Collect.TYPED and not i.core] == []


# ---- the report


@pytest.mark.parametrize(
    ("line", "figure", "true"),
    [
        ("volunteer_organisations", "1300", False),
        ("volunteer_organisations", "1301", True),
        ("volunteer_organisations", "1399", True),
        ("volunteer_organisations", "1400", False),
        ("volunteers", "80499", False),
        ("volunteers", "80500", True),
        ("volunteers", "81499", True),
        ("volunteers", "81500", False),
        ("five_entry_activities", "4499", False),
        ("five_entry_activities", "4999", True),
        ("five_entry_activities", "5000", False),
        ("five_entry_activities", "5003", False),
        ("five_entry_people", "2600000", False),
        ("five_entry_people", "2600001", True),
        ("agricultural_parks", "21", True),
        ("agricultural_parks", "20", False),
        ("rural_school_museums", "20", True),
        ("demonstration_communities", "50", True),
        ("provincial_education_bases", "83", True),
        ("provincial_education_bases", "84", False),
        ("music_videos", "15", True),
        ("network_plays", "18000000", False),
        ("network_plays", "17999999", True),
        ("rules_made", "20", False),
        ("rules_made", "29", True),
    ],
)
def test_what_the_printed_wording_of_2021_promises(catalogue: Catalogue, line: str, figure: str, true: bool) -> None:
    assert catalogue.report_lines[line].printed[2021].expected.holds(Decimal(figure)) is true


@given(st.decimals(allow_nan=False, allow_infinity=False), st.decimals(allow_nan=False, allow_infinity=False))
def test_a_strict_end_leaves_out_the_end_itself_and_nothing_else(end: Decimal, figure: Decimal) -> None:
    for low, high in ((end, None), (None, end)):
        closed, strict = Bounds(low, high, False, False), Bounds(low, high, True, True)
        assert strict.holds(figure) == (closed.holds(figure) and figure != end)


# ---- findings and thresholds


def test_every_finding_says_what_would_be_right_unless_it_only_informs(catalogue: Catalogue) -> None:
    assert [f.code for f in catalogue.findings.values() if not f.asks and f.severity is not Severity.INFO] == []


def test_every_finding_ends_its_sentences(catalogue: Catalogue) -> None:
    sentences = [part for f in catalogue.findings.values() for part in (f.says, f.asks) if part]
    assert [sentence for sentence in sentences if not sentence.endswith("。")] == []


def test_a_finding_becomes_a_sentence_with_its_details(catalogue: Catalogue) -> None:
    finding = catalogue.findings["NUMBER_NEGATIVE"]
    assert finding.sentence({"indicator_name": "科普活动场次", "raw": "-3", "unused": "x"}) == (
        "“科普活动场次”填的 -3 是负数。这项指标不会小于 0，请改为 0 或正数。"
    )


def test_a_detail_is_never_read_as_a_template(catalogue: Catalogue) -> None:
    assert "“{column}”" in catalogue.findings["CSV_COLUMN_REPEATED"].sentence({"column": "{column}"})


def test_a_finding_without_its_details_names_the_missing_ones() -> None:
    finding = Finding("X", Severities.always(Severity.ERROR), Phase.FILE, "{b}与{a}", "请改{c}")
    with pytest.raises(ValueError, match="finding X needs a, c"):
        finding.sentence({"b": "1"})


def test_an_old_period_is_judged_by_the_limit_of_its_day() -> None:
    limit = Threshold(
        "t", "", (ThresholdValue(date(2020, 1, 1), Decimal(5)), ThresholdValue(date(2022, 1, 1), Decimal(9)))
    )
    days = [date(2019, 12, 31), date(2020, 1, 1), date(2021, 12, 31), date(2022, 1, 1)]
    assert [limit.on(day) for day in days] == [5, 5, 5, 9]


# ---- loading


def test_the_projects_own_catalogue_is_read_once(catalogue: Catalogue) -> None:
    assert load() is catalogue


def test_the_version_follows_the_bytes_of_every_file(tmp_path: Path, catalogue: Catalogue) -> None:
    folder = _copy(tmp_path)
    assert load(folder).version == catalogue.version
    (folder / "forms" / "youth.yaml").write_bytes((folder / "forms" / "youth.yaml").read_bytes() + b"# more\n")
    assert load(folder).version != catalogue.version


def test_a_decimal_in_a_file_is_read_exactly(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    _edit(folder, "findings.yaml", lambda it: it["thresholds"]["percentage_limit"]["values"][0].update(value=100.1))
    assert load(folder).thresholds["percentage_limit"].on(date(2021, 1, 1)) == Decimal("100.1")


# ---- mistakes: file, what is broken in it, the sentence

Edit = Callable[[dict], None]  # type: ignore[type-arg]

YOUTH = "forms/youth.yaml"
CALENDAR = "calendar.yaml"
REMINDERS = "reminders.yaml"
APPROVAL = "approval.yaml"
ACTIVITY = "youth_activity_count"


def _in_activity(**fields: object) -> Edit:
    return lambda form: form["indicators"][ACTIVITY].update(fields)


def _in_indicator(code: str, **fields: object) -> Edit:
    return lambda form: form["indicators"][code].update(fields)


def _without(code: str, *fields: str) -> Edit:
    def edit(form: dict) -> None:  # type: ignore[type-arg]
        for field in fields:
            del form["indicators"][code][field]

    return edit


def _in_rule(**fields: object) -> Edit:
    return lambda calendar: calendar["rules"]["yearly"].update(fields)


def _excepting(**fields: object) -> Edit:
    return lambda calendar: calendar["exceptions"].update(flood={"period": "2021", "reason": "水灾"} | fields)


def _approving(**fields: object) -> Edit:
    rule = {"steps": ["city"], "unapproved": "mark", "valid_from": date(2021, 1, 1)} | fields
    return lambda approval: approval["rules"].update(all_forms=rule)


def _in_step(step: str, **fields: object) -> Edit:
    return lambda reminders: reminders["steps"][step].update(fields)


def _in_volunteers(**fields: object) -> Edit:
    return lambda report: report["lines"]["volunteers"].update(fields)


def _expecting(**bounds: object) -> Edit:
    return _in_volunteers(printed={2021: {"written": "8.1万名", "expected": bounds}})


def _in_finding(code: str, **fields: object) -> Edit:
    return lambda findings: findings["findings"][code].update(fields)


def _in_threshold(**fields: object) -> Edit:
    return lambda findings: findings["thresholds"]["percentage_limit"].update(fields)


FIRST = {"valid_from": date(2013, 1, 1), "text": "每场"}
SECOND = {"valid_from": date(2022, 1, 1), "text": "每项", "change": "由场改为项", "breaks_series": True}


def _defined(*definitions: dict[str, object]) -> Edit:
    return _in_activity(definitions=list(definitions))


MISTAKES: list[tuple[str, Edit, str]] = [
    (
        YOUTH,
        _in_activity(aggregation="flux"),
        "catalogue/forms/youth.yaml, youth_activity_count: aggregation 'flux' is unknown; use one of: flow, stock, ",
    ),
    (YOUTH, lambda form: form.update(due="03-15"), "youth.yaml: field 'due' is unknown; use one of: code, indicators"),
    (
        CALENDAR,
        _in_rule(frequency="week"),
        "calendar.yaml, yearly: frequency 'week' is unknown; use one of: year, half",
    ),
    (CALENDAR, _in_rule(forms=[]), "yearly: forms [] must be a list of texts, or left out"),
    (CALENDAR, _in_rule(forms=["tax"]), "yearly: form 'tax' is unknown; use one of: academic, funds"),
    (CALENDAR, _in_rule(levels=["township"]), "yearly: it fits no kind of unit that files these forms; widen forms"),
    (CALENDAR, _in_rule(levels=["city"]), "rules: no rule says how often province territorial units file academic"),
    (CALENDAR, _in_rule(due_day=32), "yearly: due_day 32 must be at most 31"),
    (CALENDAR, _in_rule(due_day=0), "yearly: due_day 0 must be a whole number, 1 or more"),
    (CALENDAR, _in_rule(due_months=-12), "yearly: due_months -12 must be a whole number, -11 or more"),
    (CALENDAR, _in_rule(valid_from=date(2021, 7, 1)), "yearly: valid_from 2021-07-01 must be the first of January"),
    (CALENDAR, _in_rule(valid_to=date(1900, 1, 1)), "yearly: valid_to 1900-01-01 must be after valid_from 1900-01-01"),
    (CALENDAR, _excepting(form="tax"), "exceptions: form 'tax' is unknown; use one of: academic, funds"),
    (CALENDAR, _excepting(period="2021-Q5"), "flood: period '2021-Q5' is no period; write it like 2021, 2021-H1"),
    (CALENDAR, _excepting(reason=""), "flood: reason is empty; give a text"),
    (CALENDAR, _excepting(valid_to=date(2021, 12, 31)), "flood: valid_to 2021-12-31 must be after 2021 ends"),
    (
        CALENDAR,
        _excepting(due_date=date(2022, 3, 1), valid_to=date(2023, 1, 1)),
        "flood: due_date is one day for one period; leave valid_to empty",
    ),
    (CALENDAR, _excepting(unit_code="A"), "flood: field 'unit_code' is unknown; use one of: due_date, form, level"),
    (APPROVAL, _approving(form="tax"), "rules: form 'tax' is unknown; use one of: academic, funds"),
    (APPROVAL, _approving(steps=["city", "own"]), "all_forms: steps must go up, each once, in this order: own, county"),
    (APPROVAL, _approving(steps=["village"]), "all_forms: steps 'village' is unknown; use one of: own, county"),
    (APPROVAL, _approving(unapproved="later"), "all_forms: unapproved 'later' is unknown; use one of: keep_out, mark"),
    (APPROVAL, _approving(valid_to=date(2021, 1, 1)), "all_forms: valid_to 2021-01-01 must be after valid_from"),
    (REMINDERS, _in_step("due_day", days=-8), "steps must be in ascending order of days, each day once"),
    (
        REMINDERS,
        _in_step("due_day", to=["mayor"]),
        "due_day: to 'mayor' is unknown; use one of: unit, superior, province",
    ),
    (REMINDERS, _in_step("due_day", asks="快报"), "asks of due_day must name {due}, once, and nothing else in braces"),
    (REMINDERS, _in_step("due_day", asks="{due} {unit}"), "asks of due_day must name {due}, once, and nothing else"),
    (REMINDERS, _in_step("two_weeks_late", days=90), "gives_up_after_days 60 must not be before the last step"),
    (
        REMINDERS,
        lambda reminders: reminders["approvals"]["waits_week"].update(days=2),
        "approvals must be in ascending order of days, each day once",
    ),
    (
        REMINDERS,
        lambda reminders: reminders["approvals"].update(due_day=reminders["approvals"].pop("waits_two_weeks")),
        "due_day names a step of steps and one of approvals; give one of them another name",
    ),
    (YOUTH, _in_activity(over_time="weekly"), f"{ACTIVITY}: over_time 'weekly' is unknown; use one of: sum, last"),
    (YOUTH, _in_activity(over_time="last"), f"{ACTIVITY}: over_time 'last' does not fit a flow; use one of: sum"),
    (YOUTH, _in_activity(levels=["state"]), f"{ACTIVITY}: levels 'state' is unknown; use one of: province, city"),
    (YOUTH, _in_activity(levels=[]), f"{ACTIVITY}: levels is empty; use one of: province, city, county, township"),
    (YOUTH, _in_activity(levels="city"), f"{ACTIVITY}: levels 'city' must be a list of words"),
    (YOUTH, _in_activity(levels=["city", "city"]), f"{ACTIVITY}: levels repeats a word; write each once"),
    (YOUTH, _in_activity(unit_types=["club"]), f"{ACTIVITY}: unit_types 'club' is unknown; use one of: territorial"),
    (YOUTH, _in_activity(statuses=["done"]), f"{ACTIVITY}: statuses 'done' is unknown; use one of: actual"),
    (YOUTH, _in_activity(collect="guessed"), f"{ACTIVITY}: collect 'guessed' is unknown; use one of: typed"),
    (YOUTH, _in_activity(collect=False), f"{ACTIVITY}: collect False must be a word; use one of: typed"),
    (YOUTH, _in_activity(theme="sport"), f"{ACTIVITY}: theme 'sport' is unknown; use one of: org, act"),
    (YOUTH, _in_activity(name_zh=" "), f"{ACTIVITY}: name_zh is empty; give a text"),
    (YOUTH, _in_activity(measure=5), f"{ACTIVITY}: measure 5 must be a text"),
    (YOUTH, _in_activity(seed_facts=-1), f"{ACTIVITY}: seed_facts -1 must be a whole number, 0 or more"),
    (YOUTH, _in_activity(seed_facts="many"), f"{ACTIVITY}: seed_facts 'many' must be a whole number, 0 or more"),
    (YOUTH, _in_activity(colour="red"), f"{ACTIVITY}: field 'colour' is unknown; use one of: aggregation, collect"),
    (YOUTH, _in_activity(core="yes"), f"{ACTIVITY}: core 'yes' must be true or false"),
    (
        "forms/platforms.yaml",
        _in_indicator("info_media_play_count", core=True),
        "info_media_play_count: core is for what a clerk types; remove it, this one is collected as 'imported'",
    ),
    (YOUTH, _without(ACTIVITY, "measure"), f"{ACTIVITY}: field 'measure' is missing; give a text"),
    (YOUTH, _without(ACTIVITY, "levels"), f"{ACTIVITY}: field 'levels' is missing; give a list of words"),
    (YOUTH, _in_activity(owner_level="city"), f"{ACTIVITY}: owner_level is for a list only; remove it from this flow"),
    (YOUTH, _in_activity(title="示范社区"), f"{ACTIVITY}: title and title_level are for a list only; remove them"),
    (
        YOUTH,
        _in_activity(distinct_by="name"),
        f"{ACTIVITY}: distinct_by is for a coverage only; remove it from this flow",
    ),
    (
        YOUTH,
        _in_activity(numerator="tr_exam_passed_count"),
        f"{ACTIVITY}: numerator and denominator are for a ratio only; remove them from this flow",
    ),
    (
        YOUTH,
        _without("youth_school_count", "distinct_by"),
        "youth_school_count: a coverage needs distinct_by; use one of: territory, name",
    ),
    (
        "forms/honours.yaml",
        _without("base_demo_unit_count", "owner_level"),
        "base_demo_unit_count: a list needs owner_level; use one of: city, county",
    ),
    (
        "forms/honours.yaml",
        _in_indicator("base_demo_unit_count", owner_level="province"),
        "base_demo_unit_count: owner_level 'province' is not among its levels; use one of: city, county",
    ),
    (
        "forms/rural_training.yaml",
        _without("tr_exam_pass_rate", "numerator", "collect"),
        "tr_exam_pass_rate: numerator and denominator go together; give both or neither",
    ),
    (
        "forms/rural_training.yaml",
        _without("tr_exam_pass_rate", "numerator", "denominator"),
        "tr_exam_pass_rate: collect 'computed' needs a numerator and a denominator; give both",
    ),
    (
        "forms/venues.yaml",
        _in_indicator("base_expert_station_new_count", prose={"names": ["新建站"], "stock": "base_stations"}),
        "base_expert_station_new_count, prose: stock 'base_stations' is no indicator; use the code of one",
    ),
    (
        "forms/rural_training.yaml",
        _in_indicator("tr_exam_pass_rate", numerator="tr_exam_passed"),
        "tr_exam_pass_rate: numerator 'tr_exam_passed' is no indicator; give the code of one",
    ),
    (
        "forms/rural_training.yaml",
        _in_indicator("tr_exam_pass_rate", denominator="contest_rank"),
        "tr_exam_pass_rate: denominator 'contest_rank' is a rank, which does not add up; give an indicator of one of",
    ),
    (
        YOUTH,
        lambda form: form["indicators"].update(sp_activity_count=form["indicators"][ACTIVITY]),
        "sp_activity_count: it is also in catalogue/forms/popularisation.yaml; an indicator belongs to one form",
    ),
    (YOUTH, lambda form: form["indicators"].update(youth_new=None), "youth_new: it must be a mapping of field: value"),
    (YOUTH, lambda form: form.update(indicators=[]), "youth.yaml: indicators [] must be a mapping of code: entry"),
    (
        YOUTH,
        lambda form: form.update(version=2021.1),
        "youth.yaml: version Decimal('2021.1') must be a text (in quotes",
    ),
    (YOUTH, lambda form: form.pop("title"), "youth.yaml: field 'title' is missing; give a text"),
    (YOUTH, lambda form: form.update(levels=["city"]), "youth.yaml: field 'levels' is unknown; use one of: code"),
    (
        YOUTH,
        lambda form: form.update(code="young"),
        "youth.yaml: code 'young' differs from the file's name; write youth",
    ),
    (
        YOUTH,
        lambda form: form.update(number="科协01表"),
        "youth.yaml: number '科协01表' is also that of catalogue/forms/organisation.yaml; give each form its own",
    ),
    (
        YOUTH,
        lambda form: form["indicators"].update(Youth=form["indicators"].pop("youth_essay_count")),
        "youth.yaml, Youth: the code must be lower_snake, such as sp_activity_count",
    ),
    ("codelists.yaml", lambda lists: lists.pop("scopes"), "codelists.yaml: field 'scopes' is missing"),
    ("codelists.yaml", lambda lists: lists["scopes"].pop("part"), "codelists.yaml, scopes: field 'part' is missing"),
    (
        "codelists.yaml",
        lambda lists: lists["scopes"].update(shared="共有"),
        "codelists.yaml, scopes: field 'shared' is unknown; "
        "use one of: adjustment, joint_dept, joint_up, jurisdiction, own, part",
    ),
    ("codelists.yaml", lambda lists: lists.update(colours={}), "codelists.yaml: field 'colours' is unknown"),
    ("report.yaml", _in_volunteers(indicator="vol"), "volunteers: indicator 'vol' is unknown; give the code of one"),
    ("report.yaml", _in_volunteers(section="end"), "volunteers: section 'end' is unknown; use one of: media, workers"),
    ("report.yaml", _in_volunteers(label="x"), "report.yaml, volunteers: field 'label' is unknown"),
    (
        "report.yaml",
        _in_volunteers(printed={"2021": {}}),
        "volunteers: printed year '2021' must be a year such as 2021",
    ),
    ("report.yaml", _expecting(), "volunteers, 2021: expected has no end; give low, high or both"),
    ("report.yaml", _expecting(low=9, high=8), "volunteers, 2021: expected low 9 is above high 8; put the smaller one"),
    ("report.yaml", _expecting(low="8万"), "volunteers, 2021: low '8万' must be a number"),
    ("report.yaml", _expecting(low=1, low_strict="yes"), "volunteers, 2021: low_strict 'yes' must be true or false"),
    (
        "report.yaml",
        lambda report: report["sections"]["media"].pop("title"),
        "report.yaml, media: field 'title' is missing; give a text",
    ),
    (
        "report.yaml",
        lambda report: report["sections"]["media"].update(chapter="end"),
        "report.yaml, media: chapter 'end' is unknown; use one of: guidance, talent",
    ),
    (
        "report.yaml",
        _in_volunteers(target="goal"),
        "volunteers: target 'goal' is unknown; give the code of an indicator",
    ),
    ("report.yaml", _in_volunteers(style="vague"), "volunteers: style 'vague' is unknown; use one of: exact, list"),
    (
        "report.yaml",
        lambda report: report["lines"]["literacy_budget"].update(style="hedged"),
        "literacy_budget: a money like 'fin_literacy_budget' is never hedged; its style must be exact or list",
    ),
    (
        "report.yaml",
        lambda report: report["lines"]["obtained_money"].update(indicators=["fin_other_granted_amount"]),
        "obtained_money: a sum needs two indicators or more",
    ),
    (
        "report.yaml",
        lambda report: report["lines"]["rectification_rate"].update(indicators=["party_rectification_done"]),
        "rectification_rate: a percent needs two indicators, what is divided and by what",
    ),
    (
        "report.yaml",
        lambda report: report["lines"]["five_entry_audience"].update(formula="sum", style="hedged"),
        "five_entry_audience: its indicators count different things (人次, 场次), which have no sum",
    ),
    (
        "report.yaml",
        lambda report: report["lines"]["five_entry_audience"].update(
            indicators=["lit_citizen_ratio", "sp_five_entry_activity_count"]
        ),
        "five_entry_audience: a formula is made of what adds up; give indicators of these kinds: flow, money",
    ),
    (
        "report.yaml",
        lambda report: report["sentences"]["media"].update(text="拍摄{music_videos}，播放{plays}"),
        "sentences: media states {plays}, which is no line; give the code of one",
    ),
    (
        "report.yaml",
        lambda report: report["sentences"]["services"].update(section="media"),
        "sentences: services states {results_matched} of another section; keep a sentence within its section",
    ),
    (
        "report.yaml",
        lambda report: report["sentences"]["services"].update(section="end"),
        "sentences: section 'end' of services is unknown; use one of: media, workers",
    ),
    (
        "report.yaml",
        lambda report: report["sentences"].pop("services"),
        "sentences: line results_matched is stated 0 times; state each line in one sentence, once",
    ),
    (
        "report.yaml",
        lambda report: report["sentences"]["services"].update(text="促成科技成果对接{results_matched}。"),
        "services: text becomes part of a paragraph; write it without punctuation at its end",
    ),
    (
        "report.yaml",
        lambda report: report["sentences"]["services"].update(text="促成科技成果对接"),
        "services: text must name its lines as {line_code}, at least one",
    ),
    (
        "wordings.yaml",
        lambda wordings: wordings["usual"][0].update(style="vague"),
        "wordings.yaml: usual style 'vague' is unknown; use one of: exact, list",
    ),
    (
        "wordings.yaml",
        lambda wordings: wordings["usual"].pop(),
        "wordings.yaml: the last usual style must be for every kind; give it no aggregation, theme or measure",
    ),
    (
        "wordings.yaml",
        lambda wordings: wordings["limits"].pop("small"),
        "wordings.yaml, limits: field 'small' is missing; give a number",
    ),
    (
        "wordings.yaml",
        lambda wordings: wordings["forms"]["nearly"].pop("hedge"),
        "wordings.yaml, nearly: field 'hedge' is missing; give a text",
    ),
    (
        "wordings.yaml",
        lambda wordings: wordings["forms"]["nearly"].update(hedge="左右"),
        "wordings.yaml, nearly: hedge '左右' is none of number_language.yaml that a figure could be written with",
    ),
    (
        "wordings.yaml",
        lambda wordings: wordings["forms"]["nearly"].update(strictly=True),
        "wordings.yaml, nearly: strictly is for a hedge that says at least; '近' says below",
    ),
    (
        "wordings.yaml",
        lambda wordings: wordings["forms"]["nearly"].update(inside=True),
        "wordings.yaml, nearly: inside is for a hedge that stands there; '近' stands before",
    ),
    (
        "wordings.yaml",
        lambda wordings: wordings["forms"]["digits"].update(does="below"),
        "wordings.yaml, digits: does 'below' needs a hedge; give the hedge alone, which says what it does",
    ),
    (
        "wordings.yaml",
        lambda wordings: wordings["styles"]["list"]["sizes"][0].update(forms=["nearby"]),
        "wordings.yaml: form 'nearby' of style list is unknown; use one of: digits, in_units",
    ),
    (
        "wordings.yaml",
        lambda wordings: wordings["styles"]["list"].update(incomplete="half"),
        "wordings.yaml: style 'half' of style list is unknown; use one of: exact, list",
    ),
    (
        "wordings.yaml",
        lambda wordings: wordings["styles"]["hedged"].update(incomplete="list"),
        "wordings.yaml: style list goes with 据不完全统计 and must hedge: take out what does digits",
    ),
    (
        "wordings.yaml",
        lambda wordings: wordings["styles"]["hedged"]["sizes"].pop(),
        "wordings.yaml: sizes of style hedged must ascend, each `below` once, and the last have none",
    ),
    (
        "report.yaml",
        lambda report: report["sections"]["media"].pop("department"),
        "report.yaml, media: field 'department' is missing; give a text",
    ),
    (
        "report.yaml",
        lambda report: report["associations"]["township"].update(out_of="townships"),
        "report.yaml, township: out_of 'townships' is unknown; give the code of one",
    ),
    (YOUTH, _defined(), f"{ACTIVITY}: definitions is empty; give at least one with valid_from and text"),
    (YOUTH, _in_activity(definitions="每场"), f"{ACTIVITY}: definitions '每场' must be a list"),
    (YOUTH, _defined({"text": "每场"}), f"{ACTIVITY}: field 'valid_from' is missing; give a day such as 2021-01-01"),
    (
        YOUTH,
        _defined({**FIRST, "change": "由项改为场"}),
        f"{ACTIVITY}: field 'change' is unknown; use one of: text, valid_from",
    ),
    (
        YOUTH,
        _defined(FIRST, {"valid_from": date(2022, 1, 1), "text": "每项"}),
        f"{ACTIVITY}: field 'breaks_series' is missing; give true or false",
    ),
    (YOUTH, _defined(FIRST, {**SECOND, "change": ""}), f"{ACTIVITY}: change is empty; give a text"),
    (
        YOUTH,
        _defined(FIRST, {**SECOND, "valid_from": date(2013, 1, 1)}),
        f"{ACTIVITY}: its definitions must be in ascending order of valid_from, each day once",
    ),
    (
        YOUTH,
        _defined(FIRST, {**SECOND, "text": "每场"}),
        f"{ACTIVITY}: the definition of 2022-01-01 says what the one before says; keep one",
    ),
    (
        YOUTH,
        _defined(FIRST, {**SECOND, "change": "events"}),
        f"{ACTIVITY}: change 'events' of 2022-01-01 must be Chinese",
    ),
    (
        YOUTH,
        _defined({**FIRST, "text": "每场。"}),
        f"{ACTIVITY}: text of 2013-01-01 becomes part of sentences; write one line without punctuation at its end",
    ),
    ("findings.yaml", _in_finding("FILE_EMPTY", severity="fatal"), "FILE_EMPTY: severity 'fatal' is unknown; use one"),
    (
        "findings.yaml",
        _in_finding("FILE_EMPTY", phase="later"),
        "FILE_EMPTY: phase 'later' is unknown; use one of: file",
    ),
    ("findings.yaml", _in_finding("FILE_EMPTY", asks=""), "FILE_EMPTY: asks is empty; give a text"),
    (
        "findings.yaml",
        _in_finding("FILE_EMPTY", says="空{"),
        "FILE_EMPTY: a field in the sentence must be written as {",
    ),
    (
        "findings.yaml",
        _in_finding("FILE_EMPTY", says="空{}"),
        "FILE_EMPTY: a field in the sentence must be written as {",
    ),
    (
        "findings.yaml",
        _in_finding("FILE_EMPTY", says="{A}"),
        "FILE_EMPTY: a field in the sentence must be written as {",
    ),
    (
        "findings.yaml",
        lambda it: it["findings"].update(empty=it["findings"]["FILE_EMPTY"]),
        "findings.yaml, empty: the code must be UPPER_SNAKE, such as NUMBER_UNREADABLE",
    ),
    ("findings.yaml", _in_threshold(values=[]), "percentage_limit: it has no values; give at least one"),
    (
        "findings.yaml",
        _in_threshold(
            values=[{"valid_from": date(2022, 1, 1), "value": 1}, {"valid_from": date(2021, 1, 1), "value": 1}]
        ),
        "percentage_limit: its values must be in ascending order of valid_from, each day once",
    ),
    (
        "findings.yaml",
        _in_threshold(values=[{"valid_from": "soon", "value": 1}]),
        "percentage_limit: valid_from 'soon' must be a day such as 2021-01-01",
    ),
]


@pytest.mark.parametrize(("file", "edit", "sentence"), MISTAKES, ids=[sentence[:70] for *_, sentence in MISTAKES])
def test_a_mistake_is_named_with_file_entry_and_remedy(tmp_path: Path, file: str, edit: Edit, sentence: str) -> None:
    folder = _copy(tmp_path)
    _edit(folder, file, edit)
    with pytest.raises(CatalogueError) as error:
        load(folder)
    found = [line for line in str(error.value).splitlines() if sentence in line]
    assert found, error.value
    assert found[0].startswith(f"catalogue/{file}")


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("findings.yaml", "a: [", "catalogue/findings.yaml: it is not YAML; put this right: while parsing"),
        ("findings.yaml", "a: 1\na: 2\n", "catalogue/findings.yaml: 'a' is written twice (again in line 2); keep one"),
        ("findings.yaml", "- 1\n", "catalogue/findings.yaml: it must be a mapping of field: value"),
        ("findings.yaml", "", "catalogue/findings.yaml: it must be a mapping of field: value"),
        ("findings.yaml", "a: !!python/name:os.system\n", "catalogue/findings.yaml: it is not YAML; put this right"),
        (
            "forms/narrative.yaml",
            "code: narrative\n",
            "catalogue/forms/narrative.yaml: code 'narrative' is kept for prose",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, file: str, text: str, sentence: str) -> None:
    folder = _copy(tmp_path)
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as error:
        load(folder)
    assert sentence in str(error.value)


def test_a_missing_file_is_named_once_and_alone(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    (folder / "findings.yaml").unlink()
    with pytest.raises(CatalogueError) as error:
        load(folder)
    assert str(error.value) == "catalogue/findings.yaml: the file is missing; write it"


def test_a_folder_without_forms_is_refused(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    shutil.rmtree(folder / "forms")
    with pytest.raises(CatalogueError, match="catalogue/forms: there is no form; write one YAML file per form"):
        load(folder)


def test_all_mistakes_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    for file, edit, _ in (MISTAKES[0], MISTAKES[-1], next(it for it in MISTAKES if it[0] == "report.yaml")):
        _edit(folder, file, edit)
    with pytest.raises(UserError) as error:
        load(folder)
    files = [line.split(",")[0] for line in str(error.value).splitlines()]
    assert files == ["catalogue/forms/youth.yaml", "catalogue/findings.yaml", "catalogue/report.yaml"]


def test_a_mistake_is_reported_once(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    _edit(folder, YOUTH, lambda form: form.update(indicators=[]))
    with pytest.raises(CatalogueError) as error:
        load(folder)
    assert str(error.value) == "catalogue/forms/youth.yaml: indicators [] must be a mapping of code: entry"


def test_an_indicator_that_could_not_be_read_is_not_also_called_unknown(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    _edit(folder, "forms/rural_training.yaml", _in_indicator("tr_exam_passed_count", aggregation="flux"))
    with pytest.raises(CatalogueError) as error:
        load(folder)
    assert len(str(error.value).splitlines()) == 1


def _copy(tmp_path: Path) -> Path:
    shutil.copytree(FOLDER, tmp_path / "catalogue", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return tmp_path / "catalogue"


def _edit(folder: Path, file: str, edit: Edit) -> None:
    content = yaml.load((folder / file).read_bytes(), Loader=yaml.CSafeLoader)
    edit(content)
    (folder / file).write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
