-- Years on another day's tree than their own: one row per unit of that tree, indicator, year and day.
{{ config(materialized='view') }}

{{ published_figures('slices.is_restated', with_tree_date=true) }}
