"""Scale: a full rebuild, one county's correction, a run with nothing to do, and the office's queries, at any size.

`python -m benchmarks scale --figures 30000000` for 30 years of a million figures each, of which all but the first are
built and published a year at a time, without the audit, which is measured in the last year alone; needs about 1.5 GB of
disk a year. Ratios are of the server's processor time, and of seconds and pages beside it.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.scale import measuring, questions, raw_rows, yardstick
from kexie import postgres
from kexie.database import engine as log_in
from kexie.database import ready
from kexie.home import Home
from kexie.roles import Role

if TYPE_CHECKING:
    from sqlalchemy import Engine

REBUILD_LIMIT, SMALL_RUN_LIMIT, QUERY_LIMIT = 2.0, 1.2, 3.0

STAGE = 10
"""Years after which all is measured, before the others are added."""

SCRIPT_BYTES_A_YEAR = 1_200_000_000
"""What the plain script's tables and sorts take of the disk."""

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
    years = raw_rows.years_of(figures)
    try:
        raw_rows.prepare(engine, figures)
        raw_rows.fill(engine, years[-1])
        yardstick.prepare(engine)
        yield f"{figures // len(years):,} raw figures of {years[-1]} are there"
        yield from _rebuilds(home, years[-1])
        few = yield from _small_runs(home, years[-1], 777)
        yield from _queries(home, years[-1])
        for there, more in _stages(years):
            built = yield from _more_years(home, more)
            many = yield from _small_runs(home, years[-1], 777 + there)
            yield from _compared(few, many, there)
            yield from _queries(home, years[-1])
            yield from _against_all(home, there, built)
    finally:
        engine.dispose()
        postgres.stop(home)


def _rebuilds(home: Home, year: int) -> Iterator[str]:
    """From nothing, then once more over what is published: the transform and the publish against the plain script.

    The script runs before and after them, for a shared machine may be another one some minutes later. What either
    leaves to be vacuumed is vacuumed before the other runs, which it would cost time otherwise.
    """
    engine = log_in(home)
    for what, is_first in (("first build", True), ("rebuild", False)):
        before = _plain(engine, is_first)
        yield f"{what}, plain script before it: {before}; then {_vacuumed(engine, home)}"
        ours = _built(home, year)
        for step, cost in ours.items():
            yield f"{what}, {step}: {cost}"
        yield f"{what}, then {_vacuumed(engine, home)}"
        after = _plain(engine, is_first)
        yield f"{what}, plain script after it: {after}; then {_vacuumed(engine, home)}"
        yield _against(before.mean(after), [ours], what)
    engine.dispose()


def _plain(engine: Engine, is_first: bool) -> measuring.Cost:
    if is_first:
        yardstick.forget(engine)
    return measuring.of_call(engine, lambda: yardstick.run(engine))


def _stages(years: range) -> Iterator[tuple[int, range]]:
    """How many years are there once some more are, after the last of them: first ten, then all."""
    if len(years) > 1:
        yield min(STAGE, len(years)), years[-STAGE:-1]
    if len(years) > STAGE:
        yield len(years), years[:-STAGE]


def _more_years(home: Home, years: range) -> Generator[str, None, list[dict[str, measuring.Cost]]]:
    """Years filled and built, each by itself."""
    engine = log_in(home)
    built = []
    for year in years:
        raw_rows.fill(engine, year)
        built.append(_built(home, year, audited=False))
        yield f"{year}: {', '.join(f'{step} {cost.processor:.1f} s' for step, cost in built[-1].items())} of processor"
    engine.dispose()
    return built


def _against_all(home: Home, years: int, built: list[dict[str, measuring.Cost]]) -> Iterator[str]:
    """What was built against as many years' share of the plain script over all years, where its tables find room."""
    free = shutil.disk_usage(home.root).free
    if free < years * SCRIPT_BYTES_A_YEAR:
        yield f"plain script over {years} years: not run, it has {free / 1e9:.0f} GB of disk alone"
        return
    engine = log_in(home)
    plain = _plain(engine, is_first=True)
    yield f"plain script over {years} years: {plain}"
    yield _against(plain.of_share(len(built) / years), built, f"{len(built)} years, one at a time")
    yardstick.clear(engine)
    engine.dispose()


def _built(home: Home, year: int, *, audited: bool = True) -> dict[str, measuring.Cost]:
    """What each step costs. Where it is not `audited`, the build is taken for sound: nothing of it is judged."""
    engine = log_in(home)
    try:
        costs = {"transform": measuring.of_process(engine, home, TRANSFORM.format(years=[year]))}
        if audited:
            costs["audit"] = measuring.of_process(engine, home, AUDIT)
        else:
            _take_for_sound(engine)
        costs["publish"] = measuring.of_process(engine, home, PUBLISH)
    finally:
        engine.dispose()
    return costs


def _take_for_sound(engine: Engine) -> None:
    from sqlalchemy import text

    with engine.begin() as connection:
        connection.execute(
            text("update ops.build set state = 'audited', audited_at = clock_timestamp() where state = 'built'")
        )


def _against(plain: measuring.Cost, ours: list[dict[str, measuring.Cost]], what: str) -> str:
    def ratio(part: str, steps: tuple[str, ...]) -> float:
        return sum(float(getattr(built[step], part)) for built in ours for step in steps) / float(getattr(plain, part))

    steps = ("transform", "publish")
    with_audit = ("transform", "audit", "publish")
    audited = f"; with the audit {ratio('processor', with_audit):.2f} × the processor" if "audit" in ours[0] else ""
    return (
        f"{what}, transform and publish against the plain script: {ratio('processor', steps):.2f} × the processor "
        f"(at most {REBUILD_LIMIT}), {ratio('database', steps):.2f} × the seconds, {ratio('pages', steps):.2f} × the "
        f"pages{audited}"
    )


def _small_runs(home: Home, year: int, value: int) -> Generator[str, None, dict[str, measuring.Cost]]:
    from ingestion.landing import submit

    _vacuum(home)
    engine = log_in(home)
    correction = home.root / "correction.csv"
    with correction.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("unit_code", "form", "period", "indicator_code", "scope", "value"))
        rows.writerow((questions.COUNTY, "popularisation", f"{year}-03", questions.INDICATOR, "own", value))
    submit(home, [correction], questions.COUNTY)
    costs = {}
    for what in ("one county's correction", "a run with nothing to do"):
        costs[what] = measuring.of_process(engine, home, RUN)
        yield f"{what}: {costs[what]}"
    engine.dispose()
    return costs


def _compared(few: dict[str, measuring.Cost], many: dict[str, measuring.Cost], years: int) -> Iterator[str]:
    for what, cost in many.items():
        once = few[what]
        yield (
            f"{what}, {years} years against one: {cost.processor / max(once.processor, 0.01):.2f} × the processor, "
            f"{cost.database / once.database:.2f} × the seconds, {cost.pages / once.pages:.2f} × the pages "
            f"(at most {SMALL_RUN_LIMIT})"
        )


def _vacuumed(engine: Engine, home: Home) -> str:
    return f"vacuum and analyze: {measuring.of_call(engine, lambda: _vacuum(home))}"


def _vacuum(home: Home) -> None:
    """As autovacuum does in the minutes after a publish."""
    owner = log_in(home)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("vacuum (analyze)")
    owner.dispose()


def _queries(home: Home, year: int) -> Iterator[str]:
    _vacuum(home)
    office = log_in(home, Role.OFFICE)
    for question in questions.questions(year):
        rows, asked, by_key = questions.milliseconds(office, question)
        yield (
            f"{question.name}: {rows} rows in {asked:.2f} ms, by key {by_key:.2f} ms, "
            f"ratio {asked / by_key:.2f} (at most {QUERY_LIMIT})"
        )
    office.dispose()
