"""Backups describe exactly what they hold, are proven by a restore, and bring another instance to the same figures."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from catalogue.load import load as load_catalogue
from ingestion.collect import collect
from ingestion.landing import archived, submit
from kexie import database, postgres
from kexie.database import engine, ready
from kexie.errors import UserError
from kexie.home import PROJECT, Home
from kexie.roles import Role
from pipeline.record import Run
from pipeline.steps import run_once, transform
from reporting.release import Approval, release_year
from reporting.release_check import verify_all
from reporting.trace import trace
from tests.conftest import NewDatabase
from tests.integration.office import HEADER, UNITS, Office, quietly
from upkeep import manifest
from upkeep.backup import back_up, latest
from upkeep.clients import fitting
from upkeep.manifest import ARCHIVE, DUMP, MANIFEST
from upkeep.proof import prove
from upkeep.restore import restore

LECTURES = "sp_lecture_count"


@pytest.fixture(scope="module")
def office(new_database: NewDatabase) -> Iterator[Office]:
    """Two counties' figures of two years, published, one released; and a candidate that waits for its audit."""
    office = Office(new_database())
    office.send("A", f"2020 {LECTURES} 5")
    office.send("B", f"2021 {LECTURES} 20")
    office.run()
    release_year(office.engine, 2021, None, Approval("王主任"), quietly)
    office.send("B", f"2021 {LECTURES} 22")
    transform(office.home, (), "tests", quietly)
    yield office
    office.engine.dispose()


@pytest.fixture(scope="module")
def guard(office: Office) -> Iterator[Engine]:
    """The office's database, as the login that backs it up."""
    prepared = ready(office.home, Role.BACKUP)
    yield prepared
    prepared.dispose()


@pytest.fixture(scope="module")
def made(office: Office, guard: Engine) -> Path:
    return back_up(office.home, guard, quietly)


@pytest.fixture
def backup(made: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(made, tmp_path / made.name))


@pytest.fixture
def empty(unmigrated_database: NewDatabase) -> Iterator[tuple[Home, Engine]]:
    home = unmigrated_database()
    prepared = engine(home)
    yield home, prepared
    prepared.dispose()


def rows(prepared: Engine, query: str, **values: object) -> list[tuple[Any, ...]]:
    with prepared.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]


def recorded(prepared: Engine, backup: Path) -> tuple[Any, ...]:
    query = "select proven_at is not null, message from ops.backup where backup = :backup"
    return rows(prepared, query, backup=backup.name)[0]


def databases(prepared: Engine) -> set[str]:
    return {str(name) for (name,) in rows(prepared, "select datname from pg_database")}


def change(file: Path, position: int) -> None:
    data = bytearray(file.read_bytes())
    data[position] ^= 1
    file.write_bytes(data)


def spoil_manifest(backup: Path, table: str, count: int) -> None:
    described = json.loads((backup / MANIFEST).read_text())
    described["tables"][table]["rows"] += count
    (backup / MANIFEST).write_text(json.dumps(described))


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


PUBLISHED = "select * from published.indicator_values order by unit_code, indicator_code, period"


def test_a_restored_instance_publishes_and_traces_the_same(
    office: Office, made: Path, empty: tuple[Home, Engine]
) -> None:
    home, prepared = empty
    assert restore(home, prepared, made, office.home.archive, quietly).missing == []
    reader = ready(home, Role.OFFICE)
    assert rows(reader, PUBLISHED) == rows(office.engine, PUBLISHED) != []
    reader.dispose()
    assert list(trace(prepared, "C", LECTURES, "2021")) == list(trace(office.engine, "C", LECTURES, "2021"))
    files = {file.relative_to(home.archive): file.read_bytes() for file in home.archive.rglob("*") if file.is_file()}
    assert len(files) == 3
    assert all((office.home.archive / name).read_bytes() == data for name, data in files.items())


def test_a_release_is_restored_whole_and_still_nobody_changes_it(
    office: Office, made: Path, empty: tuple[Home, Engine]
) -> None:
    home, prepared = empty
    restore(home, prepared, made, office.home.archive, quietly)
    said: list[str] = []
    verify_all(prepared, said.append)
    assert [line.split(";")[0] for line in said] == ["2021-1 is as 王主任 approved it"]
    for statement in ("update published.releases set note = 'x'", "truncate published.release_values"):
        with prepared.connect() as connection, pytest.raises(DBAPIError, match="A release is never changed"):
            connection.exec_driver_sql(statement)


def test_a_restored_instance_goes_on_where_the_other_stopped(
    office: Office, made: Path, empty: tuple[Home, Engine]
) -> None:
    home, prepared = empty
    restore(home, prepared, made, office.home.archive, quietly)
    ready(home, Role.OFFICE).dispose()  # the migrations, and everyone's grants
    file = home.root / "A.csv"
    file.write_text(HEADER + f"A,,2021,{LECTURES},own,7\n", encoding="utf-8")
    submit(home, [file], "A")
    restored = ready(home)
    assert set(collect(home, restored, load_catalogue(), quietly).outcomes) == {"accepted"}
    run_once(home, (), Run.now("tests"), quietly)
    query = (
        "select value from published.indicator_values "
        f"where unit_code = 'C' and indicator_code = '{LECTURES}' and period = '2021'"
    )
    # 7 have come since; of the 22, the candidate had waited for its audit when the backup was made.
    assert rows(restored, query) == [(29,)]
    restored.dispose()


def test_a_backup_is_proven_by_a_restore_that_leaves_nothing_behind(office: Office, guard: Engine, made: Path) -> None:
    with guard.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"create database {office.engine.url.database}_proof")  # as a crash would leave it
    before = databases(office.engine)
    assert not manifest.is_proven(made)
    prove(office.home, guard, made, quietly)
    assert manifest.is_proven(made)
    assert recorded(office.engine, made) == (True, "")
    assert before - databases(office.engine) == {f"{office.engine.url.database}_proof"}


def test_the_manifest_says_what_was_backed_up_and_by_what(office: Office, made: Path) -> None:
    described = manifest.read(made)
    held = {name: content.rows for name, content in described.tables.items()}
    assert held["landing.delivery"] == 3
    assert held["public.alembic_version"] == 1
    assert {name.split(".")[0] for name in held} == {"landing", "ops", "published", "public"}
    assert (described.migration, described.catalogue) == (database.head_revision(), load_catalogue().version)
    assert set(described.files) == {DUMP, ARCHIVE}
    listed = (made / ARCHIVE).read_text().splitlines()
    assert listed[0] == "sha256,size_bytes"
    assert sorted(listed[1:]) == sorted(
        f"{file.name},{file.stat().st_size}" for file in office.home.archive.rglob("*") if file.is_file()
    )
    assert (made.stat().st_mode & 0o777, latest(office.home)) == (0o700, made)


def test_writers_and_a_backup_do_not_wait_for_one_another_and_it_still_describes_what_it_holds(
    new_database: NewDatabase,
) -> None:
    home = new_database()
    prepared = ready(home)
    guard = ready(home, Role.BACKUP)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with prepared.begin() as connection:
                connection.exec_driver_sql(
                    "insert into landing.unit_event (event_date, kind, from_code, weight) "
                    "select '2020-01-01', 'close', gen_random_uuid()::text, 1 from generate_series(1, 50)"
                )

    with prepared.connect() as open_for_long:
        open_for_long.exec_driver_sql("insert into landing.year_change (year, changed_seq) values (2021, 1)")
        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(3):
                backup = back_up(home, guard, quietly)
                prove(home, guard, backup, quietly)
                assert manifest.read(backup).tables["landing.year_change"].rows == 0
        finally:
            stop.set()
            writer.join()
    held = [manifest.read(folder).tables["landing.unit_event"].rows for folder in manifest.folders(home.backups)]
    assert held[0] < held[-1]
    guard.dispose()
    prepared.dispose()


@pytest.mark.parametrize("name", [DUMP, ARCHIVE])
@pytest.mark.parametrize("where", [0, 0.5, -1], ids=["first byte", "a byte in the middle", "last byte"])
def test_a_flipped_byte_is_found_before_anything_is_restored(
    office: Office, guard: Engine, backup: Path, empty: tuple[Home, Engine], name: str, where: float
) -> None:
    change(backup / name, int(where * (backup / name).stat().st_size) if where > 0 else int(where))
    for attempt in (
        lambda: prove(office.home, guard, backup, quietly),
        lambda: restore(*empty, backup, None, quietly),
    ):
        with pytest.raises(UserError, match=rf"The backup .* is damaged: {name} has .*its manifest says"):
            attempt()
    assert rows(empty[1], "select to_regnamespace('landing')") == [(None,)]


def test_a_backup_without_one_of_its_files_is_refused(empty: tuple[Home, Engine], backup: Path) -> None:
    (backup / DUMP).unlink()
    with pytest.raises(UserError, match=rf"The backup {backup} is damaged: {DUMP} is missing; use another backup\."):
        restore(*empty, backup, None, quietly)
    (backup / MANIFEST).unlink()
    with pytest.raises(UserError, match=r"holds no backup: manifest\.json is missing; give a folder made by"):
        restore(*empty, backup, None, quietly)


def test_a_proof_that_fails_names_the_table_and_leaves_the_backup_unproven(office: Office, guard: Engine) -> None:
    backup = back_up(office.home, guard, quietly)
    right = (backup / MANIFEST).read_text()
    spoil_manifest(backup, "landing.delivery", 1)
    sentence = "table landing.delivery: 4 rows were expected, 3 were found"
    with pytest.raises(UserError, match=sentence):
        prove(office.home, guard, backup, quietly)
    assert not manifest.is_proven(backup)
    is_proven, message = recorded(office.engine, backup)
    assert not is_proven
    assert sentence in message
    assert f"{office.engine.url.database}_proof" not in databases(office.engine)
    (backup / MANIFEST).write_text(right)
    prove(office.home, guard, backup, quietly)
    assert recorded(office.engine, backup) == (True, "")


def test_one_changed_figure_among_as_many_rows_is_found(
    office: Office, backup: Path, empty: tuple[Home, Engine]
) -> None:
    described = json.loads((backup / MANIFEST).read_text())
    query = "select md5(o::text) from landing.observation as o"
    before = rows(office.engine, query)
    described["tables"]["landing.observation"]["digest"] = "0/0"
    (backup / MANIFEST).write_text(json.dumps(described))
    assert len(before) == described["tables"]["landing.observation"]["rows"]
    with pytest.raises(UserError, match=r"table landing\.observation: its 3 rows hash to .*, 0/0 was expected"):
        restore(*empty, backup, None, quietly)


def test_a_restore_that_fails_changes_nothing(
    backup: Path, empty: tuple[Home, Engine], new_database: NewDatabase
) -> None:
    spoil_manifest(backup, "published.publication", 1)
    migrated = new_database()
    for home, prepared in (empty, (migrated, ready(migrated))):
        before = rows(prepared, "select oid from pg_class where relname in ('delivery', 'alembic_version')")
        with pytest.raises(UserError, match=r"table published\.publication: 2 rows were expected, 1 were found"):
            restore(home, prepared, backup, None, quietly)
        assert rows(prepared, "select oid from pg_class where relname in ('delivery', 'alembic_version')") == before
        prepared.dispose()


@pytest.mark.parametrize("table", ["staging.theirs", "public.alembic_version"])
def test_a_database_of_another_program_is_left_as_it_is(
    made: Path, unmigrated_database: NewDatabase, table: str
) -> None:
    home = unmigrated_database()
    with engine(home).begin() as connection:
        connection.execute(text("create schema staging"))
        connection.execute(text(f"create table {table} (version_num text)"))
    with pytest.raises(UserError, match=rf"holds {table}, which is no warehouse's, and a backup goes into an empty"):
        restore(home, engine(home), made, None, quietly)
    assert rows(engine(home), f"select count(*) from {table}") == [(0,)]


def test_a_database_that_holds_something_is_left_as_it_is(office: Office, made: Path) -> None:
    with pytest.raises(
        UserError, match="holds 3 deliveries and 4 units, and a backup goes into an empty one only: name"
    ):
        restore(office.home, office.engine, made, None, quietly)


def test_a_migrated_database_without_deliveries_and_units_is_empty(made: Path, new_database: NewDatabase) -> None:
    home = new_database()
    prepared = ready(home)
    restored = restore(home, prepared, made, None, quietly)
    assert len(restored.missing) == 3
    assert rows(prepared, "select count(*) from landing.delivery") == [(3,)]
    prepared.dispose()


def test_a_backup_of_an_older_program_is_brought_up_to_date(
    made: Path, empty: tuple[Home, Engine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = Path(shutil.copytree(database.MIGRATIONS, tmp_path / "migrations"))
    (later / "versions" / "9999_later.py").write_text(
        f'from alembic import op\nrevision, down_revision = "9999", "{database.head_revision()}"\n'
        'def upgrade() -> None: op.execute("create table ops.later (n integer)")\n'
    )
    monkeypatch.setattr(database, "MIGRATIONS", later)
    restore(*empty, made, None, quietly)
    ready(empty[0]).dispose()
    assert rows(empty[1], "select version_num, (select count(*) from ops.later) from alembic_version") == [("9999", 0)]


def test_a_backup_of_a_newer_program_is_refused(backup: Path, empty: tuple[Home, Engine]) -> None:
    described = json.loads((backup / MANIFEST).read_text()) | {"migration": "9999"}
    (backup / MANIFEST).write_text(json.dumps(described))
    with pytest.raises(UserError, match=r"\(revision 9999\) is newer than this program \(\d{4}\); update it"):
        restore(*empty, backup, None, quietly)


def test_an_archive_with_a_damaged_file_gives_all_the_others(
    office: Office, made: Path, empty: tuple[Home, Engine], tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(office.home.archive, tmp_path / "archive"))
    files = sorted(file for file in copy.rglob("*") if file.is_file())
    change(files[0], 3)
    files[1].unlink()
    home, prepared = empty
    there = archived(home, files[2].name)
    there.parent.mkdir(parents=True)
    there.write_text("not what its name says")
    assert restore(home, prepared, made, copy, quietly).missing == [files[0].name, files[1].name]
    assert there.read_bytes() == files[2].read_bytes()
    assert [file for file in home.archive.rglob("*") if file.is_file()] == [there]


BACK_UP = """
from kexie.home import Home
from kexie.database import engine
from kexie.roles import Role
from upkeep.backup import back_up
home = Home.from_environment()
back_up(home, engine(home, Role.BACKUP), print)
"""


def in_another_process(home: Home, script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        (sys.executable, "-c", script, *arguments), cwd=PROJECT, env=os.environ | home.environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_a_backup_that_is_killed_is_none_and_the_next_one_cleans_up(new_database: NewDatabase) -> None:
    home = new_database()
    prepared = ready(home)
    guard = ready(home, Role.BACKUP)
    with prepared.connect() as migrating:
        migrating.exec_driver_sql("lock table landing.delivery in access exclusive mode")
        process = in_another_process(home, BACK_UP)
        wait_until(lambda: psutil.Process(process.pid).children() and list(home.backups.glob(".*/warehouse.dump")))
        (pg_dump,) = psutil.Process(process.pid).children()
        assert str(guard.url.password) not in " ".join(pg_dump.cmdline())
        process.send_signal(signal.SIGKILL)
        process.communicate()
    psutil.wait_procs([pg_dump], timeout=60)
    assert list(manifest.folders(home.backups)) == []
    with pytest.raises(UserError, match=r"There is no backup in .*; make one with `kexie backup`"):
        latest(home)
    backup = back_up(home, guard, quietly)
    assert list(home.backups.iterdir()) == [backup]
    prove(home, guard, backup, quietly)
    guard.dispose()
    prepared.dispose()


RESTORE = """
import sys
from pathlib import Path
from kexie.home import Home
from kexie.database import engine
from upkeep.restore import restore
home = Home.from_environment()
restore(home, engine(home), Path(sys.argv[1]), None, print)
"""


def test_a_restore_that_is_killed_has_changed_nothing_and_can_be_repeated(
    made: Path, new_database: NewDatabase
) -> None:
    home = new_database()
    prepared = ready(home)
    with prepared.connect() as reading:
        reading.exec_driver_sql("select count(*) from published.publication")  # holds up the drop of what is there
        process = in_another_process(home, RESTORE, str(made))
        waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like 'drop schema%'"
        wait_until(lambda: rows(prepared, waiting) != [(0,)])
        process.send_signal(signal.SIGKILL)
        process.communicate()
    wait_until(lambda: rows(prepared, waiting) == [(0,)])
    assert rows(prepared, "select count(*) from landing.delivery") == [(0,)]
    restore(home, prepared, made, None, quietly)
    assert rows(prepared, "select count(*) from landing.delivery") == [(3,)]
    prepared.dispose()


KEXIE = Path(sys.executable).with_name("kexie")


def test_the_commands_move_an_instance_into_a_new_folder(tmp_path: Path) -> None:
    first, second = Home(tmp_path / "first"), Home(tmp_path / "second")

    def kexie(home: Home, *words: str | Path, status: int = 0) -> str:
        said = subprocess.run(
            [KEXIE, *words],
            cwd=tmp_path,
            env=os.environ | home.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in said.stderr
        assert said.returncode == status, said.stderr
        return said.stdout + said.stderr

    try:
        (tmp_path / "units").mkdir()
        (tmp_path / "units" / "units.csv").write_text(UNITS, encoding="utf-8")
        kexie(first, "units", "load", "units")
        assert [line.split(": ")[0].split(" ")[0] for line in kexie(first, "backup").splitlines()] == [
            "Backup",
            "Backup",
        ]
        backup = latest(first)
        assert manifest.is_proven(backup)
        assert "0 of 0 archived files are in place" in kexie(second, "restore", backup)
        assert kexie(second, "units", "load", "units") == "4 units; 0 rows and 0 events are new or changed.\n"
        assert kexie(second, "restore", backup, status=1).startswith(
            "The database kexie holds 0 deliveries and 4 units, and a backup goes into an empty one only: name a new"
        )
        assert kexie(second, "restore", "nowhere", status=1).startswith(
            "nowhere holds no backup: manifest.json is missing"
        )
        kexie(second, "maintain")
        assert manifest.is_proven(latest(second))
    finally:
        for home in (first, second):
            postgres.stop(home)


OLDER = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture(scope="module")
def older_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty database on a server of PostgreSQL 15, which is someone else's."""
    if not OLDER.exists():
        pytest.skip("PostgreSQL 15 is not installed here")
    folder, port = tmp_path_factory.mktemp("older"), str(postgres._free_port())
    (folder / "password").write_text("secret of theirs")

    def run(tool: str, *arguments: str) -> None:
        with (folder / "log").open("a") as log:
            command = [*postgres._privileges(), str(OLDER / tool), *arguments]
            subprocess.run(command, check=True, stdout=log, stderr=log)

    options = f"-c listen_addresses=127.0.0.1 -p {port} -c unix_socket_directories=''"
    run("initdb", "-D", str(folder / "data"), "-U", "theirs", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C",
        f"--pwfile={folder / 'password'}")  # fmt: skip
    run("pg_ctl", "start", "-w", "-D", str(folder / "data"), "-o", options)
    yield f"postgresql://theirs:secret of theirs@127.0.0.1:{port}/postgres"
    run("pg_ctl", "stop", "-m", "fast", "-D", str(folder / "data"))


@pytest.mark.parametrize("client", ["its own", "a newer one"])
def test_someone_elses_older_server_is_backed_up_and_restored_with_its_own_programs_or_with_newer_ones(
    older_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: str
) -> None:
    monkeypatch.setenv("PATH", f"{OLDER}:{os.environ['PATH']}" if client == "its own" else str(tmp_path))
    home = Home(tmp_path / "home", database_url=older_server)
    guard = ready(home, Role.BACKUP)
    backup = back_up(home, guard, quietly)
    assert (manifest.read(backup).server[:2], manifest.read(backup).client) == ("15", 15 if client == "its own" else 18)
    prove(home, guard, backup, quietly)
    guard.dispose()
    owner = engine(home)
    restore(home, owner, backup, None, quietly)
    owner.dispose()
    ready(home, Role.OFFICE).dispose()


def test_programs_that_are_too_old_are_refused_in_one_sentence() -> None:
    with pytest.raises(
        UserError, match=r"PostgreSQL 99 needs its own pg_dump, and the newest pg_dump here is of version \d+: install"
    ):
        fitting("pg_dump", 99)
