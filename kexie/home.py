"""The instance folder: everything one warehouse keeps on disk, and what its environment says."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kexie.errors import UserError
from kexie.roles import LOGINS, password_variable

if TYPE_CHECKING:
    from upath import UPath

PROJECT = Path(__file__).resolve().parents[1]
"""The folder that holds pyproject.toml, dbt_project, dags and migrations."""


@dataclass(frozen=True, slots=True)
class Home:
    """One instance. Several can live side by side; each folder named here exists once it has been asked for.

    `database_url` names a PostgreSQL database of someone else's server; empty means the embedded server in this folder.
    `passwords` are those of the database's logins, by role, where they are given rather than made up here.
    `inbox_address` and `outbox_address` are any UPath address (a folder, s3://…, sftp://…); empty means inside `root`.
    `backups_folder` is a local folder, best on another disk; empty means inside `root`.
    The three of sftp are paths of files; see `kexie.sftp`.
    `airflow_url` is where an Airflow answers that somebody else starts and stops; empty means the local stack.
    """

    root: Path
    database_url: str = field(default="", repr=False)
    inbox_address: str = field(default="", repr=False)
    outbox_address: str = field(default="", repr=False)
    backups_folder: str = ""
    sftp_known_hosts: str = ""
    sftp_key: str = ""
    sftp_password_file: str = ""
    airflow_url: str = ""
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)

    @classmethod
    def from_environment(cls) -> Home:
        """The instance that the variables KEXIE_* describe."""
        return cls(
            root=Path(os.environ.get("KEXIE_HOME") or PROJECT / ".kexie").expanduser().absolute(),
            database_url=os.environ.get("KEXIE_DATABASE_URL", ""),
            inbox_address=os.environ.get("KEXIE_INBOX", ""),
            outbox_address=os.environ.get("KEXIE_OUTBOX", ""),
            backups_folder=os.environ.get("KEXIE_BACKUPS", ""),
            sftp_known_hosts=os.environ.get("KEXIE_SFTP_KNOWN_HOSTS", ""),
            sftp_key=os.environ.get("KEXIE_SFTP_KEY", ""),
            sftp_password_file=os.environ.get("KEXIE_SFTP_PASSWORD_FILE", ""),
            airflow_url=os.environ.get("KEXIE_AIRFLOW_URL", ""),
            passwords={role: os.environ.get(password_variable(role), "") for role in LOGINS},
        )

    def environment(self) -> dict[str, str]:
        """The variables from which another process builds this same Home; empty ones too, lest others be inherited."""
        return {
            "KEXIE_HOME": str(self.root),
            "KEXIE_DATABASE_URL": self.database_url,
            "KEXIE_INBOX": self.inbox_address,
            "KEXIE_OUTBOX": self.outbox_address,
            "KEXIE_BACKUPS": self.backups_folder,
            "KEXIE_SFTP_KNOWN_HOSTS": self.sftp_known_hosts,
            "KEXIE_SFTP_KEY": self.sftp_key,
            "KEXIE_SFTP_PASSWORD_FILE": self.sftp_password_file,
            "KEXIE_AIRFLOW_URL": self.airflow_url,
            **{password_variable(role): self.passwords.get(role, "") for role in LOGINS},
        }

    @property
    def archive(self) -> Path:
        return self._folder("archive")

    @property
    def inbox(self) -> UPath:
        return self._place(self.inbox_address, "inbox")

    @property
    def outbox(self) -> UPath:
        return self._place(self.outbox_address, "outbox")

    @property
    def backups(self) -> Path:
        # A path that is absolute replaces what it is joined to.
        return self._folder(
            str(Path(self.backups_folder).expanduser().absolute()) if self.backups_folder else "backups"
        )

    @property
    def logs(self) -> Path:
        return self._folder("logs")

    @property
    def data_docs(self) -> Path:
        return self._folder("data_docs")

    @property
    def reports(self) -> Path:
        return self._folder("reports")

    @property
    def airflow_home(self) -> Path:
        return self._folder("airflow")

    @property
    def secrets(self) -> Path:
        return self._folder("secrets", mode=0o700)

    @property
    def postgres_data(self) -> Path:
        """The embedded server's data folder; only initdb creates it."""
        return self._folder() / "postgres"

    def secret(self, name: str) -> str:
        """The secret of that name: made up once, then always the same. Its file can be read by its owner only."""
        path = self.secrets / name
        if not path.exists():
            self._keep_secret(path, secrets.token_urlsafe(32))
        return path.read_text()

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Held by one process of this instance at a time; let go of when the process ends, however it ends."""
        with (self._folder("locks") / name).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _folder(self, name: str = "", mode: int = 0o755) -> Path:
        path = self.root / name
        try:
            path.mkdir(mode=mode, parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"The folder {path} cannot be used: {error.strerror}.") from None
        return path

    def _place(self, address: str, default: str) -> UPath:
        from upath import UPath

        if not address:
            return UPath(self._folder(default))
        if address.startswith(("sftp:", "ssh:")):
            from kexie import sftp

            return sftp.place(address, sftp.Login(self.sftp_known_hosts, self.sftp_key, self.sftp_password_file))
        try:
            place = UPath(address)
            place.fs  # noqa: B018 - loads what the address needs
        except (ImportError, ValueError) as error:
            raise UserError(f"The address {address} cannot be used here: {error}.") from None
        if place.protocol in ("", "file", "local"):
            place.mkdir(parents=True, exist_ok=True)
        return place

    @staticmethod
    def _keep_secret(path: Path, value: str) -> None:
        handle, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(value)
        # A link appears whole or not at all, so of two processes starting together one wins and both read it.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        Path(draft).unlink()
