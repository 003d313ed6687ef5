"""What maintaining finds and throws away: damaged files, full disks, old backups, logs, rows; and what it leaves."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from ingestion.landing import archived
from kexie.database import ready
from kexie.errors import UserError
from kexie.roles import Role
from tests.conftest import NewDatabase
from tests.integration.office import Office, quietly
from upkeep import disk, manifest
from upkeep.archive import check_archive
from upkeep.backup import back_up
from upkeep.disk import GIGABYTE, FileSystem, watch_disk
from upkeep.maintain import maintain
from upkeep.manifest import MANIFEST, PROOF, STAMP
from upkeep.retention import DAY, Made, delete_backups, delete_data_docs, delete_logs, delete_rows, kept_backups
from upkeep.settings import MEGABYTE, Age, Archive, Backups, Disk, Logs, settings

LECTURES = "sp_lecture_count"
EVERYTHING = Archive(reread_nights=30, megabytes_at_least=1)
ONE_FILE_A_NIGHT = Archive(reread_nights=10**9, megabytes_at_least=0)


@pytest.fixture
def office(new_database: NewDatabase) -> Iterator[Office]:
    """Three files have landed."""
    office = Office(new_database())
    for value in (5, 6, 7):
        office.send("A", f"2020 {LECTURES} {value}")
    yield office
    office.engine.dispose()


@pytest.fixture
def engine(office: Office) -> Iterator[Engine]:
    """As maintaining logs in."""
    prepared = ready(office.home, Role.BACKUP)
    yield prepared
    prepared.dispose()


@pytest.fixture(scope="module")
def audited_twice(new_database: NewDatabase) -> Iterator[Office]:
    """One file, published, and the same year built and audited once more."""
    office = Office(new_database())
    office.send("A", f"2020 {LECTURES} 5")
    office.run()
    office.run(2020)
    yield office
    office.engine.dispose()


def rows(prepared: Engine, query: str) -> list[tuple[Any, ...]]:
    with prepared.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def files(office: Office) -> list[Path]:
    """The archived files, in the order in which they landed."""
    query = "select sha256 from landing.delivery order by delivery_seq"
    return [archived(office.home, sha256) for (sha256,) in rows(office.engine, query)]


def change(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


LAST_CHECK = "select files, files_read, missing, damaged from ops.archive_check order by archive_check_id desc limit 1"


def test_a_whole_archive_is_read_and_said_to_be_whole(office: Office, engine: Engine) -> None:
    check_archive(office.home, engine, quietly, EVERYTHING)
    assert rows(engine, LAST_CHECK) == [(3, 3, 0, 0)]
    assert rows(engine, "select * from ops.archive_damage") == []


def test_a_flipped_byte_and_a_missing_file_are_named_with_delivery_and_unit_until_they_are_mended(
    office: Office, engine: Engine
) -> None:
    first, second, _ = files(office)
    whole = first.read_bytes(), second.read_bytes()
    change(first)
    second.unlink()
    for _ in range(2):
        with pytest.raises(UserError) as failure:
            check_archive(office.home, engine, quietly, EVERYTHING)
        said = str(failure.value)
        assert said.startswith(
            f"Of 3 archived files 1 are missing and 1 are damaged, first {first} (damaged): A.csv of unit A, delivery "
        )
        assert said.endswith("Copy them back from a copy of the archive; ops.archive_damage lists them all.")
        assert rows(engine, "select submitter_code, state, place from ops.archive_damage order by delivery_seq") == [
            ("A", "damaged", f"{first.parent.name}/{first.name}"),
            ("A", "missing", f"{second.parent.name}/{second.name}"),
        ]
    first.write_bytes(whole[0])
    second.write_bytes(whole[1])
    check_archive(office.home, engine, quietly, ONE_FILE_A_NIGHT)
    assert rows(engine, LAST_CHECK)[0][2:] == (0, 0)


def test_a_file_that_grew_is_found_without_reading_it(office: Office, engine: Engine) -> None:
    check_archive(office.home, engine, quietly, EVERYTHING)
    with files(office)[2].open("ab") as grown:
        grown.write(b"x")
    with pytest.raises(UserError, match="0 are missing and 1 are damaged"):
        check_archive(office.home, engine, quietly, ONE_FILE_A_NIGHT)


def test_new_files_are_read_at_once_and_the_others_in_turn(office: Office, engine: Engine) -> None:
    check_archive(office.home, engine, quietly, ONE_FILE_A_NIGHT)
    assert rows(engine, LAST_CHECK)[0][:2] == (3, 3)
    office.send("B", f"2020 {LECTURES} 9")
    seen = []
    for _ in range(4):
        check_archive(office.home, engine, quietly, ONE_FILE_A_NIGHT)
        seen += rows(engine, "select sha256 from ops.archive_file order by checked_at desc, sha256 limit 1")
    assert len(set(seen)) == 4


def test_the_share_of_a_night_is_such_that_all_are_read_within_the_nights(office: Office, engine: Engine) -> None:
    check_archive(office.home, engine, quietly, EVERYTHING)
    for _ in range(3):
        check_archive(office.home, engine, quietly, Archive(reread_nights=3, megabytes_at_least=0))
    (oldest,), (first_of_three,) = (
        rows(engine, "select min(checked_at) from ops.archive_file")[0],
        rows(engine, "select started_at from ops.archive_check order by archive_check_id offset 1 limit 1")[0],
    )
    assert oldest >= first_of_three


def made(*days: tuple[str, bool]) -> list[Made]:
    return [
        Made(Path(f"{day}-{number}"), datetime.fromisoformat(day).replace(tzinfo=UTC), is_proven)
        for number, (day, is_proven) in enumerate(days)
    ]


moments = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
backups = st.lists(st.tuples(moments, st.booleans()), unique_by=lambda pair: pair[0], max_size=60)


@given(backups, st.builds(Backups, *[st.integers(0, 5)] * 3))
@example([], Backups(1, 1, 1))
def test_the_newest_proven_backup_is_always_kept(given: list[tuple[datetime, bool]], rules: Backups) -> None:
    all_made = [Made(Path(moment.strftime(STAMP)), moment, is_proven) for moment, is_proven in given]
    kept = kept_backups(all_made, rules)
    proven = [backup for backup in all_made if backup.is_proven]
    for some in (proven, all_made):
        if some:
            assert max(some, key=lambda backup: backup.taken_at) in kept
    assert len(kept) <= rules.daily + rules.weekly + rules.monthly + 2


@given(backups, st.builds(Backups, *[st.integers(0, 5)] * 3))
def test_what_was_kept_one_night_is_judged_the_same_again(given: list[tuple[datetime, bool]], rules: Backups) -> None:
    kept = kept_backups([Made(Path(m.strftime(STAMP)), m, is_proven) for m, is_proven in given], rules)
    assert kept_backups(kept, rules) == kept


def test_one_backup_of_each_day_week_and_month_is_kept_a_proven_one_where_there_is_one() -> None:
    all_made = made(
        ("2026-01-05", True), ("2026-01-20", True), ("2026-02-10", True), ("2026-03-02", True), ("2026-03-03", True),
        ("2026-03-04 01:00", True), ("2026-03-04 02:00", False), ("2026-03-05", False),
    )  # fmt: skip
    kept = kept_backups(all_made, Backups(daily=2, weekly=2, monthly=2))
    assert sorted(str(backup.folder)[:13] for backup in kept) == [
        "2026-02-10-2",  # the newest of February and of the week before
        "2026-03-04 01",  # the newest proven one of March, of its week, and of its day
        "2026-03-05-7",  # the newest of its day, and of all
    ]


def test_old_backups_are_deleted_whole_and_half_made_ones_are_not_counted(office: Office) -> None:
    home, now = office.home, datetime.now(UTC)
    for age in (400, 300, 3, 2, 1):
        folder = home.backups / (now - timedelta(days=age)).strftime(STAMP)
        folder.mkdir()
        (folder / MANIFEST).touch()
        if age == 400:
            (folder / PROOF).touch()
    (home.backups / (now.strftime(STAMP))).mkdir()  # somebody's folder without a manifest
    delete_backups(home, quietly, Backups(daily=2, weekly=0, monthly=0))
    left = [round((now - manifest.taken_at(folder)).total_seconds() / DAY) for folder in manifest.folders(home.backups)]
    assert left == [400, 2, 1]
    assert len(list(home.backups.iterdir())) == 4


def written(file: Path, content: str, days_ago: float) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    moment = time.time() - days_ago * DAY
    os.utime(file, (moment, moment))
    os.utime(file.parent, (moment, moment))
    return file


def test_logs_that_nobody_wrote_to_for_long_are_deleted_and_their_folders_follow(office: Office) -> None:
    logs = office.home.logs
    old = written(logs / "airflow" / "dag_id=a" / "run_id=1" / "attempt=1.log", "x", 101)
    recent = written(logs / "airflow" / "dag_id=a" / "run_id=2" / "attempt=1.log", "x", 99)
    empty = written(logs / "airflow" / "dag_id=b" / "gone", "x", 101).parent
    (empty / "gone").unlink()
    os.utime(empty, (0, 0))
    (logs / "latest").symlink_to(old.parent)
    delete_logs(office.home, quietly, Logs(days=100, megabytes=1))
    assert (old.exists(), recent.exists(), empty.exists(), (logs / "latest").is_symlink()) == (False, True, False, True)


def test_a_log_that_grows_for_ever_is_cut_while_its_program_goes_on_writing(office: Office) -> None:
    log = office.home.logs / "postgres.log"
    with log.open("a") as program:
        program.writelines(f"line {number}\n" for number in range(200_000))
        program.flush()
        delete_logs(office.home, quietly, Logs(days=100, megabytes=1))
        program.write("after\n")
    assert log.read_text() == "after\n"
    kept = (office.home.logs / "postgres.log.1").read_text().splitlines()
    assert kept[-1] == "line 199999"
    assert kept[0].startswith("line ")
    assert len("\n".join(kept)) <= MEGABYTE // 2


def test_each_audit_keeps_its_page_until_it_is_long_past(audited_twice: Office) -> None:
    docs = audited_twice.home.data_docs
    first, second = sorted(docs.glob("builds/*.html"))
    left_behind = written(docs / "validations" / "of_an_earlier_program.html", "x", 801)
    os.utime(first, (0, 0))
    os.utime(docs / "index.html", (0, 0))
    delete_data_docs(audited_twice.home, quietly, Age(days=800))
    assert [file.exists() for file in (first, left_behind, second, docs / "index.html")] == [False, False, True, True]


def test_rows_about_old_runs_go_and_what_is_published_stays(audited_twice: Office) -> None:
    with audited_twice.engine.begin() as connection:
        connection.execute(text("update ops.build set started_at = now() - interval '801 days' where build_id = 1"))
    published = rows(audited_twice.engine, "select count(*) from published.indicator_values")
    engine = ready(audited_twice.home, Role.BACKUP)
    delete_rows(audited_twice.engine, quietly, Age(days=800))
    engine.dispose()
    for table in ("model_result", "expectation_result"):
        assert rows(audited_twice.engine, f"select distinct build_id from ops.{table}") == [(2,)]
    assert rows(audited_twice.engine, "select count(*) from ops.build") == [(2,)]
    assert rows(audited_twice.engine, "select count(*) from published.indicator_values") == published != [(0,)]


def test_what_takes_how_much_is_kept_each_night(office: Office, engine: Engine) -> None:
    back_up(office.home, engine, quietly)
    for _ in range(2):
        watch_disk(office.home, engine, quietly, Disk(warn_percent=0, warn_nights=0, floor_megabytes=0))
    found = rows(engine, "select place, count(*), min(size_bytes) from ops.disk_use group by place order by place")
    assert [(place, count) for place, count, _ in found] == [
        (place, 2) for place in ("archive", "backups", "data_docs", "database", "home", "logs")
    ]
    assert rows(engine, "select count(distinct measured_at) from ops.disk_use") == [(2,)]
    sizes = {place: size for place, _, size in found}
    assert sizes["archive"] == sum(file.stat().st_size for file in files(office))
    assert sizes["database"] > MEGABYTE


@pytest.mark.parametrize(
    ("free", "rules", "warning", "error"),
    [
        (50 * GIGABYTE, Disk(10, 3, 1024), "", ""),
        (
            9 * GIGABYTE,
            Disk(10, 3, 1024),
            "has 9.0 GB of 100.0 GB free, less than 10.0 GB, from where on it is to be",
            "",
        ),
        (GIGABYTE // 2, Disk(10, 3, 1024), "", "less than the 1.0 GB that must be free for one night's backup and its"),
        (3 * MEGABYTE, Disk(0, 3, 0), "", "that must be free for one night's backup and its proof. Most is taken by"),
    ],
    ids=["room enough", "less than a tenth", "less than the floor", "less than the next night takes"],
)
def test_a_disk_that_fills_up_is_told_before_it_hurts(
    office: Office, engine: Engine, monkeypatch: pytest.MonkeyPatch, free: int, rules: Disk, warning: str, error: str
) -> None:
    back_up(office.home, engine, quietly)
    monkeypatch.setattr(disk, "_file_system", lambda _: FileSystem(1, free, 100 * GIGABYTE))
    monkeypatch.setattr(disk, "_disk_of_database", lambda _: FileSystem(1, free, 100 * GIGABYTE))
    if error:
        with pytest.raises(UserError) as failure:
            watch_disk(office.home, engine, quietly, rules)
        assert error in str(failure.value)
        assert str(failure.value).endswith("or keep fewer of them (upkeep/retention.yaml).")
    else:
        said = watch_disk(office.home, engine, quietly, rules)
        assert [warning in sentence for sentence in said] == ([True] if warning else [])


def test_a_disk_that_holds_but_the_archive_is_named_by_it(
    office: Office, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = {office.home.archive: FileSystem(2, GIGABYTE, 100 * GIGABYTE)}
    roomy = FileSystem(1, 90 * GIGABYTE, 100 * GIGABYTE)
    monkeypatch.setattr(disk, "_file_system", lambda folder: free.get(folder, roomy))
    (warning,) = watch_disk(office.home, engine, quietly, Disk(warn_percent=10, warn_nights=3, floor_megabytes=0))
    assert warning.startswith(f"The disk of {office.home.archive} has 1.0 GB of 100.0 GB free")


def test_one_pass_of_maintaining_does_it_all_and_a_failed_step_hides_no_other(office: Office, engine: Engine) -> None:
    told: list[str] = []
    maintain(office.home, engine, told.append)
    (backup,) = manifest.folders(office.home.backups)
    assert manifest.is_proven(backup)
    assert rows(engine, "select backup, proven_at is not null from ops.backup") == [(backup.name, True)]
    files(office)[0].unlink()
    with pytest.raises(UserError, match="Of 3 archived files 1 are missing"):
        maintain(office.home, engine, told.append)
    assert len(list(manifest.folders(office.home.backups))) == 1  # of one day one is kept: the newer
    assert rows(engine, "select count(*) from ops.backup where proven_at is not null") == [(2,)]


def test_an_error_of_the_database_hides_no_other_failure_either(office: Office, engine: Engine) -> None:
    with office.engine.begin() as connection:
        connection.execute(text("alter table ops.disk_use add check (size_bytes < 0)"))
    files(office)[0].unlink()
    with pytest.raises(UserError, match=r"(?s)disk_use.*\nOf 3 archived files 1 are missing"):
        maintain(office.home, engine, quietly)


def test_the_settings_are_read_whole() -> None:
    assert settings().backups == Backups(daily=14, weekly=8, monthly=12)
    assert settings().disk.warn_percent == 10
