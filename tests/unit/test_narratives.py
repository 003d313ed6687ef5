"""Narratives in; readings, findings, the page and the workbook out."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from io import BytesIO
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from catalogue.load import load
from catalogue.model import FOREVER
from ingestion import checks
from ingestion.checks.results import Checked
from ingestion.context import Context
from ingestion.narrative_page import Page, Treated, Use, render
from ingestion.narrative_workbook import Filed, prefilled
from ingestion.observations import FileContent, Place, Reading
from ingestion.periods import Period
from ingestion.readers import read
from ingestion.readers.narrative import understand
from ingestion.templates import TemplateUnit
from ingestion.tree import Span, Tree
from tests.word_files import docx, paragraph

CATALOGUE = load()
LECTURES, MATERIALS, AUDIENCE = "sp_lecture_count", "sp_material_distributed_count", "sp_audience_persontimes"
NAME = "2021 工作总结.txt"
COUNTY = TemplateUnit("A", "甲一县科协", "county", "territorial", has_subordinates=False)
CITY = TemplateUnit("C", "甲市科协", "city", "territorial", has_subordinates=True)


def told(text: str, name: str = NAME) -> FileContent:
    return read(name, text.encode(), CATALOGUE)


def codes(content: FileContent) -> list[str]:
    return [problem.code for problem in content.problems]


def figures(content: FileContent) -> list[tuple[object, ...]]:
    return [(one.indicator_code, one.value, one.low, one.high) for one in content.readings]


# ---- what is read


@pytest.mark.parametrize("name", [NAME, "2021 工作总结.docx"])
def test_a_narrative_gives_its_figures_with_words_and_span(name: str) -> None:
    text = "工作总结\n全年举办科普讲座30余场，发放科普资料8000份。"
    data = docx("".join(map(paragraph, text.splitlines()))) if name.endswith("docx") else text.encode()
    content = read(name, data, CATALOGUE)
    lectures, _ = content.readings
    assert (content.kind, content.text, codes(content)) == ("narrative", text, [])
    assert figures(content) == [(LECTURES, 30, 30, 39), (MATERIALS, 8000, 8000, 8000)]
    assert (lectures.place.quote, text[lectures.place.start : lectures.place.end]) == ("30余场", "30余场")
    assert {(one.form, one.period, one.scope, one.status) for one in content.readings} == {
        ("narrative", "2021", "own", "actual")
    }
    assert content.filed == [("", "narrative", "2021")]


def test_a_narrative_is_its_submitters() -> None:
    content = told("举办科普讲座12场。").of("A")
    assert content.filed == [("A", "narrative", "2021")]
    assert {one.unit_code for one in content.readings} == {"A"}


def test_a_figure_of_no_indicator_is_shown_and_not_stored() -> None:
    content = told("购置电脑7台，举办科普讲座12场。")
    assert [one.quote for one in content.quantities if not one.indicator_code] == ["7台"]
    assert figures(content) == [(LECTURES, 12, 12, 12)]


def test_a_figure_of_another_year_is_shown_and_not_stored() -> None:
    content = told("2021年工作总结\n举办科普讲座12场。\n2022年计划举办科普讲座20场。")
    assert [one.period for one in content.quantities] == ["2021", "2022"]
    assert figures(content) == [(LECTURES, 12, 12, 12)]


def test_a_masked_figure_stays_missing() -> None:
    (reading,) = told("举办科普讲座**场。").readings
    assert (reading.state, reading.value, reading.low, reading.high) == ("redacted", None, None, None)


def test_several_facts_of_a_sum_are_one_figure_with_the_words_of_each() -> None:
    content = told("举办科普讲座12场。\n在乡镇举办科普讲座9场。")
    assert figures(content) == [(LECTURES, 21, 21, 21)]
    assert content.readings[0].place.quote == "12场；9场"


def test_a_half_year_in_the_name_is_the_period() -> None:
    (reading,) = told("举办科普讲座12场。", "2025年上半年 工作小结.txt").readings
    assert reading.period == "2025-H1"


# ---- narratives with one defect


def facts_that_no_rule_puts_together() -> tuple[str, str]:
    return NAME, "建成社区科普活动室12个。\n又有农村科普活动室15个投入使用。举办科普讲座12场。"


def no_period_anywhere() -> tuple[str, str]:
    return "工作总结.txt", "举办科普讲座12场。"


def another_period_in_the_title() -> tuple[str, str]:
    return NAME, "甲一县科协2020年工作总结\n举办科普讲座12场。"


def nothing_that_is_counted() -> tuple[str, str]:
    return NAME, "这一年工作扎实，成效明显。"


DEFECTS: list[tuple[Callable[[], tuple[str, str]], str, str]] = [
    (facts_that_no_rule_puts_together, "NARRATIVE_AMBIGUOUS", "accepted"),
    (no_period_anywhere, "NARRATIVE_PERIOD_MISSING", "rejected"),
    (another_period_in_the_title, "NARRATIVE_PERIOD_DIFFERS", "accepted"),
    (nothing_that_is_counted, "NARRATIVE_NO_FIGURES", "accepted"),
]


@pytest.mark.parametrize(("make", "code", "outcome"), DEFECTS, ids=[make.__name__ for make, *_ in DEFECTS])
def test_a_narrative_with_one_defect_gets_one_finding(
    make: Callable[[], tuple[str, str]], code: str, outcome: str, context: Context
) -> None:
    name, text = make()
    checked = check(context, told(text, name))
    assert (found_codes(checked), checked.outcome) == ([code], outcome)


def test_what_is_asked_for_is_not_stored_and_named_by_its_places(context: Context) -> None:
    checked = check(context, told(facts_that_no_rule_puts_together()[1]))
    assert [one.indicator_code for one in checked.submissions[0].observations] == [LECTURES]
    (found,) = checked.findings
    assert found.key == ("A", "narrative", "2021")
    assert "“12个”、“15个”" in found.sentence


# ---- beside forms


@pytest.fixture
def context() -> Context:
    start = date(2000, 1, 1)
    spans = [
        Span("P", "示例省科协", "province", "territorial", "", start, FOREVER),
        Span("A", "甲一县科协", "county", "territorial", "P", start, FOREVER),
    ]
    return Context(CATALOGUE, Tree(spans, []), date(2022, 3, 1))


_deliveries, _ids = count(1), count(1)


def check(context: Context, content: FileContent, sha256: str = "") -> Checked:
    number = next(_deliveries)
    return checks.check(content.of("A"), context, "A", number, sha256 or f"hash {number}", _ids)


def found_codes(checked: Checked) -> list[str]:
    return [found.code for found in checked.findings]


def form(state: str = "number", value: int | None = None, period: str = "2021", code: str = LECTURES) -> FileContent:
    number = None if value is None else Decimal(value)
    reading = Reading(
        "A", "", period, code, "own", "", state, number, number, number, "", str(value), Place(line=2)
    )  # fmt: skip
    return FileContent("csv", [reading])


THIRTY_ODD = "举办科普讲座30余场。"


@pytest.mark.parametrize("value", [30, 35, 39])
def test_a_form_figure_within_what_the_words_say_is_no_finding(value: int, context: Context) -> None:
    assert found_codes(check(context, told(THIRTY_ODD))) == []
    assert found_codes(check(context, form(value=value))) == []


@pytest.mark.parametrize("value", [29, 40])
def test_a_form_figure_outside_of_what_the_words_say_is_told_on_the_second_of_the_two(
    value: int, context: Context
) -> None:
    check(context, told(THIRTY_ODD))
    (found,) = check(context, form(value=value)).findings
    assert found.code == "FORM_OUTSIDE_NARRATIVE"
    assert f"填的是 {value}场" in found.sentence
    assert "“30余场”，即 30—39场" in found.sentence


def test_words_that_come_after_the_form_are_told_on_their_own_receipt(context: Context) -> None:
    check(context, form(value=50))
    (found,) = check(context, told(THIRTY_ODD)).findings
    assert (found.code, found.place.quote) == ("NARRATIVE_OUTSIDE_FORM", "30余场")
    assert "报表里填的是 50场" in found.sentence


def test_words_against_a_not_applicable_are_told(context: Context) -> None:
    check(context, form(state="not_applicable"))
    assert found_codes(check(context, told(THIRTY_ODD))) == ["NARRATIVE_OUTSIDE_FORM"]


def test_a_masked_form_figure_contradicts_no_words(context: Context) -> None:
    check(context, form(state="redacted"))
    assert found_codes(check(context, told(THIRTY_ODD))) == []


def test_masked_words_contradict_no_form(context: Context) -> None:
    check(context, form(value=50))
    assert found_codes(check(context, told("举办科普讲座**场。"))) == ["FIGURE_REDACTED"]


def test_a_plan_is_no_warning_though_the_indicator_lists_none(context: Context) -> None:
    text = "2021年工作总结\n计划招收学员120人，举办科普讲座12场。"
    assert "STATUS_NOT_LISTED" not in found_codes(check(context, told(text)))


def test_a_slip_by_ten_thousand_is_held_beside_the_form_of_last_year(context: Context) -> None:
    check(context, form(value=12, period="2020"))
    checked = check(context, told("举办科普讲座120000场。"))
    assert (found_codes(checked), checked.outcome) == (["TEN_THOUSAND_FOLD"], "held")


def test_a_narrative_revises_narratives_and_no_form(context: Context) -> None:
    check(context, form(value=35))
    check(context, told("举办科普讲座35场，发放科普资料800份。"))
    (found,) = check(context, told("举办科普讲座35场。")).findings
    assert found.code == "REVISION_DROPPED"
    assert CATALOGUE.indicators[MATERIALS].name_zh in found.sentence


def test_the_same_words_under_the_name_of_another_year_are_another_narrative(context: Context) -> None:
    text = "举办科普讲座12场。"
    assert check(context, told(text), "same").outcome == "accepted"
    assert check(context, told(text), "same").outcome == "duplicate"
    assert check(context, told(text, "2020 工作总结.txt"), "same").outcome == "accepted"


def test_no_csv_files_figures_as_prose(context: Context) -> None:
    reading = form(value=5).readings[0]._replace(form="narrative")
    assert found_codes(check(context, FileContent("csv", [reading]))) == ["FORM_UNKNOWN"]


# ---- the page


def page(text: str, use: Use = Use.COUNTED, **other: object) -> str:
    understood = understand(text, "2021", CATALOGUE)
    quantities = understood.quantities
    given: dict[str, object] = {
        "unit_name": "甲一县科协", "period": "2021", "file_name": NAME, "delivery_seq": 1, "received": "2022-01-10",
        "text": text, "quantities": quantities, "treated": [Treated(use)] * len(quantities),
    }  # fmt: skip
    return render(Page(**(given | other)), CATALOGUE)  # type: ignore[arg-type]


def words_of(html: str) -> str:
    lines = re.findall(r'<p class="text">(.*?)</p>', html, re.DOTALL)
    return "\n".join(unescape(re.sub("<[^>]+>", "", re.sub(r"<sup>\d+</sup>", "", line))) for line in lines)


def test_the_page_shows_the_text_whole_with_each_quantity_marked_and_its_reading_beside() -> None:
    text = "2021年工作总结\n举办科普讲座30余场，挂出横幅37条。\n发放科普资料8000份。"
    html = page(text)
    assert words_of(html) == text
    assert re.findall(r'<mark class="counted" id="q\d">(.*?)<sup>(\d)</sup>', html) == [
        ("30余场", "1"), ("37条", "2"), ("8000份", "3"),
    ]  # fmt: skip
    readings = [unescape(re.sub("<[^>]+>", " ", one)) for one in re.findall(r"<li value.*?</li>", html, re.DOTALL)]
    assert "科普讲座/报告会场次" in readings[0]
    assert "30场（30—39场）" in readings[0]
    assert "本级 · 实际完成 · 2021 年" in readings[0]


def test_a_number_that_was_not_read_is_marked_as_such() -> None:
    assert '<span class="unread">2021</span>年工作总结' in page("2021年工作总结\n举办科普讲座12场。")


def test_the_page_runs_nothing_that_a_sender_wrote() -> None:
    hostile = '<script>alert(1)</script>举办科普讲座12场<img src=x onerror="x">&amp;'
    html = page(hostile, file_name="<b>.txt", unit_name="</title><script>")
    assert "<script" not in html
    assert "<img" not in html
    assert words_of(html) == hostile
    assert "default-src 'none'" in html


PHRASES = [
    "举办科普讲座",
    "30余场",
    "，",
    "。",
    "\n",
    "**人次",
    "<b>",
    "&lt;",
    "2021年",
    "12",
    "万",
    "其中",
    " ",
    "发放资料8份",
]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(PHRASES), max_size=60).map("".join))
def test_whatever_is_written_the_page_shows_all_of_it(text: str) -> None:
    assert "".join(words_of(page(text)).split()) == "".join(text.split())


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(PHRASES), max_size=60).map("".join))
def test_whatever_is_written_each_figure_stands_where_its_words_do(text: str) -> None:
    content = told(text)
    for reading in content.readings:
        words, quotes = content.text[reading.place.start : reading.place.end], reading.place.quote.split("；")
        assert words.startswith(quotes[0])
        assert words.endswith(quotes[-1])


# ---- the workbook


def workbook(text: str, unit: TemplateUnit = COUNTY, filed: tuple[Filed, ...] = ()) -> FileContent:
    """What is read when the pre-filled workbook is sent back as it is."""
    made = understand(text, "2021", CATALOGUE).figures
    data = prefilled(
        unit, Period(2021), CATALOGUE, filed, [one for _, one in made if one], [one for one, read in made if not read]
    )
    assert data is not None
    return read("back.xlsx", data, CATALOGUE)


def filled(content: FileContent) -> dict[tuple[str, str], object]:
    return {
        (one.indicator_code, one.scope): one.value if one.state == "number" else one.raw for one in content.readings
    }


def test_exact_figures_stand_in_their_cells_and_vague_ones_wait() -> None:
    content = workbook("举办科普讲座12场，发放科普资料8000余份，受益群众**人次。")
    assert codes(content) == []
    assert filled(content) == {(LECTURES, "own"): 12}


def test_last_years_figures_stand_beside_those_to_confirm() -> None:
    data = prefilled(COUNTY, Period(2021), CATALOGUE, (), [], [], last_year={LECTURES: Decimal(4711)})
    assert data is not None
    sheets = load_workbook(BytesIO(data)).worksheets
    assert "4711" in {str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row}


def test_what_forms_have_filed_is_kept_and_goes_before_the_words() -> None:
    filed = (
        Filed("popularisation", LECTURES, "own", "actual", "number", Decimal(15), Decimal(15), Decimal(15), "含线上"),
        Filed("popularisation", AUDIENCE, "own", "actual", "not_applicable", None, None, None, ""),
    )
    content = workbook("举办科普讲座12场，发放科普资料800份。", filed=filed)
    assert filled(content) == {(LECTURES, "own"): 15, (AUDIENCE, "own"): "-", (MATERIALS, "own"): 800}
    assert {one.note for one in content.readings if one.indicator_code == LECTURES} == {"含线上"}


def test_what_is_said_of_the_jurisdiction_stands_under_it_or_is_the_units_own_where_nobody_is_below() -> None:
    text = "全市各级科协举办科普讲座120场。"
    scopes = {one.scope for one in told(text).readings}
    assert scopes == {"jurisdiction"}
    assert filled(workbook(text, CITY)) == {(LECTURES, "jurisdiction"): 120}
    assert filled(workbook(text)) == {(LECTURES, "own"): 120}


def test_the_workbook_is_accepted_as_it_is(context: Context) -> None:
    check(context, told("举办科普讲座12场，发放科普资料8000余份。"))
    checked = check(context, workbook("举办科普讲座12场，发放科普资料8000余份。"))
    assert checked.outcome == "accepted"
    assert set(found_codes(checked)) == {"NO_FIGURES"}
