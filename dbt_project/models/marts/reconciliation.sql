-- Claims that differ from the computed figure: one row per unit, indicator and year. Where the bounds of both admit one figure, or only
-- one of them is known, there is nothing to explain.
with indicator_values as (
    select * from {{ ref('indicator_values') }} where length(period) = 4
),

reasons as (
    select reasons.*, slices.period
    from {{ ref('int_claim_reasons') }} as reasons
    join {{ ref('int_slices') }} as slices on slices.slice_id = reasons.slice_id
)

select
    indicator_values.unit_code,
    indicator_values.unit_name,
    indicator_values.indicator_code,
    indicator_values.indicator_name,
    indicator_values.measure,
    indicator_values.period,
    indicator_values.claimed_value,
    indicator_values.claimed_low,
    indicator_values.claimed_high,
    indicator_values.computed_value,
    indicator_values.computed_low,
    indicator_values.computed_high,
    indicator_values.gap,
    indicator_values.basis = 'claimed' as is_used,
    reasons.likeliest_reason,
    reasons.reason_code,
    reasons.reason_unit_code,
    reasons.reason_unit_name,
    reasons.reason_fit
from indicator_values
left join reasons
    on reasons.period = indicator_values.period
    and reasons.unit_code = indicator_values.unit_code
    and reasons.indicator_code = indicator_values.indicator_code
where coalesce(indicator_values.claimed_value, indicator_values.claimed_low, indicator_values.claimed_high) is not null
    and (
        indicator_values.claimed_value is distinct from indicator_values.computed_value
        or indicator_values.claimed_low is distinct from indicator_values.computed_low
        or indicator_values.claimed_high is distinct from indicator_values.computed_high
    )
