-- For which parts of a year anybody filed an indicator: one row per year, series, indicator and part.
with filed as (
    select distinct filing_no, slice_id, indicator_no from {{ ref('int_cell_figures') }}
)

select
    {{ year_of('filed.slice_id') }} as year,
    {{ series_of_slice('filed.slice_id') }} as series,
    indicators.indicator_code,
    year_parts.part as year_part,
    filed.filing_no
from filed
join {{ ref('indicators') }} as indicators on indicators.sort_order = filed.indicator_no
join {{ ref('year_parts') }} as year_parts on {{ part_no('year_parts') }} = {{ part_of('filed.slice_id') }}
