-- Claims that differ from the computed figure: one row per unit, indicator and year.
with indicator_values as (
    select * from {{ ref('indicator_values') }}
)

select
    unit_code,
    unit_name,
    indicator_code,
    indicator_name,
    measure,
    period,
    claimed_value,
    claimed_low,
    claimed_high,
    computed_value,
    computed_low,
    computed_high,
    gap,
    basis = 'claimed' as is_used,
    null::text as likeliest_reason
from indicator_values
where length(period) = 4
    and coalesce(claimed_value, claimed_low, claimed_high) is not null
    and (
        claimed_value is distinct from computed_value
        or claimed_low is distinct from computed_low
        or claimed_high is distinct from computed_high
    )
