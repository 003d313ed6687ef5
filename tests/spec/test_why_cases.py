"""Why a figure changed, one worked case per rule, all in one warehouse of two publishes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import text

from catalogue.model import ChangeReason
from kexie.database import acting
from kexie.home import Home
from kexie.roles import Role
from tests.spec.histories import Row, Rows, Stage, live_through
from tests.spec.warehouse import EVENT_COLUMNS, UNIT_COLUMNS, mark

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "why_cases.yaml").read_text(encoding="utf-8"))

UNITS = (
    ("P", "province", "", "2000-01-01", ""),
    ("C", "city", "P", "2000-01-01", ""),
    ("D", "city", "P", "2000-01-01", ""),
    ("A", "county", "C", "2000-01-01", ""),
    ("B", "county", "C", "2000-01-01", ""),
    ("E", "county", "D", "2000-01-01", ""),
)
INDICATOR = "sp_lecture_count"

STILL_TIME = {"period": "2021", "due_date": "2099-12-31", "reason": "试验"}
"""Whoever runs the tests, all files come after the true due days of 2021."""

Explained = list[Any]


@dataclass(frozen=True)
class Told:
    """What published.changes said of all cases between the two publishes, and the same of each case asked alone."""

    moments: list[datetime]
    rows: dict[int, dict[str, Explained]]
    asked_alone: dict[int, dict[str, Explained]]


def history(case: dict[str, Any]) -> list[Stage]:
    amended = case.get("amended", {})
    due = [{"unit_code": unit, "period": "2021", "due_date": str(day), "reason": "试验"}
           for unit, day in case.get("due", {}).items()]  # fmt: skip
    first = case["first"] if isinstance(case["first"][0][0], list) else [case["first"]]
    return [
        Stage(unit_rows(UNITS), exceptions=due, files=[rows(figures) for figures in first]),
        Stage(
            unit_rows(amended.get("units", [])),
            [dict(zip(EVENT_COLUMNS, map(str, event), strict=True)) for event in amended.get("events", [])],
            withdrawn=case.get("withdrawn", []),
            files=[rows(case["then"])] if "then" in case else [],
        ),
    ]


def unit_rows(units: Iterable[Iterable[object]]) -> Rows:
    named = ((code, f"{code}科协", level, "territorial", *rest) for code, level, *rest in units)
    return [dict(zip(UNIT_COLUMNS, map(str, row), strict=True)) for row in named]


def rows(figures: Iterable[list[Any]]) -> Rows:
    return [filed(*figure) for figure in figures]


def filed(unit: str, value: object, differing: dict[str, object] | None = None) -> Row:
    differs = {name: str(other) for name, other in (differing or {}).items()}
    indicator = differs.pop("indicator", INDICATOR)
    plain = {"unit_code": unit, "indicator_code": indicator, "period": "2021", "scope": "own", "value": str(value)}
    return plain | differs


@pytest.fixture(scope="module")
def told(new_database: Callable[[], Home]) -> Told:
    home = new_database()
    histories = [history(case) for case in CASES]
    histories[0][0].exceptions.insert(0, STILL_TIME)
    moments = live_through(home, histories, ["P"] * len(CASES))
    with acting(home, Role.OFFICE) as office, office.connect() as connection:
        between = {"before": moments[1], "after": moments[2]}
        every = connection.execute(text("select * from published.changes(:before, :after)"), between).all()
        alone = {}
        for number, case in enumerate(CASES):
            found: list[Any] = []
            for unit in {*case["expect"], "A", "P"}:
                asked = between | {"unit": mark(number, unit), "indicator": case.get("indicator", INDICATOR)}
                found += connection.execute(text(ASKED), asked).all()
            alone[number] = explained(number, found)
    return Told(moments, {number: explained(number, every) for number in range(len(CASES))}, alone)


ASKED = "select * from published.changes(:before, :after, :unit, :indicator, '2021')"


def explained(number: int, found: Iterable[Any]) -> dict[str, Explained]:
    """What is said of a case's indicator and year: unit → value before, after, term by reason."""
    told: dict[str, Explained] = {}
    for row in found:
        asked = CASES[number].get("indicator", INDICATOR), "2021"
        if row.unit_code.startswith(mark(number, "")) and (row.indicator_code, row.period) == asked:
            unit = row.unit_code.removeprefix(mark(number, ""))
            told.setdefault(unit, [row.before_value, row.after_value, {}])[2][row.reason] = row.term
    return told


def expected(case: dict[str, Any]) -> dict[str, Explained]:
    def exact(value: object) -> Decimal | None:
        return None if value is None else Decimal(str(value))

    return {
        unit: [exact(before), exact(after), {reason: exact(term) for reason, term in terms.items()}]
        for unit, (before, after, terms) in case["expect"].items()
    }


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case["name"] for case in CASES])
def test_case(told: Told, number: int) -> None:
    assert told.rows[number] == expected(CASES[number])


def test_a_figure_asked_alone_is_told_the_same(told: Told) -> None:
    for number, case in enumerate(CASES):
        assert told.asked_alone[number] == expected(case), case["name"]


def test_there_is_a_case_for_every_reason() -> None:
    shown = {reason for case in CASES for _, _, terms in case["expect"].values() for reason in terms}
    assert shown == set(ChangeReason) - {ChangeReason.DEFINITION}, "tests/integration/test_why.py has the definition"
