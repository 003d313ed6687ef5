-- Which filed figures make up whose holding: one row per slice, holding unit, indicator, scope and observation, with the product of the
-- split weights on its way.
with recursive filings as (
    select filings.*
    from {{ ref('int_filings') }} as filings
    join {{ ref('int_slices') }} as slices on slices.slice_id = filings.slice_id
    where filings.is_counted and filings.state = 'number' and slices.is_figure
),

inheritances as (
    select * from {{ ref('int_inheritances') }} where not is_barred
),

paths as (
    select
        slice_id, unit_code, indicator_code, scope, aggregation, observation_id, value, low, high,
        1.0 as weight, false as is_estimate
    from filings
    union all
    select
        paths.slice_id,
        inheritances.to_code,
        paths.indicator_code,
        paths.scope,
        paths.aggregation,
        paths.observation_id,
        paths.value,
        paths.low,
        paths.high,
        paths.weight * inheritances.weight,
        paths.is_estimate or inheritances.kind = 'split'
    from paths
    join inheritances
        on inheritances.slice_id = paths.slice_id
        and inheritances.from_code = paths.unit_code
        and inheritances.indicator_code = paths.indicator_code
        and inheritances.scope = paths.scope
)

select
    slice_id,
    unit_code,
    indicator_code,
    scope,
    observation_id,
    value,
    low,
    high,
    case when bool_or(is_estimate) then sum(weight) else 1 end as weight,
    bool_or(is_estimate) as is_estimate
from paths
group by slice_id, unit_code, indicator_code, scope, observation_id, value, low, high
