"""Where each figure comes from: one row for all the leaves of a holding, and the same as it was at any moment."""

from importlib import import_module

from alembic import op

from migrations.histories import BOOKKEEPING, comment_columns, create_view_in_force

revision = "0009"
down_revision = "0008"

PUBLISHED = import_module("migrations.versions.0003_published")

COMMENT = "每个数的来源：由哪些单位报送的哪些格、哪些行计入，可上溯到单位树的哪一层"

COLUMNS = {
    "holder_code": ("text not null", "计入单位代码（变动后为承继单位）"),
    "indicator_code": ("text not null", "指标代码"),
    "period": ("text not null", "报告期"),
    "role": ("text not null", "作用：own 本级、claim 含下级、numerator 分子、denominator 分母"),
    "leaf_indicator_code": ("text not null", "原报指标代码"),
    "reach_depth": ("integer not null", "计入到单位树的第几层（1 为省）"),
    "observation_ids": ("bigint[] not null", "原报数编号，由小到大；以下各列与它逐项对应，整列为空即都按原报数计入"),
    "weights": ("numeric[]", "经拆分而来的原报数的承继份额；未经拆分的为空"),
    "shared_values": ("numeric[]", "经拆分而来的原报数按份额计入的数"),
    "shared_lows": ("numeric[]", "按份额计入的下限"),
    "shared_highs": ("numeric[]", "按份额计入的上限"),
}

KEY = "period, holder_code, indicator_code, role, leaf_indicator_code"


def upgrade() -> None:
    for statement in TABLE:
        op.execute(statement)
    comment_columns(
        "contribution_leaves_history", {column: text for column, (_, text) in (COLUMNS | BOOKKEEPING).items()}
    )
    create_view_in_force("contribution_leaves", COMMENT, COLUMNS)
    for statement in READING:
        op.execute(statement)
    comment_columns("contributions", CONTRIBUTION_COMMENTS)
    comment_columns("filed_figures", FILED_COMMENTS)
    comment_columns("revisions", REVISION_COMMENTS)


# The leaves of a key changed whenever one of them came or went: each stretch of publications between becomes one row.
CONVERSION = f"""
    with changes as (
        select {KEY}, opened_by as publication_id from published.leaf_history
        union
        select {KEY}, closed_by from published.leaf_history where closed_by is not null
    ),
    stretches as (
        select
            {KEY}, publication_id as opened_by,
            lead(publication_id) over (partition by {KEY} order by publication_id) as closed_by
        from changes
    )
    insert into published.contribution_leaves_history ({", ".join(COLUMNS)}, opened_by, closed_by)
    select
        holder_code, indicator_code, period, role, leaf_indicator_code, leaves.reach_depth,
        array_agg(leaves.observation_id order by leaves.observation_id),
        case when bool_or(leaves.is_estimate) then
            array_agg(case when leaves.is_estimate then leaves.weight end order by leaves.observation_id)
        end,
        case when bool_or(leaves.is_estimate) then
            array_agg(case when leaves.is_estimate then leaves.value end order by leaves.observation_id)
        end,
        case when bool_or(leaves.is_estimate) then
            array_agg(case when leaves.is_estimate then leaves.low end order by leaves.observation_id)
        end,
        case when bool_or(leaves.is_estimate) then
            array_agg(case when leaves.is_estimate then leaves.high end order by leaves.observation_id)
        end,
        stretches.opened_by,
        stretches.closed_by
    from stretches
    join published.leaf_history as leaves using ({KEY})
    where leaves.opened_by <= stretches.opened_by
        and (leaves.closed_by is null or leaves.closed_by > stretches.opened_by)
    group by {KEY}, leaves.reach_depth, stretches.opened_by, stretches.closed_by
"""

TABLE = (
    "drop view published.contributions",
    "drop view published.contribution_leaves",
    "alter table published.contribution_leaves_history rename to leaf_history",
    f"""
    create table published.contribution_leaves_history (
        {", ".join(f"{column} {kind}" for column, (kind, _) in (COLUMNS | BOOKKEEPING).items())}
    )
    """,
    f"comment on table published.contribution_leaves_history is '{COMMENT}（含全部历史）'",
    CONVERSION,
    "drop table published.leaf_history",
    # One entry per row, whatever becomes of it: of all that is published there is nothing more numerous.
    f"""
    create unique index contribution_leaves_in_force on published.contribution_leaves_history ({KEY})
    where closed_by is null
    """,
    f"""
    create index contribution_leaves_closed on published.contribution_leaves_history ({KEY})
    where closed_by is not null
    """,
)


# Whoever reads the views of published may read what stands behind them; a function reads with its caller's rights.
FILED_FIGURES = """
    select
        submission.unit_code,
        submission.form,
        submission.period,
        observation.indicator_code,
        observation.scope,
        observation.status,
        observation.state,
        observation.value,
        observation.low,
        observation.high,
        observation.is_held,
        observation.note,
        delivery.submitter_code,
        delivery.file_name,
        delivery.sha256,
        delivery.received_at,
        observation.sheet,
        observation.cell,
        observation.line,
        observation.quote,
        observation.span_start,
        observation.span_end,
        observation.observation_id,
        submission.submission_id,
        submission.delivery_seq
    from landing.observation as observation
    join landing.submission as submission on submission.submission_id = observation.submission_id
    join landing.delivery as delivery on delivery.delivery_seq = submission.delivery_seq
    where submission.state = 'accepted'
"""


def contributions(leaves: str, closure: str) -> str:
    """The query behind `published.contributions`, for the leaves and the tree of any moment."""
    return f"""
    select
        closure.ancestor_code as unit_code,
        leaves.indicator_code,
        leaves.period,
        leaves.role,
        leaves.holder_code,
        holder.unit_name as holder_name,
        filed.unit_code as leaf_unit_code,
        leaves.leaf_indicator_code,
        filed.form,
        filed.period as leaf_period,
        filed.scope,
        filed.status,
        case when leaf.weight is null then filed.value else leaf.shared_value end as value,
        case when leaf.weight is null then filed.low else leaf.shared_low end as low,
        case when leaf.weight is null then filed.high else leaf.shared_high end as high,
        coalesce(leaf.weight, 1) as weight,
        leaf.weight is not null as is_estimate,
        filed.value as filed_value,
        filed.low as filed_low,
        filed.high as filed_high,
        filed.note,
        filed.submitter_code,
        filed.file_name,
        filed.sha256,
        filed.received_at,
        filed.sheet,
        filed.cell,
        filed.line,
        filed.quote,
        leaf.observation_id,
        filed.submission_id,
        filed.span_start,
        filed.span_end
    from {leaves} as leaves
    join {closure} as closure
        on closure.period = leaves.period
        and closure.unit_code = leaves.holder_code
        and closure.ancestor_depth >= leaves.reach_depth
    join {closure} as holder
        on holder.period = leaves.period
        and holder.unit_code = leaves.holder_code
        and holder.ancestor_code = leaves.holder_code
    cross join lateral unnest(
        leaves.observation_ids, leaves.weights, leaves.shared_values, leaves.shared_lows, leaves.shared_highs
    ) as leaf (observation_id, weight, shared_value, shared_low, shared_high)
    join published.filed_figures as filed on filed.observation_id = leaf.observation_id
    """


# No list of all cells, so that a question about one looks at no other: the row before tells what a revision lacks.
REVISIONS = """
    select
        filed.unit_code,
        filed.form,
        filed.period,
        filed.indicator_code,
        filed.scope,
        filed.status,
        (
            select count(*)::integer
            from landing.submission as earlier
            where earlier.unit_code = filed.unit_code and earlier.form = filed.form
                and earlier.period = filed.period and earlier.state = 'accepted'
                and earlier.delivery_seq <= filed.delivery_seq
        ) as revision,
        case
            when withdrawal.submission_id is not null then 'withdrawn'
            when next.submission_id is not null then 'replaced'
            else 'in_force'
        end as fate,
        filed.state,
        filed.value,
        filed.low,
        filed.high,
        filed.is_held,
        filed.note,
        (
            select string_agg(finding.sentence, ' ' order by finding.finding_id)
            from landing.finding as finding
            where finding.delivery_seq = filed.delivery_seq
                and finding.submission_id = filed.submission_id
                and finding.indicator_code = filed.indicator_code
                and finding.sheet is not distinct from filed.sheet
                and finding.cell is not distinct from filed.cell
                and finding.line is not distinct from filed.line
                and (finding.severity = 'explain' or right(finding.code, 10) = '_EXPLAINED')
        ) as doubt,
        filed.submitter_code,
        filed.file_name,
        filed.sha256,
        filed.received_at,
        filed.sheet,
        filed.cell,
        filed.line,
        filed.quote,
        filed.span_start,
        filed.span_end,
        filed.observation_id,
        filed.submission_id,
        next.submission_id as replaced_by,
        next.received_at as replaced_at,
        next.submission_id is not null and not exists (
            select 1 from landing.observation as later
            where later.submission_id = next.submission_id and later.indicator_code = filed.indicator_code
                and later.scope = filed.scope
        ) as is_dropped,
        withdrawal.withdrawn_at
    from published.filed_figures as filed
    left join landing.withdrawal as withdrawal on withdrawal.submission_id = filed.submission_id
    left join lateral (
        select later.submission_id, brought.received_at
        from landing.submission as later
        join landing.delivery as brought on brought.delivery_seq = later.delivery_seq
        left join landing.withdrawal as taken_back on taken_back.submission_id = later.submission_id
        where later.unit_code = filed.unit_code and later.form = filed.form
            and later.period = filed.period and later.state = 'accepted'
            and later.delivery_seq > filed.delivery_seq and taken_back.submission_id is null
        order by later.delivery_seq
        limit 1
    ) as next on true
"""

# Publications are numbered in their order, so the last one by then says which rows were in force.
LAST_BY_THEN = "(select max(publication_id) from published.publication where published_at <= moment)"

# Two halves, since what is in force and what is closed have an index each.
LEAVES_THEN = f"""(
        select * from published.contribution_leaves_history
        where closed_by is null and opened_by <= {LAST_BY_THEN}
        union all
        select * from published.contribution_leaves_history
        where closed_by is not null and opened_by <= {LAST_BY_THEN} and closed_by > {LAST_BY_THEN}
    )"""
CLOSURE_THEN = f"""(
        select * from published.tree_closure_history
        where opened_by <= {LAST_BY_THEN} and (closed_by is null or closed_by > {LAST_BY_THEN})
    )"""

LEAVES_NOW = "(select * from published.contribution_leaves_history where closed_by is null)"
CLOSURE_NOW = "(select * from published.tree_closure_history where closed_by is null)"

READING = (
    f"create view published.filed_figures as {FILED_FIGURES}",
    "comment on view published.filed_figures is '收下的每个数及其所在的文件、单元格、行或原话；随收随新，不经发布审核'",
    f"create view published.contributions as {contributions(LEAVES_NOW, CLOSURE_NOW)}",
    "comment on view published.contributions is '每个采用数由哪些原报数加成，以及它们所在的文件、单元格、行或原话'",
    f"""
    create function published.contributions_as_of(moment timestamptz) returns setof published.contributions
    language sql stable
    as $$ {contributions(LEAVES_THEN, CLOSURE_THEN)} $$
    """,
    "comment on function published.contributions_as_of(timestamptz) is '某一时刻已发布的 contributions'",
    f"create view published.revisions as {REVISIONS}",
    "comment on view published.revisions is "
    "'收下的每个数是第几次报的，后来被哪次替代或何时撤回，核对时问过什么；随收随新，不经发布审核'",
)

CONTRIBUTION_COMMENTS = PUBLISHED.VIEW_COMMENTS["contributions"] | {
    "period": "报告期",
    "value": "计入的数；拆分而来的按份额，各来源相加恰为承继的数",
    "low": "计入的下限",
    "high": "计入的上限",
    "weight": "承继份额，未拆分为 1",
    "span_start": "原话在文中的起点（字符序号）",
    "span_end": "原话在文中的终点（字符序号，不含）",
}

FILED_COMMENTS = {
    "unit_code": "报送单位代码",
    "form": "报表代码",
    "period": "报告期",
    "indicator_code": "指标代码",
    "scope": "口径",
    "status": "性质",
    "state": "number 有数、not_applicable 无此项、redacted 已隐去",
    "value": "原报数",
    "low": "原报数下限",
    "high": "原报数上限",
    "is_held": "是否待说明，未计入汇总",
    "note": "原报说明",
    "submitter_code": "报送者代码",
    "file_name": "文件名",
    "sha256": "文件指纹（SHA-256）",
    "received_at": "收到时间",
    "sheet": "工作表",
    "cell": "单元格",
    "line": "行号",
    "quote": "原话",
    "span_start": "原话在文中的起点（字符序号）",
    "span_end": "原话在文中的终点（字符序号，不含）",
    "observation_id": "原报数编号",
    "submission_id": "报送编号",
    "delivery_seq": "送达顺序号",
}

REVISION_COMMENTS = {column: text for column, text in FILED_COMMENTS.items() if column != "delivery_seq"} | {
    "revision": "该单位该报表该报告期第几次收下的报送",
    "fate": "现状：in_force 现行、replaced 已被后一次替代、withdrawn 已撤回",
    "doubt": "核对时的疑问，或收到的说明",
    "replaced_by": "被哪次报送替代（报送编号），撤回的不算",
    "replaced_at": "替代它的报送的收到时间",
    "is_dropped": "替代它的报送是否不再报此数",
    "withdrawn_at": "撤回时间",
}
