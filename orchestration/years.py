"""Which year a run stands for."""

from __future__ import annotations

from datetime import datetime

from kexie.clock import BEIJING


def year_of(asked: int | None, begins: datetime | None) -> int | None:
    """The year it was asked for, else the one in which its interval begins, in Beijing; None where it has neither."""
    return asked or (begins.astimezone(BEIJING).year if begins else None)
