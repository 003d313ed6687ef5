"""What is published changes by differences only, keeps all that it ever said, and is read by the office alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.exc import ProgrammingError

from kexie.database import ready
from kexie.home import Home
from kexie.roles import Role
from reporting.publish import RELATIONS
from tests.conftest import NewDatabase
from tests.integration.office import Office

LECTURES = "sp_lecture_count"
SOCIETIES = "org_society_count"
"""Counties are not expected to file it, so that a county's row stands or falls with its figure."""

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Day:
    """What schema published held after a run, every row with its place and the transaction that wrote it."""

    rows: dict[str, Rows]
    publications: int
    at: datetime


@dataclass(frozen=True)
class Story:
    """The days of one office, in order."""

    engine: Engine
    before: Day
    first: Day
    same: Day
    corrected: Day
    withdrawn: Day


@pytest.fixture(scope="module")
def home(new_database: NewDatabase) -> Home:
    return new_database()


@pytest.fixture(scope="module")
def story(home: Home) -> Iterator[Story]:
    office = Office(home)
    before = today(office.engine)
    office.send("A", f"2020 {LECTURES} 5")
    office.send("A", f"2021 {LECTURES} 10", f"2021 {SOCIETIES} 3")
    office.send("B", f"2021 {LECTURES} 20")
    office.run()
    first = today(office.engine)
    office.run(2020, 2021)
    same = today(office.engine)
    office.send("B", f"2021 {LECTURES} 22")
    office.run()
    corrected = today(office.engine)
    office.take_back("B", "2021", "popularisation")
    office.take_back("A", "2021", "organisation")
    office.run()
    withdrawn = today(office.engine)
    yield Story(office.engine, before, first, same, corrected, withdrawn)
    office.engine.dispose()


def today(engine: Engine) -> Day:
    with engine.connect() as connection:
        rows = {relation: rows_where_they_lie(connection, relation) for relation in tables(connection)}
        at: datetime = connection.execute(text("select clock_timestamp()")).scalar_one()
    return Day(rows, len(rows["publication"]), at)


def tables(connection: Connection) -> list[str]:
    query = """
        select relname from pg_class
        where relnamespace = 'published'::regnamespace and relkind in ('r', 'p') and not relispartition
    """
    return list(connection.scalars(text(query)))


def rows_where_they_lie(connection: Connection, relation: str) -> Rows:
    """Every row with its place and the transaction that wrote it: one that is written anew never has the same."""
    query = text(
        f"select tableoid, ctid::text, xmin::text, stored.* from published.{relation} as stored order by tableoid, ctid"
    )
    return [tuple(row) for row in connection.execute(query)]


def ask(story: Story, query: str, **parameters: object) -> list[Row[Any]]:
    with story.engine.connect() as connection:
        return list(connection.execute(text(query), parameters).all())


def lectures_as_of(story: Story, moment: datetime, period: str = "2021") -> dict[str, Decimal | None]:
    found = ask(
        story,
        "select unit_code, value from published.as_of(:moment) where indicator_code = :indicator and period = :period",
        moment=moment,
        indicator=LECTURES,
        period=period,
    )
    return {row.unit_code: row.value for row in found}


def test_a_second_identical_publish_writes_no_row_anywhere(story: Story) -> None:
    assert story.first.publications == 1
    assert story.same.rows == story.first.rows


def test_a_changed_row_is_closed_and_opened_anew_and_the_others_stay_as_they_lie(story: Story) -> None:
    history = ask(
        story,
        "select unit_code, value, opened_by, closed_by from published.indicator_values_history "
        "where indicator_code = :indicator and period = '2021' and opened_by <= 2 order by unit_code, opened_by",
        indicator=LECTURES,
    )
    assert [(row.unit_code, row.value, row.opened_by) for row in history] == [
        ("A", 10, 1), ("B", 20, 1), ("B", 22, 2), ("C", 30, 1), ("C", 32, 2), ("P", 30, 1), ("P", 32, 2),
    ]  # fmt: skip
    assert [row.closed_by for row in history if row.opened_by == 1] == [None, 2, 2, 2]
    kept = set(story.corrected.rows["indicator_values_history"]) & set(story.first.rows["indicator_values_history"])
    assert len(kept) == len(story.first.rows["indicator_values_history"]) - 3


def test_a_row_that_the_candidate_lacks_is_closed_and_not_opened_again(story: Story) -> None:
    history = ask(
        story,
        "select unit_code, value, closed_by from published.indicator_values_history "
        "where indicator_code = :indicator and period = '2021' order by opened_by, unit_code",
        indicator=SOCIETIES,
    )
    assert [(row.unit_code, row.value, row.closed_by) for row in history if row.unit_code == "A"] == [("A", 3, 3)]
    assert {row.unit_code for row in history if row.closed_by is None} == {"C", "P"}


def test_history_answers_what_was_published_at_each_moment(story: Story) -> None:
    assert lectures_as_of(story, story.before.at) == {}
    assert lectures_as_of(story, story.first.at) == {"A": 10, "B": 20, "C": 30, "P": 30}
    assert lectures_as_of(story, story.same.at) == {"A": 10, "B": 20, "C": 30, "P": 30}
    assert lectures_as_of(story, story.corrected.at) == {"A": 10, "B": 22, "C": 32, "P": 32}
    assert lectures_as_of(story, story.withdrawn.at) == {"A": 10, "B": 20, "C": 30, "P": 30}
    assert lectures_as_of(story, story.withdrawn.at, "2020") == {"A": 5, "B": None, "C": 5, "P": 5}


def test_each_publication_wrote_as_many_rows_as_it_says_and_no_row_names_another(story: Story) -> None:
    every = " union all ".join(f"select opened_by, closed_by from published.{it}_history" for it in RELATIONS)
    written = ask(
        story,
        f"with written as ({every}) "
        "select number, count(*) filter (where is_opening) as opened, count(*) filter (where not is_opening) as closed "
        "from (select opened_by, true from written union all select closed_by, false from written) "
        "as named (number, is_opening) where number is not null group by number order by number",
    )
    said = ask(story, "select publication_id, rows_opened, rows_closed from published.publication order by 1")
    assert [tuple(row) for row in written] == [tuple(row) for row in said]


def test_each_year_lies_in_a_partition_of_its_own_whatever_it_was_published_with(new_database: NewDatabase) -> None:
    office = Office(new_database())
    office.send("A", f"2020 {LECTURES} 5")
    office.run()
    office.send("A", f"2020 {LECTURES} 6", f"2021 {LECTURES} 10")
    office.run()
    with office.engine.connect() as connection:
        places = connection.execute(text(PLACES), {"indicator": LECTURES}).all()
        indexes = connection.scalars(text(INDEXES_OF_PARTITIONS)).all()
    office.engine.dispose()
    assert [tuple(row) for row in places] == [
        ("published.indicator_values_history_2020", "2020", 5, 1, 2),
        ("published.indicator_values_history_2020", "2020", 6, 2, None),
        ("published.indicator_values_history_2021", "2021", 10, 2, None),
    ]
    assert [len(names) for names in indexes] == [3, 3, 2, 2]


PLACES = """
    select tableoid::regclass::text, period, value, opened_by, closed_by from published.indicator_values_history
    where unit_code = 'A' and indicator_code = :indicator and period in ('2020', '2021')
    order by period, opened_by
"""

INDEXES_OF_PARTITIONS = """
    select array_agg(indexname) from pg_indexes
    where schemaname = 'published' and tablename ~ '^(contribution_leaves|indicator_values)_history_20'
    group by tablename order by tablename
"""


def test_what_was_just_published_is_known_to_the_planner(story: Story) -> None:
    """Who asks in the minute before the server counts by itself would else wait for a plan that knows nothing."""
    filled = {f"{relation}_history" for relation in RELATIONS if story.first.rows[f"{relation}_history"]}
    assert "indicator_values_history" in filled
    assert {row.relname for row in ask(story, COUNTED)} >= filled


COUNTED = "select relname from pg_stat_user_tables where schemaname = 'published' and analyze_count > 0"


def test_as_of_now_is_what_is_published(story: Story) -> None:
    assert ask(
        story,
        """
        (select * from published.as_of(now()) except select * from published.indicator_values)
        union all
        (select * from published.indicator_values except select * from published.as_of(now()))
        """,
    ) == []  # fmt: skip


def test_only_the_years_that_were_built_are_touched(story: Story) -> None:
    assert [row.years for row in ask(story, YEARS_OF_BUILDS)] == [[2020, 2021], [2020, 2021], [2021], [2021]]
    for relation in RELATIONS:
        of_2020 = [row for row in story.first.rows[f"{relation}_history"] if "2020" in row]
        assert [row for row in story.withdrawn.rows[f"{relation}_history"] if "2020" in row] == of_2020


YEARS_OF_BUILDS = """
    select array_agg(build_year.year::integer order by build_year.year) as years
    from ops.build_year group by build_id order by build_id
"""


def test_each_row_was_published_when_its_own_publication_was(story: Story) -> None:
    moments = {row.publication_id: row.published_at for row in ask(story, "select * from published.publication")}
    assert story.before.at < moments[1] < story.first.at
    assert story.same.at < moments[2] < story.corrected.at < moments[3] < story.withdrawn.at
    for moment in (story.first.at, story.corrected.at, story.withdrawn.at):
        rows = ask(story, OPENED_AND_SHOWN, moment=moment)
        assert rows
        assert all(row.published_at == moments[row.opened_by] for row in rows)
    shown = ask(story, "select distinct period, published_at from published.indicator_values where period = '2020'")
    assert [row.published_at for row in shown] == [moments[1]]


OPENED_AND_SHOWN = """
    select history.opened_by, shown.published_at
    from published.as_of(:moment) as shown
    join published.indicator_values_history as history
        on history.unit_code = shown.unit_code and history.indicator_code = shown.indicator_code
        and history.period = shown.period
    join published.publication as opened on opened.publication_id = history.opened_by
    left join published.publication as closed on closed.publication_id = history.closed_by
    where opened.published_at <= :moment and coalesce(closed.published_at > :moment, true)
"""


@pytest.mark.parametrize(("publication", "of_b"), [(1, 20), (2, 22), (3, 20)])
def test_a_figure_once_published_keeps_the_leaves_it_was_added_from(story: Story, publication: int, of_b: int) -> None:
    leaves = ask(story, LEAVES_OF_A_PUBLICATION, publication=publication, indicator=LECTURES)
    assert {row.holder_code: row.value for row in leaves} == {"A": 10, "B": of_b}
    assert all(row.filed_value == row.value and row.file_name == f"{row.holder_code}.csv" for row in leaves)


LEAVES_OF_A_PUBLICATION = """
    select leaves.*
    from published.publication, published.contributions_as_of(published_at) as leaves
    where publication_id = :publication
        and leaves.unit_code = 'P' and leaves.indicator_code = :indicator and leaves.period = '2021'
"""


def test_what_was_published_last_is_the_contributions_of_now_and_nothing_is_older_than_the_first(story: Story) -> None:
    in_force = ask(story, "select * from published.contributions order by contributions::text")
    assert ask(story, "select * from published.contributions_as_of(now()) as it order by it::text") == in_force
    assert ask(story, "select * from published.contributions_as_of('2000-01-01')") == []


@pytest.mark.parametrize("relation", RELATIONS)
def test_the_key_of_each_relation_is_that_of_its_rows_in_force(story: Story, relation: str) -> None:
    found = ask(story, UNIQUE_IN_FORCE, index=f"published.{relation}_in_force")
    # An index of all rows ends with who closed them: of those in force, nobody.
    assert sorted(row.attname for row in found if row.attname != "closed_by") == sorted(RELATIONS[relation])


UNIQUE_IN_FORCE = """
    select attname
    from pg_index
    join pg_attribute on attrelid = indexrelid
    where indexrelid = cast(:index as regclass) and indisunique
    order by attnum
"""


def test_every_relation_and_column_the_office_reads_has_a_chinese_comment(story: Story) -> None:
    described = {(row.relation, row.attname): row.comment for row in ask(story, COMMENTS)}
    assert len(described) > 150
    assert [what for what, comment in described.items() if not is_chinese(comment)] == []


def test_functions_of_published_and_views_of_ops_have_chinese_comments(story: Story) -> None:
    described = {row.name: row.comment for row in ask(story, OTHER_COMMENTS)}
    assert {"as_of", "contributions_as_of", "file_outcomes"} <= set(described)
    assert [what for what, comment in described.items() if not is_chinese(comment)] == []


def is_chinese(comment: str | None) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in comment or "")


# A relation itself has no column name.
COMMENTS = """
    select relname as relation, null as attname, obj_description(pg_class.oid, 'pg_class') as comment
    from pg_class
    where relnamespace = 'published'::regnamespace and relkind in ('r', 'v', 'm', 'p')
    union all
    select relname, attname, col_description(pg_class.oid, attnum)
    from pg_class
    join pg_attribute on attrelid = pg_class.oid
    where relnamespace = 'published'::regnamespace and relkind in ('r', 'v', 'm', 'p')
        and attnum > 0 and not attisdropped
"""

OTHER_COMMENTS = """
    select proname as name, obj_description(oid, 'pg_proc') as comment
    from pg_proc where pronamespace = 'published'::regnamespace
    union all
    select relname, obj_description(oid, 'pg_class')
    from pg_class where relnamespace = 'ops'::regnamespace and relkind in ('v', 'm')
"""


@pytest.fixture(scope="module")
def office(home: Home, story: Story) -> Iterator[Engine]:  # noqa: ARG001 - dbt has made its schemas by then
    engine = ready(home, Role.OFFICE)
    yield engine
    engine.dispose()


def test_the_office_may_read_all_of_published_and_nothing_else(office: Engine) -> None:
    with office.connect() as connection:
        allowed = {(row.schema, row.kind) for row in connection.execute(text(ALLOWED))}
        assert allowed == {("published", "read")}
        for name in connection.scalars(text(PUBLISHED)).all():
            assert connection.execute(text(f"select * from published.{name} limit 1")).keys()
        assert connection.scalar(text("select count(*) from published.as_of(now())"))


PUBLISHED = """
    select relname from pg_class where relnamespace = 'published'::regnamespace and relkind in ('r', 'v', 'm', 'p')
"""

# What PostgreSQL itself offers everybody, in pg_catalog and information_schema, is nothing of ours.
ALLOWED = """
    with ours as (
        select pg_class.oid, nspname as schema, relkind
        from pg_class
        join pg_namespace on pg_namespace.oid = relnamespace
        where nspname <> 'information_schema' and nspname not like 'pg\\_%' and relkind in ('r', 'v', 'm', 'p', 'S')
    )
    select distinct schema, kind
    from ours
    cross join (values ('read', 'select'), ('write', 'insert, update, delete, truncate')) as asked (kind, rights)
    where case when relkind = 'S' then has_sequence_privilege(oid, 'usage, select, update')
        else has_table_privilege(oid, rights)
    end
    union all
    select nspname, 'create' from pg_namespace where has_schema_privilege(oid, 'create')
"""


@pytest.mark.parametrize("schema", ["landing", "ops", "candidate", "intermediate", "staging", "catalogue"])
def test_the_office_cannot_enter_any_other_schema(office: Engine, schema: str) -> None:
    with office.connect() as connection:
        assert connection.scalar(text("select has_schema_privilege(:schema, 'usage')"), {"schema": schema}) is False


def test_the_office_cannot_become_anyone_else(office: Engine, story: Story) -> None:
    owner = story.engine.url.username
    with office.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.exec_driver_sql(f"set role {owner}")
