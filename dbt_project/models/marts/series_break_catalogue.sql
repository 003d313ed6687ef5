-- The candidate for published.series_breaks: one row per indicator, day of a break, and indicator that was defined anew.
{{ config(alias='series_breaks') }}

with breaks as (
    select * from {{ ref('series_breaks') }}
)

select
    indicator_code,
    valid_from,
    changed_indicator_code,
    reason
from breaks
