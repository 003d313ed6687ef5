"""What upkeep/retention.yaml says: how long things are kept, how often the archive is read, when a disk is full."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("retention.yaml")

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Backups:
    """Of how many of the last days, weeks and months with a backup one is kept."""

    daily: int
    weekly: int
    monthly: int


@dataclass(frozen=True, slots=True)
class Archive:
    """Within how many nights each file is read again, and how much is read each night even so."""

    reread_nights: int
    megabytes_at_least: int


@dataclass(frozen=True, slots=True)
class Logs:
    """For how many days a finished log is kept, and how large one that is never finished may grow."""

    days: int
    megabytes: int


@dataclass(frozen=True, slots=True)
class Age:
    """For how many days something is kept."""

    days: int


@dataclass(frozen=True, slots=True)
class Disk:
    """When too little is free: in percent, in nights of what is written each night, and at least."""

    warn_percent: int
    warn_nights: int
    floor_megabytes: int


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it."""

    backups: Backups
    archive: Archive
    logs: Logs
    airflow: Age
    ops: Age
    disk: Disk


@cache
def settings() -> Settings:
    """The settings as the file has them; an unknown or missing name is an error of the program."""
    from yaml import safe_load

    said = safe_load(FILE.read_text(encoding="utf-8"))
    kinds = {
        "backups": Backups, "archive": Archive, "logs": Logs, "airflow": Age, "ops": Age, "disk": Disk,
    }  # fmt: skip
    return Settings(**{name: kinds[name](**values) for name, values in said.items()})
