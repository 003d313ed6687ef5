"""What a file is checked against: the catalogue, the reporting tree, and the figures that are in force.

One context serves a whole run. What it needs of the database is read once per batch; what a batch accepts is in force
for the files after it, so that it does not matter how files fall into batches.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from catalogue.model import (
    NARRATIVE,
    Aggregation,
    Catalogue,
    Indicator,
    Level,
    Relation,
    RelationKind,
    Scope,
    Severities,
)
from ingestion.figures_print import prints_of
from ingestion.observations import FileContent
from ingestion.peers import Peers
from ingestion.periods import Period, parse_period
from ingestion.tree import Span, Tree

if TYPE_CHECKING:
    from sqlalchemy import Connection

Key = tuple[str, str, str]
"""What a submission is for: unit code, form, period."""

Cell = tuple[str, str, str]
"""What a figure of a submission is: indicator, scope, status."""


class Filed(NamedTuple):
    """A figure of a submission: its state, value and bounds, and whether it waits for the unit's reason."""

    state: str
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    is_held: bool


Figures = dict[Cell, Filed]


class Told(NamedTuple):
    """What a narrative says of a figure: low ≤ truth ≤ high, in these words."""

    low: Decimal | None
    high: Decimal | None
    quote: str


class Approval(NamedTuple):
    """One step of the approval ladder that a submission has behind it."""

    step: str
    approver_code: str
    approved_by: str
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class InForce:
    """The submission that counts for its key: the last accepted one that was not withdrawn.

    `told` has the bounds and words of each number, where it is a narrative; `names` those of each list. `approvals`
    come lowest first.
    """

    submission_id: int
    delivery_seq: int
    figures: Figures
    told: dict[tuple[str, str, str], Told] = field(default_factory=dict)
    names: dict[Cell, list[str]] = field(default_factory=dict)
    approvals: list[Approval] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A delivery of the same bytes by the same submitter, accepted in all its submissions."""

    delivery_seq: int
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """An indicator with what the checks ask of it for every figure, worked out once.

    `ranks` orders its statuses; `breaks` are the days from which its figures cannot be compared with those before.
    """

    indicator: Indicator
    ranks: dict[str, int]
    is_whole: bool
    is_percentage: bool
    breaks: tuple[date, ...]

    def is_defined_anew(self, before: Period, period: Period) -> bool:
        """Whether figures of the two periods cannot be compared."""
        return any(before.first_day < day <= period.last_day for day in self.breaks)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a finding says and asks, and how grave it is by the day it is about."""

    severities: Severities
    says: str
    asks: str


@dataclass(slots=True)
class Context:
    catalogue: Catalogue
    tree: Tree
    today: date
    in_force: dict[Key, InForce] = field(default_factory=dict)
    earlier: dict[tuple[str, str], list[Earlier]] = field(default_factory=dict)
    peers: Peers = field(init=False)
    copies: dict[tuple[str, str, str], str] = field(default_factory=dict)
    years_filed: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    rules: dict[str, Rule] = field(init=False)
    sentences: dict[str, Sentence] = field(init=False)
    relations: list[tuple[Relation, frozenset[str]]] = field(init=False)
    growths: frozenset[str] = field(init=False)
    related_forms: dict[str, frozenset[str]] = field(init=False)
    whole_digits: int = field(init=False)
    fraction_digits: int = field(init=False)
    _allowed: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    _limits: dict[tuple[str, date], Decimal] = field(default_factory=dict)
    _units: dict[tuple[str, str], Span | None] = field(default_factory=dict)
    _below: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _ever_below: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rules = {
            code: Rule(
                indicator,
                {status.value: rank for rank, status in enumerate(indicator.statuses)},
                self.catalogue.counts_whole_things(indicator),
                indicator.is_percentage,
                tuple(one.valid_from for one in self.catalogue.series_breaks(indicator)),
            )
            for code, indicator in self.catalogue.indicators.items()
        }
        self.sentences = {
            code: Sentence(finding.severities, finding.says, finding.asks)
            for code, finding in self.catalogue.findings.items()
        }
        self.peers = Peers(self)
        self.relations = [(one, frozenset(one.indicators)) for one in self.catalogue.relations.values()]
        self.growths = frozenset(one.whole for one, _ in self.relations if one.kind is RelationKind.GROWTH)
        self.related_forms = self._related_forms()
        self.whole_digits = int(self.limit("number_whole_digits", self.today))
        self.fraction_digits = int(self.limit("number_fraction_digits", self.today))

    def limit(self, threshold: str, day: date) -> Decimal:
        asked = (threshold, day)
        if asked not in self._limits:
            self._limits[asked] = self.catalogue.thresholds[threshold].on(day)
        return self._limits[asked]

    def _related_forms(self) -> dict[str, frozenset[str]]:
        """Form to the other forms whose figures some relation holds against its own."""
        related: dict[str, set[str]] = {}
        for relation in self.catalogue.relations.values():
            forms = {self.rules[code].indicator.form for code in relation.indicators}
            for form in forms if len(forms) > 1 else ():
                related.setdefault(form, set()).update(forms - {form})
        return {form: frozenset(others) for form, others in related.items()}

    def units_below(self, unit_code: str, period: Period) -> list[str]:
        """All units under a unit on the period's last day, but townships, which are in the figures of those above."""
        asked = (unit_code, str(period))
        if asked not in self._below:
            self._below[asked] = list(self.tree.below(unit_code, period.last_day))
        return self._below[asked]

    def ever_below(self, unit_code: str, period: Period) -> frozenset[str]:
        """All units under a unit on any day of a period, with those that they came from; without townships."""
        asked = (unit_code, str(period))
        if asked not in self._ever_below:
            below = {
                code
                for code, spans in self.tree.spans.items()
                if spans[-1].level != Level.TOWNSHIP
                and unit_code in self.tree.ancestors(code, period.first_day, period.last_day)
            }
            self._ever_below[asked] = frozenset(below.union(*map(self.tree.predecessors, below)) - {unit_code})
        return self._ever_below[asked]

    def unit(self, unit_code: str, period: Period) -> Span | None:
        """The unit as it last was in a period, or None where it did not exist then."""
        asked = (unit_code, str(period))
        if asked not in self._units:
            within = self.tree.within(unit_code, period.first_day, period.last_day)
            self._units[asked] = within[-1] if within else None
        return self._units[asked]

    def may_file(self, submitter: str, unit_code: str, period: Period) -> bool:
        """For itself, for units below it on any day of the period, and for its predecessors."""
        asked = (submitter, unit_code, str(period))
        if asked not in self._allowed:
            self._allowed[asked] = (
                submitter == unit_code
                or submitter in self.tree.ancestors(unit_code, period.first_day, period.last_day)
                or unit_code in self.tree.predecessors(submitter)
            )
        return self._allowed[asked]

    def last_years_figures(self, key: Key, period: Period, in_file: Mapping[Key, Figures]) -> LastYear:
        """What a submission is compared with; figures for last year in the same file replace those in force."""
        unit_code, form, _ = key
        # A form's figures go before those of prose.
        forms = (NARRATIVE, *self.catalogue.forms) if form == NARRATIVE else (form,)
        whole = self._year_before(unit_code, forms, in_file, period, "")
        same = self._year_before(unit_code, forms, in_file, period, period.part) if period.part else whole
        return LastYear(same, whole)

    def _year_before(
        self, unit_code: str, forms: Iterable[str], in_file: Mapping[Key, Figures], period: Period, part: str
    ) -> dict[tuple[str, str], Decimal]:
        before = Period(period.year - 1, part)
        found: dict[tuple[str, str], Decimal] = {}
        for form in forms:
            found |= self._comparable((unit_code, form, str(before)), in_file, before, period)
        return found

    def _figures(self, key: Key, in_file: Mapping[Key, Figures]) -> Figures:
        if key in in_file:
            return in_file[key]
        in_force = self.in_force.get(key)
        return in_force.figures if in_force else {}

    def repeated(self, submitter: str, sha256: str, keys: Collection[Key] | None) -> list[InForce] | None:
        """The submissions in force that the same submitter sent with the same bytes; None unless all of them are.

        With `keys`, only what was sent for these: a narrative's period may stand in its name alone.
        """
        for earlier in self.earlier.get((submitter, sha256), ()):
            if keys is not None and set(earlier.keys) != set(keys):
                continue
            found = [self.in_force.get(key) for key in earlier.keys]
            held = [one for one in found if one is not None and one.delivery_seq == earlier.delivery_seq]
            if len(held) == len(found):
                return held
        return None

    def _comparable(
        self, key: Key, in_file: Mapping[Key, Figures], before: Period, period: Period
    ) -> dict[tuple[str, str], Decimal]:
        """(indicator, scope) → the number in use of an earlier submission.

        What was defined otherwise before is left out: a figure cannot be doubted by what it cannot be compared with.
        """
        figures, rules = self._figures(key, in_file), self.rules
        used = ((cell, figures[cell].value) for cell in self.used(figures))
        return {
            (code, scope): value
            for (code, scope, _), value in used
            if value is not None and not (rules[code].breaks and rules[code].is_defined_anew(before, period))
        }

    def used(self, figures: Figures) -> list[tuple[str, str, str]]:
        """Of each indicator and scope the cell under the first of the statuses that is present and not held."""
        best: dict[tuple[str, str], tuple[int, str]] = {}
        for (code, scope, status), filed in figures.items():
            rule = self.rules.get(code)
            rank = rule.ranks.get(status) if rule else None
            if rank is None or filed.state == "redacted" or filed.is_held:
                continue
            other = best.get((code, scope))
            if other is None or rank < other[0]:
                best[code, scope] = (rank, status)
        return [(code, scope, status) for (code, scope), (_, status) in best.items()]


@dataclass(frozen=True, slots=True)
class LastYear:
    """(indicator, scope) → last year's number, of the same part of the year and of the whole year."""

    same: dict[tuple[str, str], Decimal]
    whole: dict[tuple[str, str], Decimal]

    def figure(self, indicator_code: str, scope: str) -> tuple[Decimal | None, bool]:
        """Last year's number, of the same part where there is one, and whether it is of the same part."""
        same = self.same.get((indicator_code, scope))
        return (same, True) if same is not None else (self.whole.get((indicator_code, scope)), False)


def load_for(
    connection: Connection,
    context: Context,
    files: Iterable[tuple[str, str]],
    keys: Iterable[Key],
    contents: Iterable[FileContent] = (),
) -> None:
    """Read what is in force for a batch: given are (submitter, sha256) of its files, what they file, and what is in it.

    One statement each for what is in force, what was sent before, what other units filed alike and which years are
    there, however many files the batch has.
    """
    contents = [content for content in contents if content.kind != "narrative"]
    context.earlier = _earlier(connection, sorted(set(files)))
    wanted = set(keys) | {key for found in context.earlier.values() for one in found for key in one.keys}
    wanted |= {(unit, form, period) for unit, of, period in wanted for form in context.related_forms.get(of, ())}
    wanted |= {other for key in wanted for other in (*_a_year_before(key), *_beside(key, context.catalogue))}
    wanted |= set(_below_claims(context, contents))
    asked_of_peers = context.peers.wanted(wanted)
    below = set(_below_adjustments(context, contents)) - wanted
    found = _in_force(connection, sorted(wanted | asked_of_peers | below))
    context.in_force = {key: submission for key, submission in found.items() if key in wanted | below}
    _add_names(connection, context)
    asked = wanted | asked_of_peers
    context.peers.learn_filed({key: submission for key, submission in found.items() if key in asked})
    context.peers.learn_sent(contents)
    context.copies = _copies(connection, prints_of(context, contents))
    context.years_filed = _years_filed(connection, sorted({(unit, form) for unit, form, _ in wanted}))


def _below_claims(context: Context, contents: Iterable[FileContent]) -> Iterator[Key]:
    """What the units below filed where a unit files a figure for all of them (含下级)."""
    claims = {
        (reading.unit_code, context.rules[reading.indicator_code].indicator.form, reading.period)
        for content in contents
        for reading in content.readings
        if reading.scope == "jurisdiction" and reading.indicator_code in context.rules
    }
    for unit_code, form, written in claims:
        period = parse_period(written)
        if period is not None and unit_code in context.tree.spans:
            yield from ((below, form, written) for below in context.units_below(unit_code, period))


def _below_adjustments(context: Context, contents: Iterable[FileContent]) -> Iterator[Key]:
    """What the units below filed, in whole or in parts, where a unit adjusts the sum of their figures."""
    adjusted = {
        (reading.unit_code, context.rules[reading.indicator_code].indicator.form, reading.period)
        for content in contents
        for reading in content.readings
        if reading.scope == Scope.ADJUSTMENT and reading.indicator_code in context.rules
    }
    for unit_code, form, written in adjusted:
        period = parse_period(written)
        for below in context.ever_below(unit_code, period) if period is not None else ():
            for part in period.parts if period is not None else ():
                yield from ((below, of, str(part)) for of in (form, NARRATIVE))


def _beside(key: Key, catalogue: Catalogue) -> Iterable[Key]:
    """What else the unit files for the period and is compared with this: prose with forms, last year's too."""
    unit_code, form, period = key
    if form != NARRATIVE:
        return [(unit_code, NARRATIVE, period)]
    forms = [(unit_code, one, period) for one in catalogue.forms]
    return forms + [last for one in forms for last in _a_year_before(one)]


def _a_year_before(key: Key) -> list[Key]:
    period = parse_period(key[2])
    if period is None:
        return []
    return [(key[0], key[1], str(Period(period.year - 1, part))) for part in {period.part, ""}]


def _earlier(connection: Connection, files: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[Earlier]]:
    from sqlalchemy import text

    rows = connection.execute(
        text(EARLIER),
        {"submitters": [submitter for submitter, _ in files], "hashes": [sha256 for _, sha256 in files]},
    )
    keys: dict[tuple[str, str, int], list[Key]] = {}
    for row in rows:
        keys.setdefault((row.submitter_code, row.sha256, row.delivery_seq), []).append(
            (row.unit_code, row.form, row.period)
        )
    found: dict[tuple[str, str], list[Earlier]] = {}
    for (submitter, sha256, delivery_seq), filed in keys.items():
        found.setdefault((submitter, sha256), []).append(Earlier(delivery_seq, tuple(filed)))
    return found


def _in_force(connection: Connection, keys: Sequence[Key]) -> dict[Key, InForce]:
    from sqlalchemy import text

    units, forms, periods = ([key[part] for key in keys] for part in range(3))
    rows: Sequence[Any] = connection.execute(text(IN_FORCE), {"units": units, "forms": forms, "periods": periods}).all()
    found: dict[Key, InForce] = {}
    for submission_id, delivery_seq, unit, form, period, indicator, scope, status, *filed, quote in rows:
        submission = found.get((unit, form, period))
        if submission is None:
            submission = found[unit, form, period] = InForce(submission_id, delivery_seq, {})
        if indicator is not None:
            submission.figures[indicator, scope, status] = Filed(*filed)
            if form == NARRATIVE:
                submission.told[indicator, scope, status] = Told(filed[2], filed[3], quote)
    numbered = {submission.submission_id: submission for submission in found.values()}
    approvals: Sequence[Any] = connection.execute(text(APPROVALS), {"submissions": list(numbered)}).all()
    for submission_id, *approval in approvals:
        numbered[submission_id].approvals.append(Approval(*approval))
    return found


def _add_names(connection: Connection, context: Context) -> None:
    """The names of the lists in force; few forms have any."""
    from sqlalchemy import text

    forms = {rule.indicator.form for rule in context.rules.values() if rule.indicator.aggregation is Aggregation.LIST}
    of_forms = {one.submission_id: one for key, one in context.in_force.items() if key[1] in forms}
    if of_forms:
        for row in connection.execute(text(NAMES), {"submissions": sorted(of_forms)}):
            cell = (row.indicator_code, row.scope, row.status)
            of_forms[row.submission_id].names.setdefault(cell, []).append(row.name)


def _copies(connection: Connection, prints: Collection[str]) -> dict[tuple[str, str, str], str]:
    """(form, period, print of the figures) → a unit that filed the same, where one did."""
    from sqlalchemy import text

    rows = connection.execute(text(COPIES), {"prints": sorted(prints)})
    return {(row.form, row.period, row.figures_print): row.unit_code for row in rows}


def _years_filed(connection: Connection, filed: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, int]]:
    """(unit, form) → the first and the last year of which something was accepted."""
    from sqlalchemy import text

    units, forms = ([one[part] for one in filed] for part in range(2))
    rows = connection.execute(text(YEARS_FILED), {"units": units, "forms": forms})
    return {(row.unit_code, row.form): (row.first_year, row.last_year) for row in rows}


NAMES = """
    select submission_id, indicator_code, scope, status, name
    from landing.list_name
    where submission_id = any(cast(:submissions as bigint[]))
    order by list_name_id
"""

APPROVALS = """
    select submission_id, step, approver_code, approved_by, approved_at
    from landing.approval
    where submission_id = any(:submissions)
    order by approval_seq
"""

COPIES = """
    select submission.form, submission.period, submission.figures_print, min(submission.unit_code) as unit_code
    from landing.submission as submission
    where submission.figures_print = any(cast(:prints as text[])) and submission.state = 'accepted'
    group by submission.form, submission.period, submission.figures_print
"""

YEARS_FILED = """
    select asked.unit_code, asked.form, filed.first_year, filed.last_year
    from unnest(cast(:units as text[]), cast(:forms as text[])) as asked (unit_code, form)
    cross join lateral (
        select min(submission.year) as first_year, max(submission.year) as last_year
        from landing.submission as submission
        where submission.unit_code = asked.unit_code and submission.form = asked.form
            and submission.state = 'accepted'
    ) as filed
    where filed.first_year is not null
"""

EARLIER = """
    select delivery.submitter_code, delivery.sha256, delivery.delivery_seq,
        submission.unit_code, submission.form, submission.period
    from unnest(cast(:submitters as text[]), cast(:hashes as text[])) as asked (submitter_code, sha256)
    join landing.delivery as delivery
        on delivery.sha256 = asked.sha256 and delivery.submitter_code = asked.submitter_code
    join landing.submission as submission on submission.delivery_seq = delivery.delivery_seq
    where delivery.outcome in ('accepted', 'held')
"""

IN_FORCE = """
    with asked as (
        select *
        from unnest(cast(:units as text[]), cast(:forms as text[]), cast(:periods as text[]))
            as asked (unit_code, form, period)
    ),
    in_force as (
        select distinct on (submission.unit_code, submission.form, submission.period)
            submission.submission_id, submission.delivery_seq,
            submission.unit_code, submission.form, submission.period
        from asked
        join landing.submission as submission using (unit_code, form, period)
        left join landing.withdrawal as withdrawal on withdrawal.submission_id = submission.submission_id
        where submission.state = 'accepted' and withdrawal.submission_id is null
        order by submission.unit_code, submission.form, submission.period, submission.delivery_seq desc
    )
    select in_force.submission_id, in_force.delivery_seq, in_force.unit_code, in_force.form, in_force.period,
        observation.indicator_code, observation.scope, observation.status,
        observation.state, observation.value, observation.low, observation.high, observation.is_held, observation.quote
    from in_force
    left join landing.observation as observation on observation.submission_id = in_force.submission_id
"""
