"""Make files survive a power cut."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

AT_ONCE = 16
"""Flushes under way at the same time: the file system serves them with few writes of its journal."""


def force_to_disk(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Flush files or folders."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(_flush, paths))


def _flush(path: str | os.PathLike[str]) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
