"""What Airflow costs: runs of the DAGs against the same steps by `kexie run`, Airflow's own start not counted."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.sample import instance, quietly, send, write_sample
from kexie import airflow
from kexie.airflow_client import AirflowClient
from kexie.home import Home

YEAR = 2021
LIMIT = 1.3
COLLECT, ROLLUP = "collect_submissions", "annual_rollup"


def run(folder: Path) -> Iterator[str]:
    """Lines with the seconds of both ways and their ratio: first all files of the sample, then one year again."""
    files, units = write_sample(folder / "sample"), folder / "sample" / "units"
    with instance(folder / "plain", units) as (home, _):
        send(home, files)
        collect = _kexie_run(home)
        rollup = _kexie_run(home, "--year", str(YEAR))
    with instance(folder / "orchestrated", units) as (home, _), _airflow(home) as client:
        send(home, files)
        yield _compared("collect_submissions of the sample", _dag_run(client, COLLECT), collect)
        yield _compared(f"annual_rollup of {YEAR}", _dag_run(client, ROLLUP, {"year": YEAR}), rollup)


@contextmanager
def _airflow(home: Home) -> Iterator[AirflowClient]:
    client = AirflowClient(airflow.start(home, quietly))
    try:
        for dag in (COLLECT, ROLLUP):
            client.unpause(dag)
        while any(state != "success" for state in (client.runs(COLLECT) | client.runs(ROLLUP)).values()):
            time.sleep(1)
        yield client
    finally:
        airflow.stop(home)


def _dag_run(client: AirflowClient, dag: str, conf: Mapping[str, int] | None = None) -> float:
    begun = time.perf_counter()
    run_id = client.trigger(dag, conf)
    state = client.wait(dag, run_id, seconds=1800)
    seconds = time.perf_counter() - begun
    if state != "success":
        raise RuntimeError(f"{dag} ended as {state}")
    return seconds


def _kexie_run(home: Home, *arguments: str) -> float:
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "kexie.cli", "run", *arguments],
        check=True,
        env=os.environ | home.environment(),
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - begun


def _compared(what: str, orchestrated: float, plain: float) -> str:
    ratio = orchestrated / plain
    return f"{what} {orchestrated:.1f} s, `kexie run` {plain:.1f} s, ratio {ratio:.2f} (at most {LIMIT})"
