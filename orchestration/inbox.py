"""The inbox as an asset: it is updated when a file appears that is complete and was not announced before.

Airflow may drop an event, for one while a run is under way. So an event only wakes the DAG, which looks for itself,
and which its schedule wakes too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

from airflow.sdk import Asset, AssetWatcher
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from ingestion import landing
from kexie.home import Home

SECONDS_BETWEEN_LOOKS = 2.0
SECONDS_AFTER_A_FAILURE = 30.0

log = logging.getLogger(__name__)


class InboxTrigger(BaseEventTrigger):
    """Fires once for each file of the inbox that has stopped changing, however long it stays there."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{type(self).__module__}.{type(self).__qualname__}", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fires for all files found in one look together: the payload is how many."""
        before: frozenset[str] = frozenset()
        announced: frozenset[str] = frozenset()
        while True:
            seen = await asyncio.to_thread(_seen, Home.from_environment())
            if seen is None:
                await asyncio.sleep(SECONDS_AFTER_A_FAILURE)
                continue
            # The same name, size and time of writing in two looks: nobody is writing to it any more.
            complete = seen & before
            if complete - announced:
                yield TriggerEvent({"files": len(complete - announced)})
            announced = complete
            before = seen
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


def _seen(home: Home) -> frozenset[str] | None:
    """What waits in the inbox; None where its storage does not answer, which is no reason to stop watching."""
    try:
        return frozenset(arrival.identity for arrival in landing.waiting(home))
    except Exception as error:
        log.warning("The inbox cannot be listed: %s", error)
        return None


SUBMISSIONS = Asset("inbox", watchers=[AssetWatcher(name="inbox_watcher", trigger=InboxTrigger())])
