"""Many files are read by processes beside: nothing but the time may tell, not even when such a process dies."""

import pickle
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from catalogue.load import load
from ingestion import read_ahead, units
from ingestion.collect import collect
from ingestion.landing import submit
from ingestion.reader_process import ReaderProcess
from ingestion.readers import read
from kexie.database import ready
from kexie.home import Home
from tests.conftest import NewDatabase

FILES = read_ahead.WORTH_PROCESSES + 10
UNITS = (
    "unit_code,name,level,unit_type,parent_code,valid_from,valid_to\nP,示例省科协,province,territorial,,2000-01-01,\n"
)
HEADER = "unit_code,form,period,indicator_code,scope,value\n"


@pytest.fixture
def home(new_database: NewDatabase, tmp_path: Path) -> Home:
    home = new_database()
    (tmp_path / "units.csv").write_text(UNITS, encoding="utf-8")
    units.load(ready(home), tmp_path)
    return home


def _send_many(home: Home, folder: Path) -> None:
    files = [folder / f"{number}.csv" for number in range(FILES)]
    for number, file in enumerate(files):
        file.write_text(f"{HEADER}P,,2021,sp_activity_count,own,{1000 + number}\n", encoding="utf-8")
    submit(home, files, "P")


def _values(home: Home) -> list[int]:
    query = text("select value from landing.observation join landing.submission using (submission_id) order by 1")
    with ready(home).connect() as connection:
        return [int(value) for value in connection.scalars(query)]


def test_many_files_are_all_collected_in_order(home: Home, tmp_path: Path) -> None:
    _send_many(home, tmp_path)
    report = collect(home, ready(home), load(), lambda _: None)
    assert dict(report.outcomes) == {"accepted": FILES}
    assert _values(home) == list(range(1000, 1000 + FILES))


def test_processes_that_die_leave_their_files_to_be_read_here(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dying(ReaderProcess):
        def ask(self, name: str, path: Path) -> None:
            super().ask(name, path)
            self._process.kill()

    monkeypatch.setattr(read_ahead, "ReaderProcess", Dying)
    _send_many(home, tmp_path)
    assert dict(collect(home, ready(home), load(), lambda _: None).outcomes) == {"accepted": FILES}
    assert _values(home) == list(range(1000, 1000 + FILES))


def test_a_process_ends_when_nobody_can_ask_it_any_more() -> None:
    asking = (
        "import os, signal; from catalogue.load import load; from ingestion.reader_process import ReaderProcess;"
        "process = ReaderProcess(load()); os.kill(os.getpid(), signal.SIGKILL)"
    )
    # The process inherits standard error: this returns only when it has ended too, and fails where that takes long.
    done = subprocess.run([sys.executable, "-c", asking], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")


def test_a_process_answers_what_reading_here_answers(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{HEADER}P,,2021,sp_activity_count,own,十来场\n", encoding="utf-8")
    process = ReaderProcess(load())
    try:
        process.ask("a.csv", tmp_path / "a.csv")
        content = pickle.loads(process.answer())  # noqa: S301 - what our own process wrote
        assert content == read("a.csv", (tmp_path / "a.csv").read_bytes(), load())
    finally:
        process.stop()
