"""Messages to the bots of chats (企业微信, 钉钉, 飞书 and the like): one JSON each, posted to a webhook."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from notices.settings import LOOPBACK, Bot

SECONDS = 10
TRIES = 3
BETWEEN_TRIES = 1.0
CUT = "……"


class NotPostedError(Exception):
    """The chat has not got the message; the message says why, without the token."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What one kind of bot wants; see bots.yaml."""

    name: str
    host: str
    body: Mapping[str, Any]
    max_bytes: int
    accepted: Mapping[str, Any]
    signed_by: str = ""


@cache
def kinds() -> tuple[Kind, ...]:
    """The kinds of bots.yaml, in its order."""
    content = yaml.safe_load((Path(__file__).parent / "bots.yaml").read_text(encoding="utf-8"))
    return tuple(Kind(name, **fields) for name, fields in content.items())


def kind_of(bot: Bot) -> Kind:
    """The first kind that the bot's host belongs to."""
    return next(kind for kind in kinds() if bot.host == kind.host or not kind.host)


def post(bot: Bot, text: str) -> None:
    """Say something in a chat; tried thrice where the chat does not answer. Raises NotPostedError."""
    import httpx

    # It logs whole addresses, and in these stands a token.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    kind = kind_of(bot)
    body = _filled(kind.body, _cut(text, kind.max_bytes))
    for is_last in (*[False] * (TRIES - 1), True):
        try:
            answer = httpx.post(
                _signed(bot, kind, time.time()), json=body, timeout=SECONDS, trust_env=bot.host not in LOOPBACK
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = f"{bot.host} did not answer ({type(error).__name__})"
        else:
            why = _refusal(kind, answer)
            if not why:
                return
            why = f"{bot.host} refused the message ({why})"
            if answer.status_code < 500:
                break
        if not is_last:
            time.sleep(BETWEEN_TRIES)
    raise NotPostedError(why)


def _refusal(kind: Kind, answer: Any) -> str:  # noqa: ANN401 - httpx is imported where it is used
    """Why a message was not taken, as numbers: what an answer says in words may repeat the token."""
    if not answer.is_success:
        return f"HTTP {answer.status_code}"
    try:
        told = answer.json() if kind.accepted else {}
    except ValueError:
        return "its answer is no JSON"
    if not isinstance(told, Mapping):
        return "its answer is none"
    for field, wanted in kind.accepted.items():
        said = told.get(field)
        if said != wanted:
            return f"{field} {said}" if isinstance(said, int) else f"no {field}"
    return ""


def _filled(template: Any, text: str) -> Any:  # noqa: ANN401 - JSON
    if isinstance(template, Mapping):
        return {field: _filled(value, text) for field, value in template.items()}
    return text if template == "{text}" else template


def _cut(text: str, max_bytes: int) -> str:
    if len(text.encode()) <= max_bytes:
        return text
    return text.encode()[: max_bytes - len(CUT.encode())].decode(errors="ignore") + CUT


def _signed(bot: Bot, kind: Kind, now: float) -> str:
    if not (bot.secret and kind.signed_by == "dingtalk"):
        return bot.url
    moment = str(round(now * 1000))
    digest = hmac.new(bot.secret.encode(), f"{moment}\n{bot.secret}".encode(), hashlib.sha256).digest()
    return f"{bot.url}&timestamp={moment}&sign={quote(base64.b64encode(digest), safe='')}"
