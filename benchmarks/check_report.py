"""How well the check-up of drafts names seeded faults, and how long it takes for a draft."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from kexie import postgres
from kexie.database import acting
from kexie.home import Home
from kexie.roles import Role
from tests.spec.drafted_province import build
from tests.spec.drafts import KINDS
from tests.spec.scored_drafts import score

# Of the size of the private drafts that judge it: one fault of each kind in each.
PROVINCES = (301, 302)
DRAFTS = 60


def run(folder: Path) -> Iterator[str]:
    """Two provinces, true and faulty drafts of each; the share of faults named rightly and what else is raised."""
    for seed in PROVINCES:
        home = Home(folder / str(seed))
        try:
            build(home, seed)
            with acting(home, Role.OFFICE) as engine, engine.connect() as connection:
                true = score(connection, range(seed * 1000, seed * 1000 + DRAFTS))
                begun = time.monotonic()
                faulty = score(connection, range(seed * 2000, seed * 2000 + DRAFTS), KINDS)
                seconds = (time.monotonic() - begun) / DRAFTS
        finally:
            postgres.stop(home)
        kinds = ", ".join(f"{kind} {faulty.named[kind]}/{faulty.seeded[kind]}" for kind in KINDS)
        yield (
            f"province {seed}: {faulty.named.total()} of {faulty.seeded.total()} seeded faults named rightly "
            f"({faulty.rate:.1%}: {kinds}); raised beside them {len(faulty.alarms)}"
        )
        yield (
            f"province {seed}: {len(true.alarms)} raised in {DRAFTS} true drafts with {true.figures} figures; "
            f"{seconds:.2f} s a draft"
        )
        yield from (f"missed {one}" for one in faulty.missed)
        yield from (f"false {one}" for one in (*true.alarms, *faulty.alarms))
