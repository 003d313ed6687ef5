-- What units filed for parts of a year, or of another slice, by the period rules: one row per slice, unit, indicator and scope of which
-- nothing was filed for the whole.
with units as (
    select * from {{ ref('int_units_by_slice') }}
),

parts as (
    select
        filings.node_id,
        filings.scope,
        filings.observation_id,
        filings.has_number,
        filings.is_provisional,
        filings.is_narrative,
        filings.value,
        filings.low,
        filings.high,
        filings.first_month,
        filings.last_month,
        units.owed_first_month,
        units.owed_last_month,
        -- Of a stock only the last filing counts; not-applicable counts as one. Ordered as the observations are collected below: one
        -- sort serves both.
        filings.over_time <> 'last' or filings.first_month = max(filings.first_month) over (
            partition by filings.node_id, filings.scope
            order by filings.observation_id rows between unbounded preceding and unbounded following
        ) as is_counted
    from {{ ref('int_filed') }} as filings
    join units on units.slice_id = filings.slice_id and units.unit_no = filings.unit_no
    where not filings.is_whole
),

-- What all parts share is told by the node, and joined again when they are added up.
totals as (
    select
        node_id,
        scope,
        {{ aggregated_terms("is_counted and has_number") }},
        sum(value) filter (where is_counted and is_provisional) as provisional_value,
        coalesce(bool_or(is_counted and is_provisional and has_number), false) as is_provisional,
        sum(value) filter (where is_counted and is_narrative) as narrative_value,
        coalesce(bool_or(is_counted and is_narrative and has_number), false) as is_narrative,
        max(last_month) as last_reading_month,
        sum(greatest(0, least(last_month, owed_last_month) - greatest(first_month, owed_first_month) + 1)) as months_filed,
        bool_or(first_month <= owed_last_month and last_month >= owed_last_month) as is_last_month_filed,
        array_agg(observation_id order by observation_id) filter (where is_counted and has_number) as observation_ids
    from parts
    group by node_id, scope
)

select
    totals.node_id,
    units.slice_id,
    units.unit_no,
    indicators.sort_order as indicator_no,
    totals.scope,
    totals.terms > 0 as has_number,
    {{ total_value("indicators.over_time = 'max'") }} as value,
    {{ total_low("indicators.over_time = 'max'") }} as low,
    {{ total_high("indicators.over_time = 'max'") }} as high,
    coalesce(totals.provisional_value, 0) as provisional_value,
    totals.is_provisional,
    coalesce(totals.narrative_value, 0) as narrative_value,
    totals.is_narrative,
    false as is_filed_whole,
    totals.last_reading_month,
    units.owes_nothing or case
        when indicators.over_time = 'last' then totals.is_last_month_filed
        else totals.months_filed = units.owed_last_month - units.owed_first_month + 1
    end as is_complete,
    totals.observation_ids
from totals
join units on units.slice_id = {{ slice_of('totals.node_id') }} and units.unit_no = {{ unit_of('totals.node_id') }}
join {{ ref('indicators') }} as indicators on indicators.sort_order = {{ indicator_of('totals.node_id') }}
