"""The tasks of the DAGs. Each names one plain function and passes its progress on to the task's log.

A task with nothing to do is skipped and says why. One that failed is tried again only where that can help: where the
database or a storage did not answer. Every log ends with the reason in plain words.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from kexie.errors import UnreachableError, UserError
from kexie.roles import Role

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from kexie.home import Home

TIME_ZONE = "Asia/Shanghai"

# Airflow shows in a task's log what is logged, whoever logs it.
log = logging.getLogger("kexie")


def end_with_reason(context: dict[str, Any]) -> None:
    """Say once more, below Airflow's traceback, what the exception says."""
    # Airflow folds away what it logs after a failure; this opens the fold's end before our lines.
    log.info("::endgroup::")
    for line in str(context["exception"]).splitlines():
        log.error(line)


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
    # A step finds out itself whether there is something to do: what an earlier run left is taken up too.
    "trigger_rule": "none_failed",
}


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
    _transform()


@task(task_id="transform", doc_md="重新汇总该年度和其他有变动的年度为候选数（dbt）。")
def transform_year() -> None:
    _transform(_year_of_run())


@task(doc_md="审核候选数（Great Expectations）。必须成立的有一条不符，就不发布。", trigger_rule="all_success")
def audit() -> None:
    from pipeline.steps import audit

    with warehouse(Role.PUBLISH) as (home, _):
        audited = audit(home, log.info)
    if audited is None:
        raise AirflowSkipException("Another run has published this candidate already.")


@task(doc_md="把候选数与已发布数的差别一次写入，旧数留作历史。", trigger_rule="all_success")
def publish() -> None:
    from pipeline.steps import publish

    with warehouse(Role.PUBLISH) as (home, _):
        publish(home, log.info)


@task(doc_md="该年度应报的报表到了多少、缺哪些单位。只说明，不阻断。")
def completeness() -> None:
    from reporting.completeness import completeness

    with warehouse(Role.OFFICE) as (_, engine):
        completeness(engine, _year_of_run(), log.info)


@contextmanager
def warehouse(role: Role) -> Iterator[tuple[Home, Engine]]:
    """The instance that the environment names, and an engine on its database with the role's login."""
    from kexie.database import acting
    from kexie.home import Home

    home = Home.from_environment()
    with acting(home, role) as engine:
        yield home, engine


def _transform(*asked: int) -> None:
    from pipeline.steps import transform

    run = get_current_context()["dag_run"]
    with warehouse(Role.TRANSFORM) as (home, _):
        build = transform(home, asked, f"{run.dag_id} {run.run_id}", log.info)
    if build is None:
        raise AirflowSkipException("Nothing has changed since the last publish.")


def _year_of_run() -> int:
    context = get_current_context()
    if asked := context["params"].get("year"):
        return int(asked)
    begins = context.get("data_interval_start")
    if begins is None:
        raise UserError("This run stands for no year: trigger it again with the year (年度), or run a backfill.")
    return int(begins.astimezone(ZoneInfo(TIME_ZONE)).year)


def _say_what_was_left(left: list[str]) -> None:
    for sentence in left:
        log.warning(sentence)
