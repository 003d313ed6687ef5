"""Relations between figures: on intervals, rounded, dated, and released by a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.load import load
from catalogue.model import FOREVER, Catalogue, DatedSeverity, Severities, Severity
from ingestion import checks
from ingestion.checks.results import Checked
from ingestion.context import Context
from ingestion.explanations import reason_in
from ingestion.observations import FileContent, Place, Reading
from ingestion.tree import Span, Tree

CATALOGUE = load()
FULL, PART, ALL = "org_fulltime_sp_staff_count", "org_parttime_sp_staff_count", "org_sp_staff_count"
PEOPLE, VISITS = "contest_participant_count", "contest_participant_persontimes"
ADDED = "contest_invalid_sum"
BUDGET, SPENT, RATE = "fin_budget_total", "fin_budget_executed", "fin_execution_rate"
_numbers = count(1)

Given = int | str | tuple[int | None, int, int | None]


def _checked(
    figures: dict[str, Given], period: str = "2021", note: str = "", wan: bool = False, catalogue: Catalogue = CATALOGUE
) -> Checked:
    tree = Tree([Span("A", "A科协", "county", "territorial", "", date(2000, 1, 1), FOREVER)], [])
    readings = []
    for line, (code, figure) in enumerate(figures.items(), start=2):
        at_least, point, at_most = figure if isinstance(figure, tuple) else (figure, figure, figure)
        value, low, high = (None if one is None else Decimal(one) for one in (point, at_least, at_most))
        entered_in = "万元" if wan and catalogue.indicators[code].measure == "元" else ""
        readings.append(
            Reading(
                "A",
                "",
                period,
                code,
                "own",
                "",
                "number",
                value,
                low,
                high,
                note,
                str(value),
                Place(line=line),
                entered_in,
            )
        )
    context = Context(catalogue, tree, date(2023, 1, 1))
    return checks.check(FileContent("csv", readings), context, "A", next(_numbers), str(next(_numbers)), _numbers)


def _codes(checked: Checked) -> list[str]:
    return [found.code for found in checked.findings]


def test_of_a_total_that_is_not_the_sum_the_sentence_names_every_figure_with_its_line() -> None:
    checked = _checked({FULL: 760, PART: 9678, ALL: 10439})
    (found,) = checked.findings
    assert (found.code, checked.outcome, found.place.line) == ("TOTAL_NOT_SUM", "accepted", 4)
    assert "760人，第 2 行" in found.sentence
    assert "相差 1人" in found.sentence
    assert _codes(_checked({FULL: 760, PART: 9678, ALL: 10438})) == []


def test_a_total_whose_part_is_blank_need_only_hold_what_is_there() -> None:
    assert _codes(_checked({FULL: 10, ALL: 100})) == []
    assert _codes(_checked({FULL: 110, ALL: 100})) == ["TOTAL_NOT_SUM"]


@given(low=st.integers(0, 40), width=st.integers(0, 40), part=st.integers(0, 100), total=st.integers(0, 120))
def test_a_total_is_doubted_exactly_where_no_truth_within_the_bounds_satisfies_it(
    low: int, width: int, part: int, total: int
) -> None:
    checked = _checked({FULL: (low, low, low + width), PART: part, ALL: total})
    holds = any(full + part == total for full in range(low, low + width + 1))
    assert ("TOTAL_NOT_SUM" not in _codes(checked)) == holds


def test_a_rate_is_held_against_its_parts_to_the_digit_to_which_it_was_rounded() -> None:
    parts: dict[str, Given] = {SPENT: "4614453.11", BUDGET: "4764453.11"}
    assert [_codes(_checked({**parts, RATE: rate})) for rate in ("96.85", "96.9", "97")] == [[], [], []]
    assert _codes(_checked({**parts, RATE: "96.8"})) == ["RATE_NOT_OF_PARTS"]


def test_what_was_entered_in_wan_yuan_is_taken_for_rounded() -> None:
    figures: dict[str, Given] = {BUDGET: 1040000, SPENT: 1040300}
    assert _codes(_checked(figures)) == ["PART_ABOVE_WHOLE"]
    assert _codes(_checked(figures, wan=True)) == []


def test_of_a_part_of_a_year_it_is_told_and_nothing_is_held() -> None:
    checked = _checked({BUDGET: 100, SPENT: 120}, period="2021-Q2")
    assert (_codes(checked), checked.outcome) == (["PART_ABOVE_WHOLE"], "accepted")


def test_a_reason_beside_any_of_the_figures_releases_them_and_is_kept() -> None:
    added: dict[str, Given] = {PEOPLE: 100, VISITS: 420, ADDED: 520}
    assert _checked(added).outcome == "held"
    checked = _checked(added, note="policy_changed")
    assert (_codes(checked), checked.outcome) == (["DOUBT_EXPLAINED"], "accepted")
    (kept,) = checked.submissions[0].explained
    said = (kept.finding_code, kept.reason_code, kept.reason)
    assert said == ("PERSONS_AND_VISITS_ADDED", "policy_changed", "政策调整")


def test_an_old_period_is_judged_as_it_was_then() -> None:
    dated = Severities(
        (DatedSeverity(date(2000, 1, 1), Severity.WARNING), DatedSeverity(date(2021, 1, 1), Severity.ERROR))
    )
    relation = replace(CATALOGUE.relations["executed_of_budget"], severities=dated)
    catalogue = replace(CATALOGUE, relations={**CATALOGUE.relations, relation.code: relation})
    outcomes = [_checked({BUDGET: 100, SPENT: 120}, year, catalogue=catalogue).outcome for year in ("2020", "2021")]
    assert outcomes == ["accepted", "rejected"]


@pytest.mark.parametrize(
    ("note", "code", "words"),
    [
        ("政策调整", "policy_changed", "政策调整"),
        ("large_event", "large_event", "大型活动"),
        ("大型活动：承办省科技节", "large_event", "大型活动：承办省科技节"),
        ("其他（写明）：换了统计人员", "other_reason", "其他：换了统计人员"),
        ("新增线上活动", "", "新增线上活动"),
    ],
)
def test_a_reason_is_one_of_the_list_or_words_of_ones_own(note: str, code: str, words: str) -> None:
    assert reason_in(note, CATALOGUE) == (code, words)


@pytest.mark.parametrize("note", ["", "  ", "其他", "其他（写明）", "other_reason", "其他：  "])
def test_other_without_words_is_no_reason(note: str) -> None:
    assert reason_in(note, CATALOGUE) is None
