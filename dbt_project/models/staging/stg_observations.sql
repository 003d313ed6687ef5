-- One row per figure of every revision, where it stands left aside.
select
    observation_id,
    submission_id,
    indicator_code,
    scope,
    status,
    state,
    value,
    low,
    high,
    is_held
from {{ source('landing', 'observation') }}
