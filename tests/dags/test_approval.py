"""A person is asked in a whole stack: by the yearly run, in Airflow's own way, and what they answer is done."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Row, text

from kexie import airflow, postgres
from kexie.airflow_client import AirflowClient, Request
from kexie.approvals import RELEASE_DAG
from kexie.home import Home
from tests.integration.office import Office

BEIJING = ZoneInfo("Asia/Shanghai")
ROLLUP = "annual_rollup"
LECTURES = "sp_lecture_count"

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    home = Home(tmp_path_factory.mktemp("approval"))
    office = Office(home)
    office.send("A", f"2020 {LECTURES} 5")
    office.send("A", f"2021 {LECTURES} 10")
    yield office
    office.engine.dispose()
    airflow.stop(home)
    postgres.stop(home)


@pytest.fixture(scope="module")
def client(office: Office) -> AirflowClient:
    client = AirflowClient(airflow.start(office.home, print))
    for dag in (ROLLUP, RELEASE_DAG):
        client.unpause(dag)
    return client


def ask(office: Office, query: str, **bound: object) -> list[Row[Any]]:
    with office.engine.connect() as connection:
        return list(connection.execute(text(query), bound).all())


def states(client: AirflowClient, dag: str, run: str) -> dict[str, str]:
    return {task.name: task.state for task in client.tasks(dag, run)}


def wait_until(happened: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def roll_up(client: AirflowClient, year: int) -> str:
    run = client.trigger(ROLLUP, {"year": year})
    assert client.wait(ROLLUP, run, seconds=300) == "success"
    return run


def waiting(client: AirflowClient, year: int) -> Request:
    """The one request about that year that nobody has answered yet."""

    def found() -> list[Request]:
        return [request for request in client.requests(RELEASE_DAG) if request.subject.startswith(f"{year} 年")]

    wait_until(lambda: bool(found()))
    (request,) = found()
    return request


def releases(office: Office) -> list[tuple[str, str]]:
    rows = ask(office, "select release_name, approved_by from published.releases order by approved_at")
    return [(row.release_name, row.approved_by) for row in rows]


def printed(office: Office, name: str) -> Decimal | None:
    query = "select value from published.release_values where release_name = :name and unit_code = 'P' and "
    (row,) = ask(office, query + "indicator_code = :indicator and period = :year",
                 name=name, indicator=LECTURES, year=name[:4])  # fmt: skip
    value: Decimal | None = row.value
    return value


def test_the_yearly_run_ends_and_a_person_is_asked_and_shown_the_figures(client: AirflowClient, office: Office) -> None:
    client.backfill(ROLLUP, datetime(2020, 1, 1, tzinfo=BEIJING), datetime(2021, 1, 1, tzinfo=BEIJING))
    wait_until(lambda: list(client.runs(ROLLUP).values()) == ["success", "success"], 300)
    for year in (2020, 2021):
        request = waiting(client, year)
        assert request.subject == f"{year} 年的数请批准定稿（首次）"
        assert f"{year} 年还没有定稿过。" in request.body
        assert "- 科普“五进”活动：无（已报 0/4）" in request.body
        assert f"`kexie release {year}`" in request.body
        assert request.options == ("批准", "不批准")
    assert releases(office) == []


def test_a_run_that_waits_is_told_so_with_how_to_answer_and_is_no_alert(client: AirflowClient, office: Office) -> None:
    waiting(client, 2021)
    rows = ask(office, "select year, outcome, what_to_do, finished_at from ops.runs where dag = 'release_year'")
    assert {(row.year, row.outcome, row.finished_at) for row in rows} == {
        (2020, "waiting", None), (2021, "waiting", None),
    }  # fmt: skip
    assert {row.what_to_do for row in rows if row.year == 2021} == {
        "2021 年等待批准定稿：在 Airflow 首页“Required Actions”答复，或用 `kexie release 2021`。"
    }
    rows = ask(office, "select outcome from ops.last_run where dag = 'annual_rollup'")
    assert [row.outcome for row in rows] == ["success"]
    assert ask(office, "select * from ops.open_alerts") == []


def test_while_it_waits_the_year_is_rolled_up_again_and_the_same_figures_are_not_asked_about_twice(
    client: AirflowClient, office: Office
) -> None:
    run = roll_up(client, 2021)
    assert states(client, ROLLUP, run)["ask"] == "skipped"
    (row,) = ask(office, "select sentence from ops.run_steps where run_id = :run and task = 'ask'", run=run)
    assert row.sentence.startswith("These figures of 2021 were asked about before: release_year 2021__")
    assert len(client.requests(RELEASE_DAG)) == 2


def test_what_was_shown_is_released_in_the_name_of_who_answered_though_figures_changed_meanwhile(
    client: AirflowClient, office: Office
) -> None:
    request = waiting(client, 2021)
    office.send("A", f"2021 {LECTURES} 11")
    office.run()
    client.answer(RELEASE_DAG, request, "批准", note="全委会报告用")
    assert client.wait(RELEASE_DAG, request.run_id, seconds=120) == "success"
    assert set(states(client, RELEASE_DAG, request.run_id).values()) == {"success"}
    assert releases(office) == [("2021-1", "admin")]
    assert printed(office, "2021-1") == 10
    assert {file.name for file in (office.home.reports / "2021").iterdir()} == {
        "全委会工作报告_2021年度_定稿2021-1.docx", "全委会工作报告_2021年度_定稿2021-1.xlsx",
    }  # fmt: skip
    (made,) = ask(office, "select note, manifest from published.releases")
    assert (made.note, made.manifest["approved_by"]) == ("全委会报告用", "admin")
    (row,) = ask(office, "select outcome from ops.runs where run_id = :run", run=request.run_id)
    assert row.outcome == "success"


def test_the_next_request_shows_what_changed_since_the_release_and_no_changes_nothing(
    client: AirflowClient, office: Office
) -> None:
    assert states(client, ROLLUP, roll_up(client, 2021))["ask"] == "success"
    request = waiting(client, 2021)
    assert request.subject == "2021 年的数请批准定稿（2021-1 之后有变动）"
    assert "- 科普讲座/报告会场次：10 → 11场" in request.body
    client.answer(RELEASE_DAG, request, "不批准")
    assert client.wait(RELEASE_DAG, request.run_id, seconds=120) == "success"
    assert states(client, RELEASE_DAG, request.run_id) == {
        "changes": "success", "approval": "skipped", "release": "skipped", "report": "skipped",
    }  # fmt: skip
    (row,) = ask(office, "select sentence from ops.run_steps where run_id = :run and task = 'approval'",
                 run=request.run_id)  # fmt: skip
    assert row.sentence == "admin 没有批准 2021 年定稿，什么都没有改动。"
    assert releases(office) == [("2021-1", "admin")]


def test_a_release_on_the_command_line_ends_the_run_that_waits_for_that_year_and_no_other(
    client: AirflowClient, office: Office
) -> None:
    request, other = waiting(client, 2020), office
    other.send("A", f"2021 {LECTURES} 12")
    other.run()
    roll_up(client, 2021)
    waiting(client, 2021)
    done = subprocess.run(
        (sys.executable, "-m", "kexie.cli", "release", "2020", "--approved-by", "王主任", "--yes"),
        env=os.environ | office.home.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert client.wait(RELEASE_DAG, request.run_id, seconds=120) == "success"
    assert states(client, RELEASE_DAG, request.run_id)["release"] == "skipped"
    assert releases(office) == [("2021-1", "admin"), ("2020-1", "王主任")]
    assert [found.subject for found in client.requests(RELEASE_DAG)] == ["2021 年的数请批准定稿（2021-1 之后有变动）"]


def test_nothing_is_asked_where_nothing_changed_since_the_release(client: AirflowClient, office: Office) -> None:
    run = roll_up(client, 2020)
    assert states(client, ROLLUP, run)["ask"] == "skipped"
    (row,) = ask(office, "select sentence from ops.run_steps where run_id = :run and task = 'ask'", run=run)
    assert re.fullmatch(r"2020-1, approved by 王主任 at .*, holds just these figures of 2020\.", row.sentence)
