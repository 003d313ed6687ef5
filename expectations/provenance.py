"""The proof that every figure is made of its leaves: combined as its kind adds, they give value, low and high again.

The leaves are added up once, level by level up the tree, for every unit at a time; no figure is taken into account but
the filed ones, and what shares made of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from catalogue.model import Aggregation, Basis, Catalogue, DistinctBy, Indicator, Level
from expectations.relations import RELATIONS
from expectations.rules import Rule, no_rows, quoted
from ingestion.tree_rules import MAX_DEPTH

DEEPEST = 2 * MAX_DEPTH - 1
"""A closed unit stays with its own below it, at worst under a successor of the lowest level."""


@dataclass(frozen=True, slots=True)
class Relations:
    """What is proven, as SQL after `from`: a relation of that shape, or a query in parentheses."""

    values: str
    leaves: str
    tree: str


CANDIDATE = Relations(*(RELATIONS[name].path for name in ("indicator_values", "contribution_leaves", "tree_closure")))


def provenance(catalogue: Catalogue) -> Iterable[Rule]:
    """The rules by which the candidate is made of its leaves, and of nothing else."""
    yield no_rows(
        RELATIONS["indicator_values"],
        "values_made_of_leaves",
        "每个数都能由来源数还原",
        "每个采用数和本级数（及上下限），由其来源数按该指标的汇总方式恰好还原；每个来源数都是收到的某个文件中的一格或一行",
        unproven(CANDIDATE, catalogue),
    )

    leaves = RELATIONS["contribution_leaves"]
    yield no_rows(
        leaves,
        "leaves_have_value_row",
        "来源数都已计入",
        "每个作为本级数或自报数计入的来源，都有对应的指标数行",
        f"""
        select leaf.* from {CANDIDATE.leaves} as leaf
        left join {CANDIDATE.values} as v on v.unit_code = leaf.holder_code
            and v.indicator_code = leaf.indicator_code and v.period = leaf.period
        where leaf.role in ('own', 'claim') and v.unit_code is null
        """,
    )
    yield no_rows(
        leaves,
        "leaves_within_bounds",
        "来源数合理",
        "份额在 0 与 1 之间，下限≤数值≤上限，层次从 1 起",
        f"""
        select leaf.* from {CANDIDATE.leaves} as leaf
        where leaf.reach_depth < 1 or exists (
            select 1 from unnest(leaf.weights, leaf.shared_values, leaf.shared_lows, leaf.shared_highs)
                as share (weight, value, low, high)
            where share.weight <= 0 or share.weight > 1
                or share.low > share.value or share.value > share.high or share.low > share.high
        )
        """,
    )


def figures_of(leaves: str) -> str:
    """Each leaf with the figure it brings: as it was filed, or what a share made of that. `is_lost`: no file has it.

    A leaf was filed for the year it counts in, so the files of other years, however many there are, are not read. The
    years are given by the first and the last: of a list, the planner expects as many as there are periods, of which one
    year has 13, and reads all that was ever filed.
    """
    place = "period, holder_code, indicator_code, role, reach_depth, leaf_indicator_code"
    return f"""(
        select {place}, is_single, seen.observation_id is null as is_lost,
            case when each.weight is null then seen.value else each.value end as value,
            case when each.weight is null then seen.low else each.low end as low,
            case when each.weight is null then seen.high else each.high end as high
        from (
            select {place}, true as is_single, observation_ids[1] as observation_id, weights[1] as weight,
                shared_values[1] as value, shared_lows[1] as low, shared_highs[1] as high
            from {leaves} as leaves where cardinality(observation_ids) = 1
            union all
            select {place}, false, figure.*
            from {leaves} as leaves
            cross join lateral unnest(observation_ids, weights, shared_values, shared_lows, shared_highs) as figure
            where cardinality(observation_ids) > 1
        ) as each
        left join (
            select observation.observation_id, observation.value, observation.low, observation.high
            from landing.submission as submission
            join landing.observation as observation on observation.submission_id = submission.submission_id
            where submission.year between (select left(min(period), 4)::smallint from {leaves} as counted)
                and (select left(max(period), 4)::smallint from {leaves} as counted)
        ) as seen on seen.observation_id = each.observation_id
    )"""


def unproven(relations: Relations, catalogue: Catalogue) -> str:
    """SQL of the rows of `values` that their leaves do not give again, with what they give instead."""
    kinds = _Kinds.of(catalogue.indicators.values())
    levels = ", ".join(_level(depth, kinds) for depth in range(DEEPEST, 0, -1))
    every_level = " union all ".join(f"select * from level_{depth}" for depth in range(1, DEEPEST + 1))
    return f"""
        with brought as (
            select figure.*,
                figure.is_single and figure.leaf_indicator_code = figure.indicator_code and mixed.role is null
                    as is_alone
            from {figures_of(relations.leaves)} as figure
            left join (
                select distinct period, holder_code, indicator_code, role
                from {relations.leaves} as leaves
                where role in ('own', 'claim', 'adjustment') and leaf_indicator_code <> indicator_code
            ) as mixed on mixed.period = figure.period and mixed.holder_code = figure.holder_code
                and mixed.indicator_code = figure.indicator_code and mixed.role = figure.role
        ),
        filed as (
            select period, holder_code, indicator_code, role, reach_depth, value, low, high, is_lost
            from brought where is_alone
            union all
            select period, holder_code, indicator_code, role, min(reach_depth), {_combined(kinds)},
                bool_or(is_lost) or min(reach_depth) <> max(reach_depth)
            from brought where not is_alone
            group by period, holder_code, indicator_code, role
        ),
        place as (
            select self.period, self.unit_code, self.ancestor_depth as depth, parent.ancestor_code as parent_code,
                case when self.unit_level = '{Level.TOWNSHIP}' then 'town' else 'unit' end as whose,
                below.ancestor_code is null and other.holder_code is null as is_plain
            from {relations.tree} as self
            left join {relations.tree} as parent on parent.period = self.period
                and parent.unit_code = self.unit_code and parent.ancestor_depth = self.ancestor_depth - 1
            left join (
                select distinct period, ancestor_code from {relations.tree} as tree where unit_code <> ancestor_code
            ) as below on below.period = self.period and below.ancestor_code = self.unit_code
            left join (
                select distinct period, holder_code from {relations.leaves} as leaves
                where role in ('claim', 'adjustment')
            ) as other on other.period = self.period and other.holder_code = self.unit_code
            where self.ancestor_code = self.unit_code
        ),
        held as (
            select place.*, filed.indicator_code,
                case when filed.role in ('numerator', 'denominator') then filed.role else 'figure' end as part,
                filed.reach_depth as reach, filed.value, filed.low, filed.high, filed.is_lost
            from filed
            join place on place.period = filed.period and place.unit_code = filed.holder_code
            where filed.reach_depth <= place.depth
        ),
        held_above as (select * from held where not is_plain),
        from_below as (
            select period, parent_code as unit_code, indicator_code, part, whose, depth - 1 as depth,
                {_added("reach", "reach")}
            from held where is_plain and reach < depth
            group by period, parent_code, indicator_code, part, whose, depth
        ),
        {levels},
        made as (
            {every_level}
            union all
            select period, unit_code, indicator_code, part, reach, reach, value, low, high, is_lost
            from held where is_plain
        ),
        parts as (
            select period, unit_code, indicator_code, bool_or(is_lost) as is_lost,
                {_of_part("numerator", "above")}, {_of_part("denominator", "under")}
            from made where part <> 'figure'
            group by period, unit_code, indicator_code
            having count(*) = 2
        ),
        ratios as (
            select period, unit_code, indicator_code, is_lost,
                {_quotient("above_value", "under_value", kinds)} as value,
                {_quotient("above_low", "under_high", kinds)} as low,
                {_quotient("above_high", "under_low", kinds)} as uncapped_high
            from parts
        ),
        given as (
            select period, unit_code, indicator_code, 'figure' as part, value, low, high,
                is_lost or least_reach <> greatest_reach as is_lost
            from made where part = 'figure'
            union all
            select period, unit_code, indicator_code, 'ratio', value, low,
                case when indicator_code in ({kinds.percentages}) and uncapped_high > 100
                    then greatest(100, value, low) else uncapped_high end, is_lost
            from ratios
        )
        select v.*, given.value as leaves_value, given.low as leaves_low, given.high as leaves_high,
            own.value as leaves_own_value, own.low as leaves_own_low, own.high as leaves_own_high
        from {relations.values} as v
        left join given on given.period = v.period and given.unit_code = v.unit_code
            and given.indicator_code = v.indicator_code
            and given.part = case when v.indicator_code in ({kinds.ratios}) and v.basis <> '{Basis.OWN}'
                then 'ratio' else 'figure' end
        left join filed as own on own.period = v.period and own.holder_code = v.unit_code
            and own.indicator_code = v.indicator_code and own.role = 'own'
        where given.is_lost or own.is_lost
            or v.value is distinct from given.value or v.low is distinct from given.low
            or v.high is distinct from given.high or v.own_value is distinct from own.value
            or v.own_low is distinct from own.low or v.own_high is distinct from own.high
    """


@dataclass(frozen=True, slots=True)
class _Kinds:
    """The indicators of each kind that does not simply add, as SQL lists."""

    peaks: str
    named: str
    territories: str
    ratios: str
    percentages: str

    @classmethod
    def of(cls, indicators: Iterable[Indicator]) -> "_Kinds":
        listed = list(indicators)
        return cls(
            peaks=quoted(i.code for i in listed if i.aggregation is Aggregation.PEAK),
            named=quoted(i.code for i in listed if i.distinct_by is DistinctBy.NAME),
            territories=quoted(i.code for i in listed if i.distinct_by is DistinctBy.TERRITORY),
            ratios=quoted(i.code for i in listed if i.has_parts),
            percentages=quoted(i.code for i in listed if i.is_percentage),
        )


def _combined(kinds: _Kinds) -> str:
    """What the filed figures of one holding bring together: a peak the greatest, all others their sum."""
    is_peak = f"indicator_code in ({kinds.peaks})"
    return f"""
        case when count(value) = count(*)
            then case when {is_peak} then max(value) else sum(value) end end as value,
        case when {is_peak} then max(low)
            when count(low) = count(*) then sum(low) end as low,
        case when count(high) = count(*)
            then case when {is_peak} then max(high) else sum(high) end end as high
    """


def _level(depth: int, kinds: _Kinds) -> str:
    """The figures of the units of one depth that are not plain: what they hold, and what comes up to them.

    Plain units, nearly all, have nobody below them and one own figure: that is what they are, and they are added up to
    the units above them once for all depths.
    """
    above = (
        ""
        if depth == DEEPEST
        else f"""
                    union all
                    select below.period, place.parent_code, below.indicator_code, below.part, place.whose,
                        below.least_reach, below.greatest_reach, below.value, below.low, below.high, below.is_lost
                    from level_{depth + 1} as below
                    join place on place.period = below.period and place.unit_code = below.unit_code
                    where below.least_reach <= {depth}
    """
    )
    return f"""
        level_{depth} as (
            select period, unit_code, indicator_code, part, least_reach, greatest_reach,
                case
                    when known_values < terms then null
                    when part = 'figure' and indicator_code in ({kinds.peaks}) then greatest_value
                    when part = 'figure' and terms > 1 and indicator_code in ({kinds.named}, {kinds.territories})
                        then null
                    else sum_value
                end as value,
                case
                    when part = 'figure' and indicator_code in ({kinds.peaks}, {kinds.named}) then greatest_low
                    when part = 'figure' and indicator_code in ({kinds.territories})
                        then greatest(case when known_base_lows = bases then base_low end,
                            case when known_unit_lows = units then unit_low end)
                    when known_lows = terms then sum_low
                end as low,
                case
                    when known_highs < terms then null
                    when part = 'figure' and indicator_code in ({kinds.peaks}) then greatest_high
                    else sum_high
                end as high,
                is_lost
            from (
                select period, unit_code, indicator_code, part, {_ADDED_TOGETHER}
                from (
                    select period, unit_code, indicator_code, part, whose, {_added("least_reach", "greatest_reach")}
                    from (
                        select period, unit_code, indicator_code, part, 'self' as whose, reach as least_reach,
                            reach as greatest_reach, value, low, high, is_lost
                        from held_above where depth = {depth} {above}
                    ) as terms
                    group by period, unit_code, indicator_code, part, whose
                    union all
                    select period, unit_code, indicator_code, part, whose, {", ".join(_TERMS)}
                    from from_below where depth = {depth}
                ) as added
                group by period, unit_code, indicator_code, part
            ) as together
        )
    """


_TERMS = (
    *("least_reach", "greatest_reach", "terms", "known_values", "known_lows", "known_highs"),
    *("sum_value", "sum_low", "sum_high", "greatest_value", "greatest_low", "greatest_high", "is_lost"),
)


def _added(least_reach: str, greatest_reach: str) -> str:
    """The columns of `_TERMS`: what some figures bring together, one by one counted."""
    return f"""
        min({least_reach}) as least_reach, max({greatest_reach}) as greatest_reach,
        count(*) as terms, count(value) as known_values, count(low) as known_lows, count(high) as known_highs,
        sum(value) as sum_value, sum(low) as sum_low, sum(high) as sum_high,
        max(value) as greatest_value, max(low) as greatest_low, max(high) as greatest_high, bool_or(is_lost) as is_lost
    """


_ADDED_TOGETHER = """
    min(least_reach) as least_reach, max(greatest_reach) as greatest_reach,
    sum(terms) as terms, sum(known_values) as known_values, sum(known_lows) as known_lows,
    sum(known_highs) as known_highs, sum(sum_value) as sum_value, sum(sum_low) as sum_low, sum(sum_high) as sum_high,
    max(greatest_value) as greatest_value, max(greatest_low) as greatest_low, max(greatest_high) as greatest_high,
    coalesce(sum(terms) filter (where whose = 'unit'), 0) as units,
    coalesce(sum(known_lows) filter (where whose = 'unit'), 0) as known_unit_lows,
    sum(sum_low) filter (where whose = 'unit') as unit_low,
    coalesce(sum(terms) filter (where whose <> 'unit'), 0) as bases,
    coalesce(sum(known_lows) filter (where whose <> 'unit'), 0) as known_base_lows,
    sum(sum_low) filter (where whose <> 'unit') as base_low,
    bool_or(is_lost) as is_lost
"""
"""Those columns of the unit itself, its townships and the other units below it, together."""


def _of_part(part: str, prefix: str) -> str:
    """A ratio's one row of that part in a row with the other; a join would be planned as if there were few."""
    return ", ".join(f"max({it}) filter (where part = '{part}') as {prefix}_{it}" for it in ("value", "low", "high"))


def _quotient(above: str, under: str, kinds: _Kinds) -> str:
    """To four decimals, half up and exact: an integer quotient never rounds twice."""
    scale = f"case when indicator_code in ({kinds.percentages}) then 100 else 1 end"
    return f"case when {under} > 0 then div({above} * {scale} * 20000 + {under}, {under} * 2) * 0.0001 end"
