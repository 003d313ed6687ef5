-- Who stands above whom: one row per slice, unit of that slice's tree and ancestor, itself included.
with recursive tree as (
    select * from {{ ref('int_tree') }}
),

closure as (
    select slice_id, unit_code, unit_code as ancestor_code, parent_code as next_code, depth as ancestor_depth from tree
    union all
    select closure.slice_id, closure.unit_code, tree.unit_code, tree.parent_code, tree.depth
    from closure
    join tree on tree.slice_id = closure.slice_id and tree.unit_code = closure.next_code
)

select slice_id, unit_code, ancestor_code, ancestor_depth from closure
