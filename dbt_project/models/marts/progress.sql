-- How far the year has come: one row per unit, indicator and period with the figure of the period, that from January to its end where
-- the year has a plan, and the plans of period and year, each with its own coverage.
with rollup as (
    select * from {{ ref('int_rollup') }}
),

slices as (
    select * from {{ ref('int_slices') }}
),

indicators as (
    select * from {{ ref('indicators') }}
),

tree as (
    select * from {{ ref('int_tree') }}
),

plans as (
    select slices.year, slices.last_month, rollup.*
    from rollup
    join slices on slices.slice_id = rollup.slice_id
    where slices.series = 'plan' and not slices.is_restated
),

planned as (
    select distinct year, indicator_code from plans where period = year::text
),

-- Where nobody planned there is nothing to hold against a plan, and the rollup is not read.
figures as (
    select slices.year, slices.last_month, slices.is_to_date, rollup.*
    from rollup
    join slices on slices.slice_id = rollup.slice_id
    join planned on planned.year = slices.year and planned.indicator_code = rollup.indicator_code
    where slices.series = 'figure' and not slices.is_restated
),

-- The whole year is its own to-date figure.
to_date as (
    select * from figures where is_to_date or (is_figure and last_month = 12 and period = year::text)
),

periods as (
    select slice_id, year, period, last_month, unit_code, indicator_code from figures where is_figure
    union all
    -- A plan of a period for which nobody has filed a figure yet.
    select plans.slice_id, plans.year, plans.period, plans.last_month, plans.unit_code, plans.indicator_code
    from plans
    left join figures as filed
        on filed.is_figure
        and filed.period = plans.period
        and filed.unit_code = plans.unit_code
        and filed.indicator_code = plans.indicator_code
    where filed.unit_code is null
)

select
    periods.unit_code,
    tree.name as unit_name,
    tree.level as unit_level,
    periods.indicator_code,
    indicators.indicator_name,
    indicators.measure,
    periods.year::text as year,
    periods.period,
    filed.value,
    filed.low,
    filed.high,
    coalesce(filed.units_expected, plan.units_expected, year_plan.units_expected)::integer as units_expected,
    coalesce(filed.units_reported, 0)::integer as units_reported,
    coalesce(filed.units_covered, 0)::integer as units_covered,
    plan.value as plan_value,
    plan.low as plan_low,
    plan.high as plan_high,
    plan.units_reported::integer as plan_units_reported,
    to_date.value as to_date_value,
    to_date.low as to_date_low,
    to_date.high as to_date_high,
    to_date.units_reported::integer as to_date_units_reported,
    to_date.units_covered::integer as to_date_units_covered,
    year_plan.value as year_plan_value,
    year_plan.low as year_plan_low,
    year_plan.high as year_plan_high,
    year_plan.units_reported::integer as year_plan_units_reported,
    case
        when year_plan.value > 0 then {{ quotient('(to_date.value * 100)', 'year_plan.value') }}
    end as percent_of_year_plan
from periods
join planned on planned.year = periods.year and planned.indicator_code = periods.indicator_code
join tree on tree.slice_id = periods.slice_id and tree.unit_code = periods.unit_code
join indicators on indicators.indicator_code = periods.indicator_code
left join figures as filed
    on filed.is_figure
    and filed.period = periods.period
    and filed.unit_code = periods.unit_code
    and filed.indicator_code = periods.indicator_code
left join plans as plan
    on plan.period = periods.period
    and plan.unit_code = periods.unit_code
    and plan.indicator_code = periods.indicator_code
left join to_date
    on to_date.year = periods.year
    and to_date.last_month = periods.last_month
    and to_date.unit_code = periods.unit_code
    and to_date.indicator_code = periods.indicator_code
left join plans as year_plan
    on year_plan.period = periods.year::text
    and year_plan.unit_code = periods.unit_code
    and year_plan.indicator_code = periods.indicator_code
