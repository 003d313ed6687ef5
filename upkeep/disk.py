"""How much room there is and what takes it: a warning before it hurts, measured every night in `ops.disk_use`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kexie.errors import UserError
from kexie.home import Home
from upkeep import manifest
from upkeep.settings import MEGABYTE, Disk, settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

Progress = Callable[[str], None]

GIGABYTE = 1 << 30
NAMED = 3


@dataclass(frozen=True, slots=True)
class Use:
    """One place and what it takes, in bytes; `disk` is the file system it lies on, None on another machine."""

    place: str
    path: str
    size_bytes: int
    disk: FileSystem | None


@dataclass(frozen=True, slots=True)
class FileSystem:
    """A disk by its number in the operating system, in bytes."""

    device: int
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Growth:
    """By how much a place has grown since a day."""

    place: str
    size_bytes: int
    since: datetime


def watch_disk(home: Home, engine: Engine, progress: Progress, rules: Disk | None = None) -> list[str]:
    """Measure and keep the result; returns a warning for each disk that fills up.

    Raises UserError where the next night does not fit on a disk, or where less than the floor is free.
    """
    rules = rules or settings().disk
    uses = measure(home, engine)
    _record(engine, uses)
    growths = _growths(engine)
    for use in uses:
        free = f", {gigabytes(use.disk.free_bytes)} of {gigabytes(use.disk.total_bytes)} free" if use.disk else ""
        progress(f"Disk: {use.place} takes {gigabytes(use.size_bytes)} in {use.path}{free}")
    judged = [_judged(disk, on_it, growths, rules) for disk, on_it in _by_disk(uses)]
    full = [sentence for sentence, is_full in judged if is_full]
    if full:
        raise UserError(" ".join(full))
    return [sentence for sentence, _ in judged if sentence]


def measure(home: Home, engine: Engine) -> list[Use]:
    """What each place of the instance takes now."""
    database = Use("database", str(engine.url.database), _size_of_database(engine), _disk_of_database(home))
    folders = {"archive": home.archive, "backups": home.backups, "logs": home.logs, "data_docs": home.data_docs}
    measured = [_use(place, folder, _size(folder)) for place, folder in folders.items()]
    rest = _size(home.root, without=(*folders.values(), home.postgres_data))
    return [database, *measured, _use("home", home.root, rest)]


def gigabytes(size: int) -> str:
    """A size as a person reads it."""
    return f"{size / GIGABYTE:.1f} GB" if size >= GIGABYTE // 10 else f"{size / MEGABYTE:.1f} MB"


def _use(place: str, folder: Path, size: int) -> Use:
    return Use(place, str(folder), size, _file_system(folder))


def _file_system(folder: Path) -> FileSystem:
    usage = shutil.disk_usage(folder)
    return FileSystem(folder.stat().st_dev, usage.free, usage.total)


def _disk_of_database(home: Home) -> FileSystem | None:
    return None if home.database_url else _file_system(home.postgres_data)


def _size_of_database(engine: Engine) -> int:
    from sqlalchemy import text

    with engine.connect() as connection:
        return int(connection.execute(text("select pg_database_size(current_database())")).scalar_one())


def _size(folder: Path, without: Sequence[Path] = ()) -> int:
    """What the files in a folder take; those that vanish meanwhile do not count."""
    size = 0
    left_out = {str(inner) for inner in without}
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if str(Path(place, name)) not in left_out]
        for name in files:
            try:
                size += Path(place, name).lstat().st_size
            except FileNotFoundError:
                continue
    return size


def _by_disk(uses: Sequence[Use]) -> Iterator[tuple[FileSystem, list[Use]]]:
    disks = {use.disk.device: use.disk for use in uses if use.disk}
    for device, disk in disks.items():
        yield disk, [use for use in uses if use.disk and use.disk.device == device]


def _judged(disk: FileSystem, uses: Sequence[Use], growths: Mapping[str, Growth], rules: Disk) -> tuple[str, bool]:
    """A sentence where the disk is too full, and whether that is an error."""
    tonight = sum(_writes_each_night(use) for use in uses)
    floor = max(rules.floor_megabytes * MEGABYTE, tonight)
    limit = max(disk.total_bytes * rules.warn_percent // 100, rules.warn_nights * tonight, floor)
    if disk.free_bytes >= limit:
        return "", False
    is_full = disk.free_bytes < floor
    why = (
        f"less than the {gigabytes(floor)} that must be free for one night's backup and its proof"
        if is_full
        else f"less than {gigabytes(limit)}, from where on it is to be watched"
    )
    # The other places lie within home, unless they have a disk of their own.
    named = [use.path for use in uses if use.place in ("database", "backups", "home")] or [use.path for use in uses]
    return (
        f"The disk of {', '.join(named)} has "
        f"{gigabytes(disk.free_bytes)} of {gigabytes(disk.total_bytes)} free, {why}. {_what_grows(uses, growths)} "
        "Give the disk more room, move the backups to another one (KEXIE_BACKUPS), or keep fewer of them "
        "(upkeep/retention.yaml)."
    ), is_full


def _writes_each_night(use: Use) -> int:
    """A backup; and its proof, which restores the database beside itself."""
    if use.place == "database":
        return use.size_bytes
    if use.place == "backups":
        made = list(manifest.folders(Path(use.path)))
        return _size(made[-1]) if made else 0
    return 0


def _what_grows(uses: Sequence[Use], growths: Mapping[str, Growth]) -> str:
    largest = sorted(uses, key=lambda use: use.size_bytes, reverse=True)[:NAMED]
    taken = ", ".join(f"{use.place} {gigabytes(use.size_bytes)}" for use in largest)
    grown = [growths[use.place] for use in uses if use.place in growths and growths[use.place].size_bytes > 0]
    if not grown:
        return f"Most is taken by {taken}."
    most = max(grown, key=lambda growth: growth.size_bytes)
    return (
        f"Most is taken by {taken}; {most.place} has grown most, by {gigabytes(most.size_bytes)} since "
        f"{most.since:%Y-%m-%d}."
    )


def _growths(engine: Engine) -> dict[str, Growth]:
    from sqlalchemy import text

    with engine.connect() as connection:
        return {row.place: Growth(row.place, row.grown, row.since) for row in connection.execute(text(GROWTH))}


def _record(engine: Engine, uses: Sequence[Use]) -> None:
    from sqlalchemy import text

    moment = datetime.now(UTC)
    rows = [
        {
            "measured_at": moment,
            "place": use.place,
            "path": use.path,
            "size_bytes": use.size_bytes,
            "free_bytes": use.disk and use.disk.free_bytes,
            "total_bytes": use.disk and use.disk.total_bytes,
        }
        for use in uses
    ]
    with engine.begin() as connection:
        connection.execute(text(RECORD), rows)


RECORD = """
    insert into ops.disk_use (measured_at, place, path, size_bytes, free_bytes, total_bytes)
    values (:measured_at, :place, :path, :size_bytes, :free_bytes, :total_bytes)
"""

GROWTH = """
    with recent as (
        select
            place,
            size_bytes,
            measured_at,
            row_number() over (partition by place order by measured_at) as nth,
            row_number() over (partition by place order by measured_at desc) as nth_last
        from ops.disk_use
        where measured_at > now() - interval '30 days'
    )
    select before.place, now.size_bytes - before.size_bytes as grown, before.measured_at as since
    from recent as before
    join recent as now on now.place = before.place and now.nth_last = 1
    where before.nth = 1
"""
