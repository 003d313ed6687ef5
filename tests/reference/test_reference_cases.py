"""The reference gives what every worked case says: the contract's, the project's, and those no CSV file can carry."""

import csv

import pytest

from .cases import REFERENCE_CASES, SHARED, SPEC_CASES, Case, differences, indicator_rows, read_cases

CONTRACT = SHARED / "spec" / "rollup_cases.yaml"
CATALOGUE = SHARED / "domain" / "indicators.csv"
CASES = [
    pytest.param(case, id=f"{path.stem}: {case.name}")
    for path in (CONTRACT, *sorted(SPEC_CASES.glob("*.yaml")), *sorted(REFERENCE_CASES.glob("*.yaml")))
    if path.is_file()
    for case in read_cases(path)
]


@pytest.mark.parametrize("case", CASES)
def test_case(case: Case) -> None:
    assert differences(case) == []


def test_the_contracts_own_cases_are_there() -> None:
    if not CONTRACT.is_file():
        pytest.skip("the contract's worked examples are not on this machine")
    assert read_cases(CONTRACT)


def test_case_names_are_sentences_said_once() -> None:
    names = [case.name for path in sorted(SPEC_CASES.glob("*.yaml")) for case in read_cases(path)]
    assert len(set(names)) == len(names) >= 45


def test_the_indicators_of_the_cases_are_those_of_the_catalogue() -> None:
    if not CATALOGUE.is_file():
        pytest.skip("the catalogue's source is not on this machine")
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        catalogue = {row["code"]: row for row in csv.DictReader(file)}
    for row in indicator_rows():
        assert row == {column: catalogue[row["code"]][column] for column in row}
