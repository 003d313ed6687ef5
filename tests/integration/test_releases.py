"""A year frozen after approval stays as it was approved, whoever tries, and says what has become of it since."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError

from catalogue.load import load as load_catalogue
from kexie.database import acting
from kexie.errors import UserError
from kexie.program import revision
from kexie.roles import LOGINS, Role
from reporting.release import Approval, Release, fingerprint, last_release, named_release, published_state, release
from reporting.release_changes import Question, question
from reporting.release_check import wrong
from tests.conftest import NewDatabase
from tests.integration.office import Office

LECTURES = "sp_lecture_count"
SOCIETIES = "org_society_count"
FIVE_ENTRY = "sp_five_entry_activity_count"

FROZEN = ("releases", "release_values", "release_lines", "release_unapproved", "release_leaves")


@dataclass
class Story:
    """What one office released of 2021, what was asked before each approval, and what was corrected in between."""

    office: Office
    releases: list[Release] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)

    def approve(self, by: str, note: str = "") -> None:
        self.asked.append(self.question())
        with acting(self.office.home, Role.PUBLISH) as engine, engine.begin() as connection:
            self.releases.append(release(connection, published_state(connection, 2021), Approval(by, note=note)))

    def question(self, publication_id: int | None = None) -> Question:
        with acting(self.office.home, Role.PUBLISH) as engine, engine.connect() as connection:
            return question(connection, published_state(connection, 2021, publication_id))

    def ask(self, query: str, **bound: object) -> list[Row[Any]]:
        with acting(self.office.home, Role.OFFICE) as engine, engine.connect() as connection:
            return list(connection.execute(text(query), bound).all())


@pytest.fixture(scope="module")
def story(new_database: NewDatabase) -> Iterator[Story]:
    office = Office(new_database())
    story = Story(office)
    office.send("A", f"2020 {LECTURES} 5")
    office.send("A", f"2021 {LECTURES} 10", f"2021 {SOCIETIES} 3", f"2021-Q3 {LECTURES} 4")
    office.send("B", f"2021 {LECTURES} 20")
    office.run()
    story.approve("王主任", "全委会报告用")
    office.send("B", f"2021 {LECTURES} 22")
    office.run()
    story.approve("李主任")
    office.take_back("A", "2021", "organisation")
    office.send("B", f"2021 {LECTURES} 25", f"2021 {FIVE_ENTRY} 7")
    office.run()
    yield story
    office.engine.dispose()


def printed(story: Story, name: str, indicator: str) -> dict[tuple[str, str], Decimal | None]:
    rows = story.ask(
        "select unit_code, period, value from published.release_values "
        "where release_name = :name and indicator_code = :indicator",
        name=name,
        indicator=indicator,
    )
    return {(row.unit_code, row.period): row.value for row in rows}


def test_a_release_is_named_after_its_year_and_number_and_says_who_approved_what_and_when(story: Story) -> None:
    rows = story.ask("select release_name, period, approved_by, note from published.releases order by approved_at")
    assert [tuple(row) for row in rows] == [
        ("2021-1", "2021", "王主任", "全委会报告用"),
        ("2021-2", "2021", "李主任", ""),
    ]


def test_a_release_holds_every_figure_and_line_of_its_year_and_the_parts_of_it_and_no_other_year(story: Story) -> None:
    for one in story.releases:
        for copy, view in (
            ("release_values", "(select * from published.indicator_values_history) as history"),
            ("release_lines", "(select * from published.report_lines_history) as history"),
        ):
            expected = story.ask(
                f"select count(*) as rows from {view} where left(period, 4) = '2021' and opened_by <= :publication "
                "and coalesce(closed_by > :publication, true)",
                publication=one.publication_id,
            )
            found = story.ask(f"select count(*) as rows from published.{copy} where release_name = '{one.name}'")
            assert found == expected != [(0,)]
    assert printed(story, "2021-1", LECTURES)["A", "2021-Q3"] == 4


def test_a_second_release_leaves_the_first_where_it_was(story: Story) -> None:
    assert printed(story, "2021-1", LECTURES)["P", "2021"] == 30
    assert printed(story, "2021-2", LECTURES)["P", "2021"] == 32


def test_as_of_the_moment_of_a_release_is_what_it_holds(story: Story) -> None:
    for one in story.releases:
        rows = story.ask(
            """
            select then_published.unit_code, then_published.indicator_code, then_published.period,
                then_published.value, low, high, basis, units_reported
            from published.releases
            cross join lateral published.as_of(releases.published_at) as then_published
            where release_name = :name and left(then_published.period, 4) = releases.period
            except
            select unit_code, indicator_code, period, value, low, high, basis, units_reported
            from published.release_values where release_name = :name
            """,
            name=one.name,
        )
        assert rows == []


def test_the_manifest_says_what_is_in_the_release_and_by_which_catalogue_and_program(story: Story) -> None:
    (first, second) = story.releases
    assert first.manifest["catalogue"] == load_catalogue().version
    assert first.manifest["program"] == revision()
    assert (first.manifest["approved_by"], first.manifest["note"]) == ("王主任", "全委会报告用")
    assert datetime.fromisoformat(first.manifest["approved_at"]) == first.approved_at
    for name in ("release_values", "release_lines", "release_leaves"):
        (counted,) = story.ask(f"select count(*) as rows from published.{name} where release_name = '2021-1'")
        assert first.manifest["contents"][name]["rows"] == counted.rows > 0
    assert first.manifest["contents"]["tree_closure"] == second.manifest["contents"]["tree_closure"]
    assert first.manifest["contents"]["release_values"] != second.manifest["contents"]["release_values"]
    assert first.manifest["sha256"] == fingerprint(first.manifest) != second.manifest["sha256"]


def test_a_row_that_did_not_change_has_the_same_hash_in_both_releases(story: Story) -> None:
    rows = story.ask(
        """
        select unit_code, indicator_code, first.row_hash = second.row_hash as is_same
        from published.release_values as first
        join published.release_values as second using (unit_code, indicator_code, period)
        where first.release_name = '2021-1' and second.release_name = '2021-2' and period = '2021'
        """
    )
    assert {(row.unit_code, row.indicator_code) for row in rows if not row.is_same} == {
        (unit, LECTURES) for unit in ("B", "C", "P")
    }


def test_what_did_we_print_and_what_do_we_know_now_is_one_query(story: Story) -> None:
    rows = story.ask(PRINTED_AND_NOW, release="2021-1", indicator=LECTURES)
    assert [tuple(row) for row in rows] == [("2021-1", 30, 35, 5)]


PRINTED_AND_NOW = """
    select release_name, printed.value as printed, now.value as now, now.value - printed.value as difference
    from published.releases
    cross join lateral published.as_of(releases.published_at) as printed
    join published.indicator_values as now
        on now.unit_code = printed.unit_code and now.indicator_code = printed.indicator_code
        and now.period = printed.period
    where release_name = :release and now.period = releases.period
        and now.unit_code = 'P' and now.indicator_code = :indicator
"""


def test_each_figure_that_differs_from_the_release_is_a_correction_and_no_other(story: Story) -> None:
    rows = story.ask(
        "select unit_code, indicator_code, printed_value, current_value, difference from published.corrections "
        "where release_name = '2021-1' and period = '2021' order by 2, 1"
    )
    assert [tuple(row) for row in rows] == [
        *((unit, SOCIETIES, 3, None, -3) for unit in ("A", "C", "P")),
        *((unit, FIVE_ENTRY, None, 7, 7) for unit in ("B", "C", "P")),
        ("B", LECTURES, 20, 25, 5), ("C", LECTURES, 30, 35, 5), ("P", LECTURES, 30, 35, 5),
    ]  # fmt: skip


def test_a_correction_says_its_reasons_and_what_each_brought(story: Story) -> None:
    rows = story.ask("select indicator_code, reason from published.corrections where release_name = '2021-1' "
                     "and unit_code = 'P'")  # fmt: skip
    assert {row.indicator_code: row.reason for row in rows} == {
        LECTURES: "更正 +5",
        SOCIETIES: "撤回 -3",
        FIVE_ENTRY: "迟报 +7",
    }


def test_reasons_are_called_as_in_the_catalogue() -> None:
    labels = load_catalogue().codelists["change_reasons"]
    assert labels == import_module("migrations.versions.0011_releases").REASONS


def test_a_correction_says_since_when_the_figure_differs(story: Story) -> None:
    publications = {row.publication_id: row.published_at for row in story.ask("select * from published.publication")}
    rows = story.ask("select release_name, indicator_code, since from published.corrections where unit_code = 'P'")
    assert {(row.release_name, row.indicator_code): row.since for row in rows} == {
        ("2021-1", LECTURES): publications[2],
        ("2021-1", SOCIETIES): publications[3],
        ("2021-1", FIVE_ENTRY): publications[3],
        ("2021-2", LECTURES): publications[3],
        ("2021-2", SOCIETIES): publications[3],
        ("2021-2", FIVE_ENTRY): publications[3],
    }


def test_who_approves_first_is_shown_everything_in_short(story: Story) -> None:
    first = story.asked[0]
    assert first.subject == "2021 年的数请批准定稿（首次）"
    assert first.lines[0].startswith("2021 年还没有定稿过。请批准的是 ")
    assert "- 科普“五进”活动：无（已报 0/4）" in first.lines


def test_who_approves_again_is_shown_what_changed_since_the_last_approval(story: Story) -> None:
    second = story.asked[1]
    assert second.subject == "2021 年的数请批准定稿（2021-1 之后有变动）"
    assert second.lines[0].startswith("上次定稿 2021-1 由 王主任 于 ")
    assert "- 数变了的 3 个，新有的 0 个，没有了的 0 个" in second.lines
    assert "- 科普讲座/报告会场次：30 → 32场" in second.lines
    third = story.question()
    assert "- 科普“五进”活动：无 → 7场次（已报 1/4）" in third.lines
    assert "- 各级学会数(全部层级)：3 → 无" in third.lines


def test_nothing_is_asked_and_nothing_is_released_where_nothing_changed(story: Story) -> None:
    with story.office.engine.connect() as connection:
        state = published_state(connection, 2021, story.releases[1].publication_id)
        told = r"^2021-2, approved by 李主任 at .*, holds just these figures of 2021\.$"
        with pytest.raises(UserError, match=told):
            question(connection, state)
        with pytest.raises(UserError, match=told):
            release(connection, state, Approval("张主任"))


def test_figures_older_than_the_last_release_are_not_released(story: Story) -> None:
    with story.office.engine.connect() as connection:
        state = published_state(connection, 2021, story.releases[0].publication_id)
        with pytest.raises(
            UserError, match=r"^2021-2, approved by 李主任 at .*, holds later figures of 2021 than these\.$"
        ):
            release(connection, state, Approval("张主任"))


def test_what_was_shown_is_frozen_though_something_else_is_published_meanwhile(new_database: NewDatabase) -> None:
    office = Office(new_database())
    office.send("A", f"2021 {LECTURES} 10")
    office.run()
    story = Story(office)
    asked = story.question()
    office.send("A", f"2021 {LECTURES} 11")
    office.run()
    with acting(office.home, Role.PUBLISH) as engine, engine.begin() as connection:
        release(connection, published_state(connection, 2021, asked.state.publication_id), Approval("王主任"))
    assert printed(story, "2021-1", LECTURES)["P", "2021"] == 10
    (correction,) = story.ask("select difference from published.corrections where unit_code = 'P'")
    assert correction.difference == 1
    office.engine.dispose()


def test_a_year_of_which_nothing_is_published_is_refused_in_one_sentence(story: Story) -> None:
    with story.office.engine.connect() as connection, pytest.raises(UserError, match=r"^Nothing of 2019 is published"):
        published_state(connection, 2019)


def test_a_figure_that_its_leaves_do_not_add_up_to_is_not_released(story: Story) -> None:
    with story.office.engine.connect() as connection:
        connection.exec_driver_sql(
            "update published.contribution_leaves_history set observation_ids = observation_ids[2:] "
            f"where holder_code = 'A' and indicator_code = '{LECTURES}' and period = '2020'"
        )
        with pytest.raises(UserError, match=rf"^2020 may not be released: \d+ figures are .*, first {LECTURES} of"):
            release(connection, published_state(connection, 2020), Approval("王主任"))


def test_the_command_line_shows_what_changed_and_releases_only_what_somebody_approves(story: Story) -> None:
    nobody = kexie(story, "release", "2021")
    assert "- 科普讲座/报告会场次：32 → 35场" in nobody.stdout
    assert (nobody.returncode, nobody.stderr.strip()) == (
        1, "Who approves? Nobody is at a terminal to answer, so nothing is released: say --approved-by WHO."
    )  # fmt: skip
    unconfirmed = kexie(story, "release", "2021", "--approved-by", "王主任")
    assert (unconfirmed.returncode, unconfirmed.stderr.strip()) == (
        1, "Release 2021, yes or no? Nobody is at a terminal to answer, so nothing is released: say --yes."
    )  # fmt: skip
    again = kexie(story, "release", "2020", "--approved-by", " ", "--yes")
    assert (again.returncode, again.stderr.strip()) == (1, "A release needs somebody who approves it.")
    assert story.ask("select count(*) from published.releases") == [(2,)]


def test_the_command_line_checks_what_was_released(story: Story) -> None:
    checked = kexie(story, "release", "2021", "--verify")
    assert checked.returncode == 0
    assert [line.split(";")[0] for line in checked.stdout.splitlines()] == [
        "2021-1 is as 王主任 approved it", "2021-2 is as 李主任 approved it",
    ]  # fmt: skip
    assert kexie(story, "release", "2020", "--verify").stderr.strip() == "Nothing of 2020 was released yet."


def kexie(story: Story, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "-m", "kexie.cli", *command), env=os.environ | story.office.home.environment(),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_each_year_counts_its_own_releases(story: Story) -> None:
    with story.office.engine.connect() as connection:
        assert last_release(connection, 2020) is None
        made = release(connection, published_state(connection, 2020), Approval("王主任"))
        connection.rollback()
    assert made.name == "2020-1"


@pytest.mark.parametrize("relation", FROZEN)
@pytest.mark.parametrize("role", [*LOGINS, Role.OWNER])
def test_nobody_changes_or_deletes_a_release(story: Story, role: Role, relation: str) -> None:
    before = story.ask(f"select * from published.{relation} order by 1, 2, 3, 4, 5, 6")
    for statement in (
        f"update published.{relation} set release_name = '2020-9'",
        f"update published.{relation} set release_name = release_name where false",
        f"delete from published.{relation}",
        f"truncate published.{relation} cascade",
        "truncate published.releases cascade",
    ):
        with acting(story.office.home, role) as engine, engine.connect() as connection:
            if role in (Role.OFFICE, Role.OPERATOR):
                connection.exec_driver_sql("set transaction read write")
            with pytest.raises(DBAPIError, match=r"A release is never changed|permission denied"):
                connection.exec_driver_sql(statement)
    assert story.ask(f"select * from published.{relation} order by 1, 2, 3, 4, 5, 6") == before


@pytest.mark.parametrize("relation", ["release_values", "release_lines", "release_leaves"])
@pytest.mark.parametrize("role", [Role.PUBLISH, Role.OWNER])
def test_nobody_adds_a_row_to_a_release_that_is_approved(story: Story, role: Role, relation: str) -> None:
    columns = story.ask(
        "select string_agg(column_name, ', ') as all from information_schema.columns "
        "where table_schema = 'published' and table_name = :relation and column_name not in ('release_name', 'period')",
        relation=relation,
    )[0][0]
    statement = (
        f"insert into published.{relation} (release_name, period, {columns}) "
        f"select release_name, '2021-12', {columns} from published.{relation} where release_name = '2021-1' limit 1"
    )
    with (
        acting(story.office.home, role) as engine,
        engine.connect() as connection,
        pytest.raises(DBAPIError, match=r"2021-1 is approved, and published.* takes no more rows of it"),
    ):
        connection.exec_driver_sql(statement)


def test_rows_of_a_release_that_nobody_approved_are_not_kept(story: Story) -> None:
    with acting(story.office.home, Role.PUBLISH) as engine, engine.connect() as connection:
        connection.exec_driver_sql(
            "insert into published.release_leaves select '2021-9', holder_code, indicator_code, period, role, "
            "leaf_indicator_code, opened_by, row_hash from published.release_leaves where release_name = '2021-1'"
        )
        with pytest.raises(DBAPIError, match="violates foreign key constraint"):
            connection.commit()


def test_a_release_that_is_whole_is_found_so(story: Story) -> None:
    with acting(story.office.home, Role.BACKUP) as engine, engine.connect() as connection:
        assert [list(wrong(connection, one)) for one in story.releases] == [[], []]


TAMPERED = {
    "update published.release_values set value = value + 1 where release_name = '2021-1' and unit_code = 'P'"
    " and indicator_code = 'sp_lecture_count' and period = '2021'":
        ["2021-1: 1 rows of published.release_values are not what their hashes say."],
    "update published.release_values set value = value + 1, row_hash = published.row_hash(to_jsonb(release_values)"
    " || jsonb_build_object('value', value + 1)) where release_name = '2021-1' and unit_code = 'P'"
    " and indicator_code = 'sp_lecture_count' and period = '2021'":
        ["2021-1: release_values holds {values} rows that are not the {values} of the manifest."],
    "delete from published.release_lines where release_name = '2021-1' and line_code = (select min(line_code) from"
    " published.release_lines)":
        ["2021-1: release_lines holds {fewer} rows that are not the {lines} of the manifest."],
    "update published.contribution_leaves_history set reach_depth = 9 where period = '2021' and holder_code = 'A'"
    " and indicator_code = 'sp_lecture_count'":
        ["2021-1: 1 rows of published.contribution_leaves_history are not what they were."],
    "update published.releases set approved_by = '赵主任' where release_name = '2021-1'":
        ["2021-1: the manifest is not the one that was approved."],
    "update published.tree_closure_history set unit_name = '丁县科协' where period = '2021' and unit_code = 'A'":
        ["2021-1: tree_closure holds {tree} rows that are not the {tree} of the manifest."],
}  # fmt: skip


@pytest.mark.parametrize("statement", TAMPERED)
def test_a_release_that_a_superuser_tampered_with_is_found_out(story: Story, statement: str) -> None:
    held = {name: told["rows"] for name, told in story.releases[0].manifest["contents"].items()}
    numbers = {
        "values": held["release_values"], "lines": held["release_lines"], "fewer": held["release_lines"] - 1,
        "tree": held["tree_closure"],
    }  # fmt: skip
    with story.office.engine.connect() as connection:
        for relation in FROZEN:
            connection.exec_driver_sql(f"alter table published.{relation} disable trigger never_changed")
        connection.exec_driver_sql(statement)
        tampered = named_release(connection, "2021-1")
        found = list(wrong(connection, tampered))
        connection.rollback()
    assert found[: len(TAMPERED[statement])] == [sentence.format(**numbers) for sentence in TAMPERED[statement]]


def test_a_release_keeps_every_column_that_is_published(story: Story) -> None:
    for copy, history in (
        ("release_values", "indicator_values_history"),
        ("release_lines", "report_lines_history"),
        ("release_unapproved", "unapproved_figures_history"),
    ):
        kept, published = ({row[0] for row in story.ask(COLUMNS_OF, relation=relation)} for relation in (copy, history))
        assert kept - {"release_name", "row_hash"} == published - {"closed_by"}


COLUMNS_OF = """
    select column_name from information_schema.columns where table_schema = 'published' and table_name = :relation
"""
