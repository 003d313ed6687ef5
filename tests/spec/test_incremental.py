"""Publishing step by step what happens ends where one build of everything does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from kexie.database import acting
from kexie.home import Home
from kexie.roles import Role
from pipeline.steps import transform
from reporting.publish import RELATIONS, history_columns
from tests.reference.provinces import Province, provinces
from tests.spec.histories import Stage, live_through
from tests.spec.warehouse import FEW_EXAMPLES, quietly

STAGES = 3


@st.composite
def happenings(draw: st.DrawFn) -> tuple[Province, list[Stage]]:
    """A random province, its files sent in several goes, and some of what was sent first taken back later."""
    province: Province = draw(provinces())
    files = [texts(rows) for rows in province.submissions]
    cuts = sorted(draw(st.lists(st.integers(0, len(files)), min_size=STAGES - 1, max_size=STAGES - 1)))
    goes = [files[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(files)], strict=True)]
    sent = sorted({row["unit_code"] for rows in goes[0] for row in rows})
    taken_back = draw(st.lists(st.sampled_from(sent), max_size=1)) if sent else []
    stages = [Stage(files=go) for go in goes]
    stages[0] = Stage(units=texts(province.units), events=texts(province.events), files=goes[0])
    stages[-1] = Stage(withdrawn=taken_back, files=goes[-1])
    return province, stages


def texts(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]


@FEW_EXAMPLES
@given(drawn=st.lists(happenings(), min_size=6, max_size=6))
def test_what_was_published_step_by_step_is_what_one_build_of_everything_says(
    new_database: Callable[[], Home], drawn: list[tuple[Province, list[Stage]]]
) -> None:
    home = new_database()
    roots = [next(unit["unit_code"] for unit in province.units if not unit["parent_code"]) for province, _ in drawn]
    live_through(home, [stages for _, stages in drawn], roots)
    with acting(home, Role.PUBLISH) as engine, engine.connect() as connection:
        years = list(connection.scalars(text("select year from landing.year_change order by year")))
    transform(home, years, "tests", quietly)
    with acting(home, Role.PUBLISH) as engine, engine.connect() as connection:
        assert connection.scalar(text("select count(*) from candidate.indicator_values")) > 0
        assert {name: differing(connection, name) for name in RELATIONS} == {name: [] for name in RELATIONS}


def differing(connection: Connection, relation: str) -> list[str]:
    """Rows that only what is in force or only the build of everything has."""
    columns = ", ".join(history_columns(connection, relation))
    published = f"select {columns} from published.{relation}_history where closed_by is null"
    built = f"select {columns} from candidate.{relation}"
    query = f"""
        select 'published: ' || odd::text from ({published} except all {built}) as odd
        union all
        select 'built: ' || odd::text from ({built} except all {published}) as odd
    """
    return list(connection.scalars(text(query)))
