"""Scale: a full rebuild, one county's correction, a run with nothing to do, and the office's queries, at any size.

`python -m benchmarks scale --figures 30000000` for 30 years of a million figures each; needs about 3 GB of disk a year.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from benchmarks.scale import measuring, questions, raw_rows, yardstick
from kexie import postgres
from kexie.database import engine as log_in
from kexie.database import ready
from kexie.home import Home
from kexie.roles import Role

REBUILD_LIMIT, QUERY_LIMIT = 2.0, 3.0

TRANSFORM = """
from kexie.home import Home
from pipeline.steps import transform
transform(Home.from_environment(), {years}, "bench", lambda line: None)
"""
AUDIT = """
from kexie.home import Home
from pipeline.steps import audit
audit(Home.from_environment(), lambda line: None)
"""
PUBLISH = """
from kexie.home import Home
from pipeline.steps import publish
publish(Home.from_environment(), lambda line: None)
"""
RUN = """
import contextlib, sys
from kexie.cli import main
sys.argv = ["kexie", "run"]
with contextlib.redirect_stdout(sys.stderr):
    try:
        main()
    except SystemExit as ended:
        assert not ended.code, ended.code
"""


def run(folder: Path, figures: int = raw_rows.FIGURES_A_YEAR) -> Iterator[str]:
    """Lines with what each costs, and its ratio to a yardstick where it has one."""
    home = Home(folder / "home")
    engine = ready(home)
    try:
        years = raw_rows.years_of(figures)
        for year in raw_rows.fill(engine, figures):
            yield f"raw rows of {year} are there"
        yardstick.prepare(engine)
        yield from _rebuilds(home, list(years))
        yield from _small_runs(home, years[-1])
        yield from _queries(home, years[-1])
    finally:
        engine.dispose()
        postgres.stop(home)


def _rebuilds(home: Home, years: list[int]) -> Iterator[str]:
    """From nothing, then once more over what is published: the transform and the publish against the plain script."""
    engine = log_in(home)
    for what in ("first build", "rebuild"):
        plain = measuring.of_call(engine, lambda: yardstick.run(engine))
        yield f"{what}, plain script: {plain}"
        ours = {
            step: measuring.of_process(engine, home, script.format(years=years))
            for step, script in (("transform", TRANSFORM), ("audit", AUDIT), ("publish", PUBLISH))
        }
        for step, cost in ours.items():
            yield f"{what}, {step}: {cost}"
        ratio = (ours["transform"].database + ours["publish"].database) / plain.database
        audited = sum(cost.database for cost in ours.values()) / plain.database
        limit = f"(at most {REBUILD_LIMIT})"
        yield f"{what}, transform and publish: ratio {ratio:.2f} {limit}; with the audit {audited:.2f}"
    engine.dispose()


def _small_runs(home: Home, year: int) -> Iterator[str]:
    from ingestion.landing import submit

    engine = log_in(home)
    correction = home.root / "correction.csv"
    with correction.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("unit_code", "form", "period", "indicator_code", "scope", "value"))
        rows.writerow((questions.COUNTY, "popularisation", f"{year}-03", questions.INDICATOR, "own", "777"))
    submit(home, [correction], questions.COUNTY)
    yield f"one county's correction: {measuring.of_process(engine, home, RUN)}"
    yield f"a run with nothing to do: {measuring.of_process(engine, home, RUN)}"
    engine.dispose()


def _queries(home: Home, year: int) -> Iterator[str]:
    owner = log_in(home)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # As autovacuum does in the minutes after a publish.
        connection.exec_driver_sql("vacuum (analyze)")
    owner.dispose()
    office = log_in(home, Role.OFFICE)
    for question in questions.questions(year):
        rows, asked, by_key = questions.milliseconds(office, question)
        yield (
            f"{question.name}: {rows} rows in {asked:.2f} ms, by key {by_key:.2f} ms, "
            f"ratio {asked / by_key:.2f} (at most {QUERY_LIMIT})"
        )
    office.dispose()
