{# What the units that have others below them, or those that have none, bring to the rollup by themselves, one row per slice, unit and
   indicator: its own figure, its claim, whether it is expected and complete. Townships, of which none is expected, have a row only where
   they filed. Units with others below them are few, and so are the holdings that are joined to them. #}
{% macro rollup_nodes(has_children) -%}
    {%- set of_few = ' and unit_no in (select unit_no from tree)' if has_children else '' -%}
    with tree as (
        select * from {{ ref('int_tree') }} where {{ '' if has_children else 'not ' }}has_children
    ),

    asked as (
        select * from {{ ref('int_asked') }}
    ),

    units as (
        select * from {{ ref('int_units_by_slice') }}
    ),

    own as (
        select * from {{ ref('int_holdings') }} where scope = 'own'{{ of_few }}
    ),

    claims as (
        select * from {{ ref('int_holdings') }} where scope = 'jurisdiction'{{ of_few }}
    ),

    ratios as (
        select * from {{ ref('int_ratios') }}
    ),

    nodes as (
        select
            {{ node_id('tree.slice_id', 'tree.unit_no', 'asked.indicator_no') }} as node_id,
            {{ node_id('tree.slice_id', 'tree.parent_no', 'asked.indicator_no') }} as parent_id,
            tree.slice_id,
            tree.unit_code,
            tree.parent_code,
            tree.depth,
            tree.level,
            tree.has_children,
            asked.indicator_code,
            asked.is_peak,
            asked.is_coverage,
            asked.has_greatest_low,
            asked.is_adding,
            asked.has_parts,
            asked.is_never_added,
            asked.is_ratio,
            asked.is_list_owner,
            asked.is_expected,
            coalesce(own.is_filed, false) as own_is_filed,
            coalesce(own.has_number, false) as own_has_number,
            own.value as own_value,
            own.low as own_low,
            own.high as own_high,
            own.provisional_value as own_provisional_value,
            coalesce(own.is_provisional, false) as own_is_provisional,
            own.narrative_value as own_narrative_value,
            coalesce(own.is_narrative, false) as own_is_narrative,
            coalesce(own.is_inherited, false) as own_is_inherited,
            coalesce(own.is_estimate, false) as own_is_estimate,
            case
                when asked.is_ratio then coalesce(ratios.is_complete_in_both, false)
                else coalesce(own.is_complete, units.owes_nothing, true)
            end as is_complete,
            coalesce(claims.is_filed, false) as claim_is_filed,
            coalesce(claims.has_number and claims.is_complete, false) as has_claim,
            claims.value as claim_value,
            claims.low as claim_low,
            claims.high as claim_high,
            claims.provisional_value as claim_provisional_value,
            coalesce(claims.is_provisional, false) as claim_is_provisional,
            claims.narrative_value as claim_narrative_value,
            coalesce(claims.is_narrative, false) as claim_is_narrative,
            coalesce(claims.is_inherited, false) as claim_is_inherited,
            coalesce(claims.is_estimate, false) as claim_is_estimate,
            own.observation_ids as own_observation_ids,
            claims.observation_ids as claim_observation_ids,
            coalesce(ratios.is_computed, false) as ratio_is_computed,
            ratios.value as ratio_value,
            ratios.low as ratio_low,
            ratios.high as ratio_high,
            coalesce(ratios.is_provisional, false) as ratio_is_provisional,
            coalesce(ratios.is_narrative, false) as ratio_is_narrative,
            coalesce(ratios.is_inherited, false) as ratio_is_inherited,
            coalesce(ratios.is_estimate, false) as ratio_is_estimate
        from tree
        join asked
            on asked.slice_id = tree.slice_id and asked.level = tree.level and asked.unit_type = tree.unit_type
        left join units on units.slice_id = tree.slice_id and units.unit_no = tree.unit_no
        left join own
            on own.node_id = {{ node_id('tree.slice_id', 'tree.unit_no', 'asked.indicator_no') }}
        left join claims
            on claims.node_id = {{ node_id('tree.slice_id', 'tree.unit_no', 'asked.indicator_no') }}
        left join ratios
            on ratios.node_id = {{ node_id('tree.slice_id', 'tree.unit_no', 'asked.indicator_no') }}
        where tree.level <> 'township'
            or asked.is_expected
            or own.is_filed
            or claims.is_filed
    )

    select * from nodes
{%- endmacro %}
