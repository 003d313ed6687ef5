"""A year of which nothing was published yet becomes a table of its own, which is as the history says it must be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from kexie.roles import LOGINS, Role, login
from reporting.publish import BY_YEAR, history_columns
from tests.integration.office import Office

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from tests.conftest import NewDatabase

LECTURES = "sp_lecture_count"


@pytest.fixture(scope="module", params=[(2021,), (2020, 2021)], ids=["one year", "two years at once"])
def published(request: pytest.FixtureRequest, new_database: NewDatabase) -> Iterator[tuple[Engine, tuple[int, ...]]]:
    years: tuple[int, ...] = request.param
    office = Office(new_database())
    for year in years:
        office.send("A", f"{year} {LECTURES} 10", f"{year}-03 {LECTURES} 4")
        office.send("B", f"{year} {LECTURES} 20")
    office.run(*years)
    yield office.engine, years
    office.engine.dispose()


def ask(engine: Engine, query: str, **parameters: object) -> Sequence[Row[Any]]:
    with engine.connect() as connection:
        return connection.execute(text(query), parameters).all()


@pytest.mark.parametrize("relation", BY_YEAR)
def test_each_year_holds_its_rows_of_the_candidate(published: tuple[Engine, tuple[int, ...]], relation: str) -> None:
    engine, years = published
    with engine.connect() as connection:
        columns = ", ".join(history_columns(connection, relation))
    for year in years:
        place = f"published.{relation}_history_{year}"
        wanted = ask(engine, f"select {columns} from candidate.{relation} where left(period, 4) = '{year}'")
        assert {row.period for row in wanted} == {f"{year}", f"{year}-03"}
        assert sorted(map(str, ask(engine, f"select {columns} from {place}"))) == sorted(map(str, wanted))
        said = ask(engine, f"select distinct opened_by, closed_by from {place}")
        assert [tuple(row) for row in said] == [(1, None)]


@pytest.mark.parametrize("what", ["columns", "constraints", "indexes", "table"])
@pytest.mark.parametrize("relation", BY_YEAR)
def test_the_table_of_a_year_is_as_its_history(
    published: tuple[Engine, tuple[int, ...]], relation: str, what: str
) -> None:
    engine, years = published
    history = f"published.{relation}_history"
    demanded = ask(engine, SHAPES[what], table=history)
    assert demanded
    for year in years:
        assert ask(engine, SHAPES[what], table=f"{history}_{year}") == demanded


# The names that PostgreSQL gives to what it makes for a table are not the history's.
SHAPES = {
    "columns": """
        select attname, format_type(atttypid, atttypmod), attnotnull, attstorage::text, attcompression::text,
            attcollation, atthasdef, attidentity::text, attoptions, col_description(attrelid, attnum)
        from pg_attribute
        where attrelid = cast(:table as regclass) and attnum > 0 and not attisdropped
        order by row_number() over (order by attnum)
    """,
    "constraints": """
        select contype::text, pg_get_constraintdef(oid), convalidated
        from pg_constraint where conrelid = cast(:table as regclass)
        union all select 'none', '', true
        order by 1, 2
    """,
    "indexes": """
        select indisunique, indnullsnotdistinct, pg_get_expr(indpred, indrelid), array(
            select pg_get_indexdef(indexrelid, place, true) from generate_series(1, indnkeyatts) as place
        ) as keys
        from pg_index where indrelid = cast(:table as regclass) and indisvalid
        order by keys, indpred is null, pg_get_expr(indpred, indrelid)
    """,
    "table": """
        select relowner, reltablespace, relpersistence::text, reloptions, relrowsecurity
        from pg_class where oid = cast(:table as regclass)
    """,
}


@pytest.mark.parametrize("relation", BY_YEAR)
def test_the_table_of_a_year_says_whose_it_is_and_what_of(
    published: tuple[Engine, tuple[int, ...]], relation: str
) -> None:
    engine, years = published
    described = "select obj_description(cast(:table as regclass), 'pg_class') as it"
    whole = ask(engine, described, table=f"published.{relation}_history")[0].it
    for year in years:
        assert ask(engine, described, table=f"published.{relation}_history_{year}")[0].it == f"{whole}，{year}年"


@pytest.mark.parametrize("relation", BY_YEAR)
def test_the_table_of_a_year_is_read_by_three_logins_and_written_by_none(
    published: tuple[Engine, tuple[int, ...]], relation: str
) -> None:
    """Publishing writes through the history, which alone says what may be changed."""
    engine, years = published
    granted = """
        select grantee::regrole::text as name, privilege_type as verb
        from pg_class, aclexplode(relacl) where oid = cast(:table as regclass) and grantee <> relowner
    """
    database = str(engine.url.database)
    of_role = {login(database, role): role for role in LOGINS}
    for year in years:
        found = ask(engine, granted, table=f"published.{relation}_history_{year}")
        assert sorted((of_role[row.name], row.verb) for row in found) == [
            (Role.BACKUP, "SELECT"), (Role.OFFICE, "SELECT"), (Role.PUBLISH, "SELECT"),
        ]  # fmt: skip


def test_a_new_year_is_known_to_the_planner(published: tuple[Engine, tuple[int, ...]]) -> None:
    engine, years = published
    counted = ask(
        engine,
        "select count(distinct attname) from pg_stats where schemaname = 'published' and tablename = any(:tables)",
        tables=[f"indicator_values_history_{year}" for year in years],
    )
    assert counted[0][0] > 20


def test_a_row_of_another_year_than_the_one_opened_is_refused(published: tuple[Engine, tuple[int, ...]]) -> None:
    engine, _ = published
    with engine.connect() as connection, pytest.raises(IntegrityError, match="within_year"):
        connection.execute(text("select ops.open_years('indicator_values', array[1999], 1)"))
    assert ask(engine, "select to_regclass('published.indicator_values_history_1999') as it")[0].it is None


@pytest.mark.parametrize("relation", BY_YEAR)
def test_years_can_be_opened_empty(published: tuple[Engine, tuple[int, ...]], relation: str) -> None:
    engine, _ = published
    with engine.connect() as connection:
        opened = text("select ops.open_years(:relation, array[1997, 1998], null)")
        assert connection.execute(opened, {"relation": relation}).scalar_one() == 0
        for what, query in SHAPES.items():
            history = connection.execute(text(query), {"table": f"published.{relation}_history"}).all()
            for year in (1997, 1998):
                place = f"published.{relation}_history_{year}"
                assert connection.execute(text(query), {"table": place}).all() == history, what
        connection.rollback()
