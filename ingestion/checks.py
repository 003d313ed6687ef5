"""Readings + catalogue + context → findings, and the submissions to store.

Every (unit, form, period) in a file is one submission. An error rejects the submission it stands in, and whatever else
of the file the faulty row might have belonged to; an error of the file as a whole rejects everything in it. All
findings of a phase are made at once; a row that failed a phase is spared the later ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from itertools import product
from typing import NamedTuple

from catalogue.model import Indicator, Phase, Scope, Severity, Status
from ingestion import wording
from ingestion.context import Context, Earlier, Figures, InForce, Key, LastYear, Rule
from ingestion.observations import FileContent, Place, Problem, Reading
from ingestion.periods import Period, parse_period
from ingestion.tree import FOREVER, Span

WHOLE_FILE = Place()
EVERYTHING: Key = ("", "", "")
SCOPES = frozenset(Scope)
STATUSES = frozenset(Status)
DROPPED_NAMED = 20
HINTS = 20
"""How many unknown codes of one file get the nearest known one named: the search is slow."""


class Found(NamedTuple):
    """One finding, as it is stored; `key` None is one about the file."""

    key: Key | None
    code: str
    severity: Severity
    sentence: str
    unit_code: str | None
    indicator_code: str | None
    place: Place
    raw: str


class Observed(NamedTuple):
    """One observation, in the order of the columns it is stored in."""

    indicator_code: str
    scope: str
    status: str
    state: str
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    is_held: bool
    note: str
    raw: str
    sheet: str | None
    cell: str | None
    line: int | None
    span_start: int | None
    span_end: int | None
    quote: str | None


@dataclass(slots=True)
class Submission:
    submission_id: int
    key: Key
    year: int | None
    is_accepted: bool
    figures_read: int
    observations: list[Observed]


@dataclass(slots=True)
class Checked:
    """What became of one file. `outcome` is that of landing.delivery."""

    outcome: str
    kind: str
    form_version: str = ""
    submissions: list[Submission] = field(default_factory=list)
    findings: list[Found] = field(default_factory=list)


class Row(NamedTuple):
    reading: Reading
    rule: Rule | None


def keys_of(content: FileContent, context: Context) -> set[Key]:
    """What a file files: the keys of its submissions."""
    return set(_grouped(content, context))


def check(
    content: FileContent, context: Context, submitter: str, delivery_seq: int, sha256: str, ids: Iterator[int]
) -> Checked:
    """Check one file. Its accepted submissions are in force in the context from then on.

    `ids` gives the numbers of new submissions, one for each of `keys_of`.
    """
    repeated = context.repeated(submitter, sha256)
    if repeated:
        return _duplicate(content, context, repeated)
    file = _File(content, context, submitter, ids)
    checked = file.check()
    _put_in_force(context, checked, submitter, delivery_seq, sha256)
    return checked


def failed(context: Context, kind: str = "unknown") -> Checked:
    """What becomes of a file at which the warehouse itself failed."""
    return Checked("rejected", kind, findings=[_about_file(context, "SYSTEM_FAILED", WHOLE_FILE, {})])


def too_large(context: Context, size: int) -> Checked | None:
    """The refusal of a file that is not even read, or None when its size will do."""
    limit = context.limit("file_megabytes", context.today)
    if size <= limit * 1_000_000:
        return None
    details = {"megabytes": f"{size / 1_000_000:.1f}", "limit": wording.figure(limit)}
    return Checked("rejected", "unknown", findings=[_about_file(context, "FILE_TOO_LARGE", WHOLE_FILE, details)])


def figures_of(observations: Iterable[Observed]) -> Figures:
    return {(o.indicator_code, o.scope, o.status): (o.state, o.value, o.is_held) for o in observations}


def _duplicate(content: FileContent, context: Context, in_force: list[InForce]) -> Checked:
    numbers = "、".join(str(submission.submission_id) for submission in in_force[:DROPPED_NAMED])
    found = _about_file(context, "SAME_BYTES_IN_FORCE", WHOLE_FILE, {"submission": numbers})
    return Checked("duplicate", content.kind, content.form_version, findings=[found])


def _about_file(context: Context, code: str, place: Place, details: dict[str, str]) -> Found:
    sentence = context.sentences[code]
    return Found(None, code, sentence.severity, sentence.template.format_map(details), None, None, place, "")


def _put_in_force(context: Context, checked: Checked, submitter: str, delivery_seq: int, sha256: str) -> None:
    for submission in checked.submissions:
        if submission.is_accepted:
            figures = figures_of(submission.observations)
            context.in_force[submission.key] = InForce(submission.submission_id, delivery_seq, figures)
    if checked.outcome in ("accepted", "held"):
        keys = tuple(submission.key for submission in checked.submissions)
        context.earlier.setdefault((submitter, sha256), []).append(Earlier(delivery_seq, keys))


def _grouped(content: FileContent, context: Context) -> dict[Key, list[Row]]:
    """The rows of each submission, in order. A row that cannot be placed is left out; `_File` says so."""
    groups: dict[Key, list[Row]] = {key: [] for key in content.filed if all(key)}
    rules = context.rules
    for reading in content.readings:
        rule = rules.get(reading.indicator_code)
        form = reading.form or (rule.indicator.form if rule else "")
        if form and reading.unit_code and reading.period:
            key = (reading.unit_code, form, reading.period)
            group = groups.get(key)
            if group is None:
                group = groups[key] = []
            group.append(Row(reading, rule))
    return groups


class _File:
    """The check of one file."""

    def __init__(self, content: FileContent, context: Context, submitter: str, ids: Iterator[int]) -> None:
        self._content, self._context, self._submitter, self._ids = content, context, submitter, ids
        self._catalogue = context.catalogue
        self._findings: list[Found] = []
        self._rejected: set[Key] = set()
        # Errors in rows that cannot be placed: (unit, form, period), of which an empty part stands for any.
        self._rejected_widely: set[Key] = set()
        self._figures: dict[Key, Figures] = {}
        self._hints = HINTS

    def check(self) -> Checked:
        groups = _grouped(self._content, self._context)
        self._check_file(groups)
        if self._content.kind == "narrative":
            return self._checked("rejected" if self._rejected_widely else "kept", [])
        if EVERYTHING in self._rejected_widely:
            observed: dict[Key, list[Observed]] = {key: [] for key in groups}
        else:
            self._check_unplaced()
            # Years ascend, so that a year can be compared with the year before in the same file.
            ascending = sorted(groups, key=lambda key: key[2])
            observed = {key: self._check_submission(key, groups[key]) for key in ascending}
        submissions = [self._submission(key, len(rows), observed[key]) for key, rows in groups.items()]
        return self._checked(_outcome(submissions), submissions)

    def _checked(self, outcome: str, submissions: list[Submission]) -> Checked:
        return Checked(outcome, self._content.kind, self._content.form_version, submissions, self._findings)

    def _submission(self, key: Key, figures_read: int, observations: list[Observed]) -> Submission:
        period = parse_period(key[2])
        is_accepted = key not in self._rejected and not self._is_rejected_widely(key)
        if is_accepted:
            self._tell_what_is_missing(key, observations)
        kept = observations if is_accepted else []
        return Submission(next(self._ids), key, period.year if period else None, is_accepted, figures_read, kept)

    def _is_rejected_widely(self, key: Key) -> bool:
        return any(wide in self._rejected_widely for wide in product(*((part, "") for part in key)))

    # ---- the file as a whole

    def _check_file(self, groups: dict[Key, list[Row]]) -> None:
        if self._submitter not in self._context.tree.spans:
            self._reject_widely("SUBMITTER_UNKNOWN", WHOLE_FILE, submitter=wording.plain(self._submitter))
        for problem in self._content.problems:
            self._take_problem(problem)
        is_silent = not groups and not self._content.readings and not self._rejected_widely
        if is_silent and self._content.kind != "narrative":
            self._reject_widely("NOTHING_FILED", WHOLE_FILE)

    def _take_problem(self, problem: Problem) -> None:
        details = problem.details
        found = _about_file(self._context, problem.code, problem.place, details)
        self._findings.append(found)
        if found.severity is Severity.ERROR:
            is_about_row = self._catalogue.findings[problem.code].phase is not Phase.FILE
            unit, form, period = (
                details.get(part, "") if is_about_row else "" for part in ("unit_code", "form", "period")
            )
            self._rejected_widely.add((unit, form, period))

    def _check_unplaced(self) -> None:
        """Rows of which nobody can tell to which submission they belong."""
        for reading in self._content.readings:
            unit, form, period = reading.unit_code, reading.form, reading.period
            if not unit:
                self._reject_widely(
                    "FIELD_BLANK", reading.place, ("", form, period), column="unit_code", example="410100"
                )
            if not period:
                self._reject_widely("FIELD_BLANK", reading.place, (unit, form, ""), column="period", example="2021")
            if reading.indicator_code in self._context.rules:
                continue
            if not reading.indicator_code:
                example = "sp_activity_count"
                self._reject_widely(
                    "FIELD_BLANK", reading.place, (unit, form, period), column="indicator_code", example=example
                )
            elif not form:
                self._add_unknown_indicator(reading, None)
                self._rejected_widely.add((unit, "", period))

    def _reject_widely(self, code: str, place: Place, rejected: Key = EVERYTHING, /, **details: str) -> None:
        self._findings.append(_about_file(self._context, code, place, details))
        self._rejected_widely.add(rejected)

    # ---- one submission

    def _check_submission(self, key: Key, rows: list[Row]) -> list[Observed]:
        """The observations that pass; what does not pass is a finding."""
        place = rows[0].reading.place if rows else WHOLE_FILE
        period = parse_period(key[2])
        if period is None:
            self._add(key, "PERIOD_UNREADABLE", place, period=wording.plain(key[2]))
        readable = self._check_syntax(key, rows)
        if key[1] not in self._catalogue.forms:
            self._reject_form(key, rows, place)
        span = self._check_unit(key, period, place)
        known = self._check_catalogue(key, readable, span)
        observed = self._observe(key, known, period) if period and span else []
        self._figures[key] = figures_of(observed)
        return observed

    def _check_unit(self, key: Key, period: Period | None, place: Place) -> Span | None:
        """The unit as it is in the period, where it is there and the submitter may file for it."""
        unit_code, _, written = key
        if unit_code not in self._context.tree.spans:
            self._add(key, "UNIT_UNKNOWN", place, unit_code=wording.plain(unit_code))
            return None
        if period is None:
            return None
        if period.first_day > self._context.today:
            self._add(key, "PERIOD_NOT_STARTED", place, period=written)
            return None
        unit = self._context.unit(unit_code, period)
        if unit is None or unit.span is None:
            self._add(
                key,
                "UNIT_NOT_ALIVE",
                place,
                unit_name=unit.name if unit else "",
                unit_code=unit_code,
                period=written,
                alive=self._lifetime(unit_code),
            )
            return None
        if not self._context.may_file(self._submitter, unit_code, period):
            self._add(
                key,
                "OUTSIDE_SUBTREE",
                place,
                unit_name=unit.name,
                unit_code=unit_code,
                period=written,
                submitter_name=self._context.tree.spans[self._submitter][-1].name,
            )
            return None
        return unit.span

    def _reject_form(self, key: Key, rows: list[Row], place: Place) -> None:
        self._add(key, "FORM_UNKNOWN", place, form=wording.plain(key[1]), allowed="、".join(self._catalogue.forms))
        for _, rule in rows:
            # The figure was meant for another submission of this unit and period, which must not lack it.
            self._rejected_widely.add((key[0], rule.indicator.form if rule else "", key[2]))

    def _lifetime(self, unit_code: str) -> str:
        spans = self._context.tree.spans[unit_code]
        first, last = spans[0].valid_from, spans[-1].valid_to
        return f"{first} 起" if last == FOREVER else f"{first} 起，到 {last} 前"

    # ---- phase: each row by itself

    def _check_syntax(self, key: Key, rows: list[Row]) -> list[Row]:
        passed = []
        for row in rows:
            reading = row.reading
            is_sound = True
            if reading.scope and reading.scope not in SCOPES:
                self._add_of(key, row, "SCOPE_UNKNOWN", scope=wording.plain(reading.scope), allowed="、".join(Scope))
                is_sound = False
            if reading.status and reading.status not in STATUSES:
                status = wording.plain(reading.status)
                self._add_of(key, row, "STATUS_UNKNOWN", status=status, allowed="、".join(Status))
                is_sound = False
            if reading.state == "number":
                is_sound = self._is_sound_number(key, row) and is_sound
            elif reading.state == "redacted":
                self._add_of(key, row, "FIGURE_REDACTED")
            elif reading.state != "not_applicable":
                self._add_unreadable(key, row)
                is_sound = False
            if is_sound:
                passed.append(row)
        return passed

    def _add_unreadable(self, key: Key, row: Row) -> None:
        if row.reading.state != "formula_error":
            self._add_of(key, row, "NUMBER_UNREADABLE", raw=wording.plain(row.reading.raw))
        elif row.reading.raw:
            self._add_of(key, row, "FORMULA_ERROR", raw=wording.plain(row.reading.raw))
        else:
            self._add_of(key, row, "FORMULA_NEVER_COMPUTED")

    def _is_sound_number(self, key: Key, row: Row) -> bool:
        _, _, _, _, _, _, _, value, low, high, _, raw, _ = row.reading
        numbers = (value,) if value == low == high else (value, low, high)
        for number in numbers:
            if number is None:
                continue
            if number < 0:
                self._add_of(key, row, "NUMBER_NEGATIVE", raw=wording.figure(number))
                return False
            if self._is_too_long(number):
                whole, fraction = self._digits()
                raw = wording.plain(raw)
                self._add_of(key, row, "NUMBER_TOO_LONG", raw=raw, whole=str(whole), fraction=str(fraction))
                return False
        if len(numbers) > 1 and not _is_in_order(value, low, high):
            self._add_of(
                key,
                row,
                "BOUNDS_CROSSED",
                low=wording.figure(low, "open"),
                value=wording.figure(value),
                high=wording.figure(high, "open"),
            )
            return False
        return True

    def _is_too_long(self, number: Decimal) -> bool:
        whole, fraction = self._digits()
        if number.adjusted() >= whole:
            return True
        exponent = number.as_tuple().exponent
        return isinstance(exponent, int) and exponent < -fraction and number != round(number, fraction)

    def _digits(self) -> tuple[int, int]:
        limit, today = self._context.limit, self._context.today
        return int(limit("number_whole_digits", today)), int(limit("number_fraction_digits", today))

    # ---- phase: against the catalogue

    def _check_catalogue(self, key: Key, rows: list[Row], span: Span | None) -> list[Row]:
        passed = []
        for row in rows:
            reading, rule = row
            if rule is None:
                if reading.indicator_code:
                    self._add_unknown_indicator(reading, key)
                continue
            indicator = rule.indicator
            if indicator.form != key[1]:
                if key[1] in self._catalogue.forms:
                    self._add_wrong_form(key, row, indicator)
                continue
            if span is None:
                continue
            if span.level not in indicator.levels or span.unit_type not in indicator.unit_types:
                self._add_of(key, row, "UNIT_NOT_ASKED", unit_name=span.name)
            if reading.status and reading.status not in rule.statuses:
                labels = "、".join(self._catalogue.label("statuses", status) for status in indicator.statuses)
                label = self._catalogue.label("statuses", reading.status)
                self._add_of(key, row, "STATUS_NOT_LISTED", status_label=label, allowed=labels)
            passed.append(row)
        return passed

    def _add_wrong_form(self, key: Key, row: Row, indicator: Indicator) -> None:
        forms = self._catalogue.forms
        self._add_of(
            key,
            row,
            "INDICATOR_NOT_IN_FORM",
            indicator_code=indicator.code,
            form_title=forms[key[1]].title,
            right_form_title=forms[indicator.form].title,
            right_form=indicator.form,
        )

    def _add_unknown_indicator(self, reading: Reading, key: Key | None) -> None:
        code = wording.plain(reading.indicator_code)
        hint = ""
        if self._hints:
            self._hints -= 1
            near = get_close_matches(code, self._context.rules, n=1)
            hint = f"，是不是“{near[0]}”（{self._context.rules[near[0]].indicator.name_zh}）" if near else ""
        details = {"indicator_code": code, "hint": hint}
        self._add(key, "INDICATOR_UNKNOWN", reading.place, reading.raw, reading.unit_code, code, **details)

    # ---- phase: whether the figures make sense together

    def _observe(self, key: Key, rows: list[Row], period: Period) -> list[Observed]:
        """The observations of the rows."""
        last_year = self._context.last_years_figures(key, period, self._figures)
        observed: dict[tuple[str, str, str], Observed] = {}
        for row in rows:
            reading, rule = row
            assert rule is not None  # noqa: S101 - the phase before let no other row pass
            scope = reading.scope or "own"
            status = reading.status or rule.indicator.statuses[0].value
            cell = (reading.indicator_code, scope, status)
            if cell in observed:
                self._add_repeat(key, row, observed[cell])
                continue
            is_held = False
            if reading.state == "number":
                self._doubt(key, row, rule, period)
                if last_year.same or last_year.whole:
                    is_held = self._is_held(key, row, rule, scope, status, last_year, period)
            place = reading.place
            observed[cell] = Observed(
                *cell,
                reading.state,
                reading.value,
                reading.low,
                reading.high,
                is_held,
                reading.note,
                reading.raw,
                place.sheet or None,
                place.cell or None,
                place.line,
                place.start,
                place.end,
                place.quote or None,
            )
        return list(observed.values())

    def _add_repeat(self, key: Key, row: Row, first: Observed) -> None:
        place = Place(first.sheet or "", first.cell or "", first.line, first.span_start, first.span_end)
        self._add_of(
            key,
            row,
            "ROW_REPEATED",
            scope_label=self._catalogue.label("scopes", first.scope),
            status_label=self._catalogue.label("statuses", first.status),
            first=wording.place(place),
        )

    def _doubt(self, key: Key, row: Row, rule: Rule, period: Period) -> None:
        value = row.reading.value
        if value is None:
            return
        if rule.is_whole and value != value.to_integral_value():
            self._add_of(key, row, "NOT_WHOLE", value=wording.figure(value), measure=rule.indicator.measure)
        if rule.indicator.is_percentage:
            limit = self._context.limit("percentage_limit", period.last_day)
            if value > limit:
                self._add_of(
                    key, row, "PERCENTAGE_ABOVE_LIMIT", value=wording.figure(value), limit=wording.figure(limit)
                )

    def _is_held(
        self, key: Key, row: Row, rule: Rule, scope: str, status: str, last_year: LastYear, period: Period
    ) -> bool:
        """Whether the figure is out of all proportion to last year's, and nobody said why.

        Part of a year may well be a small part of the whole: against last year's whole only too much is doubted.
        """
        value, cell = row.reading.value, (rule.indicator.code, scope)
        if not value or status not in rule.statuses:
            return False
        same, whole = last_year.same.get(cell), last_year.whole.get(cell)
        last = same if same is not None else whole
        if not last:
            return False
        times = self._context.limit("ten_thousand_fold_times", period.last_day)
        if value >= times * last:
            code = "TEN_THOUSAND_FOLD"
        elif same and value * times <= last:
            code = "TEN_THOUSANDTH"
        else:
            return False
        note = row.reading.note.strip()
        self._add_of(
            key,
            row,
            f"{code}_EXPLAINED" if note else code,
            value=wording.figure(value),
            last_value=wording.figure(last),
            measure=rule.indicator.measure,
            times=wording.figure(times),
            note=wording.plain(note),
        )
        return not note

    def _tell_what_is_missing(self, key: Key, observations: list[Observed]) -> None:
        if not observations:
            self._add(key, "NO_FIGURES", WHOLE_FILE, form_title=self._catalogue.forms[key[1]].title)
        before = self._context.in_force.get(key)
        if before is None:
            return
        now = {(o.indicator_code, o.scope, o.status) for o in observations}
        dropped = [cell for cell in before.figures if cell not in now]
        if dropped:
            named = "、".join(map(self._cell_name, dropped[:DROPPED_NAMED]))
            self._add(
                key,
                "REVISION_DROPPED",
                WHOLE_FILE,
                submission=str(before.submission_id),
                count=str(len(dropped)),
                dropped=f"{named}等" if len(dropped) > DROPPED_NAMED else named,
            )

    def _cell_name(self, cell: tuple[str, str, str]) -> str:
        code, scope, status = cell
        rule = self._context.rules.get(code)
        if rule is None:
            return code
        words = [self._catalogue.label("scopes", scope)] if scope != "own" else []
        words += [self._catalogue.label("statuses", status)] if status != rule.indicator.default_status else []
        return f"{rule.indicator.name_zh}（{'，'.join(words)}）" if words else rule.indicator.name_zh

    # ---- findings

    def _add_of(self, key: Key, row: Row, code: str, /, **details: str) -> None:
        """A finding about one row."""
        reading, rule = row
        name = rule.indicator.name_zh if rule else wording.plain(reading.indicator_code)
        details["indicator_name"] = name
        self._add(key, code, reading.place, reading.raw, key[0], reading.indicator_code, **details)

    def _add(
        self,
        key: Key | None,
        code: str,
        place: Place,
        raw: str = "",
        unit_code: str | None = None,
        indicator: str | None = None,
        /,
        **details: str,
    ) -> None:
        sentence = self._context.sentences[code]
        text = sentence.template.format_map(details)
        self._findings.append(
            Found(key, code, sentence.severity, text, unit_code or (key[0] if key else None), indicator, place, raw)
        )
        if sentence.severity is Severity.ERROR and key is not None:
            self._rejected.add(key)


def _is_in_order(value: Decimal | None, low: Decimal | None, high: Decimal | None) -> bool:
    present = [number for number in (low, value, high) if number is not None]
    return present == sorted(present)


def _outcome(submissions: list[Submission]) -> str:
    accepted = [submission for submission in submissions if submission.is_accepted]
    if not accepted:
        return "rejected"
    if len(accepted) < len(submissions):
        return "partly_rejected"
    return "held" if any(observed.is_held for one in accepted for observed in one.observations) else "accepted"
