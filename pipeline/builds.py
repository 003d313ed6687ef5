"""Builds of the candidate: which years, from what had landed when, and how far each build has come.

The candidate schema holds one build at a time. A build goes from `building` to `built`, `audited` and `published`; a
later one takes over the years of one that has not been published (`replaced`), so that no run's work is lost.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from ingestion.lock import COLLECTING


@dataclass(frozen=True, slots=True)
class Build:
    """One build. `years` in ascending order; `cutoff_seq` is the last landing sequence number it takes into account."""

    build_id: int
    cutoff_seq: int
    years: tuple[int, ...]
    state: str


def open_build(
    connection: Connection, asked: Collection[int], catalogue_version: str, requested_by: str
) -> Build | None:
    """Begin a build of the asked years and of those that changed since they were last published.

    None where there is nothing to do. Also the years of a build that was begun and never published are built again;
    but where nothing was asked for and nothing has changed since, the candidate that waits for its publish will do.
    """
    # No collector may be between giving out a sequence number and committing it, or the cutoff would pass it over.
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": COLLECTING})
    if not asked and (waiting := _waiting(connection, catalogue_version)):
        return waiting
    restated = restate_where_the_tree_changed(connection)
    years = sorted({*asked, *restated, *pending_years(connection, catalogue_version)})
    if not years:
        return None
    connection.execute(text("update ops.build set state = 'replaced' where state in ('building', 'built', 'audited')"))
    opened = connection.execute(
        text(OPEN), {"catalogue_version": catalogue_version, "requested_by": requested_by}
    ).one()
    connection.execute(
        text("insert into ops.build_year select :build_id, year, make_date(year, 12, 31) from unnest(:years) as year"),
        {"build_id": opened.build_id, "years": years},
    )
    return Build(opened.build_id, opened.cutoff_seq, tuple(years), "building")


def ask_restatement(connection: Connection, year: int, tree_date: date, asked_by: str) -> None:
    """From now on each build of `year` computes it on the tree of `tree_date`, too."""
    connection.execute(
        text("insert into ops.restatement values (:year, :tree_date, :asked_by) on conflict do nothing"),
        {"year": year, "tree_date": tree_date, "asked_by": asked_by},
    )


def restate_where_the_tree_changed(
    connection: Connection, restatements: str = "ops.restatement", known: str = "landing.year_change"
) -> list[int]:
    """Ask for each year on the next one's tree, where that is another; returns the years that did not have it yet.

    Given are where that is asked for, and what can stand after `from` for the years of which something is known.
    """
    return list(connection.scalars(text(RESTATE_LAST_YEARS.format(restatements=restatements, known=known))))


def _waiting(connection: Connection, catalogue_version: str) -> Build | None:
    """The finished, not refused candidate, where it holds all that has changed."""
    waiting = current_build(connection)
    if waiting is None or waiting.state == "building":
        return None
    is_stale = connection.scalar(text(STALE), {"build_id": waiting.build_id, "catalogue_version": catalogue_version})
    return None if is_stale else waiting


def pending_years(connection: Connection, catalogue_version: str) -> list[int]:
    """Years whose published figures are older than what has landed, than the tree, or than the catalogue."""
    return list(connection.scalars(text(PENDING), {"catalogue_version": catalogue_version}))


def current_build(connection: Connection) -> Build | None:
    """The build that the candidate schema holds, if it has not been published yet."""
    row = connection.execute(text(CURRENT)).one_or_none()
    return Build(row.build_id, row.cutoff_seq, tuple(row.years), row.state) if row else None


def audited_before(connection: Connection, build: Build) -> int | None:
    """The last build that passed its audit and was replaced unpublished, if `build` has its years; else None."""
    number: int | None = connection.scalar(text(AUDITED_BEFORE), {"build_id": build.build_id})
    return number


def mark(connection: Connection, build: Build, state: str, message: str = "") -> None:
    """Record that `build` has come to `state`."""
    connection.execute(text(MARK), {"build_id": build.build_id, "state": state, "message": message})


LAST_LANDED = """
    greatest(
        (select coalesce(max(delivery_seq), 0) from landing.delivery),
        (select coalesce(max(withdrawal_seq), 0) from landing.withdrawal),
        (select coalesce(max(approval_seq), 0) from landing.approval),
        (select coalesce(max(changed_seq), 0) from landing.year_change)
    )
"""
"""The last landing sequence number; to be read while no collector is between giving out one and committing it."""

OPEN = f"""
    insert into ops.build (cutoff_seq, catalogue_version, requested_by)
    select {LAST_LANDED}, :catalogue_version, :requested_by
    returning build_id, cutoff_seq
"""

# Two years can only be compared on one tree.
RESTATE_LAST_YEARS = """
    insert into {restatements} (year, tree_date, asked_by)
    select before.year, make_date(after.year, 12, 31), '同口径比较'
    from {known} as before
    join {known} as after on after.year = before.year + 1
    where exists (
        select 1 from landing.unit_span
        where (valid_from > make_date(before.year, 12, 31) and valid_from <= make_date(after.year, 12, 31))
            or (valid_to > make_date(before.year, 12, 31) and valid_to <= make_date(after.year, 12, 31))
    )
    on conflict do nothing
    returning year
"""

PENDING = """
    select year from landing.year_change
    where changed_seq > published_seq or published_catalogue is distinct from :catalogue_version
    union
    select build_year.year
    from ops.build_year
    join ops.build on build.build_id = build_year.build_id
    where build.state in ('building', 'built', 'audited')
    order by year
"""

STALE = """
    select message <> '' or catalogue_version <> :catalogue_version or exists (
        select 1 from landing.year_change
        where (changed_seq > published_seq or published_catalogue is distinct from :catalogue_version)
            and (changed_seq > build.cutoff_seq or year not in (
                select year from ops.build_year where build_year.build_id = build.build_id
            ))
    )
    from ops.build
    where build_id = :build_id
"""

CURRENT = """
    select build.build_id, build.cutoff_seq, build.state,
        array_agg(build_year.year::integer order by build_year.year) as years
    from ops.build
    join ops.build_year on build_year.build_id = build.build_id
    where build.state in ('building', 'built', 'audited')
    group by build.build_id
"""

AUDITED_BEFORE = """
    select max(build_id)
    from ops.build
    where state = 'replaced' and audited_at is not null and build_id < :build_id
        and build_id > (select coalesce(max(build_id), 0) from ops.build where state = 'published')
"""

MARK = """
    update ops.build
    set state = :state,
        message = :message,
        built_at = case when :state = 'built' then clock_timestamp() else built_at end,
        audited_at = case when :state = 'audited' then clock_timestamp() else audited_at end,
        published_at = case when :state = 'published' then clock_timestamp() else published_at end
    where build_id = :build_id
"""
