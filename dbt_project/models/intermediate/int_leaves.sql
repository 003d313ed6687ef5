-- Which filed figures make up what a unit that had a part in a succession holds: one row per slice, holding unit, indicator and scope. What
-- goes through a split brings to a holding what its share of the piece is, so that the leaves of every holding add up to it; the others bring
-- what was filed. Of all other units `int_holdings` names the figures itself.
{% set stages = greatest_of(ref('int_successions'), 'stage') %}

with holdings as (
    select * from {{ ref('int_successor_holdings') }}
),

inheritances as (
    select * from {{ ref('int_inheritances') }}
),

involved_units as (
    select * from {{ ref('int_involved_units') }}
),

splits as (
    select * from inheritances where kind = 'split'
),

split_pieces as (
    {{ pieces('holdings', 'splits') }}
),

leaves_0 as (
    select
        unit_years.slice_id, involved_units.unit_code, indicators.indicator_code, unit_years.scope, cells.observation_id,
        null::numeric as weight, cells.value, cells.low, cells.high
    from {{ ref('int_unit_years') }} as unit_years
    join {{ ref('int_slices') }} as slices on slices.slice_id = unit_years.slice_id and slices.is_figure
    join involved_units
        on involved_units.slice_id = unit_years.slice_id and involved_units.unit_no = unit_years.unit_no
    join {{ ref('indicators') }} as indicators on indicators.sort_order = unit_years.indicator_no
    cross join lateral unnest(unit_years.observation_ids) as counted (observation_id)
    join {{ ref('int_cell_figures') }} as cells
        on cells.observation_id = counted.observation_id and {{ series_of_slice('cells.slice_id') }} = slices.series
),

{% for stage in range(1, stages + 1) %}
inheritances_{{ stage }} as (
    select * from inheritances where stage = {{ stage }}
),

handed_on_{{ stage }} as (
    {{ leaves_to_hand_on('leaves_' ~ (stage - 1), 'inheritances_' ~ stage) }}
),

leaves_{{ stage }} as (
    select * from leaves_{{ stage - 1 }}
    union all
    {{ leaves_passed_whole('handed_on_' ~ stage, 'inheritances_' ~ stage) }}
    union all
    {{ leaves_of_pieces('handed_on_' ~ stage, 'split_pieces') }}
),

{% endfor %}
involved_leaves as (
    select slice_id, unit_code, indicator_code, scope, observation_id, {{ leaf_again('leaves') }}
    from leaves_{{ stages }} as leaves
    group by slice_id, unit_code, indicator_code, scope, observation_id
),

involved_holdings as (
    select slice_id, unit_code, indicator_code, scope, {{ leaves_in_a_row() }}
    from involved_leaves
    group by slice_id, unit_code, indicator_code, scope
)

select
    {{ node_id('involved_holdings.slice_id', 'units.unit_no', 'indicators.sort_order') }} as node_id,
    involved_holdings.*
from involved_holdings
join {{ ref('int_units') }} as units on units.unit_code = involved_holdings.unit_code
join {{ ref('indicators') }} as indicators on indicators.indicator_code = involved_holdings.indicator_code
