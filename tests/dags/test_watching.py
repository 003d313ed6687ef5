"""What whoever watches the runs is told by a whole stack: logs' last lines, alerts, records in ops, metrics."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from sqlalchemy import Engine, create_engine, text

from kexie import airflow, postgres
from kexie.airflow_client import AirflowClient
from kexie.database import ready
from kexie.home import Home
from tests.mail_server import Chat, MailServer, chat, mail_server

pytestmark = pytest.mark.stack

DAGS = """
import os
from datetime import timedelta
from time import sleep

from airflow.sdk import Param, dag, task

from kexie.errors import UserError
from kexie.roles import Role
from orchestration.alerts import ended_within
from orchestration.tasks import DEFAULTS, warehouse
from pipeline.reasons import StepError

SOON = DEFAULTS | {"retry_delay": timedelta(seconds=1)}


@dag(schedule=None, default_args=SOON)
def failing():
    @task
    def step_error():
        with warehouse(Role.INGEST):
            raise StepError("Build 7 may not be published: 1 row is wrong. Put it right and run again.")

    @task
    def user_error():
        with warehouse(Role.INGEST):
            raise UserError("This run stands for no year.")

    @task
    def mistake():
        with warehouse(Role.INGEST):
            {}["x"]

    @task
    def database_away():
        os.environ["KEXIE_DATABASE_URL"] = "postgresql://kexie:secret@127.0.0.1:1/none"
        with warehouse(Role.INGEST) as (_, engine):
            engine.connect()

    step_error(), user_error(), mistake(), database_away()


failing()


@dag(
    schedule=None,
    default_args=SOON,
    deadline=ended_within(timedelta(seconds=4)),
    params={"year": Param(None, type=["null", "integer"])},
)
def late():
    @task
    def work():
        with warehouse(Role.INGEST):
            sleep(12)

    work()


late()


@dag(schedule=None, default_args=SOON, deadline=ended_within(timedelta(seconds=60)))
def in_time():
    @task
    def work():
        with warehouse(Role.INGEST):
            pass

    work()


in_time()
"""


class Collector(ThreadingHTTPServer):
    """Takes metrics as OpenTelemetry sends them over HTTP, and keeps their names.

    A sender that stops in the middle, as one that is forked may, must not keep all the others waiting.
    """

    daemon_threads = True

    def __init__(self) -> None:
        self.names: set[str] = set()
        super().__init__(("127.0.0.1", 0), Receiving)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Receiving(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        sent = ExportMetricsServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.names |= {
            metric.name
            for resource in sent.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quietly."""


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    collector = Collector()
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    yield collector
    collector.shutdown()
    collector.server_close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("watching"))
    yield home
    airflow.stop(home)
    postgres.stop(home)


@pytest.fixture(scope="module")
def engine(home: Home) -> Iterator[Engine]:
    engine = ready(home)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def group() -> Iterator[Chat]:
    with chat() as server:
        yield server


@pytest.fixture(scope="module")
def letters() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def connection_to(server: MailServer) -> str:
    """Airflow's connection to a mail server, as it stands in the environment."""
    extra = {"from_email": "kexie@kexie.example", "disable_ssl": True, "alert_to": "team@kexie.example"}
    return json.dumps({"conn_type": "smtp", "host": "127.0.0.1", "port": server.port, "extra": extra})


@pytest.fixture(scope="module")
def client(
    home: Home,
    engine: Engine,  # noqa: ARG001 - the tables are there before the DAGs run
    collector: Collector,
    group: Chat,
    letters: MailServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[AirflowClient]:
    folder = tmp_path_factory.mktemp("dags")
    (folder / "watched.py").write_text(DAGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__METRICS__OTEL_ON", "True")
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        patch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        patch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "1000")
        patch.setenv("KEXIE_ALERT_BOT", group.url)
        patch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", connection_to(letters))
        client = AirflowClient(airflow.start(home, print, folder))
        for dag in ("failing", "late", "in_time"):
            client.unpause(dag)
        yield client


@pytest.fixture(scope="module")
def failed(client: AirflowClient) -> str:
    """A run of the failing DAG that has ended."""
    run = client.trigger("failing")
    assert client.wait("failing", run, seconds=180) == "failed"
    return run


def logs(home: Home, dag: str, run: str, task: str) -> list[list[str]]:
    """What each try of a task logged, in order."""
    folder = home.logs / "airflow" / f"dag_id={dag}" / f"run_id={run}" / f"task_id={task}"
    tries = sorted(folder.glob("attempt=*.log"))
    events = [[json.loads(line)["event"] for line in file.read_text().splitlines()] for file in tries]
    return [[event for event in tried if not event.startswith(("::group::", "::endgroup::"))] for tried in events]


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def wait_until(happened: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("task", "beginning", "end"),
    [
        ("step_error", "Build 7 may not be published: 1 row is wrong.", "Put it right and run again."),
        ("user_error", "This run stands for no year.", "This run stands for no year."),
        ("mistake", "The program failed outside its own code: KeyError: 'x'", "once it is mended."),
        ("database_away", "The database none cannot be reached: ", "run the step again."),
    ],
)
def test_the_last_line_of_a_failed_tasks_log_says_what_happened_and_what_to_do(
    failed: str, home: Home, task: str, beginning: str, end: str
) -> None:
    wait_until(lambda: logs(home, "failing", failed, task)[-1][-1].endswith(end))
    last = logs(home, "failing", failed, task)[-1][-1]
    assert last.startswith(beginning)
    assert "secret" not in last


def test_a_database_that_is_away_is_tried_again_and_each_try_says_so(failed: str, home: Home) -> None:
    first, second, _ = logs(home, "failing", failed, "database_away")
    for tried in (first, second):
        assert tried[-1].endswith("It is tried again by itself, up to 3 times in all.")


def test_each_try_is_recorded_with_its_sentence(failed: str, engine: Engine) -> None:
    recorded = rows(engine, "select task, outcome, sentence from ops.run_steps where dag = 'failing' order by task")
    assert [(task, outcome) for task, outcome, _ in recorded] == [
        ("mistake", "failed"),
        ("step_error", "failed"),
        ("user_error", "failed"),
    ]
    assert recorded[2][2] == "This run stands for no year."
    assert rows(engine, "select run_id, outcome from ops.last_run where dag = 'failing'") == [(failed, "failed")]


def test_each_failed_task_is_an_alert(failed: str, engine: Engine) -> None:
    alerts = rows(engine, "select kind, task, run_id from ops.open_alerts where dag = 'failing' order by task")
    assert alerts == [("failed", task, failed) for task in ("mistake", "step_error", "user_error")]


def test_each_failed_task_reaches_the_data_team_once_in_its_chat_and_by_mail(
    failed: str,  # noqa: ARG001 - something has failed
    group: Chat,
    letters: MailServer,
    home: Home,
) -> None:
    sentence = "Build 7 may not be published: 1 row is wrong. Put it right and run again."
    wait_until(lambda: len(letters.letters) >= 1)
    assert sum(said["text"]["content"].count(sentence) for said in group.said) == 1
    assert sum(letter.get_content().count(sentence) for letter in letters.letters) == 1
    assert set(letters.to()) == {"team@kexie.example"}
    tasks = (home.logs / "airflow" / "dag_id=failing").rglob("*.log")
    assert not [log for log in tasks if "chat-token" in log.read_text(encoding="utf-8")]


def test_a_run_that_has_not_ended_by_its_deadline_is_an_alert_until_it_has(
    client: AirflowClient, engine: Engine, group: Chat
) -> None:
    open_alerts = "select kind, task, year, run_id, sentence from ops.open_alerts where dag = 'late'"
    run = client.trigger("late", {"year": 2021})
    wait_until(lambda: rows(engine, open_alerts) != [])
    ((kind, task, year, run_id, sentence),) = rows(engine, open_alerts)
    assert (kind, task, year, run_id) == ("late", None, 2021, run)
    assert sentence.startswith(f"The run {run} of late (2021) was due by ")
    wait_until(lambda: any(sentence in said["text"]["content"] for said in group.said))
    assert client.wait("late", run, seconds=60) == "success"
    wait_until(lambda: rows(engine, open_alerts) == [])


def test_a_run_in_time_is_no_alert(client: AirflowClient, home: Home, engine: Engine) -> None:
    run = client.trigger("in_time")
    assert client.wait("in_time", run, seconds=60) == "success"
    assert rows(engine, "select 1 from ops.alert where dag = 'in_time'") == []
    address = airflow.environment(home, 0)["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    airflows = create_engine(address.replace("psycopg2", "psycopg"))
    waiting = "select 1 from deadline join dag_run on dag_run.id = dagrun_id where dag_id = 'in_time'"
    wait_until(lambda: rows(airflows, waiting) == [])
    airflows.dispose()


def test_metrics_arrive_where_airflows_own_settings_send_them(
    failed: str,  # noqa: ARG001 - something has run
    collector: Collector,
) -> None:
    wait_until(
        lambda: {"airflow.scheduler_heartbeat", "airflow.ti_failures", "airflow.task.duration"} <= collector.names
    )
