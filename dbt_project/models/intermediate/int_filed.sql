-- The filings that count in a unit's year, or another slice: one row per slice, unit, indicator, scope and period. At every node of the
-- period tree the figure filed for it wins over its parts, so the rows of one unit never overlap.
{{ config(materialized='view') }}

-- Few file for more than a month and for its parts as well: what hides other filings is looked for among these alone.
with longer as (
    select distinct
        {{ node_id('slice_parts.slice_id', 'cells.unit_no', 'cells.indicator_no') }} as node_id,
        cells.scope, cells.filing_no, slice_parts.first_month, slice_parts.last_month
    from {{ ref('int_cell_figures') }} as cells
    join {{ ref('int_slice_parts') }} as slice_parts on slice_parts.filing_no = cells.filing_no
    where slice_parts.grain <> 'month'
        and slice_parts.filing_no in (select filing_no from {{ ref('int_filed_parts') }})
),

in_slices as (
    select
        {{ node_id('slice_parts.slice_id', 'cells.unit_no', 'cells.indicator_no') }} as node_id,
        {{ series_id('cells.unit_no', 'cells.indicator_no') }} as series_id, slice_parts.slice_id, slice_parts.is_plain, cells.unit_no,
        cells.indicator_no, cells.scope, slice_parts.over_time, cells.filing_no, slice_parts.grain, slice_parts.first_month,
        slice_parts.last_month, slice_parts.is_whole, cells.observation_id, cells.has_number, cells.is_provisional, cells.is_narrative,
        cells.value, cells.low, cells.high
    from {{ ref('int_cell_figures') }} as cells
    join {{ ref('int_slice_parts') }} as slice_parts on slice_parts.filing_no = cells.filing_no
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
        and longer.filing_no <> in_slices.filing_no
)
