-- In which years before a running total may have begun, unit by unit: one row per doubted claim whose sum has no gaps, unit behind it
-- and number of years back. A table of its own, for the figures of those years are looked up by it: how many there are must be known.
with recursive limits as (
    select * from {{ ref('reason_limits') }}
),

claims as (
    select * from {{ ref('int_doubted_claims') }}
),

terms as (
    select * from {{ ref('int_claim_terms') }} where not has_gaps and is_counted
),

slices as (
    select * from {{ ref('int_slices') }} where is_figure and part = 'year'
),

numbers as (
    select 1 as number
    union all
    select numbers.number + 1 from numbers cross join limits where numbers.number < limits.years_back
)

select
    claims.claim_id,
    terms.about_code,
    claims.indicator_code,
    numbers.number as years_back,
    (claims.year - numbers.number)::text as period,
    slices.slice_id
from claims
join terms on terms.claim_id = claims.claim_id
cross join numbers
left join slices on slices.year = claims.year - numbers.number
