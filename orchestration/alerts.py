"""What somebody has to look at: rows of `ops.alert`, written when a task fails for good and when a run is late."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from kexie.clock import BEIJING
from orchestration.years import year_of
from pipeline.reasons import sentence
from pipeline.record import Run, alert

if TYPE_CHECKING:
    from notices.settings import Channels

log = logging.getLogger("kexie")


def raise_alert(kind: str, run: Run, task: str | None, year: int | None, why: str) -> None:
    """Write a row of `ops.alert` and tell the data team of it, if it was not told before.

    What fails of that is only logged, as there is an error to tell already.
    """
    from kexie.database import acting
    from kexie.home import Home
    from kexie.roles import Role
    from pipeline.telling import tell, tell_directly

    home, known = Home.from_environment(), _channels(outside_a_task=task is None)
    try:
        with acting(home, Role.INGEST) as engine:
            alert(engine, kind, run, task, year, why)
            tell(engine, known, log.info)
    except Exception as error:
        log.warning("The alert is not written to ops.alert: %s", sentence(error))
        tell_directly(home, known, f"{run.dag}{f' {task}' if task else ''}: {why}", log.info)


def _channels(*, outside_a_task: bool) -> Channels:
    """How the data team is reached; by nothing where the settings are unusable, which is logged."""
    from notices.settings import Channels
    from orchestration.channels import channels

    try:
        return channels(outside_a_task=outside_a_task)
    except Exception as error:
        log.warning("Nobody can be told of the alert: %s", sentence(error))
        return Channels()


def run_is_late(context: dict[str, Any]) -> None:
    """Called by Airflow with a run that has not ended well by its deadline."""
    told, due = context["dag_run"], _moment(context["deadline"]["deadline_time"]).astimezone(BEIJING)
    begins = told["data_interval_start"]
    year = year_of((told["conf"] or {}).get("year"), _moment(begins) if begins else None)
    run = Run(told["dag_id"], told["dag_run_id"])
    if _has_ended_well_since(run, year, _moment(told["queued_at"])):
        log.info("The run %s is late, but its work was done by a later one.", run)
        return
    why = (
        f"The run {run.run_id} of {run.dag}{f' ({year})' if year else ''} was due by {due:%Y-%m-%d %H:%M} and "
        "has not ended well. See in ops.last_run which step failed or waits, put it right and clear that step; "
        "a run that ends well closes this alert."
    )
    raise_alert("late", run, None, year, why)
    log.error(why)


def _has_ended_well_since(run: Run, year: int | None, moment: datetime) -> bool:
    """Whether another run of the DAG has done the same since; no where the database does not say."""
    from kexie.database import acting
    from kexie.home import Home
    from kexie.roles import Role
    from pipeline.record import has_ended_well_since

    try:
        with acting(Home.from_environment(), Role.INGEST) as engine:
            return has_ended_well_since(engine, run, year, moment)
    except Exception as error:
        log.warning("Whether a later run has ended well is not known: %s", sentence(error))
        return False


def ended_within(interval: timedelta) -> DeadlineAlert:
    """An alert for a run that has not ended well so long after it was queued.

    Counted from the queue and not from the run's date: the runs of a backfill have dates long gone.
    """
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT, interval=interval, callback=SyncCallback(run_is_late)
    )


def _moment(told: str | datetime) -> datetime:
    return datetime.fromisoformat(told) if isinstance(told, str) else told
