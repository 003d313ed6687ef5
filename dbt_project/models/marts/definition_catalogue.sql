-- The candidate for published.indicator_definitions: one row per indicator and definition that it ever had.
{{ config(alias='indicator_definitions') }}

with definitions as (
    select * from {{ ref('indicator_definitions') }}
),

indicators as (
    select * from {{ ref('indicators') }}
)

select
    definitions.indicator_code,
    indicators.indicator_name,
    definitions.valid_from,
    definitions.valid_to,
    definitions.definition,
    definitions.change,
    definitions.breaks_series
from definitions
join indicators on indicators.indicator_code = definitions.indicator_code
