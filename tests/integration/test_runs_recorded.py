"""What ran and how it ended: the rows that steps write, and the views that the data team reads."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from catalogue.load import load as load_catalogue
from ingestion.collect import collect
from ingestion.landing import submit
from kexie.database import ready
from kexie.errors import UserError
from pipeline import steps
from pipeline.locks import BUILDING, building
from pipeline.reasons import StepError, sentence
from pipeline.record import Run, Step, alert, recorded
from tests.conftest import NewDatabase
from tests.integration.office import HEADER, Office, quietly

LECTURES = "sp_lecture_count"

UNCOMMENTED = """
    select relation.relname || coalesce('.' || attribute.attname, '')
    from pg_class as relation
    join pg_namespace as schema on schema.oid = relation.relnamespace
    left join pg_attribute as attribute
        on attribute.attrelid = relation.oid and attribute.attnum > 0 and not attribute.attisdropped
    where schema.nspname = 'ops' and relation.relkind in ('r', 'v') and (
        coalesce(col_description(relation.oid, attribute.attnum), '') !~ '[一-龥]'
        or coalesce(obj_description(relation.oid, 'pg_class'), '') !~ '[一-龥]'
    )
"""


@pytest.fixture
def engine(new_database: NewDatabase) -> Iterator[Engine]:
    engine = ready(new_database())
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def office(new_database: NewDatabase) -> Iterator[Office]:
    office = Office(new_database())
    yield office
    office.engine.dispose()


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def row(engine: Engine, query: str) -> dict[str, Any]:
    with engine.connect() as connection:
        return dict(connection.execute(text(query)).mappings().one())


def run_of_three(engine: Engine, run_id: str, ends: dict[str, Exception | str | None]) -> Run:
    """A run of the steps a, b, c; each ends by itself, is skipped with a sentence, or fails by an error."""
    run, order = Run("three", run_id), ("a", "b", "c", "")
    for task, following in pairwise(order):
        if task not in ends:
            continue
        then, end = ((following,) if following else ()), ends[task]
        with suppress(Exception), recorded(engine, Step(run, task, then, then)) as recording:
            if isinstance(end, Exception):
                raise end
            if end:
                recording.skip(end)
    return run


def test_every_relation_and_column_of_ops_says_in_chinese_what_it_holds(engine: Engine) -> None:
    assert rows(engine, UNCOMMENTED) == []


def test_a_run_is_success_once_its_last_step_has_ended(engine: Engine) -> None:
    run_of_three(engine, "1", {"a": None, "b": "nothing to do", "c": None})
    assert row(engine, "select dag, run_id, outcome, failed_step, what_to_do from ops.runs") == {
        "dag": "three",
        "run_id": "1",
        "outcome": "success",
        "failed_step": None,
        "what_to_do": None,
    }
    assert rows(engine, "select task, try_number, outcome, sentence from ops.run_steps order by started_at") == [
        ("a", 1, "success", ""),
        ("b", 1, "skipped", "nothing to do"),
        ("c", 1, "success", ""),
    ]


def test_between_two_steps_a_run_is_running(engine: Engine) -> None:
    run_of_three(engine, "1", {"a": None, "b": None})
    assert row(engine, "select outcome, finished_at from ops.runs") == {"outcome": "running", "finished_at": None}


def test_a_run_in_which_no_step_had_anything_to_do_is_skipped(engine: Engine) -> None:
    run_of_three(engine, "1", {"a": "no file", "b": "no file", "c": "no change"})
    assert row(engine, "select outcome from ops.runs") == {"outcome": "skipped"}


def test_a_failed_run_names_its_step_and_says_what_to_do(engine: Engine) -> None:
    run_of_three(engine, "1", {"a": None, "b": StepError("B is red. Mend it.")})
    assert row(engine, "select outcome, failed_step, what_to_do from ops.last_run") == {
        "outcome": "failed",
        "failed_step": "b",
        "what_to_do": "B is red. Mend it.",
    }


def test_a_step_that_failed_and_was_run_again_counts_by_its_last_attempt(engine: Engine) -> None:
    run = run_of_three(engine, "1", {"a": None, "b": StepError("B is red.")})
    with recorded(engine, Step(run, "b", ("c",), try_number=2)):
        pass
    assert row(engine, "select outcome, failed_step from ops.runs") == {"outcome": "running", "failed_step": None}
    with recorded(engine, Step(run, "c")):
        pass
    assert row(engine, "select outcome from ops.runs") == {"outcome": "success"}
    assert rows(engine, "select task, try_number from ops.run_steps order by task") == [("a", 1), ("b", 2), ("c", 1)]


def test_the_seconds_of_a_run_are_those_from_its_first_start_to_its_last_end(engine: Engine) -> None:
    run_of_three(engine, "1", {"a": None, "b": None, "c": None})
    with engine.begin() as connection:
        for task, begun, ended in (("a", 0, 2.5), ("b", 3, 7), ("c", 7.5, 9)):
            connection.execute(
                text(
                    "update ops.task_run set started_at = timestamptz '2026-01-01' + make_interval(secs => :begun), "
                    "finished_at = timestamptz '2026-01-01' + make_interval(secs => :ended) where task = :task"
                ),
                {"task": task, "begun": begun, "ended": ended},
            )
    run = row(engine, "select seconds::text, step_seconds::text, steps from ops.runs")
    assert run == {
        "seconds": "9.0",
        "step_seconds": "8.0",
        "steps": "a success 2.5 s, b success 4.0 s, c success 1.5 s",
    }


def test_a_step_at_work_is_running_and_one_whose_process_died_is_interrupted(engine: Engine) -> None:
    with recorded(engine, Step(Run("one", "1"), "a")):
        assert row(engine, "select outcome, finished_at from ops.runs") == {"outcome": "running", "finished_at": None}
        with engine.begin() as connection:
            connection.execute(
                text("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 7301012")
            )
        dead = row(engine, "select outcome, failed_step, seconds, what_to_do from ops.runs")
        assert (dead["outcome"], dead["failed_step"], dead["seconds"]) == ("interrupted", "a", None)
        assert dead["what_to_do"].endswith("run the step again.")
    # It was not dead, only cut off: its end is written through another session.
    assert row(engine, "select outcome from ops.runs") == {"outcome": "success"}


def test_the_last_run_of_each_dag_is_the_one_begun_last(engine: Engine) -> None:
    for dag, run_id in (("a", "1"), ("b", "1"), ("a", "2")):
        with recorded(engine, Step(Run(dag, run_id), "step")):
            pass
    assert rows(engine, "select dag, run_id from ops.last_run order by dag") == [("a", "2"), ("b", "1")]


def test_the_errors_of_a_step_pass_through_and_those_of_recording_do_not(
    unmigrated_database: NewDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    from kexie import database

    nothing_to_write_to = database.engine(unmigrated_database())
    with pytest.raises(KeyError, match="mine"), recorded(nothing_to_write_to, Step(Run("x", "1"), "a")):
        raise KeyError("mine")
    assert "a of x 1 is not recorded in ops.task_run" in caplog.text
    nothing_to_write_to.dispose()


def test_a_failed_step_keeps_no_session_open(engine: Engine) -> None:
    with suppress(ValueError), recorded(engine, Step(Run("x", "1"), "a")):
        raise ValueError
    assert rows(engine, "select 1 from pg_locks where locktype = 'advisory' and classid = 7301012") == []


@pytest.mark.parametrize(
    ("error", "beginning", "end"),
    [
        (StepError("Build 3 stopped.\nRun again."), "Build 3 stopped. Run again.", "Run again."),
        (UserError("No such year."), "No such year.", "No such year."),
        (psycopg.OperationalError("connection refused"), "The database did not answer", "run the step again."),
        (PermissionError(13, "Permission denied", "/inbox"), "/inbox: Permission denied.", "run the step again."),
        (TimeoutError("timed out"), "A file or a storage did not answer (timed out)", "run the step again."),
        (KeyError("x"), "The program failed outside its own code: KeyError: 'x'", "once it is mended."),
        (KeyboardInterrupt(), "The step was stopped from outside", "run it again."),
    ],
)
def test_each_failure_ends_in_one_line_that_says_what_happened_and_what_to_do(
    error: BaseException, beginning: str, end: str
) -> None:
    said = sentence(error)
    assert said.startswith(beginning)
    assert said.endswith(end)
    assert "\n" not in said


def test_a_mistake_in_the_program_is_placed_in_its_own_code() -> None:
    try:
        steps.publish(None, quietly)  # type: ignore[arg-type]
    except AttributeError as error:
        said = sentence(error)
    assert said.startswith("The program failed in kexie/database.py, line ")


def test_an_alert_is_open_until_the_same_step_of_the_same_year_has_succeeded(engine: Engine) -> None:
    for year, run_id in ((2021, "1"), (2021, "2"), (2020, "3")):
        alert(engine, "failed", Run("yearly", run_id), "audit", year, f"red in {run_id}")
    open_now = "select year, times, run_id, sentence from ops.open_alerts order by year"
    assert rows(engine, open_now) == [(2020, 1, "3", "red in 3"), (2021, 2, "2", "red in 2")]
    for task, year in (("audit", 2021), ("publish", 2020)):
        with recorded(engine, Step(Run("yearly", "4"), task, year=year)):
            pass
    assert rows(engine, open_now) == [(2020, 1, "3", "red in 3")]


def test_a_late_run_is_an_open_alert_until_a_run_of_that_year_has_ended_well(engine: Engine) -> None:
    alert(engine, "late", Run("three", "1"), None, None, "late")
    run_of_three(engine, "1", {"a": None, "b": StepError("no")})
    run_of_three(engine, "2", {"a": None, "b": None})
    assert rows(engine, "select kind, task from ops.open_alerts") == [("late", None)]
    run_of_three(engine, "3", {"a": None, "b": None, "c": None})
    assert rows(engine, "select kind from ops.open_alerts") == []


def send(office: Office, unit: str, name: str, content: str) -> None:
    file = office.home.root / name
    file.write_text(content, encoding="utf-8")
    submit(office.home, [file], unit)
    collect(office.home, office.engine, load_catalogue(), quietly)


def line(unit: str, value: str, period: str = "2021") -> str:
    return f"{HEADER}{unit},,{period},{LECTURES},own,{value}\n"


def failed_files(engine: Engine) -> list[tuple[Any, ...]]:
    return rows(
        engine, "select submitter_name, file_name, outcome, is_mended from ops.failed_files order by delivery_seq"
    )


def test_a_rejected_file_is_listed_until_what_it_filed_has_come_right(office: Office) -> None:
    send(office, "A", "first.csv", line("A", "many"))
    told = row(office.engine, "select file_name, errors, first_sentence, receipt, mended_at from ops.failed_files")
    assert (told["file_name"], told["errors"], told["mended_at"]) == ("first.csv", 1, None)
    assert (office.home.outbox / told["receipt"]).exists()
    assert "many" in told["first_sentence"]
    send(office, "B", "elsewhere.csv", line("B", "5"))
    send(office, "A", "another_year.csv", line("A", "5", "2020"))
    assert failed_files(office.engine) == [("甲一县科协", "first.csv", "rejected", False)]
    send(office, "A", "under_another_name.csv", line("A", "5"))
    assert failed_files(office.engine) == [("甲一县科协", "first.csv", "rejected", True)]


def test_a_file_nobody_can_read_is_mended_by_the_next_of_that_name(office: Office) -> None:
    send(office, "C", "bad.csv", "nonsense\n")
    assert failed_files(office.engine)[-1] == ("甲市科协", "bad.csv", "rejected", False)
    send(office, "C", "bad.csv", line("C", "7"))
    assert failed_files(office.engine)[-1] == ("甲市科协", "bad.csv", "rejected", True)


def test_runs_by_hand_models_and_checks_are_told_with_the_change_since_the_build_before(office: Office) -> None:
    office.send("A", f"2021 {LECTURES} 10")
    office.run()
    office.send("A", f"2021 {LECTURES} 11")
    office.send("B", f"2019 {LECTURES} 12")
    office.run()
    first, second = (number for (number,) in rows(office.engine, "select build_id from ops.build order by build_id"))
    assert row(office.engine, "select dag, outcome, failed_step from ops.last_run") == {
        "dag": "tests",
        "outcome": "success",
        "failed_step": None,
    }
    leaves = rows(
        office.engine,
        "select build_id, years, status, rows_affected, previous_build_id, rows_change "
        "from ops.model_runs where node = 'indicator_values' order by build_id",
    )
    assert leaves[0][:3] == (first, "2020, 2021", "success")
    assert leaves[0][4:] == (None, None)
    assert leaves[1][:3] == (second, "2019, 2021", "success")
    assert leaves[1][4:] == (first, leaves[1][3] - leaves[0][3])
    passed = "select count(*), bool_and(is_success), min(bad_rows), max(unit_code) from ops.check_results"
    assert rows(office.engine, f"{passed} where severity = 'critical' and build_id = {second}")[0][1:] == (
        True,
        0,
        None,
    )


def test_a_run_that_is_stopped_while_it_waits_for_another_is_not_told_as_running(office: Office) -> None:
    run = Run("kexie run", "stopped while it waits")
    with recorded(office.engine, Step(run, "collect", then=("transform",))):
        pass
    with building(office.engine), ThreadPoolExecutor(1) as beside:
        waiting = beside.submit(steps.run_once, office.home, (2020,), run, quietly)
        while not waiting.done() and not rows(office.engine, END_WHO_WAITS):
            time.sleep(0.02)
        assert isinstance(waiting.exception(), OperationalError)
    told = row(office.engine, f"select outcome, failed_step from ops.runs where run_id = '{run.run_id}'")
    assert told == {"outcome": "failed", "failed_step": "transform"}


END_WHO_WAITS = f"""
    select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and not granted and objid = {BUILDING}
        and database = (select oid from pg_database where datname = current_database())
"""


def test_a_check_that_does_not_hold_is_told_with_its_first_row_and_file(office: Office) -> None:
    office.send("A", f"2021 {LECTURES} 13")
    steps.transform(office.home, (2021,), "test", quietly)
    with office.engine.begin() as connection:
        connection.execute(
            text(
                "update intermediate.int_rollup_leaves_of_years set own_value = own_value + 1, own_low = own_low + 1, "
                f"own_high = own_high + 1 where unit_code = 'A' and indicator_code = '{LECTURES}'"
            )
        )
    with pytest.raises(StepError, match=r"^Build \d+ may not be published.*See ops\.check_results for build"):
        steps.audit(office.home, quietly)
    wrong = row(
        office.engine,
        "select expectation, expectation_name, severity, bad_rows, unit_code, indicator_code, period, file_name, place "
        "from ops.check_results where expectation = 'values_made_of_leaves' and not is_success",
    )
    assert wrong.pop("expectation_name") != ""
    assert wrong == {
        "expectation": "values_made_of_leaves",
        "severity": "critical",
        "bad_rows": 1,
        "unit_code": "A",
        "indicator_code": LECTURES,
        "period": "2021",
        "file_name": "A.csv",
        "place": "第 2 行",
    }
