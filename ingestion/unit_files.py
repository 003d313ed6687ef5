"""The files of which the reporting tree is loaded, read strictly: units.csv, unit_events.csv, and what goes with them.

Every mistake is noted with its file and line, so that all can be told at once.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from io import StringIO
from pathlib import Path
from typing import NamedTuple, TypeVar

from catalogue.load import filing_span
from catalogue.model import FOREVER, ApprovalRule, ApprovalStep, FilingException, Level, Unapproved, UnitType
from catalogue.rules import approvable_forms, mistakes_of_approval_rule
from ingestion import tree_rules
from ingestion.tree import ENDING, Event, Span, Tree
from kexie.errors import UserError
from notices.settings import ADDRESS

SPANS_FILE = "units.csv"
EVENTS_FILE = "unit_events.csv"
EXCEPTIONS_FILE = "filing_exceptions.csv"
CONTACTS_FILE = "contacts.csv"
APPROVAL_FILE = "approval_rules.csv"
SPAN_COLUMNS = ("unit_code", "name", "level", "unit_type", "parent_code", "valid_from", "valid_to")
EVENT_COLUMNS = ("event_date", "kind", "from_code", "to_code", "weight")
CONTACT_COLUMNS = ("unit_code", "email")
EXCEPTION_COLUMNS = ("unit_code", "level", "unit_type", "form", "period", "due_date", "reason", "valid_to")
APPROVAL_COLUMNS = ("form", "level", "unit_type", "steps", "unapproved", "valid_from", "valid_to")

EVENT_KINDS = (*ENDING, "move")

# A code names the unit's folder in the inbox and the outbox.
CODE = re.compile(r"[\w][\w.-]{0,63}")

WEIGHT_LENGTH = 50
"""Characters of a weight: far finer than any split, and short enough to be summed exactly."""

SpanKey = tuple[str, date]
EventKey = tuple[date, str, str, str]
ExceptionKey = tuple[str, str, str, str, date, date]
ContactKey = tuple[str, str]
ApprovalKey = tuple[str, str, str, date, date]


class Contact(NamedTuple):
    """A mail address of a unit, to which its reminders go; no person's name is kept."""

    unit_code: str
    email: str


Row = TypeVar("Row", Span, Event, FilingException, Contact, ApprovalRule)
Key = TypeVar("Key", SpanKey, EventKey, ExceptionKey, ContactKey, ApprovalKey)


class UnitFiles:
    """The files of a folder, and every mistake found in them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mistakes: list[str] = []
        self._lines: dict[tuple[str, SpanKey | EventKey | ExceptionKey | ContactKey | ApprovalKey], int] = {}
        if not (folder / SPANS_FILE).is_file():
            raise UserError(f"{folder / SPANS_FILE} is missing; give a folder that holds {SPANS_FILE}.")

    def spans(self) -> dict[SpanKey, Span]:
        return self._keyed(SPANS_FILE, SPAN_COLUMNS, SPAN_COLUMNS, self._span, span_key)

    def events(self) -> dict[EventKey, Event]:
        if not (self._folder / EVENTS_FILE).is_file():
            return {}
        return self._keyed(EVENTS_FILE, EVENT_COLUMNS, EVENT_COLUMNS[:3], self._event, event_key)

    def exceptions(self, forms: Collection[str]) -> dict[ExceptionKey, FilingException] | None:
        """The exceptions from the filing calendar in the order of the file; None where there is no file."""
        if not (self._folder / EXCEPTIONS_FILE).is_file():
            return None

        def parse(line: int, fields: dict[str, str]) -> FilingException | None:
            return self._exception(line, fields, forms)

        return self._keyed(EXCEPTIONS_FILE, EXCEPTION_COLUMNS, EXCEPTION_COLUMNS, parse, exception_key)

    def contacts(self) -> dict[ContactKey, Contact] | None:
        """The units' mail addresses; None where there is no file."""
        if not (self._folder / CONTACTS_FILE).is_file():
            return None
        return self._keyed(CONTACTS_FILE, CONTACT_COLUMNS, CONTACT_COLUMNS, self._contact, contact_key)

    def approval(self, forms: Iterable[str]) -> dict[ApprovalKey, ApprovalRule] | None:
        """The rules of the approval ladder in the order of the file; None where there is no file."""
        if not (self._folder / APPROVAL_FILE).is_file():
            return None
        known = approvable_forms(forms)

        def parse(line: int, fields: dict[str, str]) -> ApprovalRule | None:
            return self._approval_rule(line, fields, known)

        return self._keyed(APPROVAL_FILE, APPROVAL_COLUMNS, APPROVAL_COLUMNS, parse, approval_key)

    def refuse_mistakes(self) -> None:
        if self._mistakes:
            raise UserError("\n".join([f"The units in {self._folder} were not loaded:", *self._mistakes]))

    def refuse_mistakes_of_tree(
        self,
        tree: Tree,
        spans: Mapping[SpanKey, Span],
        events: Mapping[EventKey, Event],
        exceptions: Mapping[ExceptionKey, FilingException] | None,
        contacts: Mapping[ContactKey, Contact] | None,
    ) -> None:
        for row, sentence, others in tree_rules.mistakes(tree):
            what = (
                f"{row.unit_code} from {row.valid_from}" if isinstance(row, Span) else f"{row.kind} of {row.from_code}"
            )
            beside = ", ".join(f"{self._where(other, spans, events)} ({_in_short(other)})" for other in others)
            told = f"{sentence}; see {beside}" if beside else sentence
            self._mistakes.append(f"{self._where(row, spans, events)}: {what}: {told}.")
        for key, exception in (exceptions or {}).items():
            self._check_unit(self._lines[EXCEPTIONS_FILE, key], tree, exception)
        for contact_of, contact in (contacts or {}).items():
            if contact.unit_code not in tree.spans:
                sentence = f"unit_code {contact.unit_code} is no unit; give the code of one"
                self._mistake(CONTACTS_FILE, self._lines[CONTACTS_FILE, contact_of], sentence)
        self.refuse_mistakes()

    def _check_unit(self, line: int, tree: Tree, exception: FilingException) -> None:
        code, first, last = exception.unit_code, exception.valid_from, exception.valid_to - timedelta(days=1)
        if code and code not in tree.spans:
            self._mistake(EXCEPTIONS_FILE, line, f"unit_code {code} is no unit; give the code of one, or none")
        elif code and not tree.within(code, first, last):
            self._mistake(EXCEPTIONS_FILE, line, f"{code} does not exist from {first} to {last}; give another period")

    def _where(self, row: Span | Event, spans: Mapping[SpanKey, Span], events: Mapping[EventKey, Event]) -> str:
        file, key, is_given = (
            (SPANS_FILE, span_key(row), span_key(row) in spans)
            if isinstance(row, Span)
            else (EVENTS_FILE, event_key(row), event_key(row) in events)
        )
        return f"{file}, line {self._lines[file, key]}" if is_given else f"{file}, a row loaded before"

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

    def _exception(self, line: int, fields: dict[str, str], forms: Collection[str]) -> FilingException | None:
        before = len(self._mistakes)
        if fields["level"]:
            self._check_word(line, EXCEPTIONS_FILE, "level", fields["level"], list(Level))
        if fields["unit_type"]:
            self._check_word(line, EXCEPTIONS_FILE, "unit_type", fields["unit_type"], list(UnitType))
        if fields["unit_code"] and (fields["level"] or fields["unit_type"]):
            self._mistake(EXCEPTIONS_FILE, line, "it names a unit and a kind of unit; leave one of them empty")
        if fields["form"]:
            self._check_word(line, EXCEPTIONS_FILE, "form", fields["form"], list(forms))
        if not fields["reason"]:
            self._mistake(EXCEPTIONS_FILE, line, "reason is empty; say why, in Chinese, for whoever asks later")
        due_date, valid_to = (
            self._day(line, EXCEPTIONS_FILE, column, fields[column]) if fields[column] else None
            for column in ("due_date", "valid_to")
        )
        if len(self._mistakes) > before:
            return None
        try:
            first, end = filing_span(fields["period"], due_date, valid_to)
        except ValueError as mistake:
            self._mistake(EXCEPTIONS_FILE, line, str(mistake))
            return None
        who = fields["unit_code"], fields["level"], fields["unit_type"]
        return FilingException(*who, fields["form"], due_date, fields["reason"], first, end)

    def _approval_rule(self, line: int, fields: dict[str, str], forms: Sequence[str]) -> ApprovalRule | None:
        before = len(self._mistakes)
        given, steps = fields["unapproved"], fields["steps"].split()
        of_kind = (
            ("form", forms),
            ("level", list(Level)),
            ("unit_type", list(UnitType)),
            ("unapproved", [*Unapproved]),
        )
        for column, words in of_kind:
            if fields[column]:
                self._check_word(line, APPROVAL_FILE, column, fields[column], words)
        for step in steps:
            self._check_word(line, APPROVAL_FILE, "steps", step, list(ApprovalStep))
        valid_from = self._day(line, APPROVAL_FILE, "valid_from", fields["valid_from"])
        valid_to = self._day(line, APPROVAL_FILE, "valid_to", fields["valid_to"]) if fields["valid_to"] else FOREVER
        if len(self._mistakes) > before or valid_from is None or valid_to is None:
            return None
        who = fields["form"], fields["level"], fields["unit_type"]
        rule = ApprovalRule(
            *who, tuple(map(ApprovalStep, steps)), Unapproved(given) if given else None, valid_from, valid_to
        )
        for sentence in mistakes_of_approval_rule(rule):
            self._mistake(APPROVAL_FILE, line, sentence)
        return rule

    def _contact(self, line: int, fields: dict[str, str]) -> Contact | None:
        if not ADDRESS.fullmatch(fields["email"]):
            self._mistake(CONTACTS_FILE, line, f"email '{fields['email']}' is no mail address; write name@example.org")
            return None
        return Contact(fields["unit_code"], fields["email"])

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


def _in_short(row: Span | Event) -> str:
    if isinstance(row, Span):
        return f"{row.unit_code} from {row.valid_from}, under {row.parent_code or 'nobody'}"
    into = f" into {row.to_code}, weight {row.weight}" if row.to_code else ""
    return f"{row.kind} of {row.from_code}{into}"


def span_key(span: Span) -> SpanKey:
    return span.unit_code, span.valid_from


def event_key(event: Event) -> EventKey:
    return event.event_date, event.kind, event.from_code, event.to_code


def exception_key(exception: FilingException) -> ExceptionKey:
    who = exception.unit_code, exception.level, exception.unit_type
    return *who, exception.form, exception.valid_from, exception.valid_to


def approval_key(rule: ApprovalRule) -> ApprovalKey:
    return rule.form, rule.level, rule.unit_type, rule.valid_from, rule.valid_to


def contact_key(contact: Contact) -> ContactKey:
    # Servers do not tell upper from lower case, so that one would get the same letter twice.
    return contact.unit_code, contact.email.lower()
