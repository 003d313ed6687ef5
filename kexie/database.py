"""The warehouse's database: how to reach it as whom, bring it up to date, and fill it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from kexie import postgres, roles
from kexie.errors import UnreachableError, UserError
from kexie.home import PROJECT, Home
from kexie.roles import LOGINS, Role

if TYPE_CHECKING:
    from psycopg import Connection as Driver
    from sqlalchemy import URL, Connection, Engine

MIGRATIONS = PROJECT / "migrations"

BULK_MEMORY = "256MB"
"""What a statement over a year's figures may sort or hash in memory; given back when it is done."""

# The advisory lock of whoever migrates or grants; the lock of builds is another.
MIGRATING = 7_301_001


def database_url(home: Home, role: Role = Role.OWNER) -> str:
    """Where the warehouse's database is, for SQLAlchemy with psycopg 3. The embedded server is started for it.

    Raises UserError for an address that is none of PostgreSQL, and for the owner where the address names nobody.
    """
    address = _url(home)
    if role is not Role.OWNER:
        login = roles.login(str(address.database), role)
        address = address.set(username=login, password=_password(home, str(address.database), role))
    elif not address.username:
        raise UserError(
            f"Only the owner of the database {address.database} may do this, and KEXIE_DATABASE_URL names none: "
            "postgresql://owner:password@host/name."
        )
    return address.render_as_string(hide_password=False)


def engine(home: Home, role: Role = Role.OWNER) -> Engine:
    """A new engine on the warehouse's database with the role's login. Sessions keep Beijing time."""
    from sqlalchemy import create_engine

    options = {"application_name": f"kexie {role}", "options": f"-c timezone={roles.TIME_ZONE}"}
    return create_engine(database_url(home, role), connect_args=options)


def ready(home: Home, role: Role = Role.OWNER) -> Engine:
    """An engine on a database that runs, has every migration, and lets the role do what `kexie.roles` says.

    The way in for everything that needs the database. Whatever is missing is put right with the owner's login: raises
    UserError where that one is not known here or may not do it, and UnreachableError where the server does not answer.
    """
    prepared = engine(home, role)
    if role is Role.OWNER:
        _migrate(prepared)
    else:
        _let_in(home, role, prepared)
    return prepared


@contextmanager
def acting(home: Home, role: Role) -> Iterator[Engine]:
    """`ready`, for the length of a piece of work."""
    prepared = ready(home, role)
    try:
        yield prepared
    finally:
        prepared.dispose()


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


def _url(home: Home) -> URL:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    wrong = UserError("KEXIE_DATABASE_URL must name a PostgreSQL database: postgresql://user:password@host/name.")
    try:
        url = make_url(home.database_url or postgres.start(home).url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise wrong from None
    if url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise wrong
    return url.set(drivername="postgresql+psycopg")


def _reachable(prepared: Engine) -> Connection:
    from sqlalchemy.exc import OperationalError

    try:
        return prepared.connect()
    except OperationalError as error:
        raise UnreachableError(f"The database {prepared.url.database} cannot be reached: {_reason(error)}") from None


@contextmanager
def work_of_the_owner(url: URL) -> Iterator[None]:
    """For what nobody but the database's owner may do: UserError where the login of `url` is another's."""
    from psycopg.errors import InsufficientPrivilege, ReadOnlySqlTransaction
    from sqlalchemy.exc import DBAPIError

    refused = (InsufficientPrivilege, ReadOnlySqlTransaction)
    try:
        yield
    except (*refused, DBAPIError) as error:
        if not isinstance(getattr(error, "orig", error), refused):
            raise
        raise UserError(
            f"{url.username} cannot prepare the database {url.database} ({_reason(error)}): "
            "KEXIE_DATABASE_URL must name the owner of the database."
        ) from None


def _migrate(owner: Engine) -> None:
    with work_of_the_owner(owner.url):
        with _reachable(owner) as connection:
            if _stored_revision(connection) == head_revision():
                return
        with owner.begin() as connection:
            _bring_up_to_date(connection)


def _let_in(home: Home, role: Role, prepared: Engine) -> None:
    """See that the role's login is there and may do what it should; the owner is asked only where that is not so."""
    found = _mark_seen_by(prepared)
    if found == _mark(prepared.url):
        return
    if not _url(home).username:
        raise _cannot(prepared, found)
    _prepare(home, role, is_refused=found is None)
    if _mark_seen_by(prepared) is None:
        _reachable(prepared).close()


def _cannot(prepared: Engine, found: str | None) -> UserError:
    """What to say where the owner cannot be asked."""
    if found is None:
        try:
            _reachable(prepared).close()
        except UnreachableError as error:
            return error
    return UserError(
        f"The database {prepared.url.database} was not prepared for this program ({found or 'never'}): run "
        "`python -m kexie.prepare` where KEXIE_DATABASE_URL names its owner."
    )


def _mark_seen_by(prepared: Engine) -> str | None:
    """What `_prepare` left on the database, empty where it never did; None where the login is not let in."""
    from sqlalchemy import text
    from sqlalchemy.exc import OperationalError

    try:
        with prepared.connect() as connection:
            return connection.scalar(text(MARK)) or ""
    except OperationalError:
        return None


def _mark(url: URL) -> str:
    return f"科协数仓，版本 {head_revision()}，权限 {roles.digest(str(url.database))}"


def forget_grants(connection: Connection) -> None:
    """For whoever replaces the database's content: the grants went with it, and the next login has them made again."""
    from psycopg import sql

    database = sql.Identifier(str(connection.engine.url.database)).as_string()
    connection.exec_driver_sql(f"comment on database {database} is null")


# A comment, because everybody may read it and a copy of the database, which has no logins yet, does not inherit it.
MARK = "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"


def _prepare(home: Home, role: Role, *, is_refused: bool) -> None:
    """Migrate, make the logins that are missing, put right the role's if it was refused, and grant, all or nothing."""
    from psycopg import sql

    owner = engine(home)
    database = str(owner.url.database)
    mark = sql.SQL("comment on database {} is {}").format(sql.Identifier(database), _mark(owner.url)).as_string()
    try:
        with work_of_the_owner(owner.url), _reachable(owner) as connection, connection.begin():
            _bring_up_to_date(connection)
            _make_logins(connection, home, role if is_refused else None)
            _execute(connection, [*roles.granting(database), mark])
    finally:
        owner.dispose()


def _make_logins(connection: Connection, home: Home, refused: Role | None) -> None:
    """Make what is missing; raises UserError with what somebody else has to run where the owner may not."""
    from psycopg.errors import InsufficientPrivilege
    from sqlalchemy import text

    database, owner = str(connection.engine.url.database), str(connection.engine.url.username)
    may_connect = {row.rolname: row.may_connect for row in connection.execute(text(LOGINS_THERE))}
    missing = [role for role in LOGINS if roles.login(database, role) not in may_connect]
    # One that may enter and is refused all the same has another password.
    mistaken = [refused] if refused and may_connect.get(roles.login(database, refused)) else []
    passwords = {role: _password(home, database, role) for role in (*missing, *mistaken)}
    hashed = {role: hashed_password(connection, roles.login(database, role), passwords[role]) for role in passwords}
    statements = [
        statement
        for role, password in hashed.items()
        for statement in roles.making(database, role, password, anew=role in missing)
    ]
    transformer = roles.login(database, Role.TRANSFORM)
    if Role.TRANSFORM in missing or not connection.scalar(text(MAY_ACT_AS), {"login": transformer}):
        statements.append(roles.joining(database, owner))
    try:
        _execute(connection, statements)
    except InsufficientPrivilege:
        script = "; ".join(statements)
        for role, password in hashed.items():
            script = script.replace(password, f"<{role}>")
        raise UserError(
            f"{owner} may not make the logins of the database {database}; have a superuser run, with each password "
            f"that is in the file {home.secrets}/<role>_{database} or was given as KEXIE_<ROLE>_PASSWORD: {script};"
        ) from None


def hashed_password(connection: Connection, login: str, password: str) -> str:
    """The password as the server keeps it: a statement that fails is written to the server's log whole."""
    driver = cast("Driver[Any]", connection.connection.driver_connection)
    return driver.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()


LOGINS_THERE = """
    select rolname, has_database_privilege(oid, current_database(), 'connect') as may_connect from pg_roles
"""
MAY_ACT_AS = "select pg_has_role(:login, 'usage')"


def _password(home: Home, database: str, role: Role) -> str:
    return home.passwords.get(role) or home.secret(f"{role}_{database}")


def _bring_up_to_date(connection: Connection) -> None:
    """Run the migrations that are missing; whoever comes second finds nothing left to do."""
    from sqlalchemy import text

    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
    stored, head = _stored_revision(connection), head_revision()
    if stored is not None and (head is None or stored > head):
        raise UserError(f"The database (revision {stored}) is newer than this program ({head}), update it.")
    if stored != head:
        _upgrade(connection)


def _stored_revision(connection: Connection) -> str | None:
    from sqlalchemy import text

    if not connection.scalar(text("select to_regclass('public.alembic_version')")):
        return None
    revision: str | None = connection.scalar(text("select version_num from public.alembic_version"))
    return revision


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")


def _execute(connection: Connection, statements: Iterable[str]) -> None:
    """All of them in one message to the server."""
    driver = cast("Driver[Any]", connection.connection.driver_connection)
    driver.execute(";\n".join(statements).encode())


def _reason(error: Exception) -> str:
    return " ".join(str(getattr(error, "orig", None) or error).splitlines()[0].split())
