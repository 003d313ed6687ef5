"""The demo: a fictitious province's two years of files go their whole way, by the DAGs, while one watches."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kexie import airflow
from kexie.airflow_client import FINISHED, AirflowAddress, AirflowClient
from kexie.clock import BEIJING
from kexie.database import acting
from kexie.errors import UserError
from kexie.home import PROJECT, Home
from kexie.roles import Role

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from catalogue.model import Bounds

COLLECT, ROLLUP, *_ = airflow.DAGS
YEARS = (2020, 2021)
REPORT_YEAR = 2021
POLL_SECONDS = 0.5
RUN_SECONDS = 1800

Say = Callable[[str], None]


def run(home: Home, say: Say) -> None:
    """Bring the sample province to published figures and print them beside the report's lines.

    What an earlier demo did is not done again. Raises UserError naming the step that failed and its log.
    """
    clock = Clock(say)
    address = _prepare(home, clock)
    client = AirflowClient(address)
    for dag in airflow.DAGS:
        client.unpause(dag)
    # Reads what has landed and which builds there are, as nobody else may.
    with acting(home, Role.TRANSFORM) as engine:
        work = _Work(home, engine, client, clock)
        done = [work.collect(), work.roll_up()]
    if not any(done):
        clock.say(f"Nothing to do: every file was received already, and {_spoken(YEARS)} are rolled up.")
    with acting(home, Role.OPERATOR) as engine:
        _print_outcomes(engine, say)
    with acting(home, Role.OFFICE) as engine:
        _print_lines(engine, say)
        _print_release(engine, say)
    _print_places(home, address, say)
    say(clock.summary())


@dataclass(slots=True)
class Clock:
    """Says lines with the seconds since the start before them, and keeps how long each phase took."""

    _say: Say
    phases: dict[str, float] = field(default_factory=dict)
    _begun: float = field(default_factory=time.monotonic)

    def say(self, line: str) -> None:
        self._say(f"[{time.monotonic() - self._begun:4.0f} s] {line}")

    def summary(self) -> str:
        """The phases; those of the preparation run side by side."""
        phases = ", ".join(f"{phase} {seconds:.0f}" for phase, seconds in self.phases.items())
        beside = " (Airflow starts beside the files)" if "Airflow" in self.phases else ""
        return f"Seconds: {phases}; {time.monotonic() - self._begun:.0f} in all{beside}."

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.phases[name] = time.monotonic() - begun


class _File(NamedTuple):
    path: Path
    submitter: str
    sha256: str


def _prepare(home: Home, clock: Clock) -> AirflowAddress:
    """Start Airflow; its processes take their time, in which the files are written and sent."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        stack = beside.submit(_start_airflow, home, clock)
        files = _sample(home, clock)
        with acting(home, Role.INGEST) as engine:
            _send(home, engine, files, clock)
        return stack.result()


def _start_airflow(home: Home, clock: Clock) -> AirflowAddress:
    if home.airflow_url:
        return airflow.address(home)
    with clock.phase("Airflow"):
        return airflow.start(home, clock.say)


def _sample(home: Home, clock: Clock) -> list[_File]:
    """The sample's files in the order of sending; written where they are missing or another version's."""
    from sample_province.generate import MANIFEST, write

    folder, version = home.root / "sample_province", _version_of_sample()
    stamp = folder / "version"
    with clock.phase("writing files"):
        if not stamp.exists() or stamp.read_text() != version or not _is_whole(_files(folder, MANIFEST)):
            clock.say(f"Writing the sample province into {folder}.")
            write(folder)
            stamp.write_text(version)
    return _files(folder, MANIFEST)


def _version_of_sample() -> str:
    """Names all that the sample's bytes depend on: its generator, the workbook's writer, and the catalogue."""
    from catalogue.load import load

    digest = hashlib.sha256(load().version.encode())
    sources = [*(PROJECT / "sample_province").iterdir(), *(PROJECT / "ingestion").glob("*.py")]
    for source in sorted(path for path in sources if path.suffix in (".py", ".csv")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _files(folder: Path, manifest: str) -> list[_File]:
    entries = json.loads((folder / manifest).read_text(encoding="utf-8"))["files"]
    return [_File(folder / entry["path"], entry["submitter"], entry["sha256"]) for entry in entries]


def _is_whole(files: Sequence[_File]) -> bool:
    return all(
        file.path.is_file() and hashlib.sha256(file.path.read_bytes()).hexdigest() == file.sha256 for file in files
    )


def _send(home: Home, engine: Engine, files: Sequence[_File], clock: Clock) -> None:
    """Load the units and put into the inbox what was never sent, in the order of sending."""
    from ingestion.landing import submit
    from ingestion.units import load

    with clock.phase("sending files"):
        loaded = load(engine, home.root / "sample_province" / "units")
        clock.say(f"{loaded.units} units are loaded.")
        known = _sent(home, engine)
        fresh = [file for file in files if not _take(known, file)]
        for submitter, together in groupby(fresh, key=lambda file: file.submitter):
            submit(home, [file.path for file in together], submitter)
        clock.say(f"{len(fresh)} of {len(files)} files are sent, the others were before.")


def _take(known: Counter[tuple[str, str]], file: _File) -> bool:
    """Whether the file was sent before; a file that is to be sent twice must have been sent twice."""
    key = (file.submitter, file.sha256)
    known[key] -= 1
    return known[key] >= 0


def _sent(home: Home, engine: Engine) -> Counter[tuple[str, str]]:
    """How often each submitter sent each content: what has landed and what still waits in the inbox."""
    from sqlalchemy import text

    from ingestion import landing

    fs = home.inbox.fs
    known: Counter[tuple[str, str]] = Counter()
    for arrival in landing.waiting(home):
        known[arrival.submitter, hashlib.sha256(fs.cat_file(arrival.path)).hexdigest()] += 1
    with engine.connect() as connection:
        landed = connection.execute(text("select submitter_code, sha256 from landing.delivery"))
        known.update((row.submitter_code, row.sha256) for row in landed)
    return known


@dataclass(slots=True)
class _Work:
    """Lets the DAGs do what is left to do, and watches."""

    home: Home
    engine: Engine
    client: AirflowClient
    clock: Clock

    def collect(self) -> bool:
        """Have what waits collected and published; False when nothing waits."""
        if not self._something_waits():
            return False
        with self.clock.phase("collect_submissions"):
            before = _finished(self.client, COLLECT)
            self.client.trigger(COLLECT)
            self._watch(COLLECT, before)
        return True

    def roll_up(self) -> bool:
        """Have each year rolled up of which no run has succeeded yet; False when there is none."""
        runs = self.client.runs(ROLLUP)
        succeeded = {_year(run) for run, state in runs.items() if state == "success"}
        due = [year for year in YEARS if year not in succeeded]
        if not due:
            return False
        with self.clock.phase("annual_rollup"):
            before = _finished(self.client, ROLLUP)
            if all(state in FINISHED for state in runs.values()):
                # A failed run of an earlier demo is run again under its own id.
                before -= {run for run in before if _year(run) in due}
                first, last = (datetime(year, 1, 1, tzinfo=BEIJING) for year in (due[0], due[-1]))
                self.client.backfill(ROLLUP, first, last, reprocess="failed")
            self._watch(ROLLUP, before)
        return True

    def _something_waits(self) -> bool:
        from sqlalchemy import text

        from catalogue.load import load
        from ingestion import landing
        from pipeline.builds import pending_years

        if any(landing.waiting(self.home)):
            return True
        with self.engine.connect() as connection:
            landed = connection.scalar(text("select count(*) from landing.delivery where outcome = 'landed'"))
            return bool(landed or pending_years(connection, load().version))

    def _watch(self, dag: str, before: set[str]) -> None:
        """Say what changes until every run that is not in `before` has ended; raises UserError for one that failed."""
        seen: dict[str, str] = {}
        deadline = time.monotonic() + RUN_SECONDS
        while True:
            runs = {run: state for run, state in self.client.runs(dag).items() if run not in before}
            for line, state in self._states(dag, list(runs)):
                if seen.get(line, "") != state:
                    seen[line] = state
                    self.clock.say(f"{line}: {state}")
            if runs and all(state in FINISHED for state in runs.values()):
                break
            if time.monotonic() > deadline:
                raise UserError(f"{dag} has not ended after {RUN_SECONDS} s; its logs: {self.home.logs / 'airflow'}")
            time.sleep(POLL_SECONDS)
        for run in (run for run, state in runs.items() if state == "failed"):
            self._refuse(dag, run)

    def _states(self, dag: str, runs: Sequence[str]) -> Iterator[tuple[str, str]]:
        """What can change, and how it is now: tasks that run or have ended, and the files that have been received."""
        for run in reversed(runs):
            for task in self.client.tasks(dag, run):
                if task.state in ("running", "up_for_retry", *FINISHED):
                    seconds = f", {task.seconds:.0f} s" if task.state in FINISHED and task.seconds else ""
                    yield f"{_label(dag, run)} {task.name}", task.state + seconds
        if dag == COLLECT:
            checked, received = self._counts()
            if received:
                yield "files checked", f"{checked} of {received}"

    def _counts(self) -> tuple[int, int]:
        from sqlalchemy import text

        query = "select count(*) filter (where outcome <> 'landed'), count(*) from landing.delivery"
        with self.engine.connect() as connection:
            row = connection.execute(text(query)).one()
        return int(row[0]), int(row[1])

    def _refuse(self, dag: str, run: str) -> None:
        step = next((task.name for task in self.client.tasks(dag, run) if task.state == "failed"), "")
        folder = self.home.logs / "airflow" / f"dag_id={dag}" / f"run_id={run}" / f"task_id={step}"
        attempts = sorted(folder.glob("attempt=*.log"), key=lambda log: log.stat().st_mtime)
        log = attempts[-1] if attempts else self.home.logs / "airflow-scheduler.log"
        raise UserError(f"{_label(dag, run)} failed at {step or 'its start'}; the log: {log}")


def _finished(client: AirflowClient, dag: str) -> set[str]:
    return {run for run, state in client.runs(dag).items() if state in FINISHED}


def _year(run: str) -> int | None:
    """The year that a run of annual_rollup stands for, from the moment in its id: the end of that year."""
    kind, _, end = run.partition("__")
    return datetime.fromisoformat(end).astimezone(BEIJING).year - 1 if kind in ("backfill", "scheduled") else None


def _label(dag: str, run: str) -> str:
    return f"{dag} {_year(run) or run}" if dag == ROLLUP else f"{dag} ({run.partition('__')[0]})"


def _spoken(years: Sequence[int]) -> str:
    return " and ".join(map(str, years))


OUTCOMES = {
    "accepted": "已接收",
    "held": "已接收，有数待说明",
    "partly_rejected": "部分退回",
    "rejected": "退回",
    "duplicate": "重复报送，不再入库",
    "kept": "已收存，暂不读数",
    "landed": "尚未核对",
}


def _print_outcomes(engine: Engine, say: Say) -> None:
    from sqlalchemy import text

    from kexie.table import aligned

    with engine.connect() as connection:
        counted = {row.outcome: row.files for row in connection.execute(text(COUNT_OUTCOMES))}
    say("")
    for line in aligned(["文件", "份数"], [[OUTCOMES[one], str(counted[one])] for one in OUTCOMES if one in counted]):
        say(line)


def _print_lines(engine: Engine, say: Say) -> None:
    """The report's lines: what was printed, what is computed, from how many units, whether that bears it."""
    from sqlalchemy import text

    from catalogue.load import load
    from kexie.table import aligned
    from reporting.figures import shown

    with engine.connect() as connection:
        found = {row.line_code: row for row in connection.execute(text(LINES), {"period": str(REPORT_YEAR)})}
    rows = []
    for code, line in load().report_lines.items():
        if REPORT_YEAR not in line.printed:
            continue
        printed, row = line.printed[REPORT_YEAR], found.get(code)
        units = f"{row.units_reported}/{row.units_expected}" if row else ""
        verdict = "符合" if row and bears(printed.expected, row.value, row.low, row.high) else "不符合"
        figure = shown(row.value, row.low, row.high) if row else "无"
        rows.append([line.label_zh, printed.written, figure, units, verdict])
    say("")
    for text_line in aligned([f"{REPORT_YEAR} 年报告各行", "报告写作", "全省算得", "已报/应报", ""], rows):
        say(text_line)


def _print_release(engine: Engine, say: Say) -> None:
    """Whether the report's year was released, or that it waits for a person and how to answer."""
    from sqlalchemy import text

    with engine.connect() as connection:
        made = connection.execute(text(RELEASED), {"period": str(REPORT_YEAR)}).one_or_none()
    say("")
    if made:
        say(f"{REPORT_YEAR} 年已定稿：{made.release_name}，{made.approved_by} 批准。")
    else:
        say(
            f"{REPORT_YEAR} 年的数等待批准定稿：在 Airflow 首页“Required Actions”答复，"
            f"或用 `kexie release {REPORT_YEAR} --approved-by 批准人`。"
        )
    say(f"写全委会工作报告（Word 和 Excel）：`kexie report {REPORT_YEAR}`。")


def _print_places(home: Home, address: AirflowAddress, say: Say) -> None:
    say("")
    say(f"Receipts: {home.outbox}")
    say(f"What the audit found (Data Docs): {home.data_docs / 'index.html'}")
    # One that is run elsewhere is known to whoever runs it, and may answer there at another address than here.
    if not home.airflow_url:
        say(f"Airflow: {address.url} (user {address.user}, password in {address.password_file})")
        say("`make down` stops everything.")


def bears(promised: Bounds, value: Decimal | None, low: Decimal | None, high: Decimal | None) -> bool:
    """Whether a figure bears out what a printed wording promises; one known by its bounds only, with both of them."""
    if value is None:
        return False
    if low == value == high:
        return promised.holds(value)
    # Where a vague figure ends is a convention, as is where its wording does: the ends may meet.
    above = promised.low is None or (low is not None and low >= promised.low)
    below = promised.high is None or (high is not None and high <= promised.high)
    return above and below


COUNT_OUTCOMES = "select outcome, count(*) as files from ops.file_outcomes group by outcome"
LINES = """
    select line_code, value, low, high, units_reported, units_expected
    from published.report_lines
    where period = :period
"""
RELEASED = """
    select release_name, approved_by from published.releases
    where period = :period order by approved_at desc limit 1
"""
