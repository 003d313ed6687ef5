{# The rollup of some slices as the office reads it: one row per slice, unit and indicator. `which` is said of `slices`. #}
{% macro published_figures(which, with_tree_date=false) -%}
    select
        rollup.unit_code,
        rollup.unit_name,
        rollup.level as unit_level,
        rollup.indicator_code,
        rollup.indicator_name,
        rollup.measure,
        slices.period,
        {% if with_tree_date %}
        slices.tree_date,
        {% endif %}
        rollup.value,
        rollup.low,
        rollup.high,
        rollup.basis,
        rollup.own_value,
        rollup.own_low,
        rollup.own_high,
        rollup.computed_value,
        rollup.computed_low,
        rollup.computed_high,
        rollup.claimed_value,
        rollup.claimed_low,
        rollup.claimed_high,
        rollup.claimed_value - rollup.computed_value as gap,
        rollup.units_expected,
        rollup.units_reported,
        rollup.units_covered,
        case when rollup.value is not null then rollup.provisional_value end as provisional_part,
        case when rollup.value is not null then rollup.narrative_value end as narrative_part,
        rollup.is_inherited,
        rollup.is_estimate,
        rollup.adjustment_value
    from {{ ref('int_rollup') }} as rollup
    join {{ ref('int_slices') }} as slices on slices.slice_id = rollup.slice_id
    where {{ which }}
{%- endmacro %}
