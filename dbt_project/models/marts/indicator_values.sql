-- The candidate for published.indicator_values: one row per unit, indicator and year.
with rollup as (
    select * from {{ ref('int_rollup') }}
),

tree as (
    select * from {{ ref('int_tree') }}
),

indicators as (
    select * from {{ ref('indicators') }}
)

select
    rollup.unit_code,
    tree.name as unit_name,
    rollup.level as unit_level,
    rollup.indicator_code,
    indicators.indicator_name,
    indicators.measure,
    rollup.year::text as period,
    rollup.value,
    rollup.low,
    rollup.high,
    rollup.basis,
    rollup.own_value,
    rollup.own_low,
    rollup.own_high,
    rollup.computed_value,
    rollup.computed_low,
    rollup.computed_high,
    rollup.claimed_value,
    rollup.claimed_low,
    rollup.claimed_high,
    rollup.claimed_value - rollup.computed_value as gap,
    rollup.units_expected::integer as units_expected,
    rollup.units_reported::integer as units_reported,
    rollup.units_covered::integer as units_covered,
    case when rollup.value is not null then rollup.provisional_value end as provisional_part,
    case when rollup.value is not null then rollup.narrative_value end as narrative_part,
    rollup.is_inherited,
    rollup.is_estimate
from rollup
join tree on tree.year = rollup.year and tree.unit_code = rollup.unit_code
join indicators on indicators.indicator_code = rollup.indicator_code
