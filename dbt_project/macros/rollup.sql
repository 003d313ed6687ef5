{# One level of the rollup: `nodes` are the units of this depth, `children` the finished rows of the depth below. #}

{# What the children bring, townships apart from the others, by the parent they stand under; units with nobody below them adjust nothing. #}
{% macro children_terms(children, adjust=true) -%}
    select
        parent_id,
        level = 'township' as are_townships,
        {{ aggregated_terms('has_value') }},
        {% for mark in ['provisional', 'narrative'] %}
        sum({{ mark }}_value) as {{ mark }}_value,
        bool_or(is_{{ mark }}) as is_{{ mark }},
        {% endfor %}
        bool_or(is_inherited) as is_inherited,
        bool_or(is_estimate) as is_estimate,
        {{ 'sum(adjustment_value)' if adjust else 'null::numeric' }} as adjustment_value,
        sum(units_expected) as units_expected,
        sum(units_reported) as units_reported,
        sum(units_covered) as units_covered,
        bool_or(has_figure) as has_figure
    from {{ children }}
    group by parent_id, level = 'township'
{%- endmacro %}

{# The terms of one parent that were added up apart, together. #}
{% macro terms_together(terms) -%}
    select
        parent_id,
        {% for sum in ['terms', 'valueless_terms', 'lowless_terms', 'highless_terms', 'sum_value', 'sum_low', 'sum_high',
                       'provisional_value', 'narrative_value', 'adjustment_value', 'units_expected', 'units_reported',
                       'units_covered'] %}
        sum({{ sum }}) as {{ sum }},
        {% endfor %}
        {% for greatest in ['max_value', 'max_low', 'max_high'] %}
        max({{ greatest }}) as {{ greatest }},
        {% endfor %}
        {% for mark in ['is_provisional', 'is_narrative', 'is_inherited', 'is_estimate', 'has_figure'] %}
        bool_or({{ mark }}) as {{ mark }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ terms }}
    group by parent_id
{%- endmacro %}

{# The unit's own term of the computed figure: its own figure; its townships' sum where it neither filed nor inherited; nothing at
   the owner of a list, whose own figure the children are only reconciled with. Without `townships`, of units that have none. #}
{% macro with_own_term(nodes, townships=none) -%}
    select
        nodes.*,
        case when stands_in then true else own_has_number and not is_list_owner end as counted,
        case
            when not stands_in then own_value
            when is_coverage and terms > 1 then null
            else {{ total_value('is_peak') }}
        end as counted_value,
        case
            when stands_in
            then {{ total_low('has_greatest_low') }}
            else own_low
        end as counted_low,
        case when stands_in then {{ total_high('is_peak') }} else own_high end as counted_high,
        {% for mark in ['provisional', 'narrative'] %}
        case when stands_in then township_{{ mark }}_value else own_{{ mark }}_value end as counted_{{ mark }}_value,
        case when stands_in then township_is_{{ mark }} else own_is_{{ mark }} end as counted_is_{{ mark }},
        {% endfor %}
        {% for mark in ['inherited', 'estimate'] %}
        case when stands_in then township_is_{{ mark }} else own_is_{{ mark }} end as counted_is_{{ mark }},
        {% endfor %}
        coalesce(township_has_figure, false) as townships_have_figure
    from (
        select
            nodes.*,
            coalesce(townships.terms, 0) > 0
                and not nodes.own_is_filed
                and not nodes.is_never_added and not nodes.is_ratio and not nodes.is_list_owner as stands_in,
            townships.terms,
            townships.valueless_terms,
            townships.lowless_terms,
            townships.highless_terms,
            townships.sum_value,
            townships.sum_low,
            townships.sum_high,
            townships.max_value,
            townships.max_low,
            townships.max_high,
            townships.provisional_value as township_provisional_value,
            townships.is_provisional as township_is_provisional,
            townships.narrative_value as township_narrative_value,
            townships.is_narrative as township_is_narrative,
            townships.is_inherited as township_is_inherited,
            townships.is_estimate as township_is_estimate,
            townships.has_figure as township_has_figure
        from {{ nodes }} as nodes
        {{ beside_below('townships', townships) }}
    ) as nodes
{%- endmacro %}

{# The computed figure, own term and children, as the kind adds, with the unit's adjustment; then what counts and covers the subtree.
   Without `children`, of units that have none and so nothing to adjust. #}
{% macro with_computed(nodes, children=none) -%}
    {%- set adjusted = children is not none -%}
    {%- set adjustment = ' + adjustment.value' if adjusted else '' -%}
    select
        nodes.node_id,
        nodes.parent_id,
        nodes.slice_id,
        nodes.period,
        nodes.is_figure,
        nodes.unit_code,
        nodes.unit_name,
        nodes.parent_code,
        nodes.depth,
        nodes.level,
        nodes.indicator_code,
        nodes.indicator_name,
        nodes.measure,
        nodes.is_coverage,
        nodes.has_parts,
        nodes.is_never_added,
        nodes.is_ratio,
        nodes.is_list_owner,
        nodes.own_has_number,
        nodes.own_observation_ids,
        nodes.claim_observation_ids,
        {{ 'adjustment.is_used' if adjusted else 'false' }} as uses_adjustment,
        {{ 'nodes.adjustment_observation_ids' if adjusted else 'null::bigint[]' }} as adjustment_observation_ids,
        nodes.stands_in,
        {% for part in ['value', 'low', 'high', 'provisional_value', 'is_provisional', 'narrative_value', 'is_narrative',
                        'is_inherited', 'is_estimate'] %}
        nodes.own_{{ part }},
        nodes.claim_{{ part }},
        {% endfor %}
        nodes.has_claim,
        nodes.has_children,
        case
            when nodes.is_never_added then false
            when nodes.is_ratio then nodes.ratio_is_computed
            else nodes.counted or coalesce(children.terms, 0) > 0
        end as has_computed,
        case
            when nodes.is_never_added then null
            when nodes.is_ratio then nodes.ratio_value
            when (nodes.counted and nodes.counted_value is null) or children.valueless_terms > 0 then null
            when nodes.is_peak
            then greatest(case when nodes.counted then nodes.counted_value end, children.max_value)
            when nodes.is_coverage and nodes.counted::integer + coalesce(children.terms, 0) > 1 then null
            when nodes.counted then nodes.counted_value + coalesce(children.sum_value, 0){{ adjustment }}
            else children.sum_value{{ adjustment }}
        end as computed_value,
        case
            when nodes.is_never_added then null
            when nodes.is_ratio then nodes.ratio_low
            when nodes.has_greatest_low
            then greatest(case when nodes.counted then nodes.counted_low end, children.max_low)
            when nodes.is_coverage
            then greatest(
                case when nodes.counted then nodes.counted_low end,
                case when children.lowless_terms = 0 then children.sum_low end
            )
            when (nodes.counted and nodes.counted_low is null) or children.lowless_terms > 0 then null
            when nodes.counted then nodes.counted_low + coalesce(children.sum_low, 0){{ adjustment }}
            else children.sum_low{{ adjustment }}
        end as computed_low,
        case
            when nodes.is_never_added then null
            when nodes.is_ratio then nodes.ratio_high
            when (nodes.counted and nodes.counted_high is null) or children.highless_terms > 0 then null
            when nodes.is_peak
            then greatest(case when nodes.counted then nodes.counted_high end, children.max_high)
            when nodes.counted then nodes.counted_high + coalesce(children.sum_high, 0){{ adjustment }}
            else children.sum_high{{ adjustment }}
        end as computed_high,
        {% for mark in ['provisional', 'narrative'] %}
        coalesce(case when nodes.counted then nodes.counted_{{ mark }}_value end, 0)
            {% if adjusted and mark == 'provisional' %}
            + case when adjustment.is_used then nodes.adjustment_provisional_value else 0 end
            {% endif %}
            + coalesce(children.{{ mark }}_value, 0) as computed_{{ mark }}_value,
        {% endfor %}
        {% for mark in ['provisional', 'narrative', 'inherited', 'estimate'] %}
        case
            when nodes.is_ratio then nodes.ratio_is_{{ mark }}
            else (not nodes.is_list_owner and nodes.counted_is_{{ mark }}) or coalesce(children.is_{{ mark }}, false)
                {% if adjusted and mark != 'narrative' %}
                or (adjustment.is_used and nodes.adjustment_is_{{ mark }})
                {% endif %}
        end as computed_is_{{ mark }},
        {% endfor %}
        {% if adjusted %}
        case
            when adjustment.is_used or children.adjustment_value is not null
            then adjustment.value + coalesce(children.adjustment_value, 0)
        end as computed_adjustment_value,
        {% else %}
        null::numeric as computed_adjustment_value,
        {% endif %}
        case
            when nodes.is_list_owner then 1
            else nodes.is_expected::integer + coalesce(children.units_expected, 0)
        end as units_expected,
        case
            when nodes.is_list_owner then nodes.is_complete::integer
            else (nodes.is_expected and nodes.is_complete)::integer + coalesce(children.units_reported, 0)
        end as units_reported,
        case
            when nodes.is_list_owner then nodes.is_complete::integer
            else (nodes.is_expected and nodes.is_complete)::integer + coalesce(children.units_covered, 0)
        end as units_counted,
        nodes.own_is_filed or nodes.claim_is_filed or nodes.ratio_is_computed
            or nodes.townships_have_figure or coalesce(children.has_figure, false) as has_figure
    from {{ nodes }} as nodes
    {{ beside_below('children', children) }}
    {% if adjusted %}
    {{ usable_adjustment() }}
    {% endif %}
{%- endmacro %}

{# The unit's adjustment as far as it counts: one that is greater than all that came from the children is shown and never used. #}
{% macro usable_adjustment() -%}
    cross join lateral (
        select is_used, case when is_used then nodes.adjustment_value else 0 end as value
        from (
            select coalesce(
                nodes.is_adding
                and abs(nodes.adjustment_value) <= coalesce(
                    case when children.lowless_terms = 0 then children.sum_low end,
                    case when children.valueless_terms = 0 then children.sum_value end
                ),
                false
            ) as is_used
        ) as judged
    ) as adjustment
{%- endmacro %}

{# The terms from below beside each of `nodes`; of a unit with nobody below they are constants, so that what follows from them is worked
   out once and not for each row. #}
{% macro beside_below(name, terms) -%}
    {% if terms is not none -%}
    left join {{ terms }} as {{ name }} on {{ name }}.parent_id = nodes.node_id
    {%- else -%}
    cross join (
        select
            {% for count in ['terms', 'valueless_terms', 'lowless_terms', 'highless_terms', 'units_expected', 'units_reported',
                             'units_covered'] %}
            0 as {{ count }},
            {% endfor %}
            {% for figure in ['sum_value', 'sum_low', 'sum_high', 'max_value', 'max_low', 'max_high', 'provisional_value',
                              'narrative_value'] %}
            null::numeric as {{ figure }},
            {% endfor %}
            {% for mark in ['is_provisional', 'is_narrative', 'is_inherited', 'is_estimate', 'has_figure'] %}
            false as {{ mark }}{{ ',' if not loop.last }}
            {% endfor %}
    ) as {{ name }}
    {%- endif %}
{%- endmacro %}

{# Which figure to use, and on what basis; as truth values too, for words are compared ten times as slowly and this is asked of every column. #}
{% macro with_basis(computed) -%}
    select
        *,
        basis in ('own', 'list') as is_own_used,
        basis = 'claimed' as is_claimed
    from (
        select
            computed.*,
            case
                when is_never_added or (is_ratio and not has_computed) then 'own'
                when is_list_owner then 'list'
                when is_coverage and has_usable_claim then 'claimed'
                when units_expected > 0 and units_reported = units_expected then 'computed'
                when has_usable_claim then 'claimed'
                else 'partial'
            end as basis
        from (
            select
                *,
                has_claim and has_children and not is_ratio and not is_never_added
                    and (claim_high is null or computed_low is null or claim_high >= computed_low) as has_usable_claim
            from {{ computed }}
        ) as computed
    ) as judged
    {{ once_a_row() }}
{%- endmacro %}

{# A level of nobody, in the columns of `finished_level` that a level above adds up. #}
{% macro empty_level() -%}
    select
        0::bigint as parent_id, '' as level, false as has_value,
        {% for part in ['value', 'low', 'high', 'provisional_value', 'narrative_value'] %}
        0::numeric as {{ part }},
        {% endfor %}
        {% for mark in ['provisional', 'narrative', 'inherited', 'estimate'] %}
        false as is_{{ mark }},
        {% endfor %}
        null::numeric as adjustment_value,
        0 as units_expected, 0 as units_reported, 0 as units_covered, false as has_figure
    where false
{%- endmacro %}

{# The finished rows of one level. What cannot be divided rests wholly on a provisional figure where any of it does. #}
{% macro finished_level(judged) -%}
    select
        node_id,
        parent_id,
        slice_id,
        period,
        is_figure,
        unit_code,
        unit_name,
        parent_code,
        depth,
        level,
        indicator_code,
        indicator_name,
        measure,
        basis,
        {% for part in ['value', 'low', 'high'] %}
        case
            when is_own_used then own_{{ part }}
            when is_claimed then claim_{{ part }}
            else computed_{{ part }}
        end as {{ part }},
        own_{{ part }},
        computed_{{ part }},
        case when has_claim then claim_{{ part }} end as claimed_{{ part }},
        {% endfor %}
        case
            when is_own_used then own_has_number
            when is_claimed then true
            else has_computed
        end as has_value,
        {% for mark in ['provisional', 'narrative'] %}
        case
            when is_claimed and has_parts then claim_{{ mark }}_value
            when is_claimed then case when claim_is_{{ mark }} then claim_value else 0 end
            when is_own_used and has_parts then own_{{ mark }}_value
            when is_own_used then case when own_is_{{ mark }} then own_value else 0 end
            when has_parts then computed_{{ mark }}_value
            when computed_is_{{ mark }} then computed_value
            else 0
        end as {{ mark }}_value,
        {% endfor %}
        {% for mark in ['provisional', 'narrative', 'inherited', 'estimate'] %}
        case
            when is_own_used then own_is_{{ mark }}
            when is_claimed then claim_is_{{ mark }}
            else computed_is_{{ mark }}
        end as is_{{ mark }},
        {% endfor %}
        case when not is_own_used and not is_claimed then computed_adjustment_value end as adjustment_value,
        units_expected::integer as units_expected,
        units_reported::integer as units_reported,
        (case when is_claimed then units_expected else units_counted end)::integer as units_covered,
        stands_in,
        is_ratio,
        has_figure,
        own_observation_ids,
        case when is_claimed then claim_observation_ids end as claim_observation_ids,
        uses_adjustment,
        case when uses_adjustment then adjustment_observation_ids end as adjustment_observation_ids
    from {{ judged }}
{%- endmacro %}

{# The finished rows of the units with nobody below them, of whole years or of the other slices alone. #}
{% macro rollup_of_leaves(of_years) -%}
    with nodes as (
        {{ rollup_nodes(has_children=false, of_years=of_years) }}
    ),

    own_terms as (
        {{ with_own_term('nodes') }}
    ),

    computed as (
        {{ with_computed('own_terms') }}
    ),

    judged as (
        {{ with_basis('computed') }}
    ),

    finished as (
        {{ finished_level('judged') }}
    )

    select * from finished where units_expected > 0 or has_figure
{%- endmacro %}

{# The finished rows of the units with others below them, from the deepest level of the tree to its root, over `leaves`: the finished rows
   of those with nobody below them. Of whole years or of the other slices alone. #}
{% macro rollup_above(leaves, of_years) -%}
    {% set depths = [greatest_of(ref('int_tree'), 'depth'), 1] | max %}

    with adjustments as (
        select node_id, value, provisional_value, is_provisional, is_inherited, is_estimate, observation_ids
        from {{ ref('int_few_holdings') }}
        where scope = 'adjustment' and has_number
    ),

    unadjusted as (
        {{ rollup_nodes(has_children=true, of_years=of_years) }}
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
        {{ children_terms(leaves, adjust=false) }}
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
{%- endmacro %}

{# The columns of a finished row but its arrays, of which dbt's unit tests cannot make rows. #}
{% macro rollup_columns() -%}
    node_id, parent_id, slice_id, period, is_figure, unit_code, unit_name, parent_code, depth, level, indicator_code, indicator_name, measure, basis,
    {% for part in ['value', 'low', 'high'] %}
    {{ part }}, own_{{ part }}, computed_{{ part }}, claimed_{{ part }},
    {% endfor %}
    has_value, provisional_value, narrative_value, is_provisional, is_narrative, is_inherited, is_estimate,
    adjustment_value, units_expected, units_reported, units_covered, stands_in, is_ratio, has_figure
{%- endmacro %}
