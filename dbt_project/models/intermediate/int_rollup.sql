-- The rollup, from the deepest level of the tree to its root: one row per slice, unit and indicator that has an expected unit or a
-- figure in its subtree.
{% set depths = [greatest_of(ref('int_tree'), 'depth'), 1] | max %}

with nodes as (
    select * from {{ ref('int_nodes') }}
),

below_the_deepest as (
    select
        slice_id, parent_code, level, indicator_code, false as has_value,
        own_value as value, own_low as low, own_high as high,
        own_provisional_value as provisional_value, false as is_provisional,
        own_narrative_value as narrative_value, false as is_narrative,
        false as is_inherited, false as is_estimate,
        0 as units_expected, 0 as units_reported, 0 as units_covered, false as has_figure
    from nodes
    where false
),

{% for depth in range(depths, 0, -1) %}
{% set below = 'below_the_deepest' if loop.first else 'level_' ~ (depth + 1) %}
nodes_{{ depth }} as (
    select * from nodes where depth = {{ depth }}
),

townships_{{ depth }} as (
    {{ children_terms(below, of_townships=true) }}
),

children_{{ depth }} as (
    {{ children_terms(below, of_townships=false) }}
),

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
