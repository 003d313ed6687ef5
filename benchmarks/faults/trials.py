"""Check honest and spoilt files of random provinces in memory: what is held, and which faults are caught."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from random import Random

from catalogue.load import load
from catalogue.model import Severity
from ingestion import checks, readers
from ingestion.checks.file import FileCheck
from ingestion.checks.results import Checked, Found
from ingestion.context import Context, InForce, Key
from ingestion.observations import FileContent, Place

from .files import Sending, sending
from .in_workbooks import WORKBOOKS
from .injected import INJECTIONS as OF_FIGURES
from .injected import Fault
from .of_adjustments import ADJUSTMENTS
from .of_names import NAMES
from .provinces import YEAR, Province

TODAY = date(YEAR + 1, 2, 1)
TRIES = 60
"""So many units are asked whether they have what can be spoilt in a way: few keep lists, and only cities adjust."""

INJECTIONS = {**OF_FIGURES, **ADJUSTMENTS, **NAMES, **WORKBOOKS}
DOUBTS = (Severity.WARNING, Severity.EXPLAIN, Severity.ERROR)


@dataclass
class Tally:
    """Honest submissions and those stopped, honest files and those warned, faults tried and caught by kind.

    `reading` and `checking` are seconds by the kind of file.
    """

    honest: int = 0
    stopped: list[str] = field(default_factory=list)
    honest_files: int = 0
    warned: int = 0
    warnings: Counter[str] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    missed: list[tuple[str, str, list[str]]] = field(default_factory=list)
    reading: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    checking: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def share_stopped(self) -> float:
        return len(self.stopped) / max(self.honest, 1)

    @property
    def share_caught(self) -> float:
        """Over the kinds, each counting the same."""
        shares = [self.caught[kind] / tried for kind, tried in self.tried.items()]
        return sum(shares) / max(len(shares), 1)


class Trials:
    """One province: last year is in force, and this year's files are checked against it one by one."""

    def __init__(self, seed: int, kind: str) -> None:
        self.province = Province(seed)
        self.kind = kind
        self._random = Random(f"{seed}{kind}")  # noqa: S311 - no secret is made here
        self._ids = count(1)
        self.context = Context(load(), self.province.tree, TODAY)
        self._file_last_year()
        self.honest = [sending(self.province, unit, kind) for unit in self.province.units.values()]
        self.contents = {sent.unit.code: readers.read(sent.file_name, sent.content(), load()) for sent in self.honest}
        self.context.peers.learn_sent(self.contents.values())

    def _file_last_year(self) -> None:
        sendings = [
            sending(self.province, unit, "csv", of_last_year=True) for unit in self.province.units.values() if unit.last
        ]
        for sent in sendings:
            content = readers.read(sent.file_name, sent.content(), load())
            checks.check(content, self.context, sent.unit.code, next(self._ids), sent.unit.code, self._ids)
        for unit_code, form, period in self.context.in_force:
            self.context.years_filed[unit_code, form] = (int(period), int(period))
        self.context.peers.learn_filed(self.context.in_force)

    def file_honestly(self, tally: Tally) -> None:
        """All honest files in the order of the tree's foot first, so that claims find what they are made of."""
        for sent in sorted(self.honest, key=lambda sent: sent.unit.span.level != "county"):
            # Read again, so that both are timed alike, file by file.
            data = sent.content()
            begun = time.process_time()
            content = readers.read(sent.file_name, data, load())
            read = time.process_time()
            hash_ = f"{sent.unit.code} {self.kind}"
            checked = checks.check(content, self.context, sent.unit.code, next(self._ids), hash_, self._ids)
            tally.reading[self.kind] += read - begun
            tally.checking[self.kind] += time.process_time() - read
            _count_honest(tally, checked)

    def inject(self, tally: Tally, each: int) -> None:
        """So many spoilt files of each kind, as far as the province has what can be spoilt so."""
        in_force = dict(self.context.in_force)
        for name, injection in INJECTIONS.items():
            for _ in range(each):
                fault = self._fault(injection)
                if fault is None:
                    continue
                self._without(fault.sent.unit.code, in_force)
                self._judge(tally, name, fault)
        self._same_as_another(tally, each, in_force)
        self.context.in_force = in_force

    def _fault(self, injection: Callable[[Sending, Random], Fault | None]) -> Fault | None:
        for _ in range(TRIES):
            fault = injection(self._random.choice(self.honest).copy(), self._random)
            if fault is not None:
                return fault
        return None

    def _without(self, unit_code: str, in_force: dict[Key, InForce]) -> None:
        """The unit itself has not filed this year yet."""
        self.context.in_force = {
            key: one for key, one in in_force.items() if key[0] != unit_code or key[2] != str(YEAR)
        }

    def _judge(self, tally: Tally, name: str, fault: Fault) -> None:
        content = readers.read(fault.sent.file_name, fault.sent.content(), load())
        checked = FileCheck(content, self.context, fault.sent.unit.code, self._ids).check()
        tally.tried[name] += 1
        places = _places(content)
        if any(_catches(found, fault, places) for found in checked.findings):
            tally.caught[name] += 1
        else:
            told = [f"{one.code} {one.indicator_code}" for one in checked.findings if one.severity in DOUBTS]
            tally.missed.append((name, _described(fault), told))

    def _same_as_another(self, tally: Tally, each: int, in_force: dict[Key, InForce]) -> None:
        """A county sends a sister's figures under its own code."""
        name = "same file as another county"
        counties = [sent for sent in self.honest if sent.unit.span.level == "county"]
        for _ in range(each):
            first, second = self._random.sample(counties, 2)
            copied = sending(self.province, second.unit, self.kind)
            copied.lines = first.copy().lines
            self._without(second.unit.code, in_force)
            cells = frozenset((line.code, line.scope) for line in copied.lines)
            self._judge(tally, name, Fault(name, copied, cells, frozenset(["FORM_AS_OTHER_UNIT"])))


def _count_honest(tally: Tally, checked: Checked) -> None:
    tally.honest_files += 1
    tally.honest += len(checked.submissions)
    for submission in checked.submissions:
        if not submission.is_accepted or any(one.is_held for one in submission.observations):
            why = [f"{one.code}: {one.sentence}" for one in checked.findings if one.severity in DOUBTS[1:]]
            tally.stopped.append("; ".join(why))
    warnings = [one.code for one in checked.findings if one.severity is Severity.WARNING]
    tally.warned += bool(warnings)
    tally.warnings.update(warnings)


def _places(content: FileContent) -> dict[tuple[str, str], set[Place]]:
    places: dict[tuple[str, str], set[Place]] = {}
    for one in content.readings:
        places.setdefault((one.indicator_code, one.scope or "own"), set()).add(one.place)
    return places


def _catches(found: Found, fault: Fault, places: dict[tuple[str, str], set[Place]]) -> bool:
    if found.code not in fault.codes or found.severity not in DOUBTS:
        return False
    if not fault.cells:
        return True
    if fault.name:
        return fault.name[:20] in found.sentence and (found.indicator_code, "own") in fault.cells
    return any(
        found.place in places.get((code, scope), ()) or (found.indicator_code == code and not places.get((code, scope)))
        for code, scope in fault.cells
    )


def _described(fault: Fault) -> str:
    last = fault.sent.last
    cells = sorted(fault.cells)[:3]
    return ", ".join(
        f"{code} {scope}: {fault.sent.value(code, scope)} (last {last.get(code)})" for code, scope in cells
    )


def run(seeds: Sequence[int], kinds: Sequence[str], each: int, tally: Tally | None = None) -> Tally:
    """Honest files of every province and kind of file, then `each` faults of every kind; added to a tally."""
    tally = tally if tally is not None else Tally()
    for seed in seeds:
        for kind in kinds:
            trials = Trials(seed, kind)
            trials.file_honestly(tally)
            trials.inject(tally, each)
    return tally


def table(tally: Tally) -> Iterator[str]:
    """Kind by kind, the worst first."""
    for kind in sorted(tally.tried, key=lambda kind: (tally.caught[kind] / tally.tried[kind], kind)):
        yield f"{tally.caught[kind]:4} of {tally.tried[kind]:4}  {kind}"
