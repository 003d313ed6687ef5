"""A small client of Airflow's REST interface: what the command line and the tests ask of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from kexie.errors import UserError

if TYPE_CHECKING:
    import httpx

FINISHED = ("success", "failed")
POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class AirflowAddress:
    """Where Airflow answers; `password_file` holds a JSON object of user names and passwords."""

    url: str
    user: str
    password_file: Path

    @property
    def password(self) -> str:
        return str(json.loads(self.password_file.read_text())[self.user])


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a run: `state` as Airflow names it, empty before it is scheduled; `seconds` once it has ended."""

    name: str
    state: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Request:
    """A question that a task has put to a person and that nobody has answered yet; `body` is Markdown."""

    run_id: str
    task_id: str
    subject: str
    body: str
    options: tuple[str, ...]


@dataclass(slots=True)
class AirflowClient:
    """Speaks to one running stack. Every refusal is a UserError with Airflow's own reason."""

    address: AirflowAddress
    _http: httpx.Client | None = field(default=None, init=False, repr=False)

    def health(self) -> dict[str, Any]:
        """What Airflow says of its components, by their names in its REST interface; empty while it does not answer."""
        import httpx

        try:
            answer = httpx.get(f"{self.address.url}/api/v2/monitor/health", trust_env=False, timeout=5)
            return dict(answer.json()) if answer.is_success else {}
        except (httpx.TransportError, ValueError):
            return {}

    def unpause(self, dag_id: str, seconds: float = 60) -> None:
        """Let a DAG run. Waits for it to be read, as it is a few seconds after the stack is healthy."""
        deadline = time.monotonic() + seconds
        while dag_id not in (known := self.dags()):
            if time.monotonic() > deadline:
                raise UserError(f"Airflow has no DAG {dag_id}, only {sorted(known)}.{self._import_errors()}")
            time.sleep(POLL_SECONDS)
        self._ask("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def dags(self) -> set[str]:
        """The DAGs that have been read."""
        return {dag["dag_id"] for dag in self._ask("GET", "/dags?limit=100")["dags"]}

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None, logical_date: datetime | None = None) -> str:
        """Start a run and return its id; without a logical date it stands for no interval."""
        moment = logical_date.isoformat() if logical_date else None
        body = {"logical_date": moment, "conf": dict(conf or {})}
        return str(self._ask("POST", f"/dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def state(self, dag_id: str, run_id: str) -> str:
        """The run's state: queued, running, success or failed."""
        return str(self._ask("GET", f"/dags/{dag_id}/dagRuns/{_quoted(run_id)}")["state"])

    def runs(self, dag_id: str) -> dict[str, str]:
        """The DAG's latest hundred runs: the state of each by its id, newest first."""
        answer = self._ask("GET", f"/dags/{dag_id}/dagRuns?limit=100&order_by=-run_after")
        return {run["dag_run_id"]: run["state"] for run in answer["dag_runs"]}

    def tasks(self, dag_id: str, run_id: str) -> list[Task]:
        """The run's tasks in the order in which they started; those that have not, last."""
        found = self._ask("GET", f"/dags/{dag_id}/dagRuns/{_quoted(run_id)}/taskInstances?limit=100")["task_instances"]
        found.sort(key=lambda task: (task["start_date"] is None, task["start_date"]))
        return [Task(task["task_display_name"], task["state"] or "", task["duration"]) for task in found]

    def result(self, dag_id: str, run_id: str, task_id: str) -> Any:  # noqa: ANN401 - whatever the task returned
        """What a task of the run returned."""
        path = f"/dags/{dag_id}/dagRuns/{_quoted(run_id)}/taskInstances/{task_id}/xcomEntries/return_value"
        return self._ask("GET", f"{path}?deserialize=true")["value"]

    def requests(self, dag_id: str) -> list[Request]:
        """What the DAG's runs wait for people to answer."""
        path = f"/dags/{dag_id}/dagRuns/~/hitlDetails?response_received=false&state=awaiting_input&limit=100"
        return [
            Request(
                run_id=found["task_instance"]["dag_run_id"],
                task_id=found["task_instance"]["task_id"],
                subject=found["subject"],
                body=found["body"] or "",
                options=tuple(found["options"]),
            )
            for found in self._ask("GET", path)["hitl_details"]
        ]

    def answer(self, dag_id: str, request: Request, option: str, **entered: str) -> None:
        """Answer a request as the user that is logged in; `entered` fills in its form."""
        path = f"/dags/{dag_id}/dagRuns/{_quoted(request.run_id)}/taskInstances/{request.task_id}/-1/hitlDetails"
        self._ask("PATCH", path, {"chosen_options": [option], "params_input": entered})

    def backfill(self, dag_id: str, first: datetime, last: datetime, reprocess: str = "none") -> int:
        """Create the runs of all intervals that begin from `first` to `last`, both included; return the backfill's id.

        Give them in the DAG's own time zone: a year that begins in Beijing begins the day before in UTC. `reprocess`
        says which existing runs are run again: none, failed or completed. The DAG must not be paused.
        """
        body = {
            "dag_id": dag_id,
            "from_date": first.isoformat(),
            "to_date": last.isoformat(),
            "reprocess_behavior": reprocess,
        }
        return int(self._ask("POST", "/backfills", body)["id"])

    def wait(
        self, dag_id: str, run_id: str, changed: Callable[[Task], None] = lambda _: None, seconds: float = 600
    ) -> str:
        """Wait until a run has ended and return its state; `changed` is called for each task that changed its state."""
        deadline = time.monotonic() + seconds
        seen: dict[str, str] = {}
        while True:
            state = self.state(dag_id, run_id)
            for task in self.tasks(dag_id, run_id):
                if seen.get(task.name, "") != task.state:
                    seen[task.name] = task.state
                    changed(task)
            if state in FINISHED:
                return state
            if time.monotonic() > deadline:
                raise UserError(f"The run {run_id} of {dag_id} is still {state} after {seconds:.0f} s.")
            time.sleep(POLL_SECONDS)

    def _import_errors(self) -> str:
        found = self._ask("GET", "/importErrors?limit=5")["import_errors"]
        return "".join(f" {error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}." for error in found)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        import httpx

        try:
            answer = self._session().request(method, f"/api/v2{path}", json=body)
        except httpx.TransportError as error:
            raise UserError(
                f"Airflow does not answer at {self.address.url} ({error}): start it with `kexie up`."
            ) from None
        if not answer.is_success:
            raise UserError(f"Airflow refused {method} {path} ({answer.status_code}): {answer.text}")
        return dict(answer.json())

    def _session(self) -> httpx.Client:
        import httpx

        if self._http is None:
            # A proxy from the environment has no business on the loopback.
            http = httpx.Client(base_url=self.address.url, trust_env=False, timeout=30)
            login = {"username": self.address.user, "password": self.address.password}
            answer = http.post("/auth/token", json=login)
            if not answer.is_success:
                raise UserError(f"Airflow refused the login of {self.address.user} ({answer.status_code}).")
            http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            self._http = http
        return self._http


def _quoted(run_id: str) -> str:
    """A run's id as part of a path: moments in it have signs of their own there."""
    return quote(run_id, safe="~")
