-- The catalogue as the office reads it: one row per indicator, with the report's section it belongs to, if any.
{{ config(alias='indicators') }}

with indicators as (
    select * from {{ ref('indicators') }}
),

themes as (
    select * from {{ ref('codelists') }} where list = 'themes'
),

sections as (
    select indicator_code, min(section_code) as section_code, min(section_title) as section_name
    from {{ ref('report_lines') }}
    group by indicator_code
)

select
    indicators.indicator_code,
    indicators.indicator_name,
    indicators.measure,
    indicators.form,
    indicators.theme,
    themes.label_zh as theme_name,
    indicators.aggregation,
    indicators.over_time,
    sections.section_code,
    sections.section_name,
    indicators.sort_order
from indicators
join themes on themes.code = indicators.theme
left join sections on sections.indicator_code = indicators.indicator_code
