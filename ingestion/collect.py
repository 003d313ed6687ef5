"""Collect: from the inbox to accepted observations and receipts."""

from __future__ import annotations

import contextlib
import gc
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from catalogue.model import Catalogue
from ingestion import checks, receipts
from ingestion.approval_lists import write_waiting_lists
from ingestion.approval_rules import sync_rules
from ingestion.approve import write_missing_approvals
from ingestion.checks.results import Checked
from ingestion.context import Context, load_for
from ingestion.filing_calendar import sync_calendar
from ingestion.landing import Progress, land
from ingestion.lock import only_writer
from ingestion.read_ahead import Incoming, ReadAhead
from ingestion.returns import write_missing_notices
from ingestion.store import Outcome, reserve_submission_ids, store
from ingestion.tree import stored
from kexie.clock import now, today
from kexie.home import Home

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(slots=True)
class CollectReport:
    """What a run did: files by outcome, the years whose figures it may have moved, and what was left undone and why."""

    outcomes: Counter[str] = field(default_factory=Counter)
    years_changed: set[int] = field(default_factory=set)
    left: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """One sentence on what came of the files."""
        if not self.outcomes:
            return "No new files."
        counted = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.outcomes.items()))
        return f"{self.outcomes.total()} files: {counted}."


def collect(home: Home, engine: Engine, catalogue: Catalogue, progress: Progress) -> CollectReport:
    """Land what is in the inbox and check all that has landed. Every file gets its receipt."""
    landed = land(home, engine, progress)
    report = check_landed(home, engine, catalogue, progress)
    report.left = landed.left + report.left
    return report


def check_landed(home: Home, engine: Engine, catalogue: Catalogue, progress: Progress) -> CollectReport:
    """Read, check, store and answer every delivery that has landed and was not checked yet, in the order of landing.

    A file at which the program itself fails is answered with a finding, logged with its traceback, and stops no other.
    """
    with only_writer(engine):
        return _Run(home, engine, catalogue, progress).run()


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A batch makes a hundred thousand small objects, none in cycles: looking for cycles takes a tenth of it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Run:
    def __init__(self, home: Home, engine: Engine, catalogue: Catalogue, progress: Progress) -> None:
        self._home, self._engine, self._catalogue, self._progress = home, engine, catalogue, progress
        self._report = CollectReport()
        self._names = receipts.Names(home)

    def run(self) -> CollectReport:
        with self._engine.begin() as connection:
            sync_calendar(connection, self._catalogue)
            sync_rules(connection, self._catalogue)
            tree = stored(connection)
        self._context = Context(self._catalogue, tree, today())
        self._incoming = ReadAhead(self._home, self._engine, self._context)
        self._answer()
        with contextlib.closing(self._incoming.batches()) as batches:
            for batch in batches:
                with _without_garbage_collection():
                    self._check_isolated(batch)
                self._answer()
                counted = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self._report.outcomes.items()))
                self._progress(f"checked {self._report.outcomes.total()} files: {counted}")
        self._report.left += write_waiting_lists(self._home, self._engine, self._catalogue, self._context.tree)
        return self._report

    def _answer(self) -> None:
        self._report.left += receipts.write_missing(self._home, self._engine, self._catalogue, self._context.tree)
        self._report.left += write_missing_notices(self._home, self._engine, self._catalogue, self._context.tree)
        self._report.left += write_missing_approvals(self._home, self._engine, self._catalogue, self._context.tree)

    def _check_isolated(self, batch: Sequence[Incoming]) -> None:
        """Check a batch; where that fails, file by file, so that only the file at fault is affected."""
        from psycopg import ProgrammingError as DriverError
        from sqlalchemy.exc import ProgrammingError

        try:
            self._check(batch)
            return
        except (ProgrammingError, DriverError):
            # The database lacks something, or a right on it: no file is at fault, and none may be rejected for it.
            raise
        except Exception:
            failure = traceback.format_exc()
        self._names = receipts.Names(self._home)
        if len(batch) > 1:
            for incoming in batch:
                self._check_isolated([incoming])
        else:
            self._log_failure(batch[0].delivery, failure)
            self._store([batch[0].delivery], [checks.failed(self._context)])

    def _check(self, batch: Sequence[Incoming]) -> None:
        deliveries = [incoming.delivery for incoming in batch]
        contents = [self._incoming.content(incoming) for incoming in batch]
        keys = [checks.keys_of(content, self._context) if content else set() for content in contents]
        with self._engine.begin() as connection:
            files = [(delivery.submitter_code, delivery.sha256) for delivery in deliveries]
            load_for(connection, self._context, files, set().union(*keys), filter(None, contents))
            ids = reserve_submission_ids(connection, sum(map(len, keys)))
        checked = []
        for delivery, content in zip(deliveries, contents, strict=True):
            refused = checks.too_large(self._context, delivery.size_bytes)
            if content is None or refused:
                checked.append(refused or checks.failed(self._context))
                continue
            submitter, sha256 = delivery.submitter_code, delivery.sha256
            checked.append(checks.check(content, self._context, submitter, delivery.delivery_seq, sha256, ids))
        self._store(deliveries, checked)

    def _store(self, deliveries: Sequence[Any], checked: Sequence[Checked]) -> None:
        outcomes = [
            Outcome(delivery.delivery_seq, one, self._names.free(delivery.submitter_code, delivery.file_name))
            for delivery, one in zip(deliveries, checked, strict=True)
        ]
        with self._engine.begin() as connection:
            years = store(connection, outcomes, self._catalogue.version)
        self._report.years_changed |= years
        self._report.outcomes.update(one.outcome for one in checked)

    def _log_failure(self, delivery: Any, failure: str) -> None:  # noqa: ANN401 - a row of landing.delivery
        with (self._home.logs / "collect.log").open("a", encoding="utf-8") as log:
            log.write(f"{now().isoformat()} delivery {delivery.delivery_seq} {delivery.file_name!r}\n")
            log.write(failure + "\n")
