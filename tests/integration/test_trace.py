"""A published number is traced to the files behind it, to what was filed before and after, and to who approved it."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from kexie.database import acting
from kexie.errors import UserError
from kexie.roles import Role
from reporting.release import Approval, published_state, release
from reporting.trace import trace
from tests.conftest import NewDatabase
from tests.integration.office import Office

LECTURES = "sp_lecture_count"
EVENTS = "sp_five_entry_activity_count"
NOTED = "unit_code,form,period,indicator_code,scope,value,note\n"
RATE, PASSED, TAKEN = "tr_exam_pass_rate", "tr_exam_passed_count", "tr_exam_taken_count"


@pytest.fixture(scope="module")
def office(new_database: NewDatabase) -> Iterator[Office]:
    """A revised, and took back twice; after the release B drops a figure, and has one held until it gives a reason."""
    office = Office(new_database())
    office.send("A", f"2020 {LECTURES} 2", f"2021 {LECTURES} 10")
    office.take_back("A", "2020", "popularisation")
    office.send("A", f"2021 {LECTURES} 11", f"2021 {EVENTS} 3")
    office.take_back("A", "2021", "popularisation")
    office.send("A", f"2021 {LECTURES} 12", f"2021-Q3 {LECTURES} 4")
    office.send("B", f"2021 {LECTURES} 20", f"2021 {PASSED} 9", f"2021 {TAKEN} 10", f"2020 {EVENTS} 3")
    office.run()
    with acting(office.home, Role.PUBLISH) as engine, engine.begin() as connection:
        release(connection, published_state(connection, 2021), Approval("王主任", note="全委会报告用"))
    office.file("B", f"{NOTED}B,,2021,{EVENTS},own,90000,\n")
    office.file("B", f"{NOTED}B,,2021,{EVENTS},own,90000,含线上\n")
    office.run()
    yield office
    office.engine.dispose()


def lines(office: Office, unit: str, indicator: str, period: str = "2021", as_of: str | None = None) -> list[str]:
    """What trace prints, without the moments and the hashes."""
    with acting(office.home, Role.OFFICE) as engine:
        return [_timeless(line) for line in trace(engine, unit, indicator, period, as_of)]


def _timeless(line: str) -> str:
    return re.sub(r"[0-9a-f]{12}(?=）)", "…", re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", "某时", line))


def test_a_leaf_is_followed_by_the_submissions_before_it_and_what_became_of_each(office: Office) -> None:
    found = lines(office, "A", LECTURES)
    assert found == [
        "定稿 2021-1：12（王主任 某时 批准，全委会报告用）",
        "甲一县科协（A）12 场 [汇总数，已报 1/1]",
        "    └ 2021 12：A.csv 第 2 行（报送 4，某时 收到，…）",
        "        · 先前 10：A.csv 第 3 行（报送 2，某时 收到，…），已由报送 4 替代",
        "        · 先前 11：A.csv 第 2 行（报送 3，某时 收到，…），某时 撤回",
    ]


def test_a_number_of_a_release_is_traced_as_it_was_and_says_what_has_become_of_its_leaves(office: Office) -> None:
    found = lines(office, "C", LECTURES, as_of="2021-1")
    assert found[:3] == [
        "某时 已发布的数",
        "定稿 2021-1：32（王主任 某时 批准，全委会报告用）",
        "甲市科协（C）32 场 [部分汇总数，已报 2/3]，本级 无数",
    ]
    assert found[-2:] == [
        "        └ 2021 20：B.csv 第 2 行（报送 6，某时 收到，…）",
        "            · 本数已由报送 9 替代，其中不再报此数",
    ]
    assert lines(office, "C", LECTURES)[1] == "甲市科协（C）12 场 [部分汇总数，已报 1/3]，本级 无数"


def test_a_number_of_a_part_of_a_year_has_its_own_tree(office: Office) -> None:
    assert lines(office, "A", LECTURES, "2021-Q3")[1:] == [
        "甲一县科协（A）4 场 [汇总数，已报 1/1]",
        "    └ 2021-Q3 4：A.csv 第 3 行（报送 5，某时 收到，…）",
    ]


def test_the_leaves_of_a_ratio_say_which_part_they_are(office: Office) -> None:
    assert [line.strip() for line in lines(office, "B", RATE) if "└" in line] == [
        "└ 分母 2021 10：B.csv 第 4 行（报送 7，某时 收到，…）",
        "└ 分子 2021 9：B.csv 第 3 行（报送 7，某时 收到，…）",
    ]


def test_before_anything_was_published_there_is_nothing_to_trace(office: Office) -> None:
    with pytest.raises(
        UserError, match=f"^Neither unit A nor any below it has {LECTURES} in 2021 as published at 2020"
    ):
        lines(office, "A", LECTURES, as_of="2020-01-01")
    with pytest.raises(
        UserError, match=r"^'2021-9' is neither a moment, .*, nor a release: the releases are 2021-1\.$"
    ):
        lines(office, "A", LECTURES, as_of="2021-9")


def test_the_reason_given_for_a_figure_that_was_held_stands_with_it(office: Office) -> None:
    assert lines(office, "B", EVENTS)[2:] == [
        "    └ 2021 90,000：B.csv 第 2 行（报送 10，某时 收到，…），说明：含线上",
        "        · 先前 90,000（待说明，未计入）：B.csv 第 2 行（报送 9，某时 收到，…），已由报送 10 替代",
        "        · 核对：“科普“五进”活动场次”比上年增长 5000 倍以上，已收到说明“含线上”，"
        "数字照常汇总，说明随数上报。（B 报送）",
    ]


def test_the_office_reads_every_revision_of_a_cell_in_order(office: Office) -> None:
    with acting(office.home, Role.OFFICE) as engine, engine.connect() as connection:
        rows = connection.execute(text(REVISIONS)).all()
    assert [tuple(row) for row in rows] == [
        (1, 10, "replaced", 4, False, False),
        (2, 11, "withdrawn", 4, False, True),
        (3, 12, "in_force", None, False, False),
    ]


REVISIONS = f"""
    select revision, value, fate, replaced_by, is_dropped, withdrawn_at is not null
    from published.revisions
    where unit_code = 'A' and indicator_code = '{LECTURES}' and period = '2021' order by revision
"""
