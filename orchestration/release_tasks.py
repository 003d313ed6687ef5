"""The tasks by which a person approves a year: asked by Airflow's own human-in-the-loop operator.

`annual_rollup` only starts the DAG that asks. A run that waits weeks for an answer would hold up the yearly run's
deadline, its next run and any backfill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import BaseOperator, Param, task
from airflow.sdk.exceptions import AirflowSkipException

from kexie.approvals import APPROVE, REJECT, RELEASE_DAG
from kexie.errors import UserError
from kexie.roles import Role
from orchestration.tasks import log, warehouse, year_of_run

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from reporting.release_changes import Question


class Ask(TriggerDagRunOperator):
    """Starts the DAG that asks for approval, once for the same figures."""

    def execute(self, context: Any) -> None:  # noqa: ANN401 - Airflow's own signature
        with warehouse(Role.PUBLISH) as (_, engine):
            asked = _question(engine)
            # The figures of a year are told by when they were last changed.
            self.trigger_run_id = f"{asked.state.year}__{asked.state.published_at.isoformat()}"
            self.conf = {"year": asked.state.year}
            if context["ti"].get_dr_count(RELEASE_DAG, run_ids=[self.trigger_run_id]):
                raise AirflowSkipException(
                    f"These figures of {asked.state.year} were asked about before: {RELEASE_DAG} {self.trigger_run_id}."
                )
            log.info("%s: %s %s asks and waits for the answer.", asked.subject, RELEASE_DAG, self.trigger_run_id)
        super().execute(context)


class Approve(ApprovalOperator):
    """Waits for a person's answer; no is an answer too, after which there is nothing left to do."""

    APPROVE, REJECT = APPROVE, REJECT

    def execute(self, context: Any) -> Any:  # noqa: ANN401 - Airflow's own signature
        with warehouse(Role.PUBLISH):
            return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:  # noqa: ANN401 - Airflow's own signature
        with warehouse(Role.PUBLISH):
            if event.get("chosen_options") == [self.REJECT]:
                raise AirflowSkipException(f"{_who(event)} 没有批准 {year_of_run()} 年定稿，什么都没有改动。")
            return super().execute_complete(context, event)


def ask() -> BaseOperator:
    """The step of `annual_rollup`; skipped where the year's last release holds just these figures."""
    return Ask(
        task_id="ask",
        doc_md="请人批准该年度定稿：启动 `release_year`。和上次定稿一样的，或同样的数已请示过的，不再请示。",
        trigger_dag_id=RELEASE_DAG,
        logical_date=None,
    )


@task(doc_md="和上次定稿相比什么变了；没有定稿过的，列出概况。没有变动就不请示。")
def changes() -> dict[str, Any]:
    with warehouse(Role.PUBLISH) as (_, engine):
        asked = _question(engine)
        for line in (asked.subject, *asked.lines):
            log.info(line)
        how = f"批准后，这些数定稿，永不改动；此后的更正另列。也可以在命令行批准：`kexie release {asked.state.year}`。"
        return {
            "year": asked.state.year,
            "subject": asked.subject,
            "body": "\n".join((*asked.lines, "", how)),
            "publication": asked.state.publication_id,
        }


def approval() -> BaseOperator:
    """Waits without a process or a slot until somebody answers."""
    return Approve(
        task_id="approval",
        doc_md="等人答复：Airflow 首页“Required Actions”，批准或不批准，可附说明。不批准则什么都不改动。",
        subject="{{ ti.xcom_pull('changes')['subject'] }}",
        body="{{ ti.xcom_pull('changes')['body'] }}",
        params={"note": Param("", type="string", title="说明", description="记入定稿清单，可以不填。")},
        trigger_rule="all_success",
    )


@task(doc_md="把批准时看到的数定稿，附清单和每行指纹。", trigger_rule="all_success")
def release(ti: Any = None) -> str:  # noqa: ANN401 - Airflow passes the task instance
    from reporting.release import AlreadyReleasedError, Approval, release_year

    answer, publication = ti.xcom_pull("approval"), ti.xcom_pull("changes")["publication"]
    approved = Approval(_who(answer), answer["responded_at"], answer["params_input"].get("note", ""))
    with warehouse(Role.PUBLISH) as (_, engine):
        try:
            return release_year(engine, year_of_run(), publication, approved, log.info).name
        except AlreadyReleasedError as nothing_to_do:
            raise AirflowSkipException(str(nothing_to_do)) from None


@task(doc_md="用这份定稿写全委会工作报告：一份 .docx、一份 .xlsx。", trigger_rule="all_success")
def report(ti: Any = None) -> None:  # noqa: ANN401 - Airflow passes the task instance
    from catalogue.load import load
    from kexie.database import acting
    from reporting.report.writing import write_report

    # The office only reads, so it cannot say itself when it did.
    with warehouse(Role.PUBLISH) as (home, _), acting(home, Role.OFFICE) as engine:
        write_report(home, engine, load(), year_of_run(), log.info, ti.xcom_pull("release"))


def _question(engine: Engine) -> Question:
    """What to ask about the year of this run; the step is skipped where there is nothing to ask."""
    from reporting.release_changes import asked_about

    year = year_of_run()
    try:
        return asked_about(engine, year)
    except UserError as nothing_to_ask:
        raise AirflowSkipException(str(nothing_to_ask)) from None


def _who(answer: dict[str, Any]) -> str:
    return str(answer["responded_by_user"]["name"])
