-- One row per year, series, unit, indicator, scope and period: its figure, of the statuses the series knows the first that is present. Its node
-- is in the slice of just that period, if the unit lived in it.
{{ config(pre_hook='set local enable_nestloop = on') }}

{% set columns %}
    node_id, filing_no, observation_id, slice_id, unit_no, indicator_no, has_number, is_provisional, is_narrative, scope, value, low, high
{% endset %}

-- One year's figures are read where they lie among those of many, each range by itself: given the submissions too, the planner soon thinks
-- it cheaper to read all that were ever filed and pick theirs.
with observations as (
    select observations.*
    from {{ ref('int_submission_ranges') }} as ranges
    join {{ ref('stg_observations') }} as observations on observations.submission_id between ranges.first_id and ranges.last_id
    where observations.scope in ('own', 'jurisdiction', 'adjustment')
        and observations.state in ('number', 'not_applicable')
        and observations.is_held is not true
    offset 0
),

-- Asked of the ranges as well, or it would take them for more than there are figures.
submissions as (
    select submissions.*
    from {{ ref('int_submission_ranges') }} as ranges
    join {{ ref('int_submissions_in_force') }} as submissions
        on submissions.submission_id between ranges.first_id and ranges.last_id
),

present as (
    select
        submissions.unit_no,
        submissions.is_alive,
        statuses.indicator_no,
        {{ plain_slice_id('submissions.year', 'statuses.series', 'submissions.part_no') }} as slice_id,
        observations.scope,
        observations.observation_id,
        observations.state = 'number' as has_number,
        observations.status = 'provisional' as is_provisional,
        observations.value,
        observations.low,
        observations.high,
        submissions.form = 'narrative' as is_narrative,
        statuses.rank,
        -- None is preferred to it, and there is no other like it.
        statuses.rank = 1 and submissions.form = statuses.form as is_plain
    from observations
    join submissions on submissions.submission_id = observations.submission_id
    join {{ ref('int_series_statuses') }} as statuses
        on statuses.indicator_code = observations.indicator_code and statuses.status = observations.status
),

placed as (
    select
        present.*,
        case when is_alive then {{ node_id('slice_id', 'unit_no', 'indicator_no') }} end as node_id,
        {{ filing_no('slice_id', 'indicator_no') }} as filing_no,
        {{ node_id('slice_id / 1000', 'unit_no', 'indicator_no') }} as year_node_id
    from present
),

-- The years of a unit's indicator in which there may be something to choose from. They are few, and only they are sorted.
contested as (
    select distinct year_node_id from placed where not is_plain
),

choices as (
    select
        placed.*,
        bool_and(is_narrative) over (partition by year_node_id, scope) as is_told_only,
        row_number() over (
            partition by year_node_id, scope, filing_no, is_narrative order by rank, observation_id desc
        ) as preference
    from placed
    where year_node_id in (select year_node_id from contested)
)

select {{ columns }}
from placed
where not exists (select 1 from contested where contested.year_node_id = placed.year_node_id)
union all
select {{ columns }}
from choices
where preference = 1
    -- Any form figure of the year hides what prose says.
    and (is_told_only or not is_narrative)
