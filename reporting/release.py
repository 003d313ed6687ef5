"""Releasing: a year's published figures, frozen under a name after a person approved them.

What is frozen is a state that was published and shown, told by its publication, and not whatever is published by the
time somebody approves: corrections that came in between are corrections of the release. A release is named after its
year and its number, `2021-1`; nobody changes or deletes one, the database refuses that to its owner too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from ingestion.periods import periods_of
from kexie.errors import UserError
from kexie.program import revision

RELEASING = 7_301_013
"""The lock of whoever releases: the number in a name is given once."""

COPIES = {
    "release_values": "indicator_values",
    "release_lines": "report_lines",
    "release_unapproved": "unapproved_figures",
}
"""The relations of a release whose rows are copies, and of what."""

BOOKKEEPING = ("release_name", "opened_by", "row_hash")


Progress = Callable[[str], None]


class AlreadyReleasedError(UserError):
    """The year's last release holds just these figures, or later ones."""


@dataclass(frozen=True, slots=True)
class State:
    """A year as it was published up to a publication: the last one that changed the year's figures, lines or marks."""

    year: int
    publication_id: int
    published_at: datetime
    catalogue_version: str

    @property
    def bound(self) -> dict[str, Any]:
        """What a query on a history wants to know: see `rows_of`."""
        return {"periods": periods_of(self.year), "publication": self.publication_id}


@dataclass(frozen=True, slots=True)
class Release:
    """One release; `manifest` says what is in it, with hashes."""

    name: str
    year: int
    publication_id: int
    published_at: datetime
    approved_by: str
    approved_at: datetime
    manifest: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved, when (None for now), and what they said about it."""

    by: str
    at: datetime | None = None
    note: str = ""


def release_year(
    engine: Engine, year: int, publication_id: int | None, approval: Approval, progress: Progress
) -> Release:
    """Freeze the year as it is published, or as it was up to a publication; raises what `release` raises."""
    with engine.begin() as connection:
        made = release(connection, published_state(connection, year, publication_id), approval)
    held = made.manifest["contents"]
    progress(
        f"{made.name}: {held['release_values']['rows']} figures and {held['release_lines']['rows']} report lines of "
        f"{year} are frozen, approved by {made.approved_by} at {made.approved_at:%Y-%m-%d %H:%M}; "
        f"manifest {made.manifest['sha256']}."
    )
    return made


def published_state(connection: Connection, year: int, publication_id: int | None = None) -> State:
    """The year as it is published now, or as it was up to a publication. UserError where nothing of it was."""
    bound = {"periods": periods_of(year), "publication": publication_id}
    found = connection.execute(text(STATE), bound).one_or_none()
    if found is None:
        raise UserError(f"Nothing of {year} is published, so there is nothing to release; `kexie run --year {year}`.")
    return State(year, found.publication_id, found.published_at, found.catalogue_version)


def releases(connection: Connection, year: int) -> list[Release]:
    """The year's releases in their order."""
    return [_release(row) for row in connection.execute(text(OF_YEAR), {"period": str(year)})]


def last_release(connection: Connection, year: int) -> Release | None:
    """The year's newest release."""
    return next(reversed(releases(connection, year)), None)


def named_release(connection: Connection, name: str) -> Release:
    """The release of that name."""
    return _release(connection.execute(text(NAMED), {"name": name}).one())


def refuse_what_is_released(connection: Connection, state: State, before: Release) -> None:
    """Raise AlreadyReleasedError where the release holds the figures, lines and marks of the state, or later ones."""
    told = f"{before.name}, approved by {before.approved_by} at {before.approved_at:%Y-%m-%d %H:%M}, holds"
    if state.publication_id < before.publication_id:
        raise AlreadyReleasedError(f"{told} later figures of {state.year} than these.")
    if not any(_differs(connection, copy, state, before) for copy in COPIES):
        raise AlreadyReleasedError(f"{told} just these figures of {state.year}.")


def _differs(connection: Connection, copy: str, state: State, before: Release) -> bool:
    """Whether any row of the state, its coverage included, is another than in the release."""
    query = DIFFERS.format(rows=hashed_rows(connection, copy), copy=copy)
    return bool(connection.scalar(text(query), state.bound | {"name": before.name}))


def release(connection: Connection, state: State, approval: Approval) -> Release:
    """Freeze the state, within the caller's transaction.

    Raises AlreadyReleasedError where the year's last release holds just these figures, or later ones, and UserError
    where a figure is not what its leaves add up to.
    """
    if not approval.by.strip():
        raise UserError("A release needs somebody who approves it.")
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": RELEASING})
    before = last_release(connection, state.year)
    if before:
        refuse_what_is_released(connection, state, before)
    _refuse_unless_made_of_leaves(connection, state)
    name = f"{state.year}-{_number(before) + 1}"
    for copy in COPIES:
        _copy(connection, copy, name, state)
    connection.execute(text(COPY_LEAVES), state.bound | {"name": name})
    # Its own row closes a release: from here on the database takes no more rows of it.
    connection.execute(text(CLOSE), _closing_row(connection, name, state, approval))
    return named_release(connection, name)


def contents(connection: Connection, name: str, state: State) -> dict[str, dict[str, Any]]:
    """Of each relation of a release the number of rows and a hash over the hashes of its rows, as they lie there."""
    bound = state.bound | {"name": name}
    queries = {copy: f"select row_hash from published.{copy} where release_name = :name" for copy in COPIES}
    queries["release_leaves"] = "select row_hash from published.release_leaves where release_name = :name"
    queries["tree_closure"] = f"select {ROW_HASH} as row_hash from ({rows_of('tree_closure')}) as one_row"
    found = {
        relation: connection.execute(text(CONTENT.format(rows=query)), bound).one()
        for relation, query in queries.items()
    }
    return {relation: {"rows": row.rows, "sha256": row.sha256} for relation, row in found.items()}


def fingerprint(manifest: dict[str, Any]) -> str:
    """SHA-256 of the manifest without its own, as JSON in the order of its keys: one number to print and to compare."""
    told = {key: value for key, value in manifest.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def rows_of(relation: str) -> str:
    """SQL for the rows of a published relation's history as of a state: see `State.bound`."""
    return f"""
        select * from published.{relation}_history
        where period = any(:periods) and opened_by <= :publication
            and (closed_by is null or closed_by > :publication)
    """


def hashed_rows(connection: Connection, copy: str) -> str:
    """SQL for the rows of a state as a release keeps them: the copy's columns, which opened each, and its hash."""
    columns = ", ".join(copied_columns(connection, copy))
    return f"""
        select one_row.*, {ROW_HASH} as row_hash
        from (select {columns}, opened_by from ({rows_of(COPIES[copy])}) as history) as one_row
    """


def copied_columns(connection: Connection, copy: str) -> list[str]:
    """The columns of a release's relation that are the same in the history it is copied from, in order."""
    return list(connection.scalars(text(COLUMNS), {"table": copy, "bookkeeping": list(BOOKKEEPING)}))


def _refuse_unless_made_of_leaves(connection: Connection, state: State) -> None:
    from reporting.provenance import unproven

    wrong = unproven(connection, state.published_at, periods_of(state.year))
    if wrong:
        first = wrong[0]
        raise UserError(
            f"{state.year} may not be released: {len(wrong)} figures are not what the filed figures behind them add up "
            f"to, first {first.indicator_code} of {first.unit_code} for {first.period}; run the year again, "
            f"`kexie run --year {state.year}`, and see what its audit says."
        )


def _number(before: Release | None) -> int:
    return int(before.name.rpartition("-")[2]) if before else 0


def _copy(connection: Connection, copy: str, name: str, state: State) -> None:
    columns = ", ".join((*copied_columns(connection, copy), "opened_by", "row_hash"))
    connection.execute(
        text(f"""
            insert into published.{copy} (release_name, {columns})
            select :name, {columns} from ({hashed_rows(connection, copy)}) as hashed
        """),
        state.bound | {"name": name},
    )


def _closing_row(connection: Connection, name: str, state: State, approval: Approval) -> dict[str, Any]:
    approved_at = approval.at or connection.execute(text("select clock_timestamp()")).scalar_one()
    manifest = {
        "release": name,
        "year": str(state.year),
        "publication": state.publication_id,
        "published_at": state.published_at.isoformat(),
        "approved_by": approval.by,
        "approved_at": approved_at.isoformat(),
        "note": approval.note,
        "catalogue": state.catalogue_version,
        "program": revision(),
        "contents": contents(connection, name, state),
    }
    manifest["sha256"] = fingerprint(manifest)
    return {
        "name": name,
        "period": str(state.year),
        "publication_id": state.publication_id,
        "published_at": state.published_at,
        "approved_by": approval.by,
        "approved_at": approved_at,
        "note": approval.note,
        "manifest": json.dumps(manifest, ensure_ascii=False),
    }


def _release(row: Row[Any]) -> Release:
    return Release(
        row.release_name,
        int(row.period),
        row.publication_id,
        row.published_at,
        row.approved_by,
        row.approved_at,
        row.manifest,
    )


ROW_HASH = "published.row_hash(to_jsonb(one_row))"

STATE = """
    select publication.publication_id, publication.published_at, build.catalogue_version
    from published.publication as publication
    join ops.build as build on build.build_id = publication.build_id
    where publication.publication_id = (
        select max(changed_by)
        from (
            select opened_by, closed_by from published.indicator_values_history where period = any(:periods)
            union all
            select opened_by, closed_by from published.report_lines_history where period = any(:periods)
            union all
            select opened_by, closed_by from published.unapproved_figures_history where period = any(:periods)
        ) as history
        cross join lateral (values (opened_by), (closed_by)) as change (changed_by)
        where changed_by <= coalesce(cast(:publication as bigint), changed_by)
    )
"""

OF_YEAR = """
    select * from published.releases
    where period = :period
    order by split_part(release_name, '-', 2)::integer
"""

NAMED = "select * from published.releases where release_name = :name"

COLUMNS = """
    select column_name from information_schema.columns
    where table_schema = 'published' and table_name = :table and column_name <> all(:bookkeeping)
    order by ordinal_position
"""

# Neither has two rows with the same hash, as the key is hashed too.
DIFFERS = """
    select exists (
        select 1
        from ({rows}) as hashed
        full join (select row_hash from published.{copy} where release_name = :name) as printed
            on printed.row_hash = hashed.row_hash
        where printed.row_hash is null or hashed.row_hash is null
    )
"""

COPY_LEAVES = f"""
    insert into published.release_leaves
        (release_name, holder_code, indicator_code, period, role, leaf_indicator_code, opened_by, row_hash)
    select :name, holder_code, indicator_code, period, role, leaf_indicator_code, opened_by, {ROW_HASH}
    from ({rows_of("contribution_leaves")}) as one_row
"""

CONTENT = """
    select
        count(*) as rows,
        encode(
            sha256(convert_to(coalesce(string_agg(row_hash, E'\\n' order by row_hash collate "C"), ''), 'UTF8')), 'hex'
        ) as sha256
    from ({rows}) as hashed
"""

CLOSE = """
    insert into published.releases
        (release_name, period, publication_id, published_at, approved_by, approved_at, note, manifest)
    values (:name, :period, :publication_id, :published_at, :approved_by, :approved_at, :note, cast(:manifest as jsonb))
"""
