"""What a draft claims with a figure: whose it is, of which year, done or planned, or a comparison of two."""

from __future__ import annotations

from io import BytesIO

import pytest
from docx import Document

from catalogue.load import load
from reporting.check_report.claims import Claim, Kind, Sense, Target
from reporting.check_report.draft import Draft, Passage
from reporting.check_report.published import Unit
from reporting.check_report.reading import DraftReader
from reporting.check_report.word import WordDraft

UNITS = [
    Unit("P", "示例省科协", "province", ""),
    Unit("C1", "青河市科协", "city", "P"),
    Unit("C2", "云岭市科学技术协会", "city", "P"),
    Unit("A1", "南桥县科协", "county", "C1"),
]
LECTURES, VOLUNTEERS, EXHIBITIONS = "sp_lecture_count", "vol_person_mobilized_count", "sp_exhibition_count"


def claims(draft: Draft) -> list[Claim]:
    return DraftReader(load(), UNITS, 2021).claims(draft)


def first_targets(text: str) -> list[tuple[str, Target | None]]:
    """Each quantity of a text with the figure that it is most likely of."""
    passages = tuple(Passage(line, number) for number, line in enumerate(text.split("\n"), 1))
    return [(claim.quantity.quote, next(iter(claim.targets), None)) for claim in claims(Draft(passages))]


def target(unit: str = "P", period: str = "2021", kind: Kind = Kind.VALUE, code: str = LECTURES) -> Target:
    return Target(unit, code, period, kind)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("举办科普讲座210场。", target()),
        ("全省举办科普讲座达到210场。", target()),
        ("省本级举办科普讲座210场。", target(kind=Kind.OWN)),
        ("如青河市举办科普讲座210场。", target("C1")),
        ("云岭市本级举办科普讲座210场。", target("C2", kind=Kind.OWN)),
        ("青河市着力强基层。举办科普讲座210场。", target("C1")),
        ("青河市在省科协支持下举办科普讲座210场。", target("C1")),
        ("南桥县成效明显，全省共举办科普讲座210场。", target()),
        ("2020年，全省举办科普讲座210场。", target(period="2020")),
        ("上年全省举办科普讲座210场。", target(period="2020")),
        ("印发《科学素质纲要（2021—2025年）》，举办科普讲座210场。", target()),
        ("2022年工作安排\n举办科普讲座210场。", target(period="2022", kind=Kind.PLAN)),
        ("下一步工作打算\n力争举办科普讲座210场以上。", target(period="2022", kind=Kind.PLAN)),
        ("2022年主要工作\n科普活动\n举办科普讲座210场。", target(period="2022", kind=Kind.PLAN)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_figure_is_of_whom_and_of_when_its_words_say(text: str, expected: Target) -> None:
    assert [found for _, found in first_targets(text)] == [expected]


@pytest.mark.parametrize(
    ("text", "sense", "base", "falls"),
    [
        ("举办科普讲座210场，比上年增长12%。", Sense.PERCENT, "2020", False),
        ("举办科普讲座210场，同比下降12.5%。", Sense.PERCENT, "2020", True),
        ("举办科普讲座210场，较2019年增加30场。", Sense.CHANGE, "2019", False),
        ("举办科普讲座210场，完成年度计划的96%。", Sense.OF_PLAN, "2021", False),
    ],
)
def test_a_change_is_of_the_figure_before_it_and_against_the_year_it_names(
    text: str, sense: Sense, base: str, falls: bool
) -> None:
    assert first_targets(text)[1][1] == Target("P", LECTURES, "2021", Kind.VALUE, sense, base, falls)


def test_a_change_without_a_figure_is_of_the_indicator_that_its_sentence_names() -> None:
    expected = Target("P", LECTURES, "2021", Kind.VALUE, Sense.PERCENT, "2020")
    assert first_targets("科普讲座比上年增长12%。") == [("12%", expected)]


def test_what_something_grew_from_is_last_years_and_what_it_grew_to_is_this_years() -> None:
    found = first_targets("科普讲座由上年的180场增加到210场。")
    assert found == [("180场", target(period="2020")), ("210场", target())]


def test_figures_and_changes_said_respectively_follow_in_order() -> None:
    found = first_targets("青河市、云岭市分别举办科普讲座210场、180场。")
    assert found == [("210场", target("C1")), ("180场", target("C2"))]
    text = "举办科普讲座210场，动员科技志愿者8.1万名，分别比上年增长12%和8%。"
    changes = [found for _, found in first_targets(text)][2:]
    assert [change and change.indicator_code for change in changes] == [LECTURES, VOLUNTEERS]


def test_several_units_together_are_a_sum_and_with_and_so_on_nobody_can_tell() -> None:
    (together,) = claims(Draft((Passage("青河市、云岭市共举办科普讲座390场。", 1),)))
    assert together.is_total
    assert [one.unit_code for one in together.targets] == ["C1", "C2"]
    (vague,) = claims(Draft((Passage("青河市、云岭市等地举办科普讲座390场。", 1),)))
    assert (vague.targets, bool(vague.unread)) == ((), True)


@pytest.mark.parametrize(
    "text",
    ["如××市举办科普讲座210场。", "每县举办科普讲座21场。", "五年来累计举办科普讲座2100场。", "举办科普讲座××场。"],
)
def test_what_nothing_published_can_answer_is_not_asked_about(text: str) -> None:
    assert [found for _, found in first_targets(text)] == [None]


def test_a_sentence_that_is_said_twice_is_checked_twice() -> None:
    assert first_targets("举办科普讲座210场。\n举办科普讲座210场。") == [("210场", target())] * 2


def test_a_figure_alone_in_a_cell_is_of_its_row_and_column() -> None:
    document = Document()
    document.add_paragraph("主要指标完成情况")
    for rows in (
        [("序号", "指标", "单位", "2021年", "上年", "比上年增长（%）"), ("1", "科普讲座", "场", "210", "180", "-16.7")],
        [("单位", "科普讲座（场）", "专题展览（次）"), ("青河市", "120", "31")],
    ):
        table = document.add_table(rows=0, cols=len(rows[0]))
        for row in rows:
            for cell, words in zip(table.add_row().cells, row, strict=True):
                cell.text = words
        document.add_paragraph()
    file = BytesIO()
    document.save(file)
    found = claims(WordDraft(file.getvalue()).draft)
    assert [(claim.place, claim.targets[0]) for claim in found] == [
        ("表 1 第 2 行第 4 列", target()),
        ("表 1 第 2 行第 5 列", target(period="2020")),
        ("表 1 第 2 行第 6 列", Target("P", LECTURES, "2021", Kind.VALUE, Sense.PERCENT, "2020", falls=True)),
        ("表 2 第 2 行第 2 列", target("C1")),
        ("表 2 第 2 行第 3 列", target("C1", code=EXHIBITIONS)),
    ]
