"""An instance made by an earlier revision is brought up to date, keeps what it holds, and works."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Row, text

from catalogue.load import load as load_catalogue
from ingestion.collect import collect
from ingestion.landing import submit
from kexie.database import MIGRATIONS, engine, head_revision, ready
from kexie.home import Home
from tests.conftest import NewDatabase
from tests.integration.office import HEADER, quietly

REVISIONS = sorted(path.name.split("_", 1)[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
EARLIER = REVISIONS[:-1]

# What an instance of each revision holds, by the revision that first had room for it.
HELD: dict[str, tuple[str, ...]] = {
    "0001": (
        """
        insert into landing.unit_span (unit_code, name, level, unit_type, parent_code, valid_from)
        values ('P', '示例省科协', 'province', 'territorial', null, '2000-01-01'),
            ('A', '甲一县科协', 'county', 'territorial', 'P', '2000-01-01')
        """,
        """
        insert into landing.delivery (submitter_code, file_name, sha256, size_bytes, kind, outcome)
        values ('A', '报表.csv', repeat('a', 64), 1, 'csv', 'accepted')
        """,
        """
        insert into landing.submission (delivery_seq, unit_code, form, period, year, state, catalogue_version)
        select delivery_seq, 'A', 'popularisation', '2021', 2021, 'accepted', '1' from landing.delivery
        """,
        """
        insert into landing.observation (submission_id, indicator_code, scope, status, state, value, low, high, line)
        select submission_id, 'sp_lecture_count', 'own', 'actual', 'number', 30.50, 30.50, null, 2
        from landing.submission
        """,
        "insert into landing.year_change (year, changed_seq) values (2021, nextval('landing.landing_seq'))",
    ),
    "0002": (
        "insert into ops.build (cutoff_seq, catalogue_version, requested_by) values (1, '1', 'tests')",
        "insert into ops.build_year select build_id, 2021, '2021-12-31' from ops.build",
    ),
    "0003": (
        """
        insert into published.publication (build_id, rows_opened, rows_closed)
        select build_id, 0, 0 from ops.build
        """,
    ),
    "0004": ("create table staging.left_behind (unit_code text)",),
    "0005": (
        """
        insert into landing.filing_exception (source, position, unit_code, reason, valid_from, valid_to)
        values ('units', 1, 'B', '水灾', '2021-01-01', '2022-01-01')
        """,
    ),
    "0006": (
        """
        insert into ops.task_run (dag, run_id, task, try_number, finished_at, outcome)
        values ('annual_rollup', '1', 'audit', 1, now(), 'success')
        """,
    ),
    "0007": (),
    "0008": (),
    "0009": (),
    "0010": (),
    "0011": (),
    "0012": (),
    "0013": (),
    "0014": (),
    "0015": (),
    "0016": (),
    "0017": (),
    "0018": (),
    "0019": (),
    "0020": (),
    "0021": (),
    "0022": (
        """
        insert into landing.explanation (submission_id, indicator_code, scope, status, finding_code, doubt,
            reason_code, reason, given_in, explained_by)
        select submission_id, 'sp_lecture_count', 'own', 'actual', 'jump', '比上年多', 'real', '确实多办了', 'note', 'A'
        from landing.submission
        """,
    ),
    "0023": (
        """
        insert into landing.list_name (submission_id, indicator_code, scope, status, name, name_key, is_counted)
        select submission_id, 'base_demo_community_count', 'own', 'actual', '东风社区', '东风社区', true
        from landing.submission
        """,
    ),
    "0024": (),
    "0025": (
        """
        insert into landing.approval_rule (source, position, steps, unapproved, valid_from)
        values ('units', 1, array['province'], 'mark', '2021-01-01')
        """,
        """
        insert into landing.approval (submission_id, step, approver_code, approved_by, notice_name, notice_written_at)
        select submission_id, 'province', 'P', '办公室', '报表.csv.审核通知.txt', now() from landing.submission
        """,
    ),
    "0026": (),
    "0027": (),
    "0028": (),
    "0029": (),
    "0030": (),
}

KEPT = """
    select unit_code, period, indicator_code, value, low, high, line, file_name
    from landing.observation
    join landing.submission using (submission_id)
    join landing.delivery using (delivery_seq)
    order by observation_id
"""


def made_by(revision: str, home: Home) -> None:
    """The database as the program of that revision left it, with everything in it that it had room for."""
    prepared = engine(home)
    with prepared.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, revision)
        for since, statements in HELD.items():
            if since <= revision:
                for statement in statements:
                    connection.execute(text(statement))
    prepared.dispose()


@pytest.fixture(scope="module", params=EARLIER)
def upgraded(request: pytest.FixtureRequest, unmigrated_database: NewDatabase) -> Home:
    home = unmigrated_database()
    made_by(request.param, home)
    ready(home).dispose()
    return home


def test_there_is_something_to_keep_in_an_instance_of_every_earlier_revision() -> None:
    assert set(HELD) == set(EARLIER)


def test_what_an_earlier_revision_held_is_kept(upgraded: Home) -> None:
    with ready(upgraded).connect() as connection:
        assert connection.scalar(text("select version_num from alembic_version")) == head_revision()
        assert [tuple(row) for row in connection.execute(text(KEPT))] == [
            ("A", "2021", "sp_lecture_count", Decimal("30.50"), Decimal("30.50"), None, 2, "报表.csv")
        ]


def test_an_upgraded_instance_takes_files_and_answers_the_office(upgraded: Home) -> None:
    file = upgraded.root / "A.csv"
    file.write_text(HEADER + "A,,2021,sp_lecture_count,own,31\n", encoding="utf-8")
    submit(upgraded, [file], "A")
    database = ready(upgraded)
    assert set(collect(upgraded, database, load_catalogue(), quietly).outcomes) == {"accepted"}
    with database.connect() as connection:
        rows = connection.execute(text("select * from published.reporting_status where form = 'popularisation'")).all()
        assert {(row.unit_code, row.state, row.revisions) for row in rows} >= {("A", "accepted", 2)}
        assert connection.scalar(text("select count(*) from published.as_of(now())")) == 0


@pytest.mark.parametrize("what", ["columns", "constraints", "indexes", "views", "functions", "comments"])
def test_an_upgraded_instance_has_what_a_fresh_one_has(upgraded: Home, new_database: NewDatabase, what: str) -> None:
    with ready(upgraded).connect() as old, ready(new_database()).connect() as fresh:
        found = listed(old, what)
        assert found
        assert found == listed(fresh, what)


def listed(connection: Connection, what: str) -> Sequence[Row[tuple[object, ...]]]:
    return connection.execute(text(CATALOGUES[what])).all()


CATALOGUES = {
    "columns": """
        select table_schema, table_name, column_name, ordinal_position, data_type, is_nullable, column_default,
            is_identity
        from information_schema.columns
        where table_schema in ('landing', 'ops', 'published')
        order by 1, 2, 4
    """,
    "constraints": """
        select conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        from pg_constraint
        where connamespace in ('landing'::regnamespace, 'ops'::regnamespace, 'published'::regnamespace)
        order by 1, 2
    """,
    "indexes": """
        select indexdef from pg_indexes where schemaname in ('landing', 'ops', 'published') order by 1
    """,
    "views": """
        select schemaname, viewname, definition from pg_views
        where schemaname in ('landing', 'ops', 'published') order by 1, 2
    """,
    "functions": """
        select pg_get_functiondef(oid) from pg_proc
        where pronamespace in ('landing'::regnamespace, 'ops'::regnamespace, 'published'::regnamespace)
        order by 1
    """,
    "comments": """
        select pg_describe_object(classoid, objoid, objsubid), description
        from pg_description
        where classoid <> 'pg_proc'::regclass and objoid >= 16384
        order by 1
    """,
}
