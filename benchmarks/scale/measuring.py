"""What a piece of work costs: wall time, the database's time and pages, and the memory of the process that asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kexie.home import PROJECT, Home

if TYPE_CHECKING:
    from sqlalchemy import Engine

FLUSHED_SECONDS = 1.5
"""So long after a session went quiet the server's counters hold all that it did."""

HEAVY = ("dbt", "great_expectations")


@dataclass(frozen=True, slots=True)
class Cost:
    """`database` is the time in which the server worked on statements, so `wall - database` is the process's own: its
    start, imports, parsing. `pages` of 8 kB were asked of the buffer cache, found there or read. `memory` in MiB is the
    most that the Python process held. `imported` names which of dbt and Great Expectations it loaded.
    """

    wall: float
    database: float
    pages: int
    memory: float = 0
    imported: tuple[str, ...] = ()

    def __str__(self) -> str:
        own = self.wall - self.database
        return (
            f"database {self.database:.2f} s, {self.pages:,} pages, process {own:.1f} s"
            + (f", {self.memory:.0f} MiB" if self.memory else "")
            + f" (imports {', '.join(self.imported) or 'neither dbt nor Great Expectations'})" * bool(self.memory)
        )


def of_call(engine: Engine, work: Callable[[], None]) -> Cost:
    """The cost of something that this process does."""
    before = _counters(engine)
    begun = time.perf_counter()
    work()
    wall = time.perf_counter() - begun
    after = _counters(engine)
    return Cost(wall, after[0] - before[0], after[1] - before[1])


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
    after = _counters(engine)
    return Cost(wall, after[0] - before[0], after[1] - before[1], said["memory"], tuple(said["imported"]))


REPORT = f"""
import json, resource, sys
print(json.dumps({{
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "imported": [name for name in {HEAVY!r} if name in sys.modules],
}}))
"""


def _counters(engine: Engine) -> tuple[float, int]:
    """Seconds of work and pages asked for, of all sessions of the database so far."""
    from sqlalchemy import text

    time.sleep(FLUSHED_SECONDS)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        row = connection.execute(text(COUNTERS)).one()
    return float(row.seconds), int(row.pages)


COUNTERS = """
    select active_time / 1000 as seconds, blks_hit + blks_read as pages
    from pg_stat_database where datname = current_database()
"""
