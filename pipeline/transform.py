"""dbt as one call in this process; its results become rows the data team can query."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, text

from kexie.database import BULK_MEMORY, copy_rows
from kexie.home import PROJECT, Home
from kexie.roles import PREVIEW_PREFIX

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.results import RunResult

PROJECT_FOLDER = PROJECT / "dbt_project"
BUILD = ("build", "--exclude-resource-type", "unit_test")

SESSION = f"-c work_mem={BULK_MEMORY} -c max_parallel_workers_per_gather=0"
"""Settings of dbt's sessions. Models run side by side; workers beside them cost more than they save."""


class TransformError(Exception):
    """dbt could not build the candidate; the message names the first model or test that failed and why."""


def build_candidate(home: Home, engine: Engine, build_id: int, progress: Callable[[str], None]) -> None:
    """Run every seed, model and test of the dbt project for the build under way; raises TransformError.

    Results are in `ops.model_result`, one row per node, whether or not it succeeded.
    """
    outcome = _invoke(engine, BUILD, arguments(home))
    results = _results(outcome)
    _record(engine, build_id, results)
    _report(results, progress)
    _refuse_failure(outcome)


def build_preview(home: Home, engine: Engine, models: Sequence[str]) -> None:
    """The same for the one build in schema preview_ops, into the schemas of the preview; nothing of it is recorded.

    Builds and tests these models and what they read.
    """
    variables = json.dumps({"schema_prefix": PREVIEW_PREFIX})
    # What dbt remembers of the project holds the schemas' names, so each set of names has a memory of its own.
    wanted = ["--select", *(f"+{model}" for model in models), "--vars", variables]
    outcome = _invoke(engine, BUILD, [*arguments(home, PREVIEW_PREFIX), *wanted])
    _refuse_failure(outcome)


def _invoke(engine: Engine, command: Sequence[str], options: Sequence[str]) -> dbtRunnerResult:
    from dbt.cli.main import dbtRunner

    with dbt_environment(engine):
        return dbtRunner().invoke([*command, *options])


def _results(outcome: dbtRunnerResult) -> list[RunResult]:
    return list(getattr(outcome.result, "results", None) or ())


def _refuse_failure(outcome: dbtRunnerResult) -> None:
    if outcome.exception:
        raise TransformError(f"dbt could not run: {outcome.exception}") from outcome.exception
    if not outcome.success:
        raise TransformError(_first_failure(_results(outcome)))


def arguments(home: Home, prefix: str = "") -> list[str]:
    """What every dbt call of this project shares: where things are, and that only problems are printed."""
    return [
        *("--project-dir", str(PROJECT_FOLDER), "--profiles-dir", str(PROJECT_FOLDER)),
        *("--target-path", str(home.root / f"{prefix}dbt"), "--log-path", str(home.logs)),
        *("--log-level", "warn", "--log-level-file", "info", "--no-use-colors", "--no-version-check"),
        # Half a second for files that nobody reads: what they say of a run is in ops.model_result.
        "--no-write-json",
    ]


@contextmanager
def dbt_environment(engine: Engine) -> Iterator[None]:
    """The variables that dbt_project/profiles.yml reads, for as long as dbt runs."""
    url = engine.url
    wanted = {
        "KEXIE_DBT_HOST": url.host or "127.0.0.1",
        "KEXIE_DBT_PORT": str(url.port or 5432),
        "KEXIE_DBT_USER": url.username or "",
        "DBT_ENV_SECRET_KEXIE_PASSWORD": url.password or "",
        "KEXIE_DBT_DATABASE": url.database or "",
        # Of dbt's sessions alone; the profile of its adapter has no place for it.
        "PGOPTIONS": SESSION,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update({name: str(value) for name, value in wanted.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _record(engine: Engine, build_id: int, results: list[RunResult]) -> None:
    columns = ("build_id", "node", "node_type", "status", "seconds", "rows_affected", "message")
    with engine.begin() as connection:
        connection.execute(text("delete from ops.model_result where build_id = :id"), {"id": build_id})
        rows = [[build_id, *_row(result, _rows_of(connection, result))] for result in results]
        copy_rows(connection, "ops.model_result", columns, rows)


def _row(result: RunResult, rows: int | None) -> list[Any]:
    return [
        result.node.name,
        str(result.node.resource_type),
        str(result.status),
        round(result.execution_time, 3),
        rows,
        (result.message or "")[:2000],
    ]


def _rows_of(connection: Connection, result: RunResult) -> int | None:
    """How many rows it wrote; of a mart that is a view, how many it has."""
    node = result.node
    if node.fqn[1:2] == ["marts"] and node.config.materialized == "view" and str(result.status) == "success":
        counted: int = connection.execute(text(f"select count(*) from {node.schema}.{node.alias}")).scalar_one()
        return counted
    rows = (result.adapter_response or {}).get("rows_affected")
    return rows if isinstance(rows, int) and rows >= 0 else None


def _report(results: list[RunResult], progress: Callable[[str], None]) -> None:
    slowest = sorted(results, key=lambda result: result.execution_time, reverse=True)[:3]
    failed = [result for result in results if str(result.status) not in ("success", "pass", "skipped")]
    progress(
        f"dbt: {len(results)} models, seeds and tests, {len(failed)} failed; slowest: "
        + ", ".join(f"{result.node.name} {result.execution_time:.1f} s" for result in slowest)
    )
    for result in failed:
        progress(f"dbt: {result.node.name} ended as {result.status}: {result.message}")


def _in_short(message: str) -> str:
    """What dbt says up to where it quotes the SQL, in one line."""
    lines = (line.strip() for line in message.splitlines())
    return " ".join(takewhile(lambda line: not line.startswith(("LINE ", "compiled code")), lines)).strip()


def _first_failure(results: list[RunResult]) -> str:
    for result in results:
        if str(result.status) in ("error", "fail", "runtime error"):
            return f"dbt {result.node.resource_type} {result.node.name} failed: {_in_short(result.message or '')}"
    return "dbt failed without naming a model; see logs/dbt.log in the instance folder"
