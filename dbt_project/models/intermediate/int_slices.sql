-- What is rolled up, one row per slice: a year on its own tree or on another day's; a part of a year that somebody filed; a plan; and,
-- where the year has a plan, January up to the end of a part that was filed. Its tree is that of its last day, if no other is asked. A
-- `plain` one is numbered by what is filed for it, the others from 1.
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
),

placed as (
    select
        wanted.*,
        {{ day('wanted.year', 'wanted.first_month', 1) }} as first_day,
        {{ last_day_of_month('wanted.year', 'wanted.last_month') }} as last_day,
        wanted.tree_date <> {{ last_day_of_month('wanted.year', 'wanted.last_month') }} as is_restated,
        not wanted.is_to_date and wanted.tree_date = {{ last_day_of_month('wanted.year', 'wanted.last_month') }} as is_plain
    from wanted
)

select
    case
        when is_plain then {{ plain_slice_id('placed.year', 'placed.series', part_no('placed')) }}
        else row_number() over (
            partition by is_plain order by placed.year, is_to_date, placed.first_month, placed.last_month, tree_date
        )
    end::integer as slice_id,
    placed.year,
    placed.part,
    -- A to-date slice goes by the month in which it ends.
    case
        when placed.is_to_date then placed.year || '-' || months.part
        when placed.part = 'year' then placed.year::text
        else placed.year || '-' || placed.part
    end as period,
    placed.first_month,
    placed.last_month,
    placed.first_day,
    placed.last_day,
    placed.tree_date,
    placed.series,
    placed.is_to_date,
    placed.is_restated,
    placed.is_plain,
    placed.is_plain and placed.series = 'figure' as is_figure
from placed
join year_parts as months on months.grain = 'month' and months.last_month = placed.last_month
