-- The candidate for published.contribution_leaves: one row per holding unit, indicator, period, role and indicator filed.
{{ config(materialized='view') }}

select * from {{ ref('int_contribution_leaves') }}
