-- What is rolled up, one row per slice: a year on its own tree or on another day's; a part of a year that somebody filed; a plan; and,
-- where the year has a plan, January up to the end of a part that was filed. Its tree is that of its last day, if no other is asked.
with builds as (
    select * from {{ ref('stg_builds') }}
),

restatements as (
    select * from {{ ref('stg_restatements') }}
),

filed as (
    select * from {{ ref('int_filed_parts') }}
),

year_parts as (
    select * from {{ ref('year_parts') }}
),

planned as (
    select distinct year, indicator_code from filed where series = 'plan' and year_part = 'year'
),

wanted as (
    select year, 'year' as part, 1 as first_month, 12 as last_month, 'figure' as series, false as is_to_date, tree_date
    from builds
    union
    select year, 'year' as part, 1 as first_month, 12 as last_month, 'figure' as series, false as is_to_date, tree_date
    from restatements
    union
    select
        filed.year, filed.year_part, year_parts.first_month, year_parts.last_month, filed.series, false as is_to_date,
        {{ last_day_of_month('filed.year', 'year_parts.last_month') }} as tree_date
    from filed
    join year_parts on year_parts.part = filed.year_part
    where filed.year_part <> 'year' or filed.series = 'plan'
    union
    select
        filed.year, whole.part, 1 as first_month, ending.last_month, 'figure' as series, true as is_to_date,
        {{ last_day_of_month('filed.year', 'ending.last_month') }} as tree_date
    from filed
    join planned on planned.year = filed.year and planned.indicator_code = filed.indicator_code
    join year_parts as ending on ending.part = filed.year_part and ending.last_month < 12
    left join year_parts as whole on whole.first_month = 1 and whole.last_month = ending.last_month
    where filed.series = 'figure'
)

select
    row_number() over (
        order by wanted.year, wanted.series, wanted.is_to_date, wanted.first_month, wanted.last_month, wanted.tree_date
    )::integer as slice_id,
    wanted.year,
    wanted.part,
    -- A to-date slice goes by the month in which it ends.
    case
        when wanted.is_to_date then wanted.year || '-' || months.part
        when wanted.part = 'year' then wanted.year::text
        else wanted.year || '-' || wanted.part
    end as period,
    wanted.first_month,
    wanted.last_month,
    {{ day('wanted.year', 'wanted.first_month', 1) }} as first_day,
    {{ last_day_of_month('wanted.year', 'wanted.last_month') }} as last_day,
    wanted.tree_date,
    wanted.series,
    wanted.is_to_date,
    wanted.tree_date <> {{ last_day_of_month('wanted.year', 'wanted.last_month') }} as is_restated,
    wanted.series = 'figure' and not wanted.is_to_date
        and wanted.tree_date = {{ last_day_of_month('wanted.year', 'wanted.last_month') }} as is_figure
from wanted
join year_parts as months on months.grain = 'month' and months.last_month = wanted.last_month
