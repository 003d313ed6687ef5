"""The executor of the local stack and of the services: Airflow's own, whose workers have the heavy libraries at hand.

A task is a fork of a worker, so what the scheduler imported before it made its workers costs no task anything again.
Only libraries are imported, none of our modules: a task always runs the code that lies in the folder.
"""

from __future__ import annotations

import importlib
import logging

from airflow.executors.local_executor import LocalExecutor

HEAVY = ("dbt.cli.main", "dbt.adapters.postgres", "great_expectations", "psycopg", "upath", "yaml")
"""What tasks spend seconds on importing."""


class PreloadedExecutor(LocalExecutor):
    """Runs tasks in processes of this machine that begin with dbt and Great Expectations imported."""

    def start(self) -> None:
        """Import what tasks need, then make the workers."""
        # It sets its own level when it is imported, but not where one was set before.
        logging.getLogger("great_expectations").setLevel(logging.ERROR)
        for module in HEAVY:
            importlib.import_module(module)
        super().start()
