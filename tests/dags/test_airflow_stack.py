"""The local Airflow stack: all four components come up, run a DAG, and leave nothing behind."""

import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import pytest

from kexie import airflow, postgres
from kexie.airflow_client import AirflowClient, Task
from kexie.errors import UserError
from kexie.home import Home
from kexie.sessions import Session

BEIJING = ZoneInfo("Asia/Shanghai")

pytestmark = pytest.mark.stack

DAG = """
from datetime import datetime
from pathlib import Path
from time import sleep

from airflow.sdk import dag, task
from airflow.timetables.interval import CronDataIntervalTimetable

every_year = CronDataIntervalTimetable("0 0 1 1 *", timezone="Asia/Shanghai")

@dag(schedule=every_year, start_date=datetime(2020, 1, 1), catchup=False)
def greeting():
    @task
    def greet():
        return "hello"

    greet()

greeting()

@dag(schedule=None)
def interrupted():
    @task
    def long_only_the_first_time(params=None):
        begun = Path(params["begun"])
        if not begun.exists():
            begun.touch()
            sleep(600)

    long_only_the_first_time()

interrupted()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("stack"))
    yield home
    airflow.stop(home)
    postgres.stop(home)


@pytest.fixture(scope="module")
def dags(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dags")
    (folder / "greeting.py").write_text(DAG)
    return folder


@pytest.fixture(scope="module")
def statsd() -> Iterator[socket.socket]:
    """Where a StatsD server of this machine would listen."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(30)
        yield listener


@pytest.fixture(scope="module")
def client(home: Home, dags: Path, statsd: socket.socket) -> Iterator[AirflowClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
        patch.setenv("AIRFLOW__METRICS__STATSD_HOST", "127.0.0.1")
        patch.setenv("AIRFLOW__METRICS__STATSD_PORT", str(statsd.getsockname()[1]))
        client = AirflowClient(airflow.start(home, print, dags))
        client.unpause("greeting")
        yield client


def states(home: Home) -> dict[str, str]:
    return {component.name: component.state for component in airflow.status(home)}


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def processes_of(home: Home) -> list[psutil.Process]:
    """Processes that write to this stack's logs, whoever started them and whatever session they are in."""
    return [process for process in psutil.process_iter() if _writes_to(process, f"{home.logs}/airflow-")]


def _writes_to(process: psutil.Process, prefix: str) -> bool:
    try:
        return any(file.path.startswith(prefix) for file in process.open_files())
    except psutil.Error:
        return False


def test_metrics_arrive_at_a_statsd_server_where_airflows_own_settings_name_one(
    client: AirflowClient,  # noqa: ARG001 - the stack runs
    statsd: socket.socket,
) -> None:
    while not (said := statsd.recv(4096)).startswith(b"airflow.scheduler_heartbeat:"):
        assert said.startswith(b"airflow.")


def test_a_run_of_a_dag_ends_green(client: AirflowClient, home: Home) -> None:
    seen: list[Task] = []
    run = client.trigger("greeting", {"year": 2021})
    assert client.wait("greeting", run, seen.append, seconds=60) == "success"
    assert (seen[-1].name, seen[-1].state) == ("greet", "success")
    assert client.tasks("greeting", run)[0].seconds is not None
    assert states(home) == dict.fromkeys(airflow.COMPONENTS, "healthy")


def test_a_backfill_runs_past_years(client: AirflowClient) -> None:
    client.backfill("greeting", datetime(2021, 1, 1, tzinfo=BEIJING), datetime(2022, 1, 1, tzinfo=BEIJING))
    runs = {run for run in client.runs("greeting") if run.startswith("backfill")}
    assert len(runs) == 2
    assert {client.wait("greeting", run, seconds=60) for run in runs} == {"success"}


def test_a_dag_that_does_not_exist_is_refused_in_one_sentence(client: AirflowClient) -> None:
    with pytest.raises(UserError, match=r"no DAG absent, only \['greeting', 'interrupted'\]"):
        client.unpause("absent", seconds=0)


def test_it_answers_on_the_loopback_only_and_to_the_password_only(client: AirflowClient, home: Home) -> None:
    listening = {
        connection.laddr.ip
        for process in processes_of(home)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}
    assert client.address.password_file.stat().st_mode & 0o777 == 0o600


def test_no_log_shows_a_secret(client: AirflowClient, home: Home) -> None:
    kept = {file.name: file.read_text() for file in home.secrets.iterdir()} | {"password": client.address.password}
    logs = [log for log in home.logs.rglob("*") if log.is_file()]
    assert len(logs) > len(airflow.COMPONENTS)
    assert {name for name, secret in kept.items() for log in logs if secret in log.read_text()} == set()


def test_a_component_that_dies_is_reported_and_a_new_start_runs_the_interrupted_task_again(
    client: AirflowClient, home: Home, dags: Path, tmp_path: Path
) -> None:
    client.unpause("interrupted")
    run = client.trigger("interrupted", {"begun": str(tmp_path / "begun")})
    wait_until((tmp_path / "begun").exists)
    os.kill(Session(home.airflow_home / "triggerer.pid").leader, signal.SIGKILL)
    wait_until(lambda: states(home)["triggerer"] == "died")
    # It may answer on another port now.
    address = airflow.start(home, print, dags)
    assert states(home) == dict.fromkeys(airflow.COMPONENTS, "healthy")
    assert AirflowClient(address).wait("interrupted", run, seconds=60) == "success"


def test_a_component_that_cannot_start_is_named_with_its_log(
    home: Home, dags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    airflow.stop(home)
    monkeypatch.setenv("AIRFLOW__SCHEDULER__MAX_TIS_PER_QUERY", "no number")
    # Three of them read the setting; whichever does so first is the one that ends.
    log = re.escape(str(home.logs / "airflow-"))
    with pytest.raises(
        UserError, match=rf"(?s)(scheduler|dag-processor|triggerer) ended.*{log}\1\.log.*max_tis_per_query"
    ):
        airflow.start(home, print, dags)
    assert processes_of(home) == []


def test_stopping_leaves_no_process_and_no_pid_file(home: Home, dags: Path) -> None:
    airflow.start(home, print, dags)
    assert processes_of(home) != []
    begun = time.monotonic()
    airflow.stop(home)
    assert time.monotonic() - begun < 12
    assert processes_of(home) == []
    assert states(home) == dict.fromkeys(airflow.COMPONENTS, "stopped")
    assert list(home.airflow_home.glob("*.pid")) == []


def test_a_pid_file_of_a_number_that_went_to_another_process_harms_nobody(home: Home) -> None:
    bystander = psutil.Process()
    (home.airflow_home / "scheduler.pid").write_text(
        f'{{"pid": {bystander.pid}, "since": {bystander.create_time() - 60}}}'
    )
    assert states(home)["scheduler"] == "died"
    airflow.stop(home)
    assert bystander.is_running()
