-- The rollup of whole years, and how far up the tree each row's value goes into its ancestors' values: one row per slice, unit and indicator with the least
-- depth it reaches.
{{ config(materialized='view') }}

select
    rollup.*,
    case when above.node_id is null then rollup.depth else {{ reach_of('rollup', 'above') }} end as reach_depth
from {{ ref('int_rollup_of_years') }} as rollup
left join {{ ref('int_reach_above') }} as above on above.node_id = rollup.parent_id
