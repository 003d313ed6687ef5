"""How well prose is read: quantities found with exact value and bounds, their indicator and status, and the speed.

Measured on reports that were marked by hand: a text, and beside it a .jsonl with one object per number. `none` there is
a number that is no quantity, `other` a quantity of no indicator.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from catalogue.load import load
from catalogue.model import Catalogue
from ingestion.narrative import Quantity, quantities

PROJECT = Path(__file__).resolve().parent.parent
MARKED = (PROJECT.parent / "shared" / "reports", PROJECT / "tests" / "fixtures" / "narratives")
"""Folders of marked reports: real ones, where they are present, and our own."""

MEGABYTE = 1_000_000
NO_QUANTITY, OUTSIDE = "none", "other"


class Score(NamedTuple):
    """How many quantities are marked, how many were found, and how many of them rightly."""

    marked: int
    found: int
    exact: int
    bound: int

    def __add__(self, other: object) -> Score:
        return Score(*(a + b for a, b in zip(self, other, strict=True))) if isinstance(other, Score) else NotImplemented

    def __str__(self) -> str:
        exact, bound = (f"{right / self.marked:.3f} / {right / self.found:.3f}" for right in (self.exact, self.bound))
        return f"recall / precision {exact} in value and bounds, {bound} with indicator and status, of {self.marked}"


def run(_folder: Path) -> Iterator[str]:
    """Lines with recall and precision of each folder of marked reports, and the megabytes read in a second."""
    catalogue = load()
    for folder in MARKED:
        reports = marked_reports(folder)
        if not reports:
            yield f"{folder.name}: no marked report is present"
            continue
        total = sum((score(text, marks, catalogue) for text, marks in reports), Score(0, 0, 0, 0))
        yield f"{folder.name}: {total}"
        yield f"{folder.name}: {megabytes_a_second([text for text, _ in reports], catalogue):.2f} MB a second, one core"


def marked_reports(folder: Path) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Each text of a folder with its marks; nothing where the folder is absent."""
    return [
        (path.with_suffix(".txt").read_bytes().decode(), [json.loads(line) for line in path.open(encoding="utf-8")])
        for path in sorted(folder.glob("*.jsonl"))
    ]


def score(text: str, marks: Iterable[Mapping[str, Any]], catalogue: Catalogue) -> Score:
    """A found quantity is right where it overlaps a mark and has its value, low and high; each mark counts once."""
    found, used = quantities(text, catalogue), set[int]()
    wanted = [mark for mark in marks if mark["indicator"] != NO_QUANTITY]
    exact = bound = 0
    for mark in wanted:
        at = next((at for at, one in enumerate(found) if at not in used and _is_exact(one, mark)), None)
        if at is not None:
            used.add(at)
            exact += 1
            bound += _is_bound(found[at], mark)
    return Score(len(wanted), len(found), exact, bound)


def _is_exact(one: Quantity, mark: Mapping[str, Any]) -> bool:
    figures = tuple(None if mark[name] is None else Decimal(str(mark[name])) for name in ("value", "low", "high"))
    return one.start < mark["end"] and mark["start"] < one.end and (one.value, one.low, one.high) == figures


def _is_bound(one: Quantity, mark: Mapping[str, Any]) -> bool:
    code = "" if mark["indicator"] == OUTSIDE else mark["indicator"]
    return one.indicator_code == code and one.status == mark["status"]


def megabytes_a_second(texts: Sequence[str], catalogue: Catalogue, amount: int = MEGABYTE) -> float:
    """Every text read again and again, each by itself, until the amount is done; seconds of this process alone."""
    size, done = sum(len(text.encode()) for text in texts), 0
    began = time.process_time()
    while done < amount:
        for text in texts:
            quantities(text, catalogue)
        done += size
    return done / MEGABYTE / (time.process_time() - began)
