"""The reporting tree through time, in memory: who existed when, under whom, and what became of whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from catalogue.model import FOREVER

if TYPE_CHECKING:
    from sqlalchemy import Connection

PASSING = ("rename", "merge", "split")
"""Events by which a unit ends and another takes over from it."""

ENDING = (*PASSING, "close")


@dataclass(frozen=True, slots=True)
class Span:
    """One row of units.csv: a unit as it was from `valid_from` until the day before `valid_to`."""

    unit_code: str
    name: str
    level: str
    unit_type: str
    parent_code: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class Event:
    """One row of unit_events.csv; `to_code` is empty where the event has no successor."""

    event_date: date
    kind: str
    from_code: str
    to_code: str
    weight: Decimal


class Tree:
    """Every unit's spans in order of time, and the events between units. Days given are inclusive."""

    def __init__(self, spans: Iterable[Span], events: Iterable[Event]) -> None:
        self.spans: dict[str, list[Span]] = {}
        for span in sorted(spans, key=lambda span: span.valid_from):
            self.spans.setdefault(span.unit_code, []).append(span)
        self.events = sorted(events, key=lambda event: (event.event_date, event.from_code, event.to_code))
        self._children: dict[date, dict[str, list[str]]] = {}
        self._kinds: dict[date, dict[tuple[str, str], list[str]]] = {}
        self._predecessors: dict[str, list[str]] = {}
        for event in self.events:
            if event.kind in PASSING:
                self._predecessors.setdefault(event.to_code, []).append(event.from_code)

    def within(self, unit_code: str, first: date, last: date) -> list[Span]:
        """The spans of a unit that hold on some day from first to last."""
        held = self.spans.get(unit_code, ())
        return [span for span in held if span.valid_from <= last and span.valid_to > first]

    def ancestors(self, unit_code: str, first: date, last: date) -> Iterator[str]:
        """The units above a unit on some day from first to last; one may come more than once."""
        for span in self.within(unit_code, first, last):
            if span.parent_code:
                yield span.parent_code
                until = min(last, span.valid_to - timedelta(days=1))
                yield from self.ancestors(span.parent_code, max(first, span.valid_from), until)

    def below(self, unit_code: str, day: date) -> Iterator[str]:
        """The units under a unit on a day, at any depth, but townships."""
        for child in self.children(unit_code, day):
            yield child
            yield from self.below(child, day)

    def children(self, unit_code: str, day: date) -> list[str]:
        """The units right under a unit on a day, but townships."""
        return self._children_on(day).get(unit_code, [])

    def alike(self, level: str, unit_type: str, day: date) -> list[str]:
        """The units of a level and type that exist on a day, in the order of their codes."""
        kinds = self._kinds_on(day)
        return kinds.get((level, unit_type), [])

    def _alive_on(self, day: date) -> Iterator[Span]:
        for spans in self.spans.values():
            yield from (span for span in spans if span.valid_from <= day < span.valid_to)

    def _children_on(self, day: date) -> dict[str, list[str]]:
        if day not in self._children:
            children: dict[str, list[str]] = {}
            for span in self._alive_on(day):
                if span.parent_code and span.level != "township":
                    children.setdefault(span.parent_code, []).append(span.unit_code)
            self._children[day] = children
        return self._children[day]

    def _kinds_on(self, day: date) -> dict[tuple[str, str], list[str]]:
        if day not in self._kinds:
            kinds: dict[tuple[str, str], list[str]] = {}
            for span in self._alive_on(day):
                kinds.setdefault((span.level, span.unit_type), []).append(span.unit_code)
            self._kinds[day] = {kind: sorted(units) for kind, units in kinds.items()}
        return self._kinds[day]

    def predecessors(self, unit_code: str) -> set[str]:
        """Every unit that, over any number of events, became this one in whole or in part."""
        found: set[str] = set()
        waiting = [unit_code]
        while waiting:
            for predecessor in self._predecessors.get(waiting.pop(), ()):
                if predecessor not in found:
                    found.add(predecessor)
                    waiting.append(predecessor)
        return found


def stored(connection: Connection) -> Tree:
    """The tree in the database."""
    from sqlalchemy import text

    spans = connection.execute(text("select * from landing.unit_span"))
    events = connection.execute(text("select * from landing.unit_event"))
    return Tree(
        (
            Span(
                row.unit_code,
                row.name,
                row.level,
                row.unit_type,
                row.parent_code or "",
                row.valid_from,
                row.valid_to or FOREVER,
            )
            for row in spans
        ),
        (Event(row.event_date, row.kind, row.from_code, row.to_code or "", row.weight) for row in events),
    )
