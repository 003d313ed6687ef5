"""In what two states of a relation differ: whose rows do is told by marks, without any two of them being compared."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from kexie.database import ready
from reporting.difference import Difference
from tests.conftest import NewDatabase

State = dict[tuple[str, str], tuple[int | None, list[int]]]
"""By unit and period: a value, and the figures it is made of."""

states = st.dictionaries(
    st.tuples(st.sampled_from("ABC"), st.sampled_from(["2021", "2021-01", "2021-02"])),
    st.tuples(st.none() | st.integers(0, 2), st.lists(st.integers(1, 3), max_size=2)),
)


@pytest.fixture(scope="module")
def engine(new_database: NewDatabase) -> Iterator[Engine]:
    engine = ready(new_database())
    yield engine
    engine.dispose()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=states, after=states)
def test_the_units_told_are_those_of_whose_rows_any_differs(engine: Engine, before: State, after: State) -> None:
    differing = {unit for unit in "ABC" if rows_of(before, unit) != rows_of(after, unit)}
    assert units_told(engine, before, after) == differing


def test_two_rows_that_exchange_their_values_are_no_longer_the_same(engine: Engine) -> None:
    before: State = {("A", "2021-01"): (1, []), ("A", "2021-02"): (2, []), ("B", "2021-01"): (1, [])}
    after: State = {("A", "2021-01"): (2, []), ("A", "2021-02"): (1, []), ("B", "2021-01"): (1, [])}
    assert units_told(engine, before, after) == {"A"}


def rows_of(state: State, unit: str) -> State:
    return {key: row for key, row in state.items() if key[0] == unit}


def units_told(engine: Engine, before: State, after: State) -> set[str]:
    columns = ("unit_code", "period", "value", "leaves")
    difference = Difference(columns[:2], columns, _relation("before"), _relation("after"))
    with engine.connect() as connection:
        told = connection.scalars(
            text(difference.holders("unit_code")), {"before": _rows(before), "after": _rows(after)}
        ).all()
    assert len(set(told)) == len(told)
    return set(told)


def _relation(name: str) -> str:
    columns = "unit_code text, period text, value numeric, leaves bigint[]"
    return f"(select * from jsonb_to_recordset(cast(:{name} as jsonb)) as state ({columns}))"


def _rows(state: State) -> str:
    return json.dumps(
        [
            {"unit_code": unit, "period": period, "value": value, "leaves": leaves}
            for (unit, period), (value, leaves) in state.items()
        ]
    )
