-- One row per year, series, unit, indicator, scope and period: its figure, of the statuses the series knows the first that is present.
-- The series `figure` knows the statuses that the indicator lists, in their order; the series `plan` knows plans.
with in_force as (
    select * from {{ ref('int_observations_in_force') }}
),

indicators as (
    select * from {{ ref('indicators') }}
),

series_statuses as (
    select 'figure' as series, indicator_code, status, rank from {{ ref('indicator_statuses') }}
    union all
    select 'plan' as series, indicator_code, 'plan' as status, 1 as rank from indicators
),

present as (
    select
        in_force.year,
        series_statuses.series,
        in_force.unit_code,
        in_force.indicator_code,
        in_force.scope,
        in_force.year_part,
        indicators.aggregation,
        indicators.over_time,
        in_force.observation_id,
        in_force.state,
        in_force.status,
        in_force.value,
        in_force.low,
        in_force.high,
        in_force.is_narrative,
        bool_and(in_force.is_narrative) over (
            partition by
                in_force.year, series_statuses.series, in_force.unit_code, in_force.indicator_code, in_force.scope
        ) as is_told_only,
        row_number() over (
            partition by
                in_force.year, series_statuses.series, in_force.unit_code, in_force.indicator_code, in_force.scope,
                in_force.year_part, in_force.is_narrative
            order by series_statuses.rank
        ) as preference
    from in_force
    join indicators on indicators.indicator_code = in_force.indicator_code
    join series_statuses
        on series_statuses.indicator_code = in_force.indicator_code and series_statuses.status = in_force.status
    where in_force.scope in ('own', 'jurisdiction')
        and in_force.state in ('number', 'not_applicable')
        and in_force.is_held is not true
),

cells as (
    select *
    from present
    where preference = 1
        -- Any form figure of the year hides what prose says.
        and (is_told_only or not is_narrative)
)

select * from cells
