"""A superior returns (退回) what a unit below it filed: it counts as never sent, and the sender is told why.

Nobody edits another unit's figures: who finds one wrong returns it with a reason, and the unit files anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalogue.load import load as load_catalogue
from catalogue.model import Catalogue
from ingestion import wording
from ingestion.lock import only_writer
from ingestion.notices import Notice, write_missing
from ingestion.periods import Period, parse_period
from ingestion.receipts import Names, form_named, unit_named
from ingestion.tree import Tree, stored
from ingestion.withdraw import standing
from ingestion.years import mark_taken_back
from kexie.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from kexie.home import Home

LONGEST_REASON = 500
"""Characters: a notice is read on one page."""

NOTICE = "退回通知"


def give_back(home: Home, engine: Engine, submission_id: int, by: str, reason: str) -> int:
    """Return a submission to who sent it; the year whose figures change. The notice is in the sender's outbox.

    Raises UserError where `by` was above the unit on no day of the period, gives no reason, or the submission does not
    count any more.
    """
    from sqlalchemy import text

    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise UserError(f"Say why in 1 to {LONGEST_REASON} characters; the clerk reads it.")
    with only_writer(engine):
        with engine.begin() as connection:
            row = standing(connection, submission_id, "return")
            tree = stored(connection)
            _refuse_who_is_not_above(tree, row, submission_id, by)
            connection.execute(
                text(RETURN),
                {
                    "submission": submission_id,
                    "by": by,
                    "reason": reason,
                    "notice": Names(home).free(row.submitter_code, row.file_name, NOTICE),
                },
            )
            mark_taken_back(connection, submission_id, row.year)
        problems = write_missing_notices(home, engine, load_catalogue(), tree)
    if problems:
        raise UserError(f"Submission {submission_id} is returned, but {'; '.join(problems)}. It is tried again.")
    return int(row.year)


def write_missing_notices(home: Home, engine: Engine, catalogue: Catalogue, tree: Tree) -> list[str]:
    """Write every notice not known to be written; returns a sentence for each that could not be."""

    def noticed(row: Any) -> Notice:  # noqa: ANN401 - a row of MISSING
        return Notice(row.withdrawal_seq, row.submitter_code, row.notice_name, render(row, catalogue, tree))

    return write_missing(home, engine, MISSING, WRITTEN, noticed)


def render(row: Any, catalogue: Catalogue, tree: Tree) -> str:  # noqa: ANN401 - a row of the query below
    """The text of a notice, lines ended by a line feed."""
    then = f"在它之前收下的报送（编号 {row.before}）恢复有效" if row.before else "该单位这张报表按没有报送处理"
    lines = (
        "退回通知",
        "",
        f"文件：{wording.plain(row.file_name)}",
        f"报表：{form_named(row, catalogue, tree)}（报送编号 {row.submission_id}）",
        f"退回单位：{unit_named(row.returned_by, tree)}",
        f"退回时间：{row.withdrawn_at:%Y-%m-%d %H:%M}（北京时间）",
        f"退回理由：{row.reason}",
        "",
        f"退回后，这次报送视同没有报送，{then}。",
        "下一步：请按退回理由核对，改正后重新报送整张报表。",
    )
    return "\n".join(lines) + "\n"


def _refuse_who_is_not_above(tree: Tree, row: Any, submission_id: int, by: str) -> None:  # noqa: ANN401
    period = parse_period(row.period)
    assert isinstance(period, Period)  # noqa: S101 - accepted ones have one
    above = list(dict.fromkeys(tree.ancestors(row.unit_code, period.first_day, period.last_day)))
    if by not in above:
        who = f"only {' or '.join(above)} may" if above else "nobody is above it"
        raise UserError(f"{by} was not above {row.unit_code} in {row.period}: to return {submission_id}, {who}.")


RETURN = """
    insert into landing.withdrawal (submission_id, returned_by, reason, notice_name)
    values (:submission, :by, :reason, :notice)
"""

MISSING = """
    select withdrawal.withdrawal_seq, withdrawal.returned_by, withdrawal.reason, withdrawal.withdrawn_at,
        withdrawal.notice_name, delivery.submitter_code, delivery.file_name,
        submission.submission_id, submission.unit_code, submission.form, submission.period,
        (
            select max(earlier.submission_id)
            from landing.submission as earlier
            left join landing.withdrawal as taken_back on taken_back.submission_id = earlier.submission_id
            where earlier.unit_code = submission.unit_code and earlier.form = submission.form
                and earlier.period = submission.period and earlier.state = 'accepted'
                and earlier.delivery_seq < submission.delivery_seq and taken_back.submission_id is null
        ) as before
    from landing.withdrawal as withdrawal
    join landing.submission as submission on submission.submission_id = withdrawal.submission_id
    join landing.delivery as delivery on delivery.delivery_seq = submission.delivery_seq
    where withdrawal.notice_name is not null and withdrawal.notice_written_at is null
    order by withdrawal.withdrawal_seq
"""

WRITTEN = """
    update landing.withdrawal set notice_written_at = clock_timestamp() where withdrawal_seq = any(:seqs)
"""
