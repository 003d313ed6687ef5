"""What was received, and the reporting tree: schema landing."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    "create schema landing",
    "comment on schema landing is '收到的一切：报送、读数、核对结果与填报单位'",
    # One sequence orders everything that can change a figure: deliveries, withdrawals, amendments of the tree.
    "create sequence landing.landing_seq",
    """
    create table landing.delivery (
        delivery_seq bigint primary key default nextval('landing.landing_seq'),
        submitter_code text not null,
        file_name text not null,
        sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
        size_bytes bigint not null,
        received_at timestamptz not null default clock_timestamp(),
        kind text not null default 'unknown' check (kind in ('workbook', 'csv', 'narrative', 'unknown')),
        outcome text not null default 'landed'
            check (outcome in ('landed', 'accepted', 'held', 'partly_rejected', 'rejected', 'duplicate', 'kept')),
        form_version text not null default '',
        catalogue_version text,
        checked_at timestamptz,
        -- Which entry of the inbox this was, so that a crash before the entry is removed does not land it twice.
        arrival text unique,
        -- The name is decided with the outcome; a receipt not yet known to be written is written again under it.
        receipt_name text,
        receipt_written_at timestamptz
    )
    """,
    "create index delivery_by_content on landing.delivery (sha256)",
    "create index delivery_to_check on landing.delivery (delivery_seq) where outcome = 'landed'",
    "create index delivery_to_answer on landing.delivery (delivery_seq) where receipt_written_at is null",
    """
    create table landing.submission (
        submission_id bigint generated always as identity primary key,
        delivery_seq bigint not null references landing.delivery,
        unit_code text not null,
        form text not null,
        period text not null,
        year smallint,
        state text not null check (state in ('accepted', 'rejected')),
        figures_read integer not null default 0,
        catalogue_version text not null,
        unique (delivery_seq, unit_code, form, period)
    )
    """,
    "create index submission_in_force on landing.submission (unit_code, form, period, delivery_seq)",
    "create index submission_by_year on landing.submission (year)",
    """
    create table landing.withdrawal (
        withdrawal_seq bigint primary key default nextval('landing.landing_seq'),
        submission_id bigint not null unique references landing.submission,
        withdrawn_at timestamptz not null default clock_timestamp()
    )
    """,
    """
    create table landing.observation (
        observation_id bigint generated always as identity primary key,
        submission_id bigint not null references landing.submission,
        indicator_code text not null,
        scope text not null,
        status text not null,
        state text not null check (state in ('number', 'not_applicable', 'redacted')),
        value numeric,
        low numeric,
        high numeric,
        is_held boolean not null default false,
        note text not null default '',
        raw text not null default '',
        sheet text,
        cell text,
        line integer,
        span_start integer,
        span_end integer,
        quote text,
        check (state = 'number' or (value is null and low is null and high is null)),
        check (low <= value and value <= high and low <= high),
        unique (submission_id, indicator_code, scope, status)
    )
    """,
    """
    create table landing.finding (
        finding_id bigint generated always as identity primary key,
        delivery_seq bigint not null references landing.delivery,
        submission_id bigint references landing.submission,
        code text not null,
        severity text not null check (severity in ('error', 'explain', 'warning', 'info')),
        sentence text not null,
        unit_code text,
        indicator_code text,
        sheet text,
        cell text,
        line integer,
        raw text not null default ''
    )
    """,
    "create index finding_by_delivery on landing.finding (delivery_seq)",
    """
    create table landing.unit_span (
        unit_code text not null,
        name text not null,
        level text not null check (level in ('province', 'city', 'county', 'township')),
        unit_type text not null check (unit_type in ('territorial', 'zone', 'society', 'university', 'enterprise')),
        parent_code text,
        valid_from date not null,
        valid_to date check (valid_to > valid_from),
        primary key (unit_code, valid_from)
    )
    """,
    """
    create table landing.unit_event (
        event_date date not null,
        kind text not null check (kind in ('rename', 'merge', 'split', 'close', 'move')),
        from_code text not null,
        to_code text,
        weight numeric not null default 1 check (weight > 0 and weight <= 1),
        unique nulls not distinct (event_date, kind, from_code, to_code)
    )
    """,
    """
    create table landing.form_expectation (
        form text not null,
        form_name text not null,
        level text not null,
        unit_type text not null,
        due_month smallint not null,
        due_day smallint not null,
        primary key (form, level, unit_type)
    )
    """,
    """
    create table landing.year_change (
        year smallint primary key,
        changed_seq bigint not null,
        published_seq bigint not null default 0,
        published_catalogue text
    )
    """,
    "comment on table landing.delivery is '每次送达一行：谁、何时、哪个文件、原件指纹、处理结果'",
    "comment on table landing.submission is '一个文件中一个单位、一张报表、一个报告期的报送；后到者整体替代先到者'",
    "comment on table landing.withdrawal is '撤回的报送，视同从未报送'",
    "comment on table landing.observation is '读到的每个数及其所在单元格或行；数值为目录所定计量单位'",
    "comment on table landing.finding is '核对发现的问题：编号、轻重、位置、说明'",
    "comment on table landing.unit_span is '填报单位，每个有效期一行，valid_to 当日不含'",
    "comment on table landing.unit_event is '单位变动：更名、合并、拆分、撤销、划转'",
    "comment on table landing.form_expectation is '哪级哪类单位应报哪张报表及年报截止日，由指标目录写入'",
    "comment on table landing.year_change is '各年度最近一次变动与最近一次发布所依据的顺序号'",
)
