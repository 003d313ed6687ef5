-- The lines of the full-committee report: one row per line and year, the province's exact figure and its coverage.
{{ config(alias='report_lines') }}

with lines as (
    select * from {{ ref('report_lines') }}
),

province as (
    select * from {{ ref('indicator_values') }} where unit_level = 'province' and length(period) = 4
)

select
    lines.line_code,
    province.period,
    lines.section_code,
    lines.section_title as section_name,
    lines.label_zh as line_name,
    province.unit_code,
    province.indicator_code,
    province.measure,
    province.value,
    province.low,
    province.high,
    province.basis,
    province.units_expected,
    province.units_reported,
    province.units_covered,
    {{ quotient('(province.units_covered * 100)::numeric', 'province.units_expected::numeric') }} as coverage,
    null::text[] as wordings,
    null::text as recommended_wording
from lines
join province on province.indicator_code = lines.indicator_code
