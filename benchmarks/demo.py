"""`make demo` from a clean clone with a warm package cache: the seconds of its phases."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from kexie.home import PROJECT


def run(folder: Path) -> Iterator[str]:
    """The demo's own line of seconds, and the whole with installing; everything is stopped in the end."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", str(PROJECT), str(clone)], check=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KEXIE_")}
    begun = time.perf_counter()
    try:
        done = subprocess.run(["make", "demo"], cwd=clone, env=environment, capture_output=True, text=True, check=False)
        whole = time.perf_counter() - begun
    finally:
        subprocess.run(["make", "down"], cwd=clone, env=environment, capture_output=True, check=False)
    if done.returncode:
        yield "failed: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return
    yield from (line for line in done.stdout.splitlines() if line.startswith("Seconds:"))
    yield f"whole, installing included: {whole:.0f} s"
