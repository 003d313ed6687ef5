-- The lines of the full-committee report: one row per line, province and year, the exact figure, how much of the province stands behind
-- it, and how it may be said.
{{ config(alias='report_lines') }}

with lines as (
    select * from {{ ref('report_lines') }}
),

terms as (
    select * from {{ ref('report_line_terms') }}
),

province as (
    select * from {{ ref('indicator_values') }} where unit_level = 'province' and length(period) = 4
),

weights as (
    select * from {{ ref('int_line_coverage') }}
),

limits as (
    select * from {{ ref('wording_limits') }}
),

covered as (
    select
        terms.line_code,
        terms.is_divisor,
        province.*,
        {{ quotient('(province.units_covered * 100)::numeric', 'province.units_expected::numeric') }} as coverage,
        -- A figure that is nobody's sum is the province's own: it is there or it is not.
        case
            when province.basis = 'own' then 100
            else coalesce(
                weights.weighted_coverage,
                {{ quotient('(province.units_covered * 100)::numeric', 'province.units_expected::numeric') }}
            )
        end as weighted_coverage
    from terms
    join province on province.indicator_code = terms.indicator_code
    left join weights
        on weights.period = province.period
        and weights.province_code = province.unit_code
        and weights.indicator_code = province.indicator_code
),

-- A line of several indicators is as well covered as the worst of them.
ranked as (
    select
        covered.*,
        row_number() over (
            partition by line_code, period, unit_code
            order by weighted_coverage nulls first, coverage nulls first, indicator_code
        ) as covered_rank
    from covered
),

added as (
    select
        line_code,
        period,
        unit_code,
        count(*) as terms,
        count(distinct units_expected) = 1 and count(distinct units_covered) = 1 as is_of_the_same_units,
        {% for part in ['value', 'low', 'high'] %}
        case when count(*) filter (where {{ part }} is null and not is_divisor) = 0
            then sum({{ part }}) filter (where not is_divisor)
        end as {{ part }},
        max({{ part }}) filter (where is_divisor) as divisor_{{ part }},
        {% endfor %}
        sum(adjustment_value) as adjustment_value,
        min(basis) filter (where covered_rank = 1) as basis,
        min(units_expected) filter (where covered_rank = 1) as units_expected,
        min(units_reported) filter (where covered_rank = 1) as units_reported,
        min(units_covered) filter (where covered_rank = 1) as units_covered,
        min(coverage) filter (where covered_rank = 1) as coverage,
        min(weighted_coverage) filter (where covered_rank = 1) as weighted_coverage
    from ranked
    group by line_code, period, unit_code
),

wanted as (
    select lines.*, years.unit_code, years.period, counted.terms
    from lines
    cross join (select distinct unit_code, period from province) as years
    join (select line_code, count(*) as terms from terms group by line_code) as counted
        on counted.line_code = lines.line_code
),

figures as (
    select
        wanted.line_code,
        wanted.period,
        wanted.section_code,
        wanted.section_title as section_name,
        wanted.label_zh as line_name,
        wanted.unit_code,
        wanted.indicator_code,
        wanted.measure,
        {% for part, divisor in [('value', 'value'), ('low', 'high'), ('high', 'low')] %}
        case
            when added.terms < wanted.terms then null
            -- What some units did is not divided by what others did.
            when wanted.formula in ('ratio', 'percent') and not added.is_of_the_same_units then null
            when wanted.formula = 'ratio' then {{ quotient('added.' ~ part, 'added.divisor_' ~ divisor) }}
            when wanted.formula = 'percent' then {{ quotient('(added.' ~ part ~ ' * 100)', 'added.divisor_' ~ divisor) }}
            else added.{{ part }}
        end as {{ part }},
        {% endfor %}
        -- A quotient is not made up of parts.
        case when added.terms = wanted.terms and coalesce(wanted.formula, 'sum') = 'sum' then added.adjustment_value end
            as adjustment_value,
        added.basis,
        added.units_expected,
        added.units_reported,
        added.units_covered,
        added.coverage,
        wanted.sort_order,
        wanted.chapter_code,
        wanted.chapter_title as chapter_name,
        wanted.formula_text as formula,
        wanted.counter,
        wanted.style,
        added.weighted_coverage,
        wanted.incomplete_style,
        limits.incomplete_below,
        limits.refused_below
    from wanted
    join limits
        on limits.first_year <= wanted.period::integer and limits.last_year >= wanted.period::integer
    left join added
        on added.line_code = wanted.line_code
        and added.period = wanted.period
        and added.unit_code = wanted.unit_code
),

judged as (
    select
        figures.*,
        case
            when low is null and high is null then 'missing'
            when weighted_coverage is null then 'nobody_expected'
            when weighted_coverage < refused_below then 'refused'
            when weighted_coverage < incomplete_below and incomplete_style is null then 'exact_only'
            when weighted_coverage < incomplete_below then 'incomplete'
            else 'complete'
        end as judgement
    from figures
),

said as (
    select
        judged.*,
        case
            when judgement in ('complete', 'incomplete') then {{ wordings(
                'value', 'low', 'high', 'counter', "case when judgement = 'incomplete' then incomplete_style else style end"
            ) }}
            else array[]::text[]
        end as wordings
    from judged
)

select
    line_code,
    period,
    section_code,
    section_name,
    line_name,
    unit_code,
    indicator_code,
    measure,
    value,
    low,
    high,
    basis,
    units_expected,
    units_reported,
    units_covered,
    coverage,
    wordings,
    wordings[1] as recommended_wording,
    sort_order,
    chapter_code,
    chapter_name,
    formula,
    counter,
    style,
    weighted_coverage,
    case when judgement = 'incomplete' and wordings[1] is not null then '据不完全统计' end as wording_prefix,
    case judgement
        when 'missing' then case
            when formula is null then '没有数。'
            else '没有数：所用的指标有的没有数，或报送的单位不一样多。'
        end
        when 'nobody_expected' then '没有应报单位，不知道覆盖多少，不能写“全省”。'
        when 'refused' then
            '覆盖率 ' || {{ shown_percent('weighted_coverage') }} || '，低于 '
            || {{ shown_percent('refused_below') }} || '，不能写“全省”。'
        when 'exact_only' then
            '覆盖率 ' || {{ shown_percent('weighted_coverage') }} || '，低于 ' || {{ shown_percent('incomplete_below') }}
            || '，只能写“据不完全统计”，而这一项只写准确数，两者不能同写。'
        else case
            when wordings[1] is null then '只有上下限，没有相符的表述。'
            when judgement = 'incomplete' then
                '覆盖率 ' || {{ shown_percent('weighted_coverage') }} || '，低于 '
                || {{ shown_percent('incomplete_below') }} || '。'
        end
    end as wording_reason,
    adjustment_value
from said
