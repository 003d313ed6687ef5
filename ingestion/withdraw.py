"""Withdraw a submission: from then on it counts as never sent, and the one before it is in force again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.lock import only_writer
from ingestion.years import mark_changed
from kexie.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Engine


def withdraw(engine: Engine, submission_id: int) -> int:
    """Withdraw a submission by its number; returns the year whose figures change.

    Raises UserError where there is none of that number, or it was rejected or withdrawn before.
    """
    from sqlalchemy import text

    with only_writer(engine), engine.begin() as connection:
        row = connection.execute(text(FIND), {"submission": submission_id}).one_or_none()
        if row is None:
            raise UserError(f"There is no submission {submission_id}; its number is in its receipt.")
        if row.state == "rejected":
            raise UserError(f"Submission {submission_id} was rejected, so there is nothing to withdraw.")
        if row.withdrawn_at is not None:
            raise UserError(f"Submission {submission_id} was already withdrawn on {row.withdrawn_at:%Y-%m-%d %H:%M}.")
        insert = text("insert into landing.withdrawal (submission_id) values (:submission)")
        connection.execute(insert, {"submission": submission_id})
        mark_changed(connection, [row.year])
    return int(row.year)


FIND = """
    select submission.state, submission.year, withdrawal.withdrawn_at
    from landing.submission as submission
    left join landing.withdrawal as withdrawal on withdrawal.submission_id = submission.submission_id
    where submission.submission_id = :submission
"""
