"""One warehouse for many worked cases: each case is a province of its own, its codes marked with the case's number.

So the whole way, from CSV files in the inbox to the published figures, is gone once for all of them.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from sqlalchemy import Engine, text

from catalogue.load import load as load_catalogue
from ingestion.collect import collect
from ingestion.landing import submit
from ingestion.units import load as load_units
from kexie.database import acting, ready
from kexie.home import Home
from kexie.roles import Role
from pipeline.record import Run
from pipeline.steps import restate, run_once

UNIT_COLUMNS = ("unit_code", "name", "level", "unit_type", "parent_code", "valid_from", "valid_to")
EVENT_COLUMNS = ("event_date", "kind", "from_code", "to_code", "weight")
ROW_COLUMNS = (
    *("unit_code", "form", "period", "indicator_code", "scope", "value"),
    *("low", "high", "state", "status", "note"),
)
CODES = ("unit_code", "parent_code", "from_code", "to_code")

FEW_EXAMPLES = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
"""One run of the warehouse takes seconds, so each example is many provinces, and a failing one is not shrunk."""

Rows = Iterable[Mapping[str, Any]]


@dataclass(frozen=True)
class Example:
    """A province's tree and its files in the order received."""

    units: Sequence[Mapping[str, Any]]
    events: Sequence[Mapping[str, Any]]
    submissions: Sequence[Rows]


Published = dict[tuple[int, str, str, str], Any]
"""Rows of figures by number of the example, unit, indicator and period."""


def publish(home: Home, examples: Sequence[Example], years: Collection[int]) -> Published:
    """Go the whole way; the rows of published.indicator_values."""
    engine = ready(home, Role.INGEST)
    tree = home.root / "tree"
    tree.mkdir()
    numbered = list(enumerate(examples))
    write_rows(tree / "units.csv", UNIT_COLUMNS, (marked(n, row) for n, e in numbered for row in e.units))
    write_rows(tree / "unit_events.csv", EVENT_COLUMNS, (marked(n, row) for n, e in numbered for row in e.events))
    load_units(engine, tree)
    for number, example in numbered:
        _submit(home, number, example)
    collected = collect(home, engine, load_catalogue(), quietly)
    refused = collected.outcomes["rejected"] + collected.outcomes["partly_rejected"]
    assert not refused, first_refusals(engine)
    assert not collected.left
    assert collected.outcomes.total() == sum(len(example.submissions) for example in examples)
    run_once(home, years, Run.now("tests"), quietly)
    engine.dispose()
    return _figures(home, "select * from published.indicator_values")


def publish_restated(home: Home, year: int, tree_date: date) -> Published:
    """What is published of the year on the tree of that day, restated where it was not yet."""
    restate(home, year, tree_date, Run.now("tests"), quietly)
    return _figures(home, f"select * from published.on_tree('{year}', '{tree_date}')")


def _submit(home: Home, number: int, example: Example) -> None:
    root = next(row["unit_code"] for row in example.units if not row["parent_code"])
    folder = home.root / f"example_{number}"
    folder.mkdir()
    files = []
    for order, rows in enumerate(example.submissions):
        files.append(folder / f"{order:04}.csv")
        write_rows(files[-1], ROW_COLUMNS, (marked(number, row) for row in rows))
    if files:
        submit(home, files, mark(number, root))


def marked(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    return {column: mark(number, value) if column in CODES and value else value for column, value in row.items()}


def mark(number: int, code: str) -> str:
    return f"x{number:04}_{code}"


def write_rows(path: Path, columns: Sequence[str], rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def _figures(home: Home, query: str) -> Published:
    with acting(home, Role.OFFICE) as office, office.connect() as connection:
        rows = connection.execute(text(query)).all()
    return {(int(row.unit_code[1:5]), row.unit_code[6:], row.indicator_code, row.period): row for row in rows}


def first_refusals(engine: Engine) -> str:
    with engine.connect() as connection:
        sentences = connection.scalars(
            text("select sentence from landing.finding where severity = 'error' order by finding_id limit 5")
        )
        return "; ".join(sentences)


def quietly(_line: str) -> None:
    """Tests want no progress."""
