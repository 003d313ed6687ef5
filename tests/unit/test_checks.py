"""Readings in, findings and observations out: the rules of checking, each by what it says and what it rejects."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import count

import pytest

from catalogue.load import load
from catalogue.model import FOREVER
from ingestion import checks
from ingestion.checks.results import Checked
from ingestion.context import Context
from ingestion.observations import FileContent, Place, Problem, Reading
from ingestion.tree import Event, Span, Tree

CATALOGUE = load()
START, MERGED = date(2000, 1, 1), date(2021, 7, 1)
COUNT, AREA, RATE = "sp_activity_count", "base_museum_area_sqm", "tr_exam_pass_rate"
NAMES = {code: CATALOGUE.indicators[code].name_zh for code in (COUNT, AREA, RATE)}


def _span(
    code: str, level: str, parent: str, end: date = FOREVER, start: date = START, kind: str = "territorial"
) -> Span:
    return Span(code, f"{code}科协", level, kind, parent, start, end)


def _tree() -> Tree:
    """P over C1 (over A, B, and until mid-2021 M) and C2 (over D, and from mid-2021 N, which took M over)."""
    spans = [
        _span("P", "province", ""),
        _span("C1", "city", "P"),
        _span("C2", "city", "P"),
        _span("A", "county", "C1"),
        _span("B", "county", "C1"),
        _span("D", "county", "C2"),
        _span("M", "county", "C1", end=MERGED),
        _span("N", "county", "C2", start=MERGED),
        _span("T", "township", "A"),
        _span("U", "city", "P", kind="university"),
    ]
    return Tree(spans, [Event(MERGED, "merge", "M", "N", Decimal(1))])


@pytest.fixture
def context() -> Context:
    return Context(CATALOGUE, _tree(), date(2022, 3, 1))


def _reading(
    value: object = 10,
    *,
    unit: str = "A",
    form: str = "",
    period: str = "2021",
    indicator: str = COUNT,
    scope: str = "",
    status: str = "",
    state: str = "number",
    low: object = "same",
    high: object = "same",
    note: str = "",
    raw: str = "",
    line: int = 2,
) -> Reading:
    def number(given: object) -> Decimal | None:
        given = value if given == "same" else given
        return None if given is None or state != "number" else Decimal(str(given))

    return Reading(
        unit, form, period, indicator, scope, status, state,
        number(value), number(low), number(high), note, raw, Place(line=line),
    )  # fmt: skip


_deliveries, _ids = count(1), count(1)


def _check(
    context: Context, readings: Iterable[Reading], submitter: str = "P", sha256: str = "", **file: object
) -> Checked:
    readings = list(readings)
    content = FileContent("csv", readings, **file)  # type: ignore[arg-type]
    delivery = next(_deliveries)
    return checks.check(content, context, submitter, delivery, sha256 or f"hash {delivery}", _ids)


def _codes(checked: Checked) -> list[str]:
    return [found.code for found in checked.findings]


def _accepted(checked: Checked) -> dict[tuple[str, str, str], bool]:
    return {submission.key: submission.is_accepted for submission in checked.submissions}


# ---- what is filled in


def test_form_scope_and_status_are_the_indicators_own_where_they_are_left_empty(context: Context) -> None:
    checked = _check(context, [_reading()])
    (submission,) = checked.submissions
    (observed,) = submission.observations
    assert submission.key == ("A", "popularisation", "2021")
    assert (observed.scope, observed.status) == ("own", "actual")
    assert checked.outcome == "accepted"


def test_each_unit_form_and_period_is_a_submission(context: Context) -> None:
    rows = [_reading(), _reading(unit="B"), _reading(period="2021-Q1"), _reading(indicator=AREA)]
    assert len(_check(context, rows).submissions) == 4


def test_a_figure_may_be_a_range_or_open(context: Context) -> None:
    rows = [_reading(None, low=3, high=5), _reading(30, high=None, scope="part")]
    assert _check(context, rows).outcome == "accepted"


@pytest.mark.parametrize("scope", ["jurisdiction", "joint_up", "joint_dept", "part"])
def test_every_other_scope_is_taken_without_a_word(context: Context, scope: str) -> None:
    assert _codes(_check(context, [_reading(scope=scope)])) == []


# ---- errors of a row


SYNTAX = [
    (_reading(-1), "NUMBER_NEGATIVE"),
    (_reading(10, low=11), "BOUNDS_CROSSED"),
    (_reading(None, low=6, high=5), "BOUNDS_CROSSED"),
    (_reading("1" + "0" * 15), "NUMBER_TOO_LONG"),
    (_reading("0.1234567", indicator=AREA), "NUMBER_TOO_LONG"),
    (_reading(scope="all"), "SCOPE_UNKNOWN"),
    (_reading(status="done"), "STATUS_UNKNOWN"),
    (_reading(state="unreadable", raw="十来场"), "NUMBER_UNREADABLE"),
    (_reading(state="formula_error", raw="#N/A"), "FORMULA_ERROR"),
    (_reading(state="formula_error", raw="=A1+B1"), "FORMULA_NEVER_COMPUTED"),
    (_reading(form="popularization"), "FORM_UNKNOWN"),
    (_reading(form="youth"), "INDICATOR_NOT_IN_FORM"),
    (_reading(form="youth", indicator="sp_activity_cnt"), "INDICATOR_UNKNOWN"),
    (_reading(unit="Z"), "UNIT_UNKNOWN"),
    (_reading(period="2021-13"), "PERIOD_UNREADABLE"),
    (_reading(period="2023"), "PERIOD_NOT_STARTED"),
    (_reading(unit="N", period="2020"), "UNIT_NOT_ALIVE"),
    (_reading(unit="M", period="2021-Q3"), "UNIT_NOT_ALIVE"),
]


@pytest.mark.parametrize(("reading", "code"), SYNTAX, ids=[f"{n} {code}" for n, (_, code) in enumerate(SYNTAX)])
def test_an_error_rejects_its_submission_and_no_other(context: Context, reading: Reading, code: str) -> None:
    checked = _check(context, [reading, _reading(unit="B", line=3)])
    assert _codes(checked) == [code]
    assert checked.outcome == "partly_rejected"
    assert _accepted(checked).pop(("B", "popularisation", "2021")) is True


@pytest.mark.parametrize("yuan", ["1" + "0" * 15, "0.1234567"])
def test_a_figure_too_long_is_told_how_long_it_may_be_in_the_unit_that_was_typed(context: Context, yuan: str) -> None:
    reading = _reading(yuan, indicator="fin_budget_total", raw="…万元")._replace(entered_in="万元")
    (found,) = _check(context, [reading]).findings
    assert "“…万元”位数太多，超过整数 11 位、小数 10 位" in found.sentence


def test_a_rejected_submission_keeps_no_figure_and_says_how_many_it_had(context: Context) -> None:
    (submission,) = _check(context, [_reading(), _reading(-1, indicator="sp_lecture_count", line=3)]).submissions
    assert (submission.is_accepted, submission.observations, submission.figures_read) == (False, [], 2)


def test_all_findings_of_a_file_come_at_once(context: Context) -> None:
    rows = [_reading(-1), _reading(scope="all", line=3), _reading(indicator="sp_lecture_count", status="done", line=4)]
    assert _codes(_check(context, rows)) == ["NUMBER_NEGATIVE", "SCOPE_UNKNOWN", "STATUS_UNKNOWN"]


def test_a_row_that_failed_a_phase_is_spared_the_later_ones(context: Context) -> None:
    assert _codes(_check(context, [_reading(-1, unit="U")])) == ["NUMBER_NEGATIVE"]


def test_a_repeat_names_the_first_place(context: Context) -> None:
    checked = _check(context, [_reading(line=2), _reading(status="actual", form="popularisation", line=7)])
    (found,) = checked.findings
    assert (found.code, found.place.line) == ("ROW_REPEATED", 7)
    assert "另一处在 第 2 行" in found.sentence


def test_the_nearest_indicator_is_named(context: Context) -> None:
    (found,) = _check(context, [_reading(indicator="sp_activity_cont")]).findings
    assert f"是不是“{COUNT}”（{NAMES[COUNT]}）" in found.sentence


# ---- rows of which nobody can tell where they belong


def test_an_unknown_indicator_without_a_form_rejects_all_of_its_unit_and_period(context: Context) -> None:
    rows = [
        _reading(),
        _reading(indicator=AREA),
        _reading(indicator="nonsense"),
        _reading(period="2020"),
        _reading(unit="B"),
    ]
    accepted = _accepted(_check(context, rows))
    assert [key[0] + key[2] for key, is_accepted in accepted.items() if not is_accepted] == ["A2021", "A2021"]
    assert [key[0] + key[2] for key, is_accepted in accepted.items() if is_accepted] == ["A2020", "B2021"]


def test_a_misspelt_form_rejects_the_form_its_figure_was_meant_for(context: Context) -> None:
    accepted = _accepted(_check(context, [_reading(), _reading(indicator="sp_lecture_count", form="popular")]))
    assert accepted == {("A", "popularisation", "2021"): False, ("A", "popular", "2021"): False}


@pytest.mark.parametrize("blank", ["unit", "period"])
def test_a_row_without_unit_or_period_rejects_what_it_might_belong_to(context: Context, blank: str) -> None:
    checked = _check(context, [_reading(), _reading(**{blank: ""})])  # type: ignore[arg-type]
    assert (_codes(checked), checked.outcome) == (["FIELD_BLANK"], "rejected")


# ---- the file as a whole


def test_a_problem_of_the_file_rejects_everything_in_it(context: Context) -> None:
    checked = _check(
        context, [_reading()], problems=[Problem("CSV_FIELD_COUNT", Place(line=3), {"found": "5", "expected": "6"})]
    )
    assert (checked.outcome, _codes(checked)) == ("rejected", ["CSV_FIELD_COUNT"])
    assert _accepted(checked) == {("A", "popularisation", "2021"): False}


def test_a_remark_of_the_reader_rejects_nothing(context: Context) -> None:
    problem = Problem("SHEET_NOT_RECOGNISED", Place(sheet="附件"), {"sheet": "附件"})
    assert _check(context, [_reading()], problems=[problem]).outcome == "accepted"


def test_a_rows_problem_that_says_what_it_files_rejects_only_that(context: Context) -> None:
    details = {"state": "missing", "unit_code": "A", "form": "", "period": "2021"}
    problem = Problem("STATE_UNKNOWN", Place(line=3), details)
    accepted = _accepted(_check(context, [_reading(), _reading(unit="B")], problems=[problem]))
    assert accepted == {("A", "popularisation", "2021"): False, ("B", "popularisation", "2021"): True}


def test_a_submission_of_which_no_row_could_be_read_is_rejected_and_not_missing(context: Context) -> None:
    details = {"state": "missing", "unit_code": "A", "form": "popularisation", "period": "2020"}
    checked = _check(context, [_reading()], problems=[Problem("STATE_UNKNOWN", Place(line=3), details)])
    assert _accepted(checked) == {("A", "popularisation", "2020"): False, ("A", "popularisation", "2021"): True}
    assert checked.outcome == "partly_rejected"
    assert [found.key for found in checked.findings] == [("A", "popularisation", "2020")]


def test_a_file_that_left_a_row_out_is_not_accepted_whole(context: Context) -> None:
    checked = _check(context, [_reading(unit="B", indicator="sp_none"), _reading()])
    assert _accepted(checked) == {("A", "popularisation", "2021"): True}
    assert (_codes(checked), checked.outcome) == (["INDICATOR_UNKNOWN"], "partly_rejected")


def test_a_submitter_nobody_knows_files_nothing(context: Context) -> None:
    checked = _check(context, [_reading()], submitter="Z")
    assert (checked.outcome, _codes(checked)) == ("rejected", ["SUBMITTER_UNKNOWN"])


def test_a_file_in_which_nothing_is_filed_is_rejected_with_a_reason(context: Context) -> None:
    checked = _check(context, [])
    assert (checked.outcome, _codes(checked)) == ("rejected", ["NOTHING_FILED"])


def test_a_file_beyond_the_limit_is_refused_by_its_size(context: Context) -> None:
    assert checks.too_large(context, 20_000_000) is None
    refused = checks.too_large(context, 20_000_001)
    assert refused is not None
    assert _codes(refused) == ["FILE_TOO_LARGE"]


# ---- who may file for whom


@pytest.mark.parametrize(
    ("submitter", "unit", "period", "may"),
    [
        ("A", "A", "2021", True),
        ("C1", "A", "2021", True),
        ("P", "A", "2021", True),
        ("C1", "T", "2021", True),
        ("A", "B", "2021", False),
        ("A", "C1", "2021", False),
        ("C2", "A", "2021", False),
        ("C1", "M", "2021", True),
        ("C2", "M", "2021", False),
        ("N", "M", "2020", True),
        ("N", "M", "2021-H1", True),
        ("M", "N", "2021", False),
        ("C2", "N", "2021", True),
        ("N", "A", "2021", False),
    ],
)
def test_a_unit_files_for_itself_its_subordinates_and_its_predecessors(
    context: Context, submitter: str, unit: str, period: str, may: bool
) -> None:
    checked = _check(context, [_reading(unit=unit, period=period)], submitter=submitter)
    assert ("OUTSIDE_SUBTREE" not in _codes(checked)) is may
    assert checked.outcome == ("accepted" if may else "rejected")


# ---- warnings


WARNINGS = [
    (_reading(10.5), "NOT_WHOLE"),
    (_reading(120, indicator=RATE), "PERCENTAGE_ABOVE_LIMIT"),
    (_reading(status="plan"), "STATUS_NOT_LISTED"),
    (_reading(unit="U"), "UNIT_NOT_ASKED"),
    (_reading(unit="T"), "UNIT_NOT_ASKED"),
]


@pytest.mark.parametrize(("reading", "code"), WARNINGS, ids=[f"{n} {code}" for n, (_, code) in enumerate(WARNINGS)])
def test_what_is_merely_odd_passes_with_a_warning(context: Context, reading: Reading, code: str) -> None:
    checked = _check(context, [reading])
    assert checked.outcome == "accepted"
    assert code in _codes(checked)


def test_a_masked_figure_is_told_and_kept(context: Context) -> None:
    checked = _check(context, [_reading(state="redacted")])
    assert (_codes(checked), checked.outcome) == (["FIGURE_REDACTED"], "accepted")


def test_a_blank_form_is_filed_with_a_warning(context: Context) -> None:
    checked = _check(context, [], filed=[("A", "popularisation", "2021")])
    assert (_codes(checked), checked.outcome) == (["NO_FIGURES"], "accepted")


# ---- beside last year


def _after(context: Context, *last_year: Reading) -> None:
    assert _check(context, last_year).outcome == "accepted"


@pytest.mark.parametrize(
    ("last", "value", "code"),
    [
        (10, 49_999, "ZEROS_TOO_MANY"),
        (10, 50_000, "TEN_THOUSAND_FOLD"),
        (0, 50_000, ""),
        (50_000, 0, "ZERO_AFTER_FIGURE"),
    ],
)
def test_a_figure_out_of_all_proportion_to_last_years_is_held(
    context: Context, last: int, value: int, code: str
) -> None:
    _after(context, _reading(last, period="2020"))
    checked = _check(context, [_reading(value), _reading(7, indicator="sp_banner_count")])
    is_held = code == "TEN_THOUSAND_FOLD"
    assert _codes(checked) == ([code] if code else [])
    assert checked.outcome == ("held" if is_held else "accepted")
    assert [observed.is_held for observed in checked.submissions[0].observations] == [is_held, False]


@pytest.mark.parametrize(("value", "codes"), [(10, ["TEN_THOUSANDTH"]), (11, ["ZEROS_TOO_FEW"])])
def test_a_figure_as_far_below_last_years_is_told_and_counts(context: Context, value: int, codes: list[str]) -> None:
    _after(context, _reading(50_000, period="2020"))
    checked = _check(context, [_reading(value)])
    assert (checked.outcome, _codes(checked)) == ("accepted", codes)
    assert [observed.is_held for observed in checked.submissions[0].observations] == [False]


@pytest.mark.parametrize(("value", "codes"), [(1, []), (94, []), (500, []), (9400, ["ZEROS_TOO_MANY"])])
def test_a_rank_or_score_may_move_far_but_not_by_two_zeros(context: Context, value: int, codes: list[str]) -> None:
    _after(context, _reading(94, period="2020", indicator="contest_rank"))
    checked = _check(context, [_reading(value, indicator="contest_rank")])
    assert [code for code in _codes(checked) if code.startswith(("ZEROS", "FIGURE"))] == codes


def test_a_reason_lets_it_pass_and_is_told(context: Context) -> None:
    _after(context, _reading(1, period="2020"))
    checked = _check(context, [_reading(9_000, note="新增线上活动")])
    assert (checked.outcome, _codes(checked)) == ("accepted", ["TEN_THOUSAND_FOLD_EXPLAINED"])
    assert "新增线上活动" in checked.findings[0].sentence


def test_scopes_are_compared_each_with_its_own(context: Context) -> None:
    _after(context, _reading(10, period="2020", scope="jurisdiction"))
    assert _check(context, [_reading(50_000)]).outcome == "accepted"
    assert _check(context, [_reading(50_000, scope="jurisdiction")]).outcome == "held"


def test_a_quarter_is_compared_with_the_same_quarter_else_with_the_year(context: Context) -> None:
    _after(context, _reading(100, period="2020"), _reading(1, period="2020-Q2"))
    assert _check(context, [_reading(9_000, period="2021-Q2")]).outcome == "held"
    assert _check(context, [_reading(9_000, period="2021-Q1")]).outcome == "accepted"
    assert _check(context, [_reading(900_000, period="2021-Q1")]).outcome == "held"


def test_a_small_part_of_last_years_whole_is_not_doubted(context: Context) -> None:
    _after(context, _reading(90_000, period="2020"))
    assert _check(context, [_reading(1, period="2021-01")]).outcome == "accepted"


def test_a_held_figure_is_no_measure_for_the_next_year(context: Context) -> None:
    _after(context, _reading(1, period="2019"))
    assert _check(context, [_reading(90_000, period="2020")]).outcome == "held"
    assert _check(context, [_reading(1, period="2021")]).outcome == "accepted"


def test_years_in_one_file_are_compared_whatever_their_order(context: Context) -> None:
    checked = _check(context, [_reading(50_000, period="2021"), _reading(10, period="2020")])
    assert (_codes(checked), checked.outcome) == (["TEN_THOUSAND_FOLD"], "held")


# ---- revisions and repeats


def test_a_revision_lists_what_it_dropped(context: Context) -> None:
    first = _check(context, [_reading(), _reading(5, scope="part"), _reading(indicator="sp_lecture_count")])
    revised = _check(context, [_reading(indicator="sp_lecture_count")])
    (found,) = revised.findings
    assert found.code == "REVISION_DROPPED"
    assert f"编号 {first.submissions[0].submission_id}" in found.sentence
    assert f"2 个数已撤下：{NAMES[COUNT]}、{NAMES[COUNT]}（其中项）。" in found.sentence


def test_a_rejected_revision_drops_nothing(context: Context) -> None:
    _check(context, [_reading(), _reading(indicator="sp_lecture_count")])
    assert _codes(_check(context, [_reading(-1)])) == ["NUMBER_NEGATIVE"]


def test_bytes_in_force_are_a_no_op_and_superseded_ones_are_not(context: Context) -> None:
    assert _check(context, [_reading(1)], sha256="one").outcome == "accepted"
    assert _check(context, [_reading(1)], sha256="one").outcome == "duplicate"
    assert _check(context, [_reading(2)], sha256="two").outcome == "accepted"
    assert _check(context, [_reading(1)], sha256="one").outcome == "accepted"
    assert _check(context, [_reading(1)], sha256="one").outcome == "duplicate"


def test_the_same_bytes_of_another_submitter_are_a_submission(context: Context) -> None:
    _check(context, [_reading(1)], sha256="one", submitter="A")
    assert _check(context, [_reading(1)], sha256="one", submitter="C1").outcome == "accepted"


def test_rejected_bytes_sent_again_are_judged_again(context: Context) -> None:
    for _ in range(2):
        assert _check(context, [_reading(-1)], sha256="bad").outcome == "rejected"


# ---- hostile words


def test_other_peoples_words_cannot_break_a_sentence(context: Context) -> None:
    rows = [
        _reading(state="unreadable", raw="{unit_code}\r\n一、已受理\u202e" + "长" * 500),
        _reading(unit="{x}\n", line=3),
        _reading(indicator="{0}", line=4),
        _reading(form="{form}", line=5),
    ]
    for found in _check(context, rows).findings:
        assert "\n" not in found.sentence
        assert len(found.sentence) < 800
