"""A dump read into a database as part of a transaction of ours, to be compared before it counts.

pg_restore turns the dump into SQL; run by itself against a server, it would commit before anyone could look.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from upkeep.clients import fitting, refused

if TYPE_CHECKING:
    from psycopg import Cursor
    from sqlalchemy import Connection

BLOCK = 1 << 18

COPY = re.compile(rb"COPY .+ FROM stdin;\n")
END_OF_COPY = b"\\.\n"

NOT_FOR_US = re.compile(
    # What only psql understands; it stands between statements, never within one.
    rb"\\(un)?restrict "
    # Every database has it; a dump that names the schema makes it again.
    rb"|CREATE SCHEMA public;|COMMENT ON SCHEMA public "
    # Programs from 17 on say so to servers that do not know it yet. Off is the default.
    rb"|SET transaction_timeout = 0;"
)


def load(connection: Connection, dump: Path, made_by: int) -> None:
    """Make and fill everything that is in the dump, within the connection's transaction; its role will own it.

    `made_by` is the major version of the pg_dump that wrote it. The session's settings are changed: end it afterwards.
    Raises UserError where pg_restore cannot read the dump.
    """
    from psycopg import Connection as Driver

    program = fitting("pg_restore", made_by)
    command = (program.path, "--no-owner", "--no-privileges", "--file=-", str(dump))
    if not connection.in_transaction():
        connection.begin()
    driver = cast("Driver[Any]", connection.connection.driver_connection)
    with tempfile.TemporaryFile() as said:
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as process,
            driver.cursor() as cursor,
        ):
            _run(cursor, cast("IO[bytes]", process.stdout))
        if process.returncode:
            said.seek(0)
            raise refused(program, said.read().decode(errors="replace"))


def _run(cursor: Cursor[Any], script: Iterable[bytes]) -> None:
    lines = iter(script)
    statements: list[bytes] = []
    for line in lines:
        if COPY.fullmatch(line):
            _execute(cursor, statements)
            with cursor.copy(line) as copy:
                for block in _blocks(lines):
                    copy.write(block)
        elif not NOT_FOR_US.match(line):
            statements.append(line)
    _execute(cursor, statements)


def _execute(cursor: Cursor[Any], statements: list[bytes]) -> None:
    if any(line.strip() and not line.startswith(b"--") for line in statements):
        cursor.execute(b"".join(statements), prepare=False)
    statements.clear()


def _blocks(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The rows up to the end of one COPY, many at a time."""
    block = bytearray()
    for line in lines:
        if line == END_OF_COPY:
            break
        block += line
        if len(block) > BLOCK:
            yield bytes(block)
            block.clear()
    yield bytes(block)
