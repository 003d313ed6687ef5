-- Which statuses each series knows of an indicator, the one to prefer first: one row per series, indicator and status. The series `figure`
-- knows those that the indicator lists, in their order; the series `plan` knows plans.
-- A table, for the planner: it takes a union for a hundred times as many rows of one key as there are, and hashes the figures instead.
select
    'figure' as series, statuses.indicator_code, statuses.status, statuses.rank, indicators.sort_order as indicator_no, indicators.form
from {{ ref('indicator_statuses') }} as statuses
join {{ ref('indicators') }} as indicators on indicators.indicator_code = statuses.indicator_code
union all
select 'plan' as series, indicator_code, 'plan' as status, 1 as rank, sort_order as indicator_no, form
from {{ ref('indicators') }}
