-- The rollup of whole years: one row per slice, unit and indicator that has an expected unit or a figure in its subtree. Months, where they
-- are filed, are twelve times as many.
{{ config(materialized='view') }}

select {{ rollup_columns() }}
from {{ ref('int_rollup_above_of_years') }}
union all
select {{ rollup_columns() }}
from {{ ref('int_rollup_leaves_of_years') }}
