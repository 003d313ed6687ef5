"""The warehouse's database: up to date before it is used, filled by COPY, open to the office for reading only."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from kexie.database import MIGRATIONS, TIME_ZONE, copy_rows, database_url, engine, head_revision, office_url, ready
from kexie.errors import UserError
from kexie.home import Home

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


@pytest.mark.parametrize(
    "statement",
    [
        "set transaction read write; create table published.mine (a int)",
        "select * from landing.submission",
        "set transaction read write; delete from published.indicator_values_history",
    ],
)
def test_the_office_cannot_write_nor_look_elsewhere(home: Home, statement: str) -> None:
    reader = create_engine(office_url(home))
    with reader.connect() as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.exec_driver_sql(statement)


def test_the_office_reads_every_published_relation_also_those_made_later(home: Home) -> None:
    office_url(home)
    with ready(home).begin() as connection:
        connection.execute(text("create view published.made_later as select 1 as one"))
        names = connection.scalars(text("select relname from pg_class where relnamespace = 'published'::regnamespace"
                                        " and relkind in ('r', 'v', 'm', 'p')")).all()  # fmt: skip
    with create_engine(office_url(home)).connect() as connection:
        assert "made_later" in names
        for name in names:
            connection.execute(text(f"select count(*) from published.{name}"))


def test_an_office_login_whose_password_was_changed_is_put_right(home: Home) -> None:
    address = office_url(home)
    with ready(home).begin() as connection:
        connection.execute(text(f"alter role {ready(home).url.database}_office password 'another'"))
    assert office_url(home) == address
    with create_engine(address).connect() as connection:
        assert connection.scalar(text("show default_transaction_read_only")) == "on"


def test_each_database_has_an_office_login_of_its_own(home: Home, new_database: NewDatabase) -> None:
    other = new_database()
    office_url(other)
    stranger = create_engine(office_url(home)).url.set(database=ready(other).url.database)
    with create_engine(stranger).connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text("select * from published.indicator_values"))


@pytest.mark.parametrize("address", ["sqlite:///x.db", "postgresql://localhost", "no address"])
def test_an_address_that_is_no_postgresql_database_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(UserError, match="KEXIE_DATABASE_URL must name a PostgreSQL database"):
        database_url(Home(tmp_path, database_url=address))


def test_a_database_that_cannot_be_reached_is_named(server: Home, tmp_path: Path) -> None:
    wrong = database_url(server).rsplit("/", 1)[0] + "/nowhere"
    with pytest.raises(UserError, match="nowhere cannot be reached"):
        ready(Home(tmp_path, database_url=wrong))
