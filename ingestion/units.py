"""Load or amend the reporting tree from units.csv and unit_events.csv, all or nothing."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from catalogue.load import load as load_catalogue
from catalogue.model import Catalogue, Level, UnitType
from ingestion import tree_rules
from ingestion.lock import only_writer
from ingestion.tree import ENDING, FOREVER, Event, Span, Tree, stored
from ingestion.years import mark_changed_since
from kexie.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

SPANS_FILE = "units.csv"
EVENTS_FILE = "unit_events.csv"
SPAN_COLUMNS = ("unit_code", "name", "level", "unit_type", "parent_code", "valid_from", "valid_to")
EVENT_COLUMNS = ("event_date", "kind", "from_code", "to_code", "weight")

EVENT_KINDS = (*ENDING, "move")

# A code names the unit's folder in the inbox and the outbox.
CODE = re.compile(r"[\w][\w.-]{0,63}")

WEIGHT_LENGTH = 50
"""Characters of a weight: far finer than any split, and short enough to be summed exactly."""

SpanKey = tuple[str, date]
EventKey = tuple[date, str, str, str]
Row = TypeVar("Row", Span, Event)
Key = TypeVar("Key", SpanKey, EventKey)


@dataclass(frozen=True, slots=True)
class UnitsLoaded:
    """What a load changed: how many rows are new or differ, and the known years whose figures it may move."""

    spans_changed: int
    events_changed: int
    units: int
    years_touched: list[int]


def load(engine: Engine, folder: Path) -> UnitsLoaded:
    """Load or amend the tree. Raises UserError with every mistake, each by file and line; then nothing has changed.

    A row of units.csv replaces the stored one of the same unit_code and valid_from. For every unit that the folder
    names, its end events replace the stored ones, so that a wrong end can be put right.
    """
    given = _Files(folder)
    spans, events = given.spans(), given.events()
    given.refuse_mistakes()
    with only_writer(engine), engine.begin() as connection:
        old = stored(connection)
        new = _amended(old, spans.values(), events.values())
        given.refuse_mistakes_of_tree(new, spans, events)
        loaded = _write(connection, old, new)
        sync_expectations(connection, load_catalogue())
    return loaded


def sync_expectations(connection: Connection, catalogue: Catalogue) -> None:
    """Bring landing.form_expectation to what the catalogue says; writes only when something differs."""
    from sqlalchemy import text

    wanted = {
        (form.code, str(level), str(unit_type)): (form.title, form.due.month, form.due.day)
        for form in catalogue.forms.values()
        for level, unit_type in form.filers
    }
    rows = connection.execute(text("select * from landing.form_expectation"))
    held = {(row.form, row.level, row.unit_type): (row.form_name, row.due_month, row.due_day) for row in rows}
    if held == wanted:
        return
    connection.execute(text("delete from landing.form_expectation"))
    connection.execute(
        text(
            """
            insert into landing.form_expectation (form, level, unit_type, form_name, due_month, due_day)
            values (:form, :level, :unit_type, :form_name, :month, :day)
            """
        ),
        [
            {"form": form, "level": level, "unit_type": kind, "form_name": title, "month": month, "day": day}
            for (form, level, kind), (title, month, day) in wanted.items()
        ],
    )


class _Files:
    """The two files of a folder, and every mistake found in them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mistakes: list[str] = []
        self._lines: dict[tuple[str, SpanKey | EventKey], int] = {}
        if not (folder / SPANS_FILE).is_file():
            raise UserError(f"{folder / SPANS_FILE} is missing; give a folder that holds {SPANS_FILE}.")

    def spans(self) -> dict[SpanKey, Span]:
        return self._keyed(SPANS_FILE, SPAN_COLUMNS, SPAN_COLUMNS, self._span, _span_key)

    def events(self) -> dict[EventKey, Event]:
        if not (self._folder / EVENTS_FILE).is_file():
            return {}
        return self._keyed(EVENTS_FILE, EVENT_COLUMNS, EVENT_COLUMNS[:3], self._event, _event_key)

    def refuse_mistakes(self) -> None:
        if self._mistakes:
            raise UserError("\n".join([f"The units in {self._folder} were not loaded:", *self._mistakes]))

    def refuse_mistakes_of_tree(self, tree: Tree, spans: dict[SpanKey, Span], events: dict[EventKey, Event]) -> None:
        for row, sentence in tree_rules.mistakes(tree):
            if isinstance(row, Span):
                where = self._where(SPANS_FILE, _span_key(row), spans)
                self._mistakes.append(f"{where}: {row.unit_code} from {row.valid_from}: {sentence}.")
            else:
                where = self._where(EVENTS_FILE, _event_key(row), events)
                self._mistakes.append(f"{where}: {row.kind} of {row.from_code}: {sentence}.")
        self.refuse_mistakes()

    def _where(self, file: str, key: SpanKey | EventKey, given: Iterable[object]) -> str:
        return f"{file}, line {self._lines[file, key]}" if key in given else f"{file}, a row loaded before"

    def _mistake(self, file: str, line: int, sentence: str) -> None:
        self._mistakes.append(f"{file}, line {line}: {sentence}.")

    def _keyed(
        self,
        file: str,
        columns: Sequence[str],
        required: Sequence[str],
        parse: Callable[[int, dict[str, str]], Row | None],
        key_of: Callable[[Row], Key],
    ) -> dict[Key, Row]:
        rows: dict[Key, Row] = {}
        for line, fields in self._rows(file, columns, required):
            row = parse(line, fields)
            if row is None:
                continue
            key = key_of(row)
            if key in rows:
                first = self._lines[file, key]
                self._mistake(file, line, f"it repeats line {first}; keep one of them")
            else:
                rows[key], self._lines[file, key] = row, line
        return rows

    def _rows(self, file: str, columns: Sequence[str], required: Sequence[str]) -> Iterable[tuple[int, dict[str, str]]]:
        records = self._records(file)
        _, header = next(records, (1, []))
        missing = [name for name in required if name not in header]
        unknown = [name for name in header if name not in columns]
        if missing or unknown or len(set(header)) < len(header):
            self._mistake(file, 1, f"the header must be {','.join(columns)}, not {','.join(header)}")
            return
        for line, fields in records:
            if not any(fields):
                continue
            if len(fields) != len(header):
                self._mistake(file, line, f"it has {len(fields)} fields, the header has {len(header)}")
                continue
            yield line, dict(zip(header, fields, strict=True))

    def _records(self, file: str) -> Iterator[tuple[int, list[str]]]:
        """Each record, its fields without outer spaces, with the line on which it begins."""
        reader = csv.reader(StringIO(self._text(file), newline=""), strict=True)
        while True:
            line = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._mistake(file, line, f"it cannot be split into fields ({error}); check its double quotes")
                return
            yield line, [field.strip() for field in fields]

    def _text(self, file: str) -> str:
        data = (self._folder / file).read_bytes()
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
        raise UserError(f"{self._folder / file} is neither UTF-8 nor GB18030 text; save it as UTF-8.")

    def _span(self, line: int, fields: dict[str, str]) -> Span | None:
        before = len(self._mistakes)
        if not CODE.fullmatch(code := fields["unit_code"]):
            self._mistake(SPANS_FILE, line, f"unit_code '{code}' must be letters, digits, '-', '_' or '.', at most 64")
        if not fields["name"]:
            self._mistake(SPANS_FILE, line, "name is empty; give the unit's name")
        if any(unicodedata.category(letter) == "Cc" for letter in fields["name"]):
            self._mistake(SPANS_FILE, line, "name holds a line break or another control character; take it out")
        self._check_word(line, SPANS_FILE, "level", fields["level"], list(Level))
        self._check_word(line, SPANS_FILE, "unit_type", fields["unit_type"], list(UnitType))
        valid_from = self._day(line, SPANS_FILE, "valid_from", fields["valid_from"])
        valid_to = self._day(line, SPANS_FILE, "valid_to", fields["valid_to"]) if fields["valid_to"] else FOREVER
        if valid_from and valid_to and valid_to <= valid_from:
            self._mistake(SPANS_FILE, line, f"valid_to {valid_to} must be after valid_from {valid_from}")
        if len(self._mistakes) > before or valid_from is None or valid_to is None:
            return None
        return Span(
            fields["unit_code"],
            fields["name"],
            fields["level"],
            fields["unit_type"],
            fields["parent_code"],
            valid_from,
            valid_to,
        )

    def _event(self, line: int, fields: dict[str, str]) -> Event | None:
        before = len(self._mistakes)
        self._check_word(line, EVENTS_FILE, "kind", fields["kind"], EVENT_KINDS)
        day = self._day(line, EVENTS_FILE, "event_date", fields["event_date"])
        weight = self._weight(line, fields.get("weight", ""))
        if not fields["from_code"]:
            self._mistake(EVENTS_FILE, line, "from_code is empty; give the unit that it happened to")
        if len(self._mistakes) > before or day is None or weight is None:
            return None
        return Event(day, fields["kind"], fields["from_code"], fields.get("to_code", ""), weight)

    def _check_word(self, line: int, file: str, column: str, word: str, words: Sequence[str]) -> None:
        if word not in words:
            self._mistake(file, line, f"{column} '{word}' is unknown; use one of: {', '.join(words)}")

    def _day(self, line: int, file: str, column: str, text: str) -> date | None:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            try:
                return date.fromisoformat(text)
            except ValueError:
                pass
        self._mistake(file, line, f"{column} '{text}' is no day; write it like 2021-07-01")
        return None

    def _weight(self, line: int, text: str) -> Decimal | None:
        try:
            weight = Decimal(text or "1")
        except InvalidOperation:
            weight = Decimal("nan")
        if weight.is_nan() or not 0 < weight <= 1:
            self._mistake(EVENTS_FILE, line, f"weight '{text}' must be above 0 and at most 1, such as 0.6")
            return None
        if len(text) > WEIGHT_LENGTH or weight.adjusted() < -WEIGHT_LENGTH:
            self._mistake(EVENTS_FILE, line, f"weight '{text}' is too fine; write at most {WEIGHT_LENGTH} characters")
            return None
        return weight


def _span_key(span: Span) -> SpanKey:
    return span.unit_code, span.valid_from


def _event_key(event: Event) -> EventKey:
    return event.event_date, event.kind, event.from_code, event.to_code


def _amended(old: Tree, spans: Iterable[Span], events: Iterable[Event]) -> Tree:
    new_spans = {_span_key(span): span for held in old.spans.values() for span in held}
    new_spans |= {_span_key(span): span for span in spans}
    given = {_event_key(event): event for event in events}
    named = {span.unit_code for span in spans} | {event.from_code for event in given.values()}
    kept = [event for event in old.events if event.kind not in ENDING or event.from_code not in named]
    return Tree(new_spans.values(), ({_event_key(event): event for event in kept} | given).values())


def _write(connection: Connection, old: Tree, new: Tree) -> UnitsLoaded:
    old_spans = {_span_key(span): span for held in old.spans.values() for span in held}
    new_spans = {_span_key(span): span for held in new.spans.values() for span in held}
    spans = [span for key, span in new_spans.items() if old_spans.get(key) != span]
    events = set(new.events) ^ set(old.events)
    days = [_first_changed_day(old_spans.get(_span_key(span)), span) for span in spans]
    days += [event.event_date for event in events]
    _write_spans(connection, spans)
    _write_events(connection, set(old.events) - set(new.events), set(new.events) - set(old.events))
    touched = mark_changed_since(connection, min(days).year) if days else []
    return UnitsLoaded(len(spans), len({_event_key(event) for event in events}), len(new.spans), touched)


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
