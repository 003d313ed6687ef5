"""The lock under which the candidate is built, audited and published, and that of previews: one writer at a time."""

from __future__ import annotations

from contextlib import AbstractContextManager

from sqlalchemy import Engine

from kexie.database import advisory_lock

BUILDING = 7_301_011
PREVIEWING = 7_301_014


def building(engine: Engine) -> AbstractContextManager[None]:
    """Wait for whoever builds, audits or publishes, then hold the lock."""
    return advisory_lock(engine, BUILDING)


def previewing(engine: Engine) -> AbstractContextManager[None]:
    """Wait for another preview, then hold the lock. Builds do not wait for it, nor it for them."""
    return advisory_lock(engine, PREVIEWING)
