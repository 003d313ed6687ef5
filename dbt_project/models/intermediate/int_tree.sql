-- The reporting tree of each slice's date, one row per slice and unit: units alive on it, and closed units for the years they lived in.
with recursive slices as (
    select * from {{ ref('int_slices') }}
),

spans as (
    select * from {{ ref('stg_unit_spans') }}
),

alive as (
    select slices.slice_id, spans.unit_code, spans.name, spans.level, spans.unit_type, spans.parent_code
    from slices
    join spans
        on spans.valid_from <= slices.tree_date
        and (spans.valid_to is null or spans.valid_to > slices.tree_date)
),

closed as (
    select
        closed_units.*,
        row_number() over (partition by closed_units.slice_id, closed_units.unit_code order by steps desc) as recency
    from slices
    join {{ ref('int_closed_units') }} as closed_units
        on closed_units.slice_id = slices.slice_id and closed_units.since <= slices.tree_date
),

members as (
    select * from alive
    union all
    select slice_id, unit_code, name, level, unit_type, parent_code from closed where recency = 1
),

depths as (
    select slice_id, unit_code, 1 as depth from members where parent_code is null
    union all
    select members.slice_id, members.unit_code, depths.depth + 1
    from depths
    join members on members.slice_id = depths.slice_id and members.parent_code = depths.unit_code
),

superiors as (
    select distinct slice_id, parent_code from members
)

select
    members.*,
    slices.period,
    slices.is_figure,
    numbered.unit_no,
    parents.unit_no as parent_no,
    depths.depth,
    units.owes_nothing,
    superiors.parent_code is not null as has_children,
    -- Slice, level and type of unit as one number.
    dense_rank() over (order by members.slice_id, members.level, members.unit_type) as kind_no
from members
join slices on slices.slice_id = members.slice_id
join {{ ref('int_units') }} as numbered on numbered.unit_code = members.unit_code
left join {{ ref('int_units') }} as parents on parents.unit_code = members.parent_code
join depths on depths.slice_id = members.slice_id and depths.unit_code = members.unit_code
left join {{ ref('int_units_by_slice') }} as units
    on units.slice_id = members.slice_id and units.unit_code = members.unit_code
left join superiors on superiors.slice_id = members.slice_id and superiors.parent_code = members.unit_code
