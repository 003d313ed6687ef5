-- The filings that count in a unit's year, or another slice: one row per slice, unit, indicator, scope and period; a claim once more as its
-- own figure where it is the unit's only one.
{{ config(materialized='view') }}

select * from {{ ref('int_filed') }}
union all
select
    node_id, series_id, slice_id, is_plain, unit_no, indicator_no, 'own' as scope, over_time, filing_no, grain, first_month, last_month,
    is_whole, observation_id, has_number, is_provisional, is_narrative, value, low, high
from {{ ref('int_filed') }}
where scope = 'jurisdiction' and node_id in (select node_id from {{ ref('int_only_claims') }})
