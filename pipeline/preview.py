"""What a file would change if it were sent now: the steps from reading to publishing, gone without leaving a trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from catalogue.load import load as load_catalogue
from catalogue.model import Catalogue
from ingestion.lock import COLLECTING
from ingestion.trial import Sent, Trial, check, read
from kexie import clock
from kexie.database import acting
from kexie.errors import UserError
from kexie.home import Home
from kexie.roles import Role
from pipeline import builds, preview_schemas
from pipeline.locks import previewing
from pipeline.transform import TransformError, build_preview
from reporting.foreseen import SHOWN, Change, Standing, as_of_build, foreseen, standing_on


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of a file and what it would change.

    `pending` are those of its years whose published figures are behind what has been received: there `before` is what
    the next run publishes without the file. `standing` is what else stands on what changes.
    """

    trial: Trial
    pending: tuple[int, ...]
    changes: list[Change]
    standing: Standing


@dataclass(frozen=True, slots=True)
class _Moment:
    """As of when the file was tried out; `years` are built, `last_build` is the last one published by then."""

    trial: Trial
    years: list[int]
    pending: tuple[int, ...]
    last_build: int


def preview(home: Home, file: Path, submitter: str = "") -> Preview:
    """Try a file out, as sent by `submitter` or else by the one unit it files for; nothing of it remains.

    Waits for another preview, and for a collector at work; no build waits for it, nor it for a build. Raises UserError
    for a path that is no file, and where the models do not hold with it.
    """
    catalogue = load_catalogue()
    today = clock.today()
    sent = read(file, catalogue, today)
    with acting(home, Role.TRANSFORM) as engine, previewing(engine), _cleared(engine):
        moment = _prepare(engine, catalogue, sent, submitter, today)
        if not moment.years:
            return Preview(moment.trial, (), [], Standing([], []))
        _build(home, engine, catalogue, moment)
        with acting(home, Role.PUBLISH) as reader, reader.connect() as connection:
            changes = _changes(connection, moment)
            return Preview(moment.trial, moment.pending, changes, standing_on(connection, changes))


@contextmanager
def _cleared(engine: Engine) -> Iterator[None]:
    """Schemas without anything in them, before and after."""
    with engine.begin() as connection:
        preview_schemas.clear(connection)
    try:
        yield
    finally:
        with engine.begin() as connection:
            preview_schemas.clear(connection)


def _prepare(engine: Engine, catalogue: Catalogue, sent: Sent, submitter: str, today: date) -> _Moment:
    """Check the file and stage what the build reads, all of it as of one moment in which nobody collects."""
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": COLLECTING})
        last = preview_schemas.last_numbers(connection)
        trial = check(connection, catalogue, sent, submitter, (last.landed, last.submission), today)
        if not trial.years:
            return _Moment(trial, [], (), 0)
        preview_schemas.stage(connection, last)
        behind = {*preview_schemas.restate(connection), *builds.pending_years(connection, catalogue.version)}
        # Read after what is behind: a publish in between has a year built twice that need not be, and nothing worse.
        last_build: int = connection.execute(text(LAST_BUILD)).scalar_one()
        years = sorted({*trial.years, *_restated_with(connection, trial)})
        preview_schemas.open_build(connection, last, years, catalogue.version)
    return _Moment(trial, years, tuple(year for year in years if year in behind), last_build)


def _restated_with(connection: Connection, trial: Trial) -> list[int]:
    """The years that sending the file has restated; they are asked for only when its rows are there."""
    with connection.begin_nested() as asked:
        years = preview_schemas.restate(connection, trial.years)
        asked.rollback()
    return years


def _build(home: Home, engine: Engine, catalogue: Catalogue, moment: _Moment) -> None:
    if moment.pending:
        _run_dbt(home, engine, "What has been received stops the build even without this file")
        with engine.begin() as connection:
            preview_schemas.keep_as_before(connection, SHOWN)
    with engine.begin() as connection:
        preview_schemas.add(connection, moment.trial, catalogue.version)
    _run_dbt(home, engine, "With this file the build would stop, and nothing would be published")


def _run_dbt(home: Home, engine: Engine, what_it_means: str) -> None:
    try:
        build_preview(home, engine, [MODELS.get(relation, relation) for relation in SHOWN])
    except TransformError as failure:
        raise UserError(f"{what_it_means}: {failure}") from failure


def _changes(connection: Connection, moment: _Moment) -> list[Change]:
    after = {relation: preview_schemas.after(relation) for relation in SHOWN}
    if moment.pending:
        before = {relation: preview_schemas.before(relation) for relation in SHOWN}
    else:
        before = {relation: as_of_build(relation, moment.last_build) for relation in SHOWN}
    return foreseen(connection, before, after, moment.years)


MODELS = {"report_lines": "report_line_figures"}
"""The models of the relations shown, where they have another name."""

LAST_BUILD = "select coalesce(max(build_id), 0) from ops.build where state = 'published'"
