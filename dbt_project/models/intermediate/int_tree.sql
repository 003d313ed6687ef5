-- The reporting tree of each year's date, one row per year and unit: units alive on it, and closed units for the years they lived in.
with recursive builds as (
    select * from {{ ref('stg_builds') }}
),

spans as (
    select * from {{ ref('stg_unit_spans') }}
),

alive as (
    select builds.year, spans.unit_code, spans.name, spans.level, spans.unit_type, spans.parent_code
    from builds
    join spans
        on spans.valid_from <= builds.tree_date
        and (spans.valid_to is null or spans.valid_to > builds.tree_date)
),

closed as (
    select
        closed_units.*,
        row_number() over (partition by closed_units.year, closed_units.unit_code order by steps desc) as recency
    from builds
    join {{ ref('int_closed_units') }} as closed_units
        on closed_units.year = builds.year and closed_units.since <= builds.tree_date
),

members as (
    select * from alive
    union all
    select year, unit_code, name, level, unit_type, parent_code from closed where recency = 1
),

depths as (
    select year, unit_code, 1 as depth from members where parent_code is null
    union all
    select members.year, members.unit_code, depths.depth + 1
    from depths
    join members on members.year = depths.year and members.parent_code = depths.unit_code
),

superiors as (
    select distinct year, parent_code from members
)

select
    members.*,
    depths.depth,
    superiors.parent_code is not null as has_children
from members
join depths on depths.year = members.year and depths.unit_code = members.unit_code
left join superiors on superiors.year = members.year and superiors.parent_code = members.unit_code
