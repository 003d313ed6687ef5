"""Take up again what was rejected, from the archived bytes, after the catalogue or a reader was mended.

A replay is a delivery of its own: it has the bytes, the sender and the time of arrival of the one it takes up, and a
place of its own in the landing sequence, so that what was known on any day before stays as it was. It never makes
anything worse: what is still rejected stays as it is, and what was filed since stands.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from catalogue.model import Catalogue, Severity
from ingestion import checks, readers, receipts
from ingestion.checks.file import outcome_of
from ingestion.checks.results import Checked
from ingestion.context import Context, Key, load_for
from ingestion.landing import archived
from ingestion.lock import only_writer
from ingestion.store import Outcome, reserve_submission_ids, store
from ingestion.tree import stored
from kexie.clock import today
from kexie.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from ingestion.landing import Progress
    from kexie.home import Home

IN_QUARANTINE = ("rejected", "partly_rejected", "kept")
"""Outcomes of deliveries of which something was not taken."""

STANDS = "What was filed since stands."


@dataclass(frozen=True, slots=True)
class Replayed:
    """One delivery that was taken up again. `again` is the new delivery's number, None where nothing got better."""

    delivery_seq: int
    name: str
    before: str
    again: int | None
    outcome: str
    sentence: str

    def __str__(self) -> str:
        if self.again is None:
            return f"{self.delivery_seq} {self.name}: still {self.before}. {self.sentence}".rstrip()
        return f"{self.delivery_seq} {self.name}: {self.before} before, now {self.outcome} as {self.again}"


def replay(
    home: Home, engine: Engine, catalogue: Catalogue, asked: Collection[int], progress: Progress
) -> list[Replayed]:
    """Check deliveries again, the given ones or all in quarantine, in the order of landing.

    What is accepted now is stored and answered with a receipt. Raises UserError where a given number is no delivery of
    which something was rejected.
    """
    done: list[Replayed] = []
    with only_writer(engine):
        with engine.begin() as connection:
            deliveries = _in_quarantine(connection, asked)
            tree = stored(connection)
        context = Context(catalogue, tree, today())
        names = receipts.Names(home)
        for number, delivery in enumerate(deliveries, start=1):
            done.append(_Replay(home, engine, context, names, delivery).run())
            progress(f"{number} of {len(deliveries)}: {done[-1]}")
        problems = receipts.write_missing(home, engine, catalogue, tree)
    if problems:
        raise UserError("; ".join(problems))
    return done


class _Replay:
    def __init__(self, home: Home, engine: Engine, context: Context, names: receipts.Names, delivery: Any) -> None:  # noqa: ANN401
        self._home, self._engine, self._context = home, engine, context
        self._names, self._delivery = names, delivery

    def run(self) -> Replayed:
        delivery = self._delivery
        name = f"{delivery.submitter_code}/{delivery.file_name}"
        with self._engine.begin() as connection:
            again, checked = self._check(connection)
            taken = [one for one in checked.submissions if one.is_accepted]
            if not taken:
                said = next((one.sentence for one in checked.findings if one.severity is Severity.ERROR), STANDS)
                return Replayed(delivery.delivery_seq, name, delivery.outcome, None, delivery.outcome, said)
            self._log(connection, again)
            receipt = self._names.free(delivery.submitter_code, delivery.file_name)
            store(connection, [Outcome(again, checked, receipt)], self._context.catalogue.version)
        return Replayed(delivery.delivery_seq, name, delivery.outcome, again, checked.outcome, "")

    def _check(self, connection: Connection) -> tuple[int, Checked]:
        """The number of the delivery to be, and what becomes of it without what is settled already."""
        from sqlalchemy import text

        delivery = self._delivery
        refused = checks.too_large(self._context, delivery.size_bytes)
        if refused:
            return 0, refused
        data = archived(self._home, delivery.sha256).read_bytes()
        content = readers.read(delivery.file_name, data, self._context.catalogue).of(delivery.submitter_code)
        keys = checks.keys_of(content, self._context)
        load_for(connection, self._context, [(delivery.submitter_code, delivery.sha256)], keys)
        settled = _settled(connection, delivery.delivery_seq, keys)
        again: int = connection.execute(text("select nextval('landing.landing_seq')")).scalar_one()
        ids = reserve_submission_ids(connection, len(keys))
        checked = checks.check(content, self._context, delivery.submitter_code, again, delivery.sha256, ids)
        return again, _without(checked, settled)

    def _log(self, connection: Connection, again: int) -> None:
        from sqlalchemy import text

        connection.execute(text(LOG), {"again": again, "before": self._delivery.delivery_seq})


def _without(checked: Checked, settled: Collection[Key]) -> Checked:
    """What was checked, less what is settled; the outcome is told of the rest."""
    rest = [one for one in checked.submissions if one.key not in settled]
    findings = [one for one in checked.findings if one.key not in settled]
    return replace(checked, outcome=outcome_of(rest, findings), submissions=rest, findings=findings)


def _in_quarantine(connection: Connection, asked: Collection[int]) -> Sequence[Any]:
    from sqlalchemy import text

    rows = connection.execute(text(QUARANTINE), {"outcomes": list(IN_QUARANTINE), "asked": sorted(asked)}).all()
    unknown = sorted(set(asked) - {row.delivery_seq for row in rows})
    if unknown:
        raise UserError(
            f"Nothing of delivery {', '.join(map(str, unknown))} waits in quarantine; "
            "`kexie ops` on ops.failed_files lists what does."
        )
    return rows


def _settled(connection: Connection, delivery_seq: int, keys: Collection[Key]) -> set[Key]:
    """Keys of which these bytes or anything that came later was accepted once, even if it was withdrawn since."""
    from sqlalchemy import text

    units, forms, periods = ([key[part] for key in keys] for part in range(3))
    given = {"seq": delivery_seq, "units": units, "forms": forms, "periods": periods}
    return {(row.unit_code, row.form, row.period) for row in connection.execute(text(SETTLED), given)}


QUARANTINE = """
    select delivery_seq, submitter_code, file_name, sha256, size_bytes, outcome
    from landing.delivery
    where outcome = any(:outcomes) and (cardinality(cast(:asked as bigint[])) = 0 or delivery_seq = any(:asked))
        and not exists (select 1 from landing.delivery as again where again.replay_of = delivery.delivery_seq)
    order by delivery_seq
"""

SETTLED = """
    select distinct submission.unit_code, submission.form, submission.period
    from unnest(cast(:units as text[]), cast(:forms as text[]), cast(:periods as text[]))
        as asked (unit_code, form, period)
    join landing.submission as submission using (unit_code, form, period)
    where submission.state = 'accepted' and submission.delivery_seq >= :seq
"""

LOG = """
    insert into landing.delivery (delivery_seq, submitter_code, file_name, sha256, size_bytes, received_at, replay_of)
    select :again, submitter_code, file_name, sha256, size_bytes, received_at, delivery_seq
    from landing.delivery where delivery_seq = :before
"""
