"""Deadlines: a blank form is no filing, what is owed this year is known before anybody files, and who was reminded."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    for statement in (FILING_OBLIGATION, REPORTING_STATUS, *TABLES, OPEN_ALERTS):
        op.execute(statement)
    for relation, comment in RELATION_COMMENTS.items():
        op.execute(f"comment on {relation} is '{comment}'")
    for relation, comments in COLUMN_COMMENTS.items():
        for column, comment in comments.items():
            op.execute(f"comment on column {relation}.{column} is '{comment}'")


# A period as a set of months: bit 0 is January. This year and the last are owed before anything of them is known.
FILING_OBLIGATION = """
    create or replace view landing.filing_obligation as
    with years as (
        select year from landing.year_change
        union
        select (extract(year from now() at time zone 'Asia/Shanghai') - back)::smallint
        from generate_series(0, 1) as back
    ),
    parts as (
        select 'year' as frequency, '' as suffix, 1 as first_month, 12 as last_month, 4095 as months
        union all
        select 'half', '-H' || part, 6 * part - 5, 6 * part, 63 << (6 * part - 6) from generate_series(1, 2) as part
        union all
        select 'quarter', '-Q' || part, 3 * part - 2, 3 * part, 7 << (3 * part - 3) from generate_series(1, 4) as part
        union all
        select 'month', to_char(part, '"-"FM00'), part, part, 1 << (part - 1) from generate_series(1, 12) as part
    ),
    last_spans as (
        select distinct on (years.year, spans.unit_code)
            years.year, spans.unit_code, spans.name, spans.level, spans.unit_type, spans.parent_code
        from years
        join landing.unit_span as spans
            on spans.valid_from <= make_date(years.year, 12, 31)
            and (spans.valid_to is null or spans.valid_to > make_date(years.year, 1, 1))
        order by years.year, spans.unit_code, spans.valid_from desc
    ),
    owed as (
        select years.year, lives.unit_code, bit_or(1 << (month - 1)) as months
        from years
        join (
            select unit_code, min(valid_from) as first_day, max(coalesce(valid_to, 'infinity')) as ended_on
            from landing.unit_span
            group by unit_code
        ) as lives on true
        join generate_series(1, 12) as month
            on make_date(years.year, month, 1) + interval '1 month' - interval '1 day' >= lives.first_day
            and make_date(years.year, month, 1) + interval '1 month' - interval '1 day' < lives.ended_on
        group by years.year, lives.unit_code
    ),
    dated as (
        select
            spans.year,
            spans.unit_code,
            spans.name,
            spans.level,
            spans.unit_type,
            spans.parent_code,
            expected.form,
            expected.form_name,
            spans.year || parts.suffix as period,
            parts.months & owed.months as months,
            make_date(spans.year, parts.first_month, 1) as first_day,
            (make_date(spans.year, parts.last_month, 1) + interval '1 month')::date as end_day,
            (make_date(spans.year, parts.last_month, 1) + make_interval(months => expected.due_months))::date
                as due_from,
            expected.due_day
        from last_spans as spans
        join owed on owed.year = spans.year and owed.unit_code = spans.unit_code
        join landing.form_expectation as expected
            on expected.level = spans.level
            and expected.unit_type = spans.unit_type
            and expected.valid_from <= make_date(spans.year, 1, 1)
            and (expected.valid_to is null or expected.valid_to > make_date(spans.year, 1, 1))
        join parts on parts.frequency = expected.frequency and parts.months & owed.months <> 0
    )
    select
        dated.year,
        dated.unit_code,
        dated.name as unit_name,
        dated.level as unit_level,
        dated.unit_type,
        dated.parent_code,
        dated.form,
        dated.form_name,
        dated.period,
        dated.months,
        exception.reason is not null and exception.due_date is null as is_exempt,
        case
            when exception.reason is null
                then least(dated.due_from + dated.due_day - 1, (dated.due_from + interval '1 month')::date - 1)
            else exception.due_date
        end as due_date,
        exception.reason
    from dated
    left join lateral (
        select exceptions.due_date, exceptions.reason
        from landing.filing_exception as exceptions
        where (exceptions.unit_code is null or exceptions.unit_code = dated.unit_code)
            and (exceptions.level is null or exceptions.level = dated.level)
            and (exceptions.unit_type is null or exceptions.unit_type = dated.unit_type)
            and (exceptions.form is null or exceptions.form = dated.form)
            and exceptions.valid_from <= dated.first_day
            and exceptions.valid_to >= dated.end_day
        order by exceptions.source = 'units' desc, exceptions.position desc
        limit 1
    ) as exception on true
"""

# On time is who had filed all owed months by then; what a later revision says does not make an earlier one late. A form
# in which nothing stands is blank: it came, and what it should report is as missing as before.
REPORTING_STATUS = """
    create or replace view published.reporting_status as
    with submissions as (
        select
            submission.*,
            delivery.received_at,
            case
                when length(submission.period) = 4 then 4095
                when substring(submission.period from 6) = 'H1' then 63
                when substring(submission.period from 6) = 'H2' then 4032
                when substring(submission.period from 6 for 1) = 'Q'
                    then 7 << (3 * (substring(submission.period from 7)::integer - 1))
                else 1 << (substring(submission.period from 6)::integer - 1)
            end as months,
            withdrawal.withdrawal_seq,
            submission.figures_read = 0 as is_blank,
            submission.state = 'accepted' and withdrawal.submission_id is null as is_accepted,
            submission.state = 'accepted' and withdrawal.submission_id is null and row_number() over (
                partition by submission.unit_code, submission.form, submission.period,
                    submission.state, withdrawal.submission_id is null
                order by submission.delivery_seq desc
            ) = 1 as is_in_force,
            submission.state = 'rejected' and submission.delivery_seq = max(submission.delivery_seq) over (
                partition by submission.unit_code, submission.form, submission.period
            ) as is_unmended
        from landing.submission as submission
        join landing.delivery as delivery on delivery.delivery_seq = submission.delivery_seq
        left join landing.withdrawal as withdrawal on withdrawal.submission_id = submission.submission_id
        where submission.year is not null
    ),
    counted as (
        select
            submission_id,
            count(*) filter (where severity = 'error') as errors,
            count(*) filter (where severity = 'explain') as held,
            count(*) filter (where severity = 'warning') as warnings
        from landing.finding
        group by submission_id
    ),
    released as (
        select distinct on (releases.period)
            releases.period::smallint as year, publication.build_id, releases.approved_at
        from published.releases as releases
        join published.publication as publication on publication.publication_id = releases.publication_id
        order by releases.period, releases.approved_at desc
    ),
    -- All that the approved figures rest on: what had landed for the build that published them, and for those after it
    -- that found nothing to change.
    approved as (
        select released.year, max(build.cutoff_seq) as cutoff_seq
        from released
        join ops.build as build
            on build.build_id >= released.build_id
            and build.state = 'published'
            and build.published_at <= released.approved_at
        join ops.build_year as built on built.build_id = build.build_id and built.year = released.year
        where not exists (
            select 1
            from published.publication as later
            join ops.build_year as changed on changed.build_id = later.build_id and changed.year = released.year
            where later.build_id > released.build_id and later.build_id <= build.build_id
        )
        group by released.year
    ),
    filed as (
        select
            submissions.year,
            submissions.unit_code,
            submissions.form,
            submissions.months,
            count(*) filter (where state = 'accepted') as revisions,
            max(received_at) filter (where is_in_force) as received_at,
            min(received_at) filter (where is_accepted and not is_blank) as first_received_at,
            coalesce(bool_or(is_in_force and not is_blank), false) as is_in_force,
            coalesce(bool_or(is_in_force and is_blank), false) as is_blank,
            coalesce(bool_or(is_unmended), false) as is_rejected,
            greatest(max(delivery_seq) filter (where state = 'accepted'), max(withdrawal_seq)) as changed_seq,
            sum(counted.errors) filter (where is_unmended) as errors,
            sum(counted.held) filter (where is_in_force) as held,
            sum(counted.warnings) filter (where is_in_force) as warnings
        from submissions
        left join counted on counted.submission_id = submissions.submission_id
        group by submissions.year, submissions.unit_code, submissions.form, submissions.months
    ),
    matched as (
        select
            obligations.*,
            filed.months as filed_months,
            filed.revisions,
            filed.received_at,
            filed.first_received_at,
            filed.is_in_force,
            filed.is_blank,
            filed.is_rejected,
            filed.changed_seq,
            filed.errors,
            filed.held,
            filed.warnings,
            bit_or(filed.months) filter (where filed.is_in_force) over (
                partition by obligations.unit_code, obligations.form, obligations.period
                order by filed.first_received_at, filed.months
            ) as months_by_then
        from landing.filing_obligation as obligations
        left join filed
            on filed.year = obligations.year
            and filed.unit_code = obligations.unit_code
            and filed.form = obligations.form
            and filed.months & obligations.months <> 0
    )
    select
        unit_code,
        unit_name,
        unit_level,
        parent_code,
        form,
        form_name,
        period,
        due_date,
        max(received_at) as received_at,
        (min(first_received_at) filter (where months_by_then & months = months) at time zone 'Asia/Shanghai')::date
            <= due_date as is_on_time,
        case
            when is_exempt then 'exempt'
            when not coalesce(bool_or(is_in_force), false)
                then case
                    when bool_or(is_rejected) then 'rejected'
                    when bool_or(is_blank) then 'blank'
                    else 'missing'
                end
            when sum(held) > 0 then 'held'
            when bit_or(filed_months) filter (where is_in_force) & months = months then 'accepted'
            else 'partial'
        end as state,
        coalesce(sum(revisions), 0)::bigint as revisions,
        coalesce(sum(errors), 0) as errors,
        coalesce(sum(held), 0) as held,
        coalesce(sum(warnings), 0) as warnings,
        reason as exception_reason,
        coalesce(max(changed_seq), 0) > approved.cutoff_seq as is_changed_since_approval
    from matched
    left join approved on approved.year = matched.year
    group by
        unit_code, unit_name, unit_level, parent_code, form, form_name, period, months, due_date, is_exempt, reason,
        approved.cutoff_seq
"""

TABLES = (
    """
    create table landing.unit_contact (
        unit_code text not null,
        email text not null,
        primary key (unit_code, email)
    )
    """,
    # Written down before it goes anywhere; what has no `sent_at` is sent by whoever comes next.
    """
    create table ops.reminder_message (
        message_id bigint generated always as identity primary key,
        day date not null,
        recipient_code text not null,
        subject text not null,
        body text not null,
        page text not null,
        written_at timestamptz not null default clock_timestamp(),
        begun_at timestamptz,
        sent_at timestamptz,
        channel text check (channel in ('mail', 'outbox')),
        place text,
        remark text not null default '',
        check ((sent_at is null) = (channel is null))
    )
    """,
    "create index reminder_message_to_send on ops.reminder_message (message_id) where sent_at is null",
    # Nobody is told the same twice.
    """
    create table ops.reminder (
        unit_code text not null,
        form text not null,
        period text not null,
        due_date date not null,
        step text not null,
        recipient_code text not null,
        message_id bigint not null references ops.reminder_message,
        primary key (unit_code, form, period, due_date, step, recipient_code)
    )
    """,
    "create index reminder_by_message on ops.reminder (message_id)",
    """
    create table ops.alert_notice (
        notice_id bigint generated always as identity primary key,
        tried_at timestamptz not null default clock_timestamp(),
        channel text not null,
        kind text not null,
        dag text not null,
        task text,
        year smallint,
        fingerprint text not null,
        remark text not null default ''
    )
    """,
    "create index alert_notice_by_channel on ops.alert_notice (channel, notice_id)",
)

# As before, but looking at a late DAG's runs one by one until one has ended well: one that runs each five minutes has
# a hundred thousand of them.
OPEN_ALERTS = """
    create or replace view ops.open_alerts as
    with unmended as (
        select alert.*
        from ops.alert as alert
        where not exists (
            select 1 from ops.task_run as mended
            where alert.kind = 'failed' and mended.dag = alert.dag and mended.task = alert.task
                and mended.year is not distinct from alert.year
                and mended.outcome in ('success', 'skipped') and mended.started_at > alert.raised_at
        ) and not exists (
            select 1
            from ops.task_run as step
            cross join lateral (
                select 1 from ops.runs
                where runs.dag = step.dag and runs.run_id = step.run_id
                    and runs.year is not distinct from alert.year
                    and runs.outcome in ('success', 'skipped') and runs.finished_at > alert.raised_at
            ) as mended
            where alert.kind = 'late' and step.dag = alert.dag and step.finished_at > alert.raised_at
        )
    )
    select
        kind,
        dag,
        task,
        year,
        min(raised_at) as first_raised_at,
        max(raised_at) as last_raised_at,
        count(*) as times,
        (array_agg(run_id order by alert_id desc))[1] as run_id,
        (array_agg(sentence order by alert_id desc))[1] as sentence
    from unmended
    group by kind, dag, task, year
"""

RELATION_COMMENTS = {
    "table landing.unit_contact": "各单位接收催报的电子邮件地址，由本省的 contacts.csv 载入",
    "table ops.reminder_message": "每封催报一行：先记下再发出，没有发出时间的由下一次运行发出",
    "table ops.alert_notice": "每次把告警告诉数据组的尝试：哪个渠道、哪个告警、成没成",
    "table ops.reminder": "催过什么：哪个单位哪张报表哪个报告期、因哪一步、告知了谁；同一件事不催第二次",
    "view landing.filing_obligation": "应报清单：已有数据的各年度和今年、上年，每个单位每张报表每个应报报告期一行",
}

COLUMN_COMMENTS = {
    "landing.unit_contact": {"unit_code": "单位代码", "email": "电子邮件地址"},
    "ops.reminder_message": {
        "message_id": "编号，也在发件箱文件名里",
        "day": "针对哪一天（北京时间）",
        "recipient_code": "收件单位代码",
        "subject": "标题",
        "body": "全文（纯文字）",
        "page": "全文（网页）",
        "written_at": "记下的时间",
        "begun_at": "开始发邮件的时间，没有发邮件的为空",
        "sent_at": "发出的时间，空为尚未发出",
        "channel": "渠道：mail 邮件、outbox 发件箱",
        "place": "邮件地址，或在发件箱中的位置",
        "remark": "为何没有发邮件、哪些地址被拒收；没有则为空",
    },
    "ops.reminder": {
        "unit_code": "待报单位代码",
        "form": "报表代码",
        "period": "报告期",
        "due_date": "截止日",
        "step": "催报步骤代码，见 catalogue/reminders.yaml",
        "recipient_code": "告知了哪个单位",
        "message_id": "哪一封催报",
    },
    "ops.alert_notice": {
        "notice_id": "编号",
        "tried_at": "尝试的时间",
        "channel": "渠道：mail 邮件、bot 加主机名为群机器人",
        "kind": "告警的种类：failed 步骤失败、late 到点未完成",
        "dag": "告警的 DAG",
        "task": "告警的步骤，到点未完成的为空",
        "year": "告警的年度，不针对某一年度的为空",
        "fingerprint": "告警说的是什么，去掉构建编号；同样的话隔十二小时才再说",
        "remark": "为何没有成功，成功的为空",
    },
    "published.reporting_status": {
        "is_on_time": "是否按时收齐（按文件实际到达的时间，北京时间），空为未收齐或免报",
        "state": (
            "状态：accepted 已收、held 待说明、partial 只报了部分时段、rejected 被退回、blank 收到的是空表、"
            "missing 未报、exempt 免报"
        ),
        "is_changed_since_approval": "批准（该年度最近一次定稿）之后是否又有修订或撤回，没有定稿的为空",
    },
}
