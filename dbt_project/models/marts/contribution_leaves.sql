-- Where each figure comes from: one row per holding unit, indicator, period, role and indicator filed, with all the filed figures in it and
-- the depth of the tree up to which they go into the figures used.
with leaves as (
    select * from {{ ref('int_leaves') }}
),

reach as (
    select * from {{ ref('int_reach') }}
),

indicators as (
    select * from {{ ref('indicators') }}
),

slices as (
    select * from {{ ref('int_slices') }} where is_figure
),

ratios as (
    select distinct slice_id, unit_code, indicator_code from {{ ref('int_ratios') }} where is_complete_in_both
),

own as (
    select
        leaves.*,
        leaves.indicator_code as leaf_indicator_code,
        'own' as role,
        -- An own figure that its unit's row does not use is known there and goes no further.
        case
            when reach.basis = 'claimed' or (indicators.numerator is not null and reach.basis <> 'own')
            then reach.depth + 1
            else reach.reach_depth
        end as reach_depth
    from leaves
    join reach
        on reach.slice_id = leaves.slice_id
        and reach.unit_code = leaves.unit_code
        and reach.indicator_code = leaves.indicator_code
    join indicators on indicators.indicator_code = leaves.indicator_code
    where leaves.scope = 'own'
),

claims as (
    select
        leaves.*,
        leaves.indicator_code as leaf_indicator_code,
        'claim' as role,
        reach.reach_depth
    from leaves
    join reach
        on reach.slice_id = leaves.slice_id
        and reach.unit_code = leaves.unit_code
        and reach.indicator_code = leaves.indicator_code
    where leaves.scope = 'jurisdiction'
        and reach.basis = 'claimed'
),

parts as (
    select
        leaves.slice_id,
        leaves.unit_code,
        ratios.indicator_code,
        leaves.scope,
        leaves.observation_ids,
        leaves.weights,
        leaves.shared_values,
        leaves.shared_lows,
        leaves.shared_highs,
        leaves.indicator_code as leaf_indicator_code,
        case leaves.indicator_code when indicators.numerator then 'numerator' else 'denominator' end as role,
        1 as reach_depth
    from leaves
    join indicators on leaves.indicator_code in (indicators.numerator, indicators.denominator)
    join ratios
        on ratios.slice_id = leaves.slice_id
        and ratios.unit_code = leaves.unit_code
        and ratios.indicator_code = indicators.indicator_code
    where leaves.scope = 'own'
),

every_row as (
    select * from own
    union all
    select * from claims
    union all
    select * from parts
)

select
    every_row.unit_code as holder_code,
    every_row.indicator_code,
    slices.period,
    every_row.role,
    every_row.leaf_indicator_code,
    every_row.reach_depth::integer as reach_depth,
    every_row.observation_ids,
    every_row.weights,
    every_row.shared_values,
    every_row.shared_lows,
    every_row.shared_highs
from every_row
join slices on slices.slice_id = every_row.slice_id
