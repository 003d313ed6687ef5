"""The secrets of docker-compose.yml, made up once: `make env`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from kexie.home import PROJECT
from kexie.roles import LOGINS, password_variable

ENV_FILE = PROJECT / ".env"

HEAD = ("# Secrets of docker-compose.yml. They belong to the data in its volumes: keep both together, and out of git.",)


def _secret() -> str:
    return secrets.token_urlsafe(32)


SECRETS: Mapping[str, Callable[[], str]] = {
    "POSTGRES_PASSWORD": _secret,
    "KEXIE_OWNER_PASSWORD": _secret,
    **{password_variable(role): _secret for role in LOGINS},
    "AIRFLOW_DATABASE_PASSWORD": _secret,
    "AIRFLOW_ADMIN_PASSWORD": _secret,
    "AIRFLOW_API_SECRET": _secret,
    "AIRFLOW_JWT_SECRET": _secret,
    # Fernet wants the padding that token_urlsafe leaves out.
    "AIRFLOW_FERNET_KEY": lambda: _secret() + "=",
}


def write(file: Path) -> list[str]:
    """Add the secrets that the file does not name yet, changing none of the others; returns the names added.

    Only the file's owner can read it afterwards.
    """
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+") as there:
        os.fchmod(there.fileno(), 0o600)
        lines = there.read().splitlines()
        named = {line.split("=", 1)[0].strip() for line in lines}
        missing = [name for name in SECRETS if name not in named]
        there.seek(0)
        there.writelines(f"{line}\n" for line in [*(lines or HEAD), *(f"{name}={SECRETS[name]()}" for name in missing)])
    return missing


def main() -> None:
    """Write .env beside docker-compose.yml and say what was added."""
    added = write(ENV_FILE)
    print(f"{ENV_FILE}: added {', '.join(added)}." if added else f"{ENV_FILE} has every secret; left as it is.")


if __name__ == "__main__":
    main()
