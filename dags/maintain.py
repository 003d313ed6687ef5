"""### 维护：每晚备份并证实能还原，查原件，查定稿，清过期，看磁盘

每天 02:30（北京时间）。一步失败不妨碍后面各步，最后整个运行标为失败；失败步骤的日志末尾一句话说明出了什么事、该做什么。

| 步骤 | 做什么 | 结果在哪里 |
| --- | --- | --- |
| watch_disk | 量各处占用和磁盘余量，快满时警告，放不下今晚的备份就报错 | `ops.disk_use` |
| back_up | 备份数据库，附各表行数、内容指纹和原件清单 | `backups/`、`ops.backup` |
| prove | 还原到临时库，逐表比对，临时库随即删除 | `ops.backup.proven_at`、备份中的 `proof.json` |
| check_archive | 原件是否齐全；分批重读，与指纹比对 | `ops.archive_check`、`ops.archive_damage` |
| check_releases | 每份定稿是否仍是批准时的样子 | 本步日志 |
| clean_up | 删除过期的备份、日志、审核网页的空文件夹、运行记录 | 本步日志；期限在 `upkeep/retention.yaml` |
| clean_airflow | 删除 Airflow 自己的过期运行、任务记录和 XCom | 本步日志 |
| conclude | 以上都成功才成功 | |

排队后五小时（早上七点半）还没有成功的，在 `ops.open_alerts` 告警。

报来的文件、收存的数和已发布的数一概不删。备份不含原件本身，`archive/` 要另行复制到别处。不经 Airflow 做同样的事：
`kexie maintain`；只做备份：`kexie backup`；还原：`kexie restore`。
"""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, chain, dag

from kexie.roles import TIME_ZONE
from orchestration.alerts import ended_within
from orchestration.tasks import DEFAULTS
from orchestration.upkeep_tasks import (
    back_up,
    check_archive,
    check_releases,
    clean_airflow,
    clean_up,
    conclude,
    prove,
    watch_disk,
)

# Not at once when it is switched on: a stack that starts has other things to do. That takes a DAG without a start date.
EVERY_NIGHT = CronTriggerTimetable("30 2 * * *", timezone=TIME_ZONE, run_immediately=timedelta(0))


@dag(
    description="每晚：备份并证实、核对原件和定稿、清理、看磁盘",
    schedule=EVERY_NIGHT,
    catchup=False,
    max_active_runs=1,
    # Before offices open.
    deadline=ended_within(timedelta(hours=5)),
    default_args=DEFAULTS,
    doc_md=__doc__,
    tags=["维护"],
)
def maintain() -> None:
    steps = [watch_disk(), back_up(), prove(), check_archive(), check_releases(), clean_up(), clean_airflow()]
    chain(*steps)
    # How the run ended is for each of them to say, not only for the last.
    steps >> conclude()


maintain()
