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
        submission.unit_code as leaf_unit_code,
        leaves.leaf_indicator_code,
        submission.form,
        submission.period as leaf_period,
        observation.scope,
        observation.status,
        case when leaf.weight is null then observation.value else leaf.shared_value end as value,
        case when leaf.weight is null then observation.low else leaf.shared_low end as low,
        case when leaf.weight is null then observation.high else leaf.shared_high end as high,
        coalesce(leaf.weight, 1) as weight,
        leaf.weight is not null as is_estimate,
        observation.value as filed_value,
        observation.low as filed_low,
        observation.high as filed_high,
        observation.note,
        delivery.submitter_code,
        delivery.file_name,
        delivery.sha256,
        delivery.received_at,
        observation.sheet,
        observation.cell,
        observation.line,
        observation.quote,
        leaf.observation_id,
        submission.submission_id,
        observation.span_start,
        observation.span_end
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
    join landing.observation as observation on observation.observation_id = leaf.observation_id
    join landing.submission as submission on submission.submission_id = observation.submission_id
    join landing.delivery as delivery on delivery.delivery_seq = submission.delivery_seq
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
    f"create view published.contributions as {contributions(LEAVES_NOW, CLOSURE_NOW)}",
    "comment on view published.contributions is '每个采用数由哪些原报数加成，以及它们所在的文件、单元格、行或原话'",
    f"""
    create function published.contributions_as_of(moment timestamptz) returns setof published.contributions
    language sql stable
    as $$ {contributions(LEAVES_THEN, CLOSURE_THEN)} $$
    """,
    "comment on function published.contributions_as_of(timestamptz) is '某一时刻已发布的 contributions'",
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
