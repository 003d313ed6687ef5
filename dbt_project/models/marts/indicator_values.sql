-- The candidate for published.indicator_values: one row per unit, indicator and year, or part of a year that somebody filed.
{{ config(materialized='view') }}

{{ published_figures('slices.is_figure') }}
