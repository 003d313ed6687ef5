"""Whether this container's Airflow component lives: `python -m kexie.heartbeat SchedulerJob`, for health checks.

It asks what `airflow jobs check --local` asks, without the seconds of a processor that importing all of Airflow takes.
"""

from __future__ import annotations

import os
import socket
import sys

import psycopg

FRESH = """
    select exists (
        select 1 from job
        where job_type = %s and hostname = %s and state = 'running' and latest_heartbeat > now() - interval '30 seconds'
    )
"""


def beats(job_type: str) -> bool:
    """Whether a job of that type on this host reported to Airflow's database within the last 30 seconds."""
    url = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "", 1)
    with psycopg.connect(url) as connection:
        found = connection.execute(FRESH, (job_type, socket.gethostname())).fetchone()
    return bool(found and found[0])


if __name__ == "__main__":
    sys.exit(not beats(sys.argv[1]))
