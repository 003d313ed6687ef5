"""The tasks of the DAGs. Each names one plain function and passes its progress on to the task's log.

A task with nothing to do is skipped and says why. One that failed is tried again only where that can help: where the
database or a storage did not answer. Its log ends with one sentence that says what happened and what to do. Each try
is a row of `ops.task_run`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException, TaskAwaitingInput

from kexie.errors import UnreachableError, UserError
from kexie.roles import Role
from orchestration.alerts import raise_alert
from orchestration.data_docs import with_link
from orchestration.years import year_of
from pipeline.reasons import KILLED, StepError, sentence
from pipeline.record import Run, Step, recorded

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from kexie.home import Home
    from pipeline.builds import Build

# Airflow shows in a task's log what is logged, whoever logs it.
log = logging.getLogger("kexie")


def end_with_reason(context: dict[str, Any]) -> None:
    """The last line below Airflow's traceback: what happened and what to do. It is an alert, too."""
    why = sentence(_exception(context))
    raise_alert("failed", _run(context), context["ti"].task_id, _year_asked(context), why)
    _end_log(why)


def end_with_retry(context: dict[str, Any]) -> None:
    """The same where Airflow tries once more by itself."""
    tries = context["ti"].max_tries + 1
    _end_log(f"{sentence(_exception(context))} It is tried again by itself, up to {tries} times in all.")


ONLY_WHERE_IT_HELPS = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception=PermissionError, action=RetryAction.FAIL),
        RetryRule(
            exception=[OSError, UnreachableError, "sqlalchemy.exc.OperationalError", "psycopg.OperationalError"],
            action=RetryAction.RETRY,
            reason="The database or a storage did not answer.",
        ),
    ],
    default=RetryAction.FAIL,
)

DEFAULTS: dict[str, Any] = {
    "owner": "数据组",
    "retries": 2,
    "retry_delay": timedelta(seconds=20),
    "retry_policy": ONLY_WHERE_IT_HELPS,
    "on_failure_callback": end_with_reason,
    "on_retry_callback": end_with_retry,
    # A step finds out itself whether there is something to do: what an earlier run left is taken up too.
    "trigger_rule": "none_failed",
}

WAITING = "{year} 年等待批准定稿：在 Airflow 首页“Required Actions”答复，或用 `kexie release {year}`。"


@task(doc_md="把收件箱里写完的文件存入原件库并登记。")
def land() -> None:
    from ingestion.landing import land

    with warehouse(Role.INGEST) as (home, engine):
        landed = land(home, engine, log.info)
        _say_what_was_left(landed.left)
        if not landed.files:
            raise AirflowSkipException("No complete file is in the inbox.")


@task(doc_md="逐个文件读数、核对、入库，写回执。坏文件不影响其他文件。")
def check() -> None:
    from catalogue.load import load
    from ingestion.collect import check_landed

    with warehouse(Role.INGEST) as (home, engine):
        report = check_landed(home, engine, load(), log.info)
        _say_what_was_left(report.left)
        if not report.outcomes:
            raise AirflowSkipException("No file waits to be checked.")


@task(doc_md="有变动的年度重新汇总为候选数（dbt）。")
def transform() -> None:
    from pipeline.steps import transform

    with warehouse(Role.TRANSFORM) as (home, _):
        _skip_unless(transform(home, (), str(_run(_context())), log.info))


@task(task_id="transform", doc_md="重新汇总该年度和其他有变动的年度为候选数（dbt）。")
def transform_year() -> None:
    from pipeline.steps import transform

    with warehouse(Role.TRANSFORM) as (home, _):
        _skip_unless(transform(home, (year_of_run(),), str(_run(_context())), log.info))


@with_link
@task(doc_md="审核候选数（Great Expectations）。必须成立的有一条不符，就不发布。", trigger_rule="all_success")
def audit() -> None:
    from pipeline.steps import audit

    with warehouse(Role.PUBLISH) as (home, _):
        if audit(home, log.info) is None:
            raise AirflowSkipException("Another run has published this candidate already.")


@task(doc_md="把候选数与已发布数的差别一次写入，旧数留作历史。", trigger_rule="all_success")
def publish() -> None:
    from pipeline.steps import publish

    with warehouse(Role.PUBLISH) as (home, _):
        publish(home, log.info)


@task(doc_md="在回执里补上发布后每个数在市、省合计中成了多少。", trigger_rule="all_success")
def answer() -> None:
    from catalogue.load import load
    from ingestion.receipts import follow_up

    with warehouse(Role.INGEST) as (home, engine):
        _say_what_was_left(follow_up(home, engine, load()))


@task(doc_md="该年度应报的报表到了多少、缺哪些单位。只说明，不阻断。")
def completeness() -> None:
    from kexie.database import acting
    from reporting.completeness import completeness

    # The office only reads, so it cannot say itself when it did.
    with warehouse(Role.TRANSFORM) as (home, _), acting(home, Role.OFFICE) as engine:
        completeness(engine, year_of_run(), log.info)


@contextmanager
def warehouse(role: Role) -> Iterator[tuple[Home, Engine]]:
    """The instance that the environment names, and an engine on its database with the role's login.

    What happens meanwhile is recorded.
    """
    from kexie.database import acting
    from kexie.home import Home

    home = Home.from_environment()
    with acting(home, role) as engine, recorded(engine, _step(_context())) as recording:
        try:
            yield home, engine
        except AirflowSkipException as nothing_to_do:
            recording.skip(str(nothing_to_do))
            raise
        except TaskAwaitingInput:
            recording.wait(WAITING.format(year=_year_asked(_context())))
            raise


def _context() -> dict[str, Any]:
    return dict(get_current_context())


def _run(context: dict[str, Any]) -> Run:
    return Run(context["dag_run"].dag_id, context["dag_run"].run_id)


def _step(context: dict[str, Any]) -> Step:
    """The task that runs now. Where it is skipped, those that want all before them to succeed are skipped unrun."""
    following = [context["dag"].get_task(task) for task in context["task"].downstream_task_ids]
    return Step(
        _run(context),
        context["ti"].task_id,
        then=tuple(task.task_id for task in following),
        then_if_skipped=tuple(task.task_id for task in following if task.trigger_rule != "all_success"),
        try_number=context["ti"].try_number,
        year=_year_asked(context),
    )


def _year_asked(context: dict[str, Any]) -> int | None:
    """The year that the run stands for; None where it stands for none, as every run of a DAG without a year does."""
    if "year" not in context["params"]:
        return None
    return year_of(context["params"]["year"], context.get("data_interval_start"))


def year_of_run() -> int:
    """The year that the run under way stands for; UserError where it stands for none."""
    year = _year_asked(_context())
    if year is None:
        raise UserError("This run stands for no year: trigger it again with the year (年度), or run a backfill.")
    return year


def _skip_unless(build: Build | None) -> None:
    if build is None:
        raise AirflowSkipException("Nothing has changed since the last publish.")


def _exception(context: dict[str, Any]) -> BaseException:
    """What Airflow knows of the failure: a task whose process was killed from outside leaves no exception."""
    known = context.get("exception")
    return known if isinstance(known, BaseException) else StepError(KILLED)


def _end_log(why: str) -> None:
    # Airflow folds away what it logs after a failure; this opens the fold's end before our line.
    log.info("::endgroup::")
    log.error(why)


def _say_what_was_left(left: list[str]) -> None:
    for why in left:
        log.warning(why)
