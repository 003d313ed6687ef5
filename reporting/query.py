"""The office's way in: one SQL query as the read-only role."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from kexie.database import office_url
from kexie.errors import UserError
from kexie.home import Home
from kexie.table import aligned


def ask(home: Home, query: str, *, as_csv: bool) -> Iterator[str]:
    """The answer as an aligned table with its number of rows, or as CSV; UserError with what PostgreSQL refused."""
    columns, rows = _answer(home, query)
    if as_csv:
        yield from _csv_lines(columns, rows)
        return
    yield from aligned(columns, [[_shown(value) for value in row] for row in rows])
    yield f"({len(rows)} 行)"


def _answer(home: Home, query: str) -> tuple[list[str], list[Sequence[Any]]]:
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import DBAPIError

    engine = create_engine(office_url(home), connect_args={"application_name": "kexie sql"})
    try:
        with engine.connect() as connection:
            # A colon is SQL here (casts, slices), never a parameter.
            result = connection.execute(text(query.replace(":", r"\:")))
            if not result.returns_rows:
                raise UserError("The query returns no rows; ask with select …")
            return list(result.keys()), [tuple(row) for row in result]
    except DBAPIError as error:
        raise UserError(f"PostgreSQL refuses the query: {str(error.orig).strip().splitlines()[0]}") from None
    finally:
        engine.dispose()


def _csv_lines(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    for row in (columns, *rows):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow("" if value is None else _shown(value) for value in row)
        yield line.getvalue()


def _shown(value: object) -> str:
    from decimal import Decimal

    if value is None:
        return ""
    if isinstance(value, bool):
        return "t" if value else "f"
    return format(value, "f") if isinstance(value, Decimal) else str(value)
