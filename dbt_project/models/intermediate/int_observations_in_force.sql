-- One row per figure of the submissions in force, those included that wait for the unit's reason (`is_held`).
{{ config(materialized='view') }}

select
    observations.*,
    submissions.year,
    submissions.unit_code
from {{ ref('int_submissions_in_force') }} as submissions
join {{ ref('stg_observations') }} as observations on observations.submission_id = submissions.submission_id
