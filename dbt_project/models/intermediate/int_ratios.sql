-- Ratios recomputed from their parts: Σ numerators ÷ Σ denominators over the units below (and itself) whose year is complete in both.
-- Townships take no part. One row per slice, unit and ratio with parts.
with tree as (
    select * from {{ ref('int_tree') }}
),

closure as (
    select * from {{ ref('int_tree_closure') }}
),

ratios as (
    select
        slice_indicators.slice_id,
        indicators.indicator_code,
        indicators.measure,
        indicators.sort_order as indicator_no,
        numerators.indicator_code as numerator_code,
        denominators.indicator_code as denominator_code,
        numerators.sort_order as numerator_no,
        denominators.sort_order as denominator_no
    from {{ ref('indicators') }} as indicators
    join {{ ref('int_slice_indicators') }} as slice_indicators
        on slice_indicators.indicator_code = indicators.indicator_code
    join {{ ref('indicators') }} as numerators on numerators.indicator_code = indicators.numerator
    join {{ ref('indicators') }} as denominators on denominators.indicator_code = indicators.denominator
),

candidates as (
    select
        tree.slice_id,
        tree.unit_no,
        tree.unit_code,
        tree.owes_nothing,
        ratios.indicator_code,
        ratios.indicator_no,
        ratios.measure,
        ratios.numerator_code,
        ratios.denominator_code,
        {{ node_id('tree.slice_id', 'tree.unit_no', 'ratios.indicator_no') }} as node_id,
        {{ node_id('tree.slice_id', 'tree.unit_no', 'ratios.numerator_no') }} as numerator_id,
        {{ node_id('tree.slice_id', 'tree.unit_no', 'ratios.denominator_no') }} as denominator_id
    from tree
    join ratios on ratios.slice_id = tree.slice_id
    where tree.level <> 'township'
),

part_holdings as (
    select * from {{ ref('int_few_holdings') }} where scope = 'own'
),

parts as (
    select
        candidates.*,
        coalesce(numerators.is_complete, candidates.owes_nothing, true)
            and coalesce(denominators.is_complete, candidates.owes_nothing, true) as is_complete_in_both,
        {% for part in ['numerator', 'denominator'] %}
        coalesce({{ part }}s.has_number, false) as {{ part }}_has_number,
        {{ part }}s.value as {{ part }}_value,
        {{ part }}s.low as {{ part }}_low,
        {{ part }}s.high as {{ part }}_high,
        {{ part }}s.observation_ids as {{ part }}_observation_ids,
        {% endfor %}
        {% for mark in ['provisional', 'narrative', 'inherited', 'estimate'] %}
        coalesce(numerators.is_{{ mark }}, false) or coalesce(denominators.is_{{ mark }}, false) as is_{{ mark }}
        {{- ',' if not loop.last }}
        {% endfor %}
    from candidates
    left join part_holdings as numerators on numerators.node_id = candidates.numerator_id
    left join part_holdings as denominators on denominators.node_id = candidates.denominator_id
),

summed as (
    select
        {{ node_id('closure.slice_id', 'closure.ancestor_no', 'parts.indicator_no') }} as node_id,
        {% for role in ['numerator', 'denominator'] %}
        {% for bound in ['value', 'low', 'high'] %}
        case
            when bool_and({{ role }}_{{ bound }} is not null) filter (where {{ role }}_has_number)
            then sum({{ role }}_{{ bound }})
        end as {{ role }}_{{ bound }},
        {% endfor %}
        {% endfor %}
        {% for mark in ['provisional', 'narrative', 'inherited', 'estimate'] %}
        bool_or(is_{{ mark }}) as is_{{ mark }}{{ ',' if not loop.last }}
        {% endfor %}
    from closure
    join parts on parts.slice_id = closure.slice_id and parts.unit_no = closure.unit_no
    where parts.is_complete_in_both
    group by {{ node_id('closure.slice_id', 'closure.ancestor_no', 'parts.indicator_no') }}
),

scaled as (
    select
        parts.node_id,
        {% for part in ['numerator', 'denominator'] %}
        parts.{{ part }}_id,
        parts.{{ part }}_code,
        parts.{{ part }}_observation_ids,
        {% for bound in ['value', 'low', 'high'] %}
        summed.{{ part }}_{{ bound }},
        {% endfor %}
        {% endfor %}
        parts.slice_id,
        parts.unit_code,
        parts.indicator_code,
        parts.is_complete_in_both,
        {% for mark in ['provisional', 'narrative', 'inherited', 'estimate'] %}
        coalesce(summed.is_{{ mark }}, false) as is_{{ mark }},
        {% endfor %}
        case when parts.measure = '%' then 100 else 1 end as scale
    from parts
    left join summed on summed.node_id = parts.node_id
),

divided as (
    select
        scaled.*,
        {{ quotient("(numerator_value * scale)", 'denominator_value') }} as value,
        {{ quotient("(numerator_low * scale)", 'denominator_high') }} as low,
        {{ quotient("(numerator_high * scale)", 'denominator_low') }} as uncapped_high
    from scaled
)

select
    node_id,
    {% for part in ['numerator', 'denominator'] %}
    {{ part }}_id,
    {{ part }}_code,
    {{ part }}_observation_ids,
    {% endfor %}
    slice_id,
    unit_code,
    indicator_code,
    is_complete_in_both,
    coalesce(value, low, uncapped_high) is not null as is_computed,
    value,
    low,
    -- A share of a whole is at most the whole, unless the point value itself says otherwise.
    case
        when scale = 100 and uncapped_high > 100 then greatest(100, value, low)
        else uncapped_high
    end as high,
    is_provisional,
    is_narrative,
    is_inherited,
    is_estimate
from divided
