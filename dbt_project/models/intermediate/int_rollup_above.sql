-- The rollup of units with others below them, from the deepest level of the tree to its root: one row per slice, unit and indicator that has
-- an expected unit or a figure in its subtree.
{% set depths = [greatest_of(ref('int_tree'), 'depth'), 1] | max %}

with adjustments as (
    select node_id, value, provisional_value, is_provisional, is_inherited, is_estimate, observation_ids
    from {{ ref('int_holdings') }}
    where scope = 'adjustment'
        and has_number
        and indicator_code in (select indicator_code from {{ ref('int_adjusted') }})
),

unadjusted as (
    {{ rollup_nodes(has_children=true) }}
),

nodes as (
    select
        unadjusted.*,
        adjustments.value as adjustment_value,
        adjustments.provisional_value as adjustment_provisional_value,
        adjustments.is_provisional as adjustment_is_provisional,
        adjustments.is_inherited as adjustment_is_inherited,
        adjustments.is_estimate as adjustment_is_estimate,
        adjustments.observation_ids as adjustment_observation_ids
    from unadjusted
    left join adjustments on adjustments.node_id = unadjusted.node_id
),

-- Those with nobody below them, most of all rows, are added up in one pass, whatever their depth.
leaves as (
    {{ children_terms(ref('int_rollup_leaves'), adjust=false) }}
),

level_{{ depths + 1 }} as (
    {{ empty_level() }}
),

{% for depth in range(depths, 0, -1) %}
nodes_{{ depth }} as (
    select * from nodes where depth = {{ depth }}
),

level_terms_{{ depth + 1 }} as (
    {{ children_terms('level_' ~ (depth + 1)) }}
),

{% for kind in ['townships', 'children'] %}
{{ kind }}_{{ depth }} as (
    {% set of_kind = 'where ' ~ ('' if kind == 'townships' else 'not ') ~ 'are_townships' %}
    {% set below %}(
        select * from leaves {{ of_kind }}
        union all
        select * from level_terms_{{ depth + 1 }} {{ of_kind }}
    ) as below{% endset %}
    {{ terms_together(below) }}
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
