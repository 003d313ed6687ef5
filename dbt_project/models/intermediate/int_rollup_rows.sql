-- The rollup with the figures that were filed for it: one row per slice, unit and indicator that has an expected unit or a figure in its subtree.
{{ config(materialized='view') }}

select * from {{ ref('int_rollup_above') }}
union all
select * from {{ ref('int_rollup_leaves') }}
