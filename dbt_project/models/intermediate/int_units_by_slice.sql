-- One row per slice and unit that lived in it: the months of it that it owes, and whether it had any unit but townships below it.
with slices as (
    select * from {{ ref('int_slices') }}
),

spans as (
    select * from {{ ref('stg_unit_spans') }}
),

year_parts as (
    select * from {{ ref('year_parts') }}
),

lived as (
    select
        slices.slice_id,
        slices.year,
        slices.first_month as slice_first_month,
        slices.last_month as slice_last_month,
        lives.unit_no,
        lives.unit_code,
        lives.first_day,
        lives.ended_on,
        case
            when lives.ended_on <= slices.last_day then lives.ended_on - 1
            else slices.last_day
        end as census_day
    from slices
    join {{ ref('int_units') }} as lives
        on lives.first_day <= slices.last_day
        and (lives.ended_on is null or lives.ended_on > slices.first_day)
),

owed as (
    select
        lived.slice_id,
        lived.unit_code,
        min(year_parts.first_month) as first_month,
        max(year_parts.first_month) as last_month
    from lived
    join year_parts
        on year_parts.grain = 'month'
        and year_parts.first_month between lived.slice_first_month and lived.slice_last_month
    where {{ last_day_of_month('lived.year', 'year_parts.first_month') }} >= lived.first_day
        and (
            lived.ended_on is null
            or {{ last_day_of_month('lived.year', 'year_parts.first_month') }} < lived.ended_on
        )
    group by lived.slice_id, lived.unit_code
),

superiors as (
    select lived.slice_id, lived.unit_code
    from lived
    join spans
        on spans.parent_code = lived.unit_code
        and spans.level <> 'township'
        and spans.valid_from <= lived.census_day
        and (spans.valid_to is null or spans.valid_to > lived.census_day)
    union
    select lived.slice_id, lived.unit_code
    from lived
    join {{ ref('int_closed_units') }} as closed_units
        on closed_units.slice_id = lived.slice_id
        and closed_units.parent_code = lived.unit_code
        and closed_units.level <> 'township'
        and closed_units.since <= lived.census_day
),

units_by_slice as (
    select
        lived.slice_id,
        lived.year,
        lived.unit_no,
        lived.unit_code,
        lived.first_day,
        lived.ended_on,
        owed.first_month as owed_first_month,
        owed.last_month as owed_last_month,
        owed.unit_code is null as owes_nothing,
        superiors.unit_code is not null as has_units_below
    from lived
    left join owed on owed.slice_id = lived.slice_id and owed.unit_code = lived.unit_code
    left join superiors on superiors.slice_id = lived.slice_id and superiors.unit_code = lived.unit_code
)

select * from units_by_slice
