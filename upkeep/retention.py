"""What is thrown away when: old backups, logs, Data Docs, and rows of ops. Nothing that was sent in or published."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kexie.clock import BEIJING
from kexie.home import Home
from upkeep import manifest
from upkeep.backup import LOCK
from upkeep.settings import MEGABYTE, Age, Backups, Logs, settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

Progress = Callable[[str], None]

DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup: when it was made, and whether it is proven."""

    folder: Path
    taken_at: datetime
    is_proven: bool


def delete_backups(home: Home, progress: Progress, rules: Backups | None = None) -> None:
    """Delete the backups that are in none of the days, weeks and months of which one is kept."""
    with home.lock(LOCK):
        made = [Made(one, manifest.taken_at(one), manifest.is_proven(one)) for one in manifest.folders(home.backups)]
        kept = kept_backups(made, rules or settings().backups)
        for backup in made:
            if backup not in kept:
                _remove(backup.folder)
                progress(f"Backup {backup.folder.name} is deleted; {len(kept)} are kept.")


def kept_backups(made: Collection[Made], rules: Backups) -> set[Made]:
    """Which backups stay; the newest, and the newest that is proven, always do. Days are Beijing's."""
    newest_first = sorted(made, key=lambda backup: backup.taken_at, reverse=True)
    kept = set(newest_first[:1]) | set([backup for backup in newest_first if backup.is_proven][:1])
    for spans, form in ((rules.daily, "%Y-%m-%d"), (rules.weekly, "%G-%V"), (rules.monthly, "%Y-%m")):
        kept |= set(_one_each(newest_first, spans, form))
    return kept


def _one_each(newest_first: Sequence[Made], spans: int, form: str) -> Iterator[Made]:
    """The newest of each of the last spans that have one, a proven one before any other."""
    best: dict[str, Made] = {}
    for backup in newest_first:
        span = backup.taken_at.astimezone(BEIJING).strftime(form)
        if span not in best or (backup.is_proven and not best[span].is_proven):
            best[span] = backup
    yield from list(best.values())[:spans]


def _remove(folder: Path) -> None:
    """Delete a folder that must never be seen half deleted."""
    doomed = folder.with_name(f".{folder.name}.part")
    folder.rename(doomed)
    shutil.rmtree(doomed)


def delete_logs(home: Home, progress: Progress, rules: Logs | None = None) -> None:
    """Delete the tasks' logs that nobody wrote to for so long, and cut those of programs, which grow for ever."""
    rules = rules or settings().logs
    deleted = _delete_older(home.logs / "airflow", rules.days)
    cut = [log for log in home.logs.glob("*.log") if _cut(log, rules.megabytes * MEGABYTE)]
    progress(f"Logs: {deleted} older than {rules.days} days are deleted, {len(cut)} are cut.")


def _cut(log: Path, limit: int) -> bool:
    """Move the last part of a log that is too large beside it, and empty the log; whether it was too large.

    Its program goes on writing into the same file. The few lines that it writes in between are lost.
    """
    if log.stat().st_size <= limit:
        return False
    with log.open("rb") as source, log.with_name(f"{log.name}.1").open("wb") as target:
        source.seek(-limit // 2, os.SEEK_END)
        source.readline()
        shutil.copyfileobj(source, target)
    os.truncate(log, 0)
    return True


def delete_data_docs(home: Home, progress: Progress, rules: Age | None = None) -> None:
    """Delete the pages of audits that are long past, and what an earlier program left there; the index stays."""
    rules = rules or settings().ops
    deleted = _delete_older(home.data_docs, rules.days, but={home.data_docs / "index.html"})
    progress(f"Data Docs: {deleted} pages older than {rules.days} days are deleted.")


def _delete_older(folder: Path, days: int, but: Collection[Path] = ()) -> int:
    """Delete the files that were last written longer ago; their folders go in a later night. Returns how many."""
    before, deleted = time.time() - days * DAY, 0
    for place, _, files in os.walk(folder):
        for file in (Path(place, name) for name in files):
            if file.lstat().st_mtime < before and file not in but:
                file.unlink()
                deleted += 1
    _delete_empty(folder)
    return deleted


def _delete_empty(folder: Path) -> int:
    """Delete the folders in it that have been empty for a day: a younger one may be about to be filled."""
    before, deleted = time.time() - DAY, 0
    for place, folders, _ in os.walk(folder, topdown=False):
        for inner in (Path(place, name) for name in folders):
            if not inner.is_symlink() and inner.stat().st_mtime < before and not any(inner.iterdir()):
                inner.rmdir()
                deleted += 1
    return deleted


def delete_rows(engine: Engine, progress: Progress, rules: Age | None = None) -> None:
    """Delete rows of ops about runs that are long past; builds stay, as what is published names them."""
    from sqlalchemy import text

    rules = rules or settings().ops
    deleted = 0
    with engine.begin() as connection:
        for statement in OLD_ROWS:
            deleted += connection.execute(text(statement), {"days": rules.days}).rowcount
    progress(f"ops: {deleted} rows older than {rules.days} days are deleted.")


OLD_ROWS = (
    *(
        f"""
        delete from ops.{table} where build_id in (
            select build_id from ops.build where started_at < now() - make_interval(days => :days)
        )
        """
        for table in ("expectation_bad_row", "expectation_result", "model_result")
    ),
    "delete from ops.disk_use where measured_at < now() - make_interval(days => :days)",
    "delete from ops.archive_check where started_at < now() - make_interval(days => :days)",
    "delete from ops.task_run where started_at < now() - make_interval(days => :days)",
    "delete from ops.alert_notice where tried_at < now() - make_interval(days => :days)",
    "delete from ops.alert where raised_at < now() - make_interval(days => :days)",
)
