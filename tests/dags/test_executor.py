"""The executor: what its workers have at hand when a task begins."""

import json
import os
import subprocess
import sys
from pathlib import Path

from kexie import airflow
from kexie.home import Home

STARTED = """
import json, sys, threading
from pathlib import Path
from airflow.executors.executor_loader import ExecutorLoader
executor = ExecutorLoader.get_default_executor()
executor.parallelism = 1
executor.start()
Path(sys.argv[1]).write_text(json.dumps({"modules": sorted(sys.modules), "threads": threading.active_count()}))
executor.end()
"""


def test_workers_begin_with_the_heavy_libraries_but_with_none_of_our_code_and_no_second_thread(tmp_path: Path) -> None:
    told = airflow.environment(Home(tmp_path, database_url="postgresql://nobody:nothing@127.0.0.1:1/none"), 8080)
    # Not to its output, into which the worker writes as well.
    answer = tmp_path / "started.json"
    subprocess.run([sys.executable, "-c", STARTED, str(answer)], env=os.environ | told, capture_output=True, check=True)
    found = json.loads(answer.read_text())
    assert {"dbt.cli.main", "great_expectations", "pandas", "sqlalchemy"} <= set(found["modules"])
    # A fork keeps a module as it was when the scheduler started, and of several threads only the one that forks.
    ours = {name.split(".")[0] for name in found["modules"]} & {
        "catalogue",
        "ingestion",
        "pipeline",
        "expectations",
        "reporting",
    }
    assert not ours
    assert found["threads"] == 1
