"""The way in for people: one SQL query as a read-only role, the office's or the operator's."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from kexie.database import acting
from kexie.errors import UserError
from kexie.home import Home
from kexie.roles import Role
from kexie.table import aligned

if TYPE_CHECKING:
    from pandas import DataFrame
    from psycopg import Connection as Driver


def ask(home: Home, role: Role, query: str, *, as_csv: bool) -> Iterator[str]:
    """The answer as an aligned table with its number of rows, or as CSV; UserError with what PostgreSQL refused."""
    answer = _answer(home, role, query)
    if as_csv:
        yield answer.map(_shown).to_csv(index=False).rstrip("\n")
        return
    yield from aligned(list(answer.columns), answer.map(_shown).values.tolist())
    yield f"({len(answer)} 行)"


def _answer(home: Home, role: Role, query: str) -> DataFrame:
    from pandas import DataFrame
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    with acting(home, role) as engine, engine.connect() as connection:
        # Prepared, so that a second statement is refused instead of left without its answer.
        cast("Driver[Any]", connection.connection.driver_connection).prepare_threshold = 0
        try:
            # A colon is SQL here (casts, slices), never a parameter.
            result = connection.execute(text(query.replace(":", r"\:")))
            if not result.returns_rows:
                raise UserError("The query returns no rows; ask with select …")
            # As objects: a column of decimals must not become floats.
            return DataFrame(result.all(), columns=list(result.keys()), dtype=object)
        except DBAPIError as error:
            # After a COPY nothing else, a rollback included, can be said on the connection.
            connection.invalidate()
            raise UserError(f"PostgreSQL refuses the query: {str(error.orig).strip().splitlines()[0]}") from None


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "t" if value else "f"
    return format(value, "f") if isinstance(value, Decimal) else str(value)
