-- What units filed for parts of a year, or of another slice, by the period rules: one row per slice, unit, indicator and scope of which
-- nothing was filed for the whole.
with units as (
    select * from {{ ref('int_units_by_slice') }}
),

parts as (
    select
        filings.*,
        -- Of a stock only the last filing counts; not-applicable counts as one. Ordered as the observations are collected below: one
        -- sort serves both.
        filings.over_time <> 'last' or filings.first_month = max(filings.first_month) over (
            partition by filings.node_id, filings.scope
            order by filings.observation_id rows between unbounded preceding and unbounded following
        ) as is_counted,
        units.owed_first_month,
        units.owed_last_month,
        units.owes_nothing
    from {{ ref('int_filed') }} as filings
    join units on units.slice_id = filings.slice_id and units.unit_no = filings.unit_no
    where not filings.is_whole
),

totals as (
    select
        node_id,
        scope,
        min(slice_id) as slice_id,
        min(unit_no) as unit_no,
        min(unit_code) as unit_code,
        min(indicator_no) as indicator_no,
        min(indicator_code) as indicator_code,
        min(over_time) as over_time,
        min(owed_first_month) as owed_first_month,
        min(owed_last_month) as owed_last_month,
        bool_and(owes_nothing) as owes_nothing,
        {{ aggregated_terms("is_counted and state = 'number'") }},
        sum(value) filter (where is_counted and status = 'provisional') as provisional_value,
        coalesce(bool_or(is_counted and status = 'provisional' and state = 'number'), false) as is_provisional,
        sum(value) filter (where is_counted and is_narrative) as narrative_value,
        coalesce(bool_or(is_counted and is_narrative and state = 'number'), false) as is_narrative,
        max(last_month) as last_reading_month,
        sum(greatest(0, least(last_month, owed_last_month) - greatest(first_month, owed_first_month) + 1)) as months_filed,
        bool_or(first_month <= owed_last_month and last_month >= owed_last_month) as is_last_month_filed,
        array_agg(observation_id order by observation_id) filter (where is_counted and state = 'number') as observation_ids
    from parts
    group by node_id, scope
)

select
    node_id,
    slice_id,
    unit_no,
    unit_code,
    indicator_no,
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
    false as is_filed_whole,
    last_reading_month,
    owes_nothing or case
        when over_time = 'last' then is_last_month_filed
        else months_filed = owed_last_month - owed_first_month + 1
    end as is_complete,
    observation_ids
from totals
