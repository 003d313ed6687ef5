"""What ran, when and how it ended: tasks, and the views that the data team reads."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    for name, (comment, columns, query) in VIEWS.items():
        op.execute(f"create view ops.{name} as {query}")
        op.execute(f"comment on view ops.{name} is '{comment}'")
        comment_columns(name, columns)
    for relation, columns in COLUMNS.items():
        comment_columns(relation, columns)


def comment_columns(relation: str, comments: dict[str, str]) -> None:
    for column, comment in comments.items():
        op.execute(f"comment on column ops.{relation}.{column} is '{comment}'")


TABLES = (
    """
    create table ops.task_run (
        task_run_id integer generated always as identity primary key,
        dag text not null,
        run_id text not null,
        task text not null,
        try_number integer not null,
        year smallint,
        started_at timestamptz not null default clock_timestamp(),
        finished_at timestamptz,
        outcome text not null default 'running' check (outcome in ('running', 'success', 'skipped', 'failed')),
        sentence text not null default '',
        -- Which steps come next: until they have begun, the run is not over.
        next_steps text[] not null default '{}',
        check ((outcome = 'running') = (finished_at is null))
    )
    """,
    "create index task_run_by_run on ops.task_run (dag, run_id, task, task_run_id)",
    "create index task_run_by_dag on ops.task_run (dag, task_run_id)",
    "comment on table ops.task_run is '每个步骤每次尝试一行：开始时写入，结束时补全；进程被中止的没有结束时间'",
    """
    create table ops.alert (
        alert_id bigint generated always as identity primary key,
        raised_at timestamptz not null default clock_timestamp(),
        kind text not null check (kind in ('failed', 'late')),
        dag text not null,
        run_id text not null,
        task text,
        year smallint,
        sentence text not null
    )
    """,
    "create index alert_by_dag on ops.alert (dag, task)",
    "comment on table ops.alert is '每次告警一行：步骤失败，或到点未完成'",
    # The first bad row of an expectation is the one that the audit's log shows first.
    "alter table ops.expectation_bad_row add column bad_row_id bigint generated always as identity primary key",
    "create index expectation_bad_row_by_build on ops.expectation_bad_row (build_id, expectation, bad_row_id)",
)

# The number is pipeline.record.AT_WORK: a step that works holds this lock, and a process that died holds none.
AT_WORK = """
    exists (
        select 1 from pg_locks
        where locktype = 'advisory' and classid = 7301012 and objid::bigint = last.task_run_id and objsubid = 2
            and database = (select oid from pg_database where datname = current_database())
    )
"""

KILLED = (
    "The process ended without saying why: it was killed, or the machine stopped. Nothing is half done: "
    "run the step again."
)

# No `with`: a query in it that asks for locks would be kept apart, and a filter on one run would look at all of them.
RUN_STEPS = f"""
    select
        dag,
        run_id,
        year,
        task,
        try_number,
        started_at,
        finished_at,
        round(extract(epoch from
            case when state = 'running' then statement_timestamp() else finished_at end - started_at
        ), 1) as seconds,
        state as outcome,
        case when state = 'interrupted' then '{KILLED}' else sentence end as sentence,
        next_steps
    from (
        select last.*, case when outcome = 'running' and not {AT_WORK} then 'interrupted' else outcome end as state
        from (
            select distinct on (dag, run_id, task) *
            from ops.task_run
            order by dag, run_id, task, task_run_id desc
        ) as last
    ) as judged
"""

RUNS = """
    select
        told.dag,
        told.run_id,
        told.year,
        began.started_at,
        case when told.outcome <> 'running' then told.finished_at end as finished_at,
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
                when not bool_and(next_steps <@ begun_since) then 'running'
                when bool_and(outcome = 'skipped') then 'skipped'
                else 'success'
            end as outcome,
            (array_agg(task order by started_at)
                filter (where outcome in ('failed', 'interrupted')))[1] as failed_step,
            (array_agg(sentence order by started_at)
                filter (where outcome in ('failed', 'interrupted')))[1] as what_to_do
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

LAST_RUN = """
    select runs.*
    from (select dag, max(task_run_id) as task_run_id from ops.task_run group by dag) as newest
    join ops.task_run as last on last.task_run_id = newest.task_run_id
    -- Lateral, so that only these runs are looked at, among years of them.
    cross join lateral (select * from ops.runs where runs.dag = last.dag and runs.run_id = last.run_id) as runs
"""

OPEN_ALERTS = """
    with unmended as (
        select alert.*
        from ops.alert as alert
        where not exists (
            select 1 from ops.task_run as mended
            where alert.kind = 'failed' and mended.dag = alert.dag and mended.task = alert.task
                and mended.year is not distinct from alert.year
                and mended.outcome in ('success', 'skipped') and mended.started_at > alert.raised_at
        ) and not exists (
            select 1 from ops.runs as mended
            where alert.kind = 'late' and mended.dag = alert.dag and mended.year is not distinct from alert.year
                and mended.outcome in ('success', 'skipped') and mended.finished_at > alert.raised_at
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

FAILED_FILES = """
    with wrong as (
        select
            submission.delivery_seq,
            coalesce(
                (
                    select min(later_delivery.received_at)
                    from landing.submission as later
                    join landing.delivery as later_delivery on later_delivery.delivery_seq = later.delivery_seq
                    where later.unit_code = submission.unit_code and later.form = submission.form
                        and later.period = submission.period and later.delivery_seq > submission.delivery_seq
                        and later.state = 'accepted' and not exists (
                            select 1 from landing.withdrawal where withdrawal.submission_id = later.submission_id
                        )
                ),
                (select withdrawn_at from landing.withdrawal where withdrawal.submission_id = submission.submission_id)
            ) as mended_at
        from landing.submission as submission
        where submission.state = 'rejected' or exists (
            select 1 from landing.observation
            where observation.submission_id = submission.submission_id and observation.is_held
        )
    ),
    mended as (
        select delivery_seq, max(mended_at) as mended_at, bool_and(mended_at is not null) as is_mended
        from wrong
        group by delivery_seq
    ),
    -- A file of which not even the submissions could be told is mended by the next of that name.
    named_again as (
        select wrong.delivery_seq, min(later.received_at) as mended_at
        from landing.delivery as wrong
        join landing.delivery as later
            on later.submitter_code = wrong.submitter_code and later.file_name = wrong.file_name
            and later.delivery_seq > wrong.delivery_seq and later.outcome in ('accepted', 'held', 'partly_rejected')
        where wrong.outcome in ('rejected', 'partly_rejected')
        group by wrong.delivery_seq
    )
    select
        files.delivery_seq,
        files.received_at,
        files.submitter_code,
        submitter.name as submitter_name,
        files.file_name,
        files.kind,
        files.outcome,
        files.errors,
        files.held,
        files.first_sentence,
        files.submitter_code || '/' || files.receipt_name as receipt,
        coalesce(mended.is_mended, named_again.mended_at is not null) as is_mended,
        case
            when mended.delivery_seq is null then named_again.mended_at
            when mended.is_mended then mended.mended_at
        end as mended_at
    from ops.file_outcomes as files
    left join mended on mended.delivery_seq = files.delivery_seq
    left join named_again on named_again.delivery_seq = files.delivery_seq
    left join (
        select distinct on (unit_code) unit_code, name
        from landing.unit_span
        order by unit_code, valid_from desc
    ) as submitter on submitter.unit_code = files.submitter_code
    where files.outcome in ('rejected', 'partly_rejected', 'held')
"""

YEARS = """
    (
        select string_agg(year::text, ', ' order by year)
        from ops.build_year
        where build_year.build_id = build.build_id
    )
"""

MODEL_RUNS = f"""
    select
        result.build_id,
        {YEARS} as years,
        build.requested_by,
        result.finished_at,
        result.node,
        result.node_type,
        result.status,
        result.seconds,
        result.rows_affected,
        result.message,
        lag(result.build_id) over before as previous_build_id,
        result.seconds - lag(result.seconds) over before as seconds_change,
        result.rows_affected - lag(result.rows_affected) over before as rows_change
    from ops.model_result as result
    join ops.build as build on build.build_id = result.build_id
    window before as (partition by result.node order by result.build_id)
"""

CHECK_RESULTS = f"""
    select
        result.build_id,
        {YEARS} as years,
        result.finished_at,
        result.suite,
        result.expectation,
        result.expectation_name,
        result.severity,
        result.is_success,
        result.bad_rows,
        result.message,
        first_row.unit_code,
        first_row.indicator_code,
        first_row.period,
        first_row.file_name,
        first_row.place
    from ops.expectation_result as result
    join ops.build as build on build.build_id = result.build_id
    left join lateral (
        select bad.unit_code, bad.indicator_code, bad.period, bad.file_name, bad.place
        from ops.expectation_bad_row as bad
        where bad.build_id = result.build_id and bad.expectation = result.expectation
        order by bad.bad_row_id
        limit 1
    ) as first_row on true
"""

RUN_COLUMNS = {
    "dag": "DAG 名称；手工命令则为命令名",
    "run_id": "运行编号",
    "year": "所汇总的年度，不针对某一年度的为空",
    "started_at": "第一个步骤开始的时间",
    "finished_at": "最后一个步骤结束的时间，空为未结束",
    "seconds": "从开始到结束的秒数，含步骤之间的等待；运行中的算到此刻",
    "step_seconds": "各步骤最后一次尝试的秒数之和",
    "outcome": "结果：running 运行中、success 成功、skipped 无事可做、failed 失败、interrupted 进程被中止",
    "steps": "各步骤的结果和秒数，按开始先后",
    "failed_step": "最先失败或被中止的步骤",
    "what_to_do": "该步骤为何失败、该怎么办；没有失败为空",
}

# view -> (comment, {column: comment}, query), each after those it is made of
VIEWS: dict[str, tuple[str, dict[str, str], str]] = {
    "run_steps": (
        "每个运行的每个步骤，以最后一次尝试为准",
        {
            "dag": RUN_COLUMNS["dag"],
            "run_id": RUN_COLUMNS["run_id"],
            "year": RUN_COLUMNS["year"],
            "task": "步骤",
            "try_number": "第几次尝试",
            "started_at": "该次尝试开始的时间",
            "finished_at": "该次尝试结束的时间，空为未结束",
            "seconds": "用时（秒）；运行中的算到此刻，被中止的为空",
            "outcome": RUN_COLUMNS["outcome"],
            "sentence": "失败的：为何失败、该怎么办；无事可做的：原因；其余为空",
            "next_steps": "接着应开始的步骤",
        },
        RUN_STEPS,
    ),
    "runs": ("每个运行一行：何时、多久、结果如何、该怎么办", RUN_COLUMNS, RUNS),
    "last_run": ("每个 DAG 的最近一次运行", RUN_COLUMNS, LAST_RUN),
    "open_alerts": (
        "尚未解除的告警，同一步骤同一年度合为一行；该步骤（或该年度的运行）后来成功即解除",
        {
            "kind": "种类：failed 步骤失败、late 到点未完成",
            "dag": "DAG 名称",
            "task": "失败的步骤；到点未完成的为空",
            "year": RUN_COLUMNS["year"],
            "first_raised_at": "首次告警的时间",
            "last_raised_at": "最近一次告警的时间",
            "times": "告警次数",
            "run_id": "最近一次告警的运行编号",
            "sentence": "最近一次告警：发生了什么、该怎么办",
        },
        OPEN_ALERTS,
    ),
    "failed_files": (
        "被退回、部分退回或有数待说明的文件，以及后来是否已更正",
        {
            "delivery_seq": "收存顺序号",
            "received_at": "收到时间",
            "submitter_code": "报送者代码",
            "submitter_name": "报送者名称（最近的）",
            "file_name": "文件名",
            "kind": "文件种类：workbook 工作簿、csv、narrative 文字材料、unknown 未识别",
            "outcome": "处理结果：rejected 退回、partly_rejected 部分退回、held 有数待说明",
            "errors": "强制性问题数",
            "held": "待说明的问题数",
            "first_sentence": "第一条问题",
            "receipt": "回执在发件箱中的位置",
            "is_mended": "是否已更正：其中每个有问题的报送都已重报并收下或已撤回；认不出报送的，看同名文件",
            "mended_at": "更正齐全的时间，空为尚未",
        },
        FAILED_FILES,
    ),
    "model_runs": (
        "每次构建中每个 dbt 模型、种子和检验的结果，并与该项上一次相比",
        {
            "build_id": "构建编号",
            "years": "该次构建的年度",
            "requested_by": "由哪个运行发起",
            "finished_at": "写入结果的时间",
            "node": "模型、种子或检验的名称",
            "node_type": "种类：model 模型、seed 种子、test 检验",
            "status": "结果：success、pass 通过，warn 提示，error、fail 失败，skipped 因前项失败而未做",
            "seconds": "用时（秒）",
            "rows_affected": "写入的行数，视图和检验为空",
            "message": "dbt 的说明",
            "previous_build_id": "该项上一次所在的构建，年度可能不同",
            "seconds_change": "用时比上一次增减（秒）",
            "rows_change": "行数比上一次增减",
        },
        MODEL_RUNS,
    ),
    "check_results": (
        "每次构建中每项审核的结果，及不符的第一行",
        {
            "build_id": "构建编号",
            "years": "该次构建的年度",
            "finished_at": "写入结果的时间",
            "suite": "审核组：invariants 必须成立、plausibility 提示",
            "expectation": "审核项代码",
            "expectation_name": "审核项名称",
            "severity": "轻重：critical 不符不发布、warning 和 info 只提示",
            "is_success": "是否符合",
            "bad_rows": "不符的行数",
            "message": "哪里不符",
            "unit_code": "不符第一行的单位代码",
            "indicator_code": "不符第一行的指标代码",
            "period": "不符第一行的报告期",
            "file_name": "不符第一行的来源文件",
            "place": "不符第一行在文件中的位置：工作表和单元格、行号或原话",
        },
        CHECK_RESULTS,
    ),
}

COLUMNS = {
    "task_run": {
        "task_run_id": "编号",
        "dag": RUN_COLUMNS["dag"],
        "run_id": RUN_COLUMNS["run_id"],
        "task": "步骤",
        "try_number": "第几次尝试",
        "year": RUN_COLUMNS["year"],
        "started_at": "开始时间",
        "finished_at": "结束时间，空为未结束或进程被中止",
        "outcome": "结果：running 未结束、success 成功、skipped 无事可做、failed 失败",
        "sentence": "失败的：为何失败、该怎么办；无事可做的：原因",
        "next_steps": "接着应开始的步骤",
    },
    "alert": {
        "alert_id": "编号",
        "raised_at": "告警时间",
        "kind": "种类：failed 步骤失败、late 到点未完成",
        "dag": "DAG 名称",
        "run_id": RUN_COLUMNS["run_id"],
        "task": "失败的步骤；到点未完成的为空",
        "year": RUN_COLUMNS["year"],
        "sentence": "发生了什么、该怎么办",
    },
    "build": {
        "build_id": "构建编号",
        "cutoff_seq": "依据到哪个收存顺序号",
        "catalogue_version": "指标目录版本",
        "requested_by": "由哪个运行发起",
        "state": "状态：building 进行中、built 已汇总、audited 已通过审核、published 已发布、replaced 由后来的构建接替",
        "message": "未通过的原因",
        "started_at": "开始时间",
        "built_at": "汇总完成的时间",
        "audited_at": "通过审核的时间",
        "published_at": "发布的时间",
    },
    "build_year": {
        "build_id": "构建编号",
        "year": "年度",
        "tree_date": "所用单位树的日期",
    },
    "model_result": {
        "build_id": "构建编号",
        "node": "模型、种子或检验的名称",
        "node_type": "种类：model 模型、seed 种子、test 检验",
        "status": "结果：success、pass 通过，warn 提示，error、fail 失败，skipped 因前项失败而未做",
        "seconds": "用时（秒）",
        "rows_affected": "写入的行数，视图和检验为空",
        "message": "dbt 的说明",
        "finished_at": "写入结果的时间",
    },
    "expectation_result": {
        "build_id": "构建编号",
        "suite": "审核组：invariants 必须成立、plausibility 提示",
        "expectation": "审核项代码",
        "expectation_name": "审核项名称",
        "severity": "轻重：critical 不符不发布、warning 和 info 只提示",
        "is_success": "是否符合",
        "bad_rows": "不符的行数",
        "message": "哪里不符",
        "finished_at": "写入结果的时间",
    },
    "expectation_bad_row": {
        "build_id": "构建编号",
        "expectation": "审核项代码",
        "unit_code": "单位代码",
        "indicator_code": "指标代码",
        "period": "报告期",
        "file_name": "来源文件",
        "place": "在文件中的位置：工作表和单元格、行号或原话",
        "bad_row": "不符的整行",
        "bad_row_id": "编号，按审核日志中的先后",
    },
    "file_outcomes": {
        "delivery_seq": "收存顺序号",
        "received_at": "收到时间",
        "submitter_code": "报送者代码",
        "file_name": "文件名",
        "kind": "文件种类：workbook 工作簿、csv、narrative 文字材料、unknown 未识别",
        "outcome": (
            "处理结果：landed 已收存待核对、accepted 已接收、held 有数待说明、partly_rejected 部分退回、"
            "rejected 退回、duplicate 重复、kept 只收存"
        ),
        "errors": "强制性问题数",
        "held": "待说明的问题数",
        "warnings": "提示数",
        "first_sentence": "最要紧的一条问题",
        "receipt_name": "回执文件名",
        "sha256": "原件指纹（SHA-256）",
    },
}
