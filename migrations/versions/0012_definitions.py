"""Definitions with dates, and what they break; provisional figures and what became of them."""

from importlib import import_module

from alembic import op

from migrations.histories import comment_columns, create_history

revision = "0012"
down_revision = "0011"

FIGURES: dict[str, tuple[str, str]] = import_module("migrations.versions.0003_published").HISTORIES["indicator_values"][
    2
]

# relation -> (comment, key columns, {column: (type, comment)})
HISTORIES: dict[str, tuple[str, tuple[str, ...], dict[str, tuple[str, str]]]] = {
    "indicator_definitions": (
        "有专门口径的指标：每个口径自哪天起适用，比以前调整了什么",
        ("indicator_code", "valid_from"),
        {
            "indicator_code": ("text not null", "指标代码"),
            "indicator_name": ("text not null", "指标名称"),
            "valid_from": ("date not null", "自哪天起适用；最早的一个也适用于以前"),
            "valid_to": ("date", "到哪天为止（当日不含），空为仍适用"),
            "definition": ("text not null", "口径"),
            "change": ("text", "比以前调整了什么，最早的一个为空"),
            "breaks_series": ("boolean not null", "调整前后的数是否不可比"),
        },
    ),
    "series_breaks": (
        "各指标从哪天起的数与以前不可比及其原因；比率随分子、分母",
        ("indicator_code", "valid_from", "changed_indicator_code"),
        {
            "indicator_code": ("text not null", "指标代码"),
            "valid_from": ("date not null", "从哪天起与以前不可比"),
            "changed_indicator_code": ("text not null", "口径调整的指标：本指标，或比率的分子、分母"),
            "reason": ("text not null", "原因"),
        },
    ),
    "indicator_statuses": (
        "各指标统计的数的性质及先后：同一格有几种的，取排在最前的",
        ("indicator_code", "status"),
        {
            "indicator_code": ("text not null", "指标代码"),
            "status": ("text not null", "性质代码"),
            "status_name": ("text not null", "性质"),
            "rank": ("integer not null", "先后，从 1 起"),
        },
    ),
}


def upgrade() -> None:
    for name, (comment, key, columns) in HISTORIES.items():
        create_history(name, comment, key, columns)
    for statement in (*FUNCTIONS, *VIEWS):
        op.execute(statement)
    for relation, comments in VIEW_COMMENTS.items():
        comment_columns(relation, comments)


FUNCTIONS = (
    """
    create function published.period_first_day(period text) returns date
    language sql immutable parallel safe
    return make_date(
        left(period, 4)::integer,
        case substr(period, 6, 1)
            when '' then 1
            when 'H' then substr(period, 7)::integer * 6 - 5
            when 'Q' then substr(period, 7)::integer * 3 - 2
            else substr(period, 6)::integer
        end,
        1
    )
    """,
    "comment on function published.period_first_day(text) is '报告期的第一天'",
    """
    create function published.period_last_day(period text) returns date
    language sql immutable parallel safe
    return (
        published.period_first_day(period)
        + case substr(period, 6, 1)
            when '' then interval '1 year'
            when 'H' then interval '6 months'
            when 'Q' then interval '3 months'
            else interval '1 month'
        end
    )::date - 1
    """,
    "comment on function published.period_last_day(text) is '报告期的最后一天'",
    """
    create function published.year_before(period text) returns text
    language sql immutable parallel safe
    return (left(period, 4)::integer - 1)::text || substr(period, 5)
    """,
    "comment on function published.year_before(text) is '上年同期：2022 的上年同期是 2021，2022-Q3 的是 2021-Q3'",
    """
    create function published.break_between(indicator_code text, period text, other_period text) returns text
    language sql stable strict
    return (
        select string_agg(breaks.reason, '；' order by breaks.valid_from)
        from published.series_breaks as breaks
        where breaks.indicator_code = break_between.indicator_code
            and breaks.valid_from
                > least(published.period_first_day(period), published.period_first_day(other_period))
            and breaks.valid_from
                <= greatest(published.period_last_day(period), published.period_last_day(other_period))
    )
    """,
    "comment on function published.break_between(text, text, text) is "
    "'某指标两期的数不可比的原因，空为口径没有断开；一期之内调整口径的，与前后各期都不可比'",
)

PROVINCE_INDICATORS = f"""
    create view published.province_indicators as
    with compared as (
        select
            {", ".join(f"now.{column}" for column in FIGURES)},
            now.published_at,
            indicators.section_code,
            indicators.section_name,
            last_year.value as last_year_value,
            published.break_between(now.indicator_code, last_year.period, now.period) as series_break,
            case
                when last_year.period is null then '上年同期没有发布的数'
                when now.value is null and (now.low is not null or now.high is not null)
                    then '本期没有确定的数，只有上下限'
                when now.value is null then '本期没有数'
                when last_year.value is null and (last_year.low is not null or last_year.high is not null)
                    then '上年同期没有确定的数，只有上下限'
                when last_year.value is null then '上年同期没有数'
            end as missing
        from published.indicator_values as now
        join published.indicators as indicators on indicators.indicator_code = now.indicator_code
        left join published.indicator_values as last_year
            on last_year.unit_code = now.unit_code
            and last_year.indicator_code = now.indicator_code
            and last_year.period = published.year_before(now.period)
        where now.unit_level = 'province'
    )
    select
        {", ".join(FIGURES)},
        published_at,
        section_code,
        section_name,
        last_year_value,
        case when series_break is null then value - last_year_value end as change,
        case when series_break is null and last_year_value > 0
            then round((value - last_year_value) * 100 / last_year_value, 4)
        end as change_percent,
        case
            when series_break is not null then 'break_in_series'
            when missing is not null then 'missing'
            else 'comparable'
        end as comparison,
        case
            when series_break is not null then series_break || '，与上年不可比。'
            when missing is not null then missing || '。'
            when last_year_value = 0 then '上年同期为零，不算百分比。'
        end as comparison_reason
    from compared
"""

# A cell is a unit's indicator, period and scope. The revisions of its form are its versions, as far as they have been
# published and not withdrawn; each gives it one figure (the first of its statuses that is present) or none.
# Prose files no status, and joint figures are never added: neither is looked at.
PROVISIONAL_BIAS = """
    create view published.provisional_bias as
    with cells as (
        select distinct
            submission.unit_code, submission.form, submission.period, submission.year,
            observation.indicator_code, observation.scope
        from landing.observation as observation
        join landing.submission as submission on submission.submission_id = observation.submission_id
        where observation.status = 'provisional'
            and observation.scope in ('own', 'jurisdiction')
            and submission.state = 'accepted'
            and submission.form <> 'narrative'
    ),
    versions as (
        select
            cells.unit_code, cells.indicator_code, cells.period, cells.scope,
            submission.submission_id, submission.delivery_seq,
            delivery.received_at, delivery.file_name,
            figure.status = 'provisional' as is_provisional,
            figure.status <> 'provisional' as is_final,
            figure.value, figure.low, figure.high, figure.sheet, figure.cell, figure.line
        from cells
        join landing.year_change as year on year.year = cells.year
        join landing.submission as submission
            on submission.unit_code = cells.unit_code
            and submission.form = cells.form
            and submission.period = cells.period
            and submission.state = 'accepted'
            and submission.delivery_seq <= year.published_seq
        join landing.delivery as delivery on delivery.delivery_seq = submission.delivery_seq
        left join lateral (
            select observation.*
            from landing.observation as observation
            join published.indicator_statuses as statuses
                on statuses.indicator_code = observation.indicator_code and statuses.status = observation.status
            where observation.submission_id = submission.submission_id
                and observation.indicator_code = cells.indicator_code
                and observation.scope = cells.scope
                and observation.state in ('number', 'not_applicable')
                and not observation.is_held
            order by statuses.rank
            limit 1
        ) as figure on true
        where not exists (
            select 1 from landing.withdrawal as withdrawal
            where withdrawal.submission_id = submission.submission_id
                and withdrawal.withdrawal_seq <= year.published_seq
        )
    ),
    counted as (
        select
            *,
            count(*) filter (where is_provisional) over history as provisionals_so_far,
            lead(delivery_seq) over history is null as is_last
        from versions
        window history as (partition by unit_code, indicator_code, period, scope order by delivery_seq)
    ),
    -- A final figure that came before any provisional one settles nothing.
    settling as (
        select
            *,
            count(*) filter (where is_final and provisionals_so_far > 0) over (
                partition by unit_code, indicator_code, period, scope order by delivery_seq
            ) as finals_so_far
        from counted
    ),
    ranked as (
        select
            *,
            is_provisional and finals_so_far = 0 and row_number() over (
                partition by unit_code, indicator_code, period, scope, is_provisional, finals_so_far
                order by delivery_seq desc
            ) = 1 as is_first_known,
            is_final and finals_so_far = 1 as is_settling
        from settling
    ),
    both_sides as (
        select
            unit_code, indicator_code, period, scope,
            max(value) filter (where is_first_known) as provisional_value,
            max(low) filter (where is_first_known) as provisional_low,
            max(high) filter (where is_first_known) as provisional_high,
            max(received_at) filter (where is_first_known) as provisional_received_at,
            max(file_name) filter (where is_first_known) as provisional_file_name,
            max(sheet) filter (where is_first_known) as provisional_sheet,
            max(cell) filter (where is_first_known) as provisional_cell,
            max(line) filter (where is_first_known) as provisional_line,
            max(submission_id) filter (where is_first_known) as provisional_submission_id,
            max(value) filter (where is_last and is_final) as final_value,
            max(low) filter (where is_last and is_final) as final_low,
            max(high) filter (where is_last and is_final) as final_high,
            max(received_at) filter (where is_last and is_final) as final_received_at,
            max(file_name) filter (where is_last and is_final) as final_file_name,
            max(submission_id) filter (where is_last and is_final) as final_submission_id,
            case
                when bool_or(is_last and is_final) then 'settled'
                when bool_or(is_last and is_provisional) then 'open'
                else 'dropped'
            end as state,
            min(received_at) filter (where is_settling) as first_settled_at
        from ranked
        group by unit_code, indicator_code, period, scope
        having bool_or(is_first_known)
    )
    select
        both_sides.unit_code,
        named.unit_name,
        both_sides.indicator_code,
        indicators.indicator_name,
        indicators.measure,
        both_sides.period,
        both_sides.scope,
        both_sides.state,
        both_sides.provisional_value,
        both_sides.provisional_low,
        both_sides.provisional_high,
        both_sides.provisional_received_at,
        both_sides.provisional_file_name,
        both_sides.provisional_sheet,
        both_sides.provisional_cell,
        both_sides.provisional_line,
        both_sides.provisional_submission_id,
        both_sides.final_value,
        both_sides.final_low,
        both_sides.final_high,
        both_sides.final_received_at,
        both_sides.final_file_name,
        both_sides.final_submission_id,
        case when both_sides.state = 'settled' then both_sides.first_settled_at end as settled_at,
        both_sides.final_value - both_sides.provisional_value as bias,
        case when both_sides.provisional_value > 0
            then round(
                (both_sides.final_value - both_sides.provisional_value) * 100 / both_sides.provisional_value, 4
            )
        end as bias_percent
    from both_sides
    join published.indicators as indicators on indicators.indicator_code = both_sides.indicator_code
    left join published.tree_closure as named
        on named.period = both_sides.period
        and named.unit_code = both_sides.unit_code
        and named.ancestor_code = both_sides.unit_code
"""

UNIT_BIAS = """
    create view published.unit_bias as
    with settled as (
        select * from published.provisional_bias
        where state = 'settled' and bias is not null and length(period) = 4
    ),
    by_indicator as (
        select
            unit_code,
            (array_agg(unit_name order by period desc))[1] as unit_name,
            indicator_code,
            indicator_name,
            measure,
            scope,
            count(*) as years,
            round(avg(bias), 4) as mean_bias,
            round(avg(bias_percent), 4) as mean_bias_percent,
            min(bias_percent) as least_bias_percent,
            max(bias_percent) as most_bias_percent
        from settled
        group by unit_code, indicator_code, indicator_name, measure, scope
    ),
    by_unit as (
        select
            unit_code,
            scope,
            count(bias_percent) as figures,
            round(avg(bias_percent), 4) as mean_bias_percent,
            round(avg(abs(bias_percent)), 4) as mean_deviation_percent
        from settled
        group by unit_code, scope
    )
    select
        by_indicator.*,
        by_unit.figures as unit_figures,
        by_unit.mean_bias_percent as unit_mean_bias_percent,
        by_unit.mean_deviation_percent as unit_mean_deviation_percent
    from by_indicator
    join by_unit on by_unit.unit_code = by_indicator.unit_code and by_unit.scope = by_indicator.scope
"""

VIEWS = (
    "drop view published.province_indicators",
    PROVINCE_INDICATORS,
    "comment on view published.province_indicators is "
    "'全省各指标：采用数、所属报告部分、上年同期数与增减；口径断开的不算增减，写明原因'",
    "create index observation_provisional on landing.observation (submission_id) where status = 'provisional'",
    PROVISIONAL_BIAS,
    "comment on view published.provisional_bias is "
    "'预计数与年终数：各单位先报的预计数、后来的实际数、两者之差，定了没有；已发布的为准，撤回的不算'",
    UNIT_BIAS,
    "comment on view published.unit_bias is "
    "'各单位的全年预计数一向差多少：逐项指标多年的平均偏差，以及该单位各项指标总的平均偏差'",
)

VIEW_COMMENTS = {
    "province_indicators": {column: comment for column, (_, comment) in FIGURES.items()}
    | {
        "published_at": "发布时间",
        "section_code": "全委会工作报告部分代码",
        "section_name": "全委会工作报告部分",
        "last_year_value": "上年同期采用数；口径断开的也列出，但不能相比",
        "change": "比上年同期增减，不可比或缺一方的为空",
        "change_percent": "比上年同期增减，%，四位小数，不可比、缺一方或上年为零的为空",
        "comparison": "能否与上年同期相比：comparable 可比、break_in_series 口径断开、missing 缺一方",
        "comparison_reason": "为什么没有增减或百分比；都有的为空",
    },
    "provisional_bias": {
        "unit_code": "填报单位代码",
        "unit_name": "填报单位名称",
        "indicator_code": "指标代码",
        "indicator_name": "指标名称",
        "measure": "计量单位",
        "period": "报告期",
        "scope": "口径：own 本级、jurisdiction 含下级",
        "state": "settled 已定、open 未定（仍用预计数）、dropped 现行的报送里没有可用的这个数（撤下，或待说明）",
        "provisional_value": "预计数：第一个实际数之前最后报的那个",
        "provisional_low": "预计数下限",
        "provisional_high": "预计数上限",
        "provisional_received_at": "预计数的收到时间",
        "provisional_file_name": "预计数所在文件",
        "provisional_sheet": "预计数所在工作表",
        "provisional_cell": "预计数所在单元格",
        "provisional_line": "预计数所在行",
        "provisional_submission_id": "预计数的报送编号",
        "final_value": "现行的实际数，含以后的更正",
        "final_low": "实际数下限",
        "final_high": "实际数上限",
        "final_received_at": "现行实际数的收到时间",
        "final_file_name": "现行实际数所在文件",
        "final_submission_id": "现行实际数的报送编号",
        "settled_at": "第一个实际数的收到时间，未定的为空",
        "bias": "实际数减预计数",
        "bias_percent": "实际数减预计数，占预计数的 %，四位小数；预计数为零的为空",
    },
    "unit_bias": {
        "unit_code": "填报单位代码",
        "unit_name": "填报单位名称（最近一年的）",
        "indicator_code": "指标代码",
        "indicator_name": "指标名称",
        "measure": "计量单位",
        "scope": "口径：own 本级、jurisdiction 含下级",
        "years": "已有实际数可比的年数",
        "mean_bias": "平均偏差：实际数减预计数",
        "mean_bias_percent": "平均偏差，占预计数的 %，四位小数",
        "least_bias_percent": "各年偏差中最小的，%",
        "most_bias_percent": "各年偏差中最大的，%",
        "unit_figures": "该单位可算百分比的预计数共几个（各指标、各年）",
        "unit_mean_bias_percent": "该单位各指标、各年的平均偏差，%；正的是预计数一向偏低",
        "unit_mean_deviation_percent": "该单位各指标、各年偏差绝对值的平均，%",
    },
}
