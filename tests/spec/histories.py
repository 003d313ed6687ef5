"""Histories of several provinces side by side in one warehouse: what happens before each of its publishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from pathlib import Path

from sqlalchemy import Engine, text

from catalogue.load import load as load_catalogue
from ingestion.collect import collect
from ingestion.landing import submit
from ingestion.unit_files import EXCEPTION_COLUMNS
from ingestion.units import load as load_units
from ingestion.withdraw import withdraw
from kexie.database import acting
from kexie.home import Home
from kexie.roles import Role
from pipeline.record import Run
from pipeline.steps import run_once
from tests.spec.warehouse import (
    EVENT_COLUMNS,
    ROW_COLUMNS,
    UNIT_COLUMNS,
    first_refusals,
    mark,
    marked,
    quietly,
    write_rows,
)

Row = dict[str, str]
Rows = list[Row]


@dataclass(frozen=True)
class Stage:
    """What happens before one publish, in this order: the tree is loaded or amended, units take back the last thing
    they sent (as often as they are named), files come. `exceptions` are of the filing calendar."""

    units: Rows = field(default_factory=list)
    events: Rows = field(default_factory=list)
    exceptions: Rows = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    files: list[Rows] = field(default_factory=list)


def live_through(home: Home, histories: Sequence[Sequence[Stage]], roots: Sequence[str]) -> list[datetime]:
    """Let all histories happen, stage by stage; the moment before them, and the one after each publish.

    `roots` are the codes of the provinces' roots; all codes are marked with the province's number.
    """
    moments = []
    with acting(home, Role.INGEST) as engine:
        moments.append(_now(engine))
        for number, stages in enumerate(zip_longest(*histories, fillvalue=Stage())):
            folder = home.root / f"stage_{number}"
            folder.mkdir()
            _amend(engine, folder, stages)
            for province, stage in enumerate(stages):
                for unit in stage.withdrawn:
                    _take_back(engine, mark(province, unit))
                _send(home, folder, province, stage, roots[province])
            collected = collect(home, engine, load_catalogue(), quietly)
            refused = collected.outcomes["rejected"] + collected.outcomes["partly_rejected"]
            assert not refused, first_refusals(engine)
            run_once(home, (), Run.now("tests"), quietly)
            moments.append(_now(engine))
    return moments


def _now(engine: Engine) -> datetime:
    with engine.connect() as connection:
        now: datetime = connection.execute(text("select clock_timestamp()")).scalar_one()
    return now


def _amend(engine: Engine, folder: Path, stages: Sequence[Stage]) -> None:
    numbered = list(enumerate(stages))
    if not any(stage.units for stage in stages):
        return
    write_rows(folder / "units.csv", UNIT_COLUMNS, (marked(n, row) for n, stage in numbered for row in stage.units))
    write_rows(
        folder / "unit_events.csv", EVENT_COLUMNS, (marked(n, row) for n, stage in numbered for row in stage.events)
    )
    if any(stage.exceptions for stage in stages):
        exceptions = (marked(n, row) for n, stage in numbered for row in stage.exceptions)
        write_rows(folder / "filing_exceptions.csv", EXCEPTION_COLUMNS, exceptions)
    load_units(engine, folder)


def _take_back(engine: Engine, unit: str) -> None:
    with engine.connect() as connection:
        number: int = connection.execute(text(LAST), {"unit": unit}).scalar_one()
    withdraw(engine, number)


def _send(home: Home, folder: Path, province: int, stage: Stage, root: str) -> None:
    own = folder / f"province_{province}"
    own.mkdir()
    files = [own / f"{order:03}.csv" for order in range(len(stage.files))]
    for file, rows in zip(files, stage.files, strict=True):
        write_rows(file, ROW_COLUMNS, (marked(province, row) for row in rows))
    if files:
        submit(home, files, mark(province, root))


LAST = """
    select submission.submission_id
    from landing.submission
    left join landing.withdrawal using (submission_id)
    where unit_code = :unit and state = 'accepted' and withdrawal_seq is null
    order by submission.delivery_seq desc, submission_id desc
    limit 1
"""
