-- The tree of each year: one row per year, unit and ancestor, itself included.
with closure as (
    select * from {{ ref('int_tree_closure') }}
),

tree as (
    select * from {{ ref('int_tree') }}
)

select
    closure.year::text as period,
    closure.unit_code,
    closure.ancestor_code,
    closure.ancestor_depth::integer as ancestor_depth,
    tree.name as unit_name,
    tree.level as unit_level
from closure
join tree on tree.year = closure.year and tree.unit_code = closure.unit_code
