"""`make bench`: every benchmark, or those named (collect, faults, build, frame, demo, narratives, check-report, scale).

`--figures` is how many figures `scale` works on, in millions of a year each: 1000000 unless told.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks import build, check_report, collect, demo, faults, frame, narratives, scale
from benchmarks.scale.raw_rows import FIGURES_A_YEAR

Benchmark = Callable[[Path], Iterator[str]]

BENCHMARKS: dict[str, Benchmark] = {
    "collect": collect.run,
    "faults": faults.run,
    "build": build.run,
    "frame": frame.run,
    "demo": demo.run,
    "narratives": narratives.run,
    "check-report": check_report.run,
    "scale": scale.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="which to run; all when none is named")
    parser.add_argument("--figures", type=int, default=FIGURES_A_YEAR, help="the size of `scale`")
    parser.add_argument("--folder", type=Path, help="where the files are kept meanwhile")
    asked = parser.parse_args()
    benchmarks: dict[str, Benchmark] = {**BENCHMARKS, "scale": partial(scale.run, figures=asked.figures)}
    for name in asked.names or benchmarks:
        with tempfile.TemporaryDirectory(prefix=f"kexie_bench_{name}_", dir=asked.folder) as folder:
            for line in benchmarks[name](Path(folder)):
                print(f"{name}: {line}", flush=True)


if __name__ == "__main__":
    main()
