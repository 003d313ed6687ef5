"""By which channels people are reached from Airflow: its connections where they are set, else the environment.

`smtp_default` is a connection of type SMTP as Airflow's own provider reads it: host, port, login, password, and in
Extra `from_email`, `disable_ssl`, `disable_tls`; beside these `alert_to`, the data team's addresses. `alert_bot` holds
the webhook addresses of chats, whole, as its password, and in Extra `secret`, where messages are to be signed.
"""

from __future__ import annotations

from dataclasses import replace

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from kexie.errors import UserError
from notices import settings
from notices.settings import Channels, MailServer

MAIL_CONNECTION = "smtp_default"
BOT_CONNECTION = "alert_bot"


def channels(*, outside_a_task: bool = False) -> Channels:
    """The environment's channels, with what the connections say in place of it. UserError where one is unusable.

    Airflow shows the connections that it stores to tasks, and not to what it calls when a run is late: there those of
    the environment (AIRFLOW_CONN_…) count, and ours.
    """
    known = settings.channels()
    mail, bots = (_connection(conn_id, outside_a_task) for conn_id in (MAIL_CONNECTION, BOT_CONNECTION))
    if mail is not None:
        where = f"alert_to of the connection {MAIL_CONNECTION}"
        to = settings.addresses(str(mail.extra_dejson.get("alert_to") or ""), where)
        known = replace(known, mail=_server(mail), alert_to=to or known.alert_to)
    if bots is not None:
        secret = str(bots.extra_dejson.get("secret") or "")
        known = replace(known, bots=tuple(settings.bot(url, secret) for url in (bots.password or "").split()))
    return known


def _connection(conn_id: str, outside_a_task: bool) -> Connection | None:
    try:
        return Connection.get(conn_id)
    except AirflowNotFoundException:
        return None
    except PermissionError:
        if outside_a_task:
            return None
        raise


def _server(mail: Connection) -> MailServer:
    extra = mail.extra_dejson
    sender = str(extra.get("from_email") or "")
    is_encrypted = not extra.get("disable_ssl")
    if not mail.host or not settings.ADDRESS.fullmatch(sender):
        raise UserError(f"The connection {MAIL_CONNECTION} needs a host and, in Extra, from_email: an address.")
    server = MailServer(
        mail.host,
        mail.port or settings.PORTS["smtps" if is_encrypted else "smtp"],
        sender,
        mail.login or "",
        mail.password or "",
        is_encrypted,
    )
    if extra.get("disable_tls") and not is_encrypted and not server.is_local:
        raise UserError(
            f"The connection {MAIL_CONNECTION} would send letters in clear: leave disable_tls or disable_ssl."
        )
    return server
