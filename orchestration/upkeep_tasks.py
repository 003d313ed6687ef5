"""The tasks of the DAG `maintain`. What one finds wrong does not keep the others from looking."""

from __future__ import annotations

import os

from airflow.sdk import task

from kexie.roles import Role
from orchestration.tasks import log, warehouse


@task(doc_md="各处占用多少、磁盘还剩多少。快满时警告；放不下今晚的备份就报错，并不再做备份。")
def watch_disk() -> None:
    from upkeep.disk import watch_disk

    with warehouse(Role.BACKUP) as (home, engine):
        for warning in watch_disk(home, engine, log.info):
            log.warning(warning)


@task(doc_md="备份数据库，附各表行数、内容指纹和全部原件清单。")
def back_up() -> None:
    from upkeep.backup import back_up

    with warehouse(Role.BACKUP) as (home, engine):
        back_up(home, engine, log.info)


@task(doc_md="把刚做的备份还原到临时库，逐表比对行数和内容。")
def prove() -> None:
    from upkeep.backup import latest
    from upkeep.proof import prove

    with warehouse(Role.BACKUP) as (home, engine):
        prove(home, engine, latest(home), log.info)


@task(doc_md="每份收存的原件是否还在、内容是否与指纹相符。", trigger_rule="all_done")
def check_archive() -> None:
    from upkeep.archive import check_archive

    with warehouse(Role.BACKUP) as (home, engine):
        check_archive(home, engine, log.info)


@task(doc_md="每份定稿是否仍是批准时的样子：逐行指纹、清单、来源数能否还原。", trigger_rule="all_done")
def check_releases() -> None:
    from reporting.release_check import verify_all

    with warehouse(Role.BACKUP) as (_, engine):
        verify_all(engine, log.info)


@task(doc_md="删除过期的备份、日志、审核网页的空文件夹和运行记录。", trigger_rule="all_done")
def clean_up() -> None:
    from upkeep.maintain import clean_up

    with warehouse(Role.BACKUP) as (home, engine):
        clean_up(home, engine, log.info)


@task(doc_md="删除 Airflow 自己的过期运行、任务记录和 XCom。", trigger_rule="all_done")
def clean_airflow() -> None:
    from upkeep.airflow_cleanup import clean_airflow

    with warehouse(Role.BACKUP):
        clean_airflow(os.environ, log.info)


@task(doc_md="前面各步都成功，本步才成功；有一步失败，整个运行标为失败。")
def conclude() -> None:
    with warehouse(Role.BACKUP):
        log.info("Backed up and proven; the archive and the releases are whole; what is past its time is gone.")
