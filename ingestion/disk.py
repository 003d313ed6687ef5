"""Make files survive a power cut."""

from __future__ import annotations

import os
from collections.abc import Iterable


def force_to_disk(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Flush files or folders. Write all of them first: then one flush of the journal serves many."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
