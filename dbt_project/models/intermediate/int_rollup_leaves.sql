-- The rollup of units with nobody below them, most of it: one row per slice, unit and indicator that is expected or has a figure.
with nodes as (
    select * from {{ ref('int_nodes') }} where not has_children
),

nobody as (
    {{ empty_level() }}
),

no_townships as (
    {{ children_terms('nobody', of_townships=true) }}
),

no_children as (
    {{ children_terms('nobody', of_townships=false) }}
),

own_terms as (
    {{ with_own_term('nodes', 'no_townships') }}
),

computed as (
    {{ with_computed('own_terms', 'no_children') }}
),

judged as (
    {{ with_basis('computed') }}
),

finished as (
    {{ finished_level('judged') }}
)

select * from finished where units_expected > 0 or has_figure
