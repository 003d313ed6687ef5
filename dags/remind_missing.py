"""### 催报：谁还没有报，告诉本单位和上级，同一件事不说第二次

每天 08:30（北京时间）。截止前一周提醒本单位；截止当天、逾期三天、一周再提醒本单位和上级；逾期两周还告知省科协。步骤和
措辞在 `catalogue/reminders.yaml`，免报和延期照报送日历。给上级的附下级名单和可以直接转发的催报文字。
等待逐级审核的报送也照样催，告诉轮到审核的单位。

| 步骤 | 做什么 | 结果在哪里 |
| --- | --- | --- |
| write_reminders | 找出该催的，记下要告知谁、什么 | 本步日志、`ops.reminder`、`published.reporting_status` |
| send_reminders | 有邮件服务器（`smtp_default`）和地址的发邮件，否则放进发件箱 | `outbox/`、`ops.reminder_message` |
| repeat_alerts | 仍未解除的告警，隔够时间再告诉数据组一次 | `ops.alert_notice` |

先记下、后发出：中途停下的，下一次运行接着发，不漏也不重。不经 Airflow 做同样的事：`kexie remind`；只看不发：
`kexie remind --show`。
"""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag

from kexie.roles import TIME_ZONE
from orchestration.alerts import ended_within
from orchestration.reminder_tasks import repeat_alerts, send_reminders, write_reminders
from orchestration.tasks import DEFAULTS

# When offices open; not at once when it is switched on.
EVERY_MORNING = CronTriggerTimetable("30 8 * * *", timezone=TIME_ZONE, run_immediately=timedelta(0))


@dag(
    description="每天：谁还没有报，告诉本单位和上级；同一件事不说第二次",
    schedule=EVERY_MORNING,
    catchup=False,
    max_active_runs=1,
    deadline=ended_within(timedelta(hours=1)),
    default_args=DEFAULTS,
    doc_md=__doc__,
    tags=["催报"],
)
def remind_missing() -> None:
    write_reminders() >> send_reminders() >> repeat_alerts()


remind_missing()
