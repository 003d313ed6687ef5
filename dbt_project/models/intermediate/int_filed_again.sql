-- What units filed for the whole of a year, or of another part, in the slices where it counts once more, on another tree or to date: one row
-- per slice, unit, indicator and scope.
select {{ filed_whole('filings', 'filings.last_month') }}
from {{ ref('int_filed') }} as filings
join {{ ref('int_units_by_slice') }} as units on units.slice_id = filings.slice_id and units.unit_no = filings.unit_no
where filings.is_whole and not filings.is_plain
