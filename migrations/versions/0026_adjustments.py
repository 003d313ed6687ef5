"""What was taken off for figures counted twice: in a column of its own beside each figure, and signed, row by row."""

from importlib import import_module

from alembic import op

from migrations.histories import comment_columns

revision = "0026"
down_revision = "0025"

VERSIONS = "migrations.versions."
AS_OF: str = import_module(f"{VERSIONS}0003_published").VIEWS[0]
PROVINCE_INDICATORS: str = import_module(f"{VERSIONS}0012_definitions").PROVINCE_INDICATORS
ON_TREE: str = import_module(f"{VERSIONS}0019_comparison_as_of").STATEMENTS[2]
FILED_COMMENTS: dict[str, str] = import_module(f"{VERSIONS}0009_leaves").FILED_COMMENTS

COMMENT = "采用数中去重调整的部分（本单位和各下级的合计，带正负号），没有调整的为空"
ROLES = "作用：own 本级、claim 含下级、adjustment 去重调整、numerator 分子、denominator 分母"

SHOWN = ("indicator_values", "restated_values", "report_lines")
COPIED = ("release_values", "release_lines")


def upgrade() -> None:
    for relation in (*(f"{name}_history" for name in SHOWN), *COPIED):
        op.execute(f"alter table published.{relation} add column adjustment_value numeric")
        comment_columns(relation, {"adjustment_value": COMMENT})
    for relation in SHOWN:
        _show(relation)
    for statement in (*REPLACED, *STATEMENTS):
        op.execute(statement)
    comment_columns("province_indicators", {"adjustment_value": COMMENT})
    comment_columns("adjustments", COLUMNS)
    for relation in ("contribution_leaves_history", "contribution_leaves", "contributions", "release_leaves"):
        comment_columns(relation, {"role": ROLES})


def _show(relation: str) -> None:
    """The view of a history as it is, with the new column at its end: other views stand on it."""
    op.execute(f"""
        do $$
        begin
            execute 'create or replace view published.{relation} as select ' || (
                select string_agg(
                    case column_name when 'published_at' then 'publication.' else 'history.' end || column_name, ', '
                    order by ordinal_position
                )
                from information_schema.columns
                where table_schema = 'published' and table_name = '{relation}'
            ) || ', history.adjustment_value
                from published.{relation}_history as history
                join published.publication as publication on publication.publication_id = history.opened_by
                where history.closed_by is null';
        end
        $$
    """)
    comment_columns(relation, {"adjustment_value": COMMENT})


def _changed(statement: str, *changes: tuple[str, str]) -> str:
    for before, after in changes:
        if before not in statement:
            raise ValueError(f"an earlier migration no longer says: {before}")
        statement = statement.replace(before, after)
    return statement


REPLACED = (
    _changed(
        AS_OF,
        ("create function", "create or replace function"),
        ("opened.published_at\n", "opened.published_at, history.adjustment_value\n"),
    ),
    _changed(
        ON_TREE,
        ("create function", "create or replace function"),
        ("publication.published_at\n", "publication.published_at, history.adjustment_value\n"),
    ),
    _changed(
        PROVINCE_INDICATORS,
        ("create view", "create or replace view"),
        ("now.published_at,", "now.published_at, now.adjustment_value,"),
        ("as comparison_reason\n", "as comparison_reason,\n        adjustment_value\n"),
    ),
)

ADJUSTMENTS = """
    create view published.adjustments as
    select
        filed.unit_code,
        unit.name as unit_name,
        unit.level as unit_level,
        unit.parent_code,
        filed.indicator_code,
        indicators.indicator_name,
        indicators.measure,
        filed.period,
        filed.status,
        filed.value,
        filed.note as reason,
        filed.submitter_code,
        filed.file_name,
        filed.sha256,
        filed.received_at,
        filed.sheet,
        filed.cell,
        filed.line,
        withdrawal.submission_id is null and not exists (
            select 1
            from landing.submission as later
            where later.unit_code = filed.unit_code and later.form = filed.form
                and later.period = filed.period and later.state = 'accepted'
                and later.delivery_seq > filed.delivery_seq
                and not exists (
                    select 1 from landing.withdrawal as taken_back where taken_back.submission_id = later.submission_id
                )
        ) as is_in_force,
        exists (
            select 1 from published.contribution_leaves_history as leaves
            where leaves.role = 'adjustment' and leaves.closed_by is null
                and leaves.indicator_code = filed.indicator_code
                and leaves.period in (filed.period, left(filed.period, 4))
                and filed.observation_id = any(leaves.observation_ids)
        ) as is_counted,
        filed.submission_id,
        filed.observation_id
    from published.filed_figures as filed
    left join landing.withdrawal as withdrawal on withdrawal.submission_id = filed.submission_id
    left join lateral (
        select span.name, span.level, span.parent_code
        from landing.unit_span as span
        where span.unit_code = filed.unit_code
        order by span.valid_from desc
        limit 1
    ) as unit on true
    left join published.indicators as indicators on indicators.indicator_code = filed.indicator_code
    where filed.scope = 'adjustment'
"""

STATEMENTS = (
    # Few figures are adjustments: a build looks for its own among those of all years, the office for those that count.
    "create index observation_adjusting on landing.observation (submission_id) where scope = 'adjustment'",
    """
    create index contribution_leaves_adjusting on published.contribution_leaves_history (indicator_code, period)
    where role = 'adjustment'
    """,
    ADJUSTMENTS,
    "comment on view published.adjustments is "
    "'去重调整：上级单位为扣除重复计数报的带正负号的数，谁报的、为什么、是否计入；随收随新'",
)

COLUMNS = {column: FILED_COMMENTS[column] for column in ("submitter_code", "file_name", "sha256", "received_at")} | {
    "unit_code": "作调整的单位代码",
    "unit_name": "单位名称",
    "unit_level": "单位级别：province 省、city 市",
    "parent_code": "上级单位代码",
    "indicator_code": "指标代码",
    "indicator_name": "指标名称",
    "measure": "计量单位",
    "period": "报告期",
    "status": "性质",
    "value": "调整数，负数为扣减",
    "reason": "原因：哪几个单位、哪些活动重复计数",
    "sheet": "工作表",
    "cell": "单元格",
    "line": "行号",
    "is_in_force": "所在的报送是否现行有效",
    "is_counted": "是否已计入发布的汇总数；绝对值超过各下级采用数之和的不计",
    "submission_id": "报送编号",
    "observation_id": "原报数编号",
}
