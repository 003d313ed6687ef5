-- Which successor may take over whose figures: one row per succession, indicator and scope that the kind passes on. A barred one
-- passes nothing, but still has its part in a split.
with successions as (
    select * from {{ ref('int_successions') }}
),

indicators as (
    select * from {{ ref('indicators') }}
),

slice_scopes as (
    select * from {{ ref('int_slice_scopes') }}
),

unit_years as (
    select * from {{ ref('int_unit_years') }}
),

units as (
    select * from {{ ref('int_units_by_slice') }}
),

candidates as (
    select
        successions.*,
        indicators.indicator_code,
        indicators.sort_order as indicator_no,
        indicators.aggregation,
        indicators.over_time,
        indicators.unit_of_account,
        slice_scopes.scope
    from successions
    join slice_scopes on slice_scopes.slice_id = successions.slice_id
    join indicators on indicators.indicator_code = slice_scopes.indicator_code
    where indicators.aggregation in {{ adding_kinds() }} or successions.is_one_to_one
),

judged as (
    select
        candidates.*,
        -- A successor that filed the year, or other slice, in which it began already includes the predecessors of its first day.
        coalesce(filed.is_filed_whole and units.first_day = candidates.event_date, false)
        -- A reading on or after the event is the successor's own, everything it took over included.
        or coalesce(
            candidates.aggregation in ('stock', 'regcum', 'list') and candidates.over_time = 'last'
            and {{ last_day_of_month('units.year', 'filed.last_reading_month') }} >= candidates.event_date, false
        )
        -- What cannot be combined passes only where the successor filed none.
        or (
            candidates.aggregation not in {{ adding_kinds() }}
            and candidates.aggregation not in ('peak', 'list')
            and filed.node_id is not null
        ) as is_barred
    from candidates
    left join units on units.slice_id = candidates.slice_id and units.unit_code = candidates.to_code
    left join unit_years as filed
        on filed.slice_id = units.slice_id
        and filed.unit_no = units.unit_no
        and filed.indicator_no = candidates.indicator_no
        and filed.scope = candidates.scope
)

select * from judged
