-- One row per revision of every (unit, form, period).
select
    submission.submission_id,
    submission.delivery_seq,
    submission.unit_code,
    submission.form,
    submission.period,
    submission.year,
    case when length(submission.period) = 4 then 'year' else substring(submission.period from 6) end as year_part,
    submission.state,
    withdrawal.withdrawal_seq
from {{ source('landing', 'submission') }} as submission
left join {{ source('landing', 'withdrawal') }} as withdrawal
    on withdrawal.submission_id = submission.submission_id
