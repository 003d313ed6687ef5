"""What the tables of a database hold, as a number of rows and a hash for each, to compare two databases by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kexie.roles import KEPT

if TYPE_CHECKING:
    from sqlalchemy import Connection

REVISION_TABLE = "public.alembic_version"


@dataclass(frozen=True, slots=True)
class Content:
    """A table's number of rows, and a hash over all of them that does not depend on their order."""

    rows: int
    digest: str


def contents(connection: Connection) -> dict[str, Content]:
    """The content of every table that a backup keeps, by `schema.table`, as this transaction sees it."""
    from sqlalchemy import text

    for setting, value in ROWS_AS_TEXT.items():
        connection.execute(text("select set_config(:name, :value, true)"), {"name": setting, "value": value})
    names = connection.scalars(text(TABLES), {"schemas": list(KEPT), "revision_table": REVISION_TABLE}).all()
    found = {name: connection.execute(text(CONTENT.format(table=name))).one() for name in names}
    return {name: Content(row.rows, row.digest) for name, row in found.items()}


def differences(expected: Mapping[str, Content], found: Mapping[str, Content]) -> Iterator[str]:
    """A sentence for each table that holds something else, is missing, or should not be there."""
    for name in sorted({*expected, *found}):
        if name not in found:
            yield f"table {name} is missing, {expected[name].rows} rows were expected"
        elif name not in expected:
            yield f"table {name} was not expected, {found[name].rows} rows were found"
        elif expected[name].rows != found[name].rows:
            yield f"table {name}: {expected[name].rows} rows were expected, {found[name].rows} were found"
        elif expected[name] != found[name]:
            yield (
                f"table {name}: its {found[name].rows} rows hash to {found[name].digest}, "
                f"{expected[name].digest} was expected"
            )


# A row as text is the same in every version of the server, once these are.
ROWS_AS_TEXT = {
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}

TABLES = """
    select format('%I.%I', nspname, relname)
    from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    where relkind = 'r' and (nspname = any(:schemas) or nspname || '.' || relname = :revision_table)
    order by 1
"""

# Sums, because unlike an exclusive or they notice a row that is there twice.
CONTENT = """
    select
        count(*) as rows,
        coalesce(sum(('x' || left(hash, 16))::bit(64)::bigint::numeric), 0)::text
            || '/' || coalesce(sum(('x' || right(hash, 16))::bit(64)::bigint::numeric), 0)::text as digest
    from (select md5(one_row::text) as hash from {table} as one_row) as hashes
"""
