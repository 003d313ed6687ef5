"""dbt, audit and publish of one year of the sample province, against bare imports of both tools and a dbt parse."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.sample import instance, quietly, send, write_sample
from kexie.home import PROJECT

YEAR = 2021
LIMIT = 2.0

BARE = """
import great_expectations
from dbt.cli.main import dbtRunner
outcome = dbtRunner().invoke(["parse", "--no-partial-parse", "--quiet", *{arguments!r}])
assert outcome.success, outcome.exception
"""

OURS = """
from kexie.home import Home
from pipeline.record import Run
from pipeline.steps import run_once
home = Home.from_environment()
run_once(home, [{year}], Run.now("bench"), lambda line: None)
"""


def run(folder: Path) -> Iterator[str]:
    """Lines with the seconds of both and their ratio; each side is a process of its own, its start included."""
    from catalogue.load import load
    from ingestion.collect import collect
    from pipeline.record import Run
    from pipeline.steps import run_once
    from pipeline.transform import arguments, dbt_environment

    files = write_sample(folder / "sample")
    with instance(folder / "home", folder / "sample" / "units") as (home, engine):
        send(home, files)
        collect(home, engine, load(), quietly)
        run_once(home, (), Run.now("bench"), quietly)
        with dbt_environment(engine):
            least = min(process(BARE.format(arguments=arguments(home)), {}) for _ in range(2))
        ours = min(process(OURS.format(year=YEAR), home.environment()) for _ in range(2))
    yield f"{YEAR} {ours:.1f} s, yardstick {least:.1f} s, ratio {ours / least:.2f} (at most {LIMIT})"


def process(script: str, environment: dict[str, str]) -> float:
    """Wall seconds of a Python process that runs `script`."""
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", script], check=True, cwd=PROJECT, env=os.environ | environment, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - begun
