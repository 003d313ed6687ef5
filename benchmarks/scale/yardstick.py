"""The least that has to be done with the raw rows, as one plain SQL script: `yardstick.sql` says what it does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from catalogue.load import load
from catalogue.model import Level, UnitType
from kexie.database import copy_rows

if TYPE_CHECKING:
    from sqlalchemy import Engine

SCRIPT = Path(__file__).with_name("yardstick.sql")


def prepare(engine: Engine) -> None:
    """Schema `plain`: units, indicators and who is expected, as the script knows them, and its empty store."""
    from sqlalchemy import text

    indicators = load().indicators.values()
    with engine.begin() as connection:
        for statement in TABLES:
            connection.execute(text(statement))
        columns = ("indicator_code", "over_time")
        copy_rows(connection, "plain.indicator", columns, ((one.code, one.over_time.value) for one in indicators))
        copy_rows(
            connection,
            "plain.expected",
            ("indicator_code", "level"),
            (
                (one.code, level.value)
                for one in indicators
                if UnitType.TERRITORIAL in one.unit_types
                for level in one.levels
                if level is not Level.TOWNSHIP
            ),
        )


def run(engine: Engine) -> None:
    """The whole script in one session, its difference in one transaction."""
    from sqlalchemy import text

    *work, closing, opening = _statements()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in work:
            connection.execute(text(statement))
    with engine.begin() as connection:
        connection.execute(text(closing))
        connection.execute(text(opening))


def forget(engine: Engine) -> None:
    """Empty the script's store, so that its next run is a first one."""
    with engine.begin() as connection:
        connection.exec_driver_sql("truncate plain.published")


def clear(engine: Engine) -> None:
    """Give back the room of the script's tables, of which a first run makes new ones."""
    forget(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(_statements()[0])


def _statements() -> list[str]:
    """The first drops what the script left, the last two close and open rows of its store."""
    return [part for part in SCRIPT.read_text(encoding="utf-8").split(";\n") if part.strip()]


TABLES = (
    "create schema plain",
    "create table plain.unit as select unit_code, parent_code, level from landing.unit_span",
    "create table plain.indicator (indicator_code text primary key, over_time text)",
    "create table plain.expected (indicator_code text, level text)",
    """
    create table plain.published (
        unit_code text, indicator_code text, period text, value numeric, low numeric, high numeric,
        units_expected integer, units_reported integer, opened_by bigint, closed_by bigint
    )
    """,
    "create unique index on plain.published (period, unit_code, indicator_code) where closed_by is null",
)
