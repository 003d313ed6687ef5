"""The steps of maintaining, as `kexie maintain` and the DAG of that name take them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from kexie import airflow
from kexie.errors import UserError
from kexie.home import Home
from pipeline.reasons import sentence
from reporting.release_check import verify_all
from upkeep.airflow_cleanup import clean_airflow
from upkeep.archive import check_archive
from upkeep.backup import back_up
from upkeep.disk import watch_disk
from upkeep.proof import prove
from upkeep.retention import delete_backups, delete_data_docs, delete_logs, delete_rows

if TYPE_CHECKING:
    from sqlalchemy import Engine

Progress = Callable[[str], None]


def maintain(home: Home, engine: Engine, progress: Progress) -> None:
    """Every step once, in this process. A step that fails stops none but those that need it.

    Raises UserError with the sentence of each step that failed.
    """
    from psycopg import Error as DriverError
    from sqlalchemy.exc import SQLAlchemyError

    failed: list[str] = []

    def attempt(step: Callable[[], object]) -> bool:
        try:
            step()
        except (UserError, OSError, SQLAlchemyError, DriverError) as failure:
            failed.append(sentence(failure))
            return False
        return True

    if attempt(lambda: _watch(home, engine, progress)):
        attempt(lambda: prove(home, engine, back_up(home, engine, progress), progress))
    attempt(lambda: check_archive(home, engine, progress))
    attempt(lambda: verify_all(engine, progress))
    attempt(lambda: clean_up(home, engine, progress))
    attempt(lambda: _clean_airflow(home, progress))
    if failed:
        raise UserError("\n".join(failed))


def clean_up(home: Home, engine: Engine, progress: Progress) -> None:
    """Throw away what is past its time in the instance's folder and in ops."""
    delete_backups(home, progress)
    delete_logs(home, progress)
    delete_data_docs(home, progress)
    delete_rows(engine, progress)


def _watch(home: Home, engine: Engine, progress: Progress) -> None:
    for warning in watch_disk(home, engine, progress):
        progress(warning)


def _clean_airflow(home: Home, progress: Progress) -> None:
    environment = _airflow_environment(home)
    if airflow.METADATA in environment:
        clean_airflow(environment, progress)


def _airflow_environment(home: Home) -> Mapping[str, str]:
    """Ours where it names Airflow's database, else that of this instance's own Airflow, if it was ever started."""
    if airflow.METADATA in os.environ:
        return os.environ
    return os.environ | (airflow.last_environment(home) or {})
