-- Years on another day's tree than their own: one row per unit of that tree, indicator, year and day.
{{ config(materialized='view') }}

select {{ published_columns() }}, slices.tree_date
from {{ ref('int_rollup') }} as rollup
join {{ ref('int_slices') }} as slices on slices.slice_id = rollup.slice_id
where slices.is_restated
