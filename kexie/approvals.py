"""What waits in Airflow for somebody's approval, seen from the command line."""

from __future__ import annotations

from kexie import airflow
from kexie.airflow_client import AirflowClient
from kexie.home import Home

RELEASE_DAG = "release_year"
"""The DAG that asks; its step `changes` says about which publication of which year."""

APPROVE, REJECT = "批准", "不批准"


def settle(home: Home, year: int, publication_id: int, note: str) -> int:
    """Answer what waits about this year's figures up to that publication, which are released: so its runs end.

    Returns how many. Nothing waits where Airflow does not run.
    """
    if not home.airflow_url and airflow.last_environment(home) is None:
        return 0
    client = AirflowClient(airflow.address(home))
    if not client.health():
        return 0
    answered = 0
    for request in client.requests(RELEASE_DAG):
        asked = client.result(RELEASE_DAG, request.run_id, "changes")
        # Later figures are another question.
        if asked["year"] == year and asked["publication"] <= publication_id:
            client.answer(RELEASE_DAG, request, APPROVE, note=note)
            answered += 1
    return answered
