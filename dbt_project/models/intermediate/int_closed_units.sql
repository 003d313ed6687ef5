-- Units closed without successor, in the years they or a predecessor lived in: one row per slice, unit and superior it stands under,
-- `since` when. It stays under its last parent, and when that ended under what became of it (the smaller code).
with recursive slices as (
    select * from {{ ref('int_slices') }}
),

spans as (
    select * from {{ ref('stg_unit_spans') }}
),

events as (
    select * from {{ ref('stg_unit_events') }}
),

-- Without a predecessor's years a closed unit's inheritance would be lost on every tree after its end.
lived as (
    select slices.slice_id, spans.unit_code
    from slices
    join spans
        on spans.valid_from <= slices.last_day
        and (spans.valid_to is null or spans.valid_to > slices.first_day)
    union
    select lived.slice_id, successions.to_code
    from lived
    join {{ ref('int_successions') }} as successions
        on successions.slice_id = lived.slice_id and successions.from_code = lived.unit_code
),

closed as (
    select
        slices.slice_id, spans.unit_code, spans.name, spans.level, spans.unit_type, spans.parent_code,
        events.event_date as since, 0 as steps
    from slices
    join events on events.kind = 'close' and events.event_date > slices.first_day
    join spans on spans.unit_code = events.from_code and spans.valid_to = events.event_date
    join lived on lived.slice_id = slices.slice_id and lived.unit_code = spans.unit_code
),

became as (
    select from_code, event_date, min(to_code) as to_code
    from events
    where to_code is not null
    group by from_code, event_date
),

followed as (
    select * from closed
    union all
    select
        followed.slice_id, followed.unit_code, followed.name, followed.level, followed.unit_type, became.to_code,
        became.event_date, followed.steps + 1
    from followed
    join became on became.from_code = followed.parent_code
)

select * from followed
