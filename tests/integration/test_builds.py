"""Builds that run side by side, die half-way, are taken over or refused: what is published stays whole and right."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from catalogue.load import load as load_catalogue
from ingestion.years import mark_changed
from kexie.database import ready
from kexie.home import Home
from pipeline import builds, steps
from pipeline.builds import Build
from pipeline.reasons import StepError
from pipeline.record import Run
from reporting.publish import RELATIONS, history_columns
from tests.conftest import NewDatabase
from tests.integration.office import Office, quietly

LECTURES = "sp_lecture_count"
KILLED = 9
CATALOGUE = load_catalogue().version

Published = dict[str, list[tuple[Any, ...]]]

# Processes are forked from one that has imported dbt and Great Expectations already.
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["dbt.cli.main", "great_expectations", "expectations.engine", __name__])


def files_of_two_years(home: Home) -> Office:
    office = Office(home)
    office.send("A", f"2020 {LECTURES} 5")
    office.send("A", f"2021 {LECTURES} 10")
    office.send("B", f"2021 {LECTURES} 20")
    return office


@pytest.fixture(scope="module")
def undisturbed(new_database: NewDatabase) -> Iterator[Office]:
    """One run after another, none of them disturbed."""
    office = files_of_two_years(new_database())
    office.run()
    yield office
    office.engine.dispose()


@pytest.fixture
def home(new_database: NewDatabase) -> Home:
    """An instance in whose database nothing has landed."""
    return new_database()


@pytest.fixture
def engine(home: Home) -> Iterator[Engine]:
    engine = ready(home)
    yield engine
    engine.dispose()


def published(engine: Engine) -> Published:
    """Every row in force; by which publication is left aside, as one that died has used up a number."""
    with engine.connect() as connection:
        return {relation: in_force(connection, relation) for relation in RELATIONS}


def in_force(connection: Connection, relation: str) -> list[tuple[Any, ...]]:
    columns, key = ", ".join(history_columns(connection, relation)), ", ".join(RELATIONS[relation])
    query = text(f"select {columns} from published.{relation} order by {key}")
    return [tuple(row) for row in connection.execute(query)]


def count(engine: Engine, relation: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"select count(*) from {relation}")).scalar_one())


def states(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text("select state from ops.build order by build_id")))


def forked(work: Callable[..., None], *arguments: object) -> BaseProcess:
    process = FORKS.Process(target=work, args=arguments)
    process.start()
    return process


def ended(processes: Sequence[BaseProcess]) -> list[int | None]:
    for process in processes:
        process.join(timeout=300)
    return [process.exitcode for process in processes]


def run(home: Home, asked: tuple[int, ...]) -> None:
    steps.run_once(home, asked, Run.now("tests"), quietly)


def test_runs_side_by_side_end_as_one_after_another_and_never_share_the_candidate(
    new_database: NewDatabase, undisturbed: Office
) -> None:
    office = files_of_two_years(new_database())
    runs = [forked(run, office.home, asked) for asked in ((2020,), (2020, 2021), ())]
    assert ended(runs) == [0, 0, 0]
    assert published(office.engine) == published(undisturbed.engine)
    with office.engine.connect() as connection:
        held = connection.execute(text(HELD)).all()
        overlapping = connection.execute(text(OVERLAPPING)).all()
        assert builds.pending_years(connection, CATALOGUE) == []
    assert set(states(office.engine)) == {"published"}
    assert overlapping == []
    assert [row.candidate for row in held] == [held[0].of_the_last_build]
    office.engine.dispose()


OVERLAPPING = """
    select earlier.build_id
    from ops.build as earlier
    join ops.build as later on later.build_id > earlier.build_id and later.started_at < earlier.published_at
"""

HELD = """
    select
        (select array_agg(distinct period::integer) from candidate.indicator_values) as candidate,
        (
            select array_agg(year::integer order by year) from ops.build_year
            where build_id = (select max(build_id) from ops.build)
        ) as of_the_last_build
"""


def die(*_: object, **__: object) -> None:
    os._exit(KILLED)


def die_when_recorded(fatal: str) -> None:
    record = builds.mark

    def mark(connection: Connection, build: Build, state: str, message: str = "") -> None:
        if state == fatal:
            die()
        record(connection, build, state, message)

    builds.mark = mark


def die_at(name: str) -> None:
    setattr(steps, name, die)


def die_while_dbt_builds(home: Home) -> None:
    """As soon as the first of the intermediate models is there, long before the last."""

    def watch() -> None:
        with ready(home).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not connection.scalar(text("select to_regclass('intermediate.int_tree')")):
                time.sleep(0.01)
        die()

    threading.Thread(target=watch, daemon=True).start()


def run_and_die(home: Home, prepare: Callable[[], None]) -> None:
    prepare()
    run(home, ())


def test_a_run_killed_at_any_point_and_run_again_ends_as_one_that_was_not(
    new_database: NewDatabase, undisturbed: Office
) -> None:
    office = files_of_two_years(new_database())
    left_behind = []
    for prepare in (
        partial(die_at, "_run_dbt"),
        partial(die_while_dbt_builds, office.home),
        partial(die_when_recorded, "built"),
        partial(die_at, "_judge"),
        partial(die_when_recorded, "audited"),
        partial(die_at, "publish_difference"),
        partial(die_when_recorded, "published"),
    ):
        assert ended([forked(run_and_die, office.home, prepare)]) == [KILLED]
        left_behind.append(states(office.engine)[-1])
        assert count(office.engine, "published.publication") == 0
    assert left_behind == ["building", "building", "building", "built", "built", "audited", "audited"]
    assert ended([forked(run, office.home, ())]) == [0]
    assert published(office.engine) == published(undisturbed.engine)
    assert states(office.engine)[-1] == "published"
    office.engine.dispose()


def test_a_candidate_that_fails_its_audit_leaves_what_is_published_as_it_was(undisturbed: Office) -> None:
    engine = undisturbed.engine
    before, publications = published(engine), count(engine, "published.publication")
    refused = begun(engine, 2020, 2021)
    reached(engine, refused, "built")
    with engine.begin() as connection:
        connection.execute(text(ONE_TOO_MANY), {"indicator": LECTURES})
    with pytest.raises(StepError, match=rf"Build {refused.build_id} may not be published.*B\.csv，第 2 行"):
        steps.audit(undisturbed.home, quietly)
    with pytest.raises(StepError, match="has not passed its audit"):
        steps.publish(undisturbed.home, quietly)
    assert published(engine) == before
    assert count(engine, "published.publication") == publications
    again = begun(engine)
    assert (again.build_id, again.years) == (refused.build_id + 1, (2020, 2021))


ONE_TOO_MANY = """
    update intermediate.int_rollup_leaves_of_years
    set own_value = own_value + 1, own_low = own_low + 1, own_high = own_high + 1
    where unit_code = 'B' and indicator_code = :indicator
        and slice_id in (select slice_id from intermediate.int_slices where period = '2021')
"""


def begun(engine: Engine, *asked: int) -> Build:
    with engine.begin() as connection:
        build = builds.open_build(connection, asked, CATALOGUE, "tests")
    assert build is not None
    return build


def reached(engine: Engine, build: Build, state: str) -> None:
    with engine.begin() as connection:
        builds.mark(connection, build, state)


def change(engine: Engine, *years: int) -> None:
    with engine.begin() as connection:
        mark_changed(connection, years)


def test_a_later_build_takes_over_the_years_of_one_that_was_never_published(engine: Engine) -> None:
    begun(engine, 2019)
    reached(engine, begun(engine, 2020), "built")
    assert begun(engine, 2021).years == (2019, 2020, 2021)
    assert states(engine) == ["replaced", "replaced", "building"]


def test_a_finished_candidate_is_used_again_while_nothing_has_changed(engine: Engine) -> None:
    change(engine, 2021)
    waiting = begun(engine)
    reached(engine, waiting, "built")
    assert begun(engine).build_id == waiting.build_id
    change(engine, 2021)
    assert begun(engine).build_id == waiting.build_id + 1


def test_a_year_that_has_changed_since_is_in_the_next_build(engine: Engine) -> None:
    change(engine, 2021)
    waiting = begun(engine)
    reached(engine, waiting, "audited")
    change(engine, 2020)
    newer = begun(engine)
    assert newer.years == (2020, 2021)
    assert newer.cutoff_seq > waiting.cutoff_seq


def test_with_nothing_landed_there_is_nothing_to_build(engine: Engine) -> None:
    with engine.begin() as connection:
        assert builds.open_build(connection, (), CATALOGUE, "tests") is None
    assert states(engine) == []


@pytest.mark.parametrize("state", ["building", "built"])
def test_publish_refuses_a_candidate_that_has_not_been_audited(home: Home, engine: Engine, state: str) -> None:
    reached(engine, begun(engine, 2021), state)
    with pytest.raises(StepError, match="has not passed its audit, so it is not published"):
        steps.publish(home, quietly)
    assert count(engine, "published.publication") == 0


def test_a_candidate_whose_transform_died_is_not_audited(home: Home, engine: Engine) -> None:
    begun(engine, 2021)
    with pytest.raises(StepError, match=r"unfinished.*Run the transform again\."):
        steps.audit(home, quietly)


def test_a_run_whose_audited_candidate_was_built_anew_leaves_the_publish_to_the_run_that_did_so(
    home: Home, engine: Engine
) -> None:
    reached(engine, begun(engine, 2020), "audited")
    reached(engine, begun(engine, 2021), "built")
    said: list[str] = []
    assert steps.publish(home, said.append) is None
    assert said == [
        "Build 2 has taken over the years of build 1, which had passed its audit; "
        "the run that began build 2 audits and publishes it."
    ]
    assert count(engine, "published.publication") == 0


def test_with_no_candidate_waiting_there_is_nothing_to_audit_or_publish(home: Home) -> None:
    said: list[str] = []
    assert steps.audit(home, said.append) is None
    assert steps.publish(home, said.append) is None
    assert said == ["No candidate waits for an audit.", "No candidate waits to be published."]
