-- Which filed figures make up whose holding: one row per year, holding unit, indicator, scope and observation, with the product of the
-- split weights on its way.
with recursive filings as (
    select * from {{ ref('int_filings') }} where is_counted and state = 'number'
),

inheritances as (
    select * from {{ ref('int_inheritances') }} where not is_barred
),

paths as (
    select
        year, unit_code, indicator_code, scope, aggregation, observation_id, value, low, high,
        1.0 as weight, false as is_estimate
    from filings
    union all
    select
        paths.year,
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
        on inheritances.year = paths.year
        and inheritances.from_code = paths.unit_code
        and inheritances.indicator_code = paths.indicator_code
        and inheritances.scope = paths.scope
)

select
    year,
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
group by year, unit_code, indicator_code, scope, observation_id, value, low, high
