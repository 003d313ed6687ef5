"""The office's ten landing queries, each beside the fetch of the same rows by their keys."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

TIMES = 5
PROVINCE, CITY, COUNTY = "8800000", "8801000", "8801001"
INDICATOR = "sp_activity_count"


@dataclass(frozen=True, slots=True)
class Question:
    """What the office asks (`asked`), from which history its rows come, and by what key these are told."""

    name: str
    asked: str
    history: str = "indicator_values_history"
    key: tuple[str, ...] = ("unit_code", "indicator_code", "period")


def questions(year: int) -> tuple[Question, ...]:
    """Of that year, as a landing page would ask them."""
    values = "select * from published.indicator_values where"
    return (
        Question("province_year", f"select * from published.province_indicators where period = '{year}'"),
        Question(
            "report_lines",
            f"select * from published.report_lines where period = '{year}'",
            "report_lines_history",
            ("line_code", "period", "unit_code"),
        ),
        Question(
            "province_over_the_years",
            f"{values} unit_level = 'province' and indicator_code = '{INDICATOR}' and length(period) = 4",
        ),
        Question(
            "province_by_month",
            f"{values} unit_level = 'province' and indicator_code = '{INDICATOR}' and period like '{year}-%'",
        ),
        Question(
            "cities_year",
            f"{values} unit_level = 'city' and indicator_code = '{INDICATOR}' and period = '{year}'",
        ),
        Question("city_profile", f"{values} unit_code = '{CITY}' and period = '{year}'"),
        Question("county_profile", f"{values} unit_code = '{COUNTY}' and period = '{year}'"),
        Question(
            "reconciliation",
            f"select * from published.reconciliation where period = '{year}'",
            "reconciliation_history",
        ),
        Question(
            "incomplete_in_the_province",
            f"{values} unit_level = 'province' and period = '{year}' and units_covered < units_expected",
        ),
        Question(
            "leaves_of_a_county",
            "select * from published.contribution_leaves "
            f"where holder_code = '{COUNTY}' and indicator_code = '{INDICATOR}' and period = '{year}'",
            "contribution_leaves_history",
            ("holder_code", "indicator_code", "period", "role"),
        ),
    )


def milliseconds(engine: Engine, question: Question) -> tuple[int, float, float]:
    """How many rows it finds, the best of some runs of asking, and of fetching the same rows by key."""
    from sqlalchemy import text

    with engine.connect() as connection:
        rows = connection.execute(text(question.asked)).mappings().all()
        arrays = {column: [row[column] for row in rows] for column in question.key}
        listed = ", ".join(f"cast(:{column} as text[])" for column in question.key)
        same = " and ".join(f"history.{column} = wanted.{column}" for column in question.key)
        by_key = f"""
            select history.* from unnest({listed}) as wanted ({", ".join(question.key)})
            join published.{question.history} as history on {same} and history.closed_by is null
        """
        return len(rows), _best(connection, question.asked, {}), _best(connection, by_key, arrays)


def _best(connection: Connection, query: str, parameters: dict[str, list[str]]) -> float:
    from sqlalchemy import text

    taken = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        connection.execute(text(query), parameters).all()
        taken.append((time.perf_counter() - begun) * 1000)
    return min(taken)
