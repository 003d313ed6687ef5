"""Each login may do what its work needs and nothing else; what that is is written here, relation by relation."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import InternalError, OperationalError, ProgrammingError

from kexie import airflow_database, env, postgres, roles
from kexie.database import MIGRATIONS, acting, database_url, engine, forget_grants, ready
from kexie.errors import UserError
from kexie.home import PROJECT, Home
from kexie.roles import BUILT, KEPT, LOGINS, Role, password_variable
from tests.conftest import NewDatabase
from tests.integration.office import Office

VERBS = ("select", "insert", "update", "delete", "truncate", "references", "trigger")

READ = {"select"}
ADD = {"select", "insert"}

HISTORIES = {
    f"published.{name}_history"
    for name in ("indicators", "tree_closure", "indicator_values", "contribution_leaves", "report_lines",
                 "reconciliation", "restated_values", "successions", "progress", "indicator_definitions",
                 "series_breaks", "indicator_statuses", "unapproved_figures")
}  # fmt: skip

RELEASES = {
    f"published.{name}"
    for name in ("releases", "release_values", "release_lines", "release_unapproved", "release_leaves")
}

# Who works says when and how it ended; only who may read all of ops reads alerts.
RECORDING = {"ops.task_run": ADD, "ops.alert": {"insert"}}
RECORDED = {"ops.task_run": {"finished_at", "outcome", "sentence", "next_steps"}}

# Verbs by role: on every relation of a schema, and what differs from that.
EVERY: dict[Role, dict[str, set[str]]] = {
    Role.INGEST: {"landing": READ},
    Role.TRANSFORM: {"landing": READ, **{schema: set(VERBS) for schema in BUILT}},
    Role.PUBLISH: {"published": READ, "candidate": READ, "preview_candidate": READ},
    Role.OFFICE: {"published": READ},
    Role.OPERATOR: {"ops": READ},
    Role.BACKUP: dict.fromkeys(KEPT, READ),
}
BUT: dict[Role, dict[str, set[str]]] = {
    Role.INGEST: {
        **dict.fromkeys(("landing.submission", "landing.observation", "landing.finding", "landing.withdrawal"), ADD),
        "landing.narrative_text": ADD,
        "landing.explanation": ADD,
        "landing.list_name": ADD,
        "landing.approval": ADD,
        **dict.fromkeys(
            (
                *("landing.unit_event", "landing.form_expectation", "landing.filing_exception"),
                *("landing.approval_rule", "landing.unit_contact"),
            ),
            ADD | {"delete"},
        ),
        **dict.fromkeys(("landing.delivery", "landing.unit_span", "landing.year_change"), ADD),
        "ops.restatement": READ,
        "published.reporting_status": READ,
        **dict.fromkeys(
            ("published.indicator_values", "published.contribution_leaves", "published.tree_closure"), READ
        ),
        **dict.fromkeys(("ops.reminder", "ops.reminder_message", "ops.alert_notice"), ADD),
        **dict.fromkeys(("ops.open_alerts", "ops.runs"), READ),
        **RECORDING,
    },
    Role.TRANSFORM: {
        **dict.fromkeys(("ops.build", "ops.build_year", "ops.restatement"), ADD),
        "ops.model_result": ADD | {"delete"},
        "published.indicator_values_history": READ,
        **RECORDING,
    },
    Role.PUBLISH: {
        **dict.fromkeys(("landing.delivery", "landing.submission", "landing.observation"), READ),
        "landing.year_change": ADD,
        **dict.fromkeys(("ops.build", "ops.build_year"), READ),
        **dict.fromkeys(("ops.expectation_result", "ops.expectation_bad_row"), ADD | {"delete"}),
        **dict.fromkeys((*HISTORIES, *RELEASES, "published.publication"), ADD),
        **RECORDING,
    },
    Role.BACKUP: {
        "public.alembic_version": READ,
        **dict.fromkeys(("ops.backup", "ops.archive_file"), ADD),
        **dict.fromkeys(("ops.archive_check", "ops.disk_use", "ops.task_run", "ops.alert"), ADD | {"delete"}),
        **dict.fromkeys(
            ("ops.model_result", "ops.expectation_result", "ops.expectation_bad_row", "ops.alert_notice"),
            READ | {"delete"},
        ),
    },
}
PROGRESS = {"state", "message", "built_at", "audited_at", "published_at"}

# Columns that may be updated, where not all of a relation may.
COLUMNS: dict[Role, dict[str, set[str]]] = {
    Role.INGEST: {
        "landing.delivery": {
            *("kind", "outcome", "form_version", "catalogue_version", "checked_at"),
            *("receipt_name", "receipt_written_at", "figures_told_at", "figures_changed_seq"),
        },
        "landing.observation": {"is_held"},
        "landing.withdrawal": {"notice_written_at"},
        "landing.approval": {"notice_written_at"},
        "landing.unit_span": {"name", "level", "unit_type", "parent_code", "valid_to"},
        "landing.year_change": {"changed_seq"},
        "ops.reminder_message": {"begun_at", "sent_at", "channel", "place", "remark"},
        **RECORDED,
    },
    Role.TRANSFORM: {"ops.build": PROGRESS, **RECORDED},
    Role.PUBLISH: {
        "landing.year_change": {"published_seq", "published_catalogue"},
        "ops.build": PROGRESS,
        **{history: {"closed_by"} for history in HISTORIES},
        **RECORDED,
    },
    Role.BACKUP: {
        "ops.backup": {"proven_at", "message"},
        "ops.archive_file": {"checked_at", "state"},
        **RECORDED,
    },
}


@pytest.fixture(scope="module")
def home(new_database: NewDatabase) -> Home:
    """Every login has been in, and dbt's schemas hold a relation each, made as dbt makes them."""
    home = new_database()
    for role in LOGINS:
        ready(home, role).dispose()
    with acting(home, Role.TRANSFORM) as transformer, transformer.begin() as connection:
        for schema in BUILT:
            connection.execute(text(f"create table {schema}.made (one integer)"))
    return home


@pytest.fixture(scope="module")
def owner(home: Home) -> Iterator[Engine]:
    with acting(home, Role.OWNER) as engine:
        yield engine


def login(home: Home, role: Role) -> str:
    return roles.login(str(make_url(home.database_url).database), role)


def relations(owner: Engine) -> list[str]:
    with owner.connect() as connection:
        return list(connection.scalars(text(RELATIONS)))


RELATIONS = """
    select nspname || '.' || relname from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where nspname !~ '^(pg_|information_schema)' and relkind in ('r', 'v', 'm', 'p')
    order by 1
"""


@pytest.mark.parametrize("role", LOGINS)
def test_a_login_may_do_this_on_each_relation_and_nothing_else(home: Home, owner: Engine, role: Role) -> None:
    expected = {
        name: BUT.get(role, {}).get(name, EVERY[role].get(name.split(".")[0], set())) for name in relations(owner)
    }
    assert set(BUT.get(role, {})) <= set(expected)
    with owner.connect() as connection:
        found = connection.execute(text(ALLOWED), {"login": login(home, role), "verbs": list(VERBS)})
        assert {row.name: set(row.verbs) for row in found} == expected


ALLOWED = """
    select
        nspname || '.' || relname as name,
        array(
            select verb from unnest(cast(:verbs as text[])) as verb
            where has_table_privilege(:login, pg_class.oid, verb)
        ) as verbs
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where nspname !~ '^(pg_|information_schema)' and relkind in ('r', 'v', 'm', 'p')
"""


@pytest.mark.parametrize("role", LOGINS)
def test_a_login_may_change_these_columns_only(home: Home, owner: Engine, role: Role) -> None:
    with owner.connect() as connection:
        found: dict[str, set[str]] = {}
        for row in connection.execute(text(UPDATED), {"login": login(home, role)}):
            found.setdefault(row.name, set()).add(row.attname)
        assert found == COLUMNS.get(role, {})


UPDATED = """
    select nspname || '.' || relname as name, attname
    from pg_attribute
    join pg_class on pg_class.oid = attrelid
    join pg_namespace on pg_namespace.oid = relnamespace
    where nspname !~ '^(pg_|information_schema)' and relkind in ('r', 'v', 'm', 'p') and attnum > 0
        and has_column_privilege(:login, attrelid, attnum, 'update')
        and not has_table_privilege(:login, attrelid, 'update')
"""


@pytest.mark.parametrize("role", LOGINS)
def test_only_transform_makes_anything_and_only_in_the_schemas_of_dbt(home: Home, owner: Engine, role: Role) -> None:
    with owner.connect() as connection:
        found = connection.execute(text(SCHEMAS), {"login": login(home, role)})
        schemas = {row.nspname: (row.enters, row.creates) for row in found}
        database = connection.execute(text(ON_DATABASE), {"login": login(home, role)}).one()
    entered = {*EVERY[role], *(name.split(".")[0] for name in BUT.get(role, {})), "public"}
    assert {name for name, (enters, _) in schemas.items() if enters} == entered
    assert {name for name, (_, creates) in schemas.items() if creates} == (
        set(BUILT) if role is Role.TRANSFORM else set()
    )
    assert tuple(database) == (True, False, role is Role.PUBLISH, False, False, role is Role.BACKUP)


SCHEMAS = """
    select nspname, has_schema_privilege(:login, oid, 'usage') as enters,
        has_schema_privilege(:login, oid, 'create') as creates
    from pg_namespace where nspname !~ '^(pg_|information_schema)'
"""

ON_DATABASE = """
    select has_database_privilege(:login, current_database(), 'connect'),
        has_database_privilege(:login, current_database(), 'create'),
        has_database_privilege(:login, current_database(), 'temporary'),
        rolsuper, rolcreaterole, rolcreatedb
    from pg_roles where rolname = :login
"""


@pytest.mark.parametrize("role", LOGINS)
def test_sequences_are_drawn_from_by_ingest_and_read_by_backup(home: Home, owner: Engine, role: Role) -> None:
    with owner.connect() as connection:
        rows = connection.execute(text(SEQUENCES), {"login": login(home, role)}).all()
    drawn = {"landing.landing_seq", "landing.submission_submission_id_seq"} if role is Role.INGEST else set()
    assert {row.name for row in rows if row.draws} == drawn
    assert {row.reads for row in rows} == {role is Role.BACKUP}
    assert {row.sets for row in rows} == {False}


SEQUENCES = """
    select
        nspname || '.' || relname as name,
        has_sequence_privilege(:login, pg_class.oid, 'usage') as draws,
        has_sequence_privilege(:login, pg_class.oid, 'select') as reads,
        has_sequence_privilege(:login, pg_class.oid, 'update') as sets
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where nspname !~ '^(pg_|information_schema)' and relkind = 'S'
"""


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (Role.OFFICE, "select * from landing.submission"),
        (Role.OFFICE, "select * from ops.build"),
        (Role.OFFICE, "set transaction read write; create table published.mine (a int)"),
        (Role.OFFICE, "set transaction read write; delete from published.indicator_values_history"),
        (Role.OPERATOR, "select * from landing.delivery"),
        (Role.OPERATOR, "set transaction read write; update ops.build set state = 'published'"),
        (Role.INGEST, "delete from landing.observation"),
        (Role.INGEST, "update landing.delivery set sha256 = ''"),
        (Role.INGEST, "select * from published.report_lines"),
        (Role.TRANSFORM, "update landing.year_change set changed_seq = 0"),
        (Role.TRANSFORM, "create table published.mine (a int)"),
        (Role.PUBLISH, "delete from published.indicator_values_history"),
        (Role.PUBLISH, "update published.indicator_values_history set value = 0"),
        (Role.PUBLISH, "update candidate.made set one = 1"),
        (Role.PUBLISH, "drop table candidate.made"),
        (Role.OPERATOR, "select ops.analyse_history('indicator_values')"),
        (Role.BACKUP, "delete from landing.delivery"),
        (Role.BACKUP, "select * from candidate.made"),
    ],
)
def test_what_is_not_allowed_is_refused(home: Home, role: Role, statement: str) -> None:
    with (
        acting(home, role) as engine,
        engine.connect() as connection,
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
    ):
        connection.exec_driver_sql(statement)


def test_no_file_is_rejected_because_the_login_lacks_a_right(new_database: NewDatabase) -> None:
    office = Office(new_database())
    office.send("A", "2021 sp_lecture_count 10")
    with office.engine.begin() as connection:
        connection.exec_driver_sql(f"revoke insert on landing.observation from {login(office.home, Role.INGEST)}")
    with pytest.raises(InsufficientPrivilege):
        office.send("A", "2021 sp_lecture_count 11")
    with office.engine.connect() as connection:
        outcomes = connection.scalars(text("select outcome from landing.delivery order by delivery_seq")).all()
    assert outcomes == ["accepted", "landed"]
    office.engine.dispose()


@pytest.mark.parametrize("role", roles.PEOPLE)
def test_what_people_ask_is_read_only_limited_and_in_beijing_time(home: Home, role: Role) -> None:
    with acting(home, role) as engine, engine.connect() as connection:
        assert connection.scalar(text("show default_transaction_read_only")) == "on"
        assert connection.scalar(text("show statement_timeout")) == "5min"
        assert connection.scalar(text("show timezone")) == "Asia/Shanghai"
        with pytest.raises(InternalError, match="read-only transaction"):
            connection.exec_driver_sql("create temporary table mine (a int)")


def test_a_view_shows_what_its_reader_may_not_read_itself(home: Home) -> None:
    with acting(home, Role.OFFICE) as office, office.connect() as connection:
        for name in ("contributions", "reporting_status", "as_of(now())"):
            assert connection.scalar(text(f"select count(*) from {name}")) == 0
    with acting(home, Role.OPERATOR) as operator, operator.connect() as connection:
        assert connection.scalar(text("select count(*) from file_outcomes")) == 0


@pytest.mark.parametrize(("role", "schema"), [(Role.OFFICE, "published"), (Role.OPERATOR, "ops")])
def test_a_reader_reads_every_relation_of_its_schema_also_those_made_later(
    home: Home, owner: Engine, role: Role, schema: str
) -> None:
    with owner.begin() as connection:
        connection.execute(text(f"create view {schema}.made_later as select 1 as one"))
    try:
        with acting(home, role) as engine, engine.connect() as connection:
            names = [name for name in relations(owner) if name.startswith(f"{schema}.")]
            assert f"{schema}.made_later" in names
            for name in names:
                connection.execute(text(f"select count(*) from {name}"))
    finally:
        with owner.begin() as connection:
            connection.execute(text(f"drop view {schema}.made_later"))


def test_publish_reads_what_transform_makes_later_and_nobody_else_does(home: Home) -> None:
    with acting(home, Role.TRANSFORM) as engine, engine.begin() as connection:
        connection.execute(text("drop table candidate.made"))
        connection.execute(text("create table candidate.made as select 1 as one"))
    for role in LOGINS:
        with acting(home, role) as engine, engine.connect() as connection:
            may = connection.scalar(text("select has_table_privilege(oid, 'select') from pg_class"
                                         " where relname = 'made' and relnamespace = 'candidate'::regnamespace")
            )  # fmt: skip
            assert may is (role in (Role.TRANSFORM, Role.PUBLISH))


def test_a_login_is_let_in_by_its_own_database_only(home: Home, new_database: NewDatabase) -> None:
    other = new_database()
    ready(other, Role.OFFICE).dispose()
    stranger = make_url(database_url(home, Role.OFFICE)).set(database=make_url(other.database_url).database)
    with pytest.raises(OperationalError, match="permission denied for database"):
        create_engine(stranger).connect()


def test_a_login_whose_password_was_changed_is_put_right(home: Home, owner: Engine) -> None:
    with owner.begin() as connection:
        connection.exec_driver_sql(f"alter role {login(home, Role.OFFICE)} password 'another'")
    with acting(home, Role.OFFICE) as engine, engine.connect() as connection:
        assert connection.scalar(text("select 1")) == 1


def test_a_grant_that_an_earlier_program_made_is_taken_back(home: Home, owner: Engine) -> None:
    with owner.begin() as connection:
        connection.exec_driver_sql(f"grant all on landing.delivery, ops.build to {login(home, Role.OFFICE)}")
        connection.exec_driver_sql(f"comment on database {owner.url.database} is 'of an earlier program'")
    with acting(home, Role.OFFICE) as engine, engine.connect() as connection:
        for name in ("landing.delivery", "ops.build"):
            asked = text("select has_table_privilege(current_user, oid, 'select, delete') from pg_class"
                         " where relname = split_part(:name, '.', 2)")  # fmt: skip
            assert connection.scalars(asked, {"name": name}).all() == [False]


def copy_of(home: Home, name: str, root: Path) -> Home:
    address = make_url(home.database_url)
    server = create_engine(address.set(database="kexie"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"create database {name} template {address.database}")
    server.dispose()
    return Home(root, database_url=address.set(database=name).render_as_string(hide_password=False))


def made_anew_by_transform_and_read_by_publish(home: Home) -> None:
    with acting(home, Role.TRANSFORM) as engine, engine.begin() as connection:
        for schema in BUILT:
            connection.execute(text(f"drop table {schema}.made"))
            connection.execute(text(f"create table {schema}.made as select 1 as one"))
    with acting(home, Role.PUBLISH) as engine, engine.connect() as connection:
        assert connection.scalar(text("select one from candidate.made")) == 1


def test_a_copied_database_gets_logins_of_its_own_and_goes_on_where_the_other_stood(
    home: Home, owner: Engine, tmp_path: Path
) -> None:
    owner.dispose()  # a database is copied while nobody is in it
    copied = copy_of(home, "copied", tmp_path)
    with acting(copied, Role.PUBLISH) as engine, engine.connect() as connection:
        assert connection.scalar(text("select current_user")) == "copied_publish"
        assert connection.execute(text("select * from candidate.made")).keys()
    made_anew_by_transform_and_read_by_publish(copied)


def test_what_the_owner_had_built_with_an_earlier_program_is_made_anew_by_transform(
    unmigrated_database: NewDatabase,
) -> None:
    home = unmigrated_database()
    with engine(home).begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, "0003")
        for schema in BUILT:
            connection.exec_driver_sql(f"create schema {schema}")
            connection.exec_driver_sql(f"create unlogged table {schema}.made (one integer)")
        connection.exec_driver_sql("create view staging.stg_unit_events as select * from landing.unit_event")
    made_anew_by_transform_and_read_by_publish(home)
    with acting(home, Role.TRANSFORM) as transformer, transformer.begin() as connection:
        connection.exec_driver_sql("drop view staging.stg_unit_events")


@pytest.fixture(scope="module")
def superuser(server: Home) -> Callable[[str], None]:
    """Runs a script of psql as the server's superuser."""
    address = postgres.start(server)

    def run(script: str, **environment: str) -> None:
        program = (postgres.binaries() / "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-h", address.host)
        told = os.environ | environment | {"PGPASSWORD": server.secret("postgres")}
        subprocess.run((*program, "-p", str(address.port), "-U", "postgres", "postgres"), input=script, text=True,
                       env=told, check=True, timeout=60)  # fmt: skip

    return run


@pytest.fixture(scope="module")
def elsewhere(server: Home, superuser: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A warehouse whose logins deploy/roles.sql made: its owner may make neither logins nor databases."""
    secrets = {name: make() for name, make in env.SECRETS.items()}
    script = (PROJECT / "deploy" / "roles.sql").read_text(encoding="utf-8")
    superuser(re.sub(r"\bairflow", "elsewhere_airflow", re.sub(r"\bkexie", "elsewhere", script)), **secrets)
    address = make_url(postgres.start(server).url)
    address = address.set(username="elsewhere_owner", password=secrets["KEXIE_OWNER_PASSWORD"], database="elsewhere")
    return Home(
        tmp_path_factory.mktemp("elsewhere"),
        database_url=address.render_as_string(hide_password=False),
        passwords={role: secrets[password_variable(role)] for role in LOGINS},
    )


def test_the_containers_owner_lets_everybody_in_and_may_make_no_login(elsewhere: Home) -> None:
    for role in LOGINS:
        with acting(elsewhere, role) as engine, engine.connect() as connection:
            assert connection.scalar(text("select current_user")) == f"elsewhere_{role}"
    with acting(elsewhere, Role.OWNER) as engine, engine.connect() as connection:
        assert connection.execute(text(ON_DATABASE), {"login": "elsewhere_owner"}).one()[3:] == (False, False, False)


def test_the_containers_logins_are_those_that_the_warehouse_makes_itself(
    elsewhere: Home, home: Home, owner: Engine
) -> None:
    for role in LOGINS:
        ready(elsewhere, role).dispose()
    with owner.connect() as connection:
        made, own = (
            connection.execute(text(ATTRIBUTES), {"logins": [roles.login(name, role) for role in LOGINS]}).all()
            for name in ("elsewhere", str(make_url(home.database_url).database))
        )
    assert made == own


ATTRIBUTES = """
    select rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolinherit, rolreplication, rolbypassrls, rolconfig
    from pg_roles
    join unnest(cast(:logins as text[])) with ordinality as asked (login, n) on login = rolname
    order by n
"""


def test_an_owner_who_may_make_no_login_says_in_one_sentence_what_a_superuser_has_to_run(
    elsewhere: Home, server: Home, superuser: Callable[..., None], tmp_path: Path
) -> None:
    superuser("create database bare owner elsewhere_owner")
    address = make_url(elsewhere.database_url).set(database="bare").render_as_string(hide_password=False)
    bare = Home(tmp_path, database_url=address)
    with pytest.raises(UserError, match="elsewhere_owner may not make the logins of the database bare") as refused:
        ready(bare, Role.INGEST)
    passwords = {role: bare.secret(f"{role}_bare") for role in LOGINS}
    told = str(refused.value) + (server.logs / "postgres.log").read_text()
    assert not [role for role, password in passwords.items() if password in told]
    script = str(refused.value).split(": ", 1)[1]
    for role, password in passwords.items():
        script = script.replace(f"<{role}>", password)
    superuser(script)
    for role in LOGINS:
        ready(bare, role).dispose()


def test_a_password_that_is_not_the_logins_is_named_where_the_owner_cannot_change_it(elsewhere: Home) -> None:
    wrong = replace(elsewhere, passwords={Role.OFFICE: "guessed"})
    with pytest.raises(UserError, match=r"alter role .elsewhere_office. login password '<office>'"):
        ready(wrong, Role.OFFICE)


def test_a_login_that_finds_the_database_not_prepared_says_who_has_to_do_it(elsewhere: Home) -> None:
    ready(elsewhere, Role.INGEST).dispose()
    nameless = replace(
        elsewhere,
        database_url=make_url(elsewhere.database_url)._replace(username=None, password=None).render_as_string(),
    )
    ready(nameless, Role.INGEST).dispose()
    with acting(elsewhere, Role.OWNER) as engine, engine.begin() as connection:
        forget_grants(connection)
    with pytest.raises(UserError, match=r"elsewhere was not prepared .*python -m kexie\.prepare"):
        ready(nameless, Role.INGEST)
    ready(elsewhere, Role.INGEST).dispose()


def test_the_database_that_the_owner_kept_for_airflow_is_handed_over_whole(home: Home, owner: Engine) -> None:
    wanted = airflow_database.metadata_url(home)
    earlier = owner.url.set(database=wanted.database)
    with airflow_database.session(owner.url) as connection:
        connection.exec_driver_sql(f"create database {wanted.database}")
    with airflow_database.session(earlier) as connection:
        for statement in (
            "create table job (id serial primary key, n integer generated always as identity)",
            "create type mood as enum ('red', 'green')",
            "create sequence free",
            "create view jobs as select * from job",
            "create function one(a integer) returns integer language sql as 'select 1'",
        ):
            connection.exec_driver_sql(statement)
    for _ in range(2):
        airflow_database.provide(home)
    with airflow_database.session(wanted) as connection:
        assert connection.scalars(text(STILL_OF), {"login": owner.url.username}).all() == []
        connection.exec_driver_sql("alter table job add column added integer default nextval('free')")
        connection.exec_driver_sql("insert into job default values")
    with owner.connect() as connection:
        assert connection.scalar(text("select datdba = current_user::regrole from pg_database"
                                      " where datname = current_database()"))  # fmt: skip
    with pytest.raises(OperationalError, match="permission denied for database"):
        create_engine(wanted.set(database=owner.url.database)).connect()


STILL_OF = """
    select pg_describe_object(classid, objid, objsubid) from pg_shdepend
    where dbid = (select oid from pg_database where datname = current_database())
        and refobjid = cast(:login as regrole) and deptype = 'o'
"""
