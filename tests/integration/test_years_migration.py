"""Migrations 0028 and 0030: what was published before lies in partitions by year afterwards, and reads as it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from kexie.database import engine, ready
from tests.integration.test_migrations import made_by

if TYPE_CHECKING:
    from kexie.home import Home
    from tests.conftest import NewDatabase

VALUES = """
    insert into published.indicator_values_history (unit_code, unit_name, unit_level, indicator_code, indicator_name,
        measure, period, value, basis, units_expected, units_reported, units_covered, is_inherited, is_estimate,
        opened_by, closed_by)
    select 'P', '示例省科协', 'province', 'sp_lecture_count', '科普讲座', '场', period, value, 'partial', 2, 1, 1,
        false, false, opened_by, closed_by
    from (values ('2020', 7, 1, null), ('2021', 10, 1, 2), ('2021', 11, 2, null), ('2021-12', 3, 2, null))
        as figures (period, value, opened_by, closed_by)
"""
LEAVES = """
    insert into published.contribution_leaves_history
        (holder_code, indicator_code, period, role, leaf_indicator_code, reach_depth, observation_ids, opened_by)
    select 'P', 'sp_lecture_count', period, 'own', 'sp_lecture_count', 1, array[1], 2
    from (values ('2021'), ('2021-12')) as leaves (period)
"""
IN_FORCE = "select period, value from published.indicator_values order by period"
PLACES = """
    select tableoid::regclass::text, period, opened_by, closed_by from {history} order by period, opened_by
"""


@pytest.fixture(scope="module")
def upgraded(unmigrated_database: NewDatabase) -> Home:
    home = unmigrated_database()
    made_by("0027", home)
    prepared = engine(home)
    with prepared.begin() as connection:
        connection.execute(
            text(
                "insert into published.publication (build_id, rows_opened, rows_closed) "
                "select build_id, 0, 0 from ops.build"
            )
        )
        connection.execute(text(VALUES))
        connection.execute(text(LEAVES))
        before = connection.execute(text(IN_FORCE)).all()
    prepared.dispose()
    with ready(home).connect() as connection:
        assert connection.execute(text(IN_FORCE)).all() == before
    return home


def test_each_row_moved_to_the_partition_of_its_year(upgraded: Home) -> None:
    with ready(upgraded).connect() as connection:
        values = connection.execute(text(PLACES.format(history="published.indicator_values_history"))).all()
        leaves = connection.execute(text(PLACES.format(history="published.contribution_leaves_history"))).all()
    assert [tuple(row) for row in values] == [
        ("published.indicator_values_history_2020", "2020", 1, None),
        ("published.indicator_values_history_2021", "2021", 1, 2),
        ("published.indicator_values_history_2021", "2021", 2, None),
        ("published.indicator_values_history_2021", "2021-12", 2, None),
    ]
    assert [row[0] for row in leaves] == ["published.contribution_leaves_history_2021"] * 2


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("select value from published.indicator_values where period = '2021'", [11]),
        ("select value from published.as_of(now()) where period = '2021-12'", [3]),
        ("select count(*) from published.corrections", [0]),
        ("select count(*) from published.contribution_leaves", [2]),
    ],
)
def test_what_is_read_through_the_views_is_what_it_was(upgraded: Home, asked: str, found: list[int]) -> None:
    with ready(upgraded).connect() as connection:
        assert connection.scalars(text(asked)).all() == found


@pytest.mark.parametrize(
    ("relation", "key"),
    [
        ("indicator_values", "UNIQUE (unit_code, indicator_code, period, closed_by) NULLS NOT DISTINCT"),
        ("contribution_leaves", "UNIQUE (holder_code, indicator_code, period, role, leaf_indicator_code) WHERE"),
    ],
)
def test_the_partitions_that_were_there_have_the_indexes_of_a_new_one(upgraded: Home, relation: str, key: str) -> None:
    with ready(upgraded).connect() as connection:
        connection.execute(text("select ops.open_years(:relation, array[2019], null)"), {"relation": relation})
        place = f"published.{relation}_history"
        kept = connection.scalars(text(INDEXES), {"table": f"{place}_2021"}).all()
        new = connection.scalars(text(INDEXES), {"table": f"{place}_2019"}).all()
    assert any(told.startswith(key) for told in kept)
    assert kept == new


# Each of the table's indexes without the names that PostgreSQL gave it.
INDEXES = """
    select case when indisunique then 'UNIQUE ' else '' end
        || regexp_replace(pg_get_indexdef(indexrelid), '^.* USING btree ', '') as told
    from pg_index where indrelid = cast(:table as regclass)
    order by told
"""
