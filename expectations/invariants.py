"""What is true of every candidate: one that breaks any of these rules is never published.

Rows are held against each other, against the rows below them and against their sources; periods and filings are not
computed a second time. Where the columns cannot tell which of two readings applies (a unit with townships that shows no
figure of its own may have filed 无此项 or nothing), either one passes.
"""

from collections.abc import Iterable

from catalogue.model import SUMMABLE, Aggregation, Basis, Catalogue, Formula, Indicator, Level, ReportLine, Scope
from expectations.provenance import CANDIDATE, figures_of, provenance
from expectations.relations import RELATIONS
from expectations.restated import restated_rules
from expectations.rules import Rule, counts_in_order, no_rows, one_of, present, quoted, unique

VALUES = RELATIONS["indicator_values"]
LEAVES = RELATIONS["contribution_leaves"]
TREE = RELATIONS["tree_closure"]
LINES = RELATIONS["report_lines"]
RECONCILED = RELATIONS["reconciliation"]
INDICATORS = RELATIONS["indicators"]

ROLES = ("own", "claim", "adjustment", "numerator", "denominator")
ADDING = quoted(sorted({*SUMMABLE, Aggregation.LIST}))
NEVER_ADDED = (Aggregation.RATIO, Aggregation.RANK, Aggregation.TARGET, Aggregation.REF)
COMBINED = quoted((Aggregation.COVERAGE, Aggregation.PEAK))

CHILDREN = f"""
    select child.period, child.unit_code, parent.ancestor_code as parent_code,
        child.unit_level = '{Level.TOWNSHIP}' as is_township
    from {TREE.path} as child
    join {TREE.path} as parent on parent.period = child.period and parent.unit_code = child.unit_code
        and parent.ancestor_depth = child.ancestor_depth - 1
    where child.ancestor_code = child.unit_code
"""
"""period, unit_code, parent_code, is_township: each unit and the unit it hangs under."""


def invariants(catalogue: Catalogue) -> Iterable[Rule]:
    """Every rule that blocks, grouped by relation."""
    for relation in RELATIONS.values():
        yield unique(relation)
        yield from present(relation)
    yield one_of(VALUES, "basis", list(Basis))
    yield one_of(VALUES, "unit_level", list(Level))
    yield one_of(LEAVES, "role", ROLES)
    yield _catalogue_complete(catalogue)
    yield from _known()
    yield from _figures()
    yield from _bases(catalogue.indicators.values())
    yield from _sums()
    yield from provenance(catalogue)
    yield from _tree()
    yield from _lines(catalogue)
    yield from _reconciliation()
    yield from restated_rules()


def _catalogue_complete(catalogue: Catalogue) -> Rule:
    codes = ", ".join(f"('{code}')" for code in catalogue.indicators)
    return no_rows(
        INDICATORS,
        "indicators_complete",
        "指标目录齐全",
        f"目录中的 {len(catalogue.indicators)} 项指标都在",
        f"""
        select wanted.indicator_code from (values {codes}) as wanted (indicator_code)
        left join {INDICATORS.path} as i on i.indicator_code = wanted.indicator_code
        where i.indicator_code is null
        """,
    )


def _known() -> Iterable[Rule]:
    yield no_rows(
        VALUES,
        "values_indicator_known",
        "指标在目录中",
        "每个数的指标都在指标目录中",
        f"""
        select v.* from {VALUES.path} as v
        left join {INDICATORS.path} as i on i.indicator_code = v.indicator_code
        where i.indicator_code is null
        """,
    )
    yield no_rows(
        VALUES,
        "values_unit_in_tree",
        "单位在单位树中",
        "每个数的单位都在该年度的单位树中",
        f"""
        select v.* from {VALUES.path} as v
        left join {TREE.path} as t
            on t.period = v.period and t.unit_code = v.unit_code and t.ancestor_code = v.unit_code
        where t.unit_code is null
        """,
    )
    yield no_rows(
        VALUES,
        "values_parent_has_row",
        "上级也有该指标",
        "下级有某指标的行，上级就有",
        f"""
        select v.* from {VALUES.path} as v
        join ({CHILDREN}) as link on link.period = v.period and link.unit_code = v.unit_code
        left join {VALUES.path} as above on above.period = v.period and above.unit_code = link.parent_code
            and above.indicator_code = v.indicator_code
        where above.unit_code is null
        """,
    )


def _figures() -> Iterable[Rule]:
    crossed = " or ".join(_crossed(f"v.{kind}") for kind in ("", "own_", "computed_", "claimed_"))
    yield no_rows(
        VALUES,
        "values_within_bounds",
        "下限≤数值≤上限",
        "采用数、本级数、汇总数、自报含下级数都在各自的上下限之间",
        f"select v.* from {VALUES.path} as v where {crossed}",
    )
    yield no_rows(
        VALUES,
        "values_gap_is_difference",
        "差额等于自报减汇总",
        "差额就是自报含下级数减汇总数，缺一个则为空",
        f"select v.* from {VALUES.path} as v where v.gap is distinct from v.claimed_value - v.computed_value",
    )
    yield counts_in_order(
        VALUES,
        "values_counts_in_order",
        "报送范围不超过应报",
        "0 ≤ 已报单位 ≤ 覆盖单位 ≤ 应报单位，覆盖率不超过 100%",
    )


def _bases(indicators: Iterable[Indicator]) -> Iterable[Rule]:
    listed = list(indicators)
    recomputed = [i.code for i in listed if i.has_parts]
    never_added = [i.code for i in listed if i.aggregation in NEVER_ADDED and not i.has_parts]
    added = [i.code for i in listed if i.aggregation not in NEVER_ADDED]
    owners = ", ".join(f"('{i.code}', '{i.owner_level}')" for i in listed if i.owner_level is not None)
    yield no_rows(
        VALUES,
        "values_basis_fits_kind",
        "采用依据符合指标类型",
        "不汇总的指标采用本级数，名录只在管理单位采用，比率从不采用自报数",
        f"""
        select v.* from {VALUES.path} as v
        where v.indicator_code in ({quoted(never_added)}) and v.basis <> '{Basis.OWN}'
            or v.indicator_code in ({quoted(recomputed)}) and v.basis in ('{Basis.CLAIMED}', '{Basis.LIST}')
            or v.indicator_code in ({quoted(added)}) and v.basis = '{Basis.OWN}'
            or v.basis = '{Basis.LIST}' and (v.indicator_code, v.unit_level) not in ({owners})
        """,
    )
    yield no_rows(
        VALUES,
        "values_basis_fits_reports",
        "报齐才算汇总数",
        "应报单位都报齐的是汇总数，没有报齐的是部分汇总数",
        f"""
        select v.* from {VALUES.path} as v
        where v.basis in ('{Basis.COMPUTED}', '{Basis.PARTIAL}')
            and (v.basis = '{Basis.COMPUTED}') <> (v.units_expected > 0 and v.units_reported = v.units_expected)
        """,
    )
    yield no_rows(
        VALUES,
        "values_claim_is_usable",
        "采用的自报数不低于汇总数",
        "采用自报含下级数时，它的上限不低于汇总数的下限，该单位有下级，应报单位视为全部覆盖",
        f"""
        select v.* from {VALUES.path} as v
        where v.basis = '{Basis.CLAIMED}' and (v.claimed_high < v.computed_low
            or v.units_covered <> v.units_expected
            or not exists (select 1 from ({CHILDREN}) as link
                where link.period = v.period and link.parent_code = v.unit_code))
        """,
    )
    yield no_rows(
        VALUES,
        "values_are_their_basis",
        "采用数等于其依据",
        "采用数及其上下限就是采用依据所指的那一组数",
        f"""
        select v.* from {VALUES.path} as v
        cross join lateral (
            select v.own_value, v.own_low, v.own_high where v.basis in ('{Basis.OWN}', '{Basis.LIST}')
            union all
            select v.computed_value, v.computed_low, v.computed_high
            where v.basis in ('{Basis.COMPUTED}', '{Basis.PARTIAL}')
            union all
            select v.claimed_value, v.claimed_low, v.claimed_high where v.basis = '{Basis.CLAIMED}'
        ) as used (value, low, high)
        where v.value is distinct from used.value or v.low is distinct from used.low
            or v.high is distinct from used.high
        """,
    )


def _sums() -> Iterable[Rule]:
    yield no_rows(
        VALUES,
        "values_add_up",
        "逐级相加",
        "可加指标的汇总数（及上下限）等于本级数（没有本级数的为乡镇合计）加各下级采用数，再加本单位的去重调整；下面有敞口的才敞口",
        _WRONG_SUMS,
    )
    yield no_rows(
        VALUES,
        "values_adjustments_add_up",
        "去重调整逐级相加",
        "采用数中去重调整的部分，等于计入它的各级去重调整之和；没有的为空；可加指标调整以后没有小于 0 的数",
        f"""
        select v.*, added.value as added from {VALUES.path} as v
        left join (
            select tree.ancestor_code as unit_code, adjusted.indicator_code, adjusted.period,
                sum(adjusted.value) as value
            from ({ADJUSTED}) as adjusted
            join {TREE.path} as tree on tree.period = adjusted.period and tree.unit_code = adjusted.holder_code
                and tree.ancestor_depth >= adjusted.reach_depth
            group by tree.ancestor_code, adjusted.indicator_code, adjusted.period
        ) as added on added.unit_code = v.unit_code and added.indicator_code = v.indicator_code
            and added.period = v.period
        where v.adjustment_value is distinct from added.value
            or v.adjustment_value is not null and (v.value < 0 or v.low < 0)
        """,
    )
    yield no_rows(
        VALUES,
        "values_counts_add_up",
        "单位数逐级相加",
        "应报、已报、覆盖单位数等于各下级之和，再加本单位自己；乡镇不计；名录管理单位自成一个",
        _WRONG_COUNTS,
    )
    yield no_rows(
        VALUES,
        "values_computed_has_terms",
        "汇总数有来处",
        "去重数和峰值的汇总数，由本级数或某个下级的数得出",
        f"""
        select v.* from {VALUES.path} as v
        join {INDICATORS.path} as i on i.indicator_code = v.indicator_code and i.aggregation in ({COMBINED})
        where coalesce(v.computed_value, v.computed_low, v.computed_high) is not null
            and coalesce(v.own_value, v.own_low, v.own_high) is null
            and not exists (select 1 from ({CHILDREN}) as link
                join {VALUES.path} as c on c.period = link.period and c.unit_code = link.unit_code
                where link.period = v.period and link.parent_code = v.unit_code
                    and c.indicator_code = v.indicator_code and coalesce(c.value, c.low, c.high) is not null)
        """,
    )


# Of few figures: an index finds them among all that was filed.
ADJUSTED = f"""
    select leaf.period, leaf.holder_code, leaf.indicator_code, leaf.reach_depth,
        sum(case when each.weight is null then filed.value else each.value end) as value
    from {LEAVES.path} as leaf
    cross join lateral unnest(leaf.observation_ids, leaf.weights, leaf.shared_values)
        as each (observation_id, weight, value)
    join landing.observation as filed
        on filed.observation_id = each.observation_id and filed.scope = '{Scope.ADJUSTMENT}'
    where leaf.role = '{Scope.ADJUSTMENT}'
    group by leaf.period, leaf.holder_code, leaf.indicator_code, leaf.reach_depth
"""

_TERMS_BELOW = ", ".join(
    f"""
    count(c.{column}) filter (where {whose}) as {prefix}_{column}_known,
    sum(c.{column}) filter (where {whose}) as {prefix}_{column}
    """
    for column in ("value", "low", "high")
    for prefix, whose in (("units", "not link.is_township"), ("towns", "link.is_township"))
)

_SUMMED_PARTS = ", ".join(
    f"""
    ('{it}', computed_{it}, case when has_own then coalesce(own_{it}, 0) else 0 end,
        case when has_own and own_{it} is not null then 1 else 0 end,
        coalesce(units_{it}, 0), coalesce(units_{it}_known, 0), coalesce(towns_{it}, 0), coalesce(towns_{it}_known, 0))
    """
    for it in ("value", "low", "high")
)

# The terms of a sum are the rows that show a number. Where the unit shows none of its own, its townships may stand in.
# Nearly all units have nobody below them, and show their own figure or nothing: there is nothing to add up.
_WRONG_SUMS = f"""
    with below as (
        select link.parent_code, c.indicator_code as child_indicator, c.period as child_period,
            count(*) filter (where not link.is_township) as units_terms,
            count(*) filter (where link.is_township) as towns_terms,
            {_TERMS_BELOW}
        from ({CHILDREN}) as link
        join {VALUES.path} as c on c.period = link.period and c.unit_code = link.unit_code
        where coalesce(c.value, c.low, c.high) is not null
        group by link.parent_code, c.indicator_code, c.period
    ),
    to_add as materialized (
        select v.*, below.*, own.is_term as has_own, coalesce(adjusted.value, 0) as adjustment,
            case when own.is_term then 1 else 0 end as own_terms,
            coalesce(below.units_terms, 0) as terms_of_units, coalesce(below.towns_terms, 0) as terms_of_towns
        from {VALUES.path} as v
        join {INDICATORS.path} as i on i.indicator_code = v.indicator_code and i.aggregation in ({ADDING})
        cross join lateral (
            select v.basis <> '{Basis.LIST}' and coalesce(v.own_value, v.own_low, v.own_high) is not null
        ) as own (is_term)
        left join below on below.parent_code = v.unit_code and below.child_indicator = v.indicator_code
            and below.child_period = v.period
        left join ({ADJUSTED}) as adjusted on adjusted.holder_code = v.unit_code
            and adjusted.indicator_code = v.indicator_code and adjusted.period = v.period
        where below.parent_code is not null or adjusted.holder_code is not null
            or (v.computed_value, v.computed_low, v.computed_high) is distinct from case when own.is_term
                then (v.own_value, v.own_low, v.own_high) else (null::numeric, null::numeric, null::numeric) end
    ),
    sums as (
        select unit_code, indicator_code, period, part.name as part,
            part.computed - adjustment as computed,
            has_own,
            own_terms + terms_of_units as terms,
            own_terms + terms_of_units = part.own_known + part.units_known as is_known,
            part.own + part.units as total,
            terms_of_units + terms_of_towns as terms_with_towns,
            terms_of_units + terms_of_towns = part.units_known + part.towns_known as is_known_with_towns,
            part.units + part.towns as total_with_towns
        from to_add
        cross join lateral (values {_SUMMED_PARTS})
            as part (name, computed, own, own_known, units, units_known, towns, towns_known)
    )
    select * from sums
    where computed is not null
        and not (terms > 0 and is_known and computed = total)
        and not (not has_own and terms_with_towns > 0 and is_known_with_towns and computed = total_with_towns)
        or computed is null and terms > 0 and is_known and not exists (
            select 1 from {figures_of(CANDIDATE.leaves)} as leaf
            join {TREE.path} as t on t.period = leaf.period and t.unit_code = leaf.holder_code
            where leaf.indicator_code = sums.indicator_code and leaf.period = sums.period
                and t.ancestor_code = sums.unit_code
                and case sums.part when 'value' then leaf.value when 'low' then leaf.low else leaf.high end is null
        )
"""

_WRONG_COUNTS = f"""
    with below as (
        select link.parent_code as unit_code, c.indicator_code, c.period,
            sum(c.units_expected) as expected, sum(c.units_reported) as reported, sum(c.units_covered) as covered
        from ({CHILDREN}) as link
        join {VALUES.path} as c on c.period = link.period and c.unit_code = link.unit_code
        where not link.is_township
        group by link.parent_code, c.indicator_code, c.period
    )
    select v.*, below.expected as expected_below, below.reported as reported_below, below.covered as covered_below
    from {VALUES.path} as v
    left join below on below.unit_code = v.unit_code and below.indicator_code = v.indicator_code
        and below.period = v.period
    cross join lateral (
        select v.units_expected - coalesce(below.expected, 0) as expected,
            v.units_reported - coalesce(below.reported, 0) as reported,
            v.units_covered - coalesce(below.covered, 0) as covered
    ) as own
    where case when v.basis = '{Basis.LIST}' then v.units_expected <> 1 or v.units_covered <> v.units_reported
        else not (0 <= own.reported and own.reported <= own.expected and own.expected <= 1)
            or v.basis <> '{Basis.CLAIMED}' and own.covered <> own.reported
        end
"""


def _tree() -> Iterable[Rule]:
    yield no_rows(
        TREE,
        "tree_paths_unbroken",
        "单位树不断层",
        "每个单位到根的每一层恰有一个上级，最深一层是它自己",
        f"""
        select period, unit_code, count(*) as ancestors, max(ancestor_depth) as depth
        from {TREE.path}
        group by period, unit_code
        having min(ancestor_depth) <> 1 or max(ancestor_depth) <> count(*)
            or count(distinct ancestor_depth) <> count(*)
            or max(ancestor_depth) is distinct from max(case when ancestor_code = unit_code then ancestor_depth end)
        """,
    )


def _lines(catalogue: Catalogue) -> Iterable[Rule]:
    lines = ", ".join(f"('{line.code}', '{line.indicator}')" for line in catalogue.report_lines.values())
    yield no_rows(
        LINES,
        "lines_show_province_figure",
        "报告行等于全省采用数",
        "只用一项指标的报告行，数、上下限、依据、去重调整、报送范围就是全省该指标的采用数",
        f"""
        select line.* from {LINES.path} as line
        left join {VALUES.path} as v on v.unit_code = line.unit_code
            and v.indicator_code = line.indicator_code and v.period = line.period
        where line.formula is null
            and (line.value is distinct from v.value
            or line.low is distinct from v.low or line.high is distinct from v.high
            or line.basis is distinct from v.basis or line.adjustment_value is distinct from v.adjustment_value
            or line.units_expected is distinct from v.units_expected
            or line.units_reported is distinct from v.units_reported
            or line.units_covered is distinct from v.units_covered)
        """,
    )
    yield from _formulas(catalogue)
    yield no_rows(
        LINES,
        "lines_coverage_within_100",
        "报告行覆盖率在 0 到 100% 之间",
        "覆盖率是百分数，不超过 100",
        f"""
        select line.* from {LINES.path} as line
        where line.coverage < 0 or line.coverage > 100
            or line.weighted_coverage < 0 or line.weighted_coverage > 100
        """,
    )
    yield no_rows(
        LINES,
        "lines_complete",
        "报告行齐全",
        "目录中的报告行，每个年度、每个省都有",
        f"""
        select years.unit_code, wanted.indicator_code, years.period, wanted.line_code
        from (values {lines}) as wanted (line_code, indicator_code)
        cross join (
            select unit_code, period from {TREE.path}
            where unit_code = ancestor_code and unit_level = '{Level.PROVINCE}' and length(period) = 4
        ) as years
        left join {LINES.path} as line on line.line_code = wanted.line_code and line.period = years.period
            and line.unit_code = years.unit_code
        where line.line_code is null
        """,
    )
    yield no_rows(
        LINES,
        "lines_recommend_a_true_wording",
        "建议的表述是相符的表述之一",
        "建议的表述取自相符的表述；不建议的写明原因，写“据不完全统计”的必有表述和原因",
        f"""
        select line.* from {LINES.path} as line
        where line.recommended_wording is not null and not line.recommended_wording = any(line.wordings)
            or line.recommended_wording is null and (cardinality(line.wordings) > 0 or line.wording_reason is null)
            or line.wording_prefix is not null
                and (line.recommended_wording is null or line.wording_reason is null)
        """,
    )


def _formulas(catalogue: Catalogue) -> Iterable[Rule]:
    """What a line makes of several indicators, worked out again from the province's figures."""
    worked_out = " union all ".join(_worked_out(line) for line in catalogue.report_lines.values() if line.formula)
    yield no_rows(
        LINES,
        "lines_follow_their_formula",
        "报告行的算式算得对",
        "由几项指标算得的报告行，与全省这几项指标的采用数按算式重算的相等",
        f"""
        select line.*, again.value as worked_out
        from ({worked_out}) as again
        join {LINES.path} as line on line.line_code = again.line_code and line.unit_code = again.unit_code
            and line.period = again.period
        where line.value <> again.value or line.value is not null and again.value is null
        """,
    )


def _worked_out(line: ReportLine) -> str:
    parts = [f"max(v.value) filter (where v.indicator_code = '{code}')" for code in line.indicators]
    if line.formula is Formula.SUM:
        value = " + ".join(parts)
    else:
        times = 100 if line.formula is Formula.PERCENT else 1
        value = f"round({parts[0]} * {times} / nullif({parts[1]}, 0), 4)"
    return f"""
        select '{line.code}' as line_code, v.unit_code, v.period, {value} as value
        from {VALUES.path} as v
        where v.unit_level = '{Level.PROVINCE}' and length(v.period) = 4
            and v.indicator_code in ({quoted(line.indicators)})
        group by v.unit_code, v.period
    """


def _reconciliation() -> Iterable[Rule]:
    yield no_rows(
        RECONCILED,
        "reconciliation_shows_values",
        "核对表与指标数一致",
        "核对表的自报数、汇总数、差额和是否采用，与指标数一致",
        f"""
        select r.* from {RECONCILED.path} as r
        left join {VALUES.path} as v on v.unit_code = r.unit_code and v.indicator_code = r.indicator_code
            and v.period = r.period
        where r.is_used is distinct from (v.basis = '{Basis.CLAIMED}') or r.gap is distinct from v.gap
            or r.claimed_value is distinct from v.claimed_value or r.claimed_low is distinct from v.claimed_low
            or r.claimed_high is distinct from v.claimed_high
            or r.computed_value is distinct from v.computed_value or r.computed_low is distinct from v.computed_low
            or r.computed_high is distinct from v.computed_high
        """,
    )
    yield no_rows(
        RECONCILED,
        "reconciliation_complete",
        "核对表齐全",
        "自报含下级数与汇总数有差额的都在核对表中",
        f"""
        select v.* from {VALUES.path} as v
        left join {RECONCILED.path} as r on r.unit_code = v.unit_code and r.indicator_code = v.indicator_code
            and r.period = v.period
        where v.gap <> 0 and length(v.period) = 4 and r.unit_code is null
        """,
    )


def _crossed(prefix: str) -> str:
    """Whether low ≤ value ≤ high is broken for the columns with a prefix; a null compares with nothing."""
    value, low, high = (f"{prefix}{column}" for column in ("value", "low", "high"))
    return f"({low} > {value} or {value} > {high} or {low} > {high})"
