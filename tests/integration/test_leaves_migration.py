"""The history of leaves, made one row per leaf by an earlier revision, becomes one row for all leaves of a key."""

import pytest
from sqlalchemy import text

from kexie.database import engine, ready
from kexie.home import Home
from tests.conftest import NewDatabase
from tests.integration.test_migrations import made_by

LEAVES = """
    indicator role      observation reach weight value opened closed
    i         own       2           1     1      20    1      -
    i         own       1           1     1      10    1      2
    i         own       3           1     1      30    2      4
    j         own       1           2     0.4    4.0   1      3
    j         own       2           2     1      20    1      3
    j         numerator 1           1     1      10    1      -
    k         own       1           1     1      10    1      2
    k         own       1           1     1      10    3      -
"""

CONVERTED = """
    indicator role      observations reach weights  shared    opened closed
    i         own       1,2          1     -        -         1      2
    i         own       2,3          1     -        -         2      4
    i         own       2            1     -        -         4      -
    j         numerator 1            1     -        -         1      -
    j         own       1,2          2     0.4,None 4.0,None  1      3
    k         own       1            1     -        -         1      2
    k         own       1            1     -        -         3      -
"""


@pytest.fixture(scope="module")
def upgraded(unmigrated_database: NewDatabase) -> Home:
    home = unmigrated_database()
    made_by("0008", home)
    prepared = engine(home)
    with prepared.begin() as connection:
        connection.execute(text("insert into published.publication (build_id, rows_opened, rows_closed)"
                                " select 1, 0, 0 from generate_series(2, 4)"))  # fmt: skip
        for row in _rows(LEAVES):
            connection.execute(text(INSERT), row | {"closed": None if row["closed"] == "-" else row["closed"]})
    prepared.dispose()
    ready(home).dispose()
    return home


INSERT = """
    insert into published.contribution_leaves_history
    values ('A', :indicator, '2021', :role, 'leaf', :observation, :reach, :weight, :value, :value, :value,
        cast(:weight as numeric) <> 1, :opened, :closed)
"""


def test_each_stretch_in_which_the_leaves_of_a_key_stayed_the_same_is_a_row(upgraded: Home) -> None:
    with ready(upgraded).connect() as connection:
        found = connection.execute(text(STORED)).all()
    assert [tuple(map(_shown, row)) for row in found] == [tuple(row.values()) for row in _rows(CONVERTED)]


STORED = """
    select indicator_code, role, observation_ids, reach_depth, weights, shared_values, opened_by, closed_by
    from published.contribution_leaves_history
    order by indicator_code, role, opened_by
"""


def _shown(entry: object) -> str:
    if entry is None:
        return "-"
    return ",".join(map(str, entry)) if isinstance(entry, list) else str(entry)


def _rows(table: str) -> list[dict[str, str]]:
    heading, *body = (line.split() for line in table.strip().splitlines())
    return [dict(zip(heading, line, strict=True)) for line in body]
