-- The rollup of units with nobody below them, most of it: one row per slice, unit and indicator that is expected or has a figure.
{{ config(materialized='view') }}

select * from {{ ref('int_rollup_leaves_of_years') }}
union all
select * from {{ ref('int_rollup_leaves_of_parts') }}
