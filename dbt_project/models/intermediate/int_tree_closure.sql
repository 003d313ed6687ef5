-- Who stands above whom: one row per year, unit of that year's tree and ancestor, itself included.
with recursive tree as (
    select * from {{ ref('int_tree') }}
),

closure as (
    select year, unit_code, unit_code as ancestor_code, parent_code as next_code, depth as ancestor_depth from tree
    union all
    select closure.year, closure.unit_code, tree.unit_code, tree.parent_code, tree.depth
    from closure
    join tree on tree.year = closure.year and tree.unit_code = closure.next_code
)

select year, unit_code, ancestor_code, ancestor_depth from closure
