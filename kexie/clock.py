"""Beijing's time, in which days begin, deadlines end and people are told when something was."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from kexie.roles import TIME_ZONE

BEIJING = ZoneInfo(TIME_ZONE)


def now() -> datetime:
    return datetime.now(BEIJING)


def today() -> date:
    return now().date()
