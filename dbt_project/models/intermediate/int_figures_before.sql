-- What is published of the year before each year of this build that is not in the build itself, as far as the report's lines need it: one row
-- per year of the build, unit and indicator.
{{ config(pre_hook='set local enable_nestloop = on') }}

-- One year's figures are found among those of many by their period, which must be known before the first is read.
with years as (
    select distinct year from {{ ref('int_slices') }}
),

before as (
    select year, (year - 1)::text as period from years where year - 1 not in (select year from years)
)

select before.year, published.unit_code, published.indicator_code, published.own_value
from before
join {{ source('published', 'indicator_values_history') }} as published on published.period = before.period
where published.period = any (array(select period from before))
    and published.closed_by is null
    and published.indicator_code in (select indicator_code from {{ ref('report_line_terms') }})
