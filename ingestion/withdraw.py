"""Withdraw a submission: from then on it counts as never sent, and the one before it is in force again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingestion.lock import only_writer
from ingestion.years import mark_taken_back
from kexie.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


def withdraw(engine: Engine, submission_id: int) -> int:
    """Withdraw a submission by its number; returns the year whose figures change.

    Raises UserError where there is none of that number, or it was rejected, withdrawn or returned before.
    """
    from sqlalchemy import text

    with only_writer(engine), engine.begin() as connection:
        row = standing(connection, submission_id, "withdraw")
        insert = text("insert into landing.withdrawal (submission_id) values (:submission)")
        connection.execute(insert, {"submission": submission_id})
        mark_taken_back(connection, submission_id, row.year)
    return int(row.year)


def standing(connection: Connection, submission_id: int, verb: str) -> Any:  # noqa: ANN401 - a row of the query below
    """An accepted submission that still counts as sent, with its file. Raises UserError where it is not one."""
    from sqlalchemy import text

    row = connection.execute(text(FIND), {"submission": submission_id}).one_or_none()
    if row is None:
        raise UserError(f"There is no submission {submission_id}; its number is in its receipt.")
    if row.state == "rejected":
        raise UserError(f"Submission {submission_id} was rejected, so there is nothing to {verb}.")
    if row.withdrawn_at is not None:
        how = f"returned by {row.returned_by}" if row.returned_by else "withdrawn"
        raise UserError(f"Submission {submission_id} was already {how} on {row.withdrawn_at:%Y-%m-%d %H:%M}.")
    return row


FIND = """
    select submission.state, submission.year, submission.unit_code, submission.form, submission.period,
        delivery.submitter_code, delivery.file_name, withdrawal.withdrawn_at, withdrawal.returned_by
    from landing.submission as submission
    join landing.delivery as delivery on delivery.delivery_seq = submission.delivery_seq
    left join landing.withdrawal as withdrawal on withdrawal.submission_id = submission.submission_id
    where submission.submission_id = :submission
"""

IN_FORCE = """
    withdrawal.submission_id is null and not exists (
        select 1
        from landing.submission as later
        left join landing.withdrawal as taken_back on taken_back.submission_id = later.submission_id
        where later.unit_code = submission.unit_code and later.form = submission.form
            and later.period = submission.period and later.state = 'accepted'
            and later.delivery_seq > submission.delivery_seq and taken_back.submission_id is null
    )
"""
"""Whether `submission`, its `withdrawal` joined, is what its unit, form and period count by now."""
