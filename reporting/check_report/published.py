"""Published figures for a check-up: now, in every state they were ever published in, and all that fit a phrase."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection, text

from catalogue.load import load
from kexie.errors import UserError
from reporting.check_report.claims import Claim, Kind, Sense, Target
from reporting.figures import MISSING, Figure, exactly, percent


class Unit(NamedTuple):
    """A unit of the year's tree."""

    code: str
    name: str
    level: str
    superior: str


class Moment(NamedTuple):
    """When something was published that is no longer; `release` names the release that froze it, if one did."""

    at: datetime
    release: str


class Fit(NamedTuple):
    """A published figure for which a phrase is true."""

    unit: Unit
    period: str
    kind: Kind
    figure: Decimal


class Namesake(NamedTuple):
    """Another indicator's figure, or that of a line made of several, which a sentence may speak of as well."""

    name: str
    target: Target
    figure: Figure
    is_line: bool


class Asked(NamedTuple):
    """A figure for which true phrases are wanted: with what behind the number, in which style; none without one."""

    figure: Figure
    measure: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class _State:
    """A row of a history, with when it was published and when it was replaced."""

    since: datetime
    until: datetime | None
    figures: dict[Kind, Figure]

    def held_at(self, moment: datetime | None) -> bool:
        """Whether it was in force then, or is now."""
        if moment is None:
            return self.until is None
        return self.since <= moment and (self.until is None or self.until > moment)


_Key = tuple[str, str, str]


def units_of(connection: Connection, year: int) -> list[Unit]:
    """The year's tree, the province first. Raises UserError where nothing of the year is published."""
    units = [Unit._make(row) for row in connection.execute(text(_UNITS), {"period": str(year)})]
    if not units:
        raise UserError(f"{year} 年还没有发布过数，无从核对；先运行 kexie run --year {year}。")
    return units


class Published:
    """Everything that was ever published for some units and indicators in some periods, loaded at once."""

    def __init__(self, connection: Connection, targets: Collection[Target]) -> None:
        self._connection = connection
        self._states: dict[_Key, list[_State]] = {}
        bound = {
            "units": sorted({target.unit_code for target in targets}),
            "indicators": sorted({target.indicator_code for target in targets}),
            "periods": sorted(
                {period for target in targets for period in (target.period, target.base_period) if period}
            ),
        }
        for row in connection.execute(text(_STATES), bound):
            figures = {
                Kind.VALUE: Figure(row.value, row.low, row.high),
                Kind.OWN: Figure(row.own_value, row.own_low, row.own_high),
            }
            self._states.setdefault((row.unit_code, row.indicator_code, row.period), []).append(
                _State(row.since, row.until, figures)
            )
        self._plans: dict[_Key, list[_State]] = {}
        for row in connection.execute(text(_PLANS), bound):
            state = _State(row.since, row.until, {Kind.PLAN: Figure(row.plan_value, row.plan_low, row.plan_high)})
            self._plans.setdefault((row.unit_code, row.indicator_code, row.period), []).append(state)
        self._releases = connection.execute(text(_RELEASES), bound).all()
        self.planned_years = frozenset(connection.scalars(text(_PLANNED_YEARS), bound))

    def figure(self, target: Target, moment: datetime | None = None) -> Figure:
        """The target's figure as published then, or now; all None where there is none."""
        figure = self._level(target, target.period, moment)
        if target.sense is Sense.LEVEL:
            return figure
        other = target.base_period
        kind = Kind.PLAN if target.sense is Sense.OF_PLAN else target.kind
        base = self._level(target, other, moment, kind)
        return _compared(target, figure, base)

    def _level(self, target: Target, period: str, moment: datetime | None, kind: Kind | None = None) -> Figure:
        kind = kind or target.kind
        states = (self._plans if kind is Kind.PLAN else self._states).get(
            (target.unit_code, target.indicator_code, period), ()
        )
        held = next((state for state in states if state.held_at(moment)), None)
        return held.figures[kind] if held else MISSING

    def earlier(self, target: Target) -> list[tuple[Moment, Figure]]:
        """The target's figures that were published before and have changed since, the latest first."""
        keys = [(target.unit_code, target.indicator_code, period) for period in (target.period, target.base_period)]
        states = [state for key in keys for known in (self._states, self._plans) for state in known.get(key, ())]
        moments = sorted({state.since for state in states}, reverse=True)
        now, found = self.figure(target), []
        for at in moments:
            figure = self.figure(target, at)
            if figure not in (now, MISSING):
                found.append((Moment(at, self._release_then(target, figure)), figure))
        return found

    def _release_then(self, target: Target, figure: Figure) -> str:
        """The last release in which the target's figure was this one."""
        names = (row.release_name for row in self._releases if self.figure(target, row.published_at) == figure)
        return next(names, "")

    def comparable(self, targets: Collection[Target]) -> Iterator[tuple[Target, Moment | None, Figure]]:
        """The changes of whole years over the units that reported in both (同口径): now, then as of each release."""
        if not targets:
            return
        moments = [
            (None, None),
            *((row.publication_id, Moment(row.published_at, row.release_name)) for row in self._releases),
        ]
        for publication, moment in moments:
            for years in {(target.period, target.base_period) for target in targets}:
                asked = [target for target in targets if (target.period, target.base_period) == years]
                bound = {
                    "year": years[0],
                    "base": years[1],
                    "publication": publication,
                    "units": [target.unit_code for target in asked],
                    "indicators": [target.indicator_code for target in asked],
                }
                rows = self._connection.execute(text(_COMPARABLE), bound).all()
                changes = {(row.unit_code, row.indicator_code): (row.change, row.change_percent) for row in rows}
                for target in asked:
                    change = changes.get((target.unit_code, target.indicator_code), (None, None))
                    value = change[target.sense is Sense.PERCENT]
                    if value is not None:
                        yield target, moment, exactly(-value if target.falls else value)

    def fits(self, claims: Sequence[Claim]) -> dict[int, list[Fit]]:
        """By the claim's number in the sequence: figures of its indicator that lie where its phrase is true.

        Of the claim's own unit in every period of the years around, of other units in the claim's own period.
        """
        asked = [(number, claim, target) for number, claim in enumerate(claims) for target in claim.targets[:1]]
        bound = {
            "numbers": [number for number, _, _ in asked],
            "indicators": [target.indicator_code for _, _, target in asked],
            "units": [target.unit_code for _, _, target in asked],
            "periods": [target.period for _, _, target in asked],
            "senses": [target.sense.value for _, _, target in asked],
            "signs": [-1 if target.falls else 1 for _, _, target in asked],
            "lows": [claim.phrase.low for _, claim, _ in asked],
            "highs": [claim.phrase.high for _, claim, _ in asked],
        }
        found: dict[int, list[Fit]] = {}
        for row in self._connection.execute(text(_FITS), bound):
            unit = Unit(row.unit_code, row.unit_name, row.unit_level, "")
            found.setdefault(row.number, []).append(Fit(unit, row.period, Kind(row.kind), row.figure))
        return found

    def namesakes(self, claims: Sequence[Claim], measures: Sequence[Sequence[str]]) -> dict[int, list[Namesake]]:
        """By the claim's number: other indicators of one of the measures whose figure lies where the phrase is true.

        Of the claim's own unit and period.
        """
        asked = [(number, claim, claim.targets[0]) for number, claim in enumerate(claims) if claim.targets]
        bound = {
            "numbers": [number for number, _, target in asked for _ in measures[number]],
            "units": [target.unit_code for number, _, target in asked for _ in measures[number]],
            "periods": [target.period for number, _, target in asked for _ in measures[number]],
            "measures": [measure for number, _, _ in asked for measure in measures[number]],
            "lows": [claim.phrase.low for number, claim, _ in asked for _ in measures[number]],
            "highs": [claim.phrase.high for number, claim, _ in asked for _ in measures[number]],
        }
        found: dict[int, list[Namesake]] = {}
        for row in self._connection.execute(text(_NAMESAKES), bound):
            target = Target(row.unit_code, row.indicator_code, row.period)
            figure = Figure(row.value, row.low, row.high)
            found.setdefault(row.number, []).append(Namesake(row.name, target, figure, row.is_line))
        return found

    def wordings(self, asked: Sequence[Asked]) -> list[str]:
        """For each figure the first true phrases, as many as are worth reading; empty where there is none."""
        bound = {
            "numbers": [number for number, one in enumerate(asked) if one.style],
            "lows": [one.figure.low for one in asked if one.style],
            "highs": [one.figure.high for one in asked if one.style],
            "values": [one.figure.value for one in asked if one.style],
            "measures": [one.measure for one in asked if one.style],
            "styles": [one.style for one in asked if one.style],
            "rules": load().wordings.rules(),
        }
        found = {row.number: "或".join(row.wordings) for row in self._connection.execute(text(_WORDINGS), bound)}
        return [found.get(number, "") for number in range(len(asked))]


def _compared(target: Target, figure: Figure, base: Figure) -> Figure:
    """The figure against its base: the difference, or in percent of the base, to four decimals; never of bounds."""
    if figure.value is None or base.value is None:
        return MISSING
    difference = figure.value - base.value
    if target.sense is Sense.CHANGE:
        result: Decimal | None = difference
    else:
        result = percent(figure.value if target.sense is Sense.OF_PLAN else difference, base.value)
    return exactly(-result if target.falls and result is not None else result)


_UNITS = """
    select self.unit_code, self.unit_name, self.unit_level, coalesce(superior.ancestor_code, '') as superior
    from published.tree_closure as self
    left join published.tree_closure as superior
        on superior.period = self.period and superior.unit_code = self.unit_code
        and superior.ancestor_depth = self.ancestor_depth - 1
    where self.period = :period and self.ancestor_code = self.unit_code
    order by self.ancestor_depth, self.unit_code
"""

_STATES = """
    select history.unit_code, history.indicator_code, history.period, history.value, history.low, history.high,
        history.own_value, history.own_low, history.own_high,
        opened.published_at as since, closed.published_at as until
    from published.indicator_values_history as history
    join published.publication as opened on opened.publication_id = history.opened_by
    left join published.publication as closed on closed.publication_id = history.closed_by
    where history.unit_code = any(:units) and history.indicator_code = any(:indicators)
        and history.period = any(:periods)
"""

# The plan of a year stands in the year's own row, that of a part in the part's.
_PLANS = """
    select history.unit_code, history.indicator_code, history.period, history.plan_value, history.plan_low,
        history.plan_high, opened.published_at as since, closed.published_at as until
    from published.progress_history as history
    join published.publication as opened on opened.publication_id = history.opened_by
    left join published.publication as closed on closed.publication_id = history.closed_by
    where history.unit_code = any(:units) and history.indicator_code = any(:indicators)
        and history.period = any(:periods)
"""

_RELEASES = """
    select release_name, published_at, publication_id from published.releases
    where period = any(select left(period, 4) from unnest(cast(:periods as text[])) as period)
    order by published_at desc
"""

_PLANNED_YEARS = """
    select distinct left(period, 4) from published.progress
    where period = any(:periods) and plan_value is not null
"""

_FITS = """
    with phrases as (
        select *
        from unnest(
            cast(:numbers as integer[]), cast(:indicators as text[]), cast(:units as text[]), cast(:periods as text[]),
            cast(:senses as text[]), cast(:signs as integer[]), cast(:lows as numeric[]), cast(:highs as numeric[])
        ) as phrases (number, indicator_code, unit_code, period, sense, sign, low, high)
    ),
    -- The claim's own unit in the years around it, and everybody else in its own period.
    near as (
        select phrases.number, figures.*
        from phrases
        join published.indicator_values as figures on figures.indicator_code = phrases.indicator_code
            and figures.unit_code = phrases.unit_code
            and left(figures.period, 4)::integer between left(phrases.period, 4)::integer - 2
                and left(phrases.period, 4)::integer + 1
        union all
        select phrases.number, figures.*
        from phrases
        join published.indicator_values as figures on figures.indicator_code = phrases.indicator_code
            and figures.period = phrases.period and figures.unit_code <> phrases.unit_code
    ),
    figures as (
        select near.number, near.unit_code, near.unit_name, near.unit_level, near.period, said.sense, said.kind,
            said.figure
        from near
        left join published.indicator_values as before
            on before.unit_code = near.unit_code and before.indicator_code = near.indicator_code
            and before.period = published.year_before(near.period)
        cross join lateral (
            values
                ('level', 'value', near.value),
                ('level', 'own', near.own_value),
                ('level', 'computed', near.computed_value),
                ('level', 'claimed', near.claimed_value),
                ('change', 'value', near.value - before.value),
                (
                    'percent', 'value',
                    (near.value - before.value) * 100 / case when before.value > 0 then before.value end
                )
        ) as said (sense, kind, figure)
        union all
        select phrases.number, plans.unit_code, plans.unit_name, plans.unit_level, plans.period, 'level', 'plan',
            plans.plan_value
        from phrases
        join published.progress as plans on plans.indicator_code = phrases.indicator_code
            and plans.unit_code = phrases.unit_code
            and left(plans.period, 4)::integer between left(phrases.period, 4)::integer - 1
                and left(phrases.period, 4)::integer + 1
    )
    select phrases.number, figures.unit_code, figures.unit_name, figures.unit_level, figures.period, figures.kind,
        figures.figure * phrases.sign as figure
    from phrases
    join figures on figures.number = phrases.number and figures.sense = phrases.sense
    where figures.figure * phrases.sign >= coalesce(phrases.low, figures.figure * phrases.sign)
        and figures.figure * phrases.sign <= coalesce(phrases.high, figures.figure * phrases.sign)
"""

_NAMESAKES = """
    select phrases.number, figures.unit_code, figures.indicator_code, figures.period, figures.name, figures.is_line,
        figures.value, figures.low, figures.high
    from unnest(
        cast(:numbers as integer[]), cast(:units as text[]), cast(:periods as text[]), cast(:measures as text[]),
        cast(:lows as numeric[]), cast(:highs as numeric[])
    ) as phrases (number, unit_code, period, measure, low, high)
    join (
        select unit_code, period, indicator_code, indicator_name as name, measure, value, low, high, false as is_line
        from published.indicator_values
        union all
        -- What a line of the report makes of several indicators has no row of its own.
        select unit_code, period, indicator_code, line_name, split_part(measure, '/', 1), value, low, high, true
        from published.report_lines
        where formula is not null
    ) as figures
        on figures.unit_code = phrases.unit_code and figures.period = phrases.period
        and figures.measure = phrases.measure
        and figures.value >= coalesce(phrases.low, figures.value)
        and figures.value <= coalesce(phrases.high, figures.value)
    order by phrases.number, figures.indicator_code
"""

_COMPARABLE = """
    select unit_code, indicator_code, change, change_percent
    from published.comparable(
        :year, :base, coalesce(cast(:publication as bigint), 9223372036854775807),
        coalesce(cast(:publication as bigint), 9223372036854775807)
    )
    where unit_code = any(:units) and indicator_code = any(:indicators)
"""

_WORDINGS = """
    select asked.number, said.wordings[1:2] as wordings
    from unnest(
        cast(:numbers as integer[]), cast(:values as numeric[]), cast(:lows as numeric[]), cast(:highs as numeric[]),
        cast(:measures as text[]), cast(:styles as text[])
    ) as asked (number, value, low, high, measure, style)
    cross join lateral (
        select published.wordings(
            asked.value, asked.low, asked.high, asked.measure, asked.style, cast(:rules as jsonb)
        ) as wordings
    ) as said
"""
