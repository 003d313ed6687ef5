"""The DAGs at work in a whole stack, on a province of four units."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import Engine, create_engine, text

from ingestion.landing import archived
from ingestion.units import load
from kexie import airflow, postgres
from kexie.airflow_client import AirflowClient
from kexie.database import ready
from kexie.home import Home
from pipeline.steps import transform
from upkeep import manifest

BEIJING = ZoneInfo("Asia/Shanghai")
COLLECT, ROLLUP, MAINTAIN = "collect_submissions", "annual_rollup", "maintain"
INDICATOR = "sp_five_entry_activity_count"

UNITS = """\
unit_code,name,level,unit_type,parent_code,valid_from,valid_to
P,甲省科协,province,territorial,,2000-01-01,
C,乙市科协,city,territorial,P,2000-01-01,
A,丙县科协,county,territorial,C,2000-01-01,
B,丁县科协,county,territorial,C,2000-01-01,
"""
EVENTS = "event_date,kind,from_code,to_code,weight\n"

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("runs"))
    yield home
    airflow.stop(home)
    postgres.stop(home)


@pytest.fixture(scope="module")
def engine(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("units")
    (folder / "units.csv").write_text(UNITS)
    (folder / "unit_events.csv").write_text(EVENTS)
    engine = ready(home)
    load(engine, folder)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def client(home: Home, engine: Engine) -> AirflowClient:  # noqa: ARG001 - the tree is there before the DAGs run
    client = AirflowClient(airflow.start(home, print))
    for dag in (COLLECT, ROLLUP, MAINTAIN):
        client.unpause(dag)
    return client


def drop(home: Home, unit: str, value: int) -> None:
    """Put a file into the unit's inbox as any program would, without `kexie submit`."""
    folder = Path(home.inbox.path) / unit
    folder.mkdir(parents=True, exist_ok=True)
    rows = f"unit_code,form,period,indicator_code,scope,value\n{unit},,2021,{INDICATOR},own,{value}\n"
    (folder / f"{unit}_2021.csv").write_text(rows)


def published(engine: Engine) -> dict[str, str]:
    query = text(
        "select unit_code, coalesce(value::text, 'none') || ' ' || basis as figure from published.indicator_values "
        "where indicator_code = :indicator and period = '2021'"
    )
    with engine.connect() as connection:
        return {row.unit_code: row.figure for row in connection.execute(query, {"indicator": INDICATOR})}


def publications(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("select count(*) from published.publication")).scalar_one())


def states(client: AirflowClient, dag: str, run: str) -> dict[str, str]:
    return {task.name: task.state for task in client.tasks(dag, run)}


def wait_for(found: Callable[[], list[str]], seconds: float = 120) -> list[str]:
    deadline = time.monotonic() + seconds
    while not (runs := found()):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    return runs


def log_of(home: Home, dag: str, run: str, task: str) -> list[str]:
    """What the last attempt of a task logged, without Airflow's marks of folded lines."""
    folder = home.logs / "airflow" / f"dag_id={dag}" / f"run_id={run}" / f"task_id={task}"
    last = max(folder.glob("attempt=*.log"), key=lambda file: file.stat().st_mtime)
    events = [json.loads(line)["event"] for line in last.read_text(encoding="utf-8").splitlines()]
    return [event for event in events if not event.startswith(("::group::", "::endgroup::"))]


def away_from_the_schedule() -> None:
    """Wait where the schedule would take dropped files before the inbox's watcher has seen them twice."""
    since = time.time() % 300
    if since > 285:
        time.sleep(305 - since)


def begin_of(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=BEIJING)


def test_a_run_with_nothing_to_do_skips_every_step_and_says_why(client: AirflowClient, home: Home) -> None:
    run = client.trigger(COLLECT)
    assert client.wait(COLLECT, run, seconds=120) == "success"
    assert set(states(client, COLLECT, run).values()) == {"skipped"}
    assert "Nothing has changed since the last publish; nothing to build." in log_of(home, COLLECT, run, "transform")


def test_files_dropped_into_the_inbox_wake_the_dag_and_end_published(
    client: AirflowClient, home: Home, engine: Engine
) -> None:
    away_from_the_schedule()
    before = set(client.runs(COLLECT))
    drop(home, "A", 12)
    drop(home, "B", 30)
    woken = wait_for(lambda: [run for run in set(client.runs(COLLECT)) - before if run.startswith("asset_triggered")])
    assert {client.wait(COLLECT, run, seconds=300) for run in woken} == {"success"}
    assert {state for run, state in client.runs(COLLECT).items() if run not in before} == {"success"}
    assert published(engine) == {"A": "12 computed", "B": "30 computed", "C": "42 partial", "P": "42 partial"}
    assert {folder.name for folder in Path(home.outbox.path).iterdir()} == {"A", "B"}


def test_a_backfill_rolls_a_past_year_up_and_writes_nothing_that_is_published_already(
    client: AirflowClient, home: Home, engine: Engine
) -> None:
    before = publications(engine)
    client.backfill(ROLLUP, begin_of(2021), begin_of(2021))
    (run,) = client.runs(ROLLUP)
    assert client.wait(ROLLUP, run, seconds=300) == "success"
    assert set(states(client, ROLLUP, run).values()) == {"success"}
    said = log_of(home, ROLLUP, run, "completeness")
    assert any(line.startswith("2021, county: 2 of ") for line in said)
    assert "2021: 2 units sent nothing: 乙市科协（C）、甲省科协（P）." in said
    assert publications(engine) == before


def test_a_run_triggered_by_hand_rolls_up_the_year_it_was_given(client: AirflowClient, home: Home) -> None:
    run = client.trigger(ROLLUP, {"year": 2020})
    assert client.wait(ROLLUP, run, seconds=300) == "success"
    assert set(states(client, ROLLUP, run).values()) == {"success"}
    assert any("years 2020 up to number" in line for line in log_of(home, ROLLUP, run, "transform"))


def test_a_candidate_that_breaks_an_invariant_ends_red_at_the_audit_and_is_not_published(
    client: AirflowClient, home: Home, engine: Engine
) -> None:
    client._ask("PATCH", f"/dags/{COLLECT}", {"is_paused": True})  # or its schedule might mend the candidate
    before = published(engine), publications(engine)
    transform(home, (2021,), "test", print)
    spoil(engine, "A")
    (run,) = (run for run in client.runs(ROLLUP) if run.startswith("backfill"))
    again = {"dag_run_id": run, "task_ids": ["audit"], "include_downstream": True, "only_failed": False}
    client._ask("POST", f"/dags/{ROLLUP}/clearTaskInstances", again | {"dry_run": False, "reset_dag_runs": True})
    assert client.wait(ROLLUP, run, seconds=300) == "failed"
    assert states(client, ROLLUP, run) == {
        "completeness": "success",
        "transform": "success",
        "audit": "failed",
        "publish": "upstream_failed",
        "ask": "upstream_failed",
    }
    assert (published(engine), publications(engine)) == before
    last = log_of(home, ROLLUP, run, "audit")[-1]
    assert "may not be published, and what is published has not changed" in last
    assert "行不符；第一行：" in last
    assert "文件 A_2021.csv，第 2 行；另有 1 项不符。" in last
    assert f"  A {INDICATOR} 2021 ← 文件 A_2021.csv，第 2 行" in log_of(home, ROLLUP, run, "audit")
    assert last.endswith("put the file or the model right, and run again.")
    with engine.connect() as connection:
        told = connection.execute(
            text("select outcome, year, failed_step, what_to_do from ops.last_run where dag = :dag"), {"dag": ROLLUP}
        ).one()
    assert tuple(told) == ("failed", 2021, "audit", last)
    links = client._ask("GET", f"/dags/{ROLLUP}/dagRuns/{quote(run)}/taskInstances/audit/links")["extra_links"]
    assert not_signed_in(links["审核网页"]) == 401
    page = client._session().get(links["审核网页"])
    assert "不能发布：2 项必须成立的不符" in page.text
    assert "<td>A_2021.csv</td><td>第 2 行</td>" in page.text
    assert client._session().get("/data-docs/").text.count("不能发布") == 1
    assert client._session().get("/data-docs/%2e%2e/secrets/airflow_passwords.json").status_code == 404


def not_signed_in(url: str) -> int:
    return httpx.get(url, trust_env=False).status_code


def spoil(engine: Engine, unit: str) -> None:
    """Have the candidate say one more than the unit filed."""
    statement = text(
        "update intermediate.int_rollup_leaves_of_years "
        "set own_value = own_value + 1, own_low = own_low + 1, own_high = own_high + 1 "
        "where unit_code = :unit and indicator_code = :indicator"
    )
    with engine.begin() as connection:
        changed: Any = connection.execute(statement, {"unit": unit, "indicator": INDICATOR})
        assert changed.rowcount == 1


def make_old(engine: Engine, run: str) -> None:
    """Have Airflow believe that a run was a year ago, with its tasks and what they left."""
    beside = create_engine(engine.url.set(database=f"{engine.url.database}_airflow"))
    with beside.begin() as connection:
        for table, column in (("dag_run", "start_date"), ("task_instance", "start_date")):
            statement = f"update {table} set {column} = {column} - interval '1 year' where run_id = :run"
            changed: Any = connection.execute(text(statement), {"run": run})
            assert changed.rowcount > 0
    beside.dispose()


def test_a_night_of_maintaining_backs_up_proves_it_and_throws_old_runs_away(
    client: AirflowClient, home: Home, engine: Engine
) -> None:
    old = next(run for run in client.runs(COLLECT) if run.startswith("manual"))
    make_old(engine, old)
    run = client.trigger(MAINTAIN)
    assert client.wait(MAINTAIN, run, seconds=300) == "success"
    assert set(states(client, MAINTAIN, run).values()) == {"success"}
    (backup,) = manifest.folders(home.backups)
    assert manifest.is_proven(backup)
    assert old not in client.runs(COLLECT)
    assert run in client.runs(MAINTAIN)
    with engine.connect() as connection:
        assert connection.execute(text("select files, files_read from ops.archive_check")).all() == [(2, 2)]


def test_a_damaged_file_ends_the_night_red_and_hides_no_other_step(
    client: AirflowClient, home: Home, engine: Engine
) -> None:
    with engine.connect() as connection:
        sha256: str = connection.execute(
            text("select sha256 from landing.delivery order by delivery_seq limit 1")
        ).scalar_one()
    archived(home, sha256).write_text("not what its name says")
    run = client.trigger(MAINTAIN)
    assert client.wait(MAINTAIN, run, seconds=300) == "failed"
    assert states(client, MAINTAIN, run) == {
        **dict.fromkeys(("watch_disk", "back_up", "prove", "check_releases", "clean_up", "clean_airflow"), "success"),
        "check_archive": "failed",
        "conclude": "upstream_failed",
    }
    last = log_of(home, MAINTAIN, run, "check_archive")[-1]
    assert last.startswith("Of 2 archived files 0 are missing and 1 are damaged, first ")
    assert last.endswith("Copy them back from a copy of the archive; ops.archive_damage lists them all.")
