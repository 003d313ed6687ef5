"""What is usual among units of the same level: medians and robust spreads of logarithms, learned as a run goes on.

Other units' figures only ever make a figure *asked about*; none is held or refused because of them, so nothing that
counts depends on who filed first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from ingestion.periods import Period, parse_period

if TYPE_CHECKING:
    from ingestion.context import Context, InForce, Key
    from ingestion.observations import FileContent

MOST = 120
"""So many units of a level are looked at, evenly chosen by code: more make no median truer, and each has a price."""

MOST_KEPT = 300
"""So many of a level are remembered: a run over a whole country's files needs no more memory than over one's."""

NORMAL = 1.4826
"""The median absolute deviation of a normal distribution, times this, is its standard deviation."""

Group = tuple[str, str, str, str]
"""Level, unit type, form, period."""

Logs = dict[str, float]
"""Indicator → logarithm of a unit's own figure."""


class Usual(NamedTuple):
    """The middle of some logarithms, and how far they lie from it."""

    middle: float
    spread: float


def log_of(value: float) -> float:
    """The logarithm of a figure, moved by a half so that small counts are not taken for exact."""
    return math.log(value + 0.5)


class _Usuals(dict[str, Usual | None]):
    """Indicator → what is usual, worked out when it is first asked for."""

    def __init__(self, work_out: Callable[[str], Usual | None]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, indicator_code: str) -> Usual | None:
        self[indicator_code] = usual = self._work_out(indicator_code)
        return usual


class Peers:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._logs: dict[Group, dict[str, Logs]] = {}
        self._asked: set[Group] = set()
        self._known: dict[tuple[Group, bool], _Usuals] = {}
        self._groups: dict[Key, Group | None] = {}

    def wanted(self, keys: Iterable[Key]) -> set[Key]:
        """What to read of other units in order to judge these; a group is asked for once in a run."""
        wanted: set[Key] = set()
        for group in {group for key in keys if (group := self._group(key))} - self._asked:
            period = parse_period(group[3])
            if period is None:
                continue
            self._asked.add(group)
            units = self._context.tree.alike(group[0], group[1], period.last_day)
            chosen = units if len(units) <= MOST else units[:: -(-len(units) // MOST)]
            wanted |= {(unit, group[2], written) for unit in chosen for written in (group[3], _last_year(period))}
        return wanted

    def learn_filed(self, in_force: Mapping[Key, InForce]) -> None:
        """Take in what units have filed."""
        for key, submission in in_force.items():
            group = self._group(key)
            if group is None:
                continue
            own: Logs = {}
            for (code, scope, _), filed in submission.figures.items():
                if scope == "own" and filed.value and not filed.is_held:
                    own.setdefault(code, log_of(float(filed.value)))
            self._keep(group, key[0], own)
        self._known.clear()

    def learn_sent(self, contents: Iterable[FileContent]) -> None:
        """Take in what is being sent: where everyone files at once there is nothing else to go by."""
        context = self._context
        for content in contents:
            seen: dict[Key, Logs] = {}
            for reading in content.readings:
                rule = context.rules.get(reading.indicator_code)
                if rule and reading.value and reading.value > 0 and reading.scope in ("", "own"):
                    key = (reading.unit_code, rule.indicator.form, reading.period)
                    seen.setdefault(key, {})[reading.indicator_code] = log_of(float(reading.value))
            for key, own in seen.items():
                group = self._group(key)
                if group is not None:
                    self._keep(group, key[0], own)
        self._known.clear()

    def _keep(self, group: Group, unit_code: str, own: Logs) -> None:
        of_group = self._logs.setdefault(group, {})
        if len(of_group) < MOST_KEPT or unit_code in of_group:
            of_group[unit_code] = own

    def level(self, key: Key, indicator_code: str) -> Usual | None:
        """What is usual for an indicator among units like this one: in the period, else a year before."""
        group = self._group(key)
        if group is None:
            return None
        period = parse_period(key[2])
        before = (*group[:3], _last_year(period)) if period else group
        now, then = (self._usuals(one, of_growth=False) for one in (group, before))
        return now[indicator_code] or then[indicator_code]

    def growths(self, key: Key) -> Mapping[str, Usual | None]:
        """Indicator → how its figures grew since last year among units like this one."""
        group = self._group(key)
        return self._usuals(group, of_growth=True) if group else _Usuals(lambda _: None)

    def _usuals(self, group: Group, *, of_growth: bool) -> _Usuals:
        asked = (group, of_growth)
        if asked not in self._known:
            logs = self._growths if of_growth else self._levels
            self._known[asked] = _Usuals(lambda code: self._of(logs(group, code)))
        return self._known[asked]

    def _levels(self, group: Group, indicator_code: str) -> list[float]:
        return [logs[indicator_code] for logs in self._logs.get(group, {}).values() if indicator_code in logs]

    def _growths(self, group: Group, indicator_code: str) -> list[float]:
        period = parse_period(group[3])
        before = self._logs.get((*group[:3], _last_year(period)), {}) if period else {}
        return [
            logs[indicator_code] - last[indicator_code]
            for unit, logs in self._logs.get(group, {}).items()
            if indicator_code in logs and (last := before.get(unit)) and indicator_code in last
        ]

    def _of(self, logs: list[float]) -> Usual | None:
        if len(logs) < self._context.limit("peers_least", self._context.today):
            return None
        middle = median(logs)
        return Usual(middle, NORMAL * median(abs(log - middle) for log in logs))

    def _group(self, key: Key) -> Group | None:
        if key not in self._groups:
            self._groups[key] = self._group_of(key)
        return self._groups[key]

    def _group_of(self, key: Key) -> Group | None:
        period = parse_period(key[2])
        span = self._context.unit(key[0], period) if period and key[0] in self._context.tree.spans else None
        return (span.level, span.unit_type, key[1], key[2]) if span else None


def _last_year(period: Period) -> str:
    return str(Period(period.year - 1, period.part))
