"""`kexie backup`: the warehouse's database as of one moment in a folder of its own, with a description to compare with.

What is counted and hashed is exactly what is dumped: both happen in one exported snapshot. Nobody waits for a backup,
and it waits for nobody but a migration.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from ingestion.disk import force_to_disk
from kexie.errors import UserError
from kexie.home import Home
from kexie.program import revision
from kexie.roles import BUILT, KEPT
from upkeep import manifest
from upkeep.clients import Program, fitting, refused
from upkeep.contents import contents
from upkeep.manifest import ARCHIVE, DUMP, Manifest

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

Progress = Callable[[str], None]

DRAFT_ENDING = ".part"
LOCK = "backup"
LOCK_WAIT = "60s"


def back_up(home: Home, engine: Engine, progress: Progress) -> Path:
    """Make a backup and return its folder, which appears whole or not at all; remains of interrupted ones are removed.

    Raises UserError where no pg_dump here fits the server, where it failed, or where the disk has no room.
    """
    begun = time.monotonic()
    with home.lock(LOCK):
        for remains in home.backups.glob(f".*{DRAFT_ENDING}"):
            shutil.rmtree(remains)
        moment = datetime.now(UTC)
        folder = home.backups / moment.strftime(manifest.STAMP)
        draft = folder.with_name(f".{folder.name}{DRAFT_ENDING}")
        draft.mkdir(mode=0o700)
        try:
            described = _write(engine, draft, moment)
            _keep(draft, folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    _record(engine, folder, described)
    progress(
        f"Backup {folder}: {len(described.tables)} tables, {described.rows} rows, {described.size_bytes} bytes, "
        f"{described.landed_files} archived files listed, in {time.monotonic() - begun:.1f} s."
    )
    return folder


def latest(home: Home) -> Path:
    """The newest finished backup. Raises UserError where there is none."""
    made = list(manifest.folders(home.backups))
    if not made:
        raise UserError(f"There is no backup in {home.backups}; make one with `kexie backup`.")
    return made[-1]


def _write(engine: Engine, draft: Path, moment: datetime) -> Manifest:
    from sqlalchemy import text

    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.execute(text("set transaction read only"))
        facts = connection.execute(text(FACTS)).one()
        program = fitting("pg_dump", facts.server_major)
        with _dumping(program, engine.url, facts.snapshot, draft / DUMP):
            held = contents(connection)
            _list_archive(connection, draft / ARCHIVE)
            landed = connection.execute(
                text(f"select count(*), coalesce(sum(size_bytes), 0) from ({LANDED}) as l")
            ).one()
    described = Manifest(
        taken_at=moment,
        program=revision(),
        migration=facts.migration,
        catalogue=_catalogue_version(),
        server=facts.server,
        client=program.major,
        landed_files=landed[0],
        landed_bytes=int(landed[1]),
        tables=held,
        files={name: manifest.described(draft / name) for name in (DUMP, ARCHIVE)},
    )
    described.write(draft)
    return described


@contextmanager
def _dumping(program: Program, url: URL, snapshot: str, file: Path) -> Iterator[None]:
    """Have pg_dump work meanwhile, and wait for its end."""
    command = (
        program.path, "--format=custom", f"--file={file}", f"--snapshot={snapshot}", "--no-password",
        f"--lock-wait-timeout={LOCK_WAIT}", f"--dbname={_address(url)}",
        *(f"--schema={schema}" for schema in (*KEPT, *BUILT, "public")),
        # The next build fills these again; the schemas themselves belong to the migrations.
        *(f"--exclude-table={schema}.*" for schema in BUILT),
    )  # fmt: skip
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield
        except BaseException:
            process.kill()
            raise
        said = cast("IO[str]", process.stderr).read()
    if process.returncode:
        raise refused(program, said)


def _address(url: URL) -> str:
    """Where the database is, for a command line that everyone on the machine can read: without the password."""
    from psycopg.conninfo import make_conninfo

    parts: dict[str, Any] = {
        "host": url.host, "port": url.port, "user": url.username, "dbname": url.database, **url.query,
        "application_name": "kexie backup",
    }  # fmt: skip
    parts.pop("password", None)
    return make_conninfo(**parts)


def _list_archive(connection: Connection, file: Path) -> None:
    from psycopg import Connection as Driver

    driver = cast("Driver[Any]", connection.connection.driver_connection)
    with (
        file.open("wb") as target,
        driver.cursor() as cursor,
        cursor.copy(f"copy ({LANDED} order by sha256) to stdout (format csv, header)".encode()) as rows,
    ):
        for piece in rows:
            target.write(piece)


def _keep(draft: Path, folder: Path) -> None:
    force_to_disk([*draft.iterdir(), draft])
    draft.rename(folder)
    force_to_disk([folder.parent])


def _record(engine: Engine, folder: Path, described: Manifest) -> None:
    from sqlalchemy import text

    row = {
        "backup": folder.name,
        "folder": str(folder),
        "started_at": described.taken_at,
        "size_bytes": described.size_bytes,
        "tables": len(described.tables),
        "rows": described.rows,
    }
    with engine.begin() as connection:
        connection.execute(text(RECORD), row)


def _catalogue_version() -> str:
    from catalogue.load import load

    return load().version


LANDED = "select sha256, max(size_bytes) as size_bytes from landing.delivery group by sha256"

RECORD = """
    insert into ops.backup (backup, folder, started_at, finished_at, size_bytes, tables, rows)
    values (:backup, :folder, :started_at, clock_timestamp(), :size_bytes, :tables, :rows)
"""

FACTS = """
    select
        pg_export_snapshot() as snapshot,
        current_setting('server_version') as server,
        current_setting('server_version_num')::integer / 10000 as server_major,
        version_num as migration
    from public.alembic_version
"""
