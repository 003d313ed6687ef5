"""`kexie restore`: a backup becomes the content of this instance's database, an empty one, all or nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from csv import DictReader
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.landing import archived
from ingestion.lock import COLLECTING
from kexie.database import MIGRATING, forget_grants, head_revision, work_of_the_owner
from kexie.errors import UserError
from kexie.home import Home
from kexie.roles import BUILT, KEPT
from pipeline.locks import BUILDING
from upkeep import manifest, proof
from upkeep.contents import REVISION_TABLE
from upkeep.manifest import ARCHIVE, CHUNK, Manifest

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

Progress = Callable[[str], None]

NAMED = 3


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and the SHA-256 of each landed file whose bytes are not in the archive."""

    backup: Manifest
    missing: list[str]


def restore(home: Home, engine: Engine, folder: Path, archive: Path | None, progress: Progress) -> Restored:
    """Restore a backup into the empty database of `engine`; the caller migrates it afterwards.

    Files that the archive lacks are copied from the folder `archive`, another instance's, where one is given. Raises
    UserError where the backup is damaged or newer than the program, or where the database holds something: then nothing
    has changed.
    """
    backup = manifest.read(folder)
    head = head_revision()
    if head is None or backup.migration > head:
        raise UserError(
            f"The backup {folder} (revision {backup.migration}) is newer than this program ({head}); update it."
        )
    if archive is not None and not archive.is_dir():
        raise UserError(f"{archive} is no folder; give the archive/ of the instance that was backed up.")
    manifest.verify(folder, backup)
    with work_of_the_owner(engine.url), engine.connect() as connection:
        _refuse_unless_empty(connection)
    missing = list(_bring_archive(home, folder, archive))
    # Once for all of them: until the database is there, a power cut is mended by the next attempt.
    os.sync()
    with work_of_the_owner(engine.url), engine.connect() as connection, connection.begin():
        for lock in (BUILDING, COLLECTING, MIGRATING):
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({lock})")
        _refuse_unless_empty(connection)
        connection.exec_driver_sql(f"drop schema if exists {', '.join((*KEPT, *BUILT))} cascade")
        connection.exec_driver_sql(f"drop table if exists {REVISION_TABLE}")
        proof.restore(connection, folder, backup)
        connection.exec_driver_sql(CANDIDATE_IS_GONE)
        forget_grants(connection)
        # Loading has changed the session's settings.
        connection.detach()
    progress(
        f"Restored {folder.name}: {len(backup.tables)} tables, {backup.rows} rows, compared with what was backed up; "
        f"{backup.landed_files - len(missing)} of {backup.landed_files} archived files are in place."
    )
    return Restored(backup, missing)


def sentence_on_missing(home: Home, missing: list[str], archive: Path | None) -> str:
    """What to say and do about files that the archive lacks after a restore."""
    named = ", ".join(f"{sha256[:2]}/{sha256}" for sha256 in missing[:NAMED])
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    where = f"{archive} does not have them whole either" if archive else "they come from the archive that was backed up"
    return (
        f"The database is restored, but {home.archive} lacks {named}{more}: {where}; "
        f"copy them there from any copy of the archive, `kexie maintain` checks them."
    )


def _refuse_unless_empty(connection: Connection) -> None:
    from sqlalchemy import text

    if connection.scalar(text("select to_regclass('landing.delivery')")) is None:
        _refuse_anothers(connection)
        return
    held = connection.execute(text(HELD)).one()
    if held.deliveries or held.units:
        raise UserError(
            f"The database {connection.engine.url.database} holds {held.deliveries} deliveries and {held.units} units, "
            f"and a backup goes into an empty one only: name a new folder in KEXIE_HOME (or an empty database in "
            f"KEXIE_DATABASE_URL) and restore there."
        )


def _refuse_anothers(connection: Connection) -> None:
    """A database that is no warehouse's may have tables in schemas of these names, which a restore would replace."""
    from sqlalchemy import text

    found = connection.scalar(text(FOREIGN), {"schemas": [*KEPT, *BUILT], "revision_table": REVISION_TABLE})
    if found:
        raise UserError(
            f"The database {connection.engine.url.database} holds {found}, which is no warehouse's, and a backup goes "
            f"into an empty one only: name an empty database in KEXIE_DATABASE_URL."
        )


def _bring_archive(home: Home, folder: Path, source: Path | None) -> Iterator[str]:
    """Copy what this archive lacks from another one; yields what it lacks in the end."""
    with (folder / ARCHIVE).open(encoding="utf-8", newline="") as listed:
        for row in DictReader(listed):
            sha256 = row["sha256"]
            place = archived(home, sha256)
            if not (_is_whole(place, sha256) or (source is not None and _copy(source, place, sha256))):
                yield sha256


def _is_whole(file: Path, sha256: str) -> bool:
    return file.is_file() and manifest.described(file).sha256 == sha256


def _copy(source: Path, place: Path, sha256: str) -> bool:
    """Copy one file, verified while it is read; whether it had the right bytes."""
    original = source / sha256[:2] / sha256
    if not original.is_file():
        return False
    place.parent.mkdir(exist_ok=True)
    draft = place.with_name(f".{sha256}.part")
    digest = hashlib.sha256()
    with original.open("rb") as given, draft.open("wb") as kept:
        while piece := given.read(CHUNK):
            digest.update(piece)
            kept.write(piece)
    if digest.hexdigest() != sha256:
        draft.unlink()
        return False
    draft.replace(place)
    return True


HELD = """
    select
        (select count(*) from landing.delivery) as deliveries,
        (select count(distinct unit_code) from landing.unit_span) as units
"""

FOREIGN = """
    select min(nspname || '.' || relname)
    from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    where relkind in ('r', 'p', 'v', 'm')
        and (nspname = any(:schemas) or nspname || '.' || relname = :revision_table)
"""

# dbt's schemas are in no backup: a build that waited for its audit or publish is built again.
CANDIDATE_IS_GONE = """
    update ops.build set state = 'building', built_at = null, audited_at = null where state in ('built', 'audited')
"""
