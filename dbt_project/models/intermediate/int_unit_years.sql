-- Each filing unit's year, or other slice, by the period rules: one row per slice, unit, indicator and scope that was filed at all.
with filings as (
    select * from {{ ref('int_filings') }}
),

units as (
    select * from {{ ref('int_units_by_slice') }}
),

totals as (
    select
        filings.slice_id,
        units.year,
        filings.unit_code,
        filings.indicator_code,
        filings.scope,
        filings.over_time,
        units.owed_first_month,
        units.owed_last_month,
        units.owes_nothing,
        {{ aggregated_terms("is_counted and state = 'number'") }},
        sum(value) filter (where is_counted and status = 'provisional') as provisional_value,
        coalesce(bool_or(is_counted and status = 'provisional' and state = 'number'), false) as is_provisional,
        sum(value) filter (where is_counted and is_narrative) as narrative_value,
        coalesce(bool_or(is_counted and is_narrative and state = 'number'), false) as is_narrative,
        bool_or(is_whole) as is_filed_whole,
        max(last_month) as last_reading_month,
        sum(
            greatest(0, least(last_month, units.owed_last_month) - greatest(first_month, units.owed_first_month) + 1)
        ) as months_filed,
        bool_or(first_month <= units.owed_last_month and last_month >= units.owed_last_month) as is_last_month_filed
    from filings
    join units on units.slice_id = filings.slice_id and units.unit_code = filings.unit_code
    group by
        filings.slice_id, units.year, filings.unit_code, filings.indicator_code, filings.scope, filings.over_time,
        units.owed_first_month, units.owed_last_month, units.owes_nothing
),

unit_years as (
    select
        slice_id,
        unit_code,
        indicator_code,
        scope,
        terms > 0 as has_number,
        {{ total_value("over_time = 'max'") }} as value,
        {{ total_low("over_time = 'max'") }} as low,
        {{ total_high("over_time = 'max'") }} as high,
        coalesce(provisional_value, 0) as provisional_value,
        is_provisional,
        coalesce(narrative_value, 0) as narrative_value,
        is_narrative,
        is_filed_whole,
        {{ last_day_of_month('year', 'last_reading_month') }} as last_reading_day,
        owes_nothing or case
            when over_time = 'last' then is_last_month_filed
            else months_filed = owed_last_month - owed_first_month + 1
        end as is_complete
    from totals
)

select * from unit_years
