"""Random provinces: the leaves of every published figure combine to that figure again, bounds included."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from catalogue.load import load
from catalogue.model import Aggregation, Indicator
from kexie.database import acting
from kexie.home import Home
from kexie.roles import Role
from reporting.provenance import unproven
from tests.reference.provinces import Province, provinces
from tests.reference.rollup import HUNDRED, _divide
from tests.reference.terms import ZERO, Bounds, Term, add, distinct, greatest
from tests.spec.warehouse import FEW_EXAMPLES, Example, publish

Unit = tuple[str, str]
"""A period, and a unit of its tree."""

Leaves = dict[str, list[Any]]
"""The leaves of one figure by the unit that holds them; each a row of published.contributions."""


@dataclass(frozen=True)
class Tree:
    children: dict[Unit, list[str]]
    townships: set[Unit]


@FEW_EXAMPLES
@given(drawn=st.lists(provinces(), min_size=6, max_size=6))
def test_the_leaves_of_every_figure_combine_to_it_again(
    new_database: Callable[[], Home], drawn: list[Province]
) -> None:
    home = new_database()
    examples = [Example(province.units, province.events, province.submissions) for province in drawn]
    publish(home, examples, {province.year for province in drawn})
    with acting(home, Role.OFFICE) as office, office.connect() as connection:
        figures = connection.execute(text("select * from published.indicator_values")).all()
        leaves = _leaves(connection)
        tree = _tree(connection)
    catalogue = load().indicators
    with acting(home, Role.PUBLISH) as publisher, publisher.connect() as connection:
        assert unproven(connection, datetime.now(UTC), sorted({figure.period for figure in figures})) == []
    wrong = {}
    for figure in figures:
        key = (figure.unit_code, figure.indicator_code, figure.period)
        found = _combined(catalogue[figure.indicator_code], figure, leaves.get(key, {}), tree)
        if found != Bounds(figure.value, figure.low, figure.high):
            wrong[key] = (found, Bounds(figure.value, figure.low, figure.high), figure.basis)
    assert not wrong, f"seeds {[province.seed for province in drawn]}"
    holdings = [
        (catalogue[indicator], held)
        for (unit, indicator, _period), by_holder in leaves.items()
        for holder, held in by_holder.items()
        if holder == unit and any(leaf.is_estimate for leaf in held)
    ]
    assert holdings
    assert [held for indicator, held in holdings if not _are_sound(indicator.unit_of_account, held)] == []


def _leaves(connection: Connection) -> dict[tuple[str, str, str], Leaves]:
    found: dict[tuple[str, str, str], Leaves] = defaultdict(lambda: defaultdict(list))
    for leaf in connection.execute(text("select * from published.contributions")):
        found[leaf.unit_code, leaf.indicator_code, leaf.period][leaf.holder_code].append(leaf)
    return found


def _tree(connection: Connection) -> Tree:
    tree = Tree(defaultdict(list), set())
    for link in connection.execute(text(LINKS)):
        tree.children[link.period, link.parent_code].append(link.unit_code)
        if link.unit_level == "township":
            tree.townships.add((link.period, link.unit_code))
    return tree


LINKS = """
    select self.period, self.unit_code, self.unit_level, parent.ancestor_code as parent_code
    from published.tree_closure as self
    join published.tree_closure as parent on parent.period = self.period and parent.unit_code = self.unit_code
        and parent.ancestor_depth = self.ancestor_depth - 1
    where self.ancestor_code = self.unit_code
"""


def _combined(indicator: Indicator, figure: Any, leaves: Leaves, tree: Tree) -> Bounds:  # noqa: ANN401 - a published row
    terms = [_term(leaf) for held in leaves.values() for leaf in held if leaf.role in ("own", "claim", "adjustment")]
    if indicator.has_parts and figure.basis != "own":
        return _ratio(indicator, [leaf for held in leaves.values() for leaf in held])
    if not terms:
        return Bounds()
    if indicator.aggregation is Aggregation.COVERAGE:
        covered = _covered(str(indicator.distinct_by), (figure.period, figure.unit_code), leaves, tree)
        return covered.bounds if covered else Bounds()
    return (greatest if indicator.aggregation is Aggregation.PEAK else add)(terms).bounds


def _covered(distinct_by: str, unit: Unit, leaves: Leaves, tree: Tree) -> Term | None:
    """As distinct things combine, unit by unit up the tree; townships stand in where the unit itself has none."""
    period, code = unit
    children = [(period, child) for child in tree.children[unit]]
    found = {child: _covered(distinct_by, child, leaves, tree) for child in children}
    towns = [term for child, term in found.items() if term and child in tree.townships]
    others = [term for child, term in found.items() if term and child not in tree.townships]
    held = [_term(leaf) for leaf in leaves.get(code, ())]
    assert len(held) < 2
    own = held[0] if held else distinct(distinct_by, None, towns)
    return distinct(distinct_by, own, others)


def _ratio(indicator: Indicator, leaves: Iterable[Any]) -> Bounds:
    parts: dict[str, list[Term]] = {"numerator": [], "denominator": []}
    for leaf in leaves:
        if leaf.role in parts:
            parts[leaf.role].append(_term(leaf))
    if not all(parts.values()):
        return Bounds()
    above, under = (add(terms).bounds for terms in parts.values())
    scale = 100 if indicator.is_percentage else 1
    value, low = _divide(above.value, under.value, scale), _divide(above.low, under.high, scale)
    high = _divide(above.high, under.low, scale)
    if scale == 100 and high is not None:
        high = max(min(high, HUNDRED), *(bound for bound in (value, low) if bound is not None), ZERO)
    return Bounds(value, low, high)


def _term(leaf: Any) -> Term:  # noqa: ANN401 - a row of published.contributions
    return Term(leaf.value, leaf.low, leaf.high)


def _are_sound(account: Decimal, held: list[Any]) -> bool:
    """A share of nothing is nothing, shares of whole figures are whole, and bounds hold what they bound."""
    is_whole = all(leaf.filed_value is not None and leaf.filed_value % account == 0 for leaf in held)
    for leaf in held:
        known = [bound for bound in (leaf.low, leaf.value, leaf.high) if bound is not None]
        if known != sorted(known) or (leaf.filed_value == 0 and leaf.value) or (is_whole and leaf.value % account):
            return False
    return True
