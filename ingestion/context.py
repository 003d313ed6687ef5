"""What a file is checked against: the catalogue, the reporting tree, and the figures that are in force.

One context serves a whole run. What it needs of the database is read once per batch; what a batch accepts is in force
for the files after it, so that it does not matter how files fall into batches.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from catalogue.model import NARRATIVE, Catalogue, Indicator, Severity
from ingestion.periods import Period, parse_period
from ingestion.tree import Span, Tree

if TYPE_CHECKING:
    from sqlalchemy import Connection

Key = tuple[str, str, str]
"""What a submission is for: unit code, form, period."""

Figures = dict[tuple[str, str, str], tuple[str, Decimal | None, bool]]
"""(indicator, scope, status) → state, value, whether it is held."""


class Told(NamedTuple):
    """What a narrative says of a figure: low ≤ truth ≤ high, in these words."""

    low: Decimal | None
    high: Decimal | None
    quote: str


@dataclass(frozen=True, slots=True)
class InForce:
    """The submission that counts for its key: the last accepted one that was not withdrawn.

    `told` has the bounds and words of each number, where it is a narrative.
    """

    submission_id: int
    delivery_seq: int
    figures: Figures
    told: dict[tuple[str, str, str], Told] = field(default_factory=dict)


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
    severity: Severity
    template: str


@dataclass(slots=True)
class Context:
    catalogue: Catalogue
    tree: Tree
    today: date
    in_force: dict[Key, InForce] = field(default_factory=dict)
    earlier: dict[tuple[str, str], list[Earlier]] = field(default_factory=dict)
    rules: dict[str, Rule] = field(init=False)
    sentences: dict[str, Sentence] = field(init=False)
    whole_digits: int = field(init=False)
    fraction_digits: int = field(init=False)
    _allowed: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    _limits: dict[tuple[str, date], Decimal] = field(default_factory=dict)
    _units: dict[tuple[str, str], Span | None] = field(default_factory=dict)

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
            code: Sentence(finding.severity, finding.says + finding.asks)
            for code, finding in self.catalogue.findings.items()
        }
        self.whole_digits = int(self.limit("number_whole_digits", self.today))
        self.fraction_digits = int(self.limit("number_fraction_digits", self.today))

    def limit(self, threshold: str, day: date) -> Decimal:
        asked = (threshold, day)
        if asked not in self._limits:
            self._limits[asked] = self.catalogue.thresholds[threshold].on(day)
        return self._limits[asked]

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
        same, whole = (
            {
                cell: figure
                for one in forms
                for cell, figure in self._comparable((unit_code, one, str(before)), in_file, before, period).items()
            }
            for before in (Period(period.year - 1, part) for part in (period.part, ""))
        )
        return LastYear(same, whole)

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
        figures = self._figures(key, in_file)
        used = ((cell, figures[cell][1]) for cell in self.used(figures))
        return {
            (code, scope): value
            for (code, scope, _), value in used
            if value is not None and not self.rules[code].is_defined_anew(before, period)
        }

    def used(self, figures: Figures) -> list[tuple[str, str, str]]:
        """Of each indicator and scope the cell under the first of the statuses that is present and not held."""
        best: dict[tuple[str, str], tuple[int, str]] = {}
        for (code, scope, status), (state, _, is_held) in figures.items():
            rule = self.rules.get(code)
            rank = rule.ranks.get(status) if rule else None
            if rank is None or state == "redacted" or is_held:
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


def load_for(connection: Connection, context: Context, files: Iterable[tuple[str, str]], keys: Iterable[Key]) -> None:
    """Read what is in force for a batch: given are (submitter, sha256) of its files, and what they file."""
    context.earlier = _earlier(connection, sorted(set(files)))
    wanted = set(keys) | {key for found in context.earlier.values() for one in found for key in one.keys}
    wanted |= {other for key in wanted for other in (*_a_year_before(key), *_beside(key, context.catalogue))}
    context.in_force = _in_force(connection, sorted(wanted))


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
    for submission_id, delivery_seq, unit, form, period, indicator, scope, status, state, value, is_held, *told in rows:
        submission = found.get((unit, form, period))
        if submission is None:
            submission = found[unit, form, period] = InForce(submission_id, delivery_seq, {})
        if indicator is not None:
            submission.figures[indicator, scope, status] = (state, value, is_held)
            if form == NARRATIVE:
                submission.told[indicator, scope, status] = Told(*told)
    return found


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
        observation.state, observation.value, observation.is_held, observation.low, observation.high, observation.quote
    from in_force
    left join landing.observation as observation on observation.submission_id = in_force.submission_id
"""
