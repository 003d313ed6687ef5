"""The lock under which the candidate is built, audited and published: one writer at a time."""

from __future__ import annotations

from contextlib import AbstractContextManager

from sqlalchemy import Engine

from kexie.database import advisory_lock

BUILDING = 7_301_011


def building(engine: Engine) -> AbstractContextManager[None]:
    """Wait for whoever builds, audits or publishes, then hold the lock."""
    return advisory_lock(engine, BUILDING)
