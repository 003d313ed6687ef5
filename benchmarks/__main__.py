"""`make bench`: every benchmark, or those named on the command line (collect, build, frame, demo)."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks import build, collect, demo, frame

BENCHMARKS = {"collect": collect.run, "build": build.run, "frame": frame.run, "demo": demo.run}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="which to run; all when none is named")
    for name in parser.parse_args().names or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix=f"kexie_bench_{name}_") as folder:
            for line in BENCHMARKS[name](Path(folder)):
                print(f"{name}: {line}", flush=True)


if __name__ == "__main__":
    main()
