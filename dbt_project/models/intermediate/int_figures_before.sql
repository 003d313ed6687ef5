-- What is published of the year before each year of this build that is not in the build itself, as far as the report's lines need it: one row
-- per year of the build, unit and indicator.
{{ config(pre_hook='set local enable_nestloop = on') }}

-- One year's figures are found among those of many by their period.
with years as (
    select distinct year from {{ ref('int_slices') }}
)

select years.year, published.unit_code, published.indicator_code, published.own_value
from years
join {{ source('published', 'indicator_values_history') }} as published
    on published.period = (years.year - 1)::text and published.closed_by is null
where years.year - 1 not in (select year from years)
    and published.indicator_code in (select indicator_code from {{ ref('report_line_terms') }})
