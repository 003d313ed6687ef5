-- What units that had a part in a succession hold in a year, or another slice, with what they took over: one row per slice, unit, indicator
-- and scope, for every indicator, because completeness passes on also where no figure does.
{% set stages = greatest_of(ref('int_successions'), 'stage') %}

with unit_years as (
    select * from {{ ref('int_unit_years') }}
),

units as (
    select * from {{ ref('int_units_by_slice') }}
),

inheritances as (
    select * from {{ ref('int_inheritances') }}
),

indicators as (
    select * from {{ ref('indicators') }}
),

slice_scopes as (
    select * from {{ ref('int_slice_scopes') }}
),

involved_units as (
    select * from {{ ref('int_involved_units') }}
),

own_terms as (
    select
        involved_units.slice_id,
        involved_units.unit_code,
        indicators.indicator_code,
        slice_scopes.scope,
        indicators.aggregation,
        indicators.over_time,
        units.unit_code is not null as is_own_year,
        unit_years.node_id is not null as is_filed,
        coalesce(unit_years.has_number, false) as has_number,
        unit_years.value,
        unit_years.low,
        unit_years.high,
        coalesce(unit_years.provisional_value, 0) as provisional_value,
        coalesce(unit_years.is_provisional, false) as is_provisional,
        coalesce(unit_years.narrative_value, 0) as narrative_value,
        coalesce(unit_years.is_narrative, false) as is_narrative,
        -- A year it did not live in owes nothing.
        coalesce(unit_years.is_complete, units.owes_nothing, true) as is_complete,
        false as is_inherited,
        false as is_estimate
    from involved_units
    join slice_scopes on slice_scopes.slice_id = involved_units.slice_id
    join indicators on indicators.indicator_code = slice_scopes.indicator_code
    left join units on units.slice_id = involved_units.slice_id and units.unit_code = involved_units.unit_code
    left join unit_years
        on unit_years.slice_id = involved_units.slice_id
        and unit_years.unit_no = involved_units.unit_no
        and unit_years.indicator_no = indicators.sort_order
        and unit_years.scope = slice_scopes.scope
),

terms_0 as (
    select * from own_terms
),

{% for stage in range(1, stages + 1) %}
inheritances_{{ stage }} as (
    select * from inheritances where stage = {{ stage }}
),

holdings_{{ stage }} as (
    {{ combined_holdings('terms_' ~ (stage - 1)) }}
),

terms_{{ stage }} as (
    select * from terms_{{ stage - 1 }}
    union all
    {{ passed_pieces('holdings_' ~ stage, 'inheritances_' ~ stage) }}
),

{% endfor %}
holdings as (
    {{ combined_holdings('terms_' ~ stages) }}
)

select
    {{ node_id('holdings.slice_id', 'units_numbered.unit_no', 'indicators.sort_order') }} as node_id,
    units_numbered.unit_no,
    indicators.sort_order as indicator_no,
    holdings.*
from holdings
join {{ ref('int_units') }} as units_numbered on units_numbered.unit_code = holdings.unit_code
join indicators on indicators.indicator_code = holdings.indicator_code
