-- The tree of each period: one row per period, unit and ancestor, itself included.
with closure as (
    select * from {{ ref('int_tree_closure') }}
),

tree as (
    select * from {{ ref('int_tree') }}
),

slices as (
    select * from {{ ref('int_slices') }} where is_figure
)

select
    slices.period,
    closure.unit_code,
    closure.ancestor_code,
    closure.ancestor_depth::integer as ancestor_depth,
    tree.name as unit_name,
    tree.level as unit_level
from closure
join slices on slices.slice_id = closure.slice_id
join tree on tree.slice_id = closure.slice_id and tree.unit_code = closure.unit_code
