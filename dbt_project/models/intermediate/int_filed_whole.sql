-- What units filed for the whole of a year, or another slice, is its figure: one row per slice, unit, indicator and scope.
{{ config(materialized='view') }}

select {{ filed_whole('cells', last_month_of('cells.slice_id')) }}
from {{ ref('int_cell_figures') }} as cells
where cells.node_id is not null
union all
select * from {{ ref('int_filed_again') }}
