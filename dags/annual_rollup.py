"""### 年度汇总：一个年度从报送情况到已发布的数，再请人批准定稿

每年元旦（北京时间）为上一年运行一次。以往年度：手工触发并填“年度”，或用 backfill 补跑多年，年度就是该次运行的数据区间。

| 步骤 | 做什么 | 结果在哪里 |
| --- | --- | --- |
| completeness | 应报的报表到了多少、缺哪些单位 | 本步日志、`published.reporting_status` |
| transform | 该年度重新汇总 | `ops.build`、`ops.model_runs`、`candidate.*` |
| audit | 审核候选数，不符不发布 | [审核网页](/data-docs/index.html)、`ops.check_results`、`ops.expectation_bad_row` |
| publish | 写入差别；没有差别就不写 | `published.*` |
| ask | 和上次定稿相比有变动的，请人批准定稿：另起 `release_year`，等多久都不耽误本运行 | `release_year` |

排队后十二小时（元旦为中午十二点）还没有成功的，在 `ops.open_alerts` 告警；该年度后来成功即解除。

与收报同时运行是安全的：后到者等候，并接着做前者没有做完的年度。
"""

from datetime import timedelta

from airflow.sdk import CronDataIntervalTimetable, Param, dag
from pendulum import datetime

from kexie.roles import TIME_ZONE
from orchestration.alerts import ended_within
from orchestration.release_tasks import ask
from orchestration.tasks import DEFAULTS, audit, completeness, publish, transform_year

# Not "@yearly", whose intervals end where they begin.
EVERY_YEAR = CronDataIntervalTimetable("0 0 1 1 *", timezone=TIME_ZONE)

# Queued at the year's first midnight, done in minutes: what is not published by noon needs somebody on New Year's Day.
BY_NOON = ended_within(timedelta(hours=12))


@dag(
    description="一个年度：报送情况、汇总、审核、发布，请人批准定稿；以往年度用 backfill",
    schedule=EVERY_YEAR,
    start_date=datetime(2026, 1, 1, tz=TIME_ZONE),
    catchup=False,
    max_active_runs=1,
    deadline=BY_NOON,
    default_args=DEFAULTS,
    doc_md=__doc__,
    params={
        "year": Param(
            None,
            type=["null", "integer"],
            minimum=1900,
            maximum=2099,
            title="年度",
            description="手工运行时填要重新汇总的年度，如 2021；不填则按该次运行的数据区间。",
        )
    },
    tags=["汇总"],
)
def annual_rollup() -> None:
    completeness() >> transform_year() >> audit() >> publish() >> ask()


annual_rollup()
