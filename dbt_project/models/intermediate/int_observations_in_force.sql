-- One row per figure of the newest accepted, not withdrawn revision of each (unit, form, period) of the build's years, those included
-- that wait for the unit's reason (`is_held`).
with builds as (
    select * from {{ ref('stg_builds') }}
),

submissions as (
    select * from {{ ref('stg_submissions') }}
),

observations as (
    select * from {{ ref('stg_observations') }}
),

revisions as (
    select
        submissions.*,
        row_number() over (
            partition by submissions.unit_code, submissions.form, submissions.period
            order by submissions.delivery_seq desc
        ) as recency
    from submissions
    join builds on builds.year = submissions.year
    where submissions.state = 'accepted'
        and submissions.delivery_seq <= builds.cutoff_seq
        and (submissions.withdrawal_seq is null or submissions.withdrawal_seq > builds.cutoff_seq)
),

in_force as (
    select
        observations.*,
        revisions.year,
        revisions.unit_code,
        revisions.form,
        revisions.year_part,
        revisions.form = 'narrative' as is_narrative
    from revisions
    join observations on observations.submission_id = revisions.submission_id
    where revisions.recency = 1
)

select * from in_force
