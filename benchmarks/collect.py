"""Collecting 1,000 workbooks against the least that has to be done with them.

The yardstick reads every cell with calamine, hashes the bytes, keeps a synced copy, and copies the rows in one COPY.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.sample import Sent, instance, quietly, send, write_sample

if TYPE_CHECKING:
    from sqlalchemy import Engine

FILES = 1000
LIMIT = 2.0


def run(folder: Path) -> Iterator[str]:
    """Lines with the seconds of both and their ratio."""
    from catalogue.load import load
    from ingestion.collect import collect

    files = workbooks(folder / "sample")
    yield f"{len(files)} workbooks, {sum(file.path.stat().st_size for file in files) / 1e6:.1f} MB"
    with instance(folder / "home", folder / "sample" / "units") as (home, engine):
        send(home, files)
        # A first pass so that neither side pays for imports or a cold cache.
        yardstick(engine, folder / "warm", files[:20])
        least = yardstick(engine, folder / "copies", files)
        begun = time.perf_counter()
        report = collect(home, engine, load(), quietly)
        ours = time.perf_counter() - begun
    yield f"outcomes: {dict(report.outcomes)}"
    yield f"collect {ours:.2f} s, yardstick {least:.2f} s, ratio {ours / least:.2f} (at most {LIMIT})"


def workbooks(folder: Path) -> list[Sent]:
    """Workbooks of the sample, again from the first once there are no more, 1,000 in all."""
    every = [file for file in write_sample(folder) if file.path.suffix == ".xlsx"]
    return [every[number % len(every)] for number in range(FILES)]


def yardstick(engine: Engine, folder: Path, files: list[Sent]) -> float:
    """Seconds that the least takes."""
    from sqlalchemy import text

    from kexie.database import copy_rows

    folder.mkdir()
    with engine.begin() as connection:
        # One text a line of a sheet: psycopg would spend as long on making arrays as calamine on reading.
        connection.execute(text("create temporary table cells (file integer, sheet text, line integer, cells text)"))
        begun = time.perf_counter()
        copy_rows(connection, "cells", ("file", "sheet", "line", "cells"), rows_of(files, folder))
        seconds = time.perf_counter() - begun
        connection.execute(text("drop table cells"))
    return seconds


def rows_of(files: list[Sent], folder: Path) -> Iterator[tuple[int, str, int, str]]:
    """Every line of every sheet, each file's bytes kept in `folder` before."""
    from python_calamine import load_workbook

    for number, file in enumerate(files):
        data = file.path.read_bytes()
        keep(folder / f"{number}_{hashlib.sha256(data).hexdigest()}", data)
        try:
            book = load_workbook(file.path)
        except Exception:  # noqa: S112 - the sample holds a broken workbook on purpose
            continue
        for sheet in book.sheet_names:
            for line, cells in enumerate(book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)):
                yield number, sheet, line, "\t".join(map(str, cells))


def keep(path: Path, data: bytes) -> None:
    with path.open("wb") as copy:
        copy.write(data)
        copy.flush()
        os.fsync(copy.fileno())
