"""The approval ladder (逐级审核): unit after unit approves what was filed, lowest first; nobody changes a figure.

Which steps a submission needs is worked out by `landing.approval_ladder` from the rules and the tree. An approval is of
one submission: a revision has none, and where it is withdrawn, those of the submission before it hold again. Whoever
finds something wrong returns the submission instead (`ingestion.returns`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalogue.model import Catalogue
from ingestion import wording
from ingestion.approval_lists import write_waiting_lists
from ingestion.approval_rules import sync_rules
from ingestion.lock import only_writer
from ingestion.notices import Notice, write_missing
from ingestion.receipts import UNTIL_APPROVED, Names, form_named, unit_named
from ingestion.tree import Tree, stored
from ingestion.withdraw import IN_FORCE, standing
from ingestion.years import mark_let_in
from kexie.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from kexie.home import Home

LONGEST_NOTE = 500
"""Characters: a notice is read on one page."""

NOTICE = "审核通知"


@dataclass(frozen=True, slots=True)
class Approved:
    """One step that was approved; `awaits` is the unit whose approval is next, empty where it was the last."""

    year: int
    step: str
    awaits: str


def approve(
    home: Home, engine: Engine, catalogue: Catalogue, submission_id: int, unit: str, by: str, note: str = ""
) -> Approved:
    """Approve the next step of a submission, as its unit or what became of that; its sender is told in the outbox.

    `by` is who approves there. Raises UserError where the submission is not in force or needs no approval, where
    another unit is next, or nobody is named.
    """
    from sqlalchemy import text

    by, note = " ".join(by.split()), " ".join(note.split())
    if not by or max(len(by), len(note)) > LONGEST_NOTE:
        raise UserError(f"Say who approves, in 1 to {LONGEST_NOTE} characters, and a note no longer than that.")
    with only_writer(engine):
        with engine.begin() as connection:
            sync_rules(connection, catalogue)
            row = standing(connection, submission_id, "approve")
            tree = stored(connection)
            ladder = connection.execute(text(LADDER), {"submission": submission_id}).all()
            step = _next_of(ladder, submission_id, unit, tree)
            connection.execute(
                text(APPROVE),
                {
                    "submission": submission_id,
                    "step": step.step,
                    "unit": unit,
                    "by": by,
                    "note": note,
                    "notice": Names(home).free(row.submitter_code, row.file_name, NOTICE),
                },
            )
            mark_let_in(connection, submission_id, row.year)
        problems = write_missing_approvals(home, engine, catalogue, tree)
        problems += write_waiting_lists(home, engine, catalogue, tree)
    if problems:
        raise UserError(f"Submission {submission_id} is approved, but {'; '.join(problems)}. It is tried again.")
    later = [other for other in ladder if other.position > step.position]
    return Approved(int(row.year), step.step, later[0].approver_code if later else "")


def write_missing_approvals(home: Home, engine: Engine, catalogue: Catalogue, tree: Tree) -> list[str]:
    """Write every notice not known to be written; returns a sentence for each that could not be."""

    def noticed(row: Any) -> Notice:  # noqa: ANN401 - a row of MISSING
        return Notice(row.approval_seq, row.submitter_code, row.notice_name, render(row, catalogue, tree))

    return write_missing(home, engine, MISSING, WRITTEN, noticed)


def render(row: Any, catalogue: Catalogue, tree: Tree) -> str:  # noqa: ANN401 - a row of the query below
    """The text of a notice, lines ended by a line feed."""
    lines = [
        "审核通知",
        "",
        f"文件：{wording.plain(row.file_name)}",
        f"报表：{form_named(row, catalogue, tree)}（报送编号 {row.submission_id}）",
        f"审核单位：{unit_named(row.approver_code, tree)}（{catalogue.label('approval_steps', row.step)}）",
        f"审核人：{wording.plain(row.approved_by)}",
        f"审核时间：{row.approved_at:%Y-%m-%d %H:%M}（北京时间）",
    ]
    if row.note:
        lines.append(f"审核意见：{wording.plain(row.note)}")
    if row.next_code:
        awaits = f"这次报送已由上述单位审核通过，等待{unit_named(row.next_code, tree)}审核"
        lines += ["", f"{awaits}，{UNTIL_APPROVED[row.unapproved]}。"]
    else:
        lines += ["", "这次报送已逐级审核完毕，数计入汇总。"]
    lines.append("以后改报的，审核随之失效，要重新逐级审核。")
    return "\n".join(lines) + "\n"


def _next_of(ladder: Sequence[Any], submission_id: int, unit: str, tree: Tree) -> Any:  # noqa: ANN401 - a row of LADDER
    """The step that is next, where it is this unit's; else the sentence why it is not."""
    if not ladder:
        raise UserError(f"Submission {submission_id} needs no approval: no rule of the approval ladder fits it.")
    if not ladder[0].is_in_force:
        raise UserError(f"Submission {submission_id} is no longer in force: a later one replaced it; approve that one.")
    open_steps = [step for step in ladder if step.approval_seq is None]
    if not open_steps:
        raise UserError(f"Submission {submission_id} is approved to its last step already.")
    standing_for = {unit, *tree.predecessors(unit)}
    if open_steps[0].approver_code in standing_for:
        return open_steps[0]
    in_turn = f"{open_steps[0].approver_code} is next"
    mine = [step for step in ladder if step.approver_code in standing_for]
    if not mine:
        order = ", then ".join(step.approver_code for step in ladder)
        raise UserError(f"{unit} does not approve submission {submission_id}: {order} do, and {in_turn}.")
    if mine[0].approval_seq is None:
        raise UserError(f"It is not yet for {unit} to approve submission {submission_id}: {in_turn}.")
    when = f"{mine[0].approved_by} on {mine[0].approved_at:%Y-%m-%d %H:%M}"
    raise UserError(f"{unit} has approved submission {submission_id} already ({when}); {in_turn}.")


LADDER = f"""
    select ladder.*, {IN_FORCE} as is_in_force
    from landing.approval_ladder as ladder
    join landing.submission as submission on submission.submission_id = ladder.submission_id
    left join landing.withdrawal as withdrawal on withdrawal.submission_id = ladder.submission_id
    where ladder.submission_id = :submission
    order by ladder.position
"""

APPROVE = """
    insert into landing.approval (submission_id, step, approver_code, approved_by, note, notice_name)
    values (:submission, :step, :unit, :by, :note, :notice)
"""

MISSING = """
    select approval.approval_seq, approval.step, approval.approver_code, approval.approved_by, approval.note,
        approval.approved_at, approval.notice_name, delivery.submitter_code, delivery.file_name,
        submission.submission_id, submission.unit_code, submission.form, submission.period,
        ladder.unapproved, next.approver_code as next_code
    from landing.approval as approval
    join landing.submission as submission on submission.submission_id = approval.submission_id
    join landing.delivery as delivery on delivery.delivery_seq = submission.delivery_seq
    left join landing.approval_ladder as ladder
        on ladder.submission_id = approval.submission_id and ladder.step = approval.step
    left join lateral (
        select above.approver_code
        from landing.approval_ladder as above
        where above.submission_id = approval.submission_id and above.position > ladder.position
        order by above.position
        limit 1
    ) as next on true
    where approval.notice_written_at is null
    order by approval.approval_seq
"""

WRITTEN = """
    update landing.approval set notice_written_at = clock_timestamp() where approval_seq = any(:seqs)
"""
