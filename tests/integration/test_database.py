"""The warehouse's database: up to date before it is used, filled by COPY, entered by each as who he is."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import make_url, text

from kexie.database import MIGRATIONS, copy_rows, database_url, engine, head_revision, ready
from kexie.errors import UserError
from kexie.home import Home
from kexie.roles import LOGINS, TIME_ZONE, Role

NewDatabase = Callable[[], Home]


@pytest.fixture(scope="module")
def home(new_database: NewDatabase) -> Home:
    return new_database()


def test_the_head_read_from_file_names_is_the_one_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert head_revision() == ScriptDirectory.from_config(config).get_current_head()


def test_commands_that_start_together_migrate_once(server: Home) -> None:
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(lambda _: ready(server), range(4)))
    with engines[0].connect() as connection:
        assert connection.scalars(text("select version_num from alembic_version")).all() == [head_revision()]
    for one in engines:
        one.dispose()


def test_a_database_newer_than_the_program_is_refused_in_one_sentence(new_database: NewDatabase) -> None:
    newer = new_database()
    with engine(newer).begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(UserError, match=r"9999.*newer than this program"):
        ready(newer)


def test_sessions_keep_beijing_time(home: Home) -> None:
    with ready(home).connect() as connection:
        assert connection.scalar(text("show timezone")) == TIME_ZONE


def test_copied_rows_arrive_exactly_and_belong_to_the_transaction(home: Home) -> None:
    rows = [(Decimal("12345678901234567890.123456789"), "科协\t一\n二\\"), (None, None)]
    with ready(home).connect() as connection:
        connection.execute(text("create temporary table copied (figure numeric, words text)"))
        connection.commit()
        assert copy_rows(connection, "pg_temp.copied", ["figure", "words"], iter(rows)) == 2
        assert connection.execute(text("select figure, words from copied")).all() == rows
        connection.rollback()
        assert connection.execute(text("select * from copied")).all() == []


def test_an_address_that_names_no_owner_is_enough_for_the_other_logins(home: Home) -> None:
    known = {str(role): make_url(database_url(home, role)).password or "" for role in LOGINS}
    ready(home, Role.INGEST).dispose()
    address = make_url(home.database_url)._replace(username=None, password=None).render_as_string()
    nameless = Home(home.root, database_url=address, passwords=known)
    with ready(nameless, Role.OFFICE).connect() as connection:
        assert connection.scalar(text("select count(*) from indicator_values")) == 0
    with pytest.raises(UserError, match=r"Only the owner of the database .* KEXIE_DATABASE_URL names none"):
        ready(nameless)


@pytest.mark.parametrize(
    "address", ["sqlite:///x.db", "postgresql://localhost", "postgresql://localhost:port/x", "no address"]
)
def test_an_address_that_is_no_postgresql_database_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(UserError, match="KEXIE_DATABASE_URL must name a PostgreSQL database"):
        database_url(Home(tmp_path, database_url=address))


@pytest.mark.parametrize("role", [Role.OWNER, Role.INGEST])
def test_an_address_that_names_another_than_the_owner_is_told_in_one_sentence(
    unmigrated_database: NewDatabase, home: Home, tmp_path: Path, role: Role
) -> None:
    bare, login = make_url(unmigrated_database().database_url), make_url(database_url(home, Role.OFFICE))
    with engine(Home(tmp_path, database_url=bare.render_as_string(hide_password=False))).connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(
            f'grant connect on database "{bare.database}" to public'
        )
    address = bare.set(username=login.username, password=login.password).render_as_string(hide_password=False)
    with pytest.raises(UserError, match=r"_office cannot prepare the database .*: KEXIE_DATABASE_URL must name the ow"):
        ready(Home(tmp_path, database_url=address), role)


def test_a_database_that_cannot_be_reached_is_named(server: Home, tmp_path: Path) -> None:
    wrong = database_url(server).rsplit("/", 1)[0] + "/nowhere"
    with pytest.raises(UserError, match="nowhere cannot be reached"):
        ready(Home(tmp_path, database_url=wrong))
