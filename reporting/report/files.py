"""The files of a report: written whole or not at all, and the same bytes for the same figures."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from kexie.clock import BEIJING

EPOCH = (1980, 1, 1, 0, 0, 0)


def same_bytes(package: bytes) -> bytes:
    """The same package without the times at which its parts were written."""
    made = BytesIO()
    with ZipFile(BytesIO(package)) as source, ZipFile(made, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = ZipInfo(name, EPOCH)
            entry.compress_type = ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return made.getvalue()


def keep(target: Path, content: bytes) -> Path | None:
    """Write the file. Where another is there by its name, say an edited one, that stays under a name of its own.

    Returns where the other one is now; None where there was none, or it was the same.
    """
    if target.exists() and target.read_bytes() == content:
        return None
    draft = _draft(target, content)
    aside = _aside(target) if target.exists() else None
    if aside:
        target.rename(aside)
    draft.replace(target)
    return aside


def _draft(target: Path, content: bytes) -> Path:
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=target.suffix)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    path = Path(draft)
    path.chmod(0o644)
    return path


def _aside(target: Path) -> Path:
    """A free name that says when the file was last changed."""
    changed = f"{datetime.fromtimestamp(target.stat().st_mtime, BEIJING):%Y%m%d-%H%M%S}"
    number, found = 1, target.with_name(f"{target.stem}（{changed} 留存）{target.suffix}")
    while found.exists():
        number += 1
        found = target.with_name(f"{target.stem}（{changed} 留存 {number}）{target.suffix}")
    return found
