"""What is lacking (不足): who did not report what, missing associations, falls against last year, missed targets.

All of it is told by published figures as the report's basis knows them, never by guesses: a unit that reported nothing
about its associations is a blank, not a unit without any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, text

from catalogue.model import AssociationGap
from reporting.report.basis import Basis
from reporting.report.figures import Change, Line, Province, Target


@dataclass(frozen=True, slots=True)
class Blank:
    """A unit that owes figures of the report and has not reported them for the whole year.

    `covered_by` names, per indicator, the unit above whose own total is used instead, where there is one. `is_silent`
    is true of a unit of which no figure of the year is known at all.
    """

    unit: str
    name: str
    superior: str
    indicators: tuple[str, ...]
    covered_by: Mapping[str, str]
    is_silent: bool


@dataclass(frozen=True, slots=True)
class MissingAssociations:
    """A unit that has none of some kind of association, or fewer than it should have; `lacking` of `of`, if told."""

    kind: str
    unit: str
    name: str
    superior: str
    lacking: Decimal | None
    of: Decimal | None


@dataclass(frozen=True, slots=True)
class Fall:
    """A figure of the report below last year's on the same terms; `unit` is empty for the province's own."""

    line: Line
    unit: str
    change: Change


@dataclass(frozen=True, slots=True)
class Shortfalls:
    blanks: tuple[Blank, ...]
    associations: tuple[MissingAssociations, ...]
    falls: tuple[Fall, ...]
    missed: tuple[Target, ...]


def shortfalls(
    connection: Connection, basis: Basis, province: Province, gaps: tuple[AssociationGap, ...]
) -> Shortfalls:
    """Everything lacking in the report's year."""
    return Shortfalls(
        tuple(_blanks(connection, basis, province)),
        tuple(found for gap in gaps for found in _missing(connection, basis, gap)),
        tuple(_falls(province)),
        tuple(target for target in province.targets if target.is_met is False),
    )


def _blanks(connection: Connection, basis: Basis, province: Province) -> Iterator[Blank]:
    query = BLANKS.format(figures=basis.rows("indicator_values"), tree=basis.rows("tree_closure"))
    indicators = sorted({code for line in province.lines for code in line.indicators})
    for row in connection.execute(text(query), basis.bound | {"indicators": indicators}):
        covered = {code: name for code, name in zip(row.indicators, row.covered_by, strict=True) if name}
        yield Blank(row.unit_code, row.unit_name, row.superior or "", tuple(row.indicators), covered, row.is_silent)


def _missing(connection: Connection, basis: Basis, gap: AssociationGap) -> Iterator[MissingAssociations]:
    query = ASSOCIATIONS.format(figures=basis.rows("indicator_values"), tree=basis.rows("tree_closure"))
    bound = basis.bound | {"indicator": gap.indicator, "out_of": gap.out_of}
    for row in connection.execute(text(query), bound):
        yield MissingAssociations(
            gap.label_zh, row.unit_code, row.unit_name, row.superior or "", row.lacking, row.total
        )


def _falls(province: Province) -> Iterator[Fall]:
    for line in province.lines:
        if _fell(line.change):
            yield Fall(line, "", line.change)
        cities = [city for city in province.cities if (city.indicator,) == line.indicators and _fell(city.change)]
        for city in sorted(cities, key=lambda city: (city.change.percent or Decimal(0), city.unit)):
            yield Fall(line, city.name, city.change)


def _fell(change: Change) -> bool:
    return change.difference is not None and change.difference < 0


PARENTS = """
    tree as (
        select * from {tree} as history
    ),
    parents as (
        select unit_code, ancestor_code as parent_code
        from (
            select tree.*, max(ancestor_depth) over (partition by unit_code) as depth from tree
        ) as paths
        where ancestor_depth = depth - 1
    ),
    superiors as (
        select parents.unit_code, parents.parent_code, tree.unit_name as parent_name
        from parents
        join tree on tree.unit_code = parents.parent_code and tree.ancestor_code = parents.parent_code
    )
"""

# A unit owes a figure itself where its subtree counts more expected units than the subtrees below it do, and has
# reported it where that holds for reported units. Of a list, at its owner's level, nobody below is expected; what
# others file of it is only reconciled with it.
BLANKS = f"""
    with {PARENTS},
    figures as (
        select * from {{figures}} as history
        where indicator_code = any(:indicators) and unit_level <> 'township'
    ),
    below as (
        select
            parents.parent_code,
            figures.indicator_code,
            sum(figures.units_expected) as units_expected,
            sum(figures.units_reported) as units_reported
        from figures
        join parents on parents.unit_code = figures.unit_code
        group by parents.parent_code, figures.indicator_code
    ),
    blank as (
        select figures.unit_code, figures.unit_name, figures.indicator_code
        from figures
        join published.indicators as indicators on indicators.indicator_code = figures.indicator_code
        left join below
            on below.parent_code = figures.unit_code and below.indicator_code = figures.indicator_code
        where case
            when indicators.aggregation = 'list'
                then figures.unit_level = 'province' and figures.units_expected = 1 and figures.units_reported = 0
            else figures.units_expected > coalesce(below.units_expected, 0)
                and figures.units_reported <= coalesce(below.units_reported, 0)
        end
    ),
    covered as (
        select blank.unit_code, blank.indicator_code, min(claiming.unit_name) as covered_by
        from blank
        join tree on tree.unit_code = blank.unit_code
        join figures as claiming
            on claiming.unit_code = tree.ancestor_code
            and claiming.indicator_code = blank.indicator_code
            and claiming.basis = 'claimed'
        group by blank.unit_code, blank.indicator_code
    )
    select
        blank.unit_code,
        blank.unit_name,
        superiors.parent_name as superior,
        array_agg(blank.indicator_code order by blank.indicator_code) as indicators,
        array_agg(covered.covered_by order by blank.indicator_code) as covered_by,
        not exists (
            select from {{figures}} as any_figure
            where any_figure.unit_code = blank.unit_code
                and coalesce(any_figure.own_value, any_figure.own_low, any_figure.own_high) is not null
        ) as is_silent
    from blank
    left join superiors on superiors.unit_code = blank.unit_code
    left join covered on covered.unit_code = blank.unit_code and covered.indicator_code = blank.indicator_code
    group by blank.unit_code, blank.unit_name, superiors.parent_name
    order by blank.unit_code
"""

# Told of the lowest units that count them: a city's total would hide a county that has none.
ASSOCIATIONS = f"""
    with {PARENTS},
    figures as (
        select * from {{figures}} as history where indicator_code in (:indicator, :out_of)
    ),
    counted as (
        select * from figures
        where indicator_code = :indicator and unit_level in ('city', 'county') and units_expected > 0
    )
    select
        counted.unit_code,
        counted.unit_name,
        superiors.parent_name as superior,
        total.own_value - counted.value as lacking,
        total.own_value as total
    from counted
    left join superiors on superiors.unit_code = counted.unit_code
    left join figures as total on total.unit_code = counted.unit_code and total.indicator_code = :out_of
    where counted.units_reported = counted.units_expected
        and case
            when :out_of = '' then counted.high = 0
            else total.own_low > counted.high
        end
        and counted.unit_code not in (
            select superiors.parent_code from superiors join counted as under on under.unit_code = superiors.unit_code
        )
    order by counted.unit_code
"""
