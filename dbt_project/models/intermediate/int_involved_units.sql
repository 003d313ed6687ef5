-- Units that had a part in a succession, one row per slice and unit.
with involved as (
    select slice_id, from_code as unit_code from {{ ref('int_successions') }}
    union
    select slice_id, to_code as unit_code from {{ ref('int_successions') }}
)

select
    {{ place_id('involved.slice_id', 'units.unit_no') }} as place_id,
    involved.slice_id,
    units.unit_no,
    involved.unit_code
from involved
join {{ ref('int_units') }} as units on units.unit_code = involved.unit_code
