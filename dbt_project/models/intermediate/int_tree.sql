-- The reporting tree of each year's date: units alive on it, and closed units for the years they lived in, under their last parent
-- or what became of that.
with recursive builds as (
    select * from {{ ref('stg_builds') }}
),

spans as (
    select * from {{ ref('stg_unit_spans') }}
),

events as (
    select * from {{ ref('stg_unit_events') }}
),

alive as (
    select
        builds.year, spans.unit_code, spans.name, spans.level, spans.unit_type, spans.parent_code, builds.tree_date
    from builds
    join spans
        on spans.valid_from <= builds.tree_date
        and (spans.valid_to is null or spans.valid_to > builds.tree_date)
),

closed as (
    select
        builds.year, spans.unit_code, spans.name, spans.level, spans.unit_type, spans.parent_code, builds.tree_date
    from builds
    join events
        on events.kind = 'close' and events.event_date > builds.first_day and events.event_date <= builds.tree_date
    join spans on spans.unit_code = events.from_code and spans.valid_to = events.event_date
    where exists (
        select 1 from spans as lived where lived.unit_code = spans.unit_code and lived.valid_from <= builds.last_day
    )
),

became as (
    select from_code, event_date, min(to_code) as to_code
    from events
    where to_code is not null
    group by from_code, event_date
),

-- Step from an ended parent to what became of it, until one is alive or closed itself.
followed as (
    select year, unit_code, parent_code, tree_date, 0 as steps from closed
    union all
    select followed.year, followed.unit_code, became.to_code, followed.tree_date, followed.steps + 1
    from followed
    join became on became.from_code = followed.parent_code and became.event_date <= followed.tree_date
),

last_steps as (
    select year, unit_code, parent_code
    from (
        select *, row_number() over (partition by year, unit_code order by steps desc) as recency from followed
    ) as ordered
    where recency = 1
),

members as (
    select year, unit_code, name, level, unit_type, parent_code from alive
    union all
    select closed.year, closed.unit_code, closed.name, closed.level, closed.unit_type, last_steps.parent_code
    from closed
    join last_steps on last_steps.year = closed.year and last_steps.unit_code = closed.unit_code
),

depths as (
    select year, unit_code, 1 as depth from members where parent_code is null
    union all
    select members.year, members.unit_code, depths.depth + 1
    from depths
    join members on members.year = depths.year and members.parent_code = depths.unit_code
),

superiors as (
    select distinct year, parent_code from members
)

select
    members.*,
    depths.depth,
    superiors.parent_code is not null as has_children
from members
join depths on depths.year = members.year and depths.unit_code = members.unit_code
left join superiors on superiors.year = members.year and superiors.parent_code = members.unit_code
