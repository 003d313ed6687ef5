"""Whether every file that ever landed still has its bytes: all are looked for, and some are read again, each night.

Within the nights that the settings name, each file has been read once and compared with its hash. New files, and those
found wrong before, are read first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ingestion.landing import archived
from kexie.errors import UserError
from kexie.home import Home
from upkeep.manifest import described
from upkeep.settings import MEGABYTE, Archive, settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

Progress = Callable[[str], None]

BATCH = 2000

WHOLE, MISSING, DAMAGED = "whole", "missing", "damaged"


@dataclass(frozen=True, slots=True)
class Landed:
    """One content that landed, by its SHA-256 and size; `is_due` if it has to be read tonight whatever the budget."""

    sha256: str
    size_bytes: int
    is_due: bool


@dataclass(slots=True)
class Read:
    """How much was read again."""

    files: int = 0
    size_bytes: int = 0


def check_archive(home: Home, engine: Engine, progress: Progress, rules: Archive | None = None) -> None:
    """Look for every landed file and read this night's share; raises UserError where one is missing or damaged.

    What was found is in `ops.archive_check`, one row a run, and `ops.archive_damage`, one row for each delivery that
    lost its file. A run that is interrupted loses a batch at most.
    """
    rules = rules or settings().archive
    started = datetime.now(UTC)
    _look_for_all(home, engine, started)
    read = _read_share(home, engine, started, rules)
    files, missing, damaged = _conclude(engine, started, read)
    progress(f"Archive: {files} files are expected; {read.files} of them ({read.size_bytes} bytes) were read again.")
    if missing or damaged:
        raise UserError(_sentence(home, engine, files, missing, damaged))


def _look_for_all(home: Home, engine: Engine, started: datetime) -> None:
    """Note each file that is not there or has another size, without reading any."""
    last = ""
    while batch := _rows(engine, EVERY, last=last, limit=BATCH):
        last = batch[-1].sha256
        wrong = {file.sha256: state for file in batch if (state := _seen(home, file)) != WHOLE}
        _note(engine, wrong, started)


def _seen(home: Home, file: Landed) -> str:
    try:
        size = archived(home, file.sha256).stat().st_size
    except FileNotFoundError:
        return MISSING
    except OSError:
        return DAMAGED
    return WHOLE if size == file.size_bytes else DAMAGED


def _read_share(home: Home, engine: Engine, started: datetime, rules: Archive) -> Read:
    read = Read()
    budget = max(_total(engine) // rules.reread_nights + 1, rules.megabytes_at_least * MEGABYTE)
    while batch := _rows(engine, DUE, started=started, limit=BATCH):
        within = list(_within(batch, budget, read))
        _note(engine, {file.sha256: _judged(home, file) for file in within}, started)
        if len(within) < len(batch):
            break
    return read


def _within(batch: Sequence[Landed], budget: int, read: Read) -> Iterator[Landed]:
    """Those that are due, and of the others as many as the budget allows."""
    for file in batch:
        if not file.is_due and read.size_bytes >= budget:
            return
        read.files += 1
        read.size_bytes += file.size_bytes
        yield file


def _judged(home: Home, file: Landed) -> str:
    try:
        found = described(archived(home, file.sha256))
    except FileNotFoundError:
        return MISSING
    except OSError:
        # The disk cannot give the bytes back any more.
        return DAMAGED
    return WHOLE if (found.sha256, found.size_bytes) == (file.sha256, file.size_bytes) else DAMAGED


def _rows(engine: Engine, query: str, **values: object) -> list[Landed]:
    from sqlalchemy import text

    with engine.connect() as connection:
        return [Landed(row.sha256, row.size_bytes, row.is_due) for row in connection.execute(text(query), values)]


def _total(engine: Engine) -> int:
    from sqlalchemy import text

    with engine.connect() as connection:
        return int(connection.execute(text(TOTAL)).scalar_one())


def _note(engine: Engine, states: dict[str, str], started: datetime) -> None:
    from sqlalchemy import text

    if not states:
        return
    with engine.begin() as connection:
        connection.execute(text(NOTE), {"hashes": list(states), "states": list(states.values()), "checked_at": started})


def _conclude(engine: Engine, started: datetime, read: Read) -> tuple[int, int, int]:
    from sqlalchemy import text

    values = {"started": started, "files_read": read.files, "bytes_read": read.size_bytes}
    with engine.begin() as connection:
        row = connection.execute(text(CONCLUDE), values).one()
        return row.files, row.missing, row.damaged


def _sentence(home: Home, engine: Engine, files: int, missing: int, damaged: int) -> str:
    from sqlalchemy import text

    with engine.connect() as connection:
        first = connection.execute(text(FIRST_DAMAGE)).one()
    return (
        f"Of {files} archived files {missing} are missing and {damaged} are damaged, first "
        f"{home.archive}/{first.place} ({first.state}): {first.file_name} of unit {first.submitter_code}, "
        f"delivery {first.delivery_seq}. "
        f"Copy them back from a copy of the archive; ops.archive_damage lists them all."
    )


EVERY = """
    select sha256, max(size_bytes) as size_bytes, false as is_due
    from landing.delivery
    where sha256 > :last
    group by sha256
    order by sha256
    limit :limit
"""

DUE = """
    select landed.sha256, landed.size_bytes, checked.sha256 is null or checked.state <> 'whole' as is_due
    from (select sha256, max(size_bytes) as size_bytes from landing.delivery group by sha256) as landed
    left join ops.archive_file as checked on checked.sha256 = landed.sha256
    where checked.sha256 is null or checked.checked_at < :started
    order by is_due desc, checked.checked_at, landed.sha256
    limit :limit
"""

TOTAL = """
    select coalesce(sum(size_bytes), 0)
    from (select max(size_bytes) as size_bytes from landing.delivery group by sha256) as landed
"""

NOTE = """
    insert into ops.archive_file (sha256, state, checked_at)
    select sha256, state, :checked_at
    from unnest(cast(:hashes as text[]), cast(:states as text[])) as checked (sha256, state)
    on conflict (sha256) do update set state = excluded.state, checked_at = excluded.checked_at
"""

CONCLUDE = """
    insert into ops.archive_check (started_at, files, files_read, bytes_read, missing, damaged)
    select
        :started,
        (select count(distinct sha256) from landing.delivery),
        :files_read,
        :bytes_read,
        count(*) filter (where state = 'missing'),
        count(*) filter (where state = 'damaged')
    from ops.archive_file
    returning files, missing, damaged
"""

FIRST_DAMAGE = "select * from ops.archive_damage order by delivery_seq limit 1"
