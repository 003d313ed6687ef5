"""An inbox or outbox on an SFTP server: fsspec's file system, with what an unattended service needs.

fsspec's own trusts whatever host key it is shown, waits for ever, and does not come back when the connection was lost.
This one knows its server by its key, gives up in seconds with one sentence, and opens a new session when next asked.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import paramiko
from fsspec import register_implementation  # type: ignore[import-untyped]
from fsspec.implementations.sftp import SFTPFileSystem  # type: ignore[import-untyped]
from paramiko.hostkeys import InvalidHostKey
from paramiko.message import Message
from paramiko.pkey import UnknownKeyType

from kexie.errors import UserError

if TYPE_CHECKING:
    from upath import UPath

CONNECT_SECONDS = 10
ANSWER_SECONDS = 30
KEEP_ALIVE_SECONDS = 30

REST_SECONDS = 10
"""For so long a server that did not answer is not asked again, so that a batch of files fails as quickly as one."""

# It logs the traceback of whatever it raises.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Login:
    """How the server is known and how it knows us. Each is a file's path, so that no address ever holds a secret."""

    known_hosts: str = ""
    key: str = ""
    password_file: str = ""


def place(address: str, login: Login) -> UPath:
    """The folder that an address `sftp://user@host[:port]/folder` names.

    Raises UserError where the address or the login cannot be used, or the server has no such folder, and
    AwayError where the server does not answer.
    """
    from upath import UPath

    _check(address, login)
    folder = UPath(address, known_hosts=login.known_hosts, key_file=login.key, password_file=login.password_file)
    try:
        _look(folder)
    except AwayError:
        # A session that was kept may have ended unnoticed; a new one tells whether the server is there.
        _look(folder)
    return folder


def _look(folder: UPath) -> None:
    try:
        folder.fs.info(folder.path)
    except FileNotFoundError:
        server = folder.fs.server
        raise UserError(f"There is no folder {folder.path} on the SFTP server {server}; make it there.") from None


def _check(address: str, login: Login) -> None:
    # The address is not shown before it is known to hold no password.
    try:
        parts = urlsplit(address)
        is_whole = bool(parts.username and parts.hostname and parts.path and parts.port != 0)
    except ValueError:
        raise UserError("The SFTP address has no server or port that can be; write sftp://user@host/folder.") from None
    if parts.password is not None:
        raise UserError(
            "The address of the SFTP inbox or outbox holds a password, which logs would show; take it out and name"
            " a file that holds it in KEXIE_SFTP_PASSWORD_FILE, or a private key in KEXIE_SFTP_KEY."
        )
    if not is_whole:
        raise UserError(f"'{address}' is no address of an SFTP folder; write sftp://user@host/folder.")
    if not login.known_hosts:
        raise UserError(
            "An SFTP server is known by its host key: name the file that holds it in KEXIE_SFTP_KNOWN_HOSTS"
            f" (`ssh-keyscan {parts.hostname}` writes its lines; compare them with what the server's owner says)."
        )
    if bool(login.key) == bool(login.password_file):
        raise UserError("Name either a private key in KEXIE_SFTP_KEY or a file in KEXIE_SFTP_PASSWORD_FILE.")


class Sftp(SFTPFileSystem):  # type: ignore[misc]
    """fsspec's SFTP file system, strict and patient; errors are UserError or OSError, never paramiko's own."""

    def _connect(self) -> None:
        """Nothing yet: who never asks for a file needs no connection."""
        self._session: _Session | None = None
        self._asked_again_at = 0.0
        self._said = ""

    @property
    def server(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.ssh_kwargs.get('port', 22)}"

    @property
    def ftp(self) -> _Session:
        """The session under all of fsspec's operations; a new one where the last was lost."""
        if self._session is None or not self._session.is_open():
            self._session = self._opened()
        return self._session

    def ls(self, path: str, detail: bool = False) -> list[Any]:
        """What is in a folder. Unlike fsspec's it asks in step, so a session is never left with answers unread."""
        entries = [self._decode_stat(entry, path) for entry in self.ftp.listdir_attr(path)]
        return entries if detail else sorted(entry["name"] for entry in entries)

    def rm_file(self, path: str) -> None:
        self.ftp.remove(path)

    def _opened(self) -> _Session:
        if time.monotonic() < self._asked_again_at:
            raise AwayError(self._said)
        try:
            with _told(self.server):
                return self._log_in()
        except AwayError as error:
            self._said, self._asked_again_at = str(error), time.monotonic() + REST_SECONDS
            raise

    def _log_in(self) -> _Session:
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(_OnlyKnown(self.server))
        user = self.ssh_kwargs["username"]
        _load_known_hosts(client, self.ssh_kwargs["known_hosts"])
        proof = _proof(self.ssh_kwargs["key_file"], self.ssh_kwargs["password_file"])
        try:
            client.connect(
                self.host,
                self.ssh_kwargs.get("port", 22),
                user,
                **proof,
                allow_agent=False,
                look_for_keys=False,
                timeout=CONNECT_SECONDS,
                banner_timeout=CONNECT_SECONDS,
                auth_timeout=CONNECT_SECONDS,
                channel_timeout=CONNECT_SECONDS,
            )
            return _Session.opened(client, self.server)
        except paramiko.BadHostKeyException:
            client.close()
            raise UserError(
                f"The SFTP server {self.server} shows another host key than {self.ssh_kwargs['known_hosts']} holds."
                " Nothing was sent. Ask its owner whether the key was changed, and only then replace the line."
            ) from None
        except paramiko.AuthenticationException:
            client.close()
            what = self.ssh_kwargs["key_file"] or self.ssh_kwargs["password_file"]
            raise UserError(f"The SFTP server {self.server} does not let {user} in with {what}.") from None
        except BaseException:
            client.close()
            raise


class AwayError(ConnectionError):
    """The server does not answer; what is there waits. Whoever runs it may mend that, so it is worth another try."""


class _Session(paramiko.SFTPClient):
    """paramiko's client. A connection that is lost in whatever operation is a ConnectionError, and ends the session."""

    def __init__(self, channel: paramiko.Channel, ssh: paramiko.SSHClient, server: str) -> None:
        self._ssh, self._server = ssh, server
        super().__init__(channel)

    @classmethod
    def opened(cls, ssh: paramiko.SSHClient, server: str) -> _Session:
        transport = cast("paramiko.Transport", ssh.get_transport())
        transport.set_keepalive(KEEP_ALIVE_SECONDS)
        channel = transport.open_session(timeout=CONNECT_SECONDS)
        channel.settimeout(ANSWER_SECONDS)
        channel.invoke_subsystem("sftp")
        return cls(channel, ssh, server)

    def is_open(self) -> bool:
        channel = self.get_channel()
        return channel is not None and not channel.closed and channel.get_transport().is_active()

    # Whatever is sent or received goes through these two.
    def _send_packet(self, kind: int, packet: Message) -> None:
        with self._lost_on_failure():
            super()._send_packet(kind, packet)  # type: ignore[misc]

    def _read_packet(self) -> tuple[int, bytes]:
        with self._lost_on_failure():
            packet: tuple[int, bytes] = super()._read_packet()  # type: ignore[misc]
        return packet

    def _read_response(self, waitfor: int | None = None) -> tuple[int, Message] | tuple[None, None]:
        kind, message = super()._read_response(waitfor)  # type: ignore[misc]
        return kind, message and _Text(message.get_remainder())

    def _adjust_cwd(self, path: str) -> bytes:
        return path.encode("utf-8", "surrogateescape")

    @contextmanager
    def _lost_on_failure(self) -> Iterator[None]:
        try:
            with _told(self._server):
                yield
        except AwayError:
            # An answer that comes late would be taken for the next question's.
            self._ssh.close()
            raise


class _Text(Message):
    """An answer whose names may be no UTF-8; they come as Python's own file functions give them."""

    def get_text(self) -> str:
        return self.get_string().decode("utf-8", "surrogateescape")


class _OnlyKnown(paramiko.MissingHostKeyPolicy):
    def __init__(self, server: str) -> None:
        self._server = server

    def missing_host_key(self, _client: paramiko.SSHClient, _hostname: str, key: paramiko.PKey) -> None:
        raise UserError(
            f"The SFTP server {self._server} is not in the file that KEXIE_SFTP_KNOWN_HOSTS names; it shows the"
            f" {key.get_name()} key {key.fingerprint}. Where its owner confirms that, add it to the file."
        )


@contextmanager
def _told(server: str) -> Iterator[None]:
    """Tell every way in which a server can fail to answer as one."""
    try:
        yield
    except AwayError:
        raise
    except (OSError, EOFError, paramiko.SSHException) as error:
        reason = getattr(error, "strerror", None) or str(error) or "it ended the connection"
        if isinstance(error, TimeoutError):
            reason = "no answer in time"
        raise AwayError(f"The SFTP server {server} does not answer ({reason}); what is there waits") from None


def _load_known_hosts(client: paramiko.SSHClient, file: str) -> None:
    try:
        client.load_host_keys(file)
    except OSError as error:
        raise UserError(f"{file}, named by KEXIE_SFTP_KNOWN_HOSTS, cannot be read: {error.strerror}.") from None
    except (InvalidHostKey, UnicodeDecodeError):
        raise UserError(
            f"{file}, named by KEXIE_SFTP_KNOWN_HOSTS, holds something that is no host key; give each key one whole"
            " line, as `ssh-keyscan` writes it."
        ) from None


def _proof(key_file: str, password_file: str) -> dict[str, Any]:
    """What the server wants to see of us, as paramiko's connect takes it."""
    try:
        if password_file:
            return {"password": Path(password_file).read_text(encoding="utf-8").rstrip("\r\n")}
        return {"pkey": paramiko.PKey.from_path(key_file)}
    except OSError as error:
        raise UserError(f"{key_file or password_file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UserError(f"{key_file or password_file} is no text in UTF-8.") from None
    except (paramiko.SSHException, UnknownKeyType, ValueError, TypeError):
        raise UserError(f"{key_file} is no private key that can be used without a passphrase.") from None


for protocol in SFTPFileSystem.protocol:
    register_implementation(protocol, Sftp, clobber=True)
