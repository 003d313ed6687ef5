"""Write the sample province into a folder: units, two years of files and a manifest. The same bytes each time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from sample_province import defects, filing
from sample_province.deliveries import Delivery
from sample_province.figures import YearBook
from sample_province.manifest import Manifest, SentFile
from sample_province.units import province

Progress = Callable[[int, int], None]
"""Told how many files are written, and of how many."""

MANIFEST = "manifest.json"
UNITS = "units"


def _say_nothing(_done: int, _total: int) -> None:
    pass


def sending() -> defects.Sending:
    """All files in the order of sending, the mistakes planted."""
    book = YearBook()
    return defects.plant(book, filing.everything(book))


def write(folder: Path, progress: Progress = _say_nothing) -> Manifest:
    """Write `units/`, `inbox/<submitter>/` and `manifest.json` below the folder, which is made where it is missing."""
    planted = sending()
    for name, content in province().files().items():
        _write(folder / UNITS / name, content)
    files = []
    for done, delivery in enumerate(planted.deliveries, start=1):
        files.append(_send(folder, delivery))
        progress(done, len(planted.deliveries))
    manifest = Manifest(tuple(files), tuple(planted.defects))
    _write(folder / MANIFEST, manifest.to_json().encode())
    return manifest


def _send(folder: Path, delivery: Delivery) -> SentFile:
    content = delivery.content()
    _write(folder / delivery.path, content)
    return SentFile(
        delivery.path,
        delivery.submitter,
        delivery.unit,
        delivery.period,
        delivery.kind,
        hashlib.sha256(content).hexdigest(),
    )


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
