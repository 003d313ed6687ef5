"""Telling the data team of open alerts, by mail and in chats: each once, again when it changes or stays open for long.

What was told by which channel is in `ops.alert_notice`, tries that failed included. A channel that is down fails
nothing: it is said, and tried again after a while.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from kexie.clock import BEIJING
from kexie.database import advisory_lock
from kexie.home import Home
from notices import bots
from notices.mail import Letter, Mailer, MaybeSentError, NotSentError
from notices.settings import Bot, Channels, MailServer

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

Progress = Callable[[str], None]

REPEAT_HOURS = 12
"""An alert that stays open as it was is told again after so long: twice a day, and not each five minutes."""

REST_MINUTES = 10
"""So long a channel that failed is left alone, or every failure would wait for it."""

LISTED = 10

TELLING = 7_301_016
"""The lock of whoever tells: two steps that fail together say each thing once."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Alert:
    """An open alert: what happened since when how often, and the sentence that says what to do."""

    kind: str
    dag: str
    task: str | None
    year: int | None
    first_raised_at: datetime
    times: int
    sentence: str

    @property
    def fingerprint(self) -> str:
        """The same as long as the alert says the same: the number of a build, and which run is late, are no news."""
        return "late" if self.kind == "late" else re.sub(r"\bbuild \d+", "build", self.sentence, flags=re.IGNORECASE)

    @property
    def heading(self) -> str:
        what = "到点未完成" if self.kind == "late" else f"步骤 {self.task} 失败"
        year = f"（{self.year} 年）" if self.year else ""
        since = self.first_raised_at.astimezone(BEIJING)
        return f"{self.dag}{year} {what}，自 {since:%Y-%m-%d %H:%M} 起 {self.times} 次"


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to the data team; `say` raises NotSentError, MaybeSentError or NotPostedError."""

    name: str
    say: Callable[[str, str], None]


def channels_of(known: Channels) -> list[Channel]:
    """Each way to the data team, under a name that holds no secret."""
    found = []
    if known.mail and known.alert_to:
        found.append(Channel("mail", _by_mail(known.mail, known.alert_to)))
    hosts: list[str] = []
    for bot in known.bots:
        hosts.append(bot.host)
        number = hosts.count(bot.host)
        found.append(Channel(f"bot {bot.host}" + (f" ({number})" if number > 1 else ""), _by_bot(bot)))
    return found


def tell(engine: Engine, known: Channels, progress: Progress) -> int:
    """Tell by each channel the open alerts that it is to tell now; returns how many were told by any.

    Raises what the database says, and nothing of what a channel says.
    """
    ways = channels_of(known)
    if not ways:
        return 0
    told: set[tuple[Any, ...]] = set()
    with advisory_lock(engine, TELLING):
        for channel in ways:
            with engine.connect() as connection:
                due = _due(connection, channel)
            if due and _say(engine, channel, due, progress):
                told |= {(alert.kind, alert.dag, alert.task, alert.year) for alert in due}
    return len(told)


def tell_directly(home: Home, known: Channels, sentence: str, progress: Progress) -> None:
    """Tell what could not be written to the database; a file of the instance says what was told when."""
    stamps, now = home.logs / "alerts_told.json", time.time()
    with home.lock("alerts"):
        told = json.loads(stamps.read_text()) if stamps.exists() else {}
        if now - told.get(sentence, 0) < REPEAT_HOURS * 3600:
            return
        recent = {words: when for words, when in told.items() if now - when < REPEAT_HOURS * 3600}
        stamps.write_text(json.dumps(recent | {sentence: now}, ensure_ascii=False))
    for channel in channels_of(known):
        wrong = _attempt(channel, "科协数仓告警", f"科协数仓告警（{socket.gethostname()}）\n{sentence}")
        progress(f"The alert could not be told by {channel.name}: {wrong}." if wrong else f"Told by {channel.name}.")


def _say(engine: Engine, channel: Channel, due: Sequence[Alert], progress: Progress) -> bool:
    others = f" 等 {len(due)} 项" if len(due) > 1 else ""
    wrong = _attempt(channel, f"科协数仓告警：{due[0].heading}{others}", "\n".join(_lines(due)))
    with engine.begin() as connection:
        connection.execute(
            text(NOTE),
            [
                {
                    "channel": channel.name,
                    "kind": alert.kind,
                    "dag": alert.dag,
                    "task": alert.task,
                    "year": alert.year,
                    "fingerprint": alert.fingerprint,
                    "remark": wrong,
                }
                for alert in due
            ],
        )
    if wrong:
        log.warning("%s alerts could not be told by %s: %s. They are tried again.", len(due), channel.name, wrong)
    else:
        progress(f"{len(due)} alerts are told by {channel.name}.")
    return not wrong


def _attempt(channel: Channel, subject: str, words: str) -> str:
    """Why it could not be told; empty where it was."""
    try:
        channel.say(subject, words)
    except (NotSentError, MaybeSentError, bots.NotPostedError) as error:
        return str(error)
    except Exception as error:
        # Nobody knows what its words hold, which may be a secret.
        return f"the program failed: {type(error).__name__}"
    return ""


def _lines(due: Sequence[Alert]) -> Iterator[str]:
    yield f"科协数仓告警（{socket.gethostname()}）"
    for alert in due[:LISTED]:
        yield f"· {alert.heading}"
        yield f"  {alert.sentence}"
    if len(due) > LISTED:
        yield f"另有 {len(due) - LISTED} 项。"
    yield '全部未解除的告警：kexie ops "select * from open_alerts"'


def _by_mail(server: MailServer, to: tuple[str, ...]) -> Callable[[str, str], None]:
    def say(subject: str, words: str) -> None:
        with Mailer(server) as mailer:
            mailer.send(Letter(f"kexie-alert-{time.time_ns()}", to, subject, words))

    return say


def _by_bot(bot: Bot) -> Callable[[str, str], None]:
    def say(_subject: str, words: str) -> None:
        bots.post(bot, words)

    return say


def _due(connection: Connection, channel: Channel) -> list[Alert]:
    """The open alerts that a channel is to tell now; none while it rests."""
    bound = {"channel": channel.name, "hours": REPEAT_HOURS, "minutes": REST_MINUTES}
    if connection.scalar(text(RESTS), bound):
        return []
    told = {tuple(row) for row in connection.execute(text(TOLD), bound)}
    found = (Alert(**row) for row in connection.execute(text(OPEN)).mappings())
    return [one for one in found if (one.kind, one.dag, one.task, one.year, one.fingerprint) not in told]


OPEN = """
    select kind, dag, task, year, first_raised_at, times, sentence
    from ops.open_alerts
    order by first_raised_at
"""

# What was told before an alert was opened anew is no longer told.
TOLD = """
    select notice.kind, notice.dag, notice.task, notice.year, notice.fingerprint
    from ops.alert_notice as notice
    join ops.open_alerts as alert on alert.kind = notice.kind and alert.dag = notice.dag
        and alert.task is not distinct from notice.task and alert.year is not distinct from notice.year
    where notice.channel = :channel and notice.remark = ''
        and notice.tried_at >= alert.first_raised_at
        and notice.tried_at > clock_timestamp() - make_interval(hours => :hours)
"""

RESTS = """
    select remark <> '' and tried_at > clock_timestamp() - make_interval(mins => :minutes)
    from ops.alert_notice
    where channel = :channel
    order by notice_id desc
    limit 1
"""

NOTE = """
    insert into ops.alert_notice (channel, kind, dag, task, year, fingerprint, remark)
    values (:channel, :kind, :dag, :task, :year, :fingerprint, :remark)
"""
