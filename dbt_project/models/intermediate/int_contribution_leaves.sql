-- Where each figure comes from: one row per holding unit, indicator, period, role and indicator filed, with all the filed figures in it and
-- the depth of the tree up to which they go into the figures used.
with inherited as (
    select * from {{ ref('int_leaves') }}
),

own as (
    select
        rollup.unit_code,
        rollup.indicator_code,
        rollup.period,
        'own' as role,
        rollup.indicator_code as leaf_indicator_code,
        -- An own figure that its unit's row does not use is known there and goes no further.
        case
            when rollup.basis = 'claimed' or (rollup.is_ratio and rollup.basis <> 'own') then rollup.depth + 1
            when above.node_id is null then rollup.depth
            else {{ reach_of('rollup', 'above') }}
        end as reach_depth,
        {{ leaves_held('rollup.own_observation_ids') }}
    from {{ ref('int_rollup_rows') }} as rollup
    left join {{ ref('int_reach_above') }} as above on above.node_id = rollup.parent_id
    left join inherited on inherited.node_id = rollup.node_id and inherited.scope = 'own'
    where rollup.is_figure and coalesce(rollup.own_observation_ids, inherited.observation_ids) is not null
),

claims as (
    select
        rollup.unit_code,
        rollup.indicator_code,
        rollup.period,
        'claim' as role,
        rollup.indicator_code as leaf_indicator_code,
        reach.reach_depth,
        {{ leaves_held('rollup.claim_observation_ids') }}
    from {{ ref('int_rollup_above') }} as rollup
    join {{ ref('int_reach_above') }} as reach on reach.node_id = rollup.node_id
    left join inherited on inherited.node_id = rollup.node_id and inherited.scope = 'jurisdiction'
    where rollup.is_figure
        and rollup.basis = 'claimed'
        and coalesce(rollup.claim_observation_ids, inherited.observation_ids) is not null
),

-- What a unit took off for what was counted twice below it goes as far as its own value does.
adjustments as (
    select
        rollup.unit_code,
        rollup.indicator_code,
        rollup.period,
        'adjustment' as role,
        rollup.indicator_code as leaf_indicator_code,
        case when rollup.basis = 'claimed' then rollup.depth + 1 else reach.reach_depth end as reach_depth,
        {{ leaves_held('rollup.adjustment_observation_ids') }}
    from {{ ref('int_rollup_above') }} as rollup
    join {{ ref('int_reach_above') }} as reach on reach.node_id = rollup.node_id
    left join inherited on inherited.node_id = rollup.node_id and inherited.scope = 'adjustment'
    where rollup.is_figure and rollup.uses_adjustment
),

parts as (
    select
        ratios.unit_code,
        ratios.indicator_code,
        slices.period,
        ratios.role,
        ratios.leaf_indicator_code,
        1 as reach_depth,
        {{ leaves_held('ratios.observation_ids') }}
    from (
        {% for role in ['numerator', 'denominator'] %}
        select
            slice_id, unit_code, indicator_code, '{{ role }}' as role, {{ role }}_code as leaf_indicator_code,
            {{ role }}_id as part_id, {{ role }}_observation_ids as observation_ids
        from {{ ref('int_ratios') }}
        where is_complete_in_both
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as ratios
    join {{ ref('int_slices') }} as slices on slices.slice_id = ratios.slice_id and slices.is_figure
    left join inherited on inherited.node_id = ratios.part_id and inherited.scope = 'own'
    where coalesce(ratios.observation_ids, inherited.observation_ids) is not null
),

every_leaf as (
    select * from own
    union all
    select * from claims
    union all
    select * from adjustments
    union all
    select * from parts
)

select
    every_leaf.unit_code as holder_code,
    every_leaf.indicator_code,
    every_leaf.period,
    every_leaf.role,
    every_leaf.leaf_indicator_code,
    every_leaf.reach_depth::integer as reach_depth,
    every_leaf.observation_ids,
    every_leaf.weights,
    every_leaf.shared_values,
    every_leaf.shared_lows,
    every_leaf.shared_highs
from every_leaf
