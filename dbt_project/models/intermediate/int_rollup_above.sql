-- The rollup of units with others below them, from the deepest level of the tree to its root: one row per slice, unit and indicator that has
-- an expected unit or a figure in its subtree.
{% set depths = [greatest_of(ref('int_tree'), 'depth'), 1] | max %}
{% set terms = 'parent_id, level, has_value, value, low, high, provisional_value, is_provisional, narrative_value, is_narrative, '
    ~ 'is_inherited, is_estimate, units_expected, units_reported, units_covered, has_figure' %}

with level_{{ depths + 1 }} as (
    {{ empty_level() }}
),

{% for depth in range(depths, 0, -1) %}
nodes_{{ depth }} as (
    select * from {{ ref('int_nodes') }} where has_children and depth = {{ depth }}
),

{% for kind in ['townships', 'children'] %}
{{ kind }}_{{ depth }} as (
    {% set below %}(
        select {{ terms }} from level_{{ depth + 1 }}
        union all
        select {{ terms }} from {{ ref('int_rollup_leaves') }} where depth = {{ depth + 1 }}
    ) as below{% endset %}
    {{ children_terms(below, of_townships=(kind == 'townships')) }}
),

{% endfor %}
own_terms_{{ depth }} as (
    {{ with_own_term('nodes_' ~ depth, 'townships_' ~ depth) }}
),

computed_{{ depth }} as (
    {{ with_computed('own_terms_' ~ depth, 'children_' ~ depth) }}
),

judged_{{ depth }} as (
    {{ with_basis('computed_' ~ depth) }}
),

level_{{ depth }} as (
    {{ finished_level('judged_' ~ depth) }}
),

{% endfor %}
levels as (
    {% for depth in range(1, depths + 1) %}
    select * from level_{{ depth }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from levels where units_expected > 0 or has_figure
