"""The tasks of the DAG `remind_missing`."""

from __future__ import annotations

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowSkipException

from kexie.roles import Role
from orchestration.channels import channels
from orchestration.tasks import log, warehouse


@task(doc_md="找出该催的单位和报表，记下要告知谁、什么；告知过的不再记。")
def write_reminders() -> None:
    from catalogue.load import load
    from kexie.clock import today
    from reporting.reminders.remind import write

    with warehouse(Role.INGEST) as (_, engine):
        if not write(engine, load(), today(), log.info):
            raise AirflowSkipException("Nobody is to be reminded of anything that they were not reminded of before.")


@task(doc_md="发出记下的催报：能发邮件的发邮件，其余放进发件箱；上次没有发完的也接着发。")
def send_reminders() -> None:
    from reporting.reminders.remind import send

    with warehouse(Role.INGEST) as (home, engine):
        if not send(home, engine, channels().mail, log.info):
            raise AirflowSkipException("No reminder waits to be sent.")


@task(doc_md="仍未解除的告警，隔够时间再告诉数据组一次；没有告诉成功的，再试。", trigger_rule="all_done")
def repeat_alerts() -> None:
    from pipeline.telling import tell

    with warehouse(Role.INGEST) as (_, engine):
        if not tell(engine, channels(), log.info):
            raise AirflowSkipException("There is no alert to tell anybody.")
