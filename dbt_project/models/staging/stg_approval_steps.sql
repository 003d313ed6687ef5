-- One row per accepted submission and step of the approval ladder that it needs; none where no rule asks for approvals.
select submission_id, year, position, step, approver_code, unapproved, approval_seq
from {{ source('landing', 'approval_ladder') }}
