"""Advisory locks: one writer at a time, let go of by the server itself when a process dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

BUILDING = 7_301_011


@contextmanager
def building(engine: Engine) -> Iterator[Connection]:
    """Hold the lock under which the candidate is built, audited and published; waits for whoever holds it.

    The connection only keeps the lock: work goes through others, so that a failed statement cannot let go of it.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": BUILDING})
        try:
            yield connection
        finally:
            connection.execute(text("select pg_advisory_unlock(:key)"), {"key": BUILDING})
