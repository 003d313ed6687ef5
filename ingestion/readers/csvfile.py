"""Read the CSV of another system: one row per figure, each (unit, form, period) in it a submission.

A row with a `name` is one name of a list; the rows of one list are one figure.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from io import StringIO

from catalogue.model import Catalogue
from ingestion import name_lists
from ingestion.observations import FileContent, ListedName, Place, Problem, Reading
from ingestion.periods import parse_period
from ingestion.readers.figures import NOT_APPLICABLE, NUMBER, REDACTED, UNREADABLE, clipped, figure_in
from ingestion.refusal import Refusal

REQUIRED = ("unit_code", "form", "period", "indicator_code", "scope", "value")
OF_A_NAME = ("name", "title", "level", "batch", "located_in", "valid_from", "valid_until")
COLUMNS = (*REQUIRED, "low", "high", "state", "status", "note", *OF_A_NAME)
_OTHER_DELIMITERS = {
    "\t": "制表符",
    ";": "英文分号（;）",
    "；": "中文分号（；）",
    "，": "中文逗号（，）",
    "|": "竖线（|）",
}
_EXAMPLES = {"unit_code": "410100", "period": "2021", "indicator_code": "vol_person_registered_count"}
_OPEN = "open"
_LONGEST_FIELD = 100_000


def read(data: bytes, catalogue: Catalogue) -> FileContent:
    """All that stands in a CSV file. Raises Refusal where the file as a whole cannot be read.

    A row that makes a reading is left to the checks. A row that makes none is judged here, because nobody else sees it.
    """
    records = _records(_decode(data))
    _, header = next(records, (1, []))
    columns = _columns(header)
    content = FileContent("csv")
    is_empty = True
    for line, fields in records:
        if not any(field.strip() for field in fields):
            continue
        is_empty = False
        if len(fields) != len(columns):
            details = {"found": str(len(fields)), "expected": str(len(columns))}
            content.problems.append(Problem("CSV_FIELD_COUNT", Place(line=line), details))
            continue
        _Row(dict(zip(columns, map(str.strip, fields), strict=True)), line, catalogue).add_to(content)
        name_lists.refuse_too_many(content.names, catalogue)
    if is_empty:
        content.problems.append(Problem("CSV_NO_ROWS", Place(), {}))
    content.filed = list(dict.fromkeys(content.filed))
    name_lists.add_counts(content, catalogue)
    return content


def _decode(data: bytes) -> str:
    """The text of a file in UTF-8, with or without BOM, or in GB18030. A NUL byte betrays UTF-16 and the like."""
    error_at = data.find(b"\0")
    if error_at < 0:
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                error_at = error.start
    line = data.count(b"\n", 0, error_at) + 1
    raise Refusal("CSV_ENCODING", Place(line=line), line=str(line))


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins; blank lines are passed over."""
    csv.field_size_limit(_LONGEST_FIELD)
    rows = csv.reader(StringIO(text, newline=""), strict=True)
    line = 1
    while True:
        try:
            fields = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise Refusal("CSV_QUOTE_UNCLOSED", Place(line=line)) from error
        if fields:
            yield line, fields
        line = rows.line_num + 1


def _columns(header: Sequence[str]) -> list[str]:
    names = [name.strip() for name in header]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        delimiter = next((word for sign, word in _OTHER_DELIMITERS.items() if sign in "".join(names)), None)
        if delimiter and len(names) < len(REQUIRED):
            raise Refusal("CSV_DELIMITER", Place(line=1), delimiter=delimiter)
        raise Refusal("CSV_COLUMN_MISSING", Place(line=1), columns="、".join(missing))
    for position, name in enumerate(names, 1):
        if name not in COLUMNS:
            column = clipped(name) or f"第 {position} 列，没有列名"
            raise Refusal("CSV_COLUMN_UNKNOWN", Place(line=1), column=column, columns=",".join(COLUMNS))
        if names.count(name) > 1:
            raise Refusal("CSV_COLUMN_REPEATED", Place(line=1), column=name)
    return names


class _NotAReading(Exception):  # noqa: N818 - a turn inside this module
    """This row makes no reading; the problem says why."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code, self.details = code, details


class _Row:
    """One row under the header, its fields without outer spaces."""

    def __init__(self, fields: Mapping[str, str], line: int, catalogue: Catalogue) -> None:
        self._fields, self._place, self._catalogue = fields, Place(line=line), catalogue

    def add_to(self, content: FileContent) -> None:
        problems = self._blank_ids()
        reading = None
        try:
            reading = self._reading()
        except _NotAReading as reason:
            problems.append(self._problem(reason.code, **reason.details))
        is_named = any(self[column] for column in OF_A_NAME)
        if is_named and not self["name"]:
            problems.append(self._problem("NAME_BLANK"))
        period = self["period"]
        if period and reading is None and parse_period(period) is None:
            problems.append(self._problem("PERIOD_UNREADABLE", period=clipped(period)))
        content.problems += problems
        if not problems:
            content.filed += [(self["unit_code"], self._form(), period)] if parse_period(period) else []
            content.readings += [reading] if reading else []
            content.names += [self._name()] if is_named else []

    def __getitem__(self, column: str) -> str:
        return self._fields.get(column, "")

    def _blank_ids(self) -> list[Problem]:
        return [
            self._problem("FIELD_BLANK", column=column, example=example)
            for column, example in _EXAMPLES.items()
            if not self[column]
        ]

    def _problem(self, code: str, **details: str) -> Problem:
        """A problem of this row, which names the submission that it spoils."""
        submission = {"unit_code": self["unit_code"], "form": self._form(), "period": self["period"]}
        return Problem(code, self._place, submission | details)

    def _form(self) -> str:
        indicator = self._catalogue.indicators.get(self["indicator_code"])
        return self["form"] or (indicator.form if indicator else "")

    def _reading(self) -> Reading | None:
        """The figure of the row, or None where all of it is blank. Raises _NotAReading where it contradicts itself."""
        state = self["state"]
        if state not in ("", NOT_APPLICABLE, REDACTED):
            raise _NotAReading("STATE_UNKNOWN", state=clipped(state))
        figure = figure_in(self["value"])
        if figure and figure.state in (NOT_APPLICABLE, REDACTED) and state in ("", figure.state):
            state, figure = figure.state, None
        if state:
            self._refuse_numbers_with(state, "" if figure is None else self["value"])
            return self._made(state, None, None, None, self["value"] or state)
        if figure and figure.state == UNREADABLE:
            return self._made(UNREADABLE, None, None, None, self["value"])
        return self._number(figure.value if figure else None)

    def _refuse_numbers_with(self, state: str, value: str) -> None:
        raw = value or self["low"] or self["high"]
        if raw:
            raise _NotAReading(
                "STATE_WITH_NUMBER",
                indicator_name=self._indicator_name(),
                state_label=self._catalogue.label("states", state),
                raw=clipped(raw),
            )

    def _number(self, value: Decimal | None) -> Reading | None:
        low_text, high_text = self["low"], self["high"]
        if value is None and not low_text and not high_text:
            return None
        bounds: list[Decimal | None] = []
        for text in (low_text, high_text):
            figure = figure_in(text) if text != _OPEN else None
            if figure and figure.state != NUMBER:
                return self._made(UNREADABLE, None, None, None, text)
            bounds.append(figure.value if figure else None if text else value)
        if value is None and bounds == [None, None]:
            return self._made(UNREADABLE, None, None, None, _OPEN)
        return self._made(NUMBER, value, bounds[0], bounds[1], self["value"] or f"{low_text}-{high_text}")

    def _made(self, state: str, value: Decimal | None, low: Decimal | None, high: Decimal | None, raw: str) -> Reading:
        return Reading(
            unit_code=self["unit_code"], form=self["form"], period=self["period"],
            indicator_code=self["indicator_code"], scope=self["scope"], status=self["status"],
            state=state, value=value, low=low, high=high, note=self["note"], raw=clipped(raw), place=self._place,
        )  # fmt: skip

    def _name(self) -> ListedName:
        return ListedName(
            unit_code=self["unit_code"], form=self["form"], period=self["period"],
            indicator_code=self["indicator_code"], scope=self["scope"], status=self["status"],
            **{column: self[column] for column in OF_A_NAME}, note=self["note"], place=self._place,
        )  # fmt: skip

    def _indicator_name(self) -> str:
        indicator = self._catalogue.indicators.get(self["indicator_code"])
        return indicator.name_zh if indicator else clipped(self["indicator_code"])
