-- Which filings may count in a slice: one row per slice, indicator and part of the year that lies in it, both of them in `filing_no`.
with slices as (
    select * from {{ ref('int_slices') }}
),

slice_indicators as (
    select * from {{ ref('int_slice_indicators') }}
),

indicators as (
    select * from {{ ref('indicators') }}
),

year_parts as (
    select * from {{ ref('year_parts') }}
)

select
    slices.slice_id,
    slices.is_plain,
    year_parts.grain,
    year_parts.first_month,
    year_parts.last_month,
    coalesce(year_parts.part = slices.part, false) as is_whole,
    indicators.over_time,
    {{ filing_no(plain_slice_id('slices.year', 'slices.series', part_no('year_parts')), 'indicators.sort_order') }} as filing_no
from slices
join slice_indicators on slice_indicators.slice_id = slices.slice_id
join indicators on indicators.indicator_code = slice_indicators.indicator_code
join year_parts on year_parts.first_month >= slices.first_month and year_parts.last_month <= slices.last_month
-- Of these only the filing for the period itself counts.
where indicators.over_time not in ('none', 'parts') or year_parts.part = slices.part
