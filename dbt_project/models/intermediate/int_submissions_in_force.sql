-- The submissions that count: one row per (unit, form, period) of the build's years, its newest accepted, not withdrawn revision; none where
-- that waits for an approval without which it must not count.
{{ config(pre_hook='set local enable_nestloop = on') }}

-- One year's submissions are found among those of many by it.
with revisions as (
    select
        submissions.submission_id,
        submissions.year,
        submissions.unit_code,
        submissions.form,
        submissions.year_part,
        builds.cutoff_seq,
        row_number() over (
            partition by submissions.unit_code, submissions.form, submissions.period
            order by submissions.delivery_seq desc
        ) as recency
    from {{ ref('stg_submissions') }} as submissions
    join {{ ref('stg_builds') }} as builds on builds.year = submissions.year
    where submissions.state = 'accepted'
        and submissions.delivery_seq <= builds.cutoff_seq
        and (submissions.withdrawal_seq is null or submissions.withdrawal_seq > builds.cutoff_seq)
),

newest as (
    select * from revisions where recency = 1
),

unapproved as (
    select steps.submission_id, bool_or(steps.unapproved = 'keep_out') as is_kept_out
    from {{ ref('stg_approval_steps') }} as steps
    join newest on newest.submission_id = steps.submission_id and newest.year = steps.year
    where steps.approval_seq is null or steps.approval_seq > newest.cutoff_seq
    group by steps.submission_id
)

select
    newest.submission_id, newest.year, units.unit_no, newest.unit_code, newest.form,
    {{ part_no('year_parts') }} as part_no,
    units.first_day <= {{ last_day_of_month('newest.year', 'year_parts.last_month') }}
        and (units.ended_on is null or units.ended_on > {{ day('newest.year', 'year_parts.first_month', 1) }}) as is_alive,
    unapproved.submission_id is not null as is_unapproved
from newest
join {{ ref('int_units') }} as units on units.unit_code = newest.unit_code
join {{ ref('year_parts') }} as year_parts on year_parts.part = newest.year_part
left join unapproved on unapproved.submission_id = newest.submission_id
where unapproved.is_kept_out is not true
