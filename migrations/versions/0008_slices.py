"""Figures of halves, quarters, months and plans; years restated on later trees."""

from importlib import import_module

from alembic import op

from migrations.histories import create_history

revision = "0008"
down_revision = "0007"

HISTORIES = import_module("migrations.versions.0003_published").HISTORIES

FIGURES: dict[str, tuple[str, str]] = HISTORIES["indicator_values"][2]

RESTATED = FIGURES | {"period": ("text not null", "年度"), "tree_date": ("date not null", "所用单位树的日期")}

SUCCESSIONS = {
    "period": ("text not null", "报告期"),
    "tree_date": ("date not null", "所用单位树的日期"),
    "event_date": ("date not null", "变动日期"),
    "kind": ("text not null", "变动：rename 更名、merge 合并、split 拆分"),
    "from_code": ("text not null", "原单位代码"),
    "to_code": ("text not null", "承继单位代码"),
    "weight": ("numeric not null", "承继份额，未拆分为 1"),
}

PROGRESS = {
    "unit_code": ("text not null", "单位代码"),
    "unit_name": ("text not null", "单位名称（该期单位树上的名称）"),
    "unit_level": ("text not null", "单位级别：province 省、city 市、county 县、township 乡镇"),
    "indicator_code": ("text not null", "指标代码"),
    "indicator_name": ("text not null", "指标名称"),
    "measure": ("text", "计量单位"),
    "year": ("text not null", "年度"),
    "period": ("text not null", "报告期：年度、半年、季度或月份"),
    "value": ("numeric", "当期采用数"),
    "low": ("numeric", "当期采用数下限"),
    "high": ("numeric", "当期采用数上限"),
    "units_expected": ("integer not null", "应报单位数"),
    "units_reported": ("integer not null", "当期已报单位数"),
    "units_covered": ("integer not null", "当期已报或被覆盖的单位数"),
    "plan_value": ("numeric", "当期计划数"),
    "plan_low": ("numeric", "当期计划数下限"),
    "plan_high": ("numeric", "当期计划数上限"),
    "plan_units_reported": ("integer", "已报当期计划的单位数"),
    "to_date_value": ("numeric", "年初至期末累计数"),
    "to_date_low": ("numeric", "累计数下限"),
    "to_date_high": ("numeric", "累计数上限"),
    "to_date_units_reported": ("integer", "年初至期末已报齐的单位数"),
    "to_date_units_covered": ("integer", "年初至期末已报齐或被覆盖的单位数"),
    "year_plan_value": ("numeric", "全年计划数"),
    "year_plan_low": ("numeric", "全年计划数下限"),
    "year_plan_high": ("numeric", "全年计划数上限"),
    "year_plan_units_reported": ("integer", "已报全年计划的单位数"),
    "percent_of_year_plan": ("numeric", "累计数占全年计划，%，四位小数"),
}

STATEMENTS = (
    """
    create table ops.restatement (
        year smallint not null,
        tree_date date not null,
        asked_by text not null,
        asked_at timestamptz not null default clock_timestamp(),
        primary key (year, tree_date),
        check (tree_date > make_date(year, 12, 31))
    )
    """,
    "comment on table ops.restatement is '还要按哪一日的单位树重算哪个年度；以后每次汇总该年度都一并重算'",
    "comment on column ops.restatement.year is '年度'",
    "comment on column ops.restatement.tree_date is '所用单位树的日期'",
    "comment on column ops.restatement.asked_by is '由哪次运行提出；同口径比较所需的由系统自行提出'",
    "comment on column ops.restatement.asked_at is '提出时间'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    create_history(
        "restated_values",
        "按另一日单位树重算的年度数",
        ("period", "tree_date", "unit_code", "indicator_code"),
        RESTATED,
    )
    create_history(
        "successions",
        "各年度的数经由哪些变动归入单位树上的单位及其份额",
        ("period", "tree_date", "event_date", "kind", "from_code", "to_code"),
        SUCCESSIONS,
    )
    create_history(
        "progress",
        "年内进度：当期数、年初以来累计数、当期与全年计划数，各有报送范围；有计划的指标才有",
        ("period", "unit_code", "indicator_code"),
        PROGRESS,
    )
