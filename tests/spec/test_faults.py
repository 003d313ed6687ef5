"""Faults in random provinces are found at the right cell, and honest files pass: a floor under `make bench`."""

from __future__ import annotations

import pytest

from benchmarks.faults import trials

# Not the seeds of the benchmark, nor those on which limits were chosen.
SEEDS = (7001, 7002)


@pytest.fixture(scope="module")
def tally() -> trials.Tally:
    found = trials.run(SEEDS[:1], ["workbook"], each=2)
    return trials.run(SEEDS[1:], ["csv"], each=2, tally=found)


def test_nearly_every_fault_is_caught_by_a_finding_that_names_cell_and_kind(tally: trials.Tally) -> None:
    assert tally.share_caught >= 0.97, tally.missed


def test_honest_submissions_are_neither_rejected_nor_held(tally: trials.Tally) -> None:
    assert tally.honest >= 1000
    assert tally.share_stopped <= 0.01, tally.stopped


def test_every_kind_of_fault_was_tried(tally: trials.Tally) -> None:
    assert len(trials.INJECTIONS) >= 80
    assert set(trials.INJECTIONS) <= set(tally.tried)
