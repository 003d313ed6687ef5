-- The claims that no reading of the figures' bounds reconciles with the sum: one row per year's slice, unit and indicator. `place` is
-- the last digit that both figures are written to: 1 as a rule, 10000 where everyone writes whole 万.
with recursive places as (
    {{ decimal_places() }}
),

slices as (
    select * from {{ ref('int_slices') }} where is_figure and part = 'year'
),

indicators as (
    select * from {{ ref('indicators') }}
),

doubted as (
    select
        rollup.slice_id,
        slices.year,
        rollup.unit_code,
        rollup.depth,
        rollup.indicator_code,
        indicators.over_time,
        indicators.aggregation in {{ adding_kinds() }} or indicators.aggregation = 'list' as is_added,
        rollup.claimed_value,
        rollup.computed_value,
        rollup.claimed_value - rollup.computed_value as gap,
        rollup.basis = 'claimed' as is_used,
        row_number() over (order by rollup.slice_id, rollup.unit_code, rollup.indicator_code) as claim_id
    from {{ ref('int_rollup_of_years') }} as rollup
    join slices on slices.slice_id = rollup.slice_id
    join indicators on indicators.indicator_code = rollup.indicator_code
    where (rollup.claimed_high < rollup.computed_low or rollup.claimed_low > rollup.computed_high)
        and rollup.claimed_value <> rollup.computed_value
        and rollup.basis <> 'list'
),

with_places as (
    select
        doubted.claim_id,
        max(places.place) as claimed_place,
        max(places.place) filter (where mod(doubted.computed_value, places.place) = 0) as place
    from doubted
    join places on mod(doubted.claimed_value, places.place) = 0
    group by doubted.claim_id
)

select doubted.*, with_places.claimed_place, with_places.place
from doubted
join with_places on with_places.claim_id = doubted.claim_id
