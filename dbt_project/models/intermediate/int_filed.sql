-- The filings that count in a unit's year, or another slice: one row per slice, unit, indicator, scope and period. At every node of the
-- period tree the figure filed for it wins over its parts, so the rows of one unit never overlap.
{{ config(materialized='view') }}

-- Few file for more than a month and for its parts as well: what hides other filings is looked for among these alone.
with longer as (
    select distinct
        {{ node_id('slice_parts.slice_id', 'cells.unit_no', 'cells.indicator_no') }} as node_id,
        cells.scope, slice_parts.year_part, slice_parts.first_month, slice_parts.last_month
    from {{ ref('int_cell_figures') }} as cells
    join {{ ref('int_slice_parts') }} as slice_parts
        on slice_parts.year = cells.year
        and slice_parts.series = cells.series
        and slice_parts.indicator_code = cells.indicator_code
        and slice_parts.year_part = cells.year_part
    where slice_parts.grain <> 'month'
),

in_slices as (
    select
        {{ node_id('slice_parts.slice_id', 'cells.unit_no', 'cells.indicator_no') }} as node_id,
        cells.series_id, slice_parts.slice_id, cells.unit_no, cells.unit_code, cells.indicator_no, cells.indicator_code, cells.scope,
        cells.aggregation, cells.over_time, cells.year_part, slice_parts.grain, slice_parts.first_month,
        slice_parts.last_month, slice_parts.is_whole, cells.observation_id, cells.state, cells.status, cells.value, cells.low, cells.high,
        cells.is_narrative
    from {{ ref('int_cell_figures') }} as cells
    join {{ ref('int_slice_parts') }} as slice_parts
        on slice_parts.year = cells.year
        and slice_parts.series = cells.series
        and slice_parts.indicator_code = cells.indicator_code
        and slice_parts.year_part = cells.year_part
)

select *
from in_slices
where not exists (
    select 1
    from longer
    where longer.node_id = in_slices.node_id
        and longer.scope = in_slices.scope
        and longer.first_month <= in_slices.first_month
        and longer.last_month >= in_slices.last_month
        and longer.year_part <> in_slices.year_part
)
