"""What a superior returns and why, what was replayed from the archive, and every change of every cell in one view."""

from alembic import op

revision = "0017"
down_revision = "0016"

CELL_CHANGES = """
    create view published.cell_changes as
    with filed as (
        select submission.submission_id, submission.unit_code, submission.form, submission.period,
            delivery.delivery_seq as seq, delivery.received_at, delivery.submitter_code, delivery.file_name,
            withdrawal.withdrawal_seq, withdrawal.withdrawn_at, withdrawal.returned_by, withdrawal.reason
        from landing.submission as submission
        join landing.delivery as delivery on delivery.delivery_seq = submission.delivery_seq
        left join landing.withdrawal as withdrawal on withdrawal.submission_id = submission.submission_id
        where submission.state = 'accepted'
    ),
    moments as (
        select unit_code, form, period, seq, received_at as changed_at, submitter_code as changed_by, file_name,
            null::text as kind, '' as reason
        from filed
        union all
        select unit_code, form, period, withdrawal_seq, withdrawn_at, coalesce(returned_by, submitter_code), file_name,
            case when returned_by is null then 'withdrawn' else 'returned' end, reason
        from filed
        where withdrawal_seq is not null
    ),
    in_force as (
        select moments.*, known.submission_id,
            lag(known.submission_id) over (
                partition by moments.unit_code, moments.form, moments.period order by moments.seq
            ) as submission_before
        from moments
        left join lateral (
            select filed.submission_id
            from filed
            where filed.unit_code = moments.unit_code and filed.form = moments.form
                and filed.period = moments.period and filed.seq <= moments.seq
                and (filed.withdrawal_seq is null or filed.withdrawal_seq > moments.seq)
            order by filed.seq desc
            limit 1
        ) as known on true
    ),
    cells as (
        select in_force.*, cell.indicator_code, cell.scope, cell.status
        from in_force
        cross join lateral (
            select observation.indicator_code, observation.scope, observation.status
            from landing.observation as observation
            where observation.submission_id in (in_force.submission_id, in_force.submission_before)
            group by observation.indicator_code, observation.scope, observation.status
        ) as cell
    )
    select cells.unit_code, unit.name as unit_name, cells.indicator_code,
        coalesce(indicator.indicator_name, cells.indicator_code) as indicator_name, cells.form, cells.period,
        cells.scope, cells.status, cells.seq, cells.changed_at, cells.changed_by, changer.name as changed_by_name,
        coalesce(cells.kind, case when old.state is null then 'filed' when new.state is null then 'dropped'
            else 'revised' end) as kind,
        old.state as from_state, old.value as from_value, old.low as from_low, old.high as from_high,
        new.state as to_state, new.value as to_value, new.low as to_low, new.high as to_high,
        coalesce(nullif(cells.reason, ''), new.note, '') as reason, cells.file_name,
        new.sheet, new.cell, new.line, new.quote, cells.submission_id
    from cells
    left join landing.observation as old on old.submission_id = cells.submission_before
        and old.indicator_code = cells.indicator_code and old.scope = cells.scope and old.status = cells.status
    left join landing.observation as new on new.submission_id = cells.submission_id
        and new.indicator_code = cells.indicator_code and new.scope = cells.scope and new.status = cells.status
    left join published.indicators as indicator on indicator.indicator_code = cells.indicator_code
    left join lateral (
        select span.name from landing.unit_span as span
        where span.unit_code = cells.unit_code order by span.valid_from desc limit 1
    ) as unit on true
    left join lateral (
        select span.name from landing.unit_span as span
        where span.unit_code = cells.changed_by order by span.valid_from desc limit 1
    ) as changer on true
    where (old.state, old.value, old.low, old.high) is distinct from (new.state, new.value, new.low, new.high)
"""

COMMENTS = {
    "unit_code": "单位代码",
    "unit_name": "单位名称（最近的）",
    "indicator_code": "指标代码",
    "indicator_name": "指标名称",
    "form": "报表代码",
    "period": "报告期",
    "scope": "口径：own 本级、jurisdiction 含下级等",
    "status": "数的性质：actual 实际、plan 计划等",
    "seq": "变动的顺序号，与收存顺序号、撤回顺序号同列",
    "changed_at": "变动时间：收到文件、撤回或退回的时间",
    "changed_by": "谁改的：报送、撤回或退回的单位代码",
    "changed_by_name": "谁改的：单位名称（最近的）",
    "kind": "怎样改的：filed 首次填报、revised 改报、dropped 后报未填而撤下、withdrawn 撤回、returned 上级退回",
    "from_state": "改前的情形：number 数、not_applicable 无此项、redacted 已隐去；空为没有",
    "from_value": "改前的数",
    "from_low": "改前的下限",
    "from_high": "改前的上限",
    "to_state": "改后的情形；空为没有",
    "to_value": "改后的数",
    "to_low": "改后的下限",
    "to_high": "改后的上限",
    "reason": "为什么改：退回的理由，或新数的说明",
    "file_name": "文件名：新报的文件，或被撤回、退回的文件",
    "sheet": "新数所在工作表",
    "cell": "新数所在单元格",
    "line": "新数所在行",
    "quote": "新数的原话",
    "submission_id": "变动后有效的报送编号；空为没有",
}


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    op.execute(CELL_CHANGES)
    op.execute("comment on view published.cell_changes is '每个单位每个格的每次变动：谁、何时、从多少到多少、为什么'")
    for column, comment in COMMENTS.items():
        op.execute(f"comment on column published.cell_changes.{column} is '{comment}'")


STATEMENTS = (
    # A delivery made by a replay has the bytes and the time of the one that it takes up again.
    "alter table landing.delivery add column replay_of bigint references landing.delivery",
    "create index delivery_by_replay on landing.delivery (replay_of) where replay_of is not null",
    "comment on column landing.delivery.replay_of is '重新核对自哪次送达；空为报送者自己送来'",
    """
    alter table landing.withdrawal
        add column returned_by text,
        add column reason text not null default '',
        add column notice_name text,
        add column notice_written_at timestamptz,
        add check ((returned_by is null) = (reason = ''))
    """,
    "comment on column landing.withdrawal.returned_by is '退回的上级单位代码；空为报送者自己撤回'",
    "comment on column landing.withdrawal.reason is '退回的理由'",
    "comment on column landing.withdrawal.notice_name is '退回通知在发件箱中的文件名'",
    "comment on column landing.withdrawal.notice_written_at is '退回通知写好的时间'",
)
