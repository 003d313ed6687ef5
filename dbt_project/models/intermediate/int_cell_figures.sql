-- One row per year, series, unit, indicator, scope and period: its figure, of the statuses the series knows the first that is present.
{{ config(pre_hook='set local enable_nestloop = on') }}

-- One year's figures are read where they lie among those of many: taken one submission at a time, the planner soon thinks it cheaper to
-- read all that were ever filed.
with present as (
    select
        in_force.year,
        series_statuses.series,
        in_force.unit_no,
        in_force.unit_code,
        series_statuses.indicator_no,
        in_force.indicator_code,
        in_force.scope,
        in_force.year_part,
        in_force.observation_id,
        in_force.state,
        in_force.status,
        in_force.value,
        in_force.low,
        in_force.high,
        in_force.is_narrative,
        series_statuses.rank,
        {{ series_id('in_force.unit_no', 'series_statuses.indicator_no') }} as series_id,
        {{ filing_no('in_force.year', 'series_statuses.series', 'series_statuses.indicator_no', 'in_force.part_no') }} as filing_no
    from {{ ref('int_submission_ranges') }} as ranges
    join {{ ref('int_observations_in_force') }} as in_force
        on in_force.submission_id between ranges.first_id and ranges.last_id
    join {{ ref('int_series_statuses') }} as series_statuses
        on series_statuses.indicator_code = in_force.indicator_code and series_statuses.status = in_force.status
    where in_force.scope in ('own', 'jurisdiction', 'adjustment')
        and in_force.state in ('number', 'not_applicable')
        and in_force.is_held is not true
),

preferred as (
    select
        present.*,
        bool_and(is_narrative) over of_year as is_told_only,
        lag(filing_no) over of_year is distinct from filing_no
            or lag(is_narrative) over of_year is distinct from is_narrative as is_preferred
    from present
    window of_year as (
        partition by series_id, scope, series, year
        order by filing_no, is_narrative, rank
        rows between unbounded preceding and unbounded following
    )
)

select
    series_id, year, series, unit_no, unit_code, indicator_no, indicator_code, scope, year_part, filing_no,
    observation_id, state, status, value, low, high, is_narrative
from preferred
where is_preferred
    -- Any form figure of the year hides what prose says.
    and (is_told_only or not is_narrative)
