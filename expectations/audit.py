"""Run the suites on the candidate, keep what they found, and say it in plain words.

Knows nothing of Airflow, and refuses nothing itself: whoever calls it decides what a blocked candidate means.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import create_engine

from catalogue.load import load
from expectations import docs
from expectations.ledger import BadRow, Failure, Verdict, record
from expectations.rules import NO_ROWS_QUERY, Outcome
from expectations.suites import FOLDER, INVARIANTS

SHOWN_ROWS = 5
"""So many bad rows per expectation are in the log; ops.expectation_bad_row has more."""


@dataclass(frozen=True, slots=True)
class AuditOutcome:
    """Whether an invariant failed, every result, and the page of the Data Docs to open.

    `reason` says which invariants failed, with the first bad row of the first; empty where none did.
    """

    is_blocked: bool
    results: list[Verdict]
    docs: Path
    reason: str


class Runner(Protocol):
    """What evaluates the rules of a suite: Great Expectations, by `expectations.engine.Engine`."""

    def run(self, suite: dict[str, Any]) -> Iterable[Outcome]: ...


def audit(engine_url: str, build_id: int, data_docs: Path, progress: Callable[[str], None]) -> AuditOutcome:
    """Audit schema `candidate` of a PostgreSQL database (SQLAlchemy URL with psycopg) as build `build_id`.

    Replaces what an earlier audit of the same build recorded in `ops`. Every line of the log goes to `progress`.
    """
    from expectations.engine import Engine

    verdicts: list[Verdict] = []
    with closing(Engine(engine_url)) as engine:
        for suite in committed_suites():
            found = judge(suite, engine)
            progress(_summary(suite["meta"], found))
            verdicts += found
    failures, page = _record(engine_url, build_id, verdicts, data_docs)
    progress(f"审核详情：{page}")
    for line in (*lines(failures, is_blocking=False), *lines(failures, is_blocking=True)):
        progress(line)
    blocking = [failure for failure in failures if failure.verdict.is_blocking]
    return AuditOutcome(bool(blocking), verdicts, page, _reason(blocking))


def committed_suites() -> Iterator[dict[str, Any]]:
    """The suites as the repository holds them, invariants first."""
    for path in sorted((Path(__file__).parents[1] / FOLDER).glob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


def judge(suite: dict[str, Any], runner: Runner) -> list[Verdict]:
    """Run one suite; a verdict per rule, in the runner's order."""
    rules = {rule["meta"]["code"]: rule for rule in suite["expectations"]}
    return [_verdict(suite["meta"], rules[outcome.code], outcome) for outcome in runner.run(suite)]


def bad_rows_query(rule: dict[str, Any]) -> str:
    """The SQL of the rows that break a rule of a suite."""
    query: str = rule["kwargs"].get(NO_ROWS_QUERY) or rule["meta"]["bad_rows"]
    return query


def lines(failures: Iterable[Failure], *, is_blocking: bool) -> Iterator[str]:
    """The log of the failures that block, or of those that only warn: each rule, its first rows, and their files."""
    heading = "审核未通过，不能发布" if is_blocking else "提示"
    for failure in failures:
        verdict = failure.verdict
        if verdict.is_blocking is is_blocking:
            yield f"{heading}：{verdict.sentence}。{verdict.code}，{verdict.message}"
            for row in failure.rows[:SHOWN_ROWS]:
                yield f"  {_row(row)}"
            if verdict.bad_rows > SHOWN_ROWS:
                yield f"  其余 {verdict.bad_rows - SHOWN_ROWS} 行见 ops.expectation_bad_row"


def _reason(blocking: list[Failure]) -> str:
    if not blocking:
        return ""
    first, more = blocking[0], len(blocking) - 1
    row = f"；第一行：{_row(first.rows[0])}" if first.rows else ""
    others = f"；另有 {more} 项不符" if more else ""
    return f"{first.verdict.sentence}（{first.verdict.code}），{first.verdict.message}{row}{others}。"


def _verdict(meta: dict[str, str], rule: dict[str, Any], outcome: Outcome) -> Verdict:
    return Verdict(
        suite=meta["kind"],
        relation=meta["relation"],
        code=outcome.code,
        name_zh=rule["meta"]["name_zh"],
        sentence=rule["description"],
        severity=rule["severity"],
        is_success=outcome.is_success,
        bad_rows=0 if outcome.is_success else outcome.bad_rows,
        error=outcome.error,
        query=bad_rows_query(rule),
    )


def _record(engine_url: str, build_id: int, verdicts: list[Verdict], data_docs: Path) -> tuple[list[Failure], Path]:
    """What failed, with its rows, once it is in `ops` and on a page."""
    database = create_engine(engine_url)
    with database.begin() as connection:
        failures = record(connection, build_id, verdicts)
    with database.connect() as connection:
        page = docs.write(connection, data_docs, build_id, verdicts, load())
    database.dispose()
    return failures, page


def _summary(meta: dict[str, str], found: list[Verdict]) -> str:
    failed = sum(not verdict.is_success for verdict in found)
    kind = "必须成立" if meta["kind"] == INVARIANTS else "提示"
    ending = f"{failed} 项不符" if failed else "全部符合"
    return f"审核 {meta['name_zh']}（{meta['relation']}，{kind}）：{len(found)} 项，{ending}"


def _row(row: BadRow) -> str:
    """What it is about, and where it comes from."""
    about = " ".join(word for word in (row.unit_code, row.indicator_code, row.period) if word)
    source = f"文件 {row.file_name}，{row.place}" if row.file_name else "没有来源文件"
    return f"{about or '该行无单位和指标'} ← {source}"
