-- What became of the units that lived in a year and ended by the tree's date, one row per successor. `stage` orders the events of a
-- chain: a unit's own end comes after every event that made something of it.
with recursive builds as (
    select * from {{ ref('stg_builds') }}
),

events as (
    select
        builds.year,
        events.event_date,
        events.kind,
        events.from_code,
        events.to_code,
        events.weight,
        events.kind = 'rename'
            and count(*) over (partition by builds.year, events.event_date, events.to_code) = 1 as is_one_to_one
    from builds
    join {{ ref('stg_unit_events') }} as events
        on events.event_date > builds.first_day and events.event_date <= builds.tree_date
    where events.kind in ('rename', 'merge', 'split')
),

chains as (
    select year, from_code, to_code, 1 as stage from events
    union
    select events.year, events.from_code, events.to_code, chains.stage + 1
    from chains
    join events on events.year = chains.year and events.from_code = chains.to_code
),

stages as (
    select year, from_code, max(stage) as stage
    from chains
    group by year, from_code
)

select events.*, stages.stage
from events
join stages on stages.year = events.year and stages.from_code = events.from_code
