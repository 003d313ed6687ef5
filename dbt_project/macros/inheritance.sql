{# What a unit has of its own and what it took over, combined: adding kinds and lists add, a peak takes the greatest, of the rest
   there is one term. `terms` has one row per own figure or piece. #}
{% macro combined_holdings(terms) -%}
    select
        slice_id,
        unit_code,
        indicator_code,
        scope,
        is_filed,
        terms > 0 as has_number,
        {{ total_value("aggregation = 'peak'") }} as value,
        {{ total_low("aggregation = 'peak'") }} as low,
        {{ total_high("aggregation = 'peak'") }} as high,
        provisional_value,
        is_provisional,
        narrative_value,
        is_narrative,
        is_complete,
        is_inherited,
        is_estimate
    from (
        select
            slice_id,
            unit_code,
            indicator_code,
            scope,
            aggregation,
            bool_or(is_filed) as is_filed,
            {{ aggregated_terms('has_number') }},
            sum(provisional_value) as provisional_value,
            bool_or(is_provisional) as is_provisional,
            sum(narrative_value) as narrative_value,
            bool_or(is_narrative) as is_narrative,
            case
                when over_time = 'last' and bool_or(is_own_year) then bool_and(is_complete) filter (where is_own_year)
                else bool_and(is_complete)
            end as is_complete,
            bool_or(is_inherited) as is_inherited,
            bool_or(is_estimate) as is_estimate
        from {{ terms }}
        group by slice_id, unit_code, indicator_code, scope, aggregation, over_time
    ) as combined
{%- endmacro %}

{# What the holdings in `holdings` pass on through `inheritances`, as terms of the successors' holdings. #}
{% macro passed_pieces(holdings, inheritances) -%}
    select
        slice_id,
        to_code as unit_code,
        indicator_code,
        scope,
        aggregation,
        over_time,
        false as is_own_year,
        is_filed,
        has_number,
        piece_value as value,
        piece_low as low,
        piece_high as high,
        provisional_share as provisional_value,
        is_provisional,
        narrative_share as narrative_value,
        is_narrative,
        is_complete,
        has_number as is_inherited,
        has_number and (is_estimate or kind = 'split') as is_estimate
    from (
        {{ pieces(holdings, inheritances) }}
    ) as pieces
{%- endmacro %}

{# The pieces of the holdings in `holdings` that go through `inheritances`, one row per successor, beside what was shared. A split
   shares the value by largest remainder and the bounds as distances from it, so that low ≤ value ≤ high holds for every share; without
   a point value the low is shared and the high as its distance from that. #}
{% macro pieces(holdings, inheritances) -%}
    {%- set whole = 'slice_id, indicator_code, scope, from_code, event_date' -%}
    select
        shares.*,
        value_share as piece_value,
        case when value is not null then value_share - below_share else low_share end as piece_low,
        case
            when value is not null then value_share + above_share
            when low is not null then low_share + spread_share
            else high_share
        end as piece_high
    from (
        select
            shared.*,
            {{ whole_share('value', 'weight', 'unit_of_account', whole) }} as value_share,
            {{ whole_share('(value - low)', 'weight', 'unit_of_account', whole) }} as below_share,
            {{ whole_share('(high - value)', 'weight', 'unit_of_account', whole) }} as above_share,
            {{ whole_share('low', 'weight', 'unit_of_account', whole) }} as low_share,
            {{ whole_share('high', 'weight', 'unit_of_account', whole) }} as high_share,
            {{ whole_share('(high - low)', 'weight', 'unit_of_account', whole) }} as spread_share,
            {{ whole_share('provisional_value', 'weight', 'unit_of_account', whole) }} as provisional_share,
            {{ whole_share('narrative_value', 'weight', 'unit_of_account', whole) }} as narrative_share
        from (
            select
                inheritances.slice_id,
                inheritances.indicator_code,
                inheritances.scope,
                inheritances.from_code,
                inheritances.to_code,
                inheritances.event_date,
                inheritances.kind,
                inheritances.weight,
                inheritances.unit_of_account,
                inheritances.aggregation,
                inheritances.over_time,
                inheritances.is_barred,
                holdings.is_filed,
                holdings.has_number,
                holdings.value,
                holdings.low,
                holdings.high,
                holdings.provisional_value,
                holdings.is_provisional,
                holdings.narrative_value,
                holdings.is_narrative,
                holdings.is_complete,
                holdings.is_estimate
            from {{ holdings }} as holdings
            join {{ inheritances }} as inheritances
                on inheritances.slice_id = holdings.slice_id
                and inheritances.from_code = holdings.unit_code
                and inheritances.indicator_code = holdings.indicator_code
                and inheritances.scope = holdings.scope
        ) as shared
    ) as shares
    where not is_barred
{%- endmacro %}
