"""The office's way in: one SQL query as the read-only role."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from kexie.database import office_url
from kexie.errors import UserError
from kexie.home import Home
from kexie.table import aligned

if TYPE_CHECKING:
    from pandas import DataFrame


def ask(home: Home, query: str, *, as_csv: bool) -> Iterator[str]:
    """The answer as an aligned table with its number of rows, or as CSV; UserError with what PostgreSQL refused."""
    answer = _answer(home, query)
    if as_csv:
        yield answer.map(_shown).to_csv(index=False).rstrip("\n")
        return
    yield from aligned(list(answer.columns), answer.map(_shown).values.tolist())
    yield f"({len(answer)} 行)"


def _answer(home: Home, query: str) -> DataFrame:
    from pandas import DataFrame
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import DBAPIError

    # Prepared, so that a second statement is refused instead of left without its answer.
    connect_args = {"application_name": "kexie sql", "prepare_threshold": 0}
    engine = create_engine(office_url(home), connect_args=connect_args)
    try:
        with engine.connect() as connection:
            # A colon is SQL here (casts, slices), never a parameter.
            try:
                result = connection.execute(text(query.replace(":", r"\:")))
                if not result.returns_rows:
                    raise UserError("The query returns no rows; ask with select …")
                # As objects: a column of decimals must not become floats.
                return DataFrame(result.all(), columns=list(result.keys()), dtype=object)
            except DBAPIError:
                # After a COPY nothing else, a rollback included, can be said on the connection.
                connection.invalidate()
                raise
    except DBAPIError as error:
        raise UserError(f"PostgreSQL refuses the query: {str(error.orig).strip().splitlines()[0]}") from None
    finally:
        engine.dispose()


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "t" if value else "f"
    return format(value, "f") if isinstance(value, Decimal) else str(value)
