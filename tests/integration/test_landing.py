"""What arrives is landed once, in order, whole, and its bytes are kept for ever, wherever the program dies."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from catalogue.load import load
from ingestion import collect, landing, receipts, units
from ingestion.landing import archived, land, submit
from kexie.database import ready
from kexie.errors import UserError
from kexie.home import Home
from tests.conftest import NewDatabase

UNITS = """\
unit_code,name,level,unit_type,parent_code,valid_from,valid_to
P,示例省科协,province,territorial,,2000-01-01,
A,甲县科协,county,territorial,P,2000-01-01,
"""
HEADER = "unit_code,form,period,indicator_code,scope,value\n"


def say_nothing(_line: str) -> None:
    pass


@pytest.fixture
def home(new_database: NewDatabase) -> Home:
    return new_database()


@pytest.fixture
def engine(home: Home) -> Iterator[Engine]:
    engine = ready(home)
    yield engine
    engine.dispose()


def _drop(home: Home, submitter: str, name: str, content: bytes, age: float = 60) -> Path:
    """A file that came by other ways than `submit`, written `age` seconds ago."""
    path = Path(home.inbox.path) / submitter / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def _deliveries(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        query = text("select submitter_code, file_name, sha256 from landing.delivery order by delivery_seq")
        return [tuple(row) for row in connection.execute(query)]


def _names(engine: Engine) -> list[object]:
    return [name for _, name, _ in _deliveries(engine)]


def _inbox(home: Home) -> list[str]:
    return sorted(path.name for path in Path(home.inbox.path).rglob("*") if path.is_file())


# ---- what is taken, and in which order


def test_submitted_files_land_in_the_order_given_under_their_own_names(
    home: Home, engine: Engine, tmp_path: Path
) -> None:
    for name in ("二.csv", "一.csv", "三.csv"):
        (tmp_path / name).write_bytes(name.encode())
    submit(home, [tmp_path / "二.csv", tmp_path / "一.csv"], "A")
    submit(home, [tmp_path / "三.csv"], "A")
    assert land(home, engine, say_nothing).files == 3
    assert _names(engine) == ["二.csv", "一.csv", "三.csv"]
    assert _inbox(home) == []


def test_bytes_are_kept_under_their_hash(home: Home, engine: Engine) -> None:
    _drop(home, "A", "a.csv", b"some bytes")
    land(home, engine, say_nothing)
    sha256 = hashlib.sha256(b"some bytes").hexdigest()
    assert _deliveries(engine) == [("A", "a.csv", sha256)]
    assert archived(home, sha256).read_bytes() == b"some bytes"


def test_dropped_and_submitted_files_land_as_they_arrived(home: Home, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "now.csv").write_bytes(b"1")
    submit(home, [tmp_path / "now.csv"], "A")
    _drop(home, "A", "later.csv", b"2", age=100)
    _drop(home, "P", "first.csv", b"3", age=200)
    land(home, engine, say_nothing)
    assert _names(engine) == ["first.csv", "later.csv", "now.csv"]


def test_temporary_and_hidden_files_links_and_folders_are_left_alone(
    home: Home, engine: Engine, tmp_path: Path
) -> None:
    for name in (".a.csv", "~$a.xlsx", "a.csv.part", "a.TMP"):
        _drop(home, "A", name, b"x")
    _drop(home, ".hidden", "a.csv", b"x")
    _drop(home, "A/below", "a.csv", b"x")
    (tmp_path / "secret").write_bytes(b"x")
    (Path(home.inbox.path) / "A" / "link.csv").symlink_to(tmp_path / "secret")
    os.mkfifo(Path(home.inbox.path) / "A" / "pipe.csv")
    assert land(home, engine, say_nothing).files == 0


def test_what_lies_where_nothing_is_taken_is_named(home: Home, engine: Engine, tmp_path: Path) -> None:
    _drop(home, "A/below", "a.csv", b"x")
    _drop(home, ".", "lost.csv", b"x")
    (Path(home.inbox.path) / "A" / "link.csv").symlink_to(tmp_path)
    said: list[str] = []
    land(home, engine, said.append)
    (sentence,) = [line for line in said if "passed over" in line]
    assert all(name in sentence for name in ("A/below", "A/link.csv", "lost.csv"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every folder")
def test_a_folder_that_may_not_be_opened_stops_no_other_and_is_named(home: Home, engine: Engine) -> None:
    closed = _drop(home, "P", "a.csv", b"1").parent
    _drop(home, "A", "a.csv", b"2")
    closed.chmod(0)
    said: list[str] = []
    assert land(home, engine, said.append).files == 1
    closed.chmod(0o755)
    assert any("passed over" in line and "P/" in line for line in said)


def test_a_submitted_file_is_taken_whatever_its_name(home: Home, engine: Engine, tmp_path: Path) -> None:
    names = ["draft.tmp", ".hidden.csv", "~$lock.xlsx", "=cmd.csv", "长" * 83 + ".csv", "x" * 251 + ".csv"]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    submit(home, [tmp_path / name for name in names], "A")
    assert land(home, engine, say_nothing).files == len(names)
    assert _names(engine) == [*names[:4], "长" * 72 + ".csv", "x" * 216 + ".csv"]
    assert _inbox(home) == []


def test_a_young_file_is_taken_once_it_has_stopped_growing(home: Home, engine: Engine) -> None:
    _drop(home, "A", "young.csv", b"x", age=0)
    assert land(home, engine, say_nothing).files == 1


def test_a_file_that_still_grows_is_left_for_next_time(
    home: Home, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = _drop(home, "A", "growing.csv", b"x", age=0)
    monkeypatch.setattr(time, "sleep", lambda _: growing.write_bytes(b"xx"))
    landed = land(home, engine, say_nothing)
    assert (landed.files, landed.left) == (0, ["A/growing.csv: still being written"])
    assert growing.exists()


def test_a_name_that_is_not_utf8_is_read_as_windows_wrote_it(home: Home, engine: Engine) -> None:
    _drop(home, "A", os.fsdecode("镕园.csv".encode("gb18030")), b"x")
    land(home, engine, say_nothing)
    assert _names(engine) == ["镕园.csv"]


def test_the_same_file_placed_twice_is_two_deliveries(home: Home, engine: Engine) -> None:
    for _ in range(2):
        _drop(home, "A", "a.csv", b"same")
        land(home, engine, say_nothing)
    assert _names(engine) == ["a.csv", "a.csv"]


def test_a_file_that_replaced_a_landed_one_is_not_removed_unread(
    home: Home, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _drop(home, "A", "a.csv", b"first")
    log = landing._log

    def log_and_be_overtaken(*arguments: Any) -> None:  # noqa: ANN401 - passed on
        log(*arguments)
        _drop(home, "A", "a.csv", b"second")

    monkeypatch.setattr(landing, "_log", log_and_be_overtaken)
    land(home, engine, say_nothing)
    monkeypatch.undo()
    land(home, engine, say_nothing)
    assert [sha256 for *_, sha256 in _deliveries(engine)] == [
        hashlib.sha256(content).hexdigest() for content in (b"first", b"second")
    ]


def test_an_inbox_elsewhere_is_read_the_same_way(new_database: NewDatabase, tmp_path: Path) -> None:
    local = new_database()
    home = Home(
        local.root, local.database_url, inbox_address="memory://landing/inbox", outbox_address="memory://landing/out"
    )
    (tmp_path / "a.csv").write_bytes(b"bytes")
    submit(home, [tmp_path / "a.csv"], "A")
    engine = ready(home)
    assert land(home, engine, say_nothing).files == 1
    assert land(home, engine, say_nothing).files == 0
    assert _names(engine) == ["a.csv"]


@pytest.mark.parametrize(("file", "code", "sentence"), [("absent.csv", "A", "is no file"), ("a.csv", "../A", "code")])
def test_submitting_what_is_not_there_or_to_nobody_is_refused(
    home: Home, tmp_path: Path, file: str, code: str, sentence: str
) -> None:
    (tmp_path / "a.csv").write_bytes(b"1")
    with pytest.raises(UserError, match=sentence):
        submit(home, [tmp_path / "a.csv", tmp_path / file], code)
    assert _inbox(home) == []


# ---- crashes

STEPS: list[tuple[Any, str]] = [
    (landing, "_archive"),
    (landing, "_keep"),
    (landing, "_log"),
    (landing, "_remove"),
    (collect, "load_for"),
    (collect, "store"),
    (receipts, "_missing"),
    (receipts, "_write"),
    (receipts, "put_in_place"),
    (receipts, "_record"),
]


class Killed(BaseException):
    """The process ends here: nothing catches this."""


def _dying(step: Callable[..., Any], calls: int, is_after: bool) -> Callable[..., Any]:
    """The step, which dies at its n-th call, before or after its work."""
    left = [calls]

    def run(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on
        left[0] -= 1
        if left[0] == 0 and not is_after:
            raise Killed
        result = step(*arguments, **named)
        if left[0] == 0:
            raise Killed
        return result

    return run


@pytest.fixture(scope="module")
def instance(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = new_database()
    folder = tmp_path_factory.mktemp("units")
    (folder / "units.csv").write_text(UNITS, encoding="utf-8")
    units.load(ready(home), folder)
    return home


def _empty(home: Home, engine: Engine) -> None:
    with engine.begin() as connection:
        tables = "landing.delivery, landing.submission, landing.observation, landing.finding, landing.withdrawal"
        connection.execute(text(f"truncate {tables}, landing.year_change restart identity cascade"))
    for folder in (home.inbox, home.outbox):
        for path in Path(folder.path).rglob("*"):
            if path.is_file():
                path.unlink()


def _send_three(home: Home, folder: Path) -> None:
    contents = {"一.csv": "A,,2021,sp_activity_count,own,10\n", "二.csv": "A,,2021,sp_activity_count,own,x\n"}
    for name, rows in contents.items():
        (folder / name).write_text(HEADER + rows, encoding="utf-8")
    submit(home, [folder / "一.csv", folder / "二.csv", folder / "一.csv"], "A")


def _state(home: Home, engine: Engine) -> dict[str, object]:
    """All that should not depend on crashes: sequence numbers may differ, their order may not."""
    with engine.connect() as connection:

        def rows(query: str) -> list[tuple[object, ...]]:
            return [tuple(row) for row in connection.execute(text(query))]

        return {
            "deliveries": rows(
                """
                select file_name, sha256, outcome, receipt_name, receipt_written_at is not null
                from landing.delivery order by delivery_seq
                """
            ),
            "observations": rows(
                """
                select submission.state, unit_code, form, period, indicator_code, value
                from landing.submission left join landing.observation using (submission_id)
                order by delivery_seq, unit_code
                """
            ),
            "findings": rows("select code, line from landing.finding order by delivery_seq, finding_id"),
            "years": rows("select year from landing.year_change"),
            "inbox": _inbox(home),
            "receipts": sorted(path.name for path in Path(home.outbox.path).rglob("*") if path.is_file()),
        }


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(crashes=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 3), st.booleans()), min_size=1, max_size=3))
def test_a_crash_at_any_step_and_a_rerun_end_as_if_there_had_been_none(
    instance: Home, tmp_path: Path, crashes: list[tuple[tuple[Any, str], int, bool]]
) -> None:
    engine = ready(instance)
    states = []
    for planned in ([], crashes):
        _empty(instance, engine)
        _send_three(instance, tmp_path)
        for (module, name), calls, is_after in planned:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(module, name, _dying(getattr(module, name), calls, is_after))
                try:
                    collect.collect(instance, engine, load(), say_nothing)
                except Killed:
                    engine.dispose()
        collect.collect(instance, engine, load(), say_nothing)
        states.append(_state(instance, engine))
    engine.dispose()
    assert states[0] == states[1]
