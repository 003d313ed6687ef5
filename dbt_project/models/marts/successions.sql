-- Through which events the figures of a year came to the units of a tree: one row per year, tree and event's successor.
with successions as (
    select * from {{ ref('int_successions') }}
),

slices as (
    select * from {{ ref('int_slices') }}
)

select
    slices.period,
    slices.tree_date,
    successions.event_date,
    successions.kind,
    successions.from_code,
    successions.to_code,
    successions.weight
from successions
join slices on slices.slice_id = successions.slice_id
where slices.is_figure or slices.is_restated
