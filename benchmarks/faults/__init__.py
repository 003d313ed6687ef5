"""How many faults the checks catch, how many honest submissions they stop, and what checking costs beside reading.

Each fault must be caught by a finding at the right cell and of the right kind; a submission is stopped when it is
rejected or one of its figures is held.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

HONEST = 10_000
EACH = 5
KINDS = ("workbook", "csv")
CAUGHT, STOPPED, LIMIT = 0.98, 0.01, 1
FIRST_SEED = 1000
"""Not the seeds on which limits were chosen."""


def run(_folder: Path) -> Iterator[str]:
    """Lines with both figures, what is stopped and missed, and the time of checking beside that of reading."""
    from benchmarks.faults import trials

    tally = trials.Tally()
    seed = FIRST_SEED
    # As a batch of files is checked.
    gc.disable()
    try:
        while tally.honest < HONEST:
            trials.run([seed], KINDS[seed % 2 :][:1], EACH, tally)
            gc.collect()
            seed += 1
    finally:
        gc.enable()
    yield (
        f"{len(tally.stopped)} of {tally.honest} honest submissions rejected or held, "
        f"{tally.share_stopped:.2%} (at most {STOPPED:.0%})"
    )
    yield from (f"  stopped: {why}" for why in tally.stopped[:5])
    warned = ", ".join(f"{code} {count}" for code, count in tally.warnings.most_common())
    yield f"warnings in {tally.honest_files} honest files: {warned}"
    yield (
        f"{sum(tally.caught.values())} of {sum(tally.tried.values())} faults caught at the right cell; over "
        f"{len(tally.tried)} kinds {tally.share_caught:.2%} (at least {CAUGHT:.0%})"
    )
    yield from trials.table(tally)
    for kind in KINDS:
        checking, reading = tally.checking[kind], tally.reading[kind]
        yield f"{kind}: checking {checking:.2f} s, reading {reading:.2f} s, ratio {checking / reading:.2f}"
    checking, reading = sum(tally.checking.values()), sum(tally.reading.values())
    yield f"both: checking {checking:.2f} s, reading {reading:.2f} s, ratio {checking / reading:.2f} (at most {LIMIT})"
