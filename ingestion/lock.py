"""One change at a time to what was received: collecting, withdrawing and amending the tree exclude one another.

So their sequence numbers become visible in order: whoever reads a committed number has seen everything below it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from kexie.database import advisory_lock

if TYPE_CHECKING:
    from sqlalchemy import Engine

COLLECTING = 7_301_010
"""The session advisory lock; a process that dies lets go of it."""


def only_writer(engine: Engine) -> AbstractContextManager[None]:
    """Wait for the lock and hold it. It is not reentrant: callees take it for granted."""
    return advisory_lock(engine, COLLECTING)
