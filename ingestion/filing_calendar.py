"""The filing calendar in the database: what the catalogue says of it, and the exceptions of this installation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from catalogue.model import FOREVER, Catalogue, FilingException

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Source(StrEnum):
    """Who made an exception: the catalogue for all provinces, or this province beside its units."""

    CATALOGUE = "catalogue"
    UNITS = "units"


def sync_calendar(connection: Connection, catalogue: Catalogue) -> None:
    """Bring the database to what the catalogue says of the calendar; writes only what differs."""
    keep(connection, "landing.form_expectation", {}, _expectations(catalogue))
    keep_exceptions(connection, Source.CATALOGUE, catalogue.calendar.exceptions)


def keep_exceptions(connection: Connection, source: Source, exceptions: Sequence[FilingException]) -> None:
    """Let these, in this order, be all the exceptions of a source; of several that fit, the last holds."""
    rows = [_exception(position, exception) for position, exception in enumerate(exceptions, start=1)]
    keep(connection, "landing.filing_exception", {"source": str(source)}, rows)


Row = dict[str, Any]


def _expectations(catalogue: Catalogue) -> list[Row]:
    return [
        {
            "form": filing.form,
            "form_name": catalogue.forms[filing.form].title,
            "level": str(filing.level),
            "unit_type": str(filing.unit_type),
            "frequency": str(filing.rule.frequency),
            "due_months": filing.rule.due_months,
            "due_day": filing.rule.due_day,
            "valid_from": filing.valid_from,
            "valid_to": None if filing.valid_to == FOREVER else filing.valid_to,
        }
        for filing in catalogue.calendar.filings(catalogue.forms.values())
    ]


def _exception(position: int, exception: FilingException) -> Row:
    return {
        "position": position,
        "unit_code": exception.unit_code or None,
        "level": exception.level or None,
        "unit_type": exception.unit_type or None,
        "form": exception.form or None,
        "due_date": exception.due_date,
        "reason": exception.reason,
        "valid_from": exception.valid_from,
        "valid_to": exception.valid_to,
    }


def keep(connection: Connection, table: str, part: Mapping[str, str], wanted: list[Row]) -> list[Row]:
    """Let `wanted` be all rows of the part of a table; write only when something differs, and return what does."""
    from sqlalchemy import text

    of_part = "".join(f" and {column} = :{column}" for column in part)
    held = [
        dict(row) for row in connection.execute(text(f"select * from {table} where true{of_part}"), part).mappings()
    ]
    rows = [{**part, **row} for row in wanted]
    before, after = ({_comparable(row) for row in some} for some in (held, rows))
    if before == after:
        return []
    connection.execute(text(f"delete from {table} where true{of_part}"), part)
    if rows:
        columns = list(rows[0])
        values = ", ".join(f":{column}" for column in columns)
        connection.execute(text(f"insert into {table} ({', '.join(columns)}) values ({values})"), rows)
    return [row for row in (*held, *rows) if _comparable(row) in before ^ after]


def _comparable(row: Mapping[Any, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((str(column), str(value)) for column, value in row.items()))
