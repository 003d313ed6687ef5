"""Notices to whoever filed, about what others did with it: each written once into the outbox, under a name set before.

Like a receipt, a notice is written from the database alone, after what it tells is on record: one that a crash
prevented is written later, and one that a crash left unrecorded is written again over itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from ingestion.receipts import for_notepad, put_in_place

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from kexie.home import Home


class Notice(NamedTuple):
    """A text for a unit's folder of the outbox; `number` is the landing sequence number of what it tells."""

    number: int
    recipient: str
    name: str
    text: str


def write_notices(home: Home, notices: Iterable[Notice]) -> tuple[list[int], list[str]]:
    """Write notices, safe from a power cut: the numbers of those written, and a sentence for each that could not be."""
    problems: list[str] = []
    drafts: list[tuple[int, str, str]] = []
    fs = home.outbox.fs
    for notice in notices:
        folder = (home.outbox / notice.recipient).path
        draft = f"{folder}/.{notice.number}.part"
        try:
            fs.makedirs(folder, exist_ok=True)
            fs.pipe_file(draft, for_notepad(notice.text))
        except OSError as error:
            problems.append(f"notice {notice.recipient}/{notice.name} cannot be written: {error}")
            continue
        drafts.append((notice.number, draft, f"{folder}/{notice.name}"))
    if drafts:
        put_in_place(fs, drafts)
    return [number for number, _, _ in drafts], problems


def write_missing(
    home: Home, engine: Engine, missing: str, written: str, noticed: Callable[[Any], Notice]
) -> list[str]:
    """Write what the query `missing` finds unwritten, each row as `noticed`; a sentence for each that could not be.

    `written` is the statement that records the numbers `:seqs`.
    """
    from sqlalchemy import text

    with engine.connect() as connection:
        rows = connection.execute(text(missing)).all()
    numbers, problems = write_notices(home, map(noticed, rows))
    if numbers:
        with engine.begin() as connection:
            connection.execute(text(written), {"seqs": numbers})
    return problems
