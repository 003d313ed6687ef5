{# Leaves: the filed figures that a holding was added from, each with what it brings to that holding. #}

{# The leaves of the units that hand on at a stage. One figure that came back together on two ways is one leaf again. #}
{% macro leaves_to_hand_on(leaves, inheritances) -%}
    select
        leaves.slice_id,
        leaves.unit_code,
        leaves.indicator_code,
        leaves.scope,
        leaves.observation_id,
        {{ leaf_again('leaves') }}
    from {{ leaves }} as leaves
    join (select distinct slice_id, from_code, indicator_code, scope from {{ inheritances }}) as ending
        on ending.slice_id = leaves.slice_id
        and ending.from_code = leaves.unit_code
        and ending.indicator_code = leaves.indicator_code
        and ending.scope = leaves.scope
    group by leaves.slice_id, leaves.unit_code, leaves.indicator_code, leaves.scope, leaves.observation_id
{%- endmacro %}

{# Only a split makes several of one leaf, so either all of them are shares or there is just the one. #}
{% macro leaf_again(leaves) -%}
    sum({{ leaves }}.weight) as weight,
    {% for part in ['value', 'low', 'high'] %}
    case when count({{ leaves }}.{{ part }}) = count(*) then sum({{ leaves }}.{{ part }}) end as {{ part }}{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{# The leaves that go to successors whole: by renaming and merging. #}
{% macro leaves_passed_whole(leaves, inheritances) -%}
    select
        inheritances.slice_id,
        inheritances.to_code as unit_code,
        inheritances.indicator_code,
        inheritances.scope,
        leaves.observation_id,
        leaves.weight,
        leaves.value,
        leaves.low,
        leaves.high
    from {{ leaves }} as leaves
    join {{ inheritances }} as inheritances
        on inheritances.slice_id = leaves.slice_id
        and inheritances.from_code = leaves.unit_code
        and inheritances.indicator_code = leaves.indicator_code
        and inheritances.scope = leaves.scope
    where inheritances.kind <> 'split' and not inheritances.is_barred
{%- endmacro %}

{# The leaves of a holding that was split, in each of its pieces: the piece is shared over them as the holding was over the pieces,
   its value by largest remainder, its bounds as distances from that, so that they add up to the piece exactly. Without a point value
   the low is shared, without that the high; a bound that the holding lacks its leaves lack too. #}
{% macro leaves_of_pieces(leaves, split_pieces) -%}
    {%- set piece = 'slice_id, indicator_code, scope, from_code, to_code' -%}
    select
        slice_id,
        to_code as unit_code,
        indicator_code,
        scope,
        observation_id,
        weight,
        case when has_value then anchor_share end as value,
        case when has_value then anchor_share - below_share when has_low then anchor_share end as low,
        case when has_value or has_low then anchor_share + above_share else anchor_share end as high
    from (
        select
            parted.*,
            {% for amount in ['anchor', 'below', 'above'] %}
            {{ leaf_share(amount, piece) }} as {{ amount }}_share{{ ',' if not loop.last }}
            {% endfor %}
        from (
            select
                measured.*,
                {% for amount in ['anchor', 'below', 'above'] %}
                {{ remainder(amount) }} as {{ amount }}_remainder{{ ',' if not loop.last }}
                {% endfor %}
            from (
                select
                    pieces.slice_id,
                    pieces.indicator_code,
                    pieces.scope,
                    pieces.from_code,
                    pieces.to_code,
                    pieces.unit_of_account,
                    pieces.weight as piece_weight,
                    leaves.observation_id,
                    coalesce(leaves.weight, 1) * pieces.weight as weight,
                    pieces.value is not null as has_value,
                    pieces.low is not null as has_low,
                    coalesce(pieces.value, pieces.low, pieces.high) as whole_anchor,
                    coalesce(pieces.piece_value, pieces.piece_low, pieces.piece_high) as piece_anchor,
                    case
                        when pieces.value is not null then leaves.value
                        when pieces.low is not null then leaves.low
                        else leaves.high
                    end as leaf_anchor,
                    pieces.value - pieces.low as whole_below,
                    pieces.piece_value - pieces.piece_low as piece_below,
                    leaves.value - leaves.low as leaf_below,
                    pieces.high - coalesce(pieces.value, pieces.low) as whole_above,
                    pieces.piece_high - coalesce(pieces.piece_value, pieces.piece_low) as piece_above,
                    leaves.high - case when pieces.value is not null then leaves.value else leaves.low end as leaf_above
                from {{ leaves }} as leaves
                join {{ split_pieces }} as pieces
                    on pieces.slice_id = leaves.slice_id
                    and pieces.from_code = leaves.unit_code
                    and pieces.indicator_code = leaves.indicator_code
                    and pieces.scope = leaves.scope
            ) as measured
        ) as parted
    ) as shared
{%- endmacro %}

{# piece × leaf ÷ whole, in units of account, has a whole part and this remainder, over |whole|; exact, for nothing is divided. #}
{% macro remainder(amount) -%}
    mod(
        mod(piece_{{ amount }} * leaf_{{ amount }} * sign(whole_{{ amount }}), {{ leaf_divisor(amount) }})
        + {{ leaf_divisor(amount) }},
        {{ leaf_divisor(amount) }}
    )
{%- endmacro %}

{% macro whole_units(amount) -%}
    div(
        piece_{{ amount }} * leaf_{{ amount }} * sign(whole_{{ amount }}) - {{ amount }}_remainder,
        {{ leaf_divisor(amount) }}
    )
{%- endmacro %}

{% macro leaf_divisor(amount) -%}
    nullif(abs(whole_{{ amount }}), 0) * unit_of_account
{%- endmacro %}

{# Largest remainder, ties to what was received first; an amount that is not whole was shared exactly, and so is each leaf of it. #}
{% macro leaf_share(amount, piece) -%}
    case
        when whole_{{ amount }} = 0 then 0
        when whole_{{ amount }} % unit_of_account <> 0 then leaf_{{ amount }} * piece_weight
        else unit_of_account * (
            {{ whole_units(amount) }}
            + case
                when row_number() over (
                    partition by {{ piece }} order by {{ amount }}_remainder desc, observation_id
                ) <= piece_{{ amount }} / unit_of_account - sum({{ whole_units(amount) }}) over (partition by {{ piece }})
                then 1 else 0
            end
        )
    end
{%- endmacro %}

{# All leaves of a holding in one row, in the order of their observations; what a share made of them beside, if any is one. #}
{% macro leaves_in_a_row() -%}
    array_agg(observation_id order by observation_id) as observation_ids,
    {% for column, name in [('weight', 'weights'), ('value', 'shared_values'), ('low', 'shared_lows'), ('high', 'shared_highs')] %}
    case
        when count(weight) > 0
        then array_agg(case when weight is not null then {{ column }} end order by observation_id)
    end as {{ name }}{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{# The least depth of the tree that the value of a row goes up to, by how far its parent's goes. #}
{% macro reach_of(row, parent) -%}
    case
        when {{ parent }}.basis in ('computed', 'partial')
            and not {{ parent }}.is_ratio
            and ({{ row }}.level <> 'township' or {{ parent }}.stands_in)
        then {{ parent }}.reach_depth
        else {{ row }}.depth
    end
{%- endmacro %}

{# The filed figures of a holding: those it was added from, or what `inherited` says where it had a part in a succession. #}
{% macro leaves_held(observation_ids) -%}
    coalesce({{ observation_ids }}, inherited.observation_ids) as observation_ids,
    inherited.weights,
    inherited.shared_values,
    inherited.shared_lows,
    inherited.shared_highs
{%- endmacro %}
