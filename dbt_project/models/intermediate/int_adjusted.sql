-- Which indicators anybody adjusted for what was counted twice: one row per year and indicator. Few are, and they are found by an index.
{{ config(materialized='view') }}

select distinct year, indicator_code from {{ ref('int_observations_in_force') }} where scope = 'adjustment'
