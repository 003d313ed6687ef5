-- What the units behind a doubted claim had in the years before, added up backwards: one row per claim, unit and number of years.
-- A year of this build is read from it; of any other, what is published is as new as what was filed.
{{ config(pre_hook='set local enable_nestloop = on') }}

-- A few figures of other years are found among all that is published by their keys.
with wanted as (
    select * from {{ ref('int_claim_years') }}
),

rollup as (
    select * from {{ ref('int_rollup_of_years') }}
),

published as (
    select * from {{ source('published', 'indicator_values_history') }} where closed_by is null
),

years_before as (
    select wanted.claim_id, wanted.about_code, wanted.years_back, rollup.value, rollup.own_value
    from wanted
    join rollup
        on rollup.slice_id = wanted.slice_id
        and rollup.unit_code = wanted.about_code
        and rollup.indicator_code = wanted.indicator_code
    union all
    select wanted.claim_id, wanted.about_code, wanted.years_back, published.value, published.own_value
    from wanted
    join published
        on published.unit_code = wanted.about_code
        and published.indicator_code = wanted.indicator_code
        and published.period = wanted.period
    where wanted.slice_id is null
),

added as (
    select
        claim_id,
        about_code,
        years_back,
        sum(value) over backwards as value,
        sum(own_value) over backwards as own_value,
        count(value) over backwards as years_with_value,
        count(own_value) over backwards as years_with_own
    from years_before
    window backwards as (partition by claim_id, about_code order by years_back rows unbounded preceding)
)

select
    claim_id,
    about_code,
    years_back,
    case when years_with_value = years_back then value end as value,
    case when years_with_own = years_back then own_value end as own_value
from added
where years_with_value = years_back or years_with_own = years_back
