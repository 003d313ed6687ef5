"""The approval ladder (逐级审核): its rules, who approved what, what waits for whom, and figures that are not approved.

docs/decisions/0038-the-approval-ladder.md says how it is read.
"""

from importlib import import_module

from alembic import op

from migrations.histories import comment_columns, create_history

revision = "0025"
down_revision = "0024"

BEFORE = import_module("migrations.versions.0022_explanations")
RELEASES = import_module("migrations.versions.0011_releases")
WHY = import_module("migrations.versions.0010_why")


def _replaced(query: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        if query.count(old) != 1:
            raise ValueError(f"the query does not say this once any more: {old}")
        query = query.replace(old, new)
    return query


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for relation, comments in COMMENTS.items():
        for column, comment in comments.items():
            op.execute(f"comment on column {relation}.{column} is '{comment}'")
    comment_columns("approvals", APPROVAL_COLUMNS)
    comment_columns("working_figures", WORKING_COLUMNS)
    comment_columns("reporting_status", STATUS_COLUMNS)
    create_history("unapproved_figures", UNAPPROVED, ("unit_code", "indicator_code", "period"), UNAPPROVED_COLUMNS)
    for statement in RELEASED:
        op.execute(statement)
    comment_columns("release_unapproved", RELEASES.HASHED)
    for protection in (RELEASES.FREEZE, RELEASES.SEAL):
        op.execute(protection.format(relation="release_unapproved"))


TABLES = (
    """
    create table landing.approval_rule (
        source text not null,
        position smallint not null,
        form text,
        level text,
        unit_type text,
        steps text[] not null check (steps <@ array['own', 'county', 'city', 'province']),
        unapproved text check (unapproved in ('keep_out', 'mark')),
        valid_from date not null,
        valid_to date check (valid_to > valid_from),
        primary key (source, position),
        check ((unapproved is null) = (steps = '{}'))
    )
    """,
    "comment on table landing.approval_rule is "
    "'逐级审核的规则；几条都适用的，本省的先于目录的，后写的优先；没有适用的，不需要审核'",
    """
    create table landing.approval (
        approval_seq bigint primary key default nextval('landing.landing_seq'),
        submission_id bigint not null references landing.submission,
        step text not null check (step in ('own', 'county', 'city', 'province')),
        approver_code text not null,
        approved_by text not null check (approved_by <> ''),
        note text not null default '',
        approved_at timestamptz not null default clock_timestamp(),
        notice_name text not null,
        notice_written_at timestamptz,
        unique (submission_id, step)
    )
    """,
    "create index approval_without_notice on landing.approval (approval_seq) where notice_written_at is null",
    "comment on table landing.approval is '逐级审核：哪次报送由哪一级、谁、何时审核通过，只增不改'",
)

# Each accepted submission with each step that it needs, at once the rule and what became of it. The ladder goes up the
# tree of the period's last day, or of the unit's last day if that was earlier. Where there is no rule, nothing is read.
LADDER = """
    create view landing.approval_ladder as
    select
        submission.submission_id,
        submission.year,
        ladder.position,
        ladder.step,
        ladder.approver_code,
        ruled.unapproved,
        approval.approval_seq,
        approval.approver_code as approved_in,
        approval.approved_by,
        approval.approved_at
    from landing.submission as submission
    cross join lateral (
        select
            case
                when length(submission.period) = 4 then 1
                when substring(submission.period from 6 for 1) = 'H'
                    then 6 * substring(submission.period from 7)::integer - 5
                when substring(submission.period from 6 for 1) = 'Q'
                    then 3 * substring(submission.period from 7)::integer - 2
                else substring(submission.period from 6)::integer
            end as first_month,
            case
                when length(submission.period) = 4 then 12
                when substring(submission.period from 6 for 1) = 'H' then 6
                when substring(submission.period from 6 for 1) = 'Q' then 3
                else 1
            end as months
    ) as lies
    cross join lateral (
        select
            make_date(submission.year, lies.first_month, 1) as first_day,
            (make_date(submission.year, lies.first_month, 1) + make_interval(months => lies.months))::date as end_day
    ) as period
    cross join lateral (
        select
            span.unit_code, span.level, span.unit_type, span.parent_code,
            least(period.end_day, coalesce(span.valid_to, period.end_day)) - 1 as day
        from landing.unit_span as span
        where span.unit_code = submission.unit_code and span.valid_from < period.end_day
        order by span.valid_from desc
        limit 1
    ) as unit
    cross join lateral (
        select rule.steps, rule.unapproved
        from landing.approval_rule as rule
        where (rule.form is null or rule.form = submission.form)
            and (rule.level is null or rule.level = unit.level)
            and (rule.unit_type is null or rule.unit_type = unit.unit_type)
            and rule.valid_from <= period.first_day
            and (rule.valid_to is null or rule.valid_to >= period.end_day)
        order by rule.source = 'units' desc, rule.position desc
        limit 1
    ) as ruled
    cross join lateral (
        with recursive up as (
            select unit.unit_code, 'own'::text as step, unit.parent_code, 0 as position
            union all
            select above.unit_code, above.level, above.parent_code, up.position + 1
            from up
            join landing.unit_span as above
                on above.unit_code = up.parent_code
                and above.valid_from <= unit.day
                and (above.valid_to is null or above.valid_to > unit.day)
        )
        select distinct on (up.step) up.step, up.unit_code as approver_code, up.position
        from up
        where up.step = any(ruled.steps)
        order by up.step, up.position
    ) as ladder
    left join landing.approval as approval
        on approval.submission_id = submission.submission_id and approval.step = ladder.step
    where submission.state = 'accepted'
        and submission.year is not null
        and exists (select 1 from landing.approval_rule)
"""

STATE = """
    create view landing.approval_state as
    select
        submission_id,
        year,
        unapproved,
        count(*) as steps,
        count(approval_seq) as approved,
        (array_agg(step order by position desc) filter (where approval_seq is not null))[1] as approved_step,
        max(position) filter (where approval_seq is not null) as approved_position,
        (array_agg(step order by position) filter (where approval_seq is null))[1] as next_step,
        (array_agg(approver_code order by position) filter (where approval_seq is null))[1] as next_approver_code
    from landing.approval_ladder
    group by submission_id, year, unapproved
"""

IN_FORCE = """
    withdrawal.submission_id is null and not exists (
        select 1
        from landing.submission as later
        where later.unit_code = submission.unit_code and later.form = submission.form
            and later.period = submission.period and later.state = 'accepted'
            and later.delivery_seq > submission.delivery_seq
            and not exists (
                select 1 from landing.withdrawal as taken_back where taken_back.submission_id = later.submission_id
            )
    )
"""

# The name that a unit had last.
NAME = """
    left join lateral (
        select span.name, span.level, span.parent_code
        from landing.unit_span as span
        where span.unit_code = {code}
        order by span.valid_from desc
        limit 1
    ) as {alias} on true
"""

APPROVALS = f"""
    create view published.approvals as
    select
        submission.unit_code,
        unit.name as unit_name,
        submission.form,
        submission.period,
        (
            select count(*)
            from landing.submission as earlier
            where earlier.unit_code = submission.unit_code and earlier.form = submission.form
                and earlier.period = submission.period and earlier.state = 'accepted'
                and earlier.delivery_seq <= submission.delivery_seq
        ) as revision,
        approval.step,
        approval.approver_code,
        approver.name as approver_name,
        approval.approved_by,
        approval.note,
        approval.approved_at,
        {IN_FORCE} as is_in_force,
        approval.submission_id,
        approval.approval_seq
    from landing.approval as approval
    join landing.submission as submission on submission.submission_id = approval.submission_id
    left join landing.withdrawal as withdrawal on withdrawal.submission_id = approval.submission_id
    {NAME.format(code="submission.unit_code", alias="unit")}
    {NAME.format(code="approval.approver_code", alias="approver")}
"""

# Of each submission in force that is not approved to the last step every figure, with where it stands.
WORKING_FIGURES = f"""
    create view published.working_figures as
    select
        submission.unit_code,
        unit.name as unit_name,
        unit.level as unit_level,
        unit.parent_code,
        submission.form,
        submission.period,
        observation.indicator_code,
        coalesce(indicators.indicator_name, observation.indicator_code) as indicator_name,
        observation.scope,
        observation.status,
        observation.state,
        observation.value,
        observation.low,
        observation.high,
        observation.is_held,
        approval.unapproved = 'mark' as is_counted,
        approval.approved_step,
        approval.next_step,
        approval.next_approver_code,
        approver.name as next_approver_name,
        delivery.file_name,
        observation.sheet,
        observation.cell,
        observation.line,
        observation.quote,
        observation.note,
        delivery.received_at,
        submission.submission_id
    from landing.approval_state as approval
    join landing.submission as submission on submission.submission_id = approval.submission_id
    join landing.delivery as delivery on delivery.delivery_seq = submission.delivery_seq
    join landing.observation as observation on observation.submission_id = submission.submission_id
    left join landing.withdrawal as withdrawal on withdrawal.submission_id = submission.submission_id
    {NAME.format(code="submission.unit_code", alias="unit")}
    {NAME.format(code="approval.next_approver_code", alias="approver")}
    left join published.indicators as indicators on indicators.indicator_code = observation.indicator_code
    where approval.next_step is not null and {IN_FORCE}
"""

REPORTING_STATUS = _replaced(
    BEFORE.REPORTING_STATUS.replace(BEFORE.HELD, BEFORE.STILL_HELD),
    {
        "            sum(counted.warnings) filter (where is_in_force) as warnings\n": (
            "            sum(counted.warnings) filter (where is_in_force) as warnings,\n"
            "            bool_or(is_in_force and approval.steps is not null) as is_on_ladder,\n"
            "            bool_or(is_in_force and approval.next_step is not null) as is_awaiting,\n"
            "            max(approval.approved) filter (where is_in_force) as approvals,\n"
            "            max(approval.approved_step) filter (where is_in_force) as approved_step,\n"
            "            max(approval.approved_position) filter (where is_in_force) as approved_position,\n"
            "            max(approval.next_approver_code) filter (where is_in_force) as awaits,\n"
            "            bool_or(is_in_force and approval.next_step is not null)\n"
            "                and bool_or(is_accepted and not is_in_force and approval.approved > 0)\n"
            "                as is_approval_dropped\n"
        ),
        "        left join counted on counted.submission_id = submissions.submission_id\n": (
            "        left join counted on counted.submission_id = submissions.submission_id\n"
            "        left join landing.approval_state as approval\n"
            "            on approval.submission_id = submissions.submission_id\n"
        ),
        "            filed.warnings,\n            bit_or": (
            "            filed.warnings,\n"
            "            filed.is_on_ladder,\n"
            "            filed.is_awaiting,\n"
            "            filed.approvals,\n"
            "            filed.approved_step,\n"
            "            filed.approved_position,\n"
            "            filed.awaits,\n"
            "            filed.is_approval_dropped,\n"
            "            bit_or"
        ),
        "> approved.cutoff_seq as is_changed_since_approval\n": (
            "> approved.cutoff_seq as is_changed_since_approval,\n"
            "        case\n"
            "            when bool_or(is_on_ladder) is not true then null\n"
            "            when not bool_or(is_awaiting) then 'approved'\n"
            "            when sum(approvals) > 0 then 'underway'\n"
            "            else 'waiting'\n"
            "        end as approval,\n"
            "        (array_agg(approved_step order by approved_position nulls first) filter (where is_on_ladder))[1]\n"
            "            as approved_step,\n"
            "        string_agg(distinct awaits, '、' order by awaits) as awaits,\n"
            "        bool_or(is_approval_dropped) filter (where is_on_ladder) as is_approval_dropped\n"
        ),
    },
)

# A figure that counts because it was approved is new; one that its unit revised and that waits again is corrected.
LEAF_CHANGES = _replaced(
    WHY.LEAF_CHANGES,
    {
        "create function": "create or replace function",
        "when after_submission_id = then_in_force then null": """
                when after_submission_id = then_in_force then case
                    when exists (
                        select 1 from landing.approval as approval
                        where approval.submission_id = after_submission_id
                            and approval.approval_seq between filed.seq_before + 1 and filed.seq_after
                    ) then 'new_filing'
                end""",
        f"when {WHY.says('now_in_force', WHY.SAME_SCOPE)} then null": f"""
            when {WHY.says("now_in_force", WHY.SAME_SCOPE)} then case
                when exists (
                    select 1 from landing.approval_ladder as ladder
                    where ladder.submission_id = now_in_force and ladder.unapproved = 'keep_out'
                        and coalesce(ladder.approval_seq > filed.seq_after, true)
                ) then 'correction'
            end""",
    },
)

UNAPPROVED = "含有未审核完毕的报送的数：计入并注明的，哪个数、涉及几个单位、哪些报送"

UNAPPROVED_COLUMNS = {
    "unit_code": ("text not null", "单位代码"),
    "unit_name": ("text not null", "单位名称"),
    "unit_level": ("text not null", "单位级别：province 省、city 市、county 县、township 乡镇"),
    "indicator_code": ("text not null", "指标代码"),
    "indicator_name": ("text not null", "指标名称"),
    "period": ("text not null", "报告期"),
    "units_unapproved": ("integer not null", "其中几个单位的报送没有审核完毕"),
    "submission_ids": ("bigint[] not null", "没有审核完毕的报送编号，由小到大"),
}

# What a release keeps of it, frozen like the figures that it keeps.
RELEASED = (
    """
    create table published.release_unapproved (
        release_name text not null references published.releases deferrable initially deferred,
        like published.unapproved_figures_history including comments,
        row_hash text not null,
        primary key (release_name, unit_code, indicator_code, period)
    )
    """,
    "alter table published.release_unapproved drop column closed_by",
    f"comment on table published.release_unapproved is '定稿时的 unapproved_figures，逐行留底：{UNAPPROVED}'",
)

STATEMENTS = (
    *TABLES,
    LADDER,
    "comment on view landing.approval_ladder is '每次收下的报送要经哪几级审核、各由哪个单位、是否已审核，一级一行'",
    STATE,
    "comment on view landing.approval_state is '每次须逐级审核的报送审核到了哪一级、等待谁审核'",
    APPROVALS,
    "comment on view published.approvals is '逐级审核的记录：哪个单位哪张报表的第几次报送，由哪一级、谁、何时审核通过'",
    WORKING_FIGURES,
    "comment on view published.working_figures is "
    "'过程数：已报、尚未逐级审核完毕的每个数，及其所在的文件、单元格、行或原话'",
    REPORTING_STATUS,
    LEAF_CHANGES,
)

STEPS = "own 本单位、county 县级、city 市级、province 省级"

COMMENTS = {
    "landing.approval_rule": {
        "source": "出处：catalogue 指标目录、units 本省的 approval_rules.csv",
        "position": "在出处中的次序",
        "form": "报表代码，空为各表",
        "level": "填报单位级别，空为各级",
        "unit_type": "填报单位类型，空为各类",
        "steps": f"依次由谁审核：{STEPS}；空为不需要审核",
        "unapproved": "审核完毕之前：keep_out 不计入、mark 计入并注明",
        "valid_from": "适用的报告期自此日起",
        "valid_to": "适用的报告期到此日之前，空为不限",
    },
    "landing.approval": {
        "approval_seq": "审核的顺序号，与收存顺序号同列",
        "submission_id": "报送编号",
        "step": f"哪一级：{STEPS}",
        "approver_code": "审核单位代码",
        "approved_by": "审核人（按审核时所写）",
        "note": "审核意见",
        "approved_at": "审核时间",
        "notice_name": "审核通知在发件箱中的文件名",
        "notice_written_at": "审核通知写好的时间",
    },
    "landing.approval_ladder": {
        "submission_id": "报送编号",
        "year": "年度",
        "position": "在填报单位之上第几层，0 为本单位",
        "step": f"哪一级：{STEPS}",
        "approver_code": "应由哪个单位审核",
        "unapproved": "审核完毕之前：keep_out 不计入、mark 计入并注明",
        "approval_seq": "审核的顺序号，空为尚未审核",
        "approved_in": "实际审核的单位代码",
        "approved_by": "审核人",
        "approved_at": "审核时间",
    },
    "landing.approval_state": {
        "submission_id": "报送编号",
        "year": "年度",
        "unapproved": "审核完毕之前：keep_out 不计入、mark 计入并注明",
        "steps": "须经几级审核",
        "approved": "已经几级审核",
        "approved_step": f"已审核到哪一级：{STEPS}；空为尚未审核",
        "approved_position": "已审核到填报单位之上第几层",
        "next_step": "等待哪一级审核，空为已审核完毕",
        "next_approver_code": "等待哪个单位审核",
    },
}

APPROVAL_COLUMNS = {
    "unit_code": "填报单位代码",
    "unit_name": "填报单位名称（最近的）",
    "form": "报表代码",
    "period": "报告期",
    "revision": "第几次报送",
    "step": f"哪一级：{STEPS}",
    "approver_code": "审核单位代码",
    "approver_name": "审核单位名称（最近的）",
    "approved_by": "审核人（按审核时所写）",
    "note": "审核意见",
    "approved_at": "审核时间",
    "is_in_force": "所审核的报送是否现行有效；后来改报、撤回或退回的为否，审核随之失效",
    "submission_id": "报送编号",
    "approval_seq": "审核的顺序号，与收存顺序号同列",
}

WORKING_COLUMNS = {
    "unit_code": "填报单位代码",
    "unit_name": "填报单位名称（最近的）",
    "unit_level": "填报单位级别",
    "parent_code": "上级单位代码",
    "form": "报表代码",
    "period": "报告期",
    "indicator_code": "指标代码",
    "indicator_name": "指标名称",
    "scope": "口径：own 本级、jurisdiction 含下级等",
    "status": "数的性质：actual 实际、plan 计划等",
    "state": "情形：number 数、not_applicable 无此项、redacted 已隐去",
    "value": "所报的数",
    "low": "下限，空为不限",
    "high": "上限，空为不限",
    "is_held": "是否待说明原因",
    "is_counted": "是否已计入汇总（计入并注明的为是，审核前不计入的为否）",
    "approved_step": f"已审核到哪一级：{STEPS}；空为尚未审核",
    "next_step": "等待哪一级审核",
    "next_approver_code": "等待哪个单位审核",
    "next_approver_name": "等待哪个单位审核：名称（最近的）",
    "file_name": "文件名",
    "sheet": "工作表",
    "cell": "单元格",
    "line": "行",
    "quote": "原话",
    "note": "填报时的说明",
    "received_at": "收到时间",
    "submission_id": "报送编号",
}

STATUS_COLUMNS = {
    "approval": "逐级审核：approved 已审核完毕、underway 审核中、waiting 尚未审核；不需要审核的为空",
    "approved_step": f"已审核到哪一级（几份报送的，以最低的为准）：{STEPS}；尚未审核的为空",
    "awaits": "等待哪个单位审核（代码）；不等待的为空",
    "is_approval_dropped": "以前的报送审核过，后来的改报使它失效、尚未重新审核完毕；不需要审核的为空",
}
