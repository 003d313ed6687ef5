-- What stands behind each doubted claim: one row per claim and unit under it, the claimant included, that has a figure or owes one.
-- Townships have no row: what they filed is in the figure of the unit above.
with claims as (
    select * from {{ ref('int_doubted_claims') }} where is_added
),

closure as (
    select * from {{ ref('int_tree_closure') }}
),

doubted_indicators as (
    select distinct slice_id, indicator_code from claims
),

rollup as (
    select rollup.*
    from {{ ref('int_reach') }} as rollup
    join doubted_indicators
        on doubted_indicators.slice_id = rollup.slice_id
        and doubted_indicators.indicator_code = rollup.indicator_code
    where rollup.level <> 'township'
),

held as (
    select in_force.year, in_force.unit_code, in_force.indicator_code, sum(in_force.value) as value
    from {{ ref('int_observations_in_force') }} as in_force
    where in_force.is_held and in_force.scope = 'own'
    group by in_force.year, in_force.unit_code, in_force.indicator_code
),

-- Where one claim agrees with its sum though the unit filed no figure of its own, units above others do no such work themselves.
without_own_work as (
    select distinct rollup.slice_id, rollup.indicator_code, closure.ancestor_code as top_code
    from rollup
    join closure
        on closure.slice_id = rollup.slice_id and closure.unit_code = rollup.unit_code and closure.ancestor_depth = 1
    where rollup.claimed_value = rollup.computed_value
        and rollup.own_value is null
        and rollup.units_reported < rollup.units_expected
),

below as (
    select
        slice_id,
        parent_code,
        indicator_code,
        sum(value) as value,
        sum(units_expected) as units_expected,
        sum(units_reported) as units_reported
    from rollup
    group by slice_id, parent_code, indicator_code
),

-- Who stands under each claim is said first: of each doubted indicator there are as many units without a claim.
subtrees as (
    select claims.*, closure.unit_code as about_code, tops.ancestor_code as top_code
    from claims
    join closure on closure.slice_id = claims.slice_id and closure.ancestor_code = claims.unit_code
    join closure as tops
        on tops.slice_id = claims.slice_id and tops.unit_code = claims.unit_code and tops.ancestor_depth = 1
    {{ once_a_row() }}
),

terms as (
    select
        claims.claim_id,
        rollup.unit_code as about_code,
        {{ series_of('rollup.node_id') }} as series_id,
        rollup.parent_code as above_code,
        rollup.depth - claims.depth as distance,
        rollup.level,
        rollup.value,
        rollup.own_value,
        rollup.claimed_value,
        rollup.basis,
        below.value as below_value,
        held.value as held_value,
        -- Whether its value goes into the sum that the claim is held against.
        rollup.depth = claims.depth or rollup.reach_depth <= claims.depth + 1 as is_counted,
        rollup.is_estimate or rollup.is_provisional or rollup.low is distinct from rollup.high as is_vague,
        rollup.units_expected > 0 and rollup.units_covered = 0 as is_silent,
        rollup.units_expected - coalesce(below.units_expected, 0)
            > rollup.units_reported - coalesce(below.units_reported, 0)
            and (below.value is null or without_own_work.slice_id is null) as owes_own
    from subtrees as claims
    join rollup
        on rollup.slice_id = claims.slice_id
        and rollup.unit_code = claims.about_code
        and rollup.indicator_code = claims.indicator_code
    left join without_own_work
        on without_own_work.slice_id = claims.slice_id
        and without_own_work.indicator_code = claims.indicator_code
        and without_own_work.top_code = claims.top_code
    left join below
        on below.slice_id = rollup.slice_id
        and below.parent_code = rollup.unit_code
        and below.indicator_code = rollup.indicator_code
    left join held
        on held.year = claims.year
        and held.unit_code = rollup.unit_code
        and held.indicator_code = rollup.indicator_code
),

judged as (
    select
        *,
        -- A used claim covers whoever is missing under it; the claimant's own is what is being doubted.
        is_counted and (owes_own or is_silent) and not (basis = 'claimed' and distance > 0) as is_missing,
        is_counted and is_vague and not (basis = 'claimed' and distance = 0) as makes_vague
    from terms
)

select
    *,
    bool_or(is_missing) over (partition by claim_id) as has_gaps,
    bool_or(makes_vague) over (partition by claim_id) as is_sum_vague,
    count(*) over (partition by claim_id, distance <= 1) as alternatives,
    count(*) over (partition by claim_id, own_value) as twins,
    max(case when distance > 0 then own_value end) over (partition by claim_id, level) as greatest_own_of_level,
    max(case when distance > 0 then value end) over (partition by claim_id, level) as greatest_of_level
from judged
