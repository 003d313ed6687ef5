-- Which filed figures make up whose holding: one row per slice, holding unit, indicator and scope. What goes through a split brings to a
-- holding what its share of the piece is, so that the leaves of every holding add up to it; the others bring what was filed.
{% set stages = greatest_of(ref('int_successions'), 'stage') %}

with filings as (
    select filings.*
    from {{ ref('int_filings') }} as filings
    join {{ ref('int_slices') }} as slices on slices.slice_id = filings.slice_id
    where filings.is_counted and filings.state = 'number' and slices.is_figure
),

holdings as (
    select * from {{ ref('int_holdings') }}
),

inheritances as (
    select * from {{ ref('int_inheritances') }}
),

involved_units as (
    select slice_id, from_code as unit_code from {{ ref('int_successions') }}
    union
    select slice_id, to_code as unit_code from {{ ref('int_successions') }}
),

splits as (
    select * from inheritances where kind = 'split'
),

split_pieces as (
    {{ pieces('holdings', 'splits') }}
),

leaves_0 as (
    select
        filings.slice_id, filings.unit_code, filings.indicator_code, filings.scope, filings.observation_id,
        null::numeric as weight, filings.value, filings.low, filings.high
    from filings
    join involved_units
        on involved_units.slice_id = filings.slice_id and involved_units.unit_code = filings.unit_code
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
),

other_holdings as (
    select
        filings.slice_id, filings.unit_code, filings.indicator_code, filings.scope,
        array_agg(filings.observation_id order by filings.observation_id) as observation_ids,
        null::numeric[] as weights,
        null::numeric[] as shared_values,
        null::numeric[] as shared_lows,
        null::numeric[] as shared_highs
    from filings
    left join involved_units
        on involved_units.slice_id = filings.slice_id and involved_units.unit_code = filings.unit_code
    where involved_units.unit_code is null
    group by filings.slice_id, filings.unit_code, filings.indicator_code, filings.scope
)

select * from involved_holdings
union all
select * from other_holdings
