-- Which scopes of an indicator count in a slice, one row per slice, indicator and scope: own figures and claims of all, adjustments of those
-- that have any.
{{ config(materialized='view') }}

with slice_indicators as (
    select * from {{ ref('int_slice_indicators') }}
)

select slice_indicators.slice_id, slice_indicators.indicator_code, scopes.scope
from slice_indicators
cross join (
    select 'own' as scope
    union all
    select 'jurisdiction' as scope
) as scopes
union all
select slice_indicators.slice_id, slice_indicators.indicator_code, 'adjustment' as scope
from slice_indicators
join {{ ref('int_slices') }} as slices on slices.slice_id = slice_indicators.slice_id
join {{ ref('int_adjusted') }} as adjusted
    on adjusted.year = slices.year and adjusted.indicator_code = slice_indicators.indicator_code
