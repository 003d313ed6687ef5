"""Which program this is."""

from __future__ import annotations

import shutil
import subprocess
from importlib.metadata import version

from kexie.home import PROJECT


def revision() -> str:
    """The program's version, and the commit it was checked out at where that can be told."""
    asked = subprocess.run(
        ("git", "-C", str(PROJECT), "rev-parse", "--short=12", "HEAD"), capture_output=True, text=True, check=False
    ) if shutil.which("git") else None  # fmt: skip
    commit = asked.stdout.strip() if asked and not asked.returncode else ""
    return " ".join(filter(None, (version("kexie-warehouse"), commit)))
