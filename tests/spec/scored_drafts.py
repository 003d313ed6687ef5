"""How many seeded faults of drafts the check-up names rightly, and what it raises beside them."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from catalogue.check_up import Verdict
from catalogue.load import load
from reporting.check_report.checkup import Checked, check
from tests.spec.drafted_province import YEAR
from tests.spec.drafts import Figures, Seeded, Writer, Written


@dataclass(slots=True)
class Score:
    """Faults by what they are, those of them that were named rightly, and sentences on each miss and false alarm."""

    seeded: Counter[Verdict] = field(default_factory=Counter)
    named: Counter[Verdict] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    figures: int = 0

    @property
    def rate(self) -> float:
        """The share of faults named rightly."""
        return self.named.total() / self.seeded.total()


def score(connection: Connection, seeds: Iterable[int], kinds: Sequence[Verdict] = ()) -> Score:
    """Write a draft for each seed, with a fault of each kind, and check it."""
    figures, result = Figures(connection), Score()
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            written = Writer(figures, seed, kinds).write()
            file = Path(folder) / f"{seed}.docx"
            file.write_bytes(written.as_word(random.Random(seed)))  # noqa: S311 - examples, no secrets
            _count(result, seed, written, check(connection, load(), file, YEAR))
    return result


def _count(result: Score, seed: int, written: Written, checked: Checked) -> None:
    findings = load().check_up.findings
    faulty: set[int] = set()
    for fault in written.faults:
        found = _at(checked, fault)
        faulty |= set(found)
        result.seeded[fault.verdict] += 1
        if fault.verdict in found.values():
            result.named[fault.verdict] += 1
        else:
            said = "、".join(found.values()) or "nothing"
            result.missed.append(
                f"{seed}: {fault.verdict} {fault.quote} ({fault.what}) is called {said}: {fault.passage}"
            )
    for one in checked.marked:
        result.figures += 1
        if one.verdict in findings and one.number not in faulty:
            result.alarms.append(f"{seed}: {one.verdict} {one.quote} {one.reading} {one.published} {one.reason}")


def _at(checked: Checked, fault: Seeded) -> dict[int, Verdict]:
    """The verdicts at a fault's words, by the numbers of the figures."""
    passages = checked.opened.draft.passages
    return {
        one.number: one.verdict
        for claim, one in zip(checked.claims, checked.marked, strict=True)
        if passages[claim.span.passage].text == fault.passage and (fault.quote in one.quote or one.quote in fault.quote)
    }
