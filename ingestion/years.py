"""Which years have changed: the sequence number of the last change of each, which the builds compare with their own."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection


def mark_changed(connection: Connection, years: Collection[int]) -> None:
    """Give the years a fresh sequence number, all the same one."""
    from sqlalchemy import text

    if years:
        connection.execute(text(MARK), {"years": sorted(years)})


def mark_changed_since(connection: Connection, first: int) -> list[int]:
    """Give each known year from `first` on a fresh sequence number; returns those years. Unknown ones hold nothing."""
    from sqlalchemy import text

    known = text("select year from landing.year_change where year >= :first order by year")
    years = list(connection.scalars(known, {"first": first}))
    mark_changed(connection, years)
    return years


MARK = """
    with fresh as materialized (select nextval('landing.landing_seq') as seq)
    insert into landing.year_change (year, changed_seq)
    select marked.year, fresh.seq
    from unnest(cast(:years as smallint[])) as marked (year)
    cross join fresh
    on conflict (year) do update set changed_seq = excluded.changed_seq
"""
