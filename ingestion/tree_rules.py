"""What must hold for the reporting tree as a whole, whoever loaded which row of it.

Each mistake comes with the row it stands in, and says what would be right. Rules: "The tree through time".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import localcontext
from itertools import groupby, pairwise

from catalogue.model import FOREVER
from ingestion.tree import ENDING, PASSING, Event, Span, Tree

MAX_DEPTH = 6
"""Units on the longest way from the root to a leaf, both included."""

EXACT_DIGITS = 200
"""Digits in which any weights that could be loaded sum without rounding."""

Mistake = tuple[Span | Event, str]


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
            yield later, f"overlaps the span from {earlier.valid_from} {until}; end that one on {later.valid_from}"
        elif later.valid_from > earlier.valid_to:
            sentence = f"leaves a gap after {earlier.valid_to}; begin it that day, or give a new unit a new code"
            yield later, sentence


def _of_roots(tree: Tree) -> Iterator[Mistake]:
    roots = [span for spans in tree.spans.values() for span in spans if not span.parent_code]
    if tree.spans and not roots:
        yield next(iter(tree.spans.values()))[0], "there is no root; leave parent_code empty for the province"


def _of_parents(tree: Tree, span: Span) -> Iterator[Mistake]:
    if not span.parent_code:
        return
    if span.parent_code not in tree.spans:
        yield span, f"parent {span.parent_code} is no unit; give the code of one"
        return
    missing = _first_day_without(tree, span)
    if missing is not None:
        yield span, f"parent {span.parent_code} does not exist on {missing}; end the span then, or give another parent"
    else:
        yield from _of_way_up(tree, span)


def _first_day_without(tree: Tree, span: Span) -> date | None:
    """The first day of the span on which its parent does not exist."""
    day = span.valid_from
    for parent in tree.spans[span.parent_code]:
        if parent.valid_from <= day < parent.valid_to:
            day = parent.valid_to
    return day if day < span.valid_to else None


def _of_way_up(tree: Tree, span: Span) -> Iterator[Mistake]:
    """At most one mistake: the first way up, over the days of the span, that returns to itself or is too long."""
    for way in _ways_up(tree, span, span.valid_from, span.valid_to, (span.unit_code,)):
        if way[-1] in way[:-1]:
            yield span, f"hangs under itself: {' under '.join(way)}; give another parent_code"
            return
        if len(way) > MAX_DEPTH:
            yield span, f"is deeper than {MAX_DEPTH} levels: {' under '.join(way)}; give a higher parent_code"
            return


def _ways_up(tree: Tree, span: Span, start: date, end: date, below: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The chains of codes from a unit upwards that hold on some day from start to before end."""
    if not span.parent_code:
        yield below
        return
    way = (*below, span.parent_code)
    if span.parent_code in below or len(way) > MAX_DEPTH:
        yield way
        return
    for parent in tree.spans.get(span.parent_code, ()):
        if parent.valid_from < end and parent.valid_to > start:
            yield from _ways_up(tree, parent, max(start, parent.valid_from), min(end, parent.valid_to), way)


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
            day = spans[-1].valid_to
            yield spans[-1], f"ends on {day} without an event; add its rename, merge, split or close to unit_events.csv"


def _of_one_event(tree: Tree, event: Event) -> Iterator[Mistake]:
    spans = tree.spans.get(event.from_code)
    if spans is None:
        yield event, f"from_code {event.from_code} is no unit; give the code of the unit that it happened to"
    elif event.kind == "move":
        if event.event_date not in {span.valid_to for span in spans}:
            yield event, f"no span of {event.from_code} ends on {event.event_date}; give the day between two spans"
    elif spans[-1].valid_to != event.event_date:
        yield event, f"{event.from_code} {_ends(spans[-1])}; event_date must be its valid_to"
    if event.kind in PASSING:
        yield from _of_successor(tree, event)
    if event.kind == "close" and event.to_code:
        yield event, "a close has no successor; leave to_code empty, or make it a merge"
    if event.kind in ENDING and event.kind != "split" and event.weight != 1:
        yield event, f"the weight of a {event.kind} is 1; leave it empty"


def _of_successor(tree: Tree, event: Event) -> Iterator[Mistake]:
    if not event.to_code:
        yield event, f"a {event.kind} needs a successor; give to_code"
    elif event.to_code == event.from_code:
        yield event, f"{event.from_code} cannot be its own successor; give the successor a code of its own"
    elif event.to_code not in tree.spans:
        yield event, f"to_code {event.to_code} is no unit; give the code of the successor"
    elif not tree.within(event.to_code, event.event_date, event.event_date):
        yield event, f"successor {event.to_code} does not exist on {event.event_date}; it must on the day of the event"


def _of_one_end(events: list[Event]) -> Iterator[Mistake]:
    """All events by which one unit ended."""
    first = events[0]
    differing = [event for event in events if (event.kind, event.event_date) != (first.kind, first.event_date)]
    if differing:
        what = f"{first.kind} on {first.event_date}"
        yield differing[0], f"{first.from_code} ended before, by a {what}; a unit ends once, keep one of them"
    elif first.kind == "split":
        yield from _of_weights(events)
    elif len(events) > 1:
        targets = ", ".join(event.to_code for event in events)
        yield events[1], f"a {first.kind} has one successor, not {targets}; make it a split with weights"


def _of_weights(events: Iterable[Event]) -> Iterator[Mistake]:
    events = list(events)
    with localcontext(prec=EXACT_DIGITS):
        total = sum(event.weight for event in events)
    if total != 1:
        yield events[0], f"the weights of the split of {events[0].from_code} sum to {total}; they must sum to exactly 1"


def _ends(span: Span) -> str:
    return "does not end" if span.valid_to == FOREVER else f"ends on {span.valid_to}"


def _until(span: Span) -> str:
    return "that does not end" if span.valid_to == FOREVER else f"to {span.valid_to}"
