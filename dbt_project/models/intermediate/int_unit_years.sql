-- Each filing unit's year, or other slice, one row per slice, unit, indicator and scope; a claim once more as its own figure where it is the
-- unit's only one.
{{ config(materialized='view') }}

select * from {{ ref('int_filed_years') }}
union all
select
    node_id, slice_id, unit_no, indicator_no, 'own' as scope, has_number, value, low, high, provisional_value, is_provisional,
    narrative_value, is_narrative, is_filed_whole, last_reading_month, is_complete, observation_ids
from {{ ref('int_filed_years') }}
where scope = 'jurisdiction' and node_id in (select node_id from {{ ref('int_only_claims') }})
