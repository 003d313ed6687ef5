"""The form calendar behind published.reporting_status: how often each form is owed, by when, and the exceptions."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for statement in (*EXPECTATION, FILING_EXCEPTION, FILING_OBLIGATION, REPORTING_STATUS):
        op.execute(statement)
    for relation, comment in RELATION_COMMENTS.items():
        op.execute(f"comment on {relation} is '{comment}'")
    for relation, comments in COLUMN_COMMENTS.items():
        for column, comment in comments.items():
            op.execute(f"comment on column {relation}.{column} is '{comment}'")


# Until now every form was one of the year, due in the first months of the next.
EXPECTATION = (
    "alter table landing.form_expectation rename column due_month to due_months",
    "alter table landing.form_expectation add column frequency text not null default 'year'",
    "alter table landing.form_expectation add column valid_from date not null default '1900-01-01'",
    "alter table landing.form_expectation add column valid_to date",
    "alter table landing.form_expectation alter column frequency drop default",
    "alter table landing.form_expectation alter column valid_from drop default",
    "alter table landing.form_expectation drop constraint form_expectation_pkey",
    "alter table landing.form_expectation add primary key (form, level, unit_type, valid_from)",
)

FILING_EXCEPTION = """
    create table landing.filing_exception (
        source text not null,
        position smallint not null,
        unit_code text,
        level text,
        unit_type text,
        form text,
        due_date date,
        reason text not null,
        valid_from date not null,
        valid_to date not null,
        primary key (source, position)
    )
"""

# A period as a set of months: bit 0 is January.
FILING_OBLIGATION = """
    create view landing.filing_obligation as
    with parts as (
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
        from landing.year_change as years
        join landing.unit_span as spans
            on spans.valid_from <= make_date(years.year, 12, 31)
            and (spans.valid_to is null or spans.valid_to > make_date(years.year, 1, 1))
        order by years.year, spans.unit_code, spans.valid_from desc
    ),
    owed as (
        select years.year, lives.unit_code, bit_or(1 << (month - 1)) as months
        from landing.year_change as years
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

# On time is who had filed all owed months by then; what a later revision says does not make an earlier one late.
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
    filed as (
        select
            submissions.year,
            submissions.unit_code,
            submissions.form,
            submissions.months,
            count(*) filter (where state = 'accepted') as revisions,
            max(received_at) filter (where is_in_force) as received_at,
            min(received_at) filter (where is_accepted) as first_received_at,
            coalesce(bool_or(is_in_force), false) as is_in_force,
            coalesce(bool_or(is_unmended), false) as is_rejected,
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
            filed.is_rejected,
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
                then case when bool_or(is_rejected) then 'rejected' else 'missing' end
            when sum(held) > 0 then 'held'
            when bit_or(filed_months) filter (where is_in_force) & months = months then 'accepted'
            else 'partial'
        end as state,
        coalesce(sum(revisions), 0)::bigint as revisions,
        coalesce(sum(errors), 0) as errors,
        coalesce(sum(held), 0) as held,
        coalesce(sum(warnings), 0) as warnings,
        reason as exception_reason
    from matched
    group by
        unit_code, unit_name, unit_level, parent_code, form, form_name, period, months, due_date, is_exempt, reason
"""

RELATION_COMMENTS = {
    "table landing.form_expectation": "报送日历：哪级哪类单位按什么周期报哪张报表、何时截止，由指标目录写入",
    "table landing.filing_exception": "报送日历的例外：免报或另定截止日；几条都适用的，本省的先于目录的，后写的优先",
    "view landing.filing_obligation": "应报清单：已有数据的各年度中，每个单位每张报表每个应报报告期一行",
    "view published.reporting_status": "各单位各报表各应报报告期的报送情况，随收随新，不经发布审核",
}

COLUMN_COMMENTS = {
    "landing.form_expectation": {
        "form": "报表代码",
        "form_name": "报表名称",
        "level": "单位级别",
        "unit_type": "单位类型",
        "due_months": "截止于报告期末月之后第几个月",
        "due_day": "截止于该月几日；该月没有这一日的，为月末",
        "frequency": "报送周期：year 年、half 半年、quarter 季、month 月",
        "valid_from": "自哪一天起适用，为某年1月1日",
        "valid_to": "到哪一天为止（当日不含），空为一直适用",
    },
    "landing.filing_exception": {
        "source": "出处：catalogue 指标目录、units 本省的 filing_exceptions.csv",
        "position": "在出处中的顺序",
        "unit_code": "单位代码，空为不限",
        "level": "单位级别，空为不限",
        "unit_type": "单位类型，空为不限",
        "form": "报表代码，空为不限",
        "due_date": "另定的截止日，空为免报",
        "reason": "理由",
        "valid_from": "适用于这一天起",
        "valid_to": "到这一天为止（当日不含）的报告期",
    },
    "landing.filing_obligation": {
        "year": "年度",
        "unit_code": "单位代码",
        "unit_name": "单位名称",
        "unit_level": "单位级别",
        "unit_type": "单位类型",
        "parent_code": "上级单位代码",
        "form": "报表代码",
        "form_name": "报表名称",
        "period": "应报的报告期",
        "months": "其中单位存续的月份，第0位为1月",
        "is_exempt": "是否免报",
        "due_date": "截止日，免报的为空",
        "reason": "免报或另定截止日的理由",
    },
    "published.reporting_status": {
        "period": "应报的报告期",
        "due_date": "截止日，免报的为空",
        "is_on_time": "是否按时收齐，空为未收齐或免报",
        "state": "状态：accepted 已收、held 待说明、partial 只报了部分时段、rejected 被退回、missing 未报、exempt 免报",
        "exception_reason": "免报或另定截止日的理由",
    },
}
