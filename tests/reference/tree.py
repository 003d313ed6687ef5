"""The reporting tree of a day. Rule: "The tree through time"."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .periods import end_of_month

ENDINGS = ("rename", "merge", "split", "close")
PASSING = ("rename", "merge", "split")


@dataclass(frozen=True)
class Span:
    """One row of units.csv; `valid_to` is exclusive."""

    code: str
    level: str
    unit_type: str
    parent: str
    valid_from: date
    valid_to: date

    def holds(self, day: date) -> bool:
        return self.valid_from <= day < self.valid_to


@dataclass(frozen=True)
class Event:
    """One row of unit_events.csv."""

    day: date
    kind: str
    source: str
    target: str
    weight: Decimal


@dataclass(frozen=True)
class Tree:
    """The units that count, each where it hangs; `spans` by unit code."""

    spans: dict[str, Span]
    parents: dict[str, str]

    def children(self, code: str) -> list[str]:
        return sorted(child for child, parent in self.parents.items() if parent == code)

    def below(self, code: str) -> Iterator[str]:
        for child in self.children(code):
            yield child
            yield from self.below(child)

    def is_township(self, code: str) -> bool:
        return self.spans[code].level == "township"


class Units:
    """Every unit's spans and what became of it."""

    def __init__(self, units: Iterable[dict[str, str]], events: Iterable[dict[str, str]]) -> None:
        self.spans: dict[str, list[Span]] = {}
        for row in sorted(units, key=lambda row: row["valid_from"]):
            self.spans.setdefault(row["unit_code"], []).append(_span(row))
        self.events = [_event(row) for row in events]

    def first_day(self, code: str) -> date:
        return self.spans[code][0].valid_from

    def existed_in(self, code: str, year: int) -> bool:
        return any(
            span.valid_from <= date(year, 12, 31) and span.valid_to > date(year, 1, 1) for span in self.spans[code]
        )

    def owed_months(self, code: str, year: int) -> set[int]:
        """A month is owed by whoever exists on its last day."""
        return {
            month for month in range(1, 13) if any(span.holds(end_of_month(year, month)) for span in self.spans[code])
        }

    def last_day_in(self, code: str, year: int) -> date:
        """The year's last day, or the unit's own if earlier."""
        ends = [span.valid_to for span in self.spans[code] if span.valid_from <= date(year, 12, 31)]
        return min(date(year, 12, 31), max(ends) - timedelta(days=1))

    def events_into(self, code: str, until: date) -> list[Event]:
        return [event for event in self.events if event.target == code and event.kind in PASSING and event.day <= until]

    def endings_of(self, code: str, day: date) -> list[Event]:
        return [event for event in self.events if event.source == code and event.kind in ENDINGS and event.day == day]

    def is_one_to_one_rename(self, event: Event) -> bool:
        """A rename whose predecessor has that one event, and whose successor had no other predecessor that day."""
        others = [other for other in self.events if other.target == event.target and other.kind in PASSING]
        alone = [other for other in others if other.day == event.day] == [event]
        return event.kind == "rename" and alone and self.endings_of(event.source, event.day) == [event]

    def tree(self, day: date, year: int) -> Tree:
        """The units valid on that day, and the closed ones that lived in the year or carry figures of it.

        A closed unit stays, for the years it lived in, under its last parent or what became of that.
        """
        spans = {span.code: span for held in self.spans.values() for span in held if span.holds(day)}
        closed = {code: span for code in self.spans if code not in spans and (span := self._closed(code, day, year))}
        spans |= closed
        parents = {code: span.parent for code, span in spans.items() if span.parent}
        for code in closed:
            parents[code] = self._what_became_of(parents[code], spans)
        return Tree(spans, parents)

    def _closed(self, code: str, day: date, year: int) -> Span | None:
        lived = [span for span in self.spans[code] if span.valid_to <= day]
        if not lived or not self._has_a_past_in(code, year):
            return None
        ended = self.endings_of(code, lived[-1].valid_to)
        return lived[-1] if any(event.kind == "close" for event in ended) else None

    def _has_a_past_in(self, code: str, year: int) -> bool:
        """It lived in the year, or carries what a predecessor did in it.

        The second half is for later trees only: "the sum of own figures … is the same on every tree" would not hold if
        a successor that came and closed after the year took the year's figures along.
        """
        if self.existed_in(code, year):
            return True
        return any(self._has_a_past_in(event.source, year) for event in self.events_into(code, date.max))

    def _what_became_of(self, code: str, spans: dict[str, Span]) -> str:
        """The unit itself while it counts, else its successor (of several, the smaller code), else its own parent."""
        if code in spans:
            return code
        last = self.spans[code][-1]
        successors = sorted(event.target for event in self.endings_of(code, last.valid_to) if event.kind in PASSING)
        return self._what_became_of(successors[0] if successors else last.parent, spans)


def _span(row: dict[str, str]) -> Span:
    return Span(
        code=row["unit_code"],
        level=row["level"],
        unit_type=row["unit_type"],
        parent=row["parent_code"],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max,
    )


def _event(row: dict[str, str]) -> Event:
    return Event(
        day=date.fromisoformat(row["event_date"]),
        kind=row["kind"],
        source=row["from_code"],
        target=row.get("to_code") or "",
        weight=Decimal(row.get("weight") or "1"),
    )
