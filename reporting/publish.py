"""Publishing: the difference between candidate and published, applied in one transaction, with its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from ingestion.periods import periods_of
from kexie.database import BULK_MEMORY
from reporting.difference import Difference

RELATIONS: dict[str, tuple[str, ...]] = {
    "indicators": ("indicator_code",),
    "indicator_definitions": ("indicator_code", "valid_from"),
    "series_breaks": ("indicator_code", "valid_from", "changed_indicator_code"),
    "indicator_statuses": ("indicator_code", "status"),
    "tree_closure": ("period", "unit_code", "ancestor_code"),
    "indicator_values": ("unit_code", "indicator_code", "period"),
    "contribution_leaves": ("holder_code", "indicator_code", "period", "role", "leaf_indicator_code"),
    "report_lines": ("line_code", "period", "unit_code"),
    "reconciliation": ("unit_code", "indicator_code", "period"),
    "restated_values": ("period", "tree_date", "unit_code", "indicator_code"),
    "successions": ("period", "tree_date", "event_date", "kind", "from_code", "to_code"),
    "progress": ("period", "unit_code", "indicator_code"),
    "unapproved_figures": ("unit_code", "indicator_code", "period"),
}
"""Every relation that is published with its history, and its key."""

BOOKKEEPING = ("opened_by", "closed_by")

BY_YEAR = {"indicator_values": "unit_code", "contribution_leaves": "holder_code"}
"""The histories that grow with the figures, with whose they are: each year has a partition (migration 0028)."""

BULK = (
    f"set local work_mem = '{BULK_MEMORY}'",
    "set local enable_mergejoin = off",
    "set local max_parallel_workers_per_gather = 1",
)
"""Years are compared whole, by hashing: over several columns the planner takes that for dearer than sorting them.
One worker beside the process saves a third of the seconds for a fifteenth more of the processors."""

MUCH_OF_IT = 0.1
"""The share of a history that a publication may add before the planner's numbers of it are counted anew."""


@dataclass(frozen=True, slots=True)
class Published:
    """What one publish changed; `publication_id` is None where nothing differed and so nothing was written."""

    publication_id: int | None
    opened: dict[str, int]
    closed: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Change:
    """What is to be done to one relation's history: how many rows are opened and closed, and where they are.

    `rows` can stand after `from` and has every published column of the rows to open. Keys of rows to close are only in
    a staged difference; without one there are none. `new_years` have no partition yet in a history by year; where
    `is_first`, none of the years has.
    """

    relation: str
    columns: str
    bound: dict[str, list[str]]
    rows: str
    opened: int
    closed: int = 0
    new_years: tuple[int, ...] = ()
    is_first: bool = False


def publish(connection: Connection, build_id: int, years: Sequence[int]) -> Published:
    """Make published equal to the candidate for `years`, within the caller's transaction.

    A row that differs in any column is closed and opened anew, a row absent from the candidate is closed.
    """
    for statement in BULK:
        connection.execute(text(statement))
    changes = [_change(connection, relation, key, years) for relation, key in RELATIONS.items()]
    opened = {change.relation: change.opened for change in changes}
    closed = {change.relation: change.closed for change in changes}
    if not any(opened.values()) and not any(closed.values()):
        return Published(None, opened, closed)
    publication_id: int = connection.execute(
        text(
            "insert into published.publication (build_id, rows_opened, rows_closed) "
            "values (:build_id, :opened, :closed) returning publication_id"
        ),
        {"build_id": build_id, "opened": sum(opened.values()), "closed": sum(closed.values())},
    ).scalar_one()
    for change in changes:
        _apply(connection, change, publication_id)
    return Published(publication_id, opened, closed)


def _change(connection: Connection, relation: str, key: tuple[str, ...], years: Sequence[int]) -> _Change:
    """Compare candidate and published; where nothing is published yet there is nothing to compare or to stage."""
    periods = [period for year in years for period in periods_of(year)]
    columns = history_columns(connection, relation)
    candidate = f"candidate.{relation}"
    new_years = _new_years(connection, relation, years)
    has_period = "period" in columns
    bound = {"periods": periods} if has_period else {}
    before = f"(select * from published.{relation}_history where {_in_force(bound)})"
    is_published: bool = connection.execute(text(f"select exists {before}"), bound).scalar_one()
    if not is_published:
        found: int = connection.execute(text(f"select count(*) from {candidate}")).scalar_one()
        is_first = len(new_years) == len(years)
        return _Change(relation, ", ".join(columns), bound, candidate, found, 0, new_years, is_first)
    difference = Difference(key, columns, before, candidate)
    if relation in BY_YEAR:
        if not _stage_holders(connection, relation, difference, bound):
            return _Change(relation, ", ".join(columns), bound, candidate, opened=0)
        difference = Difference(key, columns, *(_of_holders(relation, state) for state in (before, candidate)))
    connection.execute(
        text(f"create temporary table changed_{relation} on commit drop as {difference.changed()}"), bound
    )
    counted = connection.execute(
        text(
            "select count(*) filter (where is_opened) as opened, count(*) filter (where is_closed) as closed "
            f"from changed_{relation}"
        )
    ).one()
    opened_rows = f"changed_{relation} where is_opened"
    return _Change(relation, ", ".join(columns), bound, opened_rows, counted.opened, counted.closed, new_years)


def _stage_holders(
    connection: Connection, relation: str, difference: Difference, bound: Mapping[str, list[str]]
) -> int:
    """Stage the units of whose rows any differs, and say how many: comparing all rows costs half as much again."""
    holders = difference.holders(BY_YEAR[relation])
    staged = f"create temporary table holders_{relation} on commit drop as {holders}"
    found: int = connection.execute(text(staged), bound).rowcount
    connection.execute(text(f"analyze holders_{relation}"))
    return found


def _of_holders(relation: str, state: str) -> str:
    holder = BY_YEAR[relation]
    return f"(select * from {state} as state where {holder} in (select {holder} from holders_{relation}))"


def _apply(connection: Connection, change: _Change, publication_id: int) -> None:
    if change.closed:
        _close(connection, change, publication_id)
    if change.opened:
        _refuse_other(change.relation, change.opened, _open(connection, change, publication_id))
        _tell_planner(connection, change)


def _open(connection: Connection, change: _Change, publication_id: int) -> int:
    """Write the rows to open, and say how many. Years that are the first of theirs are written by their partitions."""
    if change.new_years:
        written: int = connection.execute(
            text("select ops.open_years(:relation, :years, :publication_id)"),
            {
                "relation": change.relation,
                "years": list(change.new_years),
                "publication_id": publication_id if change.is_first else None,
            },
        ).scalar_one()
        if change.is_first:
            return written
    return connection.execute(
        text(f"""
            insert into published.{change.relation}_history ({change.columns}, opened_by)
            select {change.columns}, :publication_id from {change.rows}
        """),
        {"publication_id": publication_id},
    ).rowcount


def _in_force(bound: Mapping[str, object], of: str = "") -> str:
    """What is said of a history's rows in force, of the periods if any are bound; the columns come `of` a table."""
    return f"{of}closed_by is null" + (f" and {of}period = any(:periods)" if bound else "")


def _new_years(connection: Connection, relation: str, years: Sequence[int]) -> tuple[int, ...]:
    """The years for which a history by year has no partition yet."""
    if relation not in BY_YEAR:
        return ()
    missing = """
        select year from unnest(cast(:years as integer[])) as year
        where to_regclass(cast(:history as text) || year) is null
    """
    return tuple(connection.scalars(text(missing), {"years": list(years), "history": f"published.{relation}_history_"}))


def _tell_planner(connection: Connection, change: _Change) -> None:
    """Have a history counted anew where much of it is new; the server's own counting is a minute late."""
    # Below zero where it was never counted.
    known: float = connection.execute(
        text("select reltuples from pg_class where oid = cast(:history as regclass)"),
        {"history": f"published.{change.relation}_history"},
    ).scalar_one()
    if change.opened > known * MUCH_OF_IT:
        connection.execute(text("select ops.analyse_history(:relation)"), {"relation": change.relation})


def _close(connection: Connection, change: _Change, publication_id: int) -> None:
    relation = change.relation
    # What is new in the table is not known to the planner, which closes a few rows by their keys only if it knows.
    connection.execute(text(f"analyze changed_{relation}"))
    written = connection.execute(
        text(f"""
            update published.{relation}_history as history
            set closed_by = :publication_id
            from changed_{relation} as changed
            where changed.is_closed and {_in_force(change.bound, "history.")}
                and {" and ".join(f"history.{column} = changed.{column}" for column in RELATIONS[relation])}
        """),
        {"publication_id": publication_id, **change.bound},
    ).rowcount
    _refuse_other(relation, change.closed, written)


def _refuse_other(relation: str, counted: int, written: int) -> None:
    """The histories that grow with the figures have no foreign key: what a publication says it wrote is the proof."""
    if written != counted:
        raise RuntimeError(f"{counted} rows of {relation} were to be written, but {written} were: nothing is published")


def history_columns(connection: Connection, relation: str) -> list[str]:
    """The published columns of a relation, in order, without the bookkeeping."""
    return list(
        connection.scalars(
            text("""
                select column_name from information_schema.columns
                where table_schema = 'published' and table_name = :table and column_name <> all(:bookkeeping)
                order by ordinal_position
            """),
            {"table": f"{relation}_history", "bookkeeping": list(BOOKKEEPING)},
        )
    )
