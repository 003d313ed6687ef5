"""A backup proven: restored into a scratch database of the same server, and compared table by table."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kexie.errors import UserError
from kexie.home import Home
from upkeep import manifest
from upkeep.backup import LOCK
from upkeep.contents import contents, differences
from upkeep.loading import load
from upkeep.manifest import DUMP, PROOF, Manifest

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

Progress = Callable[[str], None]


def prove(home: Home, engine: Engine, folder: Path, progress: Progress) -> Manifest:
    """Restore the backup into a scratch database, compare, and mark it as proven; the scratch database is dropped.

    `engine` is on the warehouse's database, as a role that may create databases. Raises UserError naming the first
    table that differs; the backup is then left unproven.
    """
    begun = time.monotonic()
    expected = manifest.read(folder)
    try:
        manifest.verify(folder, expected)
        with home.lock(LOCK), _scratch(engine) as connection:
            restore(connection, folder, expected)
    except UserError as failure:
        (folder / PROOF).unlink(missing_ok=True)
        _record(engine, folder, str(failure))
        raise
    seconds = time.monotonic() - begun
    _mark(folder, expected, seconds)
    _record(engine, folder, "")
    progress(f"Backup {folder.name} is proven: {len(expected.tables)} tables restored and compared in {seconds:.1f} s.")
    return expected


def restore(connection: Connection, folder: Path, expected: Manifest) -> None:
    """Load the dump in the connection's transaction and compare; raises UserError where something differs."""
    load(connection, folder / DUMP, expected.client)
    wrong = list(differences(expected.tables, contents(connection)))
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise UserError(f"The backup {folder} does not restore to what was backed up: {wrong[0]}{more}.")


@contextmanager
def _scratch(engine: Engine) -> Iterator[Connection]:
    """A connection to an empty database beside the warehouse's; one that a crash left behind is dropped first."""
    from sqlalchemy import NullPool, create_engine

    name = f"{engine.url.database}_proof"
    beside = create_engine(engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    within = create_engine(engine.url.set(database=name), poolclass=NullPool)
    try:
        with beside.connect() as connection:
            connection.exec_driver_sql(f'drop database if exists "{name}" with (force)')
            # Any order of sorting will do for comparing.
            connection.exec_driver_sql(
                f"create database \"{name}\" template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'"
            )
        with within.connect() as connection:
            yield connection
    finally:
        within.dispose()
        with beside.connect() as connection:
            connection.exec_driver_sql(f'drop database if exists "{name}" with (force)')


def _record(engine: Engine, folder: Path, failure: str) -> None:
    from sqlalchemy import text

    with engine.begin() as connection:
        connection.execute(text(RECORD), {"backup": folder.name, "failure": failure})


def _mark(folder: Path, proven: Manifest, seconds: float) -> None:
    mark = {
        "proven_at": datetime.now(UTC).isoformat(),
        "seconds": f"{seconds:.1f}",
        "tables": len(proven.tables),
        "rows": proven.rows,
    }
    draft = folder / f".{PROOF}"
    draft.write_text(json.dumps(mark, indent=2) + "\n", encoding="utf-8")
    draft.replace(folder / PROOF)


RECORD = """
    update ops.backup
    set proven_at = case when :failure = '' then clock_timestamp() end, message = :failure
    where backup = :backup
"""
