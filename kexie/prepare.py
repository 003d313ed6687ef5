"""What the `init` service of docker-compose.yml does before any component of Airflow starts. It can be repeated."""

from __future__ import annotations

import json
import os
from pathlib import Path

from kexie.airflow import USER
from kexie.database import ready
from kexie.home import Home
from kexie.roles import Role


def main() -> None:
    """Migrate the warehouse's database, let every login in, write Airflow's password, and migrate its database."""
    home = Home.from_environment()
    for role in Role:
        ready(home, role).dispose()
    _write_password(Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]))
    os.execvp("airflow", ("airflow", "db", "migrate"))  # noqa: S606 - nothing in it comes from outside


def _write_password(file: Path) -> None:
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(json.dumps({USER: os.environ["AIRFLOW_ADMIN_PASSWORD"]}))


if __name__ == "__main__":
    main()
