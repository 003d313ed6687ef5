-- Which indicators are rolled up in which slice, one row per slice and indicator: all in a year; in a part of a year those that somebody
-- filed for just that part; in a plan those planned; to date those that the year's plan names. A ratio comes with both of its parts.
with slices as (
    select * from {{ ref('int_slices') }}
),

indicators as (
    select * from {{ ref('indicators') }}
),

filed as (
    select * from {{ ref('int_filed_parts') }}
),

named as (
    select slices.slice_id, slices.is_to_date, indicators.indicator_code
    from slices
    cross join indicators
    where slices.part = 'year' and slices.series = 'figure' and not slices.is_to_date
    union
    select slices.slice_id, slices.is_to_date, filed.indicator_code
    from slices
    join filed
        on filed.year = slices.year and filed.series = slices.series and filed.year_part = slices.part
    where not slices.is_to_date
    union
    select slices.slice_id, slices.is_to_date, filed.indicator_code
    from slices
    join filed on filed.year = slices.year and filed.series = 'plan' and filed.year_part = 'year'
    where slices.is_to_date
)

select slice_id, indicator_code from named
union
select numerators.slice_id, indicators.indicator_code
from indicators
join named as numerators on numerators.indicator_code = indicators.numerator
join named as denominators
    on denominators.slice_id = numerators.slice_id and denominators.indicator_code = indicators.denominator
union
select named.slice_id, part.indicator_code
from named
join indicators on indicators.indicator_code = named.indicator_code
join indicators as part on part.indicator_code in (indicators.numerator, indicators.denominator)
where named.is_to_date
