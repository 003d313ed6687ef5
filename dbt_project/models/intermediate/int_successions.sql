-- What became of the units that lived in a slice and ended by the tree's date, one row per successor. `stage` orders the events of a
-- chain: a unit's own end comes after every event that made something of it.
with recursive slices as (
    select * from {{ ref('int_slices') }}
),

events as (
    select
        slices.slice_id,
        events.event_date,
        events.kind,
        events.from_code,
        events.to_code,
        events.weight,
        events.kind = 'rename'
            and count(*) over (partition by slices.slice_id, events.event_date, events.to_code) = 1 as is_one_to_one
    from slices
    join {{ ref('stg_unit_events') }} as events
        on events.event_date > slices.first_day and events.event_date <= slices.tree_date
    where events.kind in ('rename', 'merge', 'split')
),

chains as (
    select slice_id, from_code, to_code, 1 as stage from events
    union
    select events.slice_id, events.from_code, events.to_code, chains.stage + 1
    from chains
    join events on events.slice_id = chains.slice_id and events.from_code = chains.to_code
),

stages as (
    select slice_id, from_code, max(stage) as stage
    from chains
    group by slice_id, from_code
)

select events.*, stages.stage
from events
join stages on stages.slice_id = events.slice_id and stages.from_code = events.from_code
