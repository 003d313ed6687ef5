-- Each filing unit's year, or other slice, by the period rules: one row per slice, unit, indicator and scope that was filed at all. What was
-- filed for the whole slice is its figure; else it is made of the parts.
{{ config(materialized='view') }}

select * from {{ ref('int_filed_whole') }}
union all
select * from {{ ref('int_filed_sums') }}
