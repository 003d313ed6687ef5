-- The rollup of units with nobody below them, most of it: one row per slice, unit and indicator that is expected or has a figure.
with nodes as (
    {{ rollup_nodes(has_children=false) }}
),

own_terms as (
    {{ with_own_term('nodes') }}
),

computed as (
    {{ with_computed('own_terms') }}
),

judged as (
    {{ with_basis('computed') }}
),

finished as (
    {{ finished_level('judged') }}
)

select * from finished where units_expected > 0 or has_figure
