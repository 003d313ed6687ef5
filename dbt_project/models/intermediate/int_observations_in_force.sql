-- One row per figure of the submissions in force, those included that wait for the unit's reason (`is_held`).
{{ config(materialized='view') }}

select
    observations.*,
    submissions.year,
    submissions.unit_no,
    submissions.unit_code,
    submissions.year_part,
    submissions.part_no,
    submissions.form = 'narrative' as is_narrative
from {{ ref('int_submissions_in_force') }} as submissions
join {{ ref('stg_observations') }} as observations on observations.submission_id = submissions.submission_id
