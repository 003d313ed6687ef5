"""One change at a time to what was received: collecting, withdrawing and amending the tree exclude one another.

So their sequence numbers become visible in order: whoever reads a committed number has seen everything below it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

COLLECTING = 7_301_010
"""The session advisory lock; a process that dies lets go of it."""


@contextlib.contextmanager
def only_writer(engine: Engine) -> Iterator[None]:
    """Wait for the lock and hold it. It is not reentrant: callees take it for granted."""
    from sqlalchemy import text

    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": COLLECTING})
        try:
            yield
        finally:
            connection.execute(text("select pg_advisory_unlock(:key)"), {"key": COLLECTING})
