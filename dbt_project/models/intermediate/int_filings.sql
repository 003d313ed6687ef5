-- The filings that count in a unit's year, or another slice: one row per slice, unit, indicator, scope and period; a claim once more as its
-- own figure where it is the unit's only one.
{{ config(materialized='view') }}

select * from {{ ref('int_filed') }}
union all
select
    node_id, series_id, slice_id, unit_no, unit_code, indicator_no, indicator_code, 'own' as scope, over_time,
    filing_no, grain, first_month, last_month, is_whole, observation_id, state, status, value, low, high, is_narrative
from {{ ref('int_filed') }}
where scope = 'jurisdiction' and node_id in (select node_id from {{ ref('int_only_claims') }})
