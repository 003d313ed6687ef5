-- How much of the province stands behind the figures of the report's lines: one row per slice, province and indicator, the share of
-- last year's figure held by the units that have reported or are under a claim in use.
with terms as (
    select distinct indicator_code from {{ ref('report_line_terms') }}
),

adding as (
    select * from {{ ref('indicators') }} where aggregation in {{ adding_kinds() }}
),

slices as (
    select * from {{ ref('int_slices') }} where is_figure and part = 'year'
),

rollup as (
    select rollup.*, slices.year
    from {{ ref('int_rollup_of_years') }} as rollup
    join slices on slices.slice_id = rollup.slice_id
    join terms on terms.indicator_code = rollup.indicator_code
    join adding on adding.indicator_code = rollup.indicator_code
),

closure as (
    select * from {{ ref('int_tree_closure') }}
),

provinces as (
    select * from {{ ref('int_tree') }} where level = 'province'
),

below as (
    select parent_id, sum(units_expected) as units_expected, sum(units_reported) as units_reported
    from rollup
    where level <> 'township'
    group by parent_id
),

-- A unit is expected, or has reported, itself where its subtree counts one more than the subtrees below it do.
expected as (
    select
        rollup.slice_id,
        rollup.year,
        rollup.unit_code,
        rollup.indicator_code,
        rollup.units_reported > coalesce(below.units_reported, 0) as has_reported
    from rollup
    left join below on below.parent_id = rollup.node_id
    where rollup.level <> 'township' and rollup.units_expected > coalesce(below.units_expected, 0)
),

claimed as (
    select distinct closure.slice_id, closure.unit_code, rollup.indicator_code
    from rollup
    join closure on closure.slice_id = rollup.slice_id and closure.ancestor_code = rollup.unit_code
    where rollup.basis = 'claimed'
),

last_years as (
    select rollup.year + 1 as year, rollup.unit_code, rollup.indicator_code, rollup.own_value from rollup
    union all
    select year, unit_code, indicator_code, own_value from {{ ref('int_figures_before') }}
),

with_last_year as (
    select
        expected.*,
        provinces.unit_code as province_code,
        expected.has_reported or claimed.unit_code is not null as is_covered,
        case when last_years.own_value < 0 then 0 else last_years.own_value end as last_years_figure
    from expected
    join closure on closure.slice_id = expected.slice_id and closure.unit_code = expected.unit_code
    join provinces on provinces.slice_id = closure.slice_id and provinces.unit_code = closure.ancestor_code
    left join claimed
        on claimed.slice_id = expected.slice_id
        and claimed.unit_code = expected.unit_code
        and claimed.indicator_code = expected.indicator_code
    left join last_years
        on last_years.year = expected.year
        and last_years.unit_code = expected.unit_code
        and last_years.indicator_code = expected.indicator_code
),

-- Who had no figure last year weighs as much as the others do on average; where nobody had one, all weigh the same.
weighed as (
    select
        with_last_year.*,
        coalesce(
            last_years_figure, avg(last_years_figure) over (partition by slice_id, province_code, indicator_code), 1
        ) as weight
    from with_last_year
),

added as (
    select
        slice_id,
        year::text as period,
        province_code,
        indicator_code,
        sum(weight) as weight,
        coalesce(sum(weight) filter (where is_covered), 0) as weight_covered
    from weighed
    group by slice_id, year, province_code, indicator_code
)

select
    period,
    province_code,
    indicator_code,
    {{ quotient('(weight_covered * 100)', 'weight') }} as weighted_coverage
from added
