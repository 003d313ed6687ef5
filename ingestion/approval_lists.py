"""What waits for a unit's approval: for who asks, and as a file in its outbox that is always up to date, 待审核.txt.

The file is written from the database alone, whenever it would say something else, so that a crash leaves nothing
behind that the next run does not put right. Where no rule asks for approvals nothing is read or written.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from catalogue.model import Catalogue
from ingestion import wording
from ingestion.notices import Notice, write_notices
from ingestion.receipts import for_notepad, form_named, unit_named
from ingestion.tree import Tree, stored
from ingestion.withdraw import IN_FORCE
from kexie.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from kexie.home import Home

NAME = "待审核.txt"
NEXT_STEP = "请核对后告知数据组：哪次报送审核通过、由谁审核，或者退回及其理由。"


def waiting(engine: Engine, catalogue: Catalogue, unit: str, period: str = "") -> list[str]:
    """A line in Chinese for each submission in force that waits for a unit's approval; of one period, or of all.

    Raises UserError where there is no such unit.
    """
    from sqlalchemy import text

    with engine.connect() as connection:
        tree = stored(connection)
        if unit not in tree.spans:
            raise UserError(f"There is no unit {unit}; give the code of one.")
        units = sorted({unit, *tree.predecessors(unit)})
        rows = connection.execute(text(WAITING), {"units": units, "period": period}).all()
    return [_line(row, catalogue, tree) for row in rows]


def write_waiting_lists(home: Home, engine: Engine, catalogue: Catalogue, tree: Tree) -> list[str]:
    """Bring every approver's list up to date; returns a sentence for each that could not be written."""
    from sqlalchemy import text

    with engine.connect() as connection:
        approvers = connection.scalars(text(APPROVERS)).all()
        rows = connection.execute(text(EVERYTHING_WAITING)).all() if approvers else ()
    waits: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        waits[row.next_approver_code].append(row)
    lists = (
        Notice(number, code, NAME, _render(code, waits[code], catalogue, tree))
        for number, code in enumerate(approvers)
        if waits[code] or _stored(home, code)
    )
    _, problems = write_notices(home, (one for one in lists if for_notepad(one.text) != _stored(home, one.recipient)))
    return problems


def _stored(home: Home, unit_code: str) -> bytes:
    try:
        stored: bytes = home.outbox.fs.cat_file((home.outbox / unit_code / NAME).path)
    except OSError:
        return b""
    return stored


def _render(unit_code: str, rows: list[Any], catalogue: Catalogue, tree: Tree) -> str:
    lines = [f"{unit_named(unit_code, tree)}：待审核的报送", ""]
    if rows:
        lines += [f"{number}. {_line(row, catalogue, tree)}" for number, row in enumerate(rows, start=1)]
        lines += ["", NEXT_STEP]
    else:
        lines.append("现在没有等待审核的报送。")
    return "\n".join(lines) + "\n"


def _line(row: Any, catalogue: Catalogue, tree: Tree) -> str:  # noqa: ANN401
    held = f"，其中 {row.held} 个待说明" if row.held else ""
    before = "、".join(row.approved_before or ())
    approved = f"，{before}已审核" if before else ""
    return (
        f"报送 {row.submission_id}：{form_named(row, catalogue, tree)}，{row.figures_read} 个数{held}，"
        f"{row.received_at:%Y-%m-%d %H:%M} 收到，{wording.plain(row.file_name)}{approved}"
    )


EVERYTHING_WAITING = f"""
    select state.next_approver_code, submission.submission_id, submission.unit_code, submission.form,
        submission.period, submission.figures_read, delivery.file_name, delivery.received_at,
        (
            select count(*) from landing.observation as observation
            where observation.submission_id = submission.submission_id and observation.is_held
        ) as held,
        (
            select array_agg(approval.approver_code order by approval.approval_seq)
            from landing.approval as approval
            where approval.submission_id = submission.submission_id
        ) as approved_before
    from landing.approval_state as state
    join landing.submission as submission on submission.submission_id = state.submission_id
    join landing.delivery as delivery on delivery.delivery_seq = submission.delivery_seq
    left join landing.withdrawal as withdrawal on withdrawal.submission_id = submission.submission_id
    where state.next_step is not null and {IN_FORCE}
    order by submission.period, submission.unit_code, submission.form
"""

WAITING = f"""
    select * from ({EVERYTHING_WAITING}) as waiting
    where next_approver_code = any(:units) and (:period = '' or period = :period)
"""

APPROVERS = "select distinct approver_code from landing.approval_ladder order by approver_code"
