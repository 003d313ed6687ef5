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


def mark_let_in(connection: Connection, submission_id: int, year: int) -> None:
    """Give the year of a submission, figures of which count from now on, a fresh number; its receipt is told of it."""
    from sqlalchemy import text

    mark_changed(connection, [year])
    connection.execute(text(LET_IN), {"submission": submission_id, "year": year})


def mark_changed_since(connection: Connection, first: int) -> list[int]:
    """Give each known year that rests on a tree of `first` or later a fresh sequence number; returns those years.

    Earlier ones do that are computed on a later tree, too. Unknown years hold nothing.
    """
    from sqlalchemy import text

    known = text(RESTING_ON_A_TREE_SINCE)
    years = list(connection.scalars(known, {"first": first}))
    mark_changed(connection, years)
    return years


RESTING_ON_A_TREE_SINCE = """
    select year from landing.year_change
    where year >= :first or year in (select year from ops.restatement where tree_date >= make_date(:first, 1, 1))
    order by year
"""

MARK = """
    with fresh as materialized (select nextval('landing.landing_seq') as seq)
    insert into landing.year_change (year, changed_seq)
    select marked.year, fresh.seq
    from unnest(cast(:years as smallint[])) as marked (year)
    cross join fresh
    on conflict (year) do update set changed_seq = excluded.changed_seq
"""

LET_IN = """
    update landing.delivery
    set figures_told_at = null,
        figures_changed_seq = (select changed_seq from landing.year_change where year = :year)
    where delivery_seq = (select delivery_seq from landing.submission where submission_id = :submission)
"""
