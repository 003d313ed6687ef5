"""Which years have changed: the sequence number of the last change of each, which the builds compare with their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
    mark_changed(connection, [year])
    tell_again(connection, [submission_id])


def mark_taken_back(connection: Connection, submission_id: int, year: int) -> None:
    """Give the year of a withdrawn submission a fresh number; its receipt and that of what it had replaced are told."""
    from sqlalchemy import text

    mark_changed(connection, [year])
    before = connection.scalars(text(REPLACED), {"submissions": [submission_id], "deliveries": []}).all()
    tell_again(connection, [submission_id, *before])


def tell_replaced(connection: Connection, delivery_seqs: Sequence[int]) -> None:
    """Have the receipts written again of what deliveries replaced, once these are published; their years are marked."""
    from sqlalchemy import text

    replaced = connection.scalars(text(REPLACED), {"submissions": [], "deliveries": list(delivery_seqs)}).all()
    tell_again(connection, replaced)


def tell_again(connection: Connection, submission_ids: Sequence[int]) -> None:
    """Have the receipts of submissions written again, once the last change of their years is published."""
    from sqlalchemy import text

    if submission_ids:
        connection.execute(text(TELL_AGAIN), {"submissions": list(submission_ids)})


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

TELL_AGAIN = """
    update landing.delivery as delivery
    set figures_told_at = null, figures_changed_seq = changed.seq
    from (
        select submission.delivery_seq, max(change.changed_seq) as seq
        from landing.submission as submission
        join landing.year_change as change on change.year = submission.year
        where submission.submission_id = any(cast(:submissions as bigint[]))
        group by submission.delivery_seq
    ) as changed
    where delivery.delivery_seq = changed.delivery_seq
"""

# What was in force before some submissions, given by number or by delivery, came.
REPLACED = """
    select before.submission_id
    from landing.submission as later
    cross join lateral (
        select earlier.submission_id
        from landing.submission as earlier
        left join landing.withdrawal as taken_back on taken_back.submission_id = earlier.submission_id
        where earlier.unit_code = later.unit_code and earlier.form = later.form and earlier.period = later.period
            and earlier.state = 'accepted' and earlier.delivery_seq < later.delivery_seq
            and taken_back.submission_id is null
        order by earlier.delivery_seq desc
        limit 1
    ) as before
    where later.state = 'accepted' and (
        later.submission_id = any(cast(:submissions as bigint[]))
        or later.delivery_seq = any(cast(:deliveries as bigint[]))
    )
"""
