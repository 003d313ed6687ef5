"""What the report decides by itself: who leads, whether a target was met, and what becomes of a sentence."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.model import ReportSentence
from reporting.check_report.around import Around
from reporting.figures import Figure, percent
from reporting.report.basis import Basis
from reporting.report.figures import Change, CityFigure, Line, Part, ProvinceFigure, Target
from reporting.report.notes import note
from reporting.report.places import leaders, short_name
from reporting.report.sentences import review
from reporting.report.workbook import is_number

TALKS = ProvinceFigure("talks", "讲座", "场", Figure(), 1, 1, None, None, is_inherited=False, is_estimate=False)


def exactly(number: int) -> Figure:
    return Figure(Decimal(number), Decimal(number), Decimal(number))


def between(low: int, high: int | None) -> Figure:
    return Figure(None, Decimal(low), None if high is None else Decimal(high))


def line(code: str = "talks", wording: str = "", prefix: str = "", name: str = "") -> Line:
    part = Part("part", "部分")
    return Line(
        code, name or f"指标{code}", part, part, "场", exactly(1), wording, prefix, "", "computed", 1, 1, 1,
        Decimal(100), (TALKS,), False, Figure(), Change(),
    )  # fmt: skip


def city(name: str, figure: Figure, missing: int = 0) -> CityFigure:
    return CityFigure(name, f"{name}科协", "talks", figure, 5, 5 - missing, Change())


def named(*cities: CityFigure) -> str:
    return leaders(line(), cities).named


@pytest.mark.parametrize(
    ("cities", "expected"),
    [
        ([("甲", 9), ("乙", 8), ("丙", 7), ("丁", 6)], "甲、乙、丙"),
        ([("甲", 9), ("乙", 8), ("丙", 7), ("丁", 7)], "甲、乙、丁、丙"),
        ([("甲", 9), ("乙", 7), ("丙", 7), ("丁", 7), ("戊", 7), ("己", 7)], "甲"),
        ([("甲", 7), ("乙", 7), ("丙", 7), ("丁", 7), ("戊", 7), ("己", 7)], ""),
        ([("甲", 9), ("乙", 0), ("丙", 0)], "甲"),
        ([("甲", 0), ("乙", 0)], ""),
    ],
)
def test_places_with_the_same_figure_are_all_named_or_none_and_zero_leads_nobody(
    cities: list[tuple[str, int]], expected: str
) -> None:
    assert named(*(city(name, exactly(number)) for name, number in cities)) == expected


def test_who_is_known_by_bounds_is_named_only_where_they_settle_it() -> None:
    others = [city("甲", exactly(50)), city("乙", exactly(40)), city("丁", exactly(5))]
    assert named(*others, city("丙", between(60, 70))) == "丙、甲、乙"
    assert named(*others, city("丙", between(30, None))) == "甲、乙、丙"
    assert named(*others, city("戊", exactly(30)), city("丙", between(20, 45))) == "甲、乙、戊、丙"


def test_a_city_with_a_blank_unit_is_not_named_however_much_it_has() -> None:
    assert named(city("甲", exactly(90), missing=1), city("乙", exactly(8))) == "乙"


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=12))
def test_nobody_who_is_not_named_can_be_ahead_of_who_is(bounds: list[tuple[int, int]]) -> None:
    cities = [CityFigure(str(n), str(n), "talks", between(low, low + more), 1, 1, Change()) for n, (low, more) in
              enumerate(bounds)]  # fmt: skip
    found = leaders(line(), cities)
    least = min((place.figure.low or Decimal(0) for place in found.places), default=None)
    for other in (one for one in cities if one not in found.places):
        assert least is None or (other.figure.high or Decimal(0)) < least


def test_a_place_is_called_without_its_association() -> None:
    assert [short_name(name) for name in ("甲市科协", "甲市科学技术协会", "甲市")] == ["甲市", "甲市", "甲市"]


@pytest.mark.parametrize(
    ("plan", "planned_by", "result", "is_met"),
    [
        (exactly(10), 4, exactly(10), True),
        (exactly(10), 0, exactly(12), True),
        (exactly(10), 4, exactly(9), False),
        (exactly(10), 1, exactly(12), None),
        (exactly(10), 1, exactly(9), False),
        (Figure(Decimal(10), Decimal(10), None), 4, exactly(10), True),
        (exactly(10), 4, between(8, 12), None),
        (Figure(Decimal(10), None, Decimal(10)), 4, exactly(9), True),
        (Figure(Decimal(10), None, Decimal(10)), 4, exactly(11), False),
        (Figure(), 0, exactly(11), None),
        (exactly(10), 4, Figure(), None),
    ],
)
def test_a_target_is_met_or_missed_only_where_plan_and_result_settle_it(
    plan: Figure, planned_by: int, result: Figure, is_met: bool | None
) -> None:
    assert Target("讲座", "场", plan, planned_by, result, 4, 4).is_met is is_met


def test_a_note_says_of_how_many_units_a_figure_is_not_approved() -> None:
    basis = Basis(2021, 1, 1, datetime(2022, 2, 1, tzinfo=UTC))
    waiting = replace(line(), terms=(replace(TALKS, units_unapproved=2),))
    assert "其中 2 个单位的数没有逐级审核完毕" in note(waiting, basis, (), None)
    assert "审核" not in note(line(), basis, (), None)


def said(*lines: Line) -> tuple[str, list[str]]:
    """The paragraph of the lines, in one sentence of the catalogue, and the codes in the order of their notes."""
    sentence = ReportSentence("talks", "part", "举办讲座{a}、展览{b}，参加{c}")
    written = review(lines, {"talks": sentence}, {}, {})
    (section,) = written.sections
    return "".join(run.text for run in section.runs), [one.code for one in written.noted]


def test_a_sentence_is_said_as_the_catalogue_has_it_where_all_of_it_may_be_said() -> None:
    assert said(line("a", "3场"), line("b", "近20次"), line("c", "1.2万人次")) == (
        "举办讲座3场、展览近20次，参加1.2万人次。", ["a", "b", "c"],
    )  # fmt: skip


def test_what_is_refused_is_left_out_and_the_rest_goes_on_by_its_names() -> None:
    assert said(line("a", "3场", name="科普讲座"), line("b"), line("c", "1.2万人次", name="参加群众")) == (
        "科普讲座3场，参加群众1.2万人次。", ["a", "c"],
    )  # fmt: skip
    assert said(line("a"), line("b"), line("c")) == ("", [])


def test_incomplete_statistics_are_said_apart_from_exact_figures() -> None:
    prefix = "据不完全统计"
    lines = (line("a", "3场", name="讲座"), line("b", "近20次", prefix, name="展览"), line("c", "5人", name="专家"))
    assert said(*lines)[0] == "讲座3场，专家5人。据不完全统计，展览近20次。"
    assert said(*(line(code, "近20次", prefix) for code in "abc"))[0].startswith("据不完全统计，举办讲座近20次、")


def test_the_check_up_takes_places_given_as_examples_for_owners_of_no_later_figure() -> None:
    told = "组织活动近50场（如甲市、乙市），受益群众超过2万人次（如丙市）。"
    start = told.index("超过")
    around = Around(told, start, start + len("超过2万人次"))
    assert "甲市" not in around.before
    assert len(around.before) == start


def test_percentages_are_half_up_and_there_is_none_of_nothing() -> None:
    assert percent(Decimal(1), Decimal(6)) == Decimal("16.6667")
    assert percent(Decimal("0.0000005"), Decimal(1)) == Decimal("0.0001")
    assert percent(Decimal(1), Decimal(0)) is None
    assert percent(Decimal(1), None) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**11), max_value=10**11))
def test_a_number_of_the_workbook_is_written_digit_by_digit(number: Decimal) -> None:
    if is_number(number):
        assert Decimal(f"{number:.16G}") == number


def test_what_a_workbook_would_round_stays_a_text() -> None:
    assert is_number(Decimal("12345678901234.5"))
    assert not is_number(Decimal("123456789012345.67"))
    assert not is_number("12")
