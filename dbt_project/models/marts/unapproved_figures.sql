-- Figures that rest on submissions which wait for an approval and count all the same: one row per unit, indicator and period that has any.
with unapproved as (
    select observations.observation_id, in_force.submission_id, in_force.unit_code
    from {{ ref('int_submissions_in_force') }} as in_force
    join {{ ref('stg_observations') }} as observations on observations.submission_id = in_force.submission_id
    where in_force.is_unapproved
),

leaves as (
    select leaves.*, leaf.observation_id
    from {{ ref('contribution_leaves') }} as leaves
    cross join lateral unnest(leaves.observation_ids) as leaf (observation_id)
),

resting as (
    select
        closure.ancestor_code as unit_code,
        leaves.indicator_code,
        leaves.period,
        count(distinct unapproved.unit_code)::integer as units_unapproved,
        array_agg(distinct unapproved.submission_id order by unapproved.submission_id) as submission_ids
    from unapproved
    join leaves on leaves.observation_id = unapproved.observation_id
    join {{ ref('tree_closure') }} as closure
        on closure.period = leaves.period
        and closure.unit_code = leaves.holder_code
        and closure.ancestor_depth >= leaves.reach_depth
    group by closure.ancestor_code, leaves.indicator_code, leaves.period
)

select
    resting.unit_code,
    figures.unit_name,
    figures.unit_level,
    resting.indicator_code,
    figures.indicator_name,
    resting.period,
    resting.units_unapproved,
    resting.submission_ids
from resting
join {{ ref('indicator_values') }} as figures
    on figures.unit_code = resting.unit_code
    and figures.indicator_code = resting.indicator_code
    and figures.period = resting.period
