-- One row per year, unit, indicator, scope and period: its figure, of the statuses the indicator lists the first that is present.
with in_force as (
    select * from {{ ref('int_observations_in_force') }}
),

indicators as (
    select * from {{ ref('indicators') }}
),

statuses as (
    select * from {{ ref('indicator_statuses') }}
),

present as (
    select
        in_force.year,
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
            partition by in_force.year, in_force.unit_code, in_force.indicator_code, in_force.scope
        ) as is_told_only,
        row_number() over (
            partition by
                in_force.year, in_force.unit_code, in_force.indicator_code, in_force.scope, in_force.year_part,
                in_force.is_narrative
            order by statuses.rank
        ) as preference
    from in_force
    join indicators on indicators.indicator_code = in_force.indicator_code
    join statuses
        on statuses.indicator_code = in_force.indicator_code and statuses.status = in_force.status
    where in_force.scope in ('own', 'jurisdiction')
        and in_force.state in ('number', 'not_applicable')
),

cells as (
    select *
    from present
    where preference = 1
        -- Any form figure of the year hides what prose says.
        and (is_told_only or not is_narrative)
        -- Of these only the filing for the year itself counts.
        and (over_time not in ('none', 'parts') or year_part = 'year')
)

select * from cells
