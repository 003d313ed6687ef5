"""Airflow's own old runs, tasks and XComs, thrown away by its own `airflow db clean`.

A task of Airflow may not reach Airflow's tables: the address is taken from its environment. So it is told the address
once more, under a name of ours, and hands it to the command as a process of its own.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from kexie.airflow import METADATA
from kexie.errors import UserError
from upkeep.settings import Age, settings

Progress = Callable[[str], None]

KEPT_DAGS = ("annual_rollup", "release_year")
"""They run once a year, so their runs are few, last year's are the ones that people look for, and one may still wait
for its answer."""

BLOCKED = ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__CORE__SQL_ALCHEMY_CONN")


def clean_airflow(environment: Mapping[str, str], progress: Progress, rules: Age | None = None) -> None:
    """Delete what is older; the last scheduled run of each DAG stays. Raises UserError where Airflow's command fails.

    `environment` is that of the stack's processes, with the address under METADATA.
    """
    rules = rules or settings().airflow
    address = environment.get(METADATA)
    if not address:
        raise UserError(f"Airflow's old runs cannot be deleted: {METADATA} must name Airflow's own database.")
    before = datetime.now(UTC) - timedelta(days=rules.days)
    told = {name: value for name, value in environment.items() if name not in BLOCKED}
    command = (
        sys.executable, "-m", "airflow", "db", "clean",
        "--clean-before-timestamp", before.isoformat(), "--exclude-dag-ids", ",".join(KEPT_DAGS),
        "--skip-archive", "--yes",
    )  # fmt: skip
    done = subprocess.run(
        command, env=told | {BLOCKED[0]: address}, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise UserError(f"`airflow db clean` failed: {' '.join(lines[-2:])}")
    progress(f"Airflow: {_deleted(done.stdout)} rows older than {rules.days} days are deleted from its own tables.")


def _deleted(said: str) -> int:
    return sum(map(int, re.findall(r"^Found (\d+) rows meeting deletion criteria", said, re.MULTILINE)))
