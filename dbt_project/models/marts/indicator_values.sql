-- The candidate for published.indicator_values: one row per unit, indicator and year, or part of a year that somebody filed.
{{ config(materialized='view') }}

select {{ published_columns() }}
from {{ ref('int_rollup') }} as rollup
where rollup.is_figure
