"""The dbt project: its own tests hold, its marts are what published expects, its models stay portable and explained."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, text

from kexie.database import acting, ready
from kexie.home import Home
from kexie.roles import Role
from pipeline.steps import transform
from pipeline.transform import PROJECT_FOLDER, arguments, dbt_environment
from reporting.publish import BOOKKEEPING, RELATIONS
from tests.conftest import NewDatabase

MODELS = sorted((PROJECT_FOLDER / "models").rglob("*.sql"))
POSTGRES_ONLY = ("distinct on", "generate_series", "->>", "~")


@pytest.fixture(scope="module")
def home(new_database: NewDatabase) -> Home:
    return new_database()


@pytest.fixture(scope="module")
def empty(home: Home) -> Iterator[Engine]:
    """Nothing has landed; there is a candidate of it. An earlier program had left a seed with other columns."""
    engine = ready(home)
    with acting(home, Role.TRANSFORM) as transformer, transformer.begin() as connection:
        connection.execute(text("create table catalogue.report_lines (line_code text)"))
    transform(home, (2021,), "tests", print)
    yield engine
    engine.dispose()


def test_the_unit_tests_of_the_models_pass(home: Home, empty: Engine) -> None:
    from dbt.cli.main import dbtRunner

    with dbt_environment(empty):
        outcome = dbtRunner().invoke(["test", "--select", "test_type:unit", *arguments(home)])
    results: list[Any] = list(getattr(outcome.result, "results", None) or ())
    assert {result.node.name: (str(result.status), result.message) for result in results} == dict.fromkeys(
        declared_unit_tests(), ("pass", None)
    )


def declared_unit_tests() -> list[str]:
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (PROJECT_FOLDER / "models").rglob("*.yml")]
    return [test["name"] for file in files for test in file.get("unit_tests", ())]


def test_a_seed_that_an_earlier_program_left_with_other_columns_is_made_anew(empty: Engine) -> None:
    with empty.connect() as connection:
        assert connection.execute(text("select line_code, section_code from catalogue.report_lines")).all()


def test_a_build_of_nothing_makes_every_mart_and_holds_no_figure(empty: Engine) -> None:
    with empty.connect() as connection:
        marts = connection.scalars(text(MARTS)).all()
        assert set(marts) == set(RELATIONS)
        assert connection.scalar(text("select count(*) from candidate.indicator_values")) == 0
        assert connection.scalar(text("select count(*) from candidate.indicators"))


@pytest.mark.parametrize("relation", RELATIONS)
def test_a_mart_has_the_columns_and_types_of_what_is_published(empty: Engine, relation: str) -> None:
    with empty.connect() as connection:
        mart = columns(connection.execute(text(COLUMNS), {"relation": f"candidate.{relation}"}))
        history = columns(connection.execute(text(COLUMNS), {"relation": f"published.{relation}_history"}))
    assert mart == {name: kind for name, kind in history.items() if name not in BOOKKEEPING}


def columns(rows: Any) -> dict[str, str]:  # noqa: ANN401 - rows of the query below
    return {row.attname: row.kind for row in rows}


MARTS = "select relname from pg_class where relnamespace = 'candidate'::regnamespace and relkind in ('r', 'v')"

COLUMNS = """
    select attname, format_type(atttypid, atttypmod) as kind
    from pg_attribute
    where attrelid = cast(:relation as regclass) and attnum > 0 and not attisdropped
"""


@pytest.mark.parametrize("relation", RELATIONS)
def test_a_mart_that_is_a_table_leaves_nothing_empty_that_is_always_published(empty: Engine, relation: str) -> None:
    required = text("""
        select attrelid = cast(:mart as regclass) as is_mart, attname
        from pg_attribute
        where attrelid in (cast(:mart as regclass), cast(:history as regclass)) and attnum > 0 and attnotnull
            and (select relkind from pg_class where oid = cast(:mart as regclass)) = 'r'
    """)
    with empty.connect() as connection:
        rows = connection.execute(
            required, {"mart": f"candidate.{relation}", "history": f"published.{relation}_history"}
        ).all()
    mart, history = ({row.attname for row in rows if row.is_mart is which} for which in (True, False))
    assert mart == history - set(BOOKKEEPING)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_a_model_begins_by_saying_what_one_row_of_it_is(model: Path) -> None:
    lines = model.read_text(encoding="utf-8").splitlines()
    comment = [line.removeprefix("--") for line in lines[: first_that_is_no_comment(lines)]]
    assert "one row per " in " ".join("".join(comment).split()).lower()


def first_that_is_no_comment(lines: list[str]) -> int:
    return next(number for number, line in enumerate(lines) if not line.startswith("--"))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.stem)
def test_a_model_says_nothing_that_postgresql_alone_understands(model: Path) -> None:
    said = sql_of(model.read_text(encoding="utf-8")).lower()
    assert [words for words in POSTGRES_ONLY if words in said] == []


def sql_of(model: str) -> str:
    """The SQL that stands in the model itself: without comments, texts and what Jinja puts in."""
    return " ".join(re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|--[^\n]*|'[^']*'", " ", model, flags=re.DOTALL).split())


def test_sql_of_a_model_is_found_between_what_is_not_sql() -> None:
    assert sql_of("-- a ~ b\nselect {{ x ~ 'y' }} DISTINCT\n  ON (a) '~' {# ~ #}") == "select DISTINCT ON (a)"
