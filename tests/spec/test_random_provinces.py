"""Random provinces: every published figure equals the plain reference's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kexie.home import Home
from tests.reference.provinces import YEAR, Province, provinces
from tests.reference.rollup import Figure, compute
from tests.reference.terms import Bounds
from tests.spec.warehouse import FEW_EXAMPLES, Example, Published, publish, publish_restated

LATER = date(YEAR + 3, 12, 31)

PLAIN = (
    *("basis", "gap", "units_expected", "units_reported", "units_covered"),
    *("provisional_part", "narrative_part", "is_inherited", "is_estimate", "adjustment_value"),
)


@FEW_EXAMPLES
@given(drawn=st.lists(provinces(), min_size=6, max_size=6))
def test_every_figure_of_a_random_province_is_the_references(
    new_database: Callable[[], Home], drawn: list[Province]
) -> None:
    examples = [Example(province.units, province.events, province.submissions) for province in drawn]
    home = new_database()
    assert_as_the_reference(publish(home, examples, {YEAR}), drawn, None)
    assert_as_the_reference(publish_restated(home, YEAR, LATER), drawn, LATER)


def assert_as_the_reference(rows: Published, drawn: list[Province], tree_date: date | None) -> None:
    for number, province in enumerate(drawn):
        expected = compute(
            province.units, province.events, province.submissions, province.indicators, province.year, tree_date
        )
        asked = {indicator["code"] for indicator in province.indicators}
        published = {
            (unit, indicator): as_figure(row)
            for (owner, unit, indicator, period), row in rows.items()
            if owner == number and indicator in asked and period == str(province.year)
        }
        assert published == expected, f"seed {province.seed}, tree of {tree_date}"


def as_figure(row: Any) -> Figure:  # noqa: ANN401 - a row of published.indicator_values
    return Figure(
        own=Bounds(row.own_value, row.own_low, row.own_high),
        computed=Bounds(row.computed_value, row.computed_low, row.computed_high),
        claimed=Bounds(row.claimed_value, row.claimed_low, row.claimed_high),
        value=Bounds(row.value, row.low, row.high),
        **{column: getattr(row, column) for column in PLAIN},
    )
