"""An inbox and outbox on an SFTP server work as local ones do, over a real sshd on the loopback."""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from airflow.triggers.base import TriggerEvent
from sqlalchemy import Engine, text

from catalogue.load import load as load_catalogue
from ingestion import landing, units
from ingestion.collect import collect
from ingestion.landing import land
from kexie import sftp
from kexie.database import ready
from kexie.errors import UserError
from kexie.home import Home
from orchestration.inbox import InboxTrigger
from tests.conftest import NewDatabase

SSHD = "/usr/sbin/sshd"
HOST = "127.0.0.1"
USER = pwd.getpwuid(os.geteuid()).pw_name
UNITS = """\
unit_code,name,level,unit_type,parent_code,valid_from,valid_to
P,示例省科协,province,territorial,,2000-01-01,
A,甲县科协,county,territorial,P,2000-01-01,
"""
FIGURES = "unit_code,form,period,indicator_code,scope,value\nA,,2021,sp_five_entry_activity_count,own,{}\n"

SSHD_CONFIG = """\
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
AllowUsers {user}
AuthenticationMethods publickey
PermitRootLogin prohibit-password
# The folder belongs to a test, and lies in one that everybody may write to.
StrictModes no
UsePAM no
Subsystem sftp internal-sftp
ForceCommand internal-sftp
DisableForwarding yes
"""

pytestmark = pytest.mark.skipif(not Path(SSHD).exists(), reason="no sshd is installed here")


class Server:
    """An sshd that serves files only, to one key only; `files` is the folder behind its address."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.files = folder, folder / "files"
        for place in ("inbox/A", "outbox"):
            (self.files / place).mkdir(parents=True)
        for name in ("host", "other_host", "user", "stranger"):
            subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name), check=True)
        self.port = _free_port()
        self._set("sshd_config", SSHD_CONFIG.format(port=self.port, folder=folder, user=USER))
        self._set("authorized_keys", (folder / "user.pub").read_text())
        self._set("known_hosts", f"[{HOST}]:{self.port} {(folder / 'host.pub').read_text()}")
        self._set("known_otherwise", f"[{HOST}]:{self.port} {(folder / 'other_host.pub').read_text()}")
        self._set("known_nobody", "")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        with (self.folder / "sshd.log").open("a") as log:
            self._process = subprocess.Popen((SSHD, "-D", "-e", "-f", self.folder / "sshd_config"), stderr=log)
        deadline = time.monotonic() + 10
        while not _answers(self.port):
            assert time.monotonic() < deadline, (self.folder / "sshd.log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server and every session it serves."""
        if self._process:
            sessions = self._sessions()
            self._process.terminate()
            self._process.wait()
            for session in sessions:
                session.kill()
            self._process = None

    def drop_sessions(self, sign: signal.Signals = signal.SIGKILL) -> int:
        """Send the sessions a signal and leave the server be; returns how many connections there were."""
        assert self._process
        sessions = self._sessions()
        connections = sum(session.ppid() == self._process.pid for session in sessions)
        for session in sessions:
            session.send_signal(sign)
        return connections

    def address(self, folder: str, user: str = USER) -> str:
        return f"sftp://{user}@{HOST}:{self.port}{self.files / folder}"

    def file(self, name: str) -> str:
        return str(self.folder / name)

    def _sessions(self) -> list[psutil.Process]:
        assert self._process
        return psutil.Process(self._process.pid).children(recursive=True)

    def _set(self, name: str, content: str) -> None:
        (self.folder / name).write_text(content)


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    sshd = Server(tmp_path_factory.mktemp("sftp"))
    sshd.start()
    yield sshd
    sshd.stop()


@pytest.fixture
def home(sshd: Server, new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An instance whose inbox and outbox are empty folders of the server."""
    monkeypatch.setattr(landing, "SETTLED_AFAR_SECONDS", 0.5)
    for place in ("inbox", "outbox"):
        shutil.rmtree(sshd.files / place)
    (sshd.files / "inbox" / "A").mkdir(parents=True)
    (sshd.files / "outbox").mkdir()
    return _home(sshd, new_database())


@pytest.fixture
def engine(home: Home, tmp_path: Path) -> Iterator[Engine]:
    engine = ready(home)
    (tmp_path / "units.csv").write_text(UNITS)
    (tmp_path / "unit_events.csv").write_text("event_date,kind,from_code,to_code,weight\n")
    units.load(engine, tmp_path)
    yield engine
    engine.dispose()


def _home(sshd: Server, local: Home, **changed: str) -> Home:
    told: dict[str, Any] = {
        "inbox_address": sshd.address("inbox"),
        "outbox_address": sshd.address("outbox"),
        "sftp_known_hosts": sshd.file("known_hosts"),
        "sftp_key": sshd.file("user"),
    }
    return Home(local.root, local.database_url, **(told | changed))


def _drop(sshd: Server, name: str | bytes, content: str, age: float = 60) -> Path:
    """A file that a clerk's own program put there, which set its time of writing."""
    path = Path(os.fsdecode(os.fsencode(sshd.files / "inbox" / "A") + b"/" + os.fsencode(name)))
    path.write_text(content)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def _landed(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text("select file_name from landing.delivery order by delivery_seq")))


def _waiting(sshd: Server) -> list[str]:
    return sorted(path.name for path in (sshd.files / "inbox" / "A").iterdir())


def _quietly(_line: str) -> None:
    pass


# ---- the way of a file


def test_a_delivered_file_lands_and_its_receipt_is_on_the_server(sshd: Server, home: Home, engine: Engine) -> None:
    _drop(sshd, "一季度.csv", FIGURES.format(12))
    report = collect(home, engine, load_catalogue(), _quietly)
    assert (dict(report.outcomes), report.left) == ({"accepted": 1}, [])
    receipts = sorted(path.name for path in (sshd.files / "outbox" / "A").iterdir())
    assert receipts == ["一季度.csv.回执.txt"]
    assert "甲县科协" in (sshd.files / "outbox" / "A" / receipts[0]).read_text(encoding="utf-8-sig")
    assert _waiting(sshd) == []


def test_files_submitted_by_command_go_to_the_server_in_their_order(
    sshd: Server, home: Home, engine: Engine, tmp_path: Path
) -> None:
    names = ("二.csv", "一.csv", "三.csv")
    for name in names:
        (tmp_path / name).write_text(name)
    command = (sys.executable, "-m", "kexie.cli", "submit", *(str(tmp_path / name) for name in names), "--as", "A")
    done = subprocess.run(command, env=os.environ | home.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(_waiting(sshd)) == 3
    assert land(home, engine, _quietly).files == 3
    assert _landed(engine) == list(names)


def test_a_receipt_replaces_its_own_draft_only_when_it_is_whole(sshd: Server, home: Home, engine: Engine) -> None:
    _drop(sshd, "a.csv", FIGURES.format(12))
    collect(home, engine, load_catalogue(), _quietly)
    with engine.begin() as connection:
        connection.execute(text("update landing.delivery set receipt_written_at = null"))
    collect(home, engine, load_catalogue(), _quietly)
    assert [path.name for path in (sshd.files / "outbox" / "A").iterdir()] == ["a.csv.回执.txt"]


def test_a_file_sent_again_with_its_old_time_is_another_delivery(sshd: Server, home: Home, engine: Engine) -> None:
    for _ in range(2):
        os.utime(_drop(sshd, "a.csv", FIGURES.format(12)), (1_700_000_000, 1_700_000_000))
        assert land(home, engine, _quietly).files == 1
    assert _landed(engine) == ["a.csv", "a.csv"]


@pytest.mark.parametrize("age", [0, 3600], ids=["written now", "its time set back by the sender"])
def test_a_file_that_still_grows_is_left(sshd: Server, home: Home, engine: Engine, age: float) -> None:
    path, enough = _drop(sshd, "a.csv", ""), threading.Event()

    def write() -> None:
        with path.open("a") as file:
            while not enough.wait(0.02):
                file.write("more\n")
                file.flush()
                os.utime(path, (time.time() - age, time.time() - age))

    writer = threading.Thread(target=write)
    writer.start()
    landed = land(home, engine, _quietly)
    enough.set()
    writer.join()
    assert (landed.files, landed.left) == (0, ["A/a.csv: still being written"])
    assert land(home, engine, _quietly).files == 1


def test_what_transfer_programs_have_not_renamed_yet_is_left(sshd: Server, home: Home, engine: Engine) -> None:
    for name in ("a.csv.filepart", "b.csv.part", ".c.csv"):
        _drop(sshd, name, "half")
    assert land(home, engine, _quietly).files == 0
    (sshd.files / "inbox" / "A" / "a.csv.filepart").rename(sshd.files / "inbox" / "A" / "a.csv")
    assert land(home, engine, _quietly).files == 1
    assert _landed(engine) == ["a.csv"]


ODD = ("#1?.csv", "a b%20c.csv", "-rf.csv", "sftp:x.csv", "'\".csv", "a\\b.csv", "two\nlines.csv", f"{'长' * 83}.csv")


def test_names_of_every_kind_are_taken(sshd: Server, home: Home, engine: Engine) -> None:
    for name in ODD:
        _drop(sshd, name, FIGURES.format(12))
    _drop(sshd, "报表.csv".encode("gb18030"), FIGURES.format(12))
    report = collect(home, engine, load_catalogue(), _quietly)
    assert (report.outcomes.total(), report.left) == (len(ODD) + 1, [])
    assert {*ODD[:-1], "报表.csv"} <= set(_landed(engine))
    assert _waiting(sshd) == []
    assert len(list((sshd.files / "outbox" / "A").iterdir())) == len(ODD) + 1


def test_what_lies_where_nothing_is_taken_is_named(sshd: Server, home: Home, engine: Engine) -> None:
    (sshd.files / "inbox" / "lost.csv").touch()
    (sshd.files / "inbox" / "A" / "folder").mkdir()
    (sshd.files / "inbox" / "A" / "link").symlink_to(sshd.folder / "user")
    said: list[str] = []
    assert land(home, engine, said.append).files == 0
    assert all(name in said[0] for name in ("lost.csv", "A/folder", "A/link"))


def test_the_watcher_of_the_inbox_announces_a_file_on_the_server(
    sshd: Server, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in home.environment().items():
        monkeypatch.setenv(name, value)
    _drop(sshd, "a.csv", "whole")

    async def first() -> TriggerEvent:
        return await asyncio.wait_for(anext(aiter(InboxTrigger().run())), timeout=20)

    assert asyncio.run(first()).payload == {"files": 1}


# ---- a server that is away


def test_one_connection_serves_many_files_and_a_lost_one_is_opened_again(
    sshd: Server, home: Home, engine: Engine
) -> None:
    sshd.drop_sessions()
    for name in ("a.csv", "b.csv"):
        _drop(sshd, name, name)
        assert land(home, engine, _quietly).files == 1
    assert sshd.drop_sessions() == 1
    _drop(sshd, "c.csv", "c")
    assert land(home, engine, _quietly).files == 1
    assert _landed(engine) == ["a.csv", "b.csv", "c.csv"]


@pytest.mark.parametrize("step", ["_copy", "_remove"])
def test_a_server_that_stops_midway_is_one_sentence_and_the_next_run_goes_on(
    sshd: Server, home: Home, engine: Engine, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        _drop(sshd, name, name)
    calls, real = iter(range(9)), getattr(landing, step)

    def stopping(*arguments: Any) -> Any:  # noqa: ANN401 - passed on
        if next(calls) == 1:
            sshd.stop()
        return real(*arguments)

    monkeypatch.setattr(landing, step, stopping)
    monkeypatch.setattr(sftp, "REST_SECONDS", 0)
    with pytest.raises(ConnectionError, match=rf"^The SFTP server {HOST}:{sshd.port} does not answer \("):
        land(home, engine, _quietly)
    with pytest.raises(ConnectionError):
        land(home, engine, _quietly)
    monkeypatch.undo()
    sshd.start()
    land(home, engine, _quietly)
    assert _landed(engine) == ["a.csv", "b.csv", "c.csv"]
    assert _waiting(sshd) == []


def test_a_session_that_falls_silent_is_given_up_for_a_new_one(
    sshd: Server, home: Home, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sshd.drop_sessions()
    monkeypatch.setattr(sftp, "ANSWER_SECONDS", 1)
    _drop(sshd, "a.csv", "a")
    assert land(home, engine, _quietly).files == 1
    sshd.drop_sessions(signal.SIGSTOP)
    _drop(sshd, "b.csv", "b")
    begun = time.monotonic()
    assert land(home, engine, _quietly).files == 1
    assert time.monotonic() - begun < 10
    sshd.drop_sessions()


def test_a_server_that_never_speaks_is_given_up_and_not_asked_again_at_once(
    sshd: Server, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sftp, "CONNECT_SECONDS", 1)
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        mute = _home(sshd, home, inbox_address=f"sftp://{USER}@{HOST}:{port}/inbox")
        for seconds in (3.0, 0.5):
            begun = time.monotonic()
            with pytest.raises(ConnectionError, match="does not answer"):
                _ = mute.inbox
            assert time.monotonic() - begun < seconds


def test_the_command_says_in_one_line_that_the_server_is_away(sshd: Server, home: Home, tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    away = _home(sshd, home, inbox_address=f"sftp://{USER}@{HOST}:{_free_port()}/inbox")
    command = (sys.executable, "-m", "kexie.cli", "submit", tmp_path / "a.csv", "--as", "A")
    done = subprocess.run(command, env=os.environ | away.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("The SFTP server")
    assert done.stderr.count("\n") == 1


# ---- who may talk to whom


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"sftp_known_hosts": "known_otherwise"}, "shows another host key"),
        ({"sftp_known_hosts": "known_nobody"}, "is not in the file"),
        ({"sftp_known_hosts": "no_such_file"}, "cannot be read: No such file"),
        ({"sftp_known_hosts": ""}, "ssh-keyscan 127.0.0.1"),
        ({"sftp_key": "stranger"}, f"does not let {USER} in with"),
        ({"sftp_key": "known_hosts"}, "is no private key"),
        ({"sftp_key": "no_such_file"}, "cannot be read: No such file"),
        ({"sftp_key": ""}, "Name either a private key"),
        ({"sftp_key": "", "sftp_password_file": "known_hosts"}, f"does not let {USER} in with"),
    ],
)
def test_who_cannot_prove_who_it_is_is_refused(
    sshd: Server, home: Home, changed: dict[str, str], sentence: str
) -> None:
    files = {name: value and sshd.file(value) for name, value in changed.items()}
    with pytest.raises(UserError, match=sentence):
        _ = _home(sshd, home, **files).inbox


def test_a_key_with_a_passphrase_is_refused(sshd: Server, home: Home, tmp_path: Path) -> None:
    subprocess.run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", tmp_path / "locked"), check=True)
    with pytest.raises(UserError, match="without a passphrase"):
        _ = _home(sshd, home, sftp_key=str(tmp_path / "locked")).inbox


@pytest.mark.parametrize(
    ("content", "changed", "sentence"),
    [
        (b"127.0.0.1 ssh-ed25519 AAA\n", ("sftp_known_hosts",), "is no host key"),
        (b"\xff\xfe", ("sftp_known_hosts",), "is no host key"),
        ("密码".encode("gb18030"), ("sftp_password_file", "sftp_key"), "is no text in UTF-8"),
    ],
    ids=["a key cut short", "a file that is no text", "a password in GB18030"],
)
def test_a_file_that_holds_something_else_is_named(
    sshd: Server, home: Home, tmp_path: Path, content: bytes, changed: tuple[str, ...], sentence: str
) -> None:
    file = tmp_path / "odd"
    file.write_bytes(content)
    named, *emptied = changed
    with pytest.raises(UserError, match=f"{file}.*{sentence}"):
        _ = _home(sshd, home, **{named: str(file)}, **dict.fromkeys(emptied, "")).inbox


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("sftp://files.example/inbox", "write sftp://user@host/folder"),
        ("sftp://clerk@files.example:port/inbox", "write sftp://user@host/folder"),
        ("sftp://clerk@files.example:99999/inbox", "write sftp://user@host/folder"),
        ("sftp://clerk@files.example", "write sftp://user@host/folder"),
        ("s3://bucket/inbox", "s3fs"),
        ("nonsense://bucket/inbox", "nonsense"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_sentence(sshd: Server, home: Home, address: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        _ = _home(sshd, home, inbox_address=address).inbox


def test_a_password_in_an_address_is_refused_and_not_shown(sshd: Server, home: Home) -> None:
    told = _home(sshd, home, inbox_address="sftp://clerk:geheim@files.example/inbox")
    with pytest.raises(UserError) as refused:
        _ = told.inbox
    assert "KEXIE_SFTP_PASSWORD_FILE" in str(refused.value)
    assert "geheim" not in f"{refused.value} {told!r}"


def test_a_folder_that_is_not_on_the_server_is_named(sshd: Server, home: Home) -> None:
    with pytest.raises(UserError, match=r"There is no folder .*/nowhere on the SFTP server"):
        _ = _home(sshd, home, inbox_address=sshd.address("nowhere")).inbox


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
