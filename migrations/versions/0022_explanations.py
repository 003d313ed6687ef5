"""Reasons for doubted figures, shown upward, and a print of each submission's figures by which copies are found."""

from importlib import import_module

from alembic import op

from migrations.histories import comment_columns

revision = "0022"
down_revision = "0021"

REPORTING_STATUS: str = import_module("migrations.versions.0016_deadlines").REPORTING_STATUS

HELD = "count(*) filter (where severity = 'explain') as held"
STILL_HELD = """count(*) filter (
                where severity = 'explain' and not exists (
                    select 1 from landing.explanation as explanation
                    where explanation.submission_id = finding.submission_id
                        and explanation.indicator_code = finding.indicator_code
                )
            ) as held"""


def upgrade() -> None:
    if HELD not in REPORTING_STATUS:
        raise ValueError("published.reporting_status no longer counts held figures by findings")
    for statement in (*STATEMENTS, REPORTING_STATUS.replace(HELD, STILL_HELD)):
        op.execute(statement)
    comment_columns("explanations", COLUMNS)


EXPLANATIONS = """
    create view published.explanations as
    select
        submission.unit_code,
        unit.name as unit_name,
        unit.level as unit_level,
        unit.parent_code,
        explanation.indicator_code,
        indicators.indicator_name,
        submission.period,
        explanation.scope,
        explanation.status,
        observation.value,
        observation.low,
        observation.high,
        explanation.doubt,
        explanation.reason_code,
        explanation.reason,
        explanation.given_in,
        explanation.explained_by,
        explanation.explained_at,
        withdrawal.submission_id is null and not exists (
            select 1
            from landing.submission as later
            where later.unit_code = submission.unit_code and later.form = submission.form
                and later.period = submission.period and later.state = 'accepted'
                and later.delivery_seq > submission.delivery_seq
                and not exists (
                    select 1 from landing.withdrawal as taken_back where taken_back.submission_id = later.submission_id
                )
        ) as is_in_force,
        explanation.submission_id,
        explanation.explanation_id
    from landing.explanation as explanation
    join landing.submission as submission on submission.submission_id = explanation.submission_id
    join landing.observation as observation
        on observation.submission_id = explanation.submission_id
        and observation.indicator_code = explanation.indicator_code
        and observation.scope = explanation.scope
        and observation.status = explanation.status
    left join landing.withdrawal as withdrawal on withdrawal.submission_id = explanation.submission_id
    left join lateral (
        select span.name, span.level, span.parent_code
        from landing.unit_span as span
        where span.unit_code = submission.unit_code
        order by span.valid_from desc
        limit 1
    ) as unit on true
    left join published.indicators as indicators on indicators.indicator_code = explanation.indicator_code
"""

STATEMENTS = (
    "alter table landing.submission add column figures_print text",
    """
    create index submission_by_print on landing.submission (figures_print)
    where figures_print is not null
    """,
    """
    create table landing.explanation (
        explanation_id bigint generated always as identity primary key,
        submission_id bigint not null,
        indicator_code text not null,
        scope text not null,
        status text not null,
        finding_code text not null,
        doubt text not null,
        reason_code text not null,
        reason text not null check (reason <> ''),
        given_in text not null check (given_in in ('note', 'command')),
        explained_by text not null,
        explained_at timestamptz not null default clock_timestamp()
    )
    """,
    "create index explanation_by_submission on landing.explanation (submission_id, indicator_code)",
    "comment on table landing.explanation is '对核实性问题的说明，每次一行，只增不改：哪个数、为什么、谁、何时'",
    EXPLANATIONS,
    "comment on view published.explanations is '各单位对存疑数的说明：核对时的疑问、原因、说明人和时间，逐级可见'",
)

COLUMNS = {
    "unit_code": "单位代码",
    "unit_name": "单位名称",
    "unit_level": "单位级别：province 省、city 市、county 县、township 乡镇",
    "parent_code": "上级单位代码",
    "indicator_code": "指标代码",
    "indicator_name": "指标名称",
    "period": "报告期",
    "scope": "口径：own 本级，jurisdiction 含下级",
    "status": "状态：actual 实际、provisional 预计等",
    "value": "所说明的数",
    "low": "下限，空为不限",
    "high": "上限，空为不限",
    "doubt": "核对时的疑问",
    "reason_code": "原因代码，见指标目录的说明原因；自己写的说明为空",
    "reason": "说明",
    "given_in": "说明的途径：note 报表的说明栏（CSV 的 note 列），command 受理后补充",
    "explained_by": "说明人：报送单位代码，或补充说明时写的名称",
    "explained_at": "说明时间",
    "is_in_force": "所说明的报送是否现行有效",
    "submission_id": "报送编号",
    "explanation_id": "说明编号",
}
