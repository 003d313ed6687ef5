"""What must hold for the reporting tree as a whole, whoever loaded which row of it.

Each mistake comes with the rows it stands in, and says what would be right. Rules: "The tree through time".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import localcontext
from itertools import groupby, pairwise
from typing import NamedTuple

from catalogue.model import FOREVER
from ingestion.tree import ENDING, PASSING, Event, Span, Tree

MAX_DEPTH = 6
"""Units on the longest way from the root to a leaf, both included."""

EXACT_DIGITS = 200
"""Digits in which any weights that could be loaded sum without rounding."""


class Mistake(NamedTuple):
    """The row a mistake stands in, what would be right, and the other rows that it takes to make it one."""

    row: Span | Event
    sentence: str
    others: tuple[Span | Event, ...] = ()


def mistakes(tree: Tree) -> Iterator[Mistake]:
    """Every mistake of the tree."""
    for spans in tree.spans.values():
        yield from _of_one_unit(spans)
    yield from _of_roots(tree)
    for spans in tree.spans.values():
        for span in spans:
            yield from _of_parents(tree, span)
    yield from _of_events(tree)


def _of_one_unit(spans: list[Span]) -> Iterator[Mistake]:
    for earlier, later in pairwise(spans):
        if later.valid_from < earlier.valid_to:
            until = _until(earlier)
            sentence = f"overlaps the span from {earlier.valid_from} {until}; end that one on {later.valid_from}"
            yield Mistake(later, sentence, (earlier,))
        elif later.valid_from > earlier.valid_to:
            sentence = f"leaves a gap after {earlier.valid_to}; begin it that day, or give a new unit a new code"
            yield Mistake(later, sentence, (earlier,))


def _of_roots(tree: Tree) -> Iterator[Mistake]:
    roots = [span for spans in tree.spans.values() for span in spans if not span.parent_code]
    if tree.spans and not roots:
        first = next(iter(tree.spans.values()))[0]
        yield Mistake(first, "there is no root; leave parent_code empty for the province")


def _of_parents(tree: Tree, span: Span) -> Iterator[Mistake]:
    if not span.parent_code:
        return
    if span.parent_code not in tree.spans:
        yield Mistake(span, f"parent {span.parent_code} is no unit; give the code of one")
        return
    missing = _first_day_without(tree, span)
    if missing is not None:
        sentence = f"parent {span.parent_code} does not exist on {missing}; end the span then, or give another parent"
        yield Mistake(span, sentence, (_nearest(tree.spans[span.parent_code], missing),))
    else:
        yield from _of_way_up(tree, span)


def _first_day_without(tree: Tree, span: Span) -> date | None:
    """The first day of the span on which its parent does not exist."""
    day = span.valid_from
    for parent in tree.spans[span.parent_code]:
        if parent.valid_from <= day < parent.valid_to:
            day = parent.valid_to
    return day if day < span.valid_to else None


def _nearest(spans: list[Span], day: date) -> Span:
    """The span that ended last by a day, or the first where none had begun."""
    return ([spans[0]] + [span for span in spans if span.valid_to <= day])[-1]


def _of_way_up(tree: Tree, span: Span) -> Iterator[Mistake]:
    """At most one mistake: the first way up, over the days of the span, that returns to itself or is too long.

    A unit below a circle is not told again.
    """
    for way in _ways_up(tree, (span,), span.valid_from, span.valid_to):
        chain = " under ".join(one.unit_code for one in way)
        if _is_circle(way):
            if way[-1].unit_code == span.unit_code:
                yield Mistake(span, f"hangs under itself: {chain}; give another parent_code", way[1:-1])
                return
        elif len(way) > MAX_DEPTH:
            sentence = f"is deeper than {MAX_DEPTH} levels: {chain}; give a higher parent_code"
            yield Mistake(span, sentence, way[1:])
            return


def _ways_up(tree: Tree, way: tuple[Span, ...], start: date, end: date) -> Iterator[tuple[Span, ...]]:
    """The chains from a unit upwards that hold on some day from start to before end."""
    if not way[-1].parent_code or _is_circle(way) or len(way) > MAX_DEPTH:
        yield way
        return
    for parent in tree.spans.get(way[-1].parent_code, ()):
        if parent.valid_from < end and parent.valid_to > start:
            yield from _ways_up(tree, (*way, parent), max(start, parent.valid_from), min(end, parent.valid_to))


def _is_circle(way: tuple[Span, ...]) -> bool:
    return way[-1].unit_code in {span.unit_code for span in way[:-1]}


def _of_events(tree: Tree) -> Iterator[Mistake]:
    for event in tree.events:
        yield from _of_one_event(tree, event)
    ends = sorted((event for event in tree.events if event.kind in ENDING), key=lambda event: event.from_code)
    ended = set()
    for from_code, events in groupby(ends, key=lambda event: event.from_code):
        ended.add(from_code)
        yield from _of_one_end(list(events))
    for unit_code, spans in tree.spans.items():
        if spans[-1].valid_to != FOREVER and unit_code not in ended:
            sentence = "without an event; add its rename, merge, split or close to unit_events.csv"
            yield Mistake(spans[-1], f"ends on {spans[-1].valid_to} {sentence}")


def _of_one_event(tree: Tree, event: Event) -> Iterator[Mistake]:
    spans = tree.spans.get(event.from_code)
    if spans is None:
        sentence = f"from_code {event.from_code} is no unit; give the code of the unit that it happened to"
        yield Mistake(event, sentence)
    elif event.kind == "move":
        if event.event_date not in {span.valid_to for span in spans}:
            sentence = f"no span of {event.from_code} ends on {event.event_date}; give the day between two spans"
            yield Mistake(event, sentence, (_nearest(spans, event.event_date),))
    elif spans[-1].valid_to != event.event_date:
        sentence = f"{event.from_code} {_ends(spans[-1])}; event_date must be its valid_to"
        yield Mistake(event, sentence, (spans[-1],))
    if event.kind in PASSING:
        yield from _of_successor(tree, event)
    if event.kind == "close" and event.to_code:
        yield Mistake(event, "a close has no successor; leave to_code empty, or make it a merge")
    if event.kind in ENDING and event.kind != "split" and event.weight != 1:
        yield Mistake(event, f"the weight of a {event.kind} is 1; leave it empty")


def _of_successor(tree: Tree, event: Event) -> Iterator[Mistake]:
    code, day = event.to_code, event.event_date
    if not code:
        yield Mistake(event, f"a {event.kind} needs a successor; give to_code")
    elif code == event.from_code:
        yield Mistake(event, f"{code} cannot be its own successor; give the successor a code of its own")
    elif code not in tree.spans:
        yield Mistake(event, f"to_code {code} is no unit; give the code of the successor")
    elif not tree.within(code, day, day):
        sentence = f"successor {code} does not exist on {day}; it must on the day of the event"
        yield Mistake(event, sentence, (_nearest(tree.spans[code], day),))


def _of_one_end(events: list[Event]) -> Iterator[Mistake]:
    """All events by which one unit ended."""
    first = events[0]
    differing = [event for event in events if (event.kind, event.event_date) != (first.kind, first.event_date)]
    if differing:
        sentence = f"{first.from_code} ended before, by a {first.kind} on {first.event_date}"
        yield Mistake(differing[0], f"{sentence}; a unit ends once, keep one of them", (first,))
    elif first.kind == "split":
        yield from _of_weights(events)
    elif len(events) > 1:
        targets = ", ".join(event.to_code for event in events)
        sentence = f"a {first.kind} has one successor, not {targets}; make it a split with weights"
        yield Mistake(events[1], sentence, (first, *events[2:]))


def _of_weights(events: list[Event]) -> Iterator[Mistake]:
    with localcontext(prec=EXACT_DIGITS):
        total = sum(event.weight for event in events)
    if total != 1:
        sentence = f"the weights of the split of {events[0].from_code} sum to {total}; they must sum to exactly 1"
        yield Mistake(events[0], sentence, tuple(events[1:]))


def _ends(span: Span) -> str:
    return "does not end" if span.valid_to == FOREVER else f"ends on {span.valid_to}"


def _until(span: Span) -> str:
    return "that does not end" if span.valid_to == FOREVER else f"to {span.valid_to}"
