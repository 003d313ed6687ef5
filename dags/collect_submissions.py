"""### 收报：从收件箱到已发布的数

每五分钟一次，收件箱里出现文件时也会启动。没有事可做的步骤显示为 skipped，日志里写明原因。

| 步骤 | 做什么 | 结果在哪里 |
| --- | --- | --- |
| land | 收存写完的文件 | `landing.delivery`、`archive/` |
| check | 读数、核对、写回执 | `ops.file_outcomes`、`landing.finding`、`outbox/` |
| transform | 有变动的年度重新汇总 | `ops.build`、`ops.model_runs`、`candidate.*` |
| audit | 审核候选数，不符不发布 | [审核网页](/data-docs/index.html)、`ops.check_results`、`ops.expectation_bad_row` |
| publish | 写入差别 | `published.*` |
| answer | 回执补上每个数发布后的去向 | `outbox/` |

排队后两小时还没有成功的，此后也没有别的运行成功，在 `ops.open_alerts` 告警。

同一时间只有一个运行；重跑任何一步都不会重复计数。不经 Airflow 做同样的事：`kexie run`。
"""

from datetime import timedelta

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, dag
from pendulum import datetime

from kexie.roles import TIME_ZONE
from orchestration.alerts import ended_within
from orchestration.inbox import SUBMISSIONS
from orchestration.tasks import DEFAULTS, answer, audit, check, land, publish, transform

EVERY_FIVE_MINUTES = CronTriggerTimetable("*/5 * * * *", timezone=TIME_ZONE)


@dag(
    description="收件箱 → 已发布的数：收存、核对、汇总、审核、发布",
    schedule=AssetOrTimeSchedule(timetable=EVERY_FIVE_MINUTES, assets=[SUBMISSIONS]),
    start_date=datetime(2026, 1, 1, tz=TIME_ZONE),
    catchup=False,
    max_active_runs=1,
    # The first years of an old archive take an hour; nothing else takes minutes.
    deadline=ended_within(timedelta(hours=2)),
    default_args=DEFAULTS,
    doc_md=__doc__,
    tags=["收报"],
)
def collect_submissions() -> None:
    land() >> check() >> transform() >> audit() >> publish() >> answer()


collect_submissions()
