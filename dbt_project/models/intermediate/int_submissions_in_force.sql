-- The submissions that count: one row per (unit, form, period) of the build's years, its newest accepted, not withdrawn revision.
{{ config(pre_hook='set local enable_nestloop = on') }}

-- One year's submissions are found among those of many by it.
with revisions as (
    select
        submissions.submission_id,
        submissions.year,
        submissions.unit_code,
        submissions.form,
        submissions.year_part,
        row_number() over (
            partition by submissions.unit_code, submissions.form, submissions.period
            order by submissions.delivery_seq desc
        ) as recency
    from {{ ref('stg_submissions') }} as submissions
    join {{ ref('stg_builds') }} as builds on builds.year = submissions.year
    where submissions.state = 'accepted'
        and submissions.delivery_seq <= builds.cutoff_seq
        and (submissions.withdrawal_seq is null or submissions.withdrawal_seq > builds.cutoff_seq)
)

select revisions.submission_id, revisions.year, units.unit_no, revisions.unit_code, revisions.form, revisions.year_part
from revisions
join {{ ref('int_units') }} as units on units.unit_code = revisions.unit_code
where revisions.recency = 1
