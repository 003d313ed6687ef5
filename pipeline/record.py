"""What ran, when and how it ended: each step writes a row of `ops.task_run` when it begins and completes it at its end.

A step that was killed leaves its row without an end. Whether a row without an end is at work is told by an advisory
lock that its process holds. Recording is no part of the work: where it fails the step goes on, and its own error is
never hidden.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from kexie.clock import now
from pipeline.reasons import sentence

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

AT_WORK = 7_301_012
"""First half of the lock that a step holds while it works; the second is its task_run_id. ops.run_steps asks for it."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """Steps that belong together: `dag` is the DAG's name or the command's, `run_id` which of its runs."""

    dag: str
    run_id: str

    @classmethod
    def now(cls, command: str) -> Run:
        """A run that a person starts, named after the moment."""
        return cls(command, now().isoformat(timespec="milliseconds"))

    def __str__(self) -> str:
        return f"{self.dag} {self.run_id}"


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt at one step of a run.

    `then` names the steps that come next when it succeeds, `then_if_skipped` when there was nothing to do: as long as
    these have not begun, the run is not over.
    """

    run: Run
    task: str
    then: tuple[str, ...] = ()
    then_if_skipped: tuple[str, ...] = ()
    try_number: int = 1
    year: int | None = None


class Recording:
    """How the step under way ends, unless by an error."""

    def __init__(self) -> None:
        self.outcome, self.sentence = "success", ""

    def skip(self, why: str) -> None:
        """There was nothing to do; `why` says so in one sentence."""
        self.outcome, self.sentence = "skipped", why

    def wait(self, how: str) -> None:
        """A person has been asked, and the step goes on when they have answered; `how` says how to in one sentence."""
        self.outcome, self.sentence = "waiting", how


@contextmanager
def recorded(engine: Engine, step: Step) -> Iterator[Recording]:
    """Record the step for as long as the block runs; an error passes through, and its sentence is kept."""
    recording, opened = Recording(), _open(engine, step)
    try:
        yield recording
    except BaseException as error:
        if recording.outcome == "success":
            recording.outcome, recording.sentence = "failed", sentence(error)
        raise
    finally:
        if opened:
            _close(engine, *opened, step, recording)


def alert(engine: Engine, kind: str, run: Run, task: str | None, year: int | None, why: str) -> None:
    """Write a row of `ops.alert`; `kind` is failed or late, `why` one sentence. Raises what the database says."""
    row = {"kind": kind, "dag": run.dag, "run_id": run.run_id, "task": task, "year": year, "sentence": why}
    with engine.begin() as connection:
        connection.execute(text(ALERT), row)


def has_ended_well_since(engine: Engine, run: Run, year: int | None, moment: datetime) -> bool:
    """Whether another run of the same DAG and year began since then and has ended well."""
    bound = {"dag": run.dag, "run_id": run.run_id, "year": year, "moment": moment}
    with engine.connect() as connection:
        return bool(connection.scalar(text(ENDED_WELL), bound))


def _open(engine: Engine, step: Step) -> tuple[Connection, int] | None:
    """The row's number, and the session that holds its lock until it is closed."""
    try:
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        # A session that goes back to the pool would keep the lock.
        connection.detach()
        row = {
            "dag": step.run.dag,
            "run_id": step.run.run_id,
            "task": step.task,
            "try_number": step.try_number,
            "year": step.year,
        }
        number: int = connection.execute(text(BEGIN), row | {"at_work": AT_WORK}).scalar_one()
    except SQLAlchemyError as error:
        _say_so(step, error)
        return None
    return connection, number


def _close(engine: Engine, connection: Connection, number: int, step: Step, recording: Recording) -> None:
    then = {"success": step.then, "skipped": step.then_if_skipped}.get(recording.outcome, ())
    row = {"number": number, "outcome": recording.outcome, "sentence": recording.sentence, "then": list(then)}
    try:
        with connection:
            connection.execute(text(END), row)
    except SQLAlchemyError:
        _close_anew(engine, row, step)


def _close_anew(engine: Engine, row: dict[str, Any], step: Step) -> None:
    """The server went away meanwhile, or cut the session off; it may be back, which the pool does not know yet."""
    engine.dispose()
    try:
        with engine.begin() as connection:
            connection.execute(text(END), row)
    except SQLAlchemyError as error:
        _say_so(step, error)


def _say_so(step: Step, error: Exception) -> None:
    log.warning("%s of %s is not recorded in ops.task_run: %s", step.task, step.run, sentence(error))


# The lock is taken with the row: nobody sees the one without the other.
BEGIN = """
    with opened as (
        insert into ops.task_run (dag, run_id, task, try_number, year)
        values (:dag, :run_id, :task, :try_number, :year)
        returning task_run_id
    )
    select task_run_id from opened, pg_advisory_lock(:at_work, task_run_id)
"""

END = """
    update ops.task_run
    set finished_at = clock_timestamp(), outcome = :outcome, sentence = :sentence, next_steps = :then
    where task_run_id = :number
"""

ALERT = """
    insert into ops.alert (kind, dag, run_id, task, year, sentence)
    values (:kind, :dag, :run_id, :task, :year, :sentence)
"""

# Run by run: of a DAG that runs each five minutes there are years of them.
ENDED_WELL = """
    select exists (
        select 1
        from (
            select distinct run_id from ops.task_run
            where dag = :dag and run_id <> :run_id and started_at > :moment
        ) as later
        cross join lateral (
            select 1 from ops.runs
            where runs.dag = :dag and runs.run_id = later.run_id and runs.year is not distinct from :year
                and runs.outcome in ('success', 'skipped')
        ) as well
    )
"""
