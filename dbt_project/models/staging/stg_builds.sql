-- The one build under way: one row per year it computes, on the tree of a date, from what had landed by the cutoff.
select
    build.build_id,
    build.cutoff_seq,
    build_year.year::integer as year,
    build_year.tree_date,
    {{ day('build_year.year', 1, 1) }} as first_day,
    {{ day('build_year.year', 12, 31) }} as last_day
from {{ source('ops', 'build') }} as build
join {{ source('ops', 'build_year') }} as build_year on build_year.build_id = build.build_id
where build.state = 'building'
