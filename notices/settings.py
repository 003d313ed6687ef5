"""By which channels people are reached, as the environment says it; secrets are never shown.

`KEXIE_SMTP` names the mail server: `smtps://user:password@host:465?from=address`, or `smtp://…` for one that is asked
to encrypt once it is connected. `KEXIE_ALERT_MAIL` holds the data team's addresses, `KEXIE_ALERT_BOT` the webhook
addresses of its chats, `KEXIE_ALERT_BOT_SECRET` the secret with which a bot wants its messages signed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from kexie.errors import UserError

LOOPBACK = ("127.0.0.1", "::1", "localhost")
ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
PORTS = {"smtp": 587, "smtps": 465}

MAIL_WRONG = (
    "KEXIE_SMTP is no address of a mail server: write smtps://user:password@host:465?from=address, or smtp://… for one "
    "that encrypts once it is connected; special signs of user and password as %40 and the like."
)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over, and as whom. `is_encrypted`: from the start, else once connected.

    A server on the loopback may do without encryption; to any other one neither letters nor passwords go in clear.
    """

    host: str
    port: int
    sender: str
    login: str = ""
    password: str = field(default="", repr=False)
    is_encrypted: bool = True

    @property
    def is_local(self) -> bool:
        return self.host in LOOPBACK


@dataclass(frozen=True, slots=True)
class Bot:
    """A chat's webhook; the address holds its token, so that none of it but the host is ever shown."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class Channels:
    """How people are reached: letters go by `mail`, alerts to `alert_to` by mail and to each of the bots."""

    mail: MailServer | None = None
    alert_to: tuple[str, ...] = ()
    bots: tuple[Bot, ...] = ()


def channels(environment: Mapping[str, str] = os.environ) -> Channels:
    """The channels that the environment names; UserError, without any secret, for what cannot be one."""
    secret = environment.get("KEXIE_ALERT_BOT_SECRET", "")
    address = environment.get("KEXIE_SMTP", "")
    return Channels(
        mail_server(address) if address else None,
        addresses(environment.get("KEXIE_ALERT_MAIL", ""), "KEXIE_ALERT_MAIL"),
        tuple(bot(url, secret) for url in environment.get("KEXIE_ALERT_BOT", "").split()),
    )


def mail_server(address: str) -> MailServer:
    """The server of an address `smtp://` or `smtps://`."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise UserError(MAIL_WRONG) from None
    sender = parse_qs(parts.query).get("from", [""])[0]
    if parts.scheme not in PORTS or not parts.hostname or not ADDRESS.fullmatch(sender):
        raise UserError(MAIL_WRONG)
    login, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(parts.hostname, port or PORTS[parts.scheme], sender, login, password, parts.scheme == "smtps")


def addresses(text: str, where: str) -> tuple[str, ...]:
    """Mail addresses, separated by commas or blanks."""
    found = tuple(re.split(r"[,;\s]+", text.strip())) if text.strip() else ()
    for one in found:
        if not ADDRESS.fullmatch(one):
            raise UserError(f"{where} holds '{one}', which is no mail address; write name@example.org.")
    return found


def bot(url: str, secret: str = "") -> Bot:
    """The bot of a webhook. Its token stands in the address, so that it must be encrypted on its way."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host:
        raise UserError("The address of an alert bot is none: write the whole https://… that the chat gave for it.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise UserError(f"The alert bot at {host} must be reached by https://: its token stands in the address.")
    return Bot(url, secret)
