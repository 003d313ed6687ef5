-- The rollup of units with others below them: one row per slice, unit and indicator that has an expected unit or a figure in its subtree.
{{ config(materialized='view') }}

select * from {{ ref('int_rollup_above_of_years') }}
union all
select * from {{ ref('int_rollup_above_of_parts') }}
