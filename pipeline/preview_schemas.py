"""The schemas in which a preview builds: what dbt reads, as of one moment, with the rows of a file that was not sent.

For each source in landing and ops a relation of the same name stands in `preview_landing` or `preview_ops`: a view
where rows are numbered, so that none which lands meanwhile is seen; a copy where they are few and may be amended; and
the one build.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from sqlalchemy import Connection, text

from ingestion.store import OBSERVATION_COLUMNS, SUBMISSION_COLUMNS, Outcome, observation_rows, submission_rows
from ingestion.trial import Trial
from kexie.database import copy_rows
from kexie.roles import PREVIEW, PREVIEW_PREFIX
from pipeline import builds
from pipeline.builds import LAST_LANDED
from pipeline.transform import PROJECT_FOLDER

SOURCES = PROJECT_FOLDER / "models" / "staging" / "_sources.yml"
BUILD_ID = 0


@dataclass(frozen=True, slots=True)
class Numbers:
    """The last numbers given out: of the landing sequence, of submissions, of observations."""

    landed: int
    submission: int
    observation: int


def last_numbers(connection: Connection) -> Numbers:
    """To be asked while nobody collects."""
    row = connection.execute(text(LAST)).one()
    return Numbers(row.landed, row.submission, row.observation)


def clear(connection: Connection) -> None:
    """Drop whatever is in the schemas, also what a preview left there that died."""
    drops: list[str] = list(connection.scalars(text(DROPS), {"schemas": list(PREVIEW)}))
    for drop in drops:
        connection.exec_driver_sql(drop)


def stage(connection: Connection, last: Numbers) -> None:
    """Show dbt everything up to these numbers; the file's rows are not among it yet, nor a build."""
    for schema, table in sources():
        for statement in _standing_in(schema, table, last):
            connection.exec_driver_sql(statement)


def restate(connection: Connection, years: Collection[int] = ()) -> list[int]:
    """Ask for the restated years that the next run asks for, or would with something known of these years too."""
    known = f"(select year from landing.year_change union select unnest(array{sorted(years)}::smallint[]) as year)"
    return builds.restate_where_the_tree_changed(connection, f"{PREVIEW_PREFIX}ops.restatement", known)


def open_build(connection: Connection, last: Numbers, years: Sequence[int], catalogue_version: str) -> None:
    """Have dbt build the years, the file's rows included where there are any."""
    build = {"build_id": BUILD_ID, "cutoff_seq": last.landed + 1, "catalogue_version": catalogue_version}
    connection.execute(text(INSERT_BUILD), build)
    connection.execute(text(INSERT_YEARS), {"build_id": BUILD_ID, "years": list(years)})


def add(connection: Connection, trial: Trial, catalogue_version: str) -> None:
    """Let dbt see the file's submissions and observations too, and what is restated because of them."""
    restate(connection, trial.years)
    sent, outcomes = trial.sent, [Outcome(trial.delivery_seq, trial.checked, "")]
    delivery: dict[str, Any] = {
        "delivery_seq": trial.delivery_seq,
        "submitter_code": trial.submitter,
        "file_name": sent.file_name,
        "sha256": sent.sha256,
        "size_bytes": sent.size_bytes,
        "kind": trial.checked.kind,
        "outcome": trial.checked.outcome,
        "form_version": trial.checked.form_version,
    }
    copy_rows(connection, f"{_TRIED}_delivery", tuple(delivery), [tuple(delivery.values())])
    submissions = submission_rows(outcomes, catalogue_version)
    copy_rows(connection, f"{_TRIED}_submission", SUBMISSION_COLUMNS, submissions)
    copy_rows(connection, f"{_TRIED}_observation", OBSERVATION_COLUMNS, observation_rows(outcomes))


def keep_as_before(connection: Connection, relations: Sequence[str]) -> None:
    """Keep what has been built, to be compared with what is built next: see `before`."""
    for relation in relations:
        connection.exec_driver_sql(f"create table {before(relation)} as select * from {after(relation)}")


def before(relation: str) -> str:
    """Where `keep_as_before` keeps a relation of the candidate."""
    return f"{PREVIEW_PREFIX}candidate.before_{relation}"


def after(relation: str) -> str:
    """Where dbt builds a relation of the candidate."""
    return f"{PREVIEW_PREFIX}candidate.{relation}"


_TRIED = f"{PREVIEW_PREFIX}landing.tried"


def sources() -> Iterator[tuple[str, str]]:
    """Schema and name of each source of the models that is another one in a preview; the rest is read where it is."""
    for source in yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["sources"]:
        if "schema_prefix" in source["schema"]:
            yield from ((source["name"], table["name"]) for table in source["tables"])


def _standing_in(schema: str, table: str, last: Numbers) -> Iterator[str]:
    real, shown, tried = f"{schema}.{table}", f"{PREVIEW_PREFIX}{schema}.{table}", f"{_TRIED}_{table}"
    # By submission and not by delivery: one that landed before may be checked while dbt runs.
    numbered = {
        "delivery": f"delivery_seq <= {last.landed}",
        "submission": f"submission_id <= {last.submission}",
        "observation": f"submission_id <= {last.submission}",
    }
    if table in ("build", "build_year"):
        yield f"create table {shown} (like {real} including defaults)"
    elif table == "withdrawal":
        yield f"create view {shown} as select * from {real} where withdrawal_seq <= {last.landed}"
    elif table == "approval_ladder":
        # The file's own submissions are not on it, so that a preview shows what they change once they are approved.
        yield f"create view {shown} as select * from {real} where submission_id <= {last.submission}"
    elif table in numbered:
        yield f"create table {tried} (like {real} including defaults)"
        yield f"create view {shown} as select * from {real} where {numbered[table]} union all select * from {tried}"
    else:
        yield f"create table {shown} (like {real} including defaults including indexes)"
        yield f"insert into {shown} select * from {real}"
    if table == "observation":
        first = f"start with {last.observation + 1}"
        yield f"alter table {tried} alter observation_id add generated always as identity ({first})"


LAST = f"""
    select
        {LAST_LANDED} as landed,
        (select coalesce(max(submission_id), 0) from landing.submission) as submission,
        (select coalesce(max(observation_id), 0) from landing.observation) as observation
"""

DROPS = """
    select format(
        'drop %s if exists %I.%I cascade', case relkind when 'v' then 'view' else 'table' end, nspname, relname
    )
    from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = any(:schemas) and relkind in ('r', 'v')
"""

INSERT_BUILD = f"""
    insert into {PREVIEW_PREFIX}ops.build (build_id, cutoff_seq, catalogue_version, requested_by, state)
    values (:build_id, :cutoff_seq, :catalogue_version, 'kexie preview', 'building')
"""

INSERT_YEARS = f"""
    insert into {PREVIEW_PREFIX}ops.build_year (build_id, year, tree_date)
    select :build_id, year, make_date(year, 12, 31) from unnest(:years) as year
"""
