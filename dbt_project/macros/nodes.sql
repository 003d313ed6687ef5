{# What the units that have others below them, or those that have none, bring to the rollup by themselves, one row per slice, unit and
   indicator: its own figure, its claim, whether it is expected and complete. Townships, of which none is expected, have a row only where
   they filed. Of whole years or of the other slices alone. #}
{% macro rollup_nodes(has_children, of_years) -%}
    {%- set in_slices -%}
    slice_id {{ '= any' if of_years else '<> all' }} (array(select slice_id from {{ ref('int_slices') }} where part = 'year'))
    {%- endset -%}
    with tree as not materialized (
        select * from {{ ref('int_tree') }} where {{ '' if has_children else 'not ' }}has_children and {{ in_slices }}
    ),

    asked as not materialized (
        select * from {{ ref('int_asked') }}
    ),

    own as {{ '' if has_children else 'not materialized ' }}(
        select * from {{ ref('int_few_holdings') if has_children else ref('int_holdings') }} where scope = 'own' and {{ in_slices }}
    ),

    claims as (
        select * from {{ ref('int_few_holdings') }} where scope = 'jurisdiction'
    ),

    ratios as (
        select * from {{ ref('int_ratios') }}
    ),

    -- Which indicators each unit has filed of its own: a few numbers a unit, where a million figures would be looked through.
    filed as (
        select slice_id, unit_no, array_agg(indicator_no) as indicator_nos
        from own
        group by slice_id, unit_no
    ),

    asked_units as (
        select own.node_id, {{ asked_of_unit() }}, {{ own_figure('own') }}
        from own
        join tree on tree.slice_id = own.slice_id and tree.unit_no = own.unit_no
        join asked on asked.kind_no = tree.kind_no and asked.indicator_no = own.indicator_no
        union all
        select
            {{ node_id('tree.slice_id', 'tree.unit_no', 'asked.indicator_no') }}, {{ asked_of_unit() }}, {{ own_figure() }}
        from tree
        join asked on asked.kind_no = tree.kind_no
        left join filed on filed.slice_id = tree.slice_id and filed.unit_no = tree.unit_no
        where filed.unit_no is null or asked.indicator_no <> all (filed.indicator_nos)
    ),

    nodes as (
        select
            nodes.node_id,
            {{ node_id('nodes.slice_id', 'nodes.parent_no', 'nodes.indicator_no') }} as parent_id,
            nodes.slice_id,
            nodes.period,
            nodes.is_figure,
            nodes.unit_code,
            nodes.name as unit_name,
            nodes.parent_code,
            nodes.depth,
            nodes.level,
            {{ 'true' if has_children else 'false' }} as has_children,
            nodes.indicator_code,
            nodes.indicator_name,
            nodes.measure,
            nodes.is_peak,
            nodes.is_coverage,
            nodes.has_greatest_low,
            nodes.is_adding,
            nodes.has_parts,
            nodes.is_never_added,
            nodes.is_ratio,
            nodes.is_list_owner,
            nodes.is_expected,
            coalesce(nodes.is_filed, false) as own_is_filed,
            coalesce(nodes.has_number, false) as own_has_number,
            nodes.value as own_value,
            nodes.low as own_low,
            nodes.high as own_high,
            nodes.provisional_value as own_provisional_value,
            coalesce(nodes.is_provisional, false) as own_is_provisional,
            nodes.narrative_value as own_narrative_value,
            coalesce(nodes.is_narrative, false) as own_is_narrative,
            coalesce(nodes.is_inherited, false) as own_is_inherited,
            coalesce(nodes.is_estimate, false) as own_is_estimate,
            case
                when nodes.is_ratio then coalesce(ratios.is_complete_in_both, false)
                else coalesce(nodes.is_complete, nodes.owes_nothing, true)
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
            nodes.observation_ids as own_observation_ids,
            claims.observation_ids as claim_observation_ids,
            coalesce(ratios.is_computed, false) as ratio_is_computed,
            ratios.value as ratio_value,
            ratios.low as ratio_low,
            ratios.high as ratio_high,
            coalesce(ratios.is_provisional, false) as ratio_is_provisional,
            coalesce(ratios.is_narrative, false) as ratio_is_narrative,
            coalesce(ratios.is_inherited, false) as ratio_is_inherited,
            coalesce(ratios.is_estimate, false) as ratio_is_estimate
        from asked_units as nodes
        left join claims on claims.node_id = nodes.node_id
        -- Nothing is looked for where there is no ratio.
        left join ratios on ratios.node_id = case when nodes.is_ratio then nodes.node_id end
        where nodes.level <> 'township'
            or nodes.is_expected
            or nodes.is_filed
            or claims.is_filed
    )

    select * from nodes
{%- endmacro %}

{# A unit and what is asked of it, from `tree` and `asked`. #}
{% macro asked_of_unit() -%}
    {% for column in ['slice_id', 'period', 'is_figure', 'parent_no', 'unit_code', 'name', 'parent_code', 'depth', 'level',
                      'owes_nothing'] -%}
    tree.{{ column }},
    {% endfor %}
    {% for column in ['indicator_no', 'indicator_code', 'indicator_name', 'measure', 'is_peak', 'is_coverage', 'has_greatest_low',
                      'is_adding', 'has_parts', 'is_never_added', 'is_ratio', 'is_list_owner', 'is_expected'] -%}
    asked.{{ column }}{{ ', ' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{# What a unit filed of its own, or nothing. #}
{% macro own_figure(own=none) -%}
    {% for column in ['is_filed', 'has_number', 'value', 'low', 'high', 'provisional_value', 'is_provisional', 'narrative_value',
                      'is_narrative', 'is_inherited', 'is_estimate', 'is_complete', 'observation_ids'] -%}
    {{ own ~ '.' if own else 'null as ' }}{{ column }}{{ ', ' if not loop.last }}
    {% endfor %}
{%- endmacro %}
