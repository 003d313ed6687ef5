"""### 定稿：一个年度已发布的数，经人批准后冻结，写成报告

由 `annual_rollup` 在发布后启动，也可以手工触发并填“年度”。批准之前一直等着，不占用任何进程，也不妨碍别的运行。

| 步骤 | 做什么 | 结果在哪里 |
| --- | --- | --- |
| changes | 和上次定稿相比什么变了，没有变动就不请示 | 本步日志、请示的正文 |
| approval | 等人答复 | Airflow 首页“Required Actions” |
| release | 把批准时看到的数定稿 | `published.releases`、`published.release_values` |
| report | 用定稿的数写全委会工作报告 | `reports/年度/` 下的 .docx 和 .xlsx |

定稿名为“年度-序号”，如 `2021-1`；同一年度再次批准为 `2021-2`，先前的不动。谁都不能改动或删除定稿。此后数有变动的，见
`published.corrections`。不经 Airflow 做同样的事：`kexie release`，再 `kexie report`。
"""

from airflow.sdk import Param, dag

from orchestration.release_tasks import approval, changes, release, report
from orchestration.tasks import DEFAULTS

# Each run may wait for weeks; a year that waits holds up no other.
RUNS_AT_ONCE = 100


@dag(
    description="一个年度的数请人批准，批准后定稿，写出报告",
    schedule=None,
    catchup=False,
    max_active_runs=RUNS_AT_ONCE,
    default_args=DEFAULTS,
    doc_md=__doc__,
    params={
        "year": Param(type="integer", minimum=1900, maximum=2099, title="年度", description="要定稿的年度，如 2021。")
    },
    tags=["定稿"],
)
def release_year() -> None:
    changes() >> approval() >> release() >> report()


release_year()
