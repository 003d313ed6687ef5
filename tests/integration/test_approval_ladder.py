"""The approval ladder: who approves in which order, what a revision drops, and what becomes of figures that wait."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from catalogue.load import load as load_catalogue
from ingestion.approval_lists import waiting
from ingestion.approve import Approved, approve
from ingestion.returns import give_back
from ingestion.units import load as load_units
from kexie.database import acting
from kexie.errors import UserError
from kexie.roles import Role
from reporting.release import Approval, Release, published_state, release
from reporting.release_changes import asked_about
from reporting.release_check import verify
from reporting.trace import trace
from tests.conftest import NewDatabase
from tests.integration.office import UNITS, Office

LECTURES = "sp_lecture_count"
FORM = "popularisation"
HEADER = "form,level,unit_type,steps,unapproved,valid_from,valid_to\n"
ALL_THE_WAY = f"{FORM},,,own city province,keep_out,2021-01-01,\n"


def ask_for_approval(office: Office, *rules: str) -> list[int]:
    """The rules of the province's ladder from now on; the years whose figures they may move."""
    folder = office.home.root / "units"
    folder.mkdir(exist_ok=True)
    (folder / "units.csv").write_text(UNITS, encoding="utf-8")
    (folder / "approval_rules.csv").write_text(HEADER + "".join(rules), encoding="utf-8")
    with acting(office.home, Role.INGEST) as engine:
        return load_units(engine, folder).years_touched


def accept(office: Office, submission: int, unit: str, by: str = "办公室", note: str = "") -> Approved:
    with acting(office.home, Role.INGEST) as engine:
        return approve(office.home, engine, load_catalogue(), submission, unit, by, note)


def answers(office: Office, query: str) -> list[tuple[Any, ...]]:
    with acting(office.home, Role.OFFICE) as engine, engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def status(office: Office, columns: str, unit: str = "A") -> tuple[Any, ...]:
    (found,) = answers(
        office,
        f"select {columns} from published.reporting_status "
        f"where unit_code = '{unit}' and form = '{FORM}' and period = '2021'",
    )
    return found


def notices(office: Office, unit: str) -> list[str]:
    return [path.read_text("utf-8-sig") for path in sorted((office.home.outbox / unit).glob("*审核通知*"))]


def test_approval_goes_up_unit_by_unit_and_no_other_way(office: Office) -> None:
    ask_for_approval(office, ALL_THE_WAY)
    office.send("A", f"2021 {LECTURES} 10")
    refused = [
        ("C", "It is not yet for C to approve submission 1: A is next."),
        ("B", "B does not approve submission 1: A, then C, then P do, and A is next."),
    ]
    for unit, sentence in refused:
        with pytest.raises(UserError, match=sentence):
            accept(office, 1, unit)
    assert accept(office, 1, "A") == Approved(2021, "own", "C")
    with pytest.raises(UserError, match=r"A has approved submission 1 already \(办公室 on .*\); C is next."):
        accept(office, 1, "A")
    assert accept(office, 1, "C") == Approved(2021, "city", "P")
    assert accept(office, 1, "P") == Approved(2021, "province", "")
    with pytest.raises(UserError, match="Submission 1 is approved to its last step already"):
        accept(office, 1, "P")


def test_a_step_without_a_unit_falls_away(office: Office) -> None:
    ask_for_approval(office, f"{FORM},,,county city province,keep_out,2021-01-01,\n")
    office.send("A", f"2021 {LECTURES} 10")
    office.send("C", f"2021 {LECTURES} 10")
    office.send("P", f"2021 {LECTURES} 10")
    assert accept(office, 1, "C").awaits == "P"
    assert accept(office, 2, "P").awaits == ""
    with pytest.raises(UserError, match="Submission 3 needs no approval"):
        accept(office, 3, "P")


@pytest.mark.parametrize(("by", "note"), [("", ""), (" \n", ""), ("人" * 501, ""), ("办公室", "长" * 501)])
def test_who_approves_says_who_they_are_and_no_novel(office: Office, by: str, note: str) -> None:
    with pytest.raises(UserError, match="Say who approves, in 1 to 500 characters"):
        accept(office, 1, "C", by, note)


def test_a_successor_approves_for_the_unit_it_came_of(office: Office) -> None:
    ask_for_approval(office, f"{FORM},county,,city province,keep_out,2021-01-01,\n")
    office.send("A", f"2021 {LECTURES} 10")
    rows = UNITS.replace(
        "C,甲市科协,city,territorial,P,2000-01-01,", "C,甲市科协,city,territorial,P,2000-01-01,2022-01-01"
    )
    rows = rows.replace("territorial,C,2000-01-01,", "territorial,C,2000-01-01,2022-01-01")
    rows += "D,甲新市科协,city,territorial,P,2022-01-01,\n"
    rows += "".join(f"{unit},{unit}县科协,county,territorial,D,2022-01-01,\n" for unit in "AB")
    folder = office.home.root / "units"
    (folder / "units.csv").write_text(rows, encoding="utf-8")
    (folder / "unit_events.csv").write_text(
        "event_date,kind,from_code,to_code,weight\n2022-01-01,rename,C,D,1\n", encoding="utf-8"
    )
    with acting(office.home, Role.INGEST) as engine:
        load_units(engine, folder)
        assert len(waiting(engine, load_catalogue(), "D")) == 1
    assert accept(office, 1, "D").awaits == "P"


def test_what_waits_for_a_unit_is_listed_in_turn(office: Office) -> None:
    ask_for_approval(office, f"{FORM},,,city province,keep_out,2021-01-01,\n")
    office.send("A", f"2021 {LECTURES} 10")
    office.send("B", f"2022 {LECTURES} 10")
    accept(office, 1, "C")
    with acting(office.home, Role.INGEST) as engine:
        listed = {unit: waiting(engine, load_catalogue(), unit) for unit in ("A", "C", "P")}
        assert waiting(engine, load_catalogue(), "C", "2021") == []
        with pytest.raises(UserError, match="There is no unit X"):
            waiting(engine, load_catalogue(), "X")
    assert listed["A"] == []
    (at_city,), (at_province,) = listed["C"], listed["P"]
    assert at_city.startswith("报送 2：甲二县科协（B），")
    assert "A.csv" in at_province
    assert at_province.endswith("，C已审核")


def test_each_approver_has_a_list_of_what_waits_that_is_always_up_to_date(office: Office) -> None:
    ask_for_approval(office, f"{FORM},,,city province,keep_out,2021-01-01,\n")
    office.send("A", f"2021 {LECTURES} 10")

    def lists() -> dict[str, list[str]]:
        found = {path.parent.name: path.read_text("utf-8-sig") for path in office.home.outbox.glob("*/待审核.txt")}
        return {unit: re.findall(r"报送 \d+|现在没有等待审核的报送", said) for unit, said in found.items()}

    assert lists() == {"C": ["报送 1"]}
    office.send("B", f"2021 {LECTURES} 10")
    assert lists() == {"C": ["报送 1", "报送 2"]}
    accept(office, 1, "C")
    assert lists() == {"C": ["报送 2"], "P": ["报送 1"]}
    (office.home.outbox / "C" / "待审核.txt").unlink()
    office.send("A", f"2021 {LECTURES} 11")
    assert lists() == {"C": ["报送 3", "报送 2"], "P": ["现在没有等待审核的报送"]}


def test_the_county_is_told_of_each_approval_and_by_its_receipt_who_will_approve(office: Office) -> None:
    ask_for_approval(office, f"{FORM},,,city province,keep_out,2021-01-01,\n")
    office.send("A", f"2021 {LECTURES} 10")
    assert "须经甲市科协（C）、示例省科协（P）依次审核，审核完毕之前暂不计入汇总。" in office.receipts("A")[0]
    accept(office, 1, "C", "市科协普及部", "与名单相符")
    accept(office, 1, "P")
    first, last = notices(office, "A")[::-1]
    for said in ("审核单位：甲市科协（C）（市级审核）", "审核人：市科协普及部", "审核意见：与名单相符"):
        assert said in first
    assert "等待示例省科协（P）审核，审核完毕之前暂不计入汇总。" in first
    assert "这次报送已逐级审核完毕，数计入汇总。" in last


def test_a_notice_that_a_crash_prevented_is_written_with_the_next_receipts(office: Office) -> None:
    ask_for_approval(office, f"{FORM},,,city province,keep_out,2021-01-01,\n")
    office.send("A", f"2021 {LECTURES} 10")
    accept(office, 1, "C")
    (notice,) = notices(office, "A")
    for path in (office.home.outbox / "A").glob("*审核通知*"):
        path.unlink()
    with office.engine.begin() as connection:
        connection.execute(text("update landing.approval set notice_written_at = null"))
    office.send("B", f"2021 {LECTURES} 10")
    assert notices(office, "A") == [notice]


def test_a_revision_drops_the_approvals_and_says_so_and_what_is_withdrawn_gives_them_back(office: Office) -> None:
    ask_for_approval(office, f"{FORM},,,city province,keep_out,2021-01-01,\n")
    office.send("A", f"2021 {LECTURES} 10")
    assert status(office, "approval, approved_step, awaits, is_approval_dropped") == ("waiting", None, "C", False)
    accept(office, 1, "C", "市科协普及部")
    assert status(office, "approval, approved_step, awaits") == ("underway", "city", "P")
    accept(office, 1, "P")
    assert status(office, "approval, approved_step, awaits, is_approval_dropped") == (
        *("approved", "province", None, False),
    )
    office.send("A", f"2021 {LECTURES} 11")
    assert "上次报送（编号 1）已审核（甲市科协 市科协普及部，" in office.receipts("A")[-1]
    assert "本次改报使审核失效" in office.receipts("A")[-1]
    assert status(office, "approval, awaits, is_approval_dropped") == ("waiting", "C", True)
    with pytest.raises(UserError, match="Submission 1 is no longer in force: a later one replaced it"):
        accept(office, 1, "C")
    office.take_back("A", "2021", FORM)
    assert status(office, "approval, is_approval_dropped") == ("approved", False)
    assert answers(office, "select revision, step, approved_by, is_in_force from approvals order by approval_seq") == [
        (1, "city", "市科协普及部", True),
        (1, "province", "办公室", True),
    ]


def test_what_is_rejected_withdrawn_or_returned_is_not_approved(office: Office) -> None:
    ask_for_approval(office, f"{FORM},,,city province,keep_out,2021-01-01,\n")
    office.send("A", f"2021 {LECTURES} 10")
    with acting(office.home, Role.INGEST) as engine:
        give_back(office.home, engine, 1, "C", "场次不对")
    with pytest.raises(UserError, match="Submission 1 was already returned by C on"):
        accept(office, 1, "C")
    with pytest.raises(UserError, match="There is no submission 9"):
        accept(office, 9, "C")


REFUSED = [
    ("taxes,,,own,mark,2021-01-01,\n", "form 'taxes' is unknown"),
    (",village,,own,mark,2021-01-01,\n", "level 'village' is unknown"),
    (",,club,own,mark,2021-01-01,\n", "unit_type 'club' is unknown"),
    (",,,village,mark,2021-01-01,\n", "steps 'village' is unknown; use one of: own, county, city, province"),
    (",,,city own,mark,2021-01-01,\n", "steps must go up, each once, in this order: own, county, city, province"),
    (",,,city,,2021-01-01,\n", "unapproved must say what becomes of figures that wait; use one of: keep_out, mark"),
    (",,,city,later,2021-01-01,\n", "unapproved 'later' is unknown"),
    (",,,,mark,2021-01-01,\n", "unapproved says what becomes of figures that wait for a step, but steps is empty"),
    (",,,city,mark,,\n", "valid_from '' is no day"),
    (",,,city,mark,2021-01-01,2021-01-01\n", "valid_to 2021-01-01 must be after valid_from 2021-01-01"),
]


@pytest.fixture(scope="module")
def shared(new_database: NewDatabase) -> Iterator[Office]:
    office = Office(new_database())
    yield office
    office.engine.dispose()


@pytest.mark.parametrize(("rule", "sentence"), REFUSED, ids=[sentence[:40] for _, sentence in REFUSED])
def test_a_mistake_in_the_rules_is_named_and_nothing_is_loaded(shared: Office, rule: str, sentence: str) -> None:
    with pytest.raises(UserError, match=rf"approval_rules.csv, line 2: {sentence}"):
        ask_for_approval(shared, rule)
    assert answers(shared, "select 1 from published.working_figures") == []


def figure(office: Office, unit: str) -> tuple[Any, ...]:
    (found,) = answers(
        office,
        "select value, units_reported from published.indicator_values "
        f"where unit_code = '{unit}' and indicator_code = '{LECTURES}' and period = '2021'",
    )
    return found


def released(office: Office) -> Release:
    with acting(office.home, Role.PUBLISH) as engine, engine.begin() as connection:
        return release(connection, published_state(connection, 2021), Approval("省科协办公室"))


def asked(office: Office) -> str:
    with acting(office.home, Role.PUBLISH) as engine:
        return "\n".join(asked_about(engine, 2021).lines)


def reasons(office: Office, publication: int) -> list[tuple[Any, ...]]:
    """Why the city's lectures changed with a publication."""
    return answers(
        office,
        "select reason, term from published.publication as last "
        f"join published.publication as before on before.publication_id = {publication - 1} "
        "cross join lateral published.changes("
        f"before.published_at, last.published_at, 'C', '{LECTURES}', '2021') where last.publication_id = {publication} "
        "order by reason",
    )


def test_what_waits_is_kept_out_or_let_in_with_a_mark_as_the_province_asks(office: Office) -> None:
    office.send("A", f"2021 {LECTURES} 10")
    office.send("B", f"2021 {LECTURES} 20")
    assert answers(office, "select 1 from working_figures") == []
    assert ask_for_approval(office, f"{FORM},county,,city,keep_out,2021-01-01,\n") == [2021]
    accept(office, 1, "C")
    office.run()
    assert figure(office, "C") == (10, 1)
    office.follow_up()
    assert "20场：未计入汇总，尚待上级审核" in office.receipts("B")[0]
    working = "select unit_code, indicator_code, value, is_counted, next_approver_code, file_name, line"
    assert answers(office, f"{working} from working_figures") == [("B", LECTURES, 20, False, "C", "B.csv", 2)]
    assert "现在有 1 个单位的 1 次报送没有审核完毕，没有计入" in asked(office)

    # A revision is not approved, and what it replaced does not come back for that.
    accept(office, 2, "C")
    office.send("A", f"2021 {LECTURES} 11")
    office.run()
    assert figure(office, "C") == (20, 1)
    office.follow_up()
    assert "20场：甲市科协 20场（应报 3 家，已报 1 家）" in office.receipts("B")[0]
    assert reasons(office, 2) == [("correction", -10), ("new_filing", 20)]
    assert answers(office, "select 1 from unapproved_figures") == []

    assert ask_for_approval(office, f"{FORM},county,,city,mark,2021-01-01,\n") == [2021]
    office.run()
    assert figure(office, "C") == (31, 2)
    marked = (
        "select unit_code, units_unapproved, submission_ids from {} where indicator_code = '{}' and period = '2021'"
    )
    of_lectures = marked.format("{}", LECTURES) + " order by unit_code"
    resting = [(unit, 1, [3]) for unit in "ACP"]
    assert answers(office, of_lectures.format("unapproved_figures")) == resting
    assert answers(office, "select value, is_counted from working_figures") == [(11, True)]
    assert "含有未审核完毕的报送的数 " in asked(office)
    assert released(office).manifest["contents"]["release_unapproved"]["rows"] > 0

    # Nothing but the mark goes, which is reason enough to release the year again.
    accept(office, 3, "C")
    office.run()
    assert answers(office, of_lectures.format("unapproved_figures")) == []
    assert "未审核" not in asked(office)
    assert released(office).manifest["contents"]["release_unapproved"]["rows"] == 0
    assert answers(office, of_lectures.format("release_unapproved")) == resting
    with acting(office.home, Role.PUBLISH) as engine, engine.begin() as connection:
        with pytest.raises(DBAPIError, match="A release is never changed"):
            connection.exec_driver_sql(
                "insert into published.release_unapproved select '2021-2', unit_code, unit_name, unit_level, "
                "indicator_code, indicator_name, period, units_unapproved, submission_ids, opened_by, row_hash "
                "from published.release_unapproved limit 1"
            )
        connection.rollback()
    with acting(office.home, Role.OFFICE) as engine:
        traced = list(trace(engine, "A", LECTURES, "2021"))
        assert any("· 市级审核 甲市科协（C）办公室 " in line for line in traced)
        assert not any("市级审核" in line for line in trace(engine, "A", LECTURES, "2021", "2021-1"))
    said: list[str] = []
    with acting(office.home, Role.PUBLISH) as engine:
        verify(engine, 2021, said.append)
    assert [line.split(" ", 1)[0] for line in said] == ["2021-1", "2021-2"]


def test_a_rule_for_another_time_form_or_kind_of_unit_asks_nothing_of_others(office: Office) -> None:
    ask_for_approval(
        office,
        f"{FORM},,,city,keep_out,2022-01-01,\n",
        "youth,,,city,keep_out,2021-01-01,\n",
        f"{FORM},city,,province,keep_out,2021-01-01,2022-01-01\n",
        f"{FORM},,university,city,keep_out,2021-01-01,\n",
    )
    office.send("A", f"2021 {LECTURES} 10")
    assert status(office, "approval, awaits, is_approval_dropped") == (None, None, None)
    with pytest.raises(UserError, match="Submission 1 needs no approval: no rule of the approval ladder fits it"):
        accept(office, 1, "C")


def test_the_last_rule_that_fits_holds_and_may_ask_for_nothing(office: Office) -> None:
    ask_for_approval(office, ",,,city,keep_out,2021-01-01,\n", f"{FORM},county,,,,2021-01-01,\n")
    office.send("A", f"2021 {LECTURES} 10")
    assert status(office, "approval") == (None,)
