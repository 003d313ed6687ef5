-- Where the submissions that count lie among all that were ever received: one row per range of their numbers without a great gap. What a year
-- was sent is received within months, and the rest in a few places later on.
{% set great = 1000 %}

with numbered as (
    select
        submission_id,
        submission_id - lag(submission_id) over (order by submission_id) > {{ great }} as begins
    from {{ ref('int_submissions_in_force') }}
),

ranges as (
    select submission_id, count(*) filter (where begins) over (order by submission_id) as range_no
    from numbered
)

select range_no, min(submission_id) as first_id, max(submission_id) as last_id
from ranges
group by range_no
