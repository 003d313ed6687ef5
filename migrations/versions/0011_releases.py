"""Years frozen under a name after a person approved, and what has been corrected since.

A release stands by itself: its rows are copies, and no foreign key leads from it to what lives on.
"""

from alembic import op

from migrations.histories import comment_columns

revision = "0011"
down_revision = "0010"

# relation -> (history that is copied, comment, key within a release)
COPIES = {
    "release_values": (
        "indicator_values_history",
        "定稿时的 indicator_values，逐行留底",
        "unit_code, indicator_code, period",
    ),
    "release_lines": ("report_lines_history", "定稿时的 report_lines，逐行留底", "line_code, period, unit_code"),
}

FROZEN = ("releases", *COPIES, "release_leaves")


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for relation, (history, comment, key) in COPIES.items():
        _copy(relation, history, comment, key)
    op.execute(LEAVES)
    op.execute("comment on table published.release_leaves is '定稿时每个数的来源：来源历史中的哪一行，及其指纹'")
    for relation, comments in COMMENTS.items():
        comment_columns(relation, comments)
    for relation in FROZEN:
        op.execute(FREEZE.format(relation=relation))
    for relation in FROZEN[1:]:
        op.execute(SEAL.format(relation=relation))
    op.execute(CORRECTIONS)
    op.execute("comment on view published.corrections is '更正：定稿的数与现在已发布的数不同的，一数一行'")
    comment_columns("corrections", CORRECTION_COMMENTS)
    for statement in WAITING:
        op.execute(statement)


def _copy(relation: str, history: str, comment: str, key: str) -> None:
    """A table of a history's columns as they are now, in which the rows of releases stand side by side."""
    op.execute(f"""
        create table published.{relation} (
            release_name text not null references published.releases deferrable initially deferred,
            like published.{history} including comments,
            row_hash text not null,
            primary key (release_name, {key})
        )
    """)
    op.execute(f"alter table published.{relation} drop column closed_by")
    op.execute(f"comment on table published.{relation} is '{comment}'")
    comment_columns(relation, HASHED)


HASHED = {"release_name": "定稿名称", "row_hash": "本行指纹（SHA-256），见 published.row_hash"}

STATEMENTS = (
    """
    alter table published.releases
        add column publication_id bigint not null,
        add column published_at timestamptz not null,
        add column note text not null default ''
    """,
    """
    create function published.row_hash(one_row jsonb) returns text
    language sql immutable parallel safe
    -- A column that a later version of the program adds is null in the rows of before, and so changes no hash.
    return encode(
        sha256(convert_to(
            jsonb_strip_nulls(one_row - array['release_name', 'row_hash', 'opened_by', 'closed_by'])::text, 'UTF8'
        )),
        'hex'
    )
    """,
    "comment on function published.row_hash(jsonb) is "
    "'一行的指纹：去掉空值、定稿名称、发布编号和指纹本身后的 JSON 文本（UTF-8）的 SHA-256，十六进制'",
    """
    create function published.refuse_change() returns trigger
    language plpgsql
    as $$
    begin
        raise exception 'A release is never changed: % of published.% is refused.', lower(tg_op), tg_table_name
            using errcode = 'insufficient_privilege';
    end
    $$
    """,
    "comment on function published.refuse_change() is '定稿不得改动、删除，谁都不行'",
    """
    create function published.refuse_addition() returns trigger
    language plpgsql
    as $$
    begin
        if exists (select 1 from published.releases where release_name = new.release_name) then
            raise exception 'A release is never changed: % is approved, and published.% takes no more rows of it.',
                new.release_name, tg_table_name using errcode = 'insufficient_privilege';
        end if;
        return new;
    end
    $$
    """,
    "comment on function published.refuse_addition() is '定稿一经批准，不再添加任何一行'",
)

LEAVES = """
    create table published.release_leaves (
        release_name text not null references published.releases deferrable initially deferred,
        holder_code text not null,
        indicator_code text not null,
        period text not null,
        role text not null,
        leaf_indicator_code text not null,
        opened_by bigint not null,
        row_hash text not null,
        primary key (release_name, holder_code, indicator_code, period, role, leaf_indicator_code)
    )
"""

FREEZE = """
    create trigger never_changed before update or delete or truncate on published.{relation}
    for each statement execute function published.refuse_change();
    alter table published.{relation} enable always trigger never_changed
"""

# The release's own row comes last and closes it.
SEAL = """
    create trigger never_added_to before insert on published.{relation}
    for each row execute function published.refuse_addition();
    alter table published.{relation} enable always trigger never_added_to
"""

# As in the catalogue, which no view may depend on: every build makes its tables anew.
REASONS = {
    "tree_move": "单位变动",
    "definition": "指标口径调整",
    "scope": "采用口径变化",
    "withdrawn": "撤回",
    "correction": "更正",
    "settled": "预计数落实",
    "new_filing": "新报",
    "late": "迟报",
}

REASON = f"""
    case changed.reason {" ".join(f"when '{code}' then '{label}'" for code, label in REASONS.items())}
        else changed.reason end
    || coalesce(case when changed.term > 0 then ' +' else ' ' end || trim_scale(changed.term), '')
"""

# Unions of two plain joins, so that a question about one release, unit or indicator looks at no more than that.
CORRECTIONS = f"""
    create view published.corrections as
    with compared as (
        select
            printed.release_name,
            printed.unit_code,
            printed.unit_name,
            printed.indicator_code,
            printed.indicator_name,
            printed.measure,
            printed.period,
            printed.value as printed_value,
            printed.low as printed_low,
            printed.high as printed_high,
            now.value as current_value,
            now.low as current_low,
            now.high as current_high
        from published.release_values as printed
        left join published.indicator_values_history as now
            on now.unit_code = printed.unit_code and now.indicator_code = printed.indicator_code
            and now.period = printed.period and now.closed_by is null
        where (printed.value, printed.low, printed.high) is distinct from (now.value, now.low, now.high)
        union all
        select
            releases.release_name,
            now.unit_code,
            now.unit_name,
            now.indicator_code,
            now.indicator_name,
            now.measure,
            now.period,
            null, null, null,
            now.value,
            now.low,
            now.high
        from published.releases as releases
        join published.indicator_values_history as now
            on left(now.period, 4) = releases.period and now.closed_by is null
            and (now.value is not null or now.low is not null or now.high is not null)
        where not exists (
            select 1 from published.release_values as printed
            where printed.release_name = releases.release_name and printed.unit_code = now.unit_code
                and printed.indicator_code = now.indicator_code and printed.period = now.period
        )
    ),
    -- Everything since the release in one question, as that takes about as long as one figure does.
    reasons as (
        select
            releases.release_name,
            changed.unit_code,
            changed.indicator_code,
            changed.period,
            max(changed.difference) as difference,
            string_agg({REASON}, '；' order by abs(changed.term) desc nulls last, changed.reason) as reason
        from published.releases as releases
        cross join lateral published.changes(releases.published_at, 'infinity') as changed
        group by releases.release_name, changed.unit_code, changed.indicator_code, changed.period
    )
    select
        compared.*,
        -- None on one side and a figure on the other is a difference where each of the figures behind it is one.
        coalesce(reasons.difference, compared.current_value - compared.printed_value) as difference,
        reasons.reason,
        (
            select min(publication.published_at)
            from published.indicator_values_history as later
            join published.publication as publication
                on publication.publication_id > releases.publication_id
                and publication.publication_id in (later.opened_by, later.closed_by)
            where later.unit_code = compared.unit_code and later.indicator_code = compared.indicator_code
                and later.period = compared.period
                and case
                    when publication.publication_id = later.opened_by
                        then (later.value, later.low, later.high)
                            is distinct from (compared.printed_value, compared.printed_low, compared.printed_high)
                    else not exists (
                        select 1 from published.indicator_values_history as successor
                        where successor.unit_code = later.unit_code
                            and successor.indicator_code = later.indicator_code
                            and successor.period = later.period and successor.opened_by = later.closed_by
                    )
                end
        ) as since
    from compared
    join published.releases as releases on releases.release_name = compared.release_name
    left join reasons
        on reasons.release_name = compared.release_name and reasons.unit_code = compared.unit_code
        and reasons.indicator_code = compared.indicator_code and reasons.period = compared.period
"""

COMMENTS = {
    "releases": {
        "manifest": "清单：各关系行数和总指纹、目录版本、程序版本、批准人和时间",
        "publication_id": "定稿的是第几次发布后的数",
        "published_at": "该次发布的时间：published.as_of(published_at) 就是定稿的数",
        "note": "批准时的说明",
    },
    "release_leaves": {
        **HASHED,
        "row_hash": "来源历史中该行的指纹（SHA-256）",
        "holder_code": "计入单位代码",
        "indicator_code": "指标代码",
        "period": "报告期",
        "role": "作用：own 本级、claim 含下级、numerator 分子、denominator 分母",
        "leaf_indicator_code": "原报指标代码",
        "opened_by": "写入来源历史中该行的发布",
    },
}

CORRECTION_COMMENTS = {
    "release_name": "定稿名称",
    "unit_code": "单位代码",
    "unit_name": "单位名称",
    "indicator_code": "指标代码",
    "indicator_name": "指标名称",
    "measure": "计量单位",
    "period": "报告期",
    "printed_value": "定稿的数，空为当时没有",
    "printed_low": "定稿的下限",
    "printed_high": "定稿的上限",
    "current_value": "现在的数，空为现在没有",
    "current_low": "现在的下限",
    "current_high": "现在的上限",
    "difference": "现在的数减定稿的数，没有的按零算；只有上下限的为空",
    "reason": "更正原因，及其各增减多少",
    "since": "从何时起与定稿不同",
}

# As before, but that a run may wait for a person: it is neither over nor at work.
RUNS = """
    select
        told.dag,
        told.run_id,
        told.year,
        began.started_at,
        case when told.outcome not in ('running', 'waiting') then told.finished_at end as finished_at,
        round(extract(epoch from
            case when told.outcome = 'running' then statement_timestamp() else told.finished_at end - began.started_at
        ), 1) as seconds,
        told.step_seconds,
        told.outcome,
        told.steps,
        told.failed_step,
        told.what_to_do
    from (
        select
            dag,
            run_id,
            max(year) as year,
            max(finished_at) as finished_at,
            sum(seconds) as step_seconds,
            string_agg(
                task || ' ' || outcome || coalesce(' ' || seconds || ' s', ''), ', ' order by started_at
            ) as steps,
            case
                when bool_or(outcome = 'running') then 'running'
                when bool_or(outcome = 'interrupted') then 'interrupted'
                when bool_or(outcome = 'failed') then 'failed'
                when bool_or(outcome = 'waiting') then 'waiting'
                when not bool_and(next_steps <@ begun_since) then 'running'
                when bool_and(outcome = 'skipped') then 'skipped'
                else 'success'
            end as outcome,
            (array_agg(task order by started_at)
                filter (where outcome in ('failed', 'interrupted')))[1] as failed_step,
            (array_agg(sentence order by outcome = 'waiting', started_at)
                filter (where outcome in ('failed', 'interrupted', 'waiting')))[1] as what_to_do
        from (
            select
                run_steps.*,
                array_agg(task) over (
                    partition by dag, run_id order by started_at rows between current row and unbounded following
                ) as begun_since
            from ops.run_steps
        ) as steps
        group by dag, run_id
    ) as told
    join (
        select dag, run_id, min(started_at) as started_at
        from ops.task_run
        group by dag, run_id
    ) as began on began.dag = told.dag and began.run_id = told.run_id
"""

WAITING = (
    "alter table ops.task_run drop constraint task_run_outcome_check",
    """
    alter table ops.task_run add constraint task_run_outcome_check
        check (outcome in ('running', 'success', 'skipped', 'failed', 'waiting'))
    """,
    f"create or replace view ops.runs as {RUNS}",
    "comment on column ops.run_steps.outcome is "
    "'结果：running 运行中、success 成功、skipped 无事可做、failed 失败、interrupted 进程被中止、waiting 等待批准'",
    "comment on column ops.run_steps.sentence is "
    "'失败的：为何失败、该怎么办；无事可做的：原因；等待批准的：怎样答复；其余为空'",
    "comment on column ops.runs.what_to_do is '该步骤为何失败、该怎么办；等待批准的，怎样答复；其余为空'",
    "comment on column ops.last_run.what_to_do is '该步骤为何失败、该怎么办；等待批准的，怎样答复；其余为空'",
    *(
        f"comment on column ops.{view}.seconds is "
        "'从开始到结束的秒数，含步骤之间的等待；运行中的算到此刻，等待批准的算到提出时'"
        for view in ("runs", "last_run")
    ),
    *(
        f"comment on column ops.{view}.outcome is "
        "'结果：running 运行中、success 成功、skipped 无事可做、failed 失败、interrupted 进程被中止、waiting 等待批准'"
        for view in ("runs", "last_run")
    ),
)
