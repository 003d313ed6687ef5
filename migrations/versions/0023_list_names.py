"""Name lists: the names behind the figure of a list, and what of them is published."""

from importlib import import_module

from alembic import op

from migrations.histories import comment_columns

revision = "0023"
down_revision = "0022"

LEAVES = import_module("migrations.versions.0009_leaves")


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    comment_columns("list_names", NAME_COLUMNS)


TABLE = """
    create table landing.list_name (
        list_name_id bigint generated always as identity primary key,
        submission_id bigint not null references landing.submission,
        indicator_code text not null,
        scope text not null,
        status text not null,
        name text not null check (name <> ''),
        -- As names are compared: without spaces, full-width signs as plain ones.
        name_key text not null check (name_key <> ''),
        title text not null default '',
        level text check (level in ('national', 'province', 'city', 'county')),
        batch text not null default '',
        located_in text,
        valid_from date,
        valid_until date check (valid_from <= valid_until),
        is_counted boolean not null,
        note text not null default '',
        sheet text,
        cell text,
        line integer
    )
"""

# The leaves published of a list say which filed figures count; their names stand beside them in landing.
NAMES = f"""
    select
        leaves.holder_code as unit_code,
        holder.unit_name,
        holder.unit_level,
        leaves.indicator_code,
        indicators.indicator_name,
        leaves.period,
        named.name,
        named.title,
        named.level,
        named.batch,
        named.valid_from,
        named.valid_until,
        coalesce(named.valid_from <= today.day, true) and coalesce(named.valid_until >= today.day, true) as is_valid,
        named.is_counted,
        named.located_in,
        place.unit_name as located_in_name,
        named.note,
        filed.unit_code as filed_by,
        filed.period as filed_period,
        filed.file_name,
        filed.received_at,
        named.sheet,
        named.cell,
        named.line,
        named.name_key,
        filed.observation_id,
        filed.submission_id,
        named.list_name_id
    from {LEAVES.LEAVES_NOW} as leaves
    cross join lateral unnest(leaves.observation_ids) as leaf (observation_id)
    join published.filed_figures as filed on filed.observation_id = leaf.observation_id
    join landing.list_name as named
        on named.submission_id = filed.submission_id
        and named.indicator_code = filed.indicator_code
        and named.scope = filed.scope
        and named.status = filed.status
    join {LEAVES.CLOSURE_NOW} as holder
        on holder.period = leaves.period
        and holder.unit_code = leaves.holder_code
        and holder.ancestor_code = leaves.holder_code
    left join {LEAVES.CLOSURE_NOW} as place
        on place.period = leaves.period
        and place.unit_code = named.located_in
        and place.ancestor_code = named.located_in
    left join published.indicators as indicators on indicators.indicator_code = leaves.indicator_code
    cross join (select (now() at time zone 'Asia/Shanghai')::date as day) as today
    where leaves.role = 'own'
"""

STATEMENTS = (
    TABLE,
    "create index list_name_by_submission on landing.list_name (submission_id, indicator_code)",
    "comment on table landing.list_name is '名录里的每个名称及其所在的行、单元格；同一个数的指标、口径、性质相同'",
    f"create view published.list_names as {NAMES}",
    "comment on view published.list_names is '已发布的名录数背后的名称：称号、级别、批次、有效期、在哪个文件的哪一行'",
)

NAME_COLUMNS = {
    "unit_code": "名录所属单位代码",
    "unit_name": "单位名称",
    "unit_level": "单位级别",
    "indicator_code": "指标代码",
    "indicator_name": "指标名称",
    "period": "报告期",
    "name": "名称",
    "title": "称号",
    "level": "称号级别：national 国家级，province 省级，city 市级，county 县级；空为未填",
    "batch": "批次",
    "valid_from": "有效期起，空为未填",
    "valid_until": "有效期止（含当日），空为未填或长期",
    "is_valid": "今天（北京时间）是否在有效期内；未填有效期的算有效",
    "is_counted": "是否计入本期的数",
    "located_in": "所在单位代码，空为不分地区或未填",
    "located_in_name": "所在单位名称",
    "note": "备注",
    "filed_by": "报送单位代码（变动前的单位可能不同）",
    "filed_period": "原报的报告期",
    "file_name": "文件名",
    "received_at": "收到时间",
    "sheet": "工作表",
    "cell": "单元格",
    "line": "行号",
    "name_key": "比较用的名称：去空格、全角改半角",
    "observation_id": "所属原报数编号",
    "submission_id": "报送编号",
    "list_name_id": "名称编号",
}
