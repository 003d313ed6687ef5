"""What was told to whom: `ops.reminder_message`, and `ops.reminder`, one row for each thing told, never two.

A message and the things in it are written down in one transaction before it goes anywhere. What is written down and
has not gone is sent by whoever comes next, so that a crash neither loses nor repeats anything:

- a file is written under a name that the message's number gives, so that written again it is the same file;
- a letter's attempt is noted before it. Where the note is there and the end is not, nobody knows whether it went: it is
  not mailed again, but put into the outbox, which says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from reporting.reminders.texts import Message

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

REMINDING = 7_301_015
"""The lock of whoever reminds."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that has not gone yet. `was_begun`: a letter was begun, and nobody knows whether it went."""

    message_id: int
    recipient_code: str
    day: date
    subject: str
    text: str
    page: str
    was_begun: bool
    addresses: tuple[str, ...]


def write_down(connection: Connection, messages: Sequence[Message], today: date) -> None:
    """Note messages and what they tell, within the connection's transaction."""
    from sqlalchemy import text

    if not messages:
        return
    rows = connection.execute(
        text(ADD_MESSAGES),
        {
            "day": today,
            "recipients": [message.recipient.code for message in messages],
            "subjects": [message.subject for message in messages],
            "texts": [message.text for message in messages],
            "pages": [message.page for message in messages],
        },
    )
    numbers = {row.recipient_code: row.message_id for row in rows}
    connection.execute(
        text(ADD_REMINDERS),
        [
            {
                "message_id": numbers[message.recipient.code],
                "recipient": message.recipient.code,
                "unit": one.unit_code,
                "form": one.form,
                "period": one.period,
                "due": one.due_date,
                "step": one.step.code,
            }
            for message in messages
            for one in message.recipient.told
        ],
    )


def waiting(connection: Connection) -> list[Waiting]:
    """What has not gone yet, in the order of its numbers."""
    from sqlalchemy import text

    found = connection.execute(text(WAITING)).mappings()
    return [Waiting(**{**row, "addresses": tuple(row["addresses"])}) for row in found]


def begin(engine: Engine, message: Waiting) -> None:
    """Note that a letter is about to be handed over."""
    from sqlalchemy import text

    with engine.begin() as connection:
        connection.execute(
            text("update ops.reminder_message set begun_at = clock_timestamp() where message_id = :message_id"),
            {"message_id": message.message_id},
        )


def finish(engine: Engine, message: Waiting, channel: str, place: str, remark: str) -> None:
    """Note that a message has gone: by mail to addresses, or to the outbox as a file."""
    from sqlalchemy import text

    row = {"message_id": message.message_id, "channel": channel, "place": place, "remark": remark}
    with engine.begin() as connection:
        connection.execute(text(FINISH), row)


ADD_MESSAGES = """
    insert into ops.reminder_message (day, recipient_code, subject, body, page)
    select :day, told.*
    from unnest(
        cast(:recipients as text[]), cast(:subjects as text[]), cast(:texts as text[]), cast(:pages as text[])
    ) as told
    returning message_id, recipient_code
"""

ADD_REMINDERS = """
    insert into ops.reminder (message_id, recipient_code, unit_code, form, period, due_date, step)
    values (:message_id, :recipient, :unit, :form, :period, :due, :step)
"""

WAITING = """
    select
        message_id,
        recipient_code,
        day,
        subject,
        body as text,
        page,
        begun_at is not null as was_begun,
        array(
            select email from landing.unit_contact as contact
            where contact.unit_code = message.recipient_code
            order by email
        ) as addresses
    from ops.reminder_message as message
    where sent_at is null
    order by message_id
"""

FINISH = """
    update ops.reminder_message
    set channel = :channel, place = :place, remark = :remark, sent_at = clock_timestamp()
    where message_id = :message_id
"""
