"""Worked cases kept as YAML: submissions in, figures out. The shape is that of the contract's own worked examples."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from .rollup import Figure, compute
from .terms import Bounds

HERE = Path(__file__).parent
SPEC_CASES = HERE.parent / "spec" / "cases"
REFERENCE_CASES = HERE / "more_cases"
SHARED = HERE.parents[2] / "shared"
BOUNDS = ("own", "computed", "claimed", "value")
AMOUNTS = ("gap", "provisional_part", "narrative_part", "adjustment_value")

USUAL_UNITS = [
    {"unit_code": code, "name": name, "level": level, "unit_type": "territorial", "parent_code": parent,
     "valid_from": "2000-01-01", "valid_to": ""}
    for code, name, level, parent in (
        ("P", "示例省科协", "province", ""),
        ("C1", "甲市科协", "city", "P"),
        ("C2", "乙市科协", "city", "P"),
        ("A", "甲一县科协", "county", "C1"),
        ("B", "甲二县科协", "county", "C1"),
        ("D", "乙一县科协", "county", "C2"),
    )
]  # fmt: skip
"""The tree of every case that names no units."""


@dataclass(frozen=True)
class Case:
    """One worked case; `units` and `events` as rows of the CSV files, `tree_date` where another day's tree is asked."""

    name: str
    units: list[dict[str, str]]
    events: list[dict[str, str]]
    submissions: list[list[dict[str, Any]]]
    expect: list[dict[str, Any]]
    tree_date: date | None

    def figures(self, year: int) -> dict[tuple[str, str], Figure]:
        return compute(self.units, self.events, self.submissions, indicator_rows(), year, self.tree_date)


def indicator_rows() -> list[dict[str, str]]:
    """The indicators that cases and random provinces use."""
    with (HERE / "indicators.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_cases(path: Path) -> list[Case]:
    with path.open(encoding="utf-8") as file:
        return [_case(entry) for entry in yaml.safe_load(file)]


def _case(entry: dict[str, Any]) -> Case:
    return Case(
        name=entry["name"],
        units=entry.get("units") or USUAL_UNITS,
        events=entry.get("events") or [],
        submissions=entry["submissions"],
        expect=entry["expect"],
        tree_date=date.fromisoformat(entry["tree_date"]) if entry.get("tree_date") else None,
    )


def differences(case: Case) -> list[str]:
    """What a case expects and does not get, one line for each."""
    years = {int(expected["period"]) for expected in case.expect}
    figures = {year: case.figures(year) for year in years}
    lines: list[str] = []
    for expected in case.expect:
        row = figures[int(expected["period"])].get((expected["unit"], expected["indicator"]))
        lines += _differences(expected, row)
    return lines


def _differences(expected: dict[str, Any], figure: Figure | None) -> list[str]:
    who = f"{expected['unit']} {expected['indicator']}"
    if figure is None:
        return [f"{who}: no row"]
    asked = {name: wanted for name, wanted in expected.items() if name not in ("unit", "indicator", "period")}
    found = {name: (_wanted(name, wanted), getattr(figure, name)) for name, wanted in asked.items()}
    return [f"{who}: {name} is {got}, not {wanted}" for name, (wanted, got) in found.items() if got != wanted]


def _wanted(name: str, text: Any) -> Any:  # noqa: ANN401  # a YAML value is of any type
    if name in BOUNDS:
        return Bounds(*(_amount(bound) for bound in text)) if text else Bounds()
    return _amount(text) if name in AMOUNTS else text


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
