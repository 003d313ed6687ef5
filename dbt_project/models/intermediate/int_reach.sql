-- How far up the tree each row's value goes into its ancestors' values: one row per slice, unit and indicator with the least depth it
-- reaches. A claim, a list or a figure that never adds stands for itself; townships count only where they stand in.
with recursive rollup as (
    select * from {{ ref('int_rollup') }}
),

reach as (
    select slice_id, unit_code, indicator_code, depth, basis, stands_in, is_ratio, depth as reach_depth
    from rollup
    where depth = 1
    union all
    select
        rollup.slice_id,
        rollup.unit_code,
        rollup.indicator_code,
        rollup.depth,
        rollup.basis,
        rollup.stands_in,
        rollup.is_ratio,
        case
            when reach.basis in ('computed', 'partial')
                and not reach.is_ratio
                and (rollup.level <> 'township' or reach.stands_in)
            then reach.reach_depth
            else rollup.depth
        end as reach_depth
    from reach
    join rollup
        on rollup.slice_id = reach.slice_id
        and rollup.parent_code = reach.unit_code
        and rollup.indicator_code = reach.indicator_code
)

select slice_id, unit_code, indicator_code, depth, basis, reach_depth from reach
