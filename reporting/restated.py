"""A year on another day's tree, in words: through which events its figures moved, and what they are there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from catalogue.load import load as load_catalogue
from kexie.table import aligned
from reporting.wording import figure

SHOWN = 40
"""So many differing figures are printed; the rest are counted."""


def is_published(engine: Engine, year: int) -> bool:
    """Whether there is anything to restate."""
    with engine.connect() as connection:
        asked = {"period": str(year)}
        return bool(connection.scalar(text(IS_PUBLISHED), asked))


def stands_on(engine: Engine, year: int, tree_date: date) -> bool:
    """Whether the published year can be read on the tree of that day."""
    with engine.connect() as connection:
        return bool(_figures(connection, year, tree_date))


def restated(engine: Engine, year: int, tree_date: date) -> Iterator[str]:
    """The lines of `kexie restate`: the events, and each figure that differs from the year's own tree."""
    with engine.connect() as connection:
        figures = _figures(connection, year, tree_date)
        yield f"{year} 年按 {tree_date} 的单位树重算，共 {figures} 个数（published.on_tree('{year}', '{tree_date}')）。"
        asked = {"period": str(year), "tree_date": tree_date}
        yield from _successions(connection.execute(text(SUCCESSIONS), asked).all())
        yield from _differences(connection.execute(text(DIFFERENCES), asked).all())


def _figures(connection: Connection, year: int, tree_date: date) -> int:
    asked = {"period": str(year), "tree_date": tree_date}
    count: int = connection.execute(
        text("select count(*) from published.on_tree(:period, :tree_date)"), asked
    ).scalar_one()
    return count


def _successions(rows: list[Row[Any]] | Any) -> Iterator[str]:  # noqa: ANN401 - rows of the query below
    if not rows:
        yield "其间没有影响该年度的单位变动。"
        return
    kinds = load_catalogue()
    for row in rows:
        share = "" if row.weight == 1 else f"，份额 {row.weight.normalize():f}"
        yield f"{row.event_date} {kinds.label('event_kinds', row.kind)}：{row.from_code} → {row.to_code}{share}"


def _differences(rows: Any) -> Iterator[str]:  # noqa: ANN401 - rows of the query below
    if not rows:
        yield "各单位的数都与原来相同。"
        return
    yield f"与原单位树不同的有 {len(rows)} 个数："
    yield from aligned(("单位", "指标", "原单位树", "重算", "承继", "估算"), [_difference(row) for row in rows[:SHOWN]])
    if len(rows) > SHOWN:
        yield f"其余 {len(rows) - SHOWN} 个见 published.on_tree。"


def _difference(row: Row[Any]) -> tuple[str, ...]:
    return (
        f"{row.unit_name}（{row.unit_code}）",
        row.indicator_name,
        figure(row.value, row.low, row.high) if row.is_original else "不在原单位树",
        figure(row.restated_value, row.restated_low, row.restated_high) if row.is_restated else "不在此单位树",
        "是" if row.is_inherited else "",
        "是" if row.is_estimate else "",
    )


IS_PUBLISHED = "select exists (select from published.year_trees where period = :period)"

SUCCESSIONS = """
    select distinct event_date, kind, from_code, to_code, weight
    from published.successions
    where period = :period and event_date <= :tree_date
    order by event_date, from_code, to_code
"""

DIFFERENCES = """
    select
        coalesce(restated.unit_code, original.unit_code) as unit_code,
        coalesce(restated.unit_name, original.unit_name) as unit_name,
        coalesce(restated.indicator_name, original.indicator_name) as indicator_name,
        original.unit_code is not null as is_original, original.value, original.low, original.high,
        restated.unit_code is not null as is_restated, restated.value as restated_value, restated.low as restated_low,
        restated.high as restated_high, restated.is_inherited, restated.is_estimate
    from published.on_tree(:period, :tree_date) as restated
    full join (select * from published.indicator_values where period = :period) as original
        on original.unit_code = restated.unit_code and original.indicator_code = restated.indicator_code
    where (original.value, original.low, original.high) is distinct from (restated.value, restated.low, restated.high)
        and coalesce(original.value, original.low, original.high, restated.value, restated.low, restated.high)
            is not null
    order by coalesce(restated.unit_level, original.unit_level) = 'township',
        coalesce(restated.indicator_code, original.indicator_code), 1
"""
