"""The local Airflow stack of one instance: four processes on the loopback, started together and stopped together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kexie import airflow_database
from kexie.airflow_client import AirflowAddress, AirflowClient
from kexie.errors import UserError
from kexie.home import PROJECT, Home
from kexie.postgres import HOST, choose_port
from kexie.roles import TIME_ZONE
from kexie.sessions import Session

COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "api-server": (),
    # Their log servers would listen on every interface; the api-server reads the same folder without them.
    "scheduler": ("--skip-serve-logs",),
    "dag-processor": (),
    "triggerer": ("--skip-serve-logs",),
}
DAGS = ("collect_submissions", "annual_rollup", "release_year", "remind_missing", "maintain")
"""What the data team's stack runs; Airflow has new DAGs wait until somebody unpauses them."""

METADATA = "KEXIE_AIRFLOW_DATABASE"
"""The variable that tells tasks where Airflow's own database is; Airflow itself hides the address from them."""

USER = "admin"
PARALLEL_TASKS = 4
HEALTHY_SECONDS = 180
STOP_SECONDS = 8

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Component:
    """One of the four as it is now: `healthy`, `unhealthy` (also while starting), `died` by itself, or `stopped`."""

    name: str
    state: str
    log: Path


def start(home: Home, progress: Progress, dags: Path = PROJECT / "dags") -> AirflowAddress:
    """See that all four components run and are healthy; `progress` gets a line for each step.

    A stack of which something has died is started anew. Raises UserError naming the component that failed and its log,
    and where Airflow is somebody else's to start.
    """
    refuse_elsewhere(home)
    with home.lock("airflow"):
        if not all(_session(home, name).alive() for name in COMPONENTS):
            _end(home)
            _launch(home, dags, progress)
        _wait_until_healthy(home, progress)
        return address(home)


def stop(home: Home) -> None:
    """End every process of the stack, in ten seconds at most; nothing happens when none runs.

    A task that takes longer is cut off; Airflow runs it again once the stack is started again.
    """
    refuse_elsewhere(home)
    with home.lock("airflow"):
        _end(home)


def status(home: Home) -> list[Component]:
    """Each component as it is now."""
    known = [_session(home, name).known for name in COMPONENTS]
    health = AirflowClient(address(home)).health() if any(known) else {}
    return [Component(name, _state(_session(home, name), name, health), _log(home, name)) for name in COMPONENTS]


def address(home: Home) -> AirflowAddress:
    """Where the stack answers that was started here or KEXIE_AIRFLOW_URL names, and the file with its password."""
    if home.airflow_url:
        return AirflowAddress(home.airflow_url, USER, _password_file(home))
    port = int(_port_file(home).read_text())
    return AirflowAddress(f"http://{HOST}:{port}", USER, _password_file(home))


def refuse_elsewhere(home: Home) -> None:
    """Raise UserError where Airflow is somebody else's to start and stop."""
    if home.airflow_url:
        raise UserError(
            f"This instance's Airflow answers at {home.airflow_url} and is started and stopped where that runs:"
            " for containers, `docker compose up --wait` and `docker compose down`."
        )


def last_environment(home: Home) -> dict[str, str] | None:
    """What the stack was told when it was last started; None where it never was."""
    port = _port_file(home)
    return environment(home, int(port.read_text())) if port.exists() else None


def environment(home: Home, port: int, dags: Path = PROJECT / "dags") -> dict[str, str]:
    """Everything that Airflow's processes, and the tasks in them, are told; `port` is where the api-server answers."""
    here = f"http://{HOST}:{port}"
    settings = {
        "CORE__EXECUTOR": "orchestration.executor.PreloadedExecutor",
        "CORE__PARALLELISM": str(PARALLEL_TASKS),
        "CORE__DAGS_FOLDER": str(dags),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DEFAULT_TIMEZONE": TIME_ZONE,
        "CORE__EXECUTION_API_SERVER_URL": f"{here}/execution/",
        "CORE__FERNET_KEY": home.secret("airflow_fernet") + "=",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(_password_file(home)),
        "DATABASE__SQL_ALCHEMY_CONN": _metadata_address(home),
        "API__HOST": HOST,
        "API__PORT": str(port),
        "API__BASE_URL": here,
        "API__WORKERS": "1",
        "API__SECRET_KEY": home.secret("airflow_api"),
        "API_AUTH__JWT_SECRET": home.secret("airflow_jwt"),
        # The default second between two looks is most of what a short run takes.
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        # A finished task can hold its worker until the next heartbeat, by default for five seconds.
        "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        # Five minutes by default until a task that was cut off by a crash or a stop is noticed and run again.
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(home.airflow_home / "bundles"),
        "LOGGING__BASE_LOG_FOLDER": str(home.logs / "airflow"),
        "LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home.logs / "airflow" / "dag_processor"),
        "LOGGING__LOGGING_LEVEL": "INFO",
        "LOGGING__COLORED_CONSOLE_LOG": "False",
    }
    return {
        **{f"AIRFLOW__{name}": value for name, value in settings.items()},
        **home.environment(),
        METADATA: settings["DATABASE__SQL_ALCHEMY_CONN"],
        "AIRFLOW_HOME": str(home.airflow_home),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        # Tasks speak to the api-server, which no proxy can reach; where both spellings are set, the small one rules.
        **{name: ",".join(filter(None, (os.environ.get(name), HOST))) for name in ("NO_PROXY", "no_proxy")},
        # dbt leaves semaphores to the end of its process, which Python calls a leak at the end of a green log.
        "PYTHONWARNINGS": "ignore:resource_tracker:UserWarning",
        # Without compiled modules each process spends two seconds more on importing Airflow.
        "PYTHONDONTWRITEBYTECODE": "",
    }


def _launch(home: Home, dags: Path, progress: Progress) -> None:
    settings = os.environ | environment(home, choose_port(_port_file(home)), dags)
    _write_password(home)
    _migrate(home, settings, progress)
    for name, options in COMPONENTS.items():
        command = (sys.executable, "-m", "airflow", name, *options)
        _session(home, name).start(command, settings, _log(home, name))


def _end(home: Home) -> None:
    """End all components; the api-server last, because tasks report their end to it, and unasked: it keeps nothing."""
    working = {name: _session(home, name) for name in COMPONENTS if name != "api-server"}
    for name, session in working.items():
        # Told to end while the scheduler is emptying their queue, its task workers would lock one another up.
        session.terminate(everyone=name != "scheduler")
    deadline = time.monotonic() + STOP_SECONDS
    while any(session.members() for session in working.values()) and time.monotonic() < deadline:
        time.sleep(0.1)
    for session in (*working.values(), _session(home, "api-server")):
        session.kill()


def _wait_until_healthy(home: Home, progress: Progress) -> None:
    begun = time.monotonic()
    waiting = set(COMPONENTS)
    while waiting:
        for component in status(home):
            if component.state == "died" or time.monotonic() > begun + HEALTHY_SECONDS:
                _end(home)
                raise _failure(component)
            if component.state == "healthy" and component.name in waiting:
                waiting.remove(component.name)
                progress(f"Airflow: {component.name} is healthy after {time.monotonic() - begun:.0f} s")
        time.sleep(0.2)


def _state(session: Session, name: str, health: Mapping[str, Any]) -> str:
    if not session.known:
        return "stopped"
    if not session.alive():
        return "died"
    return "healthy" if _is_healthy(session, name, health) else "unhealthy"


def _is_healthy(session: Session, name: str, health: Mapping[str, Any]) -> bool:
    """Airflow's own word; but a heartbeat older than the process is the one of its predecessor."""
    if name == "api-server":
        return bool(health) and health["metadatabase"]["status"] == "healthy"
    key = name.replace("-", "_")
    said = health.get(key) or {}
    if said.get("status") != "healthy":
        return False
    return datetime.fromisoformat(said[f"latest_{key}_heartbeat"]).timestamp() >= session.since


def _migrate(home: Home, settings: Mapping[str, str], progress: Progress) -> None:
    """Create or upgrade Airflow's own tables. Which version did it last is kept as the comment of the database."""
    from sqlalchemy import text

    wanted = f"Airflow {version('apache-airflow')}"
    query = text("select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()")
    airflow_database.provide(home)
    with airflow_database.session(airflow_database.metadata_url(home)) as connection:
        if connection.scalar(query) == wanted:
            return
        progress("Airflow: preparing its database")
        begun = time.monotonic()
        with _log(home, "migrate").open("w") as log:
            done = subprocess.run(
                (sys.executable, "-m", "airflow", "db", "migrate"),
                env=dict(settings),
                stdout=log,
                stderr=log,
                check=False,
            )
        if done.returncode:
            raise _failure(Component("db migrate", "died", _log(home, "migrate")))
        connection.exec_driver_sql(f"comment on database \"{connection.engine.url.database}\" is '{wanted}'")
        progress(f"Airflow: its database is ready after {time.monotonic() - begun:.0f} s")


def _metadata_address(home: Home) -> str:
    url = airflow_database.metadata_url(home).set(drivername="postgresql+psycopg2")
    return url.render_as_string(hide_password=False)


def _write_password(home: Home) -> None:
    file = _password_file(home)
    file.touch(mode=0o600)
    file.write_text(json.dumps({USER: home.secret("airflow_admin")}))


def _password_file(home: Home) -> Path:
    return home.secrets / "airflow_passwords.json"


def _port_file(home: Home) -> Path:
    return home.airflow_home / "port"


def _session(home: Home, name: str) -> Session:
    return Session(home.airflow_home / f"{name}.pid")


def _log(home: Home, name: str) -> Path:
    return home.logs / f"airflow-{name}.log"


def _failure(component: Component) -> UserError:
    lines = [line for line in component.log.read_text(errors="replace").splitlines() if line.strip()]
    how = "ended" if component.state == "died" else f"is not healthy after {HEALTHY_SECONDS} s"
    return UserError(
        f"Airflow's {component.name} {how}; the last lines of {component.log} say:\n" + "\n".join(lines[-8:])
    )
