-- How far up the tree the value of each row of a unit with others below it goes into its ancestors' values: one row per slice, unit and
-- indicator with the least depth it reaches, and the one that its children's values reach. A claim, a list or a figure that never adds stands
-- for itself; townships count only where they stand in.
with recursive rollup as (
    select * from {{ ref('int_rollup_above') }}
),

reach as (
    select node_id, depth, basis, stands_in, is_ratio, depth as reach_depth
    from rollup
    where depth = 1
    union all
    select
        rollup.node_id,
        rollup.depth,
        rollup.basis,
        rollup.stands_in,
        rollup.is_ratio,
        {{ reach_of('rollup', 'reach') }} as reach_depth
    from reach
    join rollup on rollup.parent_id = reach.node_id
)

select node_id, basis, stands_in, is_ratio, reach_depth from reach
