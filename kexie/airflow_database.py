"""Airflow's own database, beside the warehouse's on the same server, and the login that owns it and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kexie.database import database_url, hashed_password
from kexie.errors import UserError
from kexie.home import Home

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection


def metadata_url(home: Home) -> URL:
    """Where Airflow keeps its tables, and as whom, for SQLAlchemy with psycopg 3. Database and login have one name."""
    from sqlalchemy.engine import make_url

    warehouse = make_url(database_url(home))
    name = f"{warehouse.database}_airflow"
    return warehouse.set(database=name, username=name, password=home.secret(f"database_{name}"))


def provide(home: Home) -> None:
    """See that the login and its database are there; a database that is still the owner's is handed over.

    Raises UserError with what somebody else has to run where the owner may not make them.
    """
    from sqlalchemy import make_url
    from sqlalchemy.exc import ProgrammingError

    wanted, owner = metadata_url(home), make_url(database_url(home))
    if _is_its_own(wanted):
        return
    name = str(wanted.database)
    try:
        with session(owner) as server:
            _make(server, wanted)
        with session(owner.set(database=name), isolation_level="READ COMMITTED") as inside, inside.begin():
            inside.exec_driver_sql(f'alter database "{name}" owner to "{name}"')
            inside.exec_driver_sql(f'revoke all on database "{name}" from public')
            inside.exec_driver_sql(HAND_OVER, execution_options={"no_parameters": True})
    except ProgrammingError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise UserError(
            f"Airflow needs a login and a database of its own on your server and {owner.username} may not make them"
            f" ({reason}): have a superuser run create role \"{name}\" login password '…'; with what the file "
            f'{home.secrets}/database_{name} holds; grant "{name}" to "{owner.username}"; '
            f'create database "{name}" owner "{name}";'
        ) from None


@contextmanager
def session(url: URL, isolation_level: str = "AUTOCOMMIT") -> Iterator[Connection]:
    """A connection that ends with the block."""
    from sqlalchemy import NullPool, create_engine

    with create_engine(url, isolation_level=isolation_level, poolclass=NullPool).connect() as connection:
        yield connection


def _is_its_own(wanted: URL) -> bool:
    from sqlalchemy import text
    from sqlalchemy.exc import OperationalError

    try:
        with session(wanted) as connection:
            return bool(connection.scalar(text(IS_MINE)))
    except OperationalError:
        return False


def _make(server: Connection, wanted: URL) -> None:
    """The login, or its password where another was set, and the database."""
    from psycopg import sql
    from sqlalchemy import text

    name = str(wanted.database)
    is_known = server.scalar(text("select 1 from pg_roles where rolname = :name"), {"name": name})
    secret = sql.Literal(hashed_password(server, name, str(wanted.password))).as_string()
    server.exec_driver_sql(f'{"alter" if is_known else "create"} role "{name}" login password {secret}')
    if not (is_known and server.scalar(text("select pg_has_role(:name, 'usage')"), {"name": name})):
        server.exec_driver_sql(f'grant "{name}" to current_user')
    if not server.scalar(text("select 1 from pg_database where datname = :name"), {"name": name}):
        server.exec_driver_sql(f'create database "{name}" owner "{name}"')


IS_MINE = "select datdba = current_user::regrole from pg_database where datname = current_database()"

# One by one: `reassign owned` would also give away the database of the warehouse. A table takes its sequences along.
HAND_OVER = """
    do $$
    declare
        owned record;
    begin
        for owned in
            select object.type, object.identity
            from pg_shdepend
            cross join pg_identify_object(classid, objid, objsubid) as object
            where dbid = (select oid from pg_database where datname = current_database())
                and refclassid = 'pg_authid'::regclass and refobjid = current_user::regrole and deptype = 'o'
                and object.type in ('table', 'view', 'sequence', 'type', 'function', 'schema')
            order by object.type = 'sequence'
        loop
            execute format('alter %s %s owner to %I', owned.type, owned.identity, current_database());
        end loop;
    end
    $$
"""
