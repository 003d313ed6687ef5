-- What units filed for the whole of a year, or another slice, is its figure: one row per slice, unit, indicator and scope.
select
    filings.node_id,
    filings.slice_id,
    filings.unit_no,
    filings.unit_code,
    filings.indicator_no,
    filings.indicator_code,
    filings.scope,
    filings.state = 'number' as has_number,
    filings.value,
    filings.low,
    filings.high,
    case when filings.status = 'provisional' then coalesce(filings.value, 0) else 0 end as provisional_value,
    filings.status = 'provisional' and filings.state = 'number' as is_provisional,
    case when filings.is_narrative then coalesce(filings.value, 0) else 0 end as narrative_value,
    filings.is_narrative and filings.state = 'number' as is_narrative,
    true as is_filed_whole,
    filings.last_month as last_reading_month,
    true as is_complete,
    case when filings.state = 'number' then array[filings.observation_id] end as observation_ids
from {{ ref('int_filed') }} as filings
join {{ ref('int_units_by_slice') }} as units on units.slice_id = filings.slice_id and units.unit_no = filings.unit_no
where filings.is_whole
