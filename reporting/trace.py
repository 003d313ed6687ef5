"""The whole tree behind one published number: what each unit brought, down to file, cell and line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from catalogue.load import load as load_catalogue
from ingestion.wording import plain
from kexie.errors import UserError


def trace(engine: Engine, unit_code: str, indicator_code: str, period: str) -> Iterator[str]:
    """The lines of the tree, in Chinese; raises UserError where no such figure is published."""
    asked = {"unit": unit_code, "indicator": indicator_code, "period": period}
    with engine.connect() as connection:
        units = connection.execute(text(UNITS), asked).all()
        if not units:
            raise UserError(_why_nothing(connection, asked))
        leaves = connection.execute(text(LEAVES), asked).all()
    yield from _tree(units, leaves)


def _why_nothing(connection: Connection, asked: dict[str, str]) -> str:
    for column, word in (("indicator_code", "indicator"), ("unit_code", "unit"), ("period", "period")):
        known = text(f"select 1 from published.indicator_values where {column} = :{word} limit 1")
        if not connection.scalar(known, asked):
            return f"Nothing is published for {word} '{asked[word]}'; see `kexie sql` on published.indicator_values."
    return f"Neither unit {asked['unit']} nor any below it has {asked['indicator']} in {asked['period']}."


def _tree(units: Sequence[Row[Any]], leaves: Sequence[Row[Any]]) -> Iterator[str]:
    children: dict[str, list[Row[Any]]] = {}
    for unit in units:
        children.setdefault(unit.parent_code, []).append(unit)
    by_holder: dict[str, list[Row[Any]]] = {}
    for leaf in leaves:
        by_holder.setdefault(leaf.holder_code, []).append(leaf)
    yield from _branch(units[0], children, by_holder, "")


def _branch(
    unit: Row[Any], children: dict[str, list[Row[Any]]], leaves: dict[str, list[Row[Any]]], indent: str
) -> Iterator[str]:
    yield indent + _unit_line(unit)
    for leaf in leaves.get(unit.unit_code, ()):
        yield f"{indent}    └ {_leaf_line(leaf)}"
    for child in children.get(unit.unit_code, ()):
        yield from _branch(child, children, leaves, indent + "    ")


def _unit_line(unit: Row[Any]) -> str:
    basis = load_catalogue().label("bases", unit.basis)
    own = f"，本级 {figure(unit.own_value, unit.own_low, unit.own_high)}" if unit.units_expected > 1 else ""
    return (
        f"{unit.unit_name}（{unit.unit_code}）{figure(unit.value, unit.low, unit.high)} {unit.measure or ''}"
        f" [{basis}，已报 {unit.units_reported}/{unit.units_expected}]{own}"
    )


def _leaf_line(leaf: Row[Any]) -> str:
    share = "" if leaf.weight == 1 else f"，按 {leaf.weight.normalize():f} 计入"
    filed_by = "" if leaf.leaf_unit_code == leaf.holder_code else f"{leaf.leaf_unit_code} 报，"
    place = f"{leaf.sheet} {leaf.cell}" if leaf.cell else f"第 {leaf.line} 行" if leaf.line else f"“{leaf.quote}”"
    # The reason for an odd figure, or the tick that made a blank cell a zero.
    said = f"，说明：{plain(leaf.note)}" if leaf.note else ""
    return (
        f"{filed_by}{leaf.leaf_period} {figure(leaf.filed_value, leaf.filed_low, leaf.filed_high)}{share}："
        f"{leaf.file_name} {place}（{leaf.received_at:%Y-%m-%d %H:%M} 收到，{leaf.sha256[:12]}）{said}"
    )


def figure(value: Decimal | None, low: Decimal | None, high: Decimal | None) -> str:
    """A figure with its bounds where they say more than the value: `30（30—39）`, `50（50 以上）`, `无数`."""
    if value is None and low is None and high is None:
        return "无数"
    point = "—" if value is None else f"{value:,f}"
    if low == value == high:
        return point
    if high is None:
        return f"{point}（{low:,f} 以上）" if low is not None else f"{point}（上下限不明）"
    return f"{point}（{'' if low is None else f'{low:,f}'}—{high:,f}）"


# Every unit below the asked one that has a row, with its superior of that year's tree; the asked one first.
UNITS = """
    select figures.*, superior.ancestor_code as parent_code
    from published.tree_closure as below
    join published.indicator_values as figures
        on figures.unit_code = below.unit_code and figures.period = below.period
        and figures.indicator_code = :indicator
    join published.tree_closure as self
        on self.period = below.period and self.unit_code = below.unit_code and self.ancestor_code = below.unit_code
    left join published.tree_closure as superior
        on superior.period = below.period and superior.unit_code = below.unit_code
        and superior.ancestor_depth = self.ancestor_depth - 1
    where below.ancestor_code = :unit and below.period = :period
    order by self.ancestor_depth, below.unit_code
"""

LEAVES = """
    select * from published.contributions
    where unit_code = :unit and indicator_code = :indicator and period = :period
    order by holder_code, role, leaf_unit_code, leaf_period
"""
