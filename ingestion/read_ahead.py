"""Hand out what has landed batch by batch, and have the next batch read meanwhile."""

from __future__ import annotations

import pickle
from collections.abc import Generator, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple

from ingestion import checks, readers
from ingestion.landing import BATCH, archived
from ingestion.observations import FileContent
from ingestion.reader_process import ReaderProcess

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ingestion.context import Context
    from kexie.home import Home

PROCESSES = 2
WORTH_PROCESSES = 50
"""For fewer files it takes longer to start the processes than to read."""


class Incoming(NamedTuple):
    """A row of landing.delivery, with the pickled content of its file where another process has read it."""

    delivery: Any
    answer: bytes


class ReadAhead:
    """All deliveries that wait to be checked; beside the batch in hand, one more is in memory."""

    def __init__(self, home: Home, engine: Engine, context: Context) -> None:
        self._home, self._engine, self._context = home, engine, context
        self._processes: list[ReaderProcess] = []

    def batches(self) -> Generator[Sequence[Incoming], None, None]:
        """In the order of landing. Close it, so that the processes end when a run fails."""
        batch = self._landed(0)
        if len(batch) >= WORTH_PROCESSES:
            self._processes = [ReaderProcess(self._context.catalogue) for _ in range(PROCESSES)]
        try:
            asked = self._ask(batch)
            while batch:
                following = self._landed(batch[-1].delivery_seq)
                asked_next = self._ask(following)
                yield [
                    Incoming(delivery, asked[delivery.delivery_seq].answer() if delivery.delivery_seq in asked else b"")
                    for delivery in batch
                ]
                batch, asked = following, asked_next
        finally:
            for process in self._processes:
                process.stop()

    def content(self, incoming: Incoming) -> FileContent | None:
        """The content of a file, or None of one that is too large to be read."""
        if incoming.answer:
            content: FileContent = pickle.loads(incoming.answer)  # noqa: S301 - what our own process wrote
            return content.of(incoming.delivery.submitter_code)
        delivery = incoming.delivery
        if checks.too_large(self._context, delivery.size_bytes):
            return None
        data = archived(self._home, delivery.sha256).read_bytes()
        return readers.read(delivery.file_name, data, self._context.catalogue).of(delivery.submitter_code)

    def _landed(self, after: int) -> Sequence[Any]:
        from sqlalchemy import text

        with self._engine.connect() as connection:
            return connection.execute(text(LANDED), {"after": after, "limit": BATCH}).all()

    def _ask(self, batch: Sequence[Any]) -> dict[int, ReaderProcess]:
        """Ask the processes, where there are any, for files in turn; returns which was asked for which delivery."""
        asked = {}
        fitting = (one for one in batch if not checks.too_large(self._context, one.size_bytes))
        for delivery, process in zip(fitting, cycle(self._processes), strict=False):
            process.ask(delivery.file_name, archived(self._home, delivery.sha256))
            asked[delivery.delivery_seq] = process
        return asked


LANDED = """
    select delivery_seq, submitter_code, file_name, sha256, size_bytes
    from landing.delivery
    where outcome = 'landed' and delivery_seq > :after
    order by delivery_seq
    limit :limit
"""
