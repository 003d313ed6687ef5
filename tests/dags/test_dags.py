"""The DAGs as they are read: what they consist of, what is tried again, when the inbox wakes one, what idling costs."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kexie.home import PROJECT, Home

READ = """
import ast, json
from pathlib import Path
from airflow.dag_processing.dagbag import DagBag

bag = DagBag({dags!r})
assert not bag.import_errors, bag.import_errors
print(json.dumps({{
    dag.dag_id: {{
        "tasks": {{task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks}},
        "documented": dag.doc_md == ast.get_docstring(ast.parse(Path(dag.fileloc).read_text()), clean=False),
        "undocumented_tasks": [task.task_id for task in dag.tasks if not task.doc_md],
        "ownerless_tasks": [task.task_id for task in dag.tasks if task.owner != "数据组"],
        "owner": dag.owner,
        "has_description": bool(dag.description),
        "tags": sorted(dag.tags),
        "hours_until_late": [alert.interval.total_seconds() / 3600 for alert in dag.deadline or []],
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
    }}
    for dag in bag.dags.values()
}}))
"""

JUDGE = """
import json
from psycopg import OperationalError as DriverError
from sqlalchemy.exc import IntegrityError, OperationalError
from kexie.errors import UnreachableError, UserError
from orchestration.tasks import ONLY_WHERE_IT_HELPS
from pipeline.reasons import StepError

failures = {
    "database gone": OperationalError("select 1", {}, Exception()),
    "database gone during a copy": DriverError(),
    "database out of reach": UnreachableError("no"),
    "storage gone": TimeoutError(),
    "not allowed": PermissionError(),
    "an invariant does not hold": StepError("no"),
    "a person's mistake": UserError("no"),
    "a row that breaks a key": IntegrityError("insert", {}, Exception()),
    "a mistake in the program": NameError("x"),
}
print(json.dumps({what: ONLY_WHERE_IT_HELPS.evaluate(why, 1, 2).action.value for what, why in failures.items()}))
"""

WATCH = """
import asyncio, json
from kexie.home import Home
from orchestration import inbox

LOOKS = 0.2
inbox.SECONDS_BETWEEN_LOOKS = LOOKS
folder = Home.from_environment().root / "inbox" / "C1"
folder.mkdir(parents=True)
told = []

async def listen():
    async for event in inbox.InboxTrigger().run():
        told.append(event.payload["files"])

async def watch():
    listening = asyncio.create_task(listen())
    growing = folder / "growing.csv"
    for size in range(1, 11):
        growing.write_text("x" * size)
        (folder / ".draft.part").write_text("x" * size)
        await asyncio.sleep(LOOKS / 2)
    while_growing = list(told)
    await asyncio.sleep(8 * LOOKS)
    once_complete = list(told)
    (folder / "second.csv").write_text("y")
    (folder / "third.csv").write_text("z")
    await asyncio.sleep(8 * LOOKS)
    listening.cancel()
    print(json.dumps([while_growing, once_complete, sum(told)]))

asyncio.run(watch())
"""

IDLE = """
import json, sys
from catalogue.load import load
from ingestion.collect import check_landed
from ingestion.landing import land
from kexie.database import engine
from kexie.home import Home
from pipeline.steps import transform

home = Home.from_environment()
database = engine(home)
said = []
land(home, database, said.append)
check_landed(home, database, load(), said.append)
transform(home, (), "test", said.append)
print(json.dumps([said, sorted({"dbt", "great_expectations"} & set(sys.modules))]))
"""


def said_by(script: str, home: Path, **environment: str) -> Any:  # noqa: ANN401 - whatever the script prints as JSON
    """What a script prints last, run in a process of its own, as importing Airflow makes an Airflow home."""
    told = {"AIRFLOW_HOME": str(home / "airflow"), "KEXIE_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run(
        (sys.executable, "-c", script),
        env=os.environ | told | environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def dags(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The DAGs, read where neither the warehouse's database nor Airflow's can be reached."""
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    read: dict[str, Any] = said_by(
        READ.format(dags=str(PROJECT / "dags")),
        tmp_path_factory.mktemp("read"),
        KEXIE_DATABASE_URL=nowhere,
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=nowhere,
    )
    return read


def test_the_dags_consist_of_exactly_these_steps(dags: dict[str, Any]) -> None:
    assert {name: dag["tasks"] for name, dag in dags.items()} == {
        "collect_submissions": {
            "land": ["check"],
            "check": ["transform"],
            "transform": ["audit"],
            "audit": ["publish"],
            "publish": ["answer"],
            "answer": [],
        },
        "annual_rollup": {
            "completeness": ["transform"],
            "transform": ["audit"],
            "audit": ["publish"],
            "publish": ["ask"],
            "ask": [],
        },
        "release_year": {
            "changes": ["approval"],
            "approval": ["release"],
            "release": ["report"],
            "report": [],
        },
        "remind_missing": {
            "write_reminders": ["send_reminders"],
            "send_reminders": ["repeat_alerts"],
            "repeat_alerts": [],
        },
        "maintain": {
            "watch_disk": ["back_up", "conclude"],
            "back_up": ["conclude", "prove"],
            "prove": ["check_archive", "conclude"],
            "check_archive": ["check_releases", "conclude"],
            "check_releases": ["clean_up", "conclude"],
            "clean_up": ["clean_airflow", "conclude"],
            "clean_airflow": ["conclude"],
            "conclude": [],
        },
    }


def test_each_dag_says_what_it_is_for_and_whose_it_is(dags: dict[str, Any]) -> None:
    assert {dag["owner"] for dag in dags.values()} == {"数据组"}
    assert all(dag["documented"] and dag["has_description"] and dag["tags"] for dag in dags.values())


def test_each_task_says_what_it_does_and_whose_it_is(dags: dict[str, Any]) -> None:
    assert {name: dag["undocumented_tasks"] + dag["ownerless_tasks"] for name, dag in dags.items()} == {
        name: [] for name in dags
    }


def test_every_run_has_its_deadline_but_the_one_that_waits_for_people(dags: dict[str, Any]) -> None:
    assert {name: dag["hours_until_late"] for name, dag in dags.items()} == {
        "collect_submissions": [2.0],
        "annual_rollup": [12.0],
        "remind_missing": [1.0],
        "maintain": [5.0],
        "release_year": [],
    }


def test_none_but_the_one_that_waits_for_people_overtakes_itself_and_none_makes_up_for_its_time_off(
    dags: dict[str, Any],
) -> None:
    assert {dag["catchup"] for dag in dags.values()} == {False}
    assert {name: dag["max_active_runs"] for name, dag in dags.items() if dag["max_active_runs"] != 1} == {
        "release_year": 100
    }


def test_a_step_is_tried_again_only_where_that_can_help(tmp_path: Path) -> None:
    assert said_by(JUDGE, tmp_path) == {
        "database gone": "retry",
        "database gone during a copy": "retry",
        "database out of reach": "retry",
        "storage gone": "retry",
        "not allowed": "fail",
        "an invariant does not hold": "fail",
        "a person's mistake": "fail",
        "a row that breaks a key": "fail",
        "a mistake in the program": "fail",
    }


def test_the_inbox_announces_each_file_once_and_only_when_it_is_complete(tmp_path: Path) -> None:
    while_growing, once_complete, in_all = said_by(WATCH, tmp_path)
    assert (while_growing, once_complete, in_all) == ([], [1], 3)


def test_an_idle_run_starts_neither_dbt_nor_great_expectations(new_database: Callable[[], Home]) -> None:
    home = new_database()
    said, imported = said_by(IDLE, home.root, KEXIE_DATABASE_URL=home.database_url)
    assert said == ["Nothing has changed since the last publish; nothing to build."]
    assert imported == []
