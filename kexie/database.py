"""The warehouse's database: how to reach it, bring it up to date, fill it, and let the office read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from kexie import postgres
from kexie.errors import UserError
from kexie.home import PROJECT, Home

if TYPE_CHECKING:
    from psycopg import Connection as Driver
    from sqlalchemy import URL, Connection, Engine

MIGRATIONS = PROJECT / "migrations"
TIME_ZONE = "Asia/Shanghai"
OFFICE_STATEMENT_TIMEOUT = "5min"

# Advisory locks of this module; the lock of builds is another.
MIGRATING = 7_301_001
GRANTING = 7_301_002


def database_url(home: Home) -> str:
    """Where the warehouse's database is, for SQLAlchemy with psycopg 3. The embedded server is started for it."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    wrong = UserError("KEXIE_DATABASE_URL must name a PostgreSQL database: postgresql://user:password@host/name.")
    try:
        url = make_url(home.database_url or postgres.start(home).url)
    except ArgumentError:
        raise wrong from None
    if url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise wrong
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def engine(home: Home) -> Engine:
    """A new engine on the warehouse's database, as its owner. Sessions keep Beijing time."""
    return _engine(database_url(home))


def ready(home: Home) -> Engine:
    """An engine on a database that runs and has every migration. The way in for everything that needs the database."""
    prepared = engine(home)
    with _reachable(prepared) as connection:
        current = _stored_revision(connection)
    if current != head_revision():
        _migrate(prepared)
    return prepared


def head_revision() -> str | None:
    """The newest migration: their files are named REVISION_what.py with revisions 0001, 0002, … in one line.

    Read from the names, because importing Alembic to ask it takes longer than most commands.
    """
    revisions = sorted(path.name.split("_", 1)[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    return revisions[-1] if revisions else None


def copy_rows(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Append rows to `schema.table` with COPY, within the connection's transaction; returns how many.

    A row holds Python values in the order of `columns`: Decimal for numeric, psycopg's Jsonb for json, None for null.
    """
    from psycopg import sql

    if not connection.in_transaction():
        connection.begin()
    driver = cast("Driver[Any]", connection.connection.driver_connection)
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(*table.split(".")), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


@contextmanager
def advisory_lock(engine: Engine, key: int) -> Iterator[None]:
    """Wait for the lock of that number and hold it; the server lets go of it when this process dies. Not reentrant.

    It is kept by a connection of its own: work goes through others, so that a failed statement cannot let go of it.
    """
    from sqlalchemy import text

    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": key})
        try:
            yield
        finally:
            connection.execute(text("select pg_advisory_unlock(:key)"), {"key": key})


def office_url(home: Home) -> str:
    """The address with which the office reads `published`, and nothing else. Makes the login when it is needed.

    The login is named after the database, so that several databases can live on one server.
    """
    owner = ready(home)
    url = owner.url.set(username=f"{owner.url.database}_office", password=home.secret(f"office_{owner.url.database}"))
    address = url.render_as_string(hide_password=False)
    if not _can_read_everything(address):
        _grant_reading(owner, url)
    owner.dispose()
    return address


def _engine(url: str) -> Engine:
    from sqlalchemy import create_engine

    return create_engine(url, connect_args={"application_name": "kexie", "options": f"-c timezone={TIME_ZONE}"})


def _reachable(prepared: Engine) -> Connection:
    from sqlalchemy.exc import OperationalError

    try:
        return prepared.connect()
    except OperationalError as error:
        reason = " ".join(str(error.orig).split())
        raise UserError(f"The database {prepared.url.database} cannot be reached: {reason}") from None


def _stored_revision(connection: Connection) -> str | None:
    from sqlalchemy import text

    if not connection.scalar(text("select to_regclass('public.alembic_version')")):
        return None
    revision: str | None = connection.scalar(text("select version_num from public.alembic_version"))
    return revision


def _migrate(prepared: Engine) -> None:
    """Run what is missing, in one transaction; whoever comes second finds nothing left to do."""
    from sqlalchemy import text

    with prepared.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
        stored, head = _stored_revision(connection), head_revision()
        if stored is not None and (head is None or stored > head):
            raise UserError(f"The database (revision {stored}) is newer than this program ({head}), update it.")
        if stored != head:
            _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")


def _can_read_everything(address: str) -> bool:
    from sqlalchemy import text
    from sqlalchemy.exc import OperationalError, ProgrammingError

    reader = _engine(address)
    try:
        with reader.connect() as connection:
            missing: int = connection.execute(text(UNREADABLE)).scalar_one()
            return missing == 0
    except (OperationalError, ProgrammingError):
        return False
    finally:
        reader.dispose()


# Counted in the catalogue because the information schema shows only what one may read.
UNREADABLE = """
    select (select count(*)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'published' and c.relkind in ('r', 'v', 'm', 'p')
              and not has_table_privilege(c.oid, 'select'))
         + (select count(*) from pg_namespace where nspname = 'published' and not has_schema_privilege(oid, 'usage'))
"""


def _grant_reading(owner: Engine, reader: URL) -> None:
    from psycopg import sql
    from sqlalchemy import text
    from sqlalchemy.exc import ProgrammingError

    role = sql.Identifier(str(reader.username)).as_string()
    password = sql.Literal(reader.password).as_string()
    try:
        with owner.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": GRANTING})
            known = connection.scalar(text("select 1 from pg_roles where rolname = :name"), {"name": reader.username})
            verb = "alter" if known else "create"
            database = sql.Identifier(str(reader.database)).as_string()
            for statement in (
                f"{verb} role {role} login password {password}",
                f"alter role {role} set default_transaction_read_only = on",
                f"alter role {role} set statement_timeout = '{OFFICE_STATEMENT_TIMEOUT}'",
                f"alter role {role} set timezone = '{TIME_ZONE}'",
                f"alter role {role} set search_path = published",
                f"grant connect on database {database} to {role}",
                f"grant usage on schema published to {role}",
                f"grant select on all tables in schema published to {role}",
                f"alter default privileges in schema published grant select on tables to {role}",
            ):
                connection.exec_driver_sql(statement)
    except ProgrammingError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise UserError(f"The office's read-only login {reader.username} cannot be prepared: {reason}") from None
