"""Every worked case of the rollup, through CSV files, the inbox, dbt and the audit, read from what is published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kexie.home import Home
from tests.reference.cases import AMOUNTS, BOUNDS, REFERENCE_CASES, SHARED, SPEC_CASES, Case, read_cases
from tests.spec.warehouse import Example, Published, publish, publish_restated

RESTATED_CASES = REFERENCE_CASES / "restated.yaml"
CONTRACT = SHARED / "spec" / "rollup_cases.yaml"


def cases() -> list[Case]:
    files = [*([CONTRACT] if CONTRACT.exists() else []), *sorted(SPEC_CASES.glob("*.yaml"))]
    return [case for file in files for case in read_cases(file)]


CASES = cases()
RESTATED = read_cases(RESTATED_CASES)


@pytest.fixture(scope="module")
def published(new_database: Callable[[], Home]) -> Published:
    examples = [Example(case.units, case.events, case.submissions) for case in CASES]
    years = {int(expected["period"]) for case in CASES for expected in case.expect}
    return publish(new_database(), examples, years)


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.name for case in CASES])
def test_case(published: Published, number: int) -> None:
    for expected in CASES[number].expect:
        row = published[number, expected["unit"], expected["indicator"], str(expected["period"])]
        asked = [name for name in expected if name not in ("unit", "indicator", "period")]
        assert {name: found(row, name) for name in asked} == {name: wanted(name, expected[name]) for name in asked}


@pytest.fixture(scope="module")
def restated(new_database: Callable[[], Home]) -> dict[date, Published]:
    home = new_database()
    years = {int(expected["period"]) for case in RESTATED for expected in case.expect}
    publish(home, [Example(case.units, case.events, case.submissions) for case in RESTATED], years)
    trees = {case.tree_date for case in RESTATED if case.tree_date}
    return {
        tree: {key: row for year in years for key, row in publish_restated(home, year, tree).items()} for tree in trees
    }


@pytest.mark.parametrize("number", range(len(RESTATED)), ids=[case.name for case in RESTATED])
def test_case_of_another_days_tree(restated: dict[date, Published], number: int) -> None:
    rows = restated[RESTATED[number].tree_date or date.max]
    for expected in RESTATED[number].expect:
        row = rows[number, expected["unit"], expected["indicator"], str(expected["period"])]
        asked = [name for name in expected if name not in ("unit", "indicator", "period")]
        assert {name: found(row, name) for name in asked} == {name: wanted(name, expected[name]) for name in asked}


def test_the_contracts_cases_are_read() -> None:
    if not CONTRACT.exists():
        pytest.skip("the contract's worked cases are not beside this checkout")
    assert len(read_cases(Path(CONTRACT))) > 30


def found(row: Any, name: str) -> Any:  # noqa: ANN401 - a column of any type
    if name not in BOUNDS:
        return getattr(row, name)
    prefix = "" if name == "value" else f"{name}_"
    columns = (prefix + "value" if prefix else "value", prefix + "low", prefix + "high")
    return tuple(getattr(row, column) for column in columns)


def wanted(name: str, given: Any) -> Any:  # noqa: ANN401 - a YAML value is of any type
    if name in BOUNDS:
        return tuple(None if bound is None else Decimal(bound) for bound in given or (None, None, None))
    return Decimal(given) if name in AMOUNTS and given is not None else given
