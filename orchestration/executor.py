"""The executor of the local stack and of the services: Airflow's own, whose workers have the heavy libraries at hand.

A task is a fork of a worker, so what the scheduler imported before it made its workers costs no task anything again.
Only libraries are imported, none of our modules: a task always runs the code that lies in the folder.
"""

from __future__ import annotations

import importlib
import logging
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow.executors.local_executor import LocalExecutor

if TYPE_CHECKING:
    from airflow.executors.workloads import ExecutorWorkload
    from airflow.executors.workloads.types import WorkloadKey, WorkloadState
    from airflow.models.taskinstance import TaskInstance

HEAVY = ("dbt.cli.main", "dbt.adapters.postgres", "great_expectations", "psycopg", "upath", "yaml")
"""What tasks spend seconds on importing."""


class PreloadedExecutor(LocalExecutor):
    """Runs tasks in processes of this machine that begin with dbt and Great Expectations imported.

    It knows what its workers are at, which its parent forgets. A task that waits for a person leaves its process a
    second or two after it has asked. Answered meanwhile it goes on in another one, and the end of the first would be
    taken for a failure of the second: it would ask again.
    """

    def has_task(self, task_instance: TaskInstance) -> bool:
        """Whether the task is queued here or at work in a process: then the scheduler does not call it vanished."""
        return self._at_work[task_instance.key] > 0 or super().has_task(task_instance)

    def change_state(
        self, key: WorkloadKey, state: WorkloadState, info: object = None, remove_running: bool = True
    ) -> None:
        """Note what a worker told: that it has begun, or has ended."""
        if state != "running":
            self._at_work.subtract([key])
        super().change_state(key, state, info, remove_running)

    def _process_workloads(self, workload_list: Sequence[ExecutorWorkload]) -> None:
        self._at_work.update(workload.key for workload in workload_list)
        super()._process_workloads(workload_list)

    def start(self) -> None:
        """Import what tasks need, then make the workers."""
        self._at_work: Counter[WorkloadKey] = Counter()
        # It sets its own level when it is imported, but not where one was set before.
        logging.getLogger("great_expectations").setLevel(logging.ERROR)
        for module in HEAVY:
            importlib.import_module(module)
        super().start()
