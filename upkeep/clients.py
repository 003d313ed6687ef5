"""PostgreSQL's own pg_dump and pg_restore: which of those on this machine fits a server or a dump."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kexie import postgres
from kexie.errors import UserError


@dataclass(frozen=True, slots=True)
class Program:
    """One program and the major version of PostgreSQL that it belongs to."""

    path: str
    major: int


def fitting(tool: str, major: int) -> Program:
    """The oldest `tool` here that is not older than `major`: one of the same version, where there is one.

    A program reads servers and dumps of its own version and of older ones. Raises UserError where all are too old.
    """
    found = [_program(path) for path in _places(tool)]
    fit = [program for program in found if program.major >= major]
    if not fit:
        newest = max((program.major for program in found), default=None)
        there = f"the newest {tool} here is of version {newest}" if newest else f"there is no {tool} here"
        raise UserError(f"PostgreSQL {major} needs its own {tool}, and {there}: install postgresql-client-{major}.")
    return min(fit, key=lambda program: program.major)


def _places(tool: str) -> Iterator[str]:
    on_path = shutil.which(tool)
    if on_path:
        yield on_path
    with suppress(UserError):
        yield str(postgres.binaries() / tool)


def _program(path: str) -> Program:
    said = subprocess.run((path, "--version"), capture_output=True, text=True, check=False).stdout
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    # A wrapper that finds nothing to wrap is as good as absent.
    return Program(path, int(version[1]) if version else 0)


def refused(program: Program, stderr: str) -> UserError:
    """What a program said when it failed, as one sentence."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return UserError(f"{Path(program.path).name} failed: {' '.join(lines[-3:]) or 'it did not say why'}")
