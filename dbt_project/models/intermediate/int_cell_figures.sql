-- One row per year, series, unit, indicator, scope and period: its figure, of the statuses the series knows the first that is present.
-- The series `figure` knows the statuses that the indicator lists, in their order; the series `plan` knows plans.
{{ config(pre_hook='set local enable_nestloop = on') }}

-- One year's figures are found among those of many by their submissions.
with series_statuses as (
    select
        'figure' as series, statuses.indicator_code, statuses.status, statuses.rank,
        indicators.aggregation, indicators.over_time, indicators.sort_order as indicator_no
    from {{ ref('indicator_statuses') }} as statuses
    join {{ ref('indicators') }} as indicators on indicators.indicator_code = statuses.indicator_code
    union all
    select
        'plan' as series, indicator_code, 'plan' as status, 1 as rank,
        aggregation, over_time, sort_order as indicator_no
    from {{ ref('indicators') }}
),

present as (
    select
        in_force.year,
        series_statuses.series,
        in_force.unit_no,
        in_force.unit_code,
        series_statuses.indicator_no,
        in_force.indicator_code,
        in_force.scope,
        in_force.year_part,
        series_statuses.aggregation,
        series_statuses.over_time,
        in_force.observation_id,
        in_force.state,
        in_force.status,
        in_force.value,
        in_force.low,
        in_force.high,
        in_force.is_narrative,
        series_statuses.rank,
        {{ series_id('in_force.unit_no', 'series_statuses.indicator_no') }} as series_id
    from {{ ref('int_observations_in_force') }} as in_force
    join series_statuses
        on series_statuses.indicator_code = in_force.indicator_code and series_statuses.status = in_force.status
    where in_force.scope in ('own', 'jurisdiction', 'adjustment')
        and in_force.state in ('number', 'not_applicable')
        and in_force.is_held is not true
),

preferred as (
    select
        present.*,
        bool_and(is_narrative) over (partition by series_id, scope, series, year) as is_told_only,
        row_number() over (partition by series_id, scope, series, year, year_part, is_narrative order by rank) as preference
    from present
)

select
    series_id, year, series, unit_no, unit_code, indicator_no, indicator_code, scope, year_part, aggregation, over_time,
    observation_id, state, status, value, low, high, is_narrative
from preferred
where preference = 1
    -- Any form figure of the year hides what prose says.
    and (is_told_only or not is_narrative)
