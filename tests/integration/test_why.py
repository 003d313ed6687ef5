"""`kexie why`: what it prints, what it refuses, and what it says of another catalogue and of releases."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from catalogue.model import ChangeReason
from kexie.database import acting
from kexie.errors import UserError
from kexie.home import PROJECT, Home
from kexie.roles import Role
from reporting.release import Approval, release_year
from reporting.why import why
from tests.conftest import NewDatabase
from tests.integration.office import Office, quietly
from tests.integration.test_definitions import PACKAGES

LECTURES = "sp_lecture_count"


@dataclass(frozen=True)
class Story:
    """Two quarters are filed, one is corrected, the year is released; then the catalogue says that the last counts."""

    office: Engine
    before: datetime
    filed: datetime
    corrected: datetime
    redefined: datetime


@pytest.fixture(scope="module")
def story(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    home = new_database()
    office = Office(home)
    moments = [now(office.engine)]
    office.send("A", f"2021-Q1 {LECTURES} 3", f"2021-Q2 {LECTURES} 4")
    office.run()
    moments.append(now(office.engine))
    office.send("A", f"2021-Q2 {LECTURES} 5")
    office.run()
    moments.append(now(office.engine))
    with acting(home, Role.PUBLISH) as engine:
        release_year(engine, 2021, None, Approval("省科协办公室"), quietly)
    run_with_another_catalogue(home, tmp_path_factory.mktemp("copy"))
    moments.append(now(office.engine))
    with acting(home, Role.OFFICE) as engine:
        yield Story(engine, *moments)
    office.engine.dispose()


def run_with_another_catalogue(home: Home, folder: Path) -> None:
    """In a copy of the project, lectures are a stock, and what has been filed is built anew."""
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "target"))
    form = folder / "catalogue" / "forms" / "popularisation.yaml"
    before, entry, after = form.read_text(encoding="utf-8").partition(f"  {LECTURES}:\n")
    stock = after.replace("aggregation: flow", "aggregation: stock", 1)
    form.write_text(f"{before}{entry}{stock}", encoding="utf-8")
    for command in (["-m", "catalogue.generate"], ["-m", "kexie.cli", "run"]):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env=os.environ
            | {"PYTHONPATH": str(folder), "KEXIE_HOME": str(home.root)}
            | {"KEXIE_DATABASE_URL": home.database_url or ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def now(engine: Engine) -> datetime:
    with engine.connect() as connection:
        moment: datetime = connection.execute(text("select clock_timestamp()")).scalar_one()
    return moment


def asked(story: Story, since: datetime, until: datetime | None, unit: str = "P") -> list[str]:
    """The answer's lines without their moments, which differ each time."""
    lines = why(story.office, unit, LECTURES, "2021", written(since), written(until) if until else None)
    return [" ".join(line.split()) for line in lines]


def written(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat()


def test_each_reason_is_told_with_its_files_and_the_last_line_proves_the_sum(story: Story) -> None:
    lines = asked(story, story.filed, story.corrected)
    assert lines[0] == "示例省科协（P）科普讲座/报告会场次 2021"
    assert lines[1].endswith("7 场 [部分汇总数，已报 0/4]")
    assert lines[2].endswith("8 场 [部分汇总数，已报 0/4]")
    assert lines[3] == "更正 +1"
    assert lines[4].startswith("甲一县科协（A）2021-Q2：4（A.csv 第 3 行，")
    assert " → 5（A.csv 第 2 行，" in lines[4]
    assert lines[5:] == ["合计 +1 = +1，即 7 → 8"]


def test_from_nothing_is_told_as_such(story: Story) -> None:
    lines = asked(story, story.before, story.filed)
    assert lines[1].endswith("未发布")
    assert lines[3] == "迟报 +7"
    assert [line.split("：")[1].split("（")[0] for line in lines[4:6]] == ["不计 → 3", "不计 → 4"]
    assert lines[-1] == "合计 +7 = +7，即 无数 → 7"


def test_another_time_rule_of_the_catalogue_is_a_definition(story: Story) -> None:
    lines = asked(story, story.corrected, story.redefined)
    assert lines[3] == "指标口径调整 −3"
    assert lines[4].startswith("甲一县科协（A）2021-Q1：3（A.csv 第 2 行，")
    assert lines[4].endswith(" → 不计")
    assert lines[-1] == "合计 −3 = −3，即 8 → 5"


def test_a_correction_beside_another_definition_stays_a_correction(story: Story) -> None:
    lines = asked(story, story.filed, None)
    assert [line for line in lines if line.startswith(("指标", "更正", "合计"))] == [
        "指标口径调整 −3", "更正 +1", "合计 −3 +1 = −2，即 7 → 5",
    ]  # fmt: skip


def test_where_nothing_changed_it_says_so(story: Story) -> None:
    assert asked(story, story.redefined, None)[-1] == "两个时刻的数相同。"


def test_a_release_is_a_moment_by_its_name(story: Story) -> None:
    since_the_release = list(why(story.office, "P", LECTURES, "2021", "2021-1", None))
    assert since_the_release[1].endswith("8 场 [部分汇总数，已报 0/4]")
    assert since_the_release[-1] == "合计  −3 = −3，即 8 → 5"


@pytest.mark.parametrize(
    ("unit", "indicator", "period", "since", "until", "sentence"),
    [
        ("P", LECTURES, "2021", "2022-02-30", None, "'2022-02-30' is no moment"),
        ("P", LECTURES, "2021", "2021-2", None, "nor a release: the releases are 2021-1"),
        ("P", LECTURES, "2021", "2022-01-10", "2022-01-09", "is later than --to 2022-01-09"),
        ("P", LECTURES, "2021", "2999-01-01", None, "is later than --to now"),
        ("X", LECTURES, "2021", "2022-01-10", None, "Nothing was ever published for unit 'X'"),
        ("P", "lectures", "2021", "2022-01-10", None, "Nothing was ever published for indicator 'lectures'"),
        ("P", LECTURES, "2020", "2022-01-10", None, "Nothing was ever published for period '2020'"),
        ("P", LECTURES, "2021", "2022-01-10", "2022-01-11", "was published at either moment"),
    ],
)
def test_a_mistake_is_one_sentence(
    story: Story, unit: str, indicator: str, period: str, since: str, until: str | None, sentence: str
) -> None:
    with pytest.raises(UserError) as refused:
        list(why(story.office, unit, indicator, period, since, until))
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_database_refuses_moments_in_the_wrong_order(story: Story) -> None:
    with story.office.connect() as connection, pytest.raises(Exception, match="晚于"):
        connection.execute(
            text("select * from published.changes(:later, :earlier)"),
            {"later": story.filed, "earlier": story.filed - timedelta(seconds=1)},
        )


def test_the_reasons_of_the_database_are_those_of_the_catalogue_in_the_same_order() -> None:
    assert tuple(ChangeReason) == import_module("migrations.versions.0010_why").REASONS
