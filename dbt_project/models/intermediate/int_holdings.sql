-- Each unit's year, or other slice, with what it took over from predecessors: one row per slice, unit, indicator and scope. Units that had a
-- part in a succession have a row for every indicator; the others where they filed, with the figures it was made of.
{{ config(materialized='view') }}

select
    node_id, slice_id, unit_no, indicator_no, scope, true as is_filed, has_number, value, low, high, provisional_value, is_provisional,
    narrative_value, is_narrative, is_complete, false as is_inherited, false as is_estimate, observation_ids
from {{ ref('int_unit_years') }}
where {{ place_of('node_id') }} not in (select place_id from {{ ref('int_involved_units') }})
union all
select
    node_id, slice_id, unit_no, indicator_no, scope, is_filed, has_number, value, low, high, provisional_value, is_provisional,
    narrative_value, is_narrative, is_complete, is_inherited, is_estimate, null::bigint[] as observation_ids
from {{ ref('int_successor_holdings') }}
