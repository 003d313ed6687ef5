"""The steps from accepted submissions to published figures: transform, audit, publish.

Each logs in with a role of its own, takes the lock and works on the build that the candidate schema holds, whoever
began it: a run that arrives while another is under way finds its years in that one's successor, or its work already
done. Every step can be repeated. `run_once` keeps the lock from the first step to the last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import ExitStack
from datetime import date

from sqlalchemy import Engine, text

from catalogue.load import load as load_catalogue
from kexie.database import acting
from kexie.errors import UserError
from kexie.home import Home
from kexie.roles import Role
from pipeline import builds
from pipeline.builds import Build
from pipeline.locks import building
from pipeline.reasons import StepError
from pipeline.record import Run, Step, recorded
from reporting.publish import Published
from reporting.publish import publish as publish_difference
from reporting.restated import is_published, stands_on

Progress = Callable[[str], None]

NOTHING_TO_BUILD = "Nothing has changed since the last publish; nothing to build."


def transform(home: Home, asked: Collection[int], requested_by: str, progress: Progress) -> Build | None:
    """Build the candidate for the asked years and all that changed; None where nothing has to be built."""
    with acting(home, Role.TRANSFORM) as engine, building(engine):
        return _transform(home, engine, asked, requested_by, progress)


def _transform(
    home: Home, engine: Engine, asked: Collection[int], requested_by: str, progress: Progress
) -> Build | None:
    with engine.begin() as connection:
        build = builds.open_build(connection, asked, load_catalogue().version, requested_by)
    if build is None:
        progress(NOTHING_TO_BUILD)
        return None
    if build.state != "building":
        progress(f"Build {build.build_id} already holds all that has changed; it waits to be published.")
        return build
    progress(f"Build {build.build_id}: years {', '.join(map(str, build.years))} up to number {build.cutoff_seq}.")
    _run_dbt(home, engine, build, progress)
    with engine.begin() as connection:
        builds.mark(connection, build, "built")
    return build


def _run_dbt(home: Home, engine: Engine, build: Build, progress: Progress) -> None:
    from pipeline.transform import TransformError, build_candidate

    try:
        build_candidate(home, engine, build.build_id, progress)
    except TransformError as failure:
        raise StepError(
            f"Build {build.build_id} stopped: {failure}. What is published has not changed. "
            f"See ops.model_runs for build {build.build_id}, mend the model or its data, and run again."
        ) from failure


def audit(home: Home, progress: Progress) -> Build | None:
    """Judge the candidate with Great Expectations; raises StepError where an invariant does not hold.

    None where there is no candidate to judge: it has been published already.
    """
    with acting(home, Role.PUBLISH) as engine, building(engine):
        return _audit(home, engine, progress)


def _audit(home: Home, engine: Engine, progress: Progress) -> Build | None:
    build = _current(engine)
    if build is None:
        progress("No candidate waits for an audit.")
        return None
    if build.state == "building":
        raise StepError(
            f"The candidate of build {build.build_id} is unfinished: its transform failed or was stopped. "
            "What is published has not changed. Run the transform again."
        )
    if build.state == "audited":
        progress(f"Build {build.build_id} has passed its audit already.")
        return build
    return _judge(home, engine, build, progress)


def _judge(home: Home, engine: Engine, build: Build, progress: Progress) -> Build:
    from expectations.audit import audit as judge_candidate

    url = engine.url.render_as_string(hide_password=False)
    outcome = judge_candidate(url, build.build_id, home.data_docs, progress)
    if outcome.is_blocked:
        with engine.begin() as connection:
            builds.mark(connection, build, "built", "an invariant does not hold")
        raise StepError(
            f"Build {build.build_id} may not be published, and what is published has not changed: {outcome.reason} "
            f"See ops.check_results for build {build.build_id}, put the file or the model right, and run again."
        )
    with engine.begin() as connection:
        builds.mark(connection, build, "audited")
    return build


def publish(home: Home, progress: Progress) -> Published | None:
    """Publish the audited candidate; raises StepError for one that has not passed its audit.

    None where there is nothing to publish: it has been published already, or another run has built anew what this one
    had audited, and will audit and publish that.
    """
    with acting(home, Role.PUBLISH) as engine, building(engine):
        return _publish(engine, progress)


def _publish(engine: Engine, progress: Progress) -> Published | None:
    build = _current(engine)
    if build is None:
        progress("No candidate waits to be published.")
        return None
    if build.state != "audited":
        _leave_to_its_own_run(engine, build, progress)
        return None
    with engine.begin() as connection:
        outcome = publish_difference(connection, build.build_id, build.years)
        connection.execute(text(SETTLE), {"build_id": build.build_id})
        builds.mark(connection, build, "published")
    _report(outcome, progress)
    return outcome


def _leave_to_its_own_run(engine: Engine, build: Build, progress: Progress) -> None:
    with engine.connect() as connection:
        audited = builds.audited_before(connection, build)
    if audited is None:
        raise StepError(
            f"The candidate of build {build.build_id} has not passed its audit, so it is not published. "
            "Run the audit again and see what it says."
        )
    progress(
        f"Build {build.build_id} has taken over the years of build {audited}, which had passed its audit; "
        f"the run that began build {build.build_id} audits and publishes it."
    )


def _current(engine: Engine) -> Build | None:
    with engine.connect() as connection:
        return builds.current_build(connection)


def _report(outcome: Published, progress: Progress) -> None:
    if outcome.publication_id is None:
        progress("Nothing differs from what is published; nothing was written.")
        return
    progress(
        f"Publication {outcome.publication_id}: "
        f"{outcome.opened['indicator_values']} figures written, {outcome.closed['indicator_values']} closed."
    )


SETTLE = """
    insert into landing.year_change as known (year, changed_seq, published_seq, published_catalogue)
    select build_year.year, build.cutoff_seq, build.cutoff_seq, build.catalogue_version
    from ops.build
    join ops.build_year on build_year.build_id = build.build_id
    where build.build_id = :build_id
    on conflict (year) do update
    set published_seq = excluded.published_seq, published_catalogue = excluded.published_catalogue
"""


def restate(home: Home, year: int, tree_date: date, run: Run, progress: Progress) -> None:
    """Have `year` published on the tree of a later day, too, from now on; nothing to do where it can be read there."""
    last_day = date(year, 12, 31)
    if tree_date <= last_day:
        raise UserError(f"--tree must be a day after {last_day}, on whose tree {year} is published already.")
    with acting(home, Role.OFFICE) as office:
        if not is_published(office, year):
            raise UserError(f"Nothing of {year} is published, so there is nothing to restate.")
        if stands_on(office, year, tree_date):
            return
    with acting(home, Role.TRANSFORM) as transformer, transformer.begin() as connection:
        builds.ask_restatement(connection, year, tree_date, str(run))
    run_once(home, (year,), run, progress)


def run_once(home: Home, asked: Collection[int], run: Run, progress: Progress) -> None:
    """Transform, audit and publish whatever waits, the asked years included, with no other run in between."""
    try:
        with acting(home, Role.TRANSFORM) as transformer, ExitStack() as held:
            with recorded(transformer, Step(run, "transform", then=("audit",))) as recording:
                # Waiting is part of the step: who is stopped meanwhile is recorded as stopped.
                held.enter_context(building(transformer))
                build = _transform(home, transformer, asked, str(run), progress)
                if build is None:
                    recording.skip(NOTHING_TO_BUILD)
                    return
            with acting(home, Role.PUBLISH) as publisher:
                with recorded(publisher, Step(run, "audit", then=("publish",))):
                    _audit(home, publisher, progress)
                with recorded(publisher, Step(run, "publish")):
                    _publish(publisher, progress)
    except StepError as failure:
        raise UserError(str(failure)) from failure
