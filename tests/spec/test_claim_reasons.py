"""Why a claim differs from the sum: worked examples, and how often the reason is right in random provinces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import text

from kexie.database import acting
from kexie.home import Home
from kexie.roles import Role
from tests.spec.cases_of_claims import CASES, PARENTS, ClaimCase
from tests.spec.faulty_provinces import NO_FAULTS, YEAR, FaultyProvince, changing_province, faulty_province
from tests.spec.warehouse import Example, publish

# Not the seeds on which the catalogue's likelihoods and limits were chosen.
FAULTY = tuple(faulty_province(seed) for seed in range(9000, 9003))
HONEST = (faulty_province(9100, NO_FAULTS, cities=(2, 3)), changing_province(9200))
RIGHTLY = 0.95

Row = Any
Claims = Mapping[tuple[int, str, str], Row]


def example_of(case: ClaimCase) -> Example:
    levels = {"": "province", "P": "city"}
    units = [
        {
            "unit_code": unit,
            "name": f"{unit}科协",
            "level": levels.get(parent, "county"),
            "unit_type": "territorial",
            "parent_code": parent,
            "valid_from": "2000-01-01",
        }
        for unit, parent in PARENTS.items()
    ]
    rows = case.rows()
    years = sorted({row["period"][:4] for row in rows})
    return Example(units, (), [[row for row in rows if row["period"][:4] == year] for year in years])


@pytest.fixture(scope="module")
def claims(new_database: Callable[[], Home]) -> Claims:
    """Rows of published.reconciliation by (number of the example, unit, indicator)."""
    home = new_database()
    provinces = [province.example for province in (*FAULTY, *HONEST)]
    publish(home, [*map(example_of, CASES), *provinces], {YEAR})
    with acting(home, Role.OFFICE) as office, office.connect() as connection:
        rows = connection.execute(text("select * from published.reconciliation where period = '2021'")).all()
    return {(int(row.unit_code[1:5]), row.unit_code[6:], row.indicator_code): row for row in rows}


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.name for case in CASES])
def test_case(claims: Claims, number: int) -> None:
    found = {unit: said_of(claims.get((number, unit, "sp_five_entry_persontimes"))) for unit in CASES[number].says}
    assert found == CASES[number].says


def said_of(row: Row | None) -> tuple[str | None, str | None, str | None] | None:
    if row is None:
        return None
    fit = None if row.reason_fit is None else str(row.reason_fit)
    return row.reason_code, row.reason_unit_code and row.reason_unit_code[6:], fit


def test_the_sentence_names_the_unit_and_says_what_it_did(claims: Claims) -> None:
    number = next(number for number, case in enumerate(CASES) if case.name == "a claim without county B")
    row = claims[number, "C1", "sp_five_entry_persontimes"]
    assert (row.reason_unit_name, row.likeliest_reason) == (
        "B科协",
        "漏了一个单位：自报数没有包含B科协，差额正好是它的数。",
    )


def test_reason_and_unit_are_right_for_nearly_every_fault(claims: Claims) -> None:
    outcomes = Counter(
        (expected.reason, expected.reason == row.reason_code and row.reason_unit_code[6:] in expected.units)
        for first, province in enumerate(FAULTY, start=len(CASES))
        for (unit, indicator), expected in province.expected.items()
        if expected.reason not in ("none", "unexplained") and (row := claims.get((first, unit, indicator)))
    )
    reasons = {reason for reason, _ in outcomes}
    assert len(reasons) == 7, "every reason occurs"
    right = sum(count for (_, is_right), count in outcomes.items() if is_right)
    assert right / outcomes.total() >= RIGHTLY, outcomes


def test_nothing_is_named_that_is_not_so(claims: Claims) -> None:
    """In honest provinces, and beside the faults of the others: at most a unit that has indeed not reported."""
    for first, province in enumerate((*FAULTY, *HONEST), start=len(CASES)):
        wrongly = {key: row.likeliest_reason for key, row in named_in(claims, first) if not is_true(province, key, row)}
        assert wrongly == {}


def named_in(claims: Claims, number: int) -> list[tuple[tuple[str, str], Row]]:
    return [
        ((unit, indicator), row)
        for (owner, unit, indicator), row in claims.items()
        if owner == number and row.reason_code not in (None, "unexplained")
    ]


def is_true(province: FaultyProvince, key: tuple[str, str], row: Row) -> bool:
    if key[1] not in province.without_fault:
        return True
    expected = province.expected.get(key)
    return (
        expected is not None
        and expected.reason == row.reason_code
        and row.reason_unit_code[6:] in expected.units
        and "不算差错" in row.likeliest_reason
    )
