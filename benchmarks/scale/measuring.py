"""What a piece of work costs: wall and processor time, the server's pages, and the memory of the process that asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kexie.home import PROJECT, Home

if TYPE_CHECKING:
    from sqlalchemy import Engine

FLUSHED_SECONDS = 1.5
"""So long after a session went quiet the server's counters hold all that it did."""

HEAVY = ("dbt", "great_expectations")

PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True)
class Cost:
    """`processor` is the time for which the server's processes held a processor, user and system, parallel workers and
    writers included: unlike the others it hardly depends on what else the machine does. `database` is the time in which
    sessions worked on statements, so `wall - database` is the process's own: its start, imports, parsing. `pages` of
    8 kB were asked of the buffer cache, found there or read. `memory` in MiB is the most that the Python process held.
    `imported` names which of dbt and Great Expectations it loaded.
    """

    wall: float
    processor: float
    database: float
    pages: int
    memory: float = 0
    imported: tuple[str, ...] = ()

    def mean(self, other: Cost) -> Cost:
        """What the same work costs on average of these two times."""
        parts = ((self.wall, other.wall), (self.processor, other.processor), (self.database, other.database))
        wall, processor, database = ((one + another) / 2 for one, another in parts)
        return Cost(wall, processor, database, (self.pages + other.pages) // 2)

    def of_share(self, share: float) -> Cost:
        """What a part of the work would have cost."""
        return replace(
            self,
            wall=self.wall * share,
            processor=self.processor * share,
            database=self.database * share,
            pages=round(self.pages * share),
        )

    def __str__(self) -> str:
        own = self.wall - self.database
        return (
            f"server's processor {self.processor:.2f} s, database {self.database:.2f} s, {self.pages:,} pages, "
            f"process {own:.1f} s"
            + (f", {self.memory:.0f} MiB" if self.memory else "")
            + f" (imports {', '.join(self.imported) or 'neither dbt nor Great Expectations'})" * bool(self.memory)
        )


def of_call(engine: Engine, work: Callable[[], None]) -> Cost:
    """The cost of something that this process does."""
    before = _counters(engine)
    begun = time.perf_counter()
    work()
    wall = time.perf_counter() - begun
    return Cost(wall, *_since(engine, before))


def of_process(engine: Engine, home: Home, script: str) -> Cost:
    """The cost of a Python process of its own that runs `script`, from its start to its end."""
    before = _counters(engine)
    begun = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-c", script + REPORT],
        check=True, cwd=PROJECT, env=os.environ | home.environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    wall = time.perf_counter() - begun
    said = json.loads(ended.stdout.splitlines()[-1])
    return Cost(wall, *_since(engine, before), said["memory"], tuple(said["imported"]))


REPORT = f"""
import json, resource, sys
print(json.dumps({{
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "imported": [name for name in {HEAVY!r} if name in sys.modules],
}}))
"""


def _since(engine: Engine, before: tuple[float, float, int]) -> tuple[float, float, int]:
    after = _counters(engine)
    return after[0] - before[0], after[1] - before[1], after[2] - before[2]


def _counters(engine: Engine) -> tuple[float, float, int]:
    """Seconds of processor, seconds of work and pages asked for, of all sessions of the database so far."""
    from sqlalchemy import text

    time.sleep(FLUSHED_SECONDS)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        row = connection.execute(text(COUNTERS)).one()
        backend = connection.scalar(text("select pg_backend_pid()"))
    return _processor_of_server(backend), float(row.seconds), int(row.pages)


def _processor_of_server(backend: int) -> float:
    """Seconds that the server's processes have used, those that have ended included. `backend` is one that runs."""
    postmaster = _used(backend).parent
    server = _used(postmaster)
    ticks = server.own + server.ended_children + sum(used.own for used in _running() if used.parent == postmaster)
    return ticks / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class _Used:
    """What the kernel says of a process: its parent, and the ticks that it and its ended children held a processor."""

    parent: int
    own: int
    ended_children: int


def _running() -> Iterator[_Used]:
    for process in PROCESSES.iterdir():
        if process.name.isdigit():
            # One may end while we look.
            with suppress(FileNotFoundError, ProcessLookupError):
                yield _used(int(process.name))


def _used(process: int) -> _Used:
    line = (PROCESSES / str(process) / "stat").read_text()
    # The name before the bracket may hold anything; after it come state, parent and more, as in proc(5).
    fields = line.rpartition(")")[2].split()
    user, system, ended_user, ended_system = (int(field) for field in fields[11:15])
    return _Used(int(fields[1]), user + system, ended_user + ended_system)


COUNTERS = """
    select active_time / 1000 as seconds, blks_hit + blks_read as pages
    from pg_stat_database where datname = current_database()
"""
