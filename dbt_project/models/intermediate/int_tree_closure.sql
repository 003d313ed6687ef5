-- Who stands above whom: one row per slice, unit of that slice's tree and ancestor, itself included.
with recursive tree as (
    select * from {{ ref('int_tree') }}
),

closure as (
    select
        slice_id, unit_no, unit_code, unit_no as ancestor_no, unit_code as ancestor_code, parent_no as next_no,
        depth as ancestor_depth
    from tree
    union all
    select closure.slice_id, closure.unit_no, closure.unit_code, tree.unit_no, tree.unit_code, tree.parent_no, tree.depth
    from closure
    join tree on tree.slice_id = closure.slice_id and tree.unit_no = closure.next_no
)

select slice_id, unit_no, unit_code, ancestor_no, ancestor_code, ancestor_depth from closure
