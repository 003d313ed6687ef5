-- On which other days' trees the build's years are computed too, one row per year and date.
select
    restatement.year::integer as year,
    restatement.tree_date
from {{ source('ops', 'restatement') }} as restatement
join {{ ref('stg_builds') }} as builds on builds.year = restatement.year
