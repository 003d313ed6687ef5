"""docker-compose.yml: what it promises as read, and the services as a container engine really runs them."""

import gzip
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import yaml

from kexie import airflow, env, roles
from kexie.errors import UserError
from kexie.home import PROJECT, Home
from tests.fixtures.upgrade.expected import narrowed

COMPOSE_FILE = PROJECT / "docker-compose.yml"
THROW_AWAY_ENGINE = PROJECT.parent / "shared" / "tools" / "compose-engine"
BUILD_AND_START_SECONDS = 900
COLLECT_SECONDS = 300

# What kexie.airflow tells the local stack that containers are told otherwise, or not at all.
MACHINE_BOUND = {
    "AIRFLOW__CORE__DAGS_FOLDER",
    "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "AIRFLOW__API__HOST",
    "AIRFLOW__API__PORT",
    "AIRFLOW__API__BASE_URL",
    "AIRFLOW__API__SECRET_KEY",
    "AIRFLOW__API_AUTH__JWT_SECRET",
    "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH",
    "AIRFLOW__LOGGING__BASE_LOG_FOLDER",
    "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY",
    # Ten looks a second suit a demonstration; a server would spend a third of a processor on them for ever.
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME",
}

UPGRADE = PROJECT / "tests" / "fixtures" / "upgrade"
LOOK = UPGRADE / "expected.py"
HOME = "/var/lib/kexie"
SFTP_ADDRESSES = {
    "KEXIE_INBOX": "sftp://kexie@sftp:2222/srv/inbox",
    "KEXIE_OUTBOX": "sftp://kexie@sftp:2222/srv/outbox",
}
METRICS = {
    *("AIRFLOW__METRICS__OTEL_ON", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL"),
    *("AIRFLOW__METRICS__STATSD_ON", "AIRFLOW__METRICS__STATSD_HOST", "AIRFLOW__METRICS__STATSD_PORT"),
}
# Secrets of others, without which nobody is told anything outside.
REACHING_PEOPLE = {"KEXIE_SMTP", "KEXIE_ALERT_MAIL", "KEXIE_ALERT_BOT", "KEXIE_ALERT_BOT_SECRET"}
NO_SECRETS = METRICS | {
    *("AIRFLOW_PORT", "KEXIE_INBOX", "KEXIE_OUTBOX", "KEXIE_SFTP_LOGIN", "SFTP_ADDRESS", "SFTP_PORT"),
}

UNITS = """\
unit_code,name,level,unit_type,parent_code,valid_from,valid_to
P,示例省科协,province,territorial,,2000-01-01,
C1,甲市科协,city,territorial,P,2000-01-01,
A,甲一县科协,county,territorial,C1,2000-01-01,
"""
FIGURES = """\
unit_code,form,period,indicator_code,scope,value
A,,2021,sp_five_entry_activity_count,own,{}
"""
PUBLISHED = """
    select unit_code, period, value from published.indicator_values
    where indicator_code = 'sp_five_entry_activity_count' and value is not null order by unit_code
"""


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text())["services"]
    return services


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    file = tmp_path / ".env"
    env.write(file)
    return file


def test_secrets_are_long_different_and_for_their_owner_only(env_file: Path) -> None:
    values = [line.split("=", 1)[1] for line in env_file.read_text().splitlines() if not line.startswith("#")]
    assert len(set(values)) == len(env.SECRETS)
    assert all(len(value) >= 43 for value in values)
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600


def test_secrets_once_made_are_never_changed(env_file: Path) -> None:
    before = env_file.read_text()
    assert env.write(env_file) == []
    assert env_file.read_text() == before


def test_a_secret_that_an_older_file_lacks_is_added_to_it(tmp_path: Path) -> None:
    older = tmp_path / ".env"
    older.write_text("AIRFLOW_PORT=8090\nPOSTGRES_PASSWORD=kept")
    added = env.write(older)
    assert set(added) == set(env.SECRETS) - {"POSTGRES_PASSWORD"}
    assert older.read_text().startswith("AIRFLOW_PORT=8090\nPOSTGRES_PASSWORD=kept\n")
    assert stat.S_IMODE(older.stat().st_mode) == 0o600


def test_every_secret_is_asked_for_and_none_has_a_default() -> None:
    asked = re.findall(r"\$\{(\w+)([^}]*)\}", COMPOSE_FILE.read_text())
    assert {name for name, rest in asked if rest == ":?run make env"} == set(env.SECRETS)
    assert {name for name, rest in asked if rest != ":?run make env"} == NO_SECRETS | REACHING_PEOPLE


def test_what_is_published_is_published_on_the_loopback_unless_env_says_otherwise(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith(("127.0.0.1:", "${SFTP_ADDRESS:-127.0.0.1}:")) for port in ports)


def test_every_lasting_service_is_watched_and_restarted(services: dict[str, Any]) -> None:
    lasting = {name: service for name, service in services.items() if name != "init"}
    assert all("healthcheck" in service and service["restart"] == "unless-stopped" for service in lasting.values())


def test_every_service_is_confined_and_limited(services: dict[str, Any]) -> None:
    for name, service in services.items():
        limits = service["deploy"]["resources"]["limits"]
        assert {"memory", "pids"} <= set(limits), name
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert [name for name, service in services.items() if "cap_add" in service] == ["postgres"]


def test_who_only_serves_airflow_has_no_login_to_the_warehouse(services: dict[str, Any]) -> None:
    passwords = {roles.password_variable(role) for role in roles.Role}
    for name in ("airflow-apiserver", "airflow-dag-processor", "airflow-triggerer", "sftp"):
        assert not passwords & set(services[name].get("environment", {})), name


def test_the_owners_login_is_used_by_init_alone(services: dict[str, Any]) -> None:
    told = {name: service.get("environment", {}) for name, service in services.items()}
    assert [name for name in told if "@" in told[name].get("KEXIE_DATABASE_URL", "")] == ["init"]
    # The postgres service makes that login.
    assert [name for name in told if "KEXIE_OWNER_PASSWORD" in told[name]] == ["postgres"]


def test_only_who_runs_tasks_knows_how_people_are_reached(services: dict[str, Any]) -> None:
    assert [name for name, it in services.items() if REACHING_PEOPLE & set(it.get("environment", {}))] == [
        "airflow-scheduler"
    ]


def test_airflow_that_runs_elsewhere_is_neither_started_nor_stopped_here(tmp_path: Path) -> None:
    home = Home(tmp_path, airflow_url="http://airflow-apiserver:8080")
    assert airflow.address(home).url == "http://airflow-apiserver:8080"
    with pytest.raises(UserError, match="docker compose up"):
        airflow.start(home, print)
    with pytest.raises(UserError, match="docker compose down"):
        airflow.stop(home)


def test_containers_are_told_what_the_local_stack_is_told(services: dict[str, Any], tmp_path: Path) -> None:
    local = airflow.environment(Home(tmp_path, database_url="postgresql://someone:secret@localhost/kexie"), 8080)
    settings = {name: value for name, value in local.items() if name.startswith("AIRFLOW__")}
    shared = {name: value for name, value in settings.items() if name not in MACHINE_BOUND}
    told = services["airflow-scheduler"]["environment"]
    assert {name: told.get(name) for name in shared} == shared


def test_every_package_of_the_project_reaches_the_image() -> None:
    packages = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    needed = {package.split(".")[0] for package in packages} | {"dags", "dbt_project"}
    let_in = {line[1:] for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert needed <= let_in


@dataclass(frozen=True, slots=True)
class Compose:
    """`docker compose` on one project of its own, with secrets and a port of its own."""

    project: str
    environment: dict[str, str]
    env_file: Path

    def __call__(self, *arguments: str, given: str = "", timeout: int = 120) -> str:
        done = subprocess.run(
            ("docker", "compose", "-f", COMPOSE_FILE, "-p", self.project, "--env-file", self.env_file, *arguments),
            env=os.environ | self.environment, input=given, capture_output=True, text=True, timeout=timeout,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}: {done.stdout[-4000:]}{done.stderr[-4000:]}"
        return done.stdout

    def kexie(self, *arguments: str) -> str:
        return self("exec", "-T", "airflow-scheduler", "kexie", *arguments)

    def published(self) -> list[str]:
        return self.kexie("sql", "--csv", PUBLISHED).split()[1:]

    def publishes(self, *figures: str) -> bool:
        """Whether the DAG publishes all these figures before long."""
        deadline = time.monotonic() + COLLECT_SECONDS
        while not set(figures) <= set(self.published()) and time.monotonic() < deadline:
            time.sleep(2)
        return set(figures) <= set(self.published())


@pytest.fixture(scope="module")
def engine() -> Iterator[dict[str, str]]:
    """The environment in which `docker compose` reaches an engine: one that runs, else a throw-away one."""
    if _runs({}):
        yield {}
        return
    if not (THROW_AWAY_ENGINE.exists() and os.geteuid() == 0):
        pytest.skip("no container engine runs here, and none can be started")
    printed = subprocess.run((THROW_AWAY_ENGINE, "up"), capture_output=True, text=True, check=False)
    reached = dict(word.split("=", 1) for word in printed.stdout.split() if "=" in word)
    if printed.returncode or not _runs(reached):
        pytest.skip(f"the container engine does not start here: {printed.stderr[-500:]}")
    yield reached
    subprocess.run((THROW_AWAY_ENGINE, "down"), capture_output=True, check=False)


@contextmanager
def _project(name: str, engine: dict[str, str], folder: Path) -> Iterator[Compose]:
    """A project with secrets and ports of its own; nothing of it is left in the end."""
    env_file = folder / ".env"
    env.write(env_file)
    ports = {"AIRFLOW_PORT": str(_free_port()), "SFTP_PORT": str(_free_port())}
    compose = Compose(f"kexie-{name}-{os.getpid()}", engine | ports, env_file)
    try:
        yield compose
    finally:
        compose("--profile", "sftp", "down", "--volumes", "--timeout", "5")


@pytest.fixture(scope="module")
def compose(engine: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """The services, built and started."""
    with _project("test", engine, tmp_path_factory.mktemp("compose")) as compose:
        compose("up", "--build", "--wait", timeout=BUILD_AND_START_SECONDS)
        yield compose


@pytest.mark.engine
def test_nothing_starts_without_secrets(engine: dict[str, str], tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.env"
    nothing.touch()
    config = ("compose", "-f", str(COMPOSE_FILE), "--env-file", str(nothing), "config", "-q")
    refused = _docker(engine, *config)
    assert refused.returncode
    assert "run make env" in refused.stderr
    env.write(nothing)
    assert _docker(engine, *config).returncode == 0


@pytest.mark.engine
def test_a_warehouse_of_an_earlier_revision_is_upgraded_with_its_data(engine: dict[str, str], tmp_path: Path) -> None:
    with _project("old", engine, tmp_path) as compose:
        compose("-f", str(UPGRADE / "docker-compose.yml"), "up", "--detach", "--wait", "postgres")
        psql = ("exec", "-T", "postgres", "psql", "-q", "-v", "ON_ERROR_STOP=1", "-U", "kexie_owner", "kexie")
        # As that program made it, with a password that is known nowhere any more.
        compose(*psql, given="create role kexie_office login password 'forgotten'")
        compose(*psql, given=gzip.decompress((UPGRADE / "warehouse_0003.sql.gz").read_bytes()).decode())

        compose("up", "--build", "--wait", timeout=BUILD_AND_START_SECONDS)
        then = json.loads((UPGRADE / "expected.json").read_text())
        now = json.loads(compose("run", "--rm", "-T", "init", "python", "-", given=LOOK.read_text()))
        assert narrowed(now, then) == then
        _submit(compose, FIGURES.format(16))
        assert compose.publishes("A,2021,16", "C1,2021,26", "P,2021,26")


@pytest.mark.engine
def test_every_service_is_healthy(compose: Compose) -> None:
    states = [json.loads(line) for line in compose("ps", "--all", "--format", "json").splitlines()]
    found = {state["Service"]: state["Health"] or f"{state['State']} {state['ExitCode']}" for state in states}
    lasting = ("postgres", "airflow-apiserver", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")
    assert found == {"init": "exited 0", **dict.fromkeys(lasting, "healthy")}


@pytest.mark.engine
def test_the_processes_are_ordinary_accounts_that_cannot_change_the_program(compose: Compose) -> None:
    assert compose("exec", "-T", "airflow-scheduler", "id", "-un").strip() == "kexie"
    compose("exec", "-T", "airflow-scheduler", "sh", "-c", "! touch /opt/kexie/pyproject.toml")
    for service in ("postgres", "airflow-scheduler"):
        assert "Read-only" in compose("exec", "-T", service, "sh", "-c", "touch /etc/new 2>&1 || true")
    # The capabilities and the account of the server itself, which its container starts as the first process.
    state = compose("exec", "-T", "postgres", "cat", "/proc/1/status")
    assert re.search(r"^CapEff:\s+0+$", state, re.MULTILINE)
    assert not re.search(r"^Uid:\s+0\b", state, re.MULTILINE)


@pytest.mark.engine
def test_the_limits_are_in_force(compose: Compose) -> None:
    containers = compose("ps", "--quiet").split()
    asked = "{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}"
    limits = _docker(compose.environment, "inspect", "--format", asked, *containers).stdout.splitlines()
    assert len(limits) == len(containers)
    assert all(int(limit) > 0 for line in limits for limit in line.split())


@pytest.mark.engine
def test_starting_and_stopping_airflow_is_left_to_compose(compose: Compose) -> None:
    said = compose("exec", "-T", "airflow-scheduler", "sh", "-c", "kexie up 2>&1; kexie down 2>&1 || true")
    assert said.count("docker compose down") == 2


@pytest.mark.engine
def test_the_warehouse_and_airflow_cannot_enter_each_others_database(compose: Compose) -> None:
    question = """
        select rolname, rolsuper, datname, has_database_privilege(rolname, datname, 'connect')
        from pg_roles cross join pg_database
        where rolname in ('kexie_owner', 'airflow') and datname in ('kexie', 'airflow') order by 1, 3
    """
    answer = compose("exec", "-T", "postgres", "psql", "-U", "postgres", "-Atc", question)
    assert answer.split() == [
        "airflow|f|airflow|t", "airflow|f|kexie|f", "kexie_owner|f|airflow|f", "kexie_owner|f|kexie|t"
    ]  # fmt: skip


@pytest.mark.engine
def test_the_generated_password_opens_airflow(compose: Compose) -> None:
    secrets = dict(line.split("=", 1) for line in compose.env_file.read_text().splitlines()[1:])
    said = json.dumps({"username": airflow.USER, "password": secrets["AIRFLOW_ADMIN_PASSWORD"]}).encode()
    url = f"http://127.0.0.1:{compose.environment['AIRFLOW_PORT']}/auth/token"
    request = Request(url, data=said, headers={"Content-Type": "application/json"})
    with urlopen(request, timeout=120) as answer:  # noqa: S310
        assert json.load(answer)["access_token"]


@pytest.mark.engine
def test_a_submitted_file_is_published_by_the_dag_and_outlives_the_containers(compose: Compose, tmp_path: Path) -> None:
    units = tmp_path / "units"
    units.mkdir()
    (units / "units.csv").write_text(UNITS)
    (units / "unit_events.csv").write_text("event_date,kind,from_code,to_code,weight\n")
    compose("cp", str(units), f"airflow-scheduler:{HOME}/units")
    compose.kexie("units", "load", f"{HOME}/units")
    _submit(compose, FIGURES.format(12))
    assert compose.publishes("A,2021,12", "C1,2021,12", "P,2021,12")
    receipt = compose("exec", "-T", "airflow-scheduler", "sh", "-c", "cat /var/lib/kexie/outbox/A/*")
    assert "甲一县科协" in receipt

    compose("down")
    over_sftp = Compose(compose.project, compose.environment | SFTP_ADDRESSES, compose.env_file)
    over_sftp("--profile", "sftp", "up", "--build", "--wait", timeout=BUILD_AND_START_SECONDS)
    assert compose.published() == ["A,2021,12", "C1,2021,12", "P,2021,12"]
    archive = compose("exec", "-T", "airflow-scheduler", "find", "/var/lib/kexie/archive", "-type", "f")
    assert len(archive.split()) == 1

    clerk = _let_in(compose, tmp_path)
    (tmp_path / "改正.csv").write_text(FIGURES.format(15))
    clerk(f"put {tmp_path}/改正.csv /srv/inbox/A/改正.csv")
    assert compose.publishes("A,2021,15", "C1,2021,15", "P,2021,15")
    assert "改正.csv.回执.txt" in clerk("ls -1 /srv/outbox/A")


def _submit(compose: Compose, figures: str) -> None:
    """Have the unit A submit a file, which reaches the container as the guide says."""
    compose("exec", "-T", "airflow-scheduler", "sh", "-c", f"cat >{HOME}/figures.csv", given=figures)
    compose.kexie("submit", f"{HOME}/figures.csv", "--as", "A")


def _let_in(compose: Compose, folder: Path) -> Callable[[str], str]:
    """Let a new key in at the SFTP server; returns what runs a command of the `sftp` program with it."""
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "clerk"), check=True)
    add = "cat >>/srv/server/authorized_keys"
    compose("exec", "-T", "sftp", "sh", "-c", add, given=(folder / "clerk.pub").read_text())
    port = compose.environment["SFTP_PORT"]
    key = compose("exec", "-T", "sftp", "cut", "-d", " ", "-f", "1,2", "/srv/server/host_key.pub")
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}")
    known = ("-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={folder}/known_hosts")
    command = ("sftp", "-q", "-P", port, "-i", str(folder / "clerk"), *known, "-b", "-", "kexie@127.0.0.1")

    def clerk(line: str) -> str:
        done = subprocess.run(command, input=line, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return clerk


def _docker(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("docker", *arguments), env=os.environ | environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip


def _runs(environment: dict[str, str]) -> bool:
    """Whether an engine answers, and compose is there to use it."""
    if not shutil.which("docker"):
        return False
    return not any(_docker(environment, *command).returncode for command in (("info",), ("compose", "version")))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
