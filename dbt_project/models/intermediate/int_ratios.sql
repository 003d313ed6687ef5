-- Ratios recomputed from their parts: Σ numerators ÷ Σ denominators over the units below (and itself) whose year is complete in both.
-- Townships take no part. One row per slice, unit and ratio with parts.
with tree as (
    select * from {{ ref('int_tree') }}
),

closure as (
    select * from {{ ref('int_tree_closure') }}
),

holdings as (
    select * from {{ ref('int_holdings') }} where scope = 'own'
),

units as (
    select * from {{ ref('int_units_by_slice') }}
),

ratios as (
    select slice_indicators.slice_id, indicators.*
    from {{ ref('indicators') }} as indicators
    join {{ ref('int_slice_indicators') }} as slice_indicators
        on slice_indicators.indicator_code = indicators.indicator_code
    where indicators.numerator is not null
),

parts as (
    select
        tree.slice_id,
        tree.unit_code,
        ratios.indicator_code,
        ratios.measure,
        roles.role,
        coalesce(holdings.is_complete, units.owes_nothing, true) as is_complete,
        coalesce(holdings.has_number, false) as has_number,
        holdings.value,
        holdings.low,
        holdings.high,
        coalesce(holdings.is_provisional, false) as is_provisional,
        coalesce(holdings.is_narrative, false) as is_narrative,
        coalesce(holdings.is_inherited, false) as is_inherited,
        coalesce(holdings.is_estimate, false) as is_estimate
    from tree
    join ratios on ratios.slice_id = tree.slice_id
    cross join (select 'numerator' as role union all select 'denominator' as role) as roles
    left join holdings
        on holdings.slice_id = tree.slice_id
        and holdings.unit_code = tree.unit_code
        and holdings.indicator_code
            = case roles.role when 'numerator' then ratios.numerator else ratios.denominator end
    left join units on units.slice_id = tree.slice_id and units.unit_code = tree.unit_code
    where tree.level <> 'township'
),

complete_parts as (
    select parts.*, bool_and(is_complete) over (partition by slice_id, unit_code, indicator_code) as is_complete_in_both
    from parts
),

summed as (
    select
        closure.slice_id,
        closure.ancestor_code as unit_code,
        complete_parts.indicator_code,
        complete_parts.measure,
        {% for role in ['numerator', 'denominator'] %}
        {% for bound in ['value', 'low', 'high'] %}
        case
            when bool_and({{ bound }} is not null) filter (where has_number and role = '{{ role }}')
            then sum({{ bound }}) filter (where role = '{{ role }}')
        end as {{ role }}_{{ bound }},
        {% endfor %}
        {% endfor %}
        coalesce(bool_or(is_provisional), false) as is_provisional,
        coalesce(bool_or(is_narrative), false) as is_narrative,
        coalesce(bool_or(is_inherited), false) as is_inherited,
        coalesce(bool_or(is_estimate), false) as is_estimate
    from closure
    join complete_parts on complete_parts.slice_id = closure.slice_id and complete_parts.unit_code = closure.unit_code
    where complete_parts.is_complete_in_both
    group by closure.slice_id, closure.ancestor_code, complete_parts.indicator_code, complete_parts.measure
),

divided as (
    select
        *,
        {{ quotient("(numerator_value * scale)", 'denominator_value') }} as value,
        {{ quotient("(numerator_low * scale)", 'denominator_high') }} as low,
        {{ quotient("(numerator_high * scale)", 'denominator_low') }} as uncapped_high
    from (select *, case when measure = '%' then 100 else 1 end as scale from summed) as scaled
),

ratios_by_unit as (
    select
        slice_id,
        unit_code,
        indicator_code,
        value,
        low,
        -- A share of a whole is at most the whole, unless the point value itself says otherwise.
        case
            when measure = '%' and uncapped_high > 100 then greatest(100, value, low)
            else uncapped_high
        end as high,
        is_provisional,
        is_narrative,
        is_inherited,
        is_estimate
    from divided
),

completeness as (
    select distinct slice_id, unit_code, indicator_code, is_complete_in_both from complete_parts
)

select
    completeness.slice_id,
    completeness.unit_code,
    completeness.indicator_code,
    completeness.is_complete_in_both,
    coalesce(ratios_by_unit.value, ratios_by_unit.low, ratios_by_unit.high) is not null as is_computed,
    ratios_by_unit.value,
    ratios_by_unit.low,
    ratios_by_unit.high,
    coalesce(ratios_by_unit.is_provisional, false) as is_provisional,
    coalesce(ratios_by_unit.is_narrative, false) as is_narrative,
    coalesce(ratios_by_unit.is_inherited, false) as is_inherited,
    coalesce(ratios_by_unit.is_estimate, false) as is_estimate
from completeness
left join ratios_by_unit
    on ratios_by_unit.slice_id = completeness.slice_id
    and ratios_by_unit.unit_code = completeness.unit_code
    and ratios_by_unit.indicator_code = completeness.indicator_code
