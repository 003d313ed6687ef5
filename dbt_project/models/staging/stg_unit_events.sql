-- What became of units that ended, one row per event and successor; a move only notes what the spans already say.
select event_date, kind, from_code, to_code, weight
from {{ source('landing', 'unit_event') }}
where kind <> 'move'
