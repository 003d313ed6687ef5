"""Reminding: find who is missing, write it down, and send it, by mail where that is set up and into the outbox else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from catalogue.model import Catalogue
from ingestion.disk import force_to_disk
from kexie.database import advisory_lock
from kexie.errors import UserError
from kexie.home import Home
from notices.mail import Letter, Mailer, MaybeSentError, NotConnectedError, NotSentError
from notices.settings import MailServer
from reporting.reminders import ledger
from reporting.reminders.due import due
from reporting.reminders.texts import Message, message

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

Progress = Callable[[str], None]

MAIL, OUTBOX = "mail", "outbox"
NO_ADDRESS = "没有该单位的电子邮件地址"
MAYBE_MAILED = "可能已由邮件发出，不再发一次"


def remind(
    home: Home, engine: Engine, catalogue: Catalogue, mail: MailServer | None, day: date, progress: Progress
) -> None:
    """Tell everyone what they are to be told on that day and were not told before; raises what `send` raises."""
    write(engine, catalogue, day, progress)
    send(home, engine, mail, progress)


def messages(connection: Connection, catalogue: Catalogue, day: date) -> list[Message]:
    """What everyone is to be told on that day and was not told before."""
    return [message(recipient, day) for recipient in due(connection, catalogue, day)]


def write(engine: Engine, catalogue: Catalogue, day: date, progress: Progress) -> int:
    """Write down what is to be told on that day; returns to how many units."""
    with advisory_lock(engine, ledger.REMINDING), engine.begin() as connection:
        told = messages(connection, catalogue, day)
        ledger.write_down(connection, told, day)
    for one in told:
        progress(f"{one.recipient.name}（{one.recipient.code}） {one.subject}")
    if not told:
        progress(f"{day}: nobody is to be reminded of anything that they were not reminded of before.")
    return len(told)


def send(home: Home, engine: Engine, mail: MailServer | None, progress: Progress) -> int:
    """Send what is written down and has not gone; returns how many messages went.

    What cannot be mailed goes into the outbox, and what cannot be written waits. Raises UserError, after all else has
    gone, where letters were refused or files could not be written.
    """
    with advisory_lock(engine, ledger.REMINDING), ExitStack() as opened:
        sending = _Sending(home, engine, opened.enter_context(Mailer(mail)) if mail else None)
        with engine.connect() as connection:
            waiting = ledger.waiting(connection)
        for one in waiting:
            sending.send(one)
    progress(f"{sending.gone[MAIL]} reminders are mailed, {sending.gone[OUTBOX]} put into the outbox.")
    sending.refuse_failures()
    return len(waiting)


@dataclass(slots=True)
class _Sending:
    home: Home
    engine: Engine
    mailer: Mailer | None
    gone: dict[str, int] = field(default_factory=lambda: {MAIL: 0, OUTBOX: 0})
    _mail_is_down: str = ""
    _not_mailed: list[str] = field(default_factory=list)
    _not_written: list[str] = field(default_factory=list)

    def send(self, one: ledger.Waiting) -> None:
        why_not = self._mail(one) if self.mailer else ""
        if why_not is None:
            self.gone[MAIL] += 1
            return
        try:
            place = self._put(one)
        except OSError as error:
            self._not_written.append(f"{one.recipient_code} ({error.strerror or error})")
            return
        ledger.finish(self.engine, one, OUTBOX, place, why_not)
        self.gone[OUTBOX] += 1

    def _mail(self, one: ledger.Waiting) -> str | None:
        """None once it is mailed, else why it is not."""
        if one.was_begun:
            return MAYBE_MAILED
        if not one.addresses:
            return NO_ADDRESS
        if self._mail_is_down:
            self._not_mailed.append(one.recipient_code)
            return self._mail_is_down
        assert self.mailer is not None  # noqa: S101 - told apart by the caller
        ledger.begin(self.engine, one)
        letter = Letter(f"kexie-reminder-{one.message_id}", one.addresses, one.subject, one.text, one.page)
        try:
            refused = self.mailer.send(letter)
        except NotSentError as error:
            self._not_mailed.append(one.recipient_code)
            if isinstance(error, NotConnectedError):
                self._mail_is_down = str(error)
            return str(error)
        except MaybeSentError as error:
            self._not_mailed.append(one.recipient_code)
            return f"{MAYBE_MAILED}：{error}"
        taken = [address for address in one.addresses if address not in refused]
        remark = f"服务器拒收：{', '.join(refused)}" if refused else ""
        ledger.finish(self.engine, one, MAIL, ", ".join(taken), remark)
        return None

    def _put(self, one: ledger.Waiting) -> str:
        """Write the page into the recipient's outbox, whole or not at all; returns its place there."""
        name = f"催报_{one.day}_{one.message_id}.html"
        fs, folder = self.home.outbox.fs, (self.home.outbox / one.recipient_code).path
        draft, final = f"{folder}/.{one.message_id}.reminder.part", f"{folder}/{name}"
        fs.makedirs(folder, exist_ok=True)
        fs.pipe_file(draft, one.page.encode())
        is_local = "local" in fs.protocol
        if is_local:
            force_to_disk([draft])
        fs.mv(draft, final)
        if is_local:
            force_to_disk([folder])
        return f"{one.recipient_code}/{name}"

    def refuse_failures(self) -> None:
        told = list(self._failures())
        if told:
            raise UserError(" ".join(told))

    def _failures(self) -> Iterator[str]:
        if self._not_mailed:
            yield (
                f"{len(self._not_mailed)} reminders could not be mailed and are in the outbox instead, for "
                f"{', '.join(self._not_mailed[:5])}{' and others' if len(self._not_mailed) > 5 else ''}: hand them on; "
                "ops.reminder_message says why in `remark`. See that the mail server runs and takes these addresses."
            )
        if self._not_written:
            yield (
                f"{len(self._not_written)} reminders could not be written to the outbox, first for "
                f"{self._not_written[0]}: see that it can be written to and run the step again; none is lost."
            )
