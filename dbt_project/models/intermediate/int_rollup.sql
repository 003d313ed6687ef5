-- The rollup: one row per slice, unit and indicator that has an expected unit or a figure in its subtree.
{{ config(materialized='view') }}

select {{ rollup_columns() }}
from {{ ref('int_rollup_rows') }}
