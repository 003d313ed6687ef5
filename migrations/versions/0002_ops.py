"""What ran and how it ended: schema ops."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    "create schema ops",
    "comment on schema ops is '运行情况：每次构建、每个模型、每项审核、每个文件的结果'",
    """
    create table ops.build (
        build_id bigint generated always as identity primary key,
        cutoff_seq bigint not null,
        catalogue_version text not null,
        requested_by text not null,
        state text not null default 'building'
            check (state in ('building', 'built', 'audited', 'published', 'replaced')),
        message text not null default '',
        started_at timestamptz not null default clock_timestamp(),
        built_at timestamptz,
        audited_at timestamptz,
        published_at timestamptz
    )
    """,
    # The candidate schema holds one build at a time.
    """
    create unique index build_in_candidate on ops.build ((true)) where state in ('building', 'built', 'audited')
    """,
    """
    create table ops.build_year (
        build_id bigint not null references ops.build,
        year smallint not null,
        tree_date date not null,
        primary key (build_id, year)
    )
    """,
    """
    create table ops.model_result (
        build_id bigint not null references ops.build,
        node text not null,
        node_type text not null,
        status text not null,
        seconds numeric not null,
        rows_affected bigint,
        message text not null default '',
        finished_at timestamptz not null default clock_timestamp(),
        primary key (build_id, node)
    )
    """,
    """
    create table ops.expectation_result (
        build_id bigint not null references ops.build,
        suite text not null,
        expectation text not null,
        expectation_name text not null,
        severity text not null check (severity in ('critical', 'warning', 'info')),
        is_success boolean not null,
        bad_rows bigint not null default 0,
        message text not null default '',
        finished_at timestamptz not null default clock_timestamp(),
        primary key (build_id, expectation)
    )
    """,
    """
    create table ops.expectation_bad_row (
        build_id bigint not null references ops.build,
        expectation text not null,
        unit_code text,
        indicator_code text,
        period text,
        file_name text,
        place text,
        bad_row jsonb not null
    )
    """,
    """
    create view ops.file_outcomes as
    select
        delivery.delivery_seq,
        delivery.received_at,
        delivery.submitter_code,
        delivery.file_name,
        delivery.kind,
        delivery.outcome,
        coalesce(counted.errors, 0) as errors,
        coalesce(counted.held, 0) as held,
        coalesce(counted.warnings, 0) as warnings,
        counted.first_sentence,
        delivery.receipt_name,
        delivery.sha256
    from landing.delivery as delivery
    left join (
        select
            delivery_seq,
            count(*) filter (where severity = 'error') as errors,
            count(*) filter (where severity = 'explain') as held,
            count(*) filter (where severity = 'warning') as warnings,
            (array_agg(sentence order by
                case severity when 'error' then 1 when 'explain' then 2 when 'warning' then 3 else 4 end, finding_id
            ))[1] as first_sentence
        from landing.finding
        group by delivery_seq
    ) as counted on counted.delivery_seq = delivery.delivery_seq
    """,
    "comment on table ops.build is '每次构建：依据到哪个顺序号、由谁发起、到了哪一步'",
    "comment on table ops.build_year is '一次构建包含的年度及其所用的单位树日期'",
    "comment on table ops.model_result is '一次构建中每个 dbt 模型、种子和检验的结果与用时（秒）'",
    "comment on table ops.expectation_result is '一次构建中每项审核的结果'",
    "comment on table ops.expectation_bad_row is '审核未通过的行及其来源文件'",
    "comment on view ops.file_outcomes is '每个送达文件的处理结果与第一条问题'",
)
