"""What the office reads: schema published, its history, and the views on it. Figures are in the catalogue's units."""

from alembic import op

revision = "0003"
down_revision = "0002"

BOOKKEEPING = {
    "opened_by": ("bigint not null references published.publication", "写入本行的发布"),
    "closed_by": ("bigint references published.publication", "使本行失效的发布，空为现行"),
}

# relation -> (comment, key columns, {column: (type, comment)})
HISTORIES: dict[str, tuple[str, tuple[str, ...], dict[str, tuple[str, str]]]] = {
    "indicator_values": (
        "各单位各指标各年度的数：本级数、逐级汇总数、自报含下级数、采用数及其依据和报送范围",
        ("unit_code", "indicator_code", "period"),
        {
            "unit_code": ("text not null", "单位代码"),
            "unit_name": ("text not null", "单位名称（该年度单位树上的名称）"),
            "unit_level": ("text not null", "单位级别：province 省、city 市、county 县、township 乡镇"),
            "indicator_code": ("text not null", "指标代码"),
            "indicator_name": ("text not null", "指标名称"),
            "measure": ("text", "计量单位"),
            "period": ("text not null", "报告期"),
            "value": ("numeric", "采用数"),
            "low": ("numeric", "采用数下限，空为无下限"),
            "high": ("numeric", "采用数上限，空为无上限"),
            "basis": (
                "text not null",
                "依据：own 本级、list 名录、computed 汇总、claimed 自报含下级、partial 部分汇总",
            ),
            "own_value": ("numeric", "本级数（含承继）"),
            "own_low": ("numeric", "本级数下限"),
            "own_high": ("numeric", "本级数上限"),
            "computed_value": ("numeric", "汇总数：本级加各下级采用数"),
            "computed_low": ("numeric", "汇总数下限"),
            "computed_high": ("numeric", "汇总数上限"),
            "claimed_value": ("numeric", "自报含下级数，只用于核对或补缺"),
            "claimed_low": ("numeric", "自报含下级数下限"),
            "claimed_high": ("numeric", "自报含下级数上限"),
            "gap": ("numeric", "自报含下级数减汇总数"),
            "units_expected": ("integer not null", "应报单位数（含本单位）"),
            "units_reported": ("integer not null", "已报齐全年的应报单位数"),
            "units_covered": ("integer not null", "已报齐或被采用的含下级数覆盖的应报单位数"),
            "provisional_part": ("numeric", "采用数中依据预计数的部分"),
            "narrative_part": ("numeric", "采用数中仅依据文字材料的部分"),
            "is_inherited": ("boolean not null", "是否含前身单位的数"),
            "is_estimate": ("boolean not null", "是否含按拆分权重估算的数"),
        },
    ),
    "contribution_leaves": (
        "每个数的来源：由哪个单位报送的哪一格、哪一行计入，可上溯到单位树的哪一层",
        ("holder_code", "indicator_code", "period", "role", "leaf_indicator_code", "observation_id"),
        {
            "holder_code": ("text not null", "计入单位代码（变动后为承继单位）"),
            "indicator_code": ("text not null", "指标代码"),
            "period": ("text not null", "报告期（年度）"),
            "role": ("text not null", "作用：own 本级、claim 含下级、numerator 分子、denominator 分母"),
            "leaf_indicator_code": ("text not null", "原报指标代码"),
            "observation_id": ("bigint not null", "原报数编号"),
            "reach_depth": ("integer not null", "计入到单位树的第几层（1 为省）"),
            "weight": ("numeric not null", "承继份额，未拆分为 1"),
            "value": ("numeric", "按份额计入的数"),
            "low": ("numeric", "按份额计入的下限"),
            "high": ("numeric", "按份额计入的上限"),
            "is_estimate": ("boolean not null", "是否按拆分权重估算"),
        },
    ),
    "tree_closure": (
        "各年度单位树：每个单位及其全部上级",
        ("period", "unit_code", "ancestor_code"),
        {
            "period": ("text not null", "年度"),
            "unit_code": ("text not null", "单位代码"),
            "ancestor_code": ("text not null", "上级单位代码，含本单位"),
            "ancestor_depth": ("integer not null", "上级单位在单位树的层次（1 为省）"),
            "unit_name": ("text not null", "单位名称"),
            "unit_level": ("text not null", "单位级别"),
        },
    ),
    "report_lines": (
        "全委会工作报告各行：准确数、可用的表述、建议的表述和报送范围",
        ("line_code", "period", "unit_code"),
        {
            "line_code": ("text not null", "报告行代码"),
            "period": ("text not null", "年度"),
            "section_code": ("text not null", "报告部分代码"),
            "section_name": ("text not null", "报告部分"),
            "line_name": ("text not null", "报告行名称"),
            "unit_code": ("text not null", "单位代码"),
            "indicator_code": ("text not null", "指标代码"),
            "measure": ("text", "计量单位"),
            "value": ("numeric", "准确数"),
            "low": ("numeric", "下限"),
            "high": ("numeric", "上限"),
            "basis": ("text", "采用依据"),
            "units_expected": ("integer", "应报单位数"),
            "units_reported": ("integer", "已报单位数"),
            "units_covered": ("integer", "已报或被覆盖的单位数"),
            "coverage": ("numeric", "覆盖率，%，四位小数"),
            "wordings": ("text[]", "与准确数相符的表述"),
            "recommended_wording": ("text", "建议的表述"),
        },
    ),
    "reconciliation": (
        "与汇总数不同的自报含下级数：差额、是否采用、可能原因",
        ("unit_code", "indicator_code", "period"),
        {
            "unit_code": ("text not null", "单位代码"),
            "unit_name": ("text not null", "单位名称"),
            "indicator_code": ("text not null", "指标代码"),
            "indicator_name": ("text not null", "指标名称"),
            "measure": ("text", "计量单位"),
            "period": ("text not null", "年度"),
            "claimed_value": ("numeric", "自报含下级数"),
            "claimed_low": ("numeric", "自报含下级数下限"),
            "claimed_high": ("numeric", "自报含下级数上限"),
            "computed_value": ("numeric", "汇总数"),
            "computed_low": ("numeric", "汇总数下限"),
            "computed_high": ("numeric", "汇总数上限"),
            "gap": ("numeric", "自报含下级数减汇总数"),
            "is_used": ("boolean not null", "是否采用了自报含下级数"),
            "likeliest_reason": ("text", "最可能的原因"),
        },
    ),
    "indicators": (
        "指标目录：名称、计量单位、汇总方式、所属报表和报告部分",
        ("indicator_code",),
        {
            "indicator_code": ("text not null", "指标代码"),
            "indicator_name": ("text not null", "指标名称"),
            "measure": ("text", "计量单位"),
            "form": ("text not null", "所属报表代码"),
            "theme": ("text not null", "主题代码"),
            "theme_name": ("text not null", "主题"),
            "aggregation": ("text not null", "汇总方式"),
            "over_time": ("text not null", "年内合并方式"),
            "section_code": ("text", "全委会工作报告部分代码"),
            "section_name": ("text", "全委会工作报告部分"),
            "sort_order": ("integer not null", "目录顺序"),
        },
    ),
}


def upgrade() -> None:
    op.execute("create schema published")
    op.execute("comment on schema published is '对外提供的数据，省科协办公室只读此处'")
    op.execute(PUBLICATION)
    comment_columns("publication", PUBLICATION_COMMENTS)
    for name, (comment, key, columns) in HISTORIES.items():
        create_history(name, comment, key, columns)
    for statement in VIEWS:
        op.execute(statement)
    for relation, comments in VIEW_COMMENTS.items():
        comment_columns(relation, comments)


def create_history(name: str, comment: str, key: tuple[str, ...], columns: dict[str, tuple[str, str]]) -> None:
    """A table `name_history` of every row ever published, and a view `name` of the rows in force."""
    every = columns | BOOKKEEPING
    definitions = ", ".join(f"{column} {kind}" for column, (kind, _) in every.items())
    op.execute(f"create table published.{name}_history ({definitions}, primary key ({', '.join(key)}, opened_by))")
    op.execute(
        f"create unique index {name}_in_force on published.{name}_history ({', '.join(key)}) where closed_by is null"
    )
    op.execute(f"""
        create view published.{name} as
        select {", ".join(f"history.{column}" for column in columns)}, publication.published_at
        from published.{name}_history as history
        join published.publication as publication on publication.publication_id = history.opened_by
        where history.closed_by is null
    """)
    op.execute(f"comment on table published.{name}_history is '{comment}（含全部历史）'")
    op.execute(f"comment on view published.{name} is '{comment}'")
    comments = {column: text for column, (_, text) in every.items()}
    comment_columns(f"{name}_history", comments)
    comment_columns(name, {column: comments[column] for column in columns} | {"published_at": "发布时间"})


def comment_columns(relation: str, comments: dict[str, str]) -> None:
    for column, comment in comments.items():
        op.execute(f"comment on column published.{relation}.{column} is '{comment}'")


PUBLICATION = """
    create table published.publication (
        publication_id bigint generated always as identity primary key,
        build_id bigint not null references ops.build,
        published_at timestamptz not null default clock_timestamp(),
        rows_opened bigint not null,
        rows_closed bigint not null
    );
    comment on table published.publication is '每次确有变动的发布一行';
    create index publication_by_time on published.publication (published_at)
"""

PUBLICATION_COMMENTS = {
    "publication_id": "发布编号",
    "build_id": "所依据的构建",
    "published_at": "发布时间",
    "rows_opened": "写入的行数",
    "rows_closed": "失效的行数",
}

VALUE_COLUMNS = list(HISTORIES["indicator_values"][2])

VIEWS = (
    f"""
    create function published.as_of(moment timestamptz) returns setof published.indicator_values
    language sql stable
    as $$
        select {", ".join(f"history.{column}" for column in VALUE_COLUMNS)}, opened.published_at
        from published.indicator_values_history as history
        join published.publication as opened on opened.publication_id = history.opened_by
        left join published.publication as closed on closed.publication_id = history.closed_by
        where opened.published_at <= moment
          and (closed.published_at is null or closed.published_at > moment)
    $$
    """,
    "comment on function published.as_of(timestamptz) is '某一时刻已发布的 indicator_values'",
    f"""
    create view published.province_indicators as
    select
        {", ".join(f"now.{column}" for column in VALUE_COLUMNS)},
        now.published_at,
        indicators.section_code,
        indicators.section_name,
        last_year.value as last_year_value,
        now.value - last_year.value as change,
        case when last_year.value > 0
            then round((now.value - last_year.value) * 100 / last_year.value, 4)
        end as change_percent
    from published.indicator_values as now
    join published.indicators as indicators on indicators.indicator_code = now.indicator_code
    left join published.indicator_values as last_year
        on last_year.unit_code = now.unit_code
        and last_year.indicator_code = now.indicator_code
        and last_year.period = (now.period::integer - 1)::text
    where now.unit_level = 'province'
    """,
    "comment on view published.province_indicators is '全省各指标：采用数、所属报告部分、上年数与增减'",
    """
    create view published.contributions as
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
        leaves.value,
        leaves.low,
        leaves.high,
        leaves.weight,
        leaves.is_estimate,
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
        leaves.observation_id,
        submission.submission_id
    from published.contribution_leaves as leaves
    join published.tree_closure as closure
        on closure.period = leaves.period
        and closure.unit_code = leaves.holder_code
        and closure.ancestor_depth >= leaves.reach_depth
    join published.tree_closure as holder
        on holder.period = leaves.period
        and holder.unit_code = leaves.holder_code
        and holder.ancestor_code = leaves.holder_code
    join landing.observation as observation on observation.observation_id = leaves.observation_id
    join landing.submission as submission on submission.submission_id = observation.submission_id
    join landing.delivery as delivery on delivery.delivery_seq = submission.delivery_seq
    """,
    "comment on view published.contributions is '每个采用数由哪些原报数加成，以及它们所在的文件、单元格、行或原话'",
    """
    create table published.releases (
        release_name text primary key,
        period text not null,
        approved_by text not null,
        approved_at timestamptz not null,
        manifest jsonb not null
    )
    """,
    "comment on table published.releases is '经批准定稿的年度'",
    """
    create view published.reporting_status as
    with last_spans as (
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
    submissions as (
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
            count(*) filter (where state = 'accepted') as revisions,
            max(received_at) filter (where is_in_force) as received_at,
            min(received_at) filter (where state = 'accepted') as first_received_at,
            bit_or(months) filter (where is_in_force) as months,
            coalesce(bool_or(is_unmended), false) as is_rejected,
            sum(counted.errors) filter (where is_unmended) as errors,
            sum(counted.held) filter (where is_in_force) as held,
            sum(counted.warnings) filter (where is_in_force) as warnings
        from submissions
        left join counted on counted.submission_id = submissions.submission_id
        group by submissions.year, submissions.unit_code, submissions.form
    )
    select
        spans.unit_code,
        spans.name as unit_name,
        spans.level as unit_level,
        spans.parent_code,
        expected.form,
        expected.form_name,
        spans.year::text as period,
        make_date(spans.year + 1, expected.due_month, expected.due_day) as due_date,
        filed.received_at,
        (filed.first_received_at at time zone 'Asia/Shanghai')::date
            <= make_date(spans.year + 1, expected.due_month, expected.due_day) as is_on_time,
        case
            when filed.months is null then case when filed.is_rejected then 'rejected' else 'missing' end
            when filed.held > 0 then 'held'
            when filed.months & coalesce(owed.months, 0) = coalesce(owed.months, 0) then 'accepted'
            else 'partial'
        end as state,
        coalesce(filed.revisions, 0) as revisions,
        coalesce(filed.errors, 0) as errors,
        coalesce(filed.held, 0) as held,
        coalesce(filed.warnings, 0) as warnings
    from last_spans as spans
    join landing.form_expectation as expected
        on expected.level = spans.level and expected.unit_type = spans.unit_type
    left join owed on owed.year = spans.year and owed.unit_code = spans.unit_code
    left join filed
        on filed.year = spans.year and filed.unit_code = spans.unit_code and filed.form = expected.form
    """,
    "comment on view published.reporting_status is '各单位各报表各年度的报送情况，随收随新，不经发布审核'",
)

VIEW_COMMENTS = {
    "province_indicators": {column: comment for column, (_, comment) in HISTORIES["indicator_values"][2].items()}
    | {
        "published_at": "发布时间",
        "section_code": "全委会工作报告部分代码",
        "section_name": "全委会工作报告部分",
        "last_year_value": "上年采用数",
        "change": "比上年增减",
        "change_percent": "比上年增减，%，四位小数",
    },
    "contributions": {
        "unit_code": "单位代码",
        "indicator_code": "指标代码",
        "period": "年度",
        "role": "作用：own 本级、claim 含下级、numerator 分子、denominator 分母",
        "holder_code": "计入单位代码",
        "holder_name": "计入单位名称",
        "leaf_unit_code": "原报单位代码",
        "leaf_indicator_code": "原报指标代码",
        "form": "原报报表",
        "leaf_period": "原报报告期",
        "scope": "原报口径",
        "status": "原报性质",
        "value": "按份额计入的数",
        "low": "按份额计入的下限",
        "high": "按份额计入的上限",
        "weight": "承继份额",
        "is_estimate": "是否按拆分权重估算",
        "filed_value": "原报数",
        "filed_low": "原报数下限",
        "filed_high": "原报数上限",
        "note": "原报说明",
        "submitter_code": "报送者代码",
        "file_name": "文件名",
        "sha256": "文件指纹（SHA-256）",
        "received_at": "收到时间",
        "sheet": "工作表",
        "cell": "单元格",
        "line": "行号",
        "quote": "原话",
        "observation_id": "原报数编号",
        "submission_id": "报送编号",
    },
    "releases": {
        "release_name": "定稿名称",
        "period": "年度",
        "approved_by": "批准人",
        "approved_at": "批准时间",
        "manifest": "清单：各行指纹、目录版本、程序版本",
    },
    "reporting_status": {
        "unit_code": "单位代码",
        "unit_name": "单位名称",
        "unit_level": "单位级别",
        "parent_code": "上级单位代码",
        "form": "报表代码",
        "form_name": "报表名称",
        "period": "年度",
        "due_date": "年报截止日",
        "received_at": "现行报送的收到时间",
        "is_on_time": "是否按时，空为未收到",
        "state": "状态：accepted 已收、held 待说明、partial 只报了部分时段、rejected 被退回、missing 未报",
        "revisions": "收下的报送次数",
        "errors": "最近一次被退回且未重报的强制性问题数",
        "held": "现行报送中待说明的问题数",
        "warnings": "现行报送中的提示数",
    },
}
