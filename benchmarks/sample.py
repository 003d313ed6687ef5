"""The sample province in a fresh instance, for benchmarks to work on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kexie import postgres
from kexie.database import ready
from kexie.home import Home

if TYPE_CHECKING:
    from sqlalchemy import Engine


class Sent(NamedTuple):
    """One file of the sample province."""

    path: Path
    submitter: str


def write_sample(folder: Path) -> list[Sent]:
    """Every file of the sample province in sending order; its units lie in `folder`/units."""
    from sample_province.generate import MANIFEST, write

    write(folder)
    entries = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    return [Sent(folder / entry["path"], entry["submitter"]) for entry in entries]


def send(home: Home, files: list[Sent]) -> None:
    """Put the files into the inbox, in order."""
    from ingestion.landing import submit

    for submitter, together in groupby(files, key=lambda file: file.submitter):
        submit(home, [file.path for file in together], submitter)


@contextmanager
def instance(root: Path, units: Path) -> Iterator[tuple[Home, Engine]]:
    """A fresh instance with the sample's units loaded; its server is stopped in the end."""
    from ingestion.units import load

    home = Home(root)
    engine = ready(home)
    try:
        load(engine, units)
        yield home, engine
    finally:
        engine.dispose()
        postgres.stop(home)


def quietly(_line: str) -> None:
    """A benchmark wants no progress."""
