"""Load or amend the reporting tree, and what a province settles beside it, all or nothing.

Those are its exceptions from the filing calendar, its approval ladder and its mail addresses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from catalogue.load import load as load_catalogue
from catalogue.model import FOREVER
from ingestion.approval_rules import keep_rules, sync_rules
from ingestion.filing_calendar import Source, keep_exceptions, sync_calendar
from ingestion.lock import only_writer
from ingestion.tree import ENDING, Event, Span, Tree, stored
from ingestion.unit_files import Contact, UnitFiles, event_key, span_key
from ingestion.years import mark_changed_since

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


@dataclass(frozen=True, slots=True)
class UnitsLoaded:
    """What a load changed: how many rows are new or differ, and the known years whose figures it may move.

    `exceptions` counts those now held of the filing calendar, `approval_rules` those of the approval ladder,
    `contacts` the mail addresses of units; None where the folder says nothing of them.
    """

    spans_changed: int
    events_changed: int
    units: int
    years_touched: list[int]
    exceptions: int | None = None
    contacts: int | None = None
    approval_rules: int | None = None


def load(engine: Engine, folder: Path) -> UnitsLoaded:
    """Load or amend the tree. Raises UserError with every mistake, each by file and line; then nothing has changed.

    A row of units.csv replaces the stored one of the same unit_code and valid_from. For every unit that the folder
    names, its end events replace the stored ones, so that a wrong end can be put right. filing_exceptions.csv,
    approval_rules.csv and contacts.csv, where there is one, replace all exceptions, all rules of the approval ladder
    and all mail addresses loaded before.
    """
    catalogue = load_catalogue()
    given = UnitFiles(folder)
    spans, events, exceptions = given.spans(), given.events(), given.exceptions(catalogue.forms)
    contacts, approval = given.contacts(), given.approval(catalogue.forms)
    given.refuse_mistakes()
    with only_writer(engine), engine.begin() as connection:
        old = stored(connection)
        new = _amended(old, spans.values(), events.values())
        given.refuse_mistakes_of_tree(new, spans, events, exceptions, contacts)
        loaded = _write(connection, old, new)
        sync_calendar(connection, catalogue)
        sync_rules(connection, catalogue)
        if exceptions is not None:
            keep_exceptions(connection, Source.UNITS, list(exceptions.values()))
            loaded = replace(loaded, exceptions=len(exceptions))
        if approval is not None:
            years = keep_rules(connection, Source.UNITS, list(approval.values()))
            touched = sorted({*loaded.years_touched, *years})
            loaded = replace(loaded, approval_rules=len(approval), years_touched=touched)
        if contacts is not None:
            _write_contacts(connection, list(contacts.values()))
            loaded = replace(loaded, contacts=len(contacts))
    return loaded


def _amended(old: Tree, spans: Iterable[Span], events: Iterable[Event]) -> Tree:
    new_spans = {span_key(span): span for held in old.spans.values() for span in held}
    new_spans |= {span_key(span): span for span in spans}
    given = {event_key(event): event for event in events}
    named = {span.unit_code for span in spans} | {event.from_code for event in given.values()}
    kept = [event for event in old.events if event.kind not in ENDING or event.from_code not in named]
    return Tree(new_spans.values(), ({event_key(event): event for event in kept} | given).values())


def _write(connection: Connection, old: Tree, new: Tree) -> UnitsLoaded:
    old_spans = {span_key(span): span for held in old.spans.values() for span in held}
    new_spans = {span_key(span): span for held in new.spans.values() for span in held}
    spans = [span for key, span in new_spans.items() if old_spans.get(key) != span]
    events = set(new.events) ^ set(old.events)
    days = [_first_changed_day(old_spans.get(span_key(span)), span) for span in spans]
    days += [event.event_date for event in events]
    _write_spans(connection, spans)
    _write_events(connection, set(old.events) - set(new.events), set(new.events) - set(old.events))
    touched = mark_changed_since(connection, min(days).year) if days else []
    return UnitsLoaded(len(spans), len({event_key(event) for event in events}), len(new.spans), touched)


def _first_changed_day(old: Span | None, new: Span) -> date:
    if old is not None and replace(old, valid_to=new.valid_to) == new:
        return min(old.valid_to, new.valid_to)
    return new.valid_from


def _write_spans(connection: Connection, spans: list[Span]) -> None:
    from sqlalchemy import text

    if not spans:
        return
    connection.execute(
        text(
            """
            insert into landing.unit_span (unit_code, name, level, unit_type, parent_code, valid_from, valid_to)
            select * from unnest(
                cast(:codes as text[]), cast(:names as text[]), cast(:levels as text[]), cast(:types as text[]),
                cast(:parents as text[]), cast(:froms as date[]), cast(:tos as date[])
            )
            on conflict (unit_code, valid_from) do update set
                name = excluded.name, level = excluded.level, unit_type = excluded.unit_type,
                parent_code = excluded.parent_code, valid_to = excluded.valid_to
            """
        ),
        {
            "codes": [span.unit_code for span in spans],
            "names": [span.name for span in spans],
            "levels": [span.level for span in spans],
            "types": [span.unit_type for span in spans],
            "parents": [span.parent_code or None for span in spans],
            "froms": [span.valid_from for span in spans],
            "tos": [None if span.valid_to == FOREVER else span.valid_to for span in spans],
        },
    )


def _write_events(connection: Connection, gone: Iterable[Event], added: Iterable[Event]) -> None:
    from sqlalchemy import text

    remove = text(
        """
        delete from landing.unit_event
        where event_date = :day and kind = :kind and from_code = :from and to_code is not distinct from :to
        """
    )
    insert = text(
        """
        insert into landing.unit_event (event_date, kind, from_code, to_code, weight)
        values (:day, :kind, :from, :to, :weight)
        """
    )
    for statement, events in ((remove, gone), (insert, added)):
        rows = [
            {
                "day": event.event_date,
                "kind": event.kind,
                "from": event.from_code,
                "to": event.to_code or None,
                "weight": event.weight,
            }
            for event in events
        ]
        if rows:
            connection.execute(statement, rows)


def _write_contacts(connection: Connection, contacts: list[Contact]) -> None:
    from sqlalchemy import text

    connection.execute(text("delete from landing.unit_contact"))
    if contacts:
        insert = text("insert into landing.unit_contact (unit_code, email) values (:unit_code, :email)")
        connection.execute(insert, [contact._asdict() for contact in contacts])
