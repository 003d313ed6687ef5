"""The rollup for each unit × indicator × year. Rule: the table of "The rollup" and "Kinds of indicator".

compute(units, events, submissions, indicators, 2021)[("C1", "sp_lecture_count")].value
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Context, Decimal, Inexact, localcontext
from fractions import Fraction

from .inheritance import ADJUSTMENT, CLAIM, INHERITED_BY_ALL_EVENTS, OWN, Years
from .observations import Indicator, Row, filings, read_indicators
from .terms import ZERO, Bounds, Reading, Term, add, combine, distinct, greatest, numbers, resting_on
from .tree import Tree, Units

EXACT = Context(prec=400, traps=[Inexact])
HUNDRED = Decimal(100)
SUMMED = ("flow", "newadd", "money", "stock", "regcum", "list")


@dataclass(frozen=True)
class Figure:
    """One row of the rollup, named as in the table of the contract; in the indicator's unit of measure."""

    own: Bounds
    computed: Bounds
    claimed: Bounds
    value: Bounds
    basis: str
    gap: Decimal | None
    units_expected: int
    units_reported: int
    units_covered: int
    provisional_part: Decimal | None
    narrative_part: Decimal | None
    is_inherited: bool
    is_estimate: bool
    adjustment_value: Decimal | None


@dataclass(frozen=True)
class Node:
    """A unit's row, the term its parent adds, and whether its subtree holds an expected unit or a figure."""

    figure: Figure
    term: Term | None
    is_shown: bool


def compute(
    units: list[dict[str, str]],
    events: list[dict[str, str]],
    submissions: Iterable[Iterable[Row]],
    indicators: Iterable[Mapping[str, str]],
    year: int,
    tree_date: date | None = None,
) -> dict[tuple[str, str], Figure]:
    """Every row of a year's rollup, by unit and indicator.

    `units`, `events` and `indicators` are rows of the contract's CSV files; `submissions` are deliveries in landing
    order, each a list of rows of the CSV form. `tree_date` (the year's last day, or later) says whose tree is asked.
    """
    day = tree_date or date(year, 12, 31)
    catalogue = read_indicators(indicators)
    known = Units(units, events)
    with localcontext(EXACT):
        filed = filings(submissions, catalogue, year)
        years = Years(known, filed, catalogue, year, until=day)
        tree = known.tree(day, year)
        rollups = [Rollup(tree, years, indicator) for indicator in catalogue.values()]
        return {
            (unit, rollup.indicator.code): node.figure
            for rollup in rollups
            for unit, node in rollup.nodes().items()
            if node.is_shown
        }


class Rollup:
    """One indicator over one tree."""

    def __init__(self, tree: Tree, years: Years, indicator: Indicator) -> None:
        self.tree = tree
        self.years = years
        self.indicator = indicator

    def nodes(self) -> dict[str, Node]:
        """Every unit of the tree, children before their parents."""
        nodes: dict[str, Node] = {}
        for root in (code for code in self.tree.spans if code not in self.tree.parents):
            self._visit(root, nodes)
        return nodes

    def _visit(self, unit: str, nodes: dict[str, Node]) -> None:
        children = self.tree.children(unit)
        for child in children:
            self._visit(child, nodes)
        nodes[unit] = self._node(unit, {child: nodes[child] for child in children})

    def _node(self, unit: str, children: dict[str, Node]) -> Node:
        own = self.years.result(unit, self.indicator.code, OWN)
        filed_claim = self.years.result(unit, self.indicator.code, CLAIM)
        claim = self._claim(unit, filed_claim)
        counting = [node for child, node in children.items() if not self.tree.is_township(child)]
        computed = self._computed(unit, own, children)

        expected, reported = self._expected(unit, counting), self._reported(unit, counting)
        basis = self._basis(unit, computed, claim, bool(children), expected, reported)
        used = {"own": _number(own), "list": _number(own), "claimed": claim}.get(basis, computed)
        covered = expected if basis == "claimed" else self._covered(unit, counting)

        figure = Figure(
            own=_bounds(_number(own)),
            computed=_bounds(computed),
            claimed=_bounds(claim),
            value=_bounds(used),
            basis=basis,
            gap=_gap(claim, computed),
            units_expected=expected,
            units_reported=reported,
            units_covered=covered,
            provisional_part=self._provisional_part(used),
            narrative_part=self._narrative_part(used),
            is_inherited=used is not None and used.is_inherited,
            is_estimate=used is not None and used.is_estimate,
            adjustment_value=used.adjusted if used is not None else None,
        )
        has_figure = own is not None or filed_claim is not None or computed is not None
        is_shown = expected > 0 or has_figure or any(node.is_shown for node in children.values())
        return Node(figure, used, is_shown)

    # Who is expected

    def _is_expected(self, unit: str) -> bool:
        """Units whose level and unit_type the indicator names."""
        span = self.tree.spans[unit]
        return span.level in self.indicator.levels and span.unit_type in self.indicator.unit_types

    def _is_owner(self, unit: str) -> bool:
        """An expected unit of a list's owner level."""
        at_level = self.tree.spans[unit].level == self.indicator.owner_level
        return self.indicator.aggregation == "list" and at_level and self._is_expected(unit)

    def _has_reported(self, unit: str) -> bool:
        """Its year is complete; of a ratio with parts, the years of both parts are."""
        measured = [self.indicator.code]
        if self.indicator.has_parts:
            measured = [self.indicator.numerator, self.indicator.denominator]
        return all(self.years.is_complete(unit, code, OWN) for code in measured)

    def _expected(self, unit: str, counting: list[Node]) -> int:
        """Expected units in the subtree; at a list's owner 1. Townships are never in counts."""
        own = int(self._is_expected(unit))
        return own if self._is_owner(unit) else own + sum(node.figure.units_expected for node in counting)

    def _reported(self, unit: str, counting: list[Node]) -> int:
        own = int(self._is_expected(unit) and self._has_reported(unit))
        return own if self._is_owner(unit) else own + sum(node.figure.units_reported for node in counting)

    def _covered(self, unit: str, counting: list[Node]) -> int:
        """Reported, plus those under a claim in use."""
        own = int(self._is_expected(unit) and self._has_reported(unit))
        return own if self._is_owner(unit) else own + sum(node.figure.units_covered for node in counting)

    # What is computed

    def _computed(self, unit: str, own: Reading | None, children: dict[str, Node]) -> Term | None:
        """Own + every child's value; for a list at an expected unit of its owner level, the children alone."""
        if self.indicator.never_adds:
            return None
        if self.indicator.has_parts:
            return self._ratio(unit)
        townships = numbers(node.term for child, node in children.items() if self.tree.is_township(child))
        others = numbers(node.term for child, node in children.items() if not self.tree.is_township(child))
        if self._is_owner(unit):
            return self._combined(None, others)
        # A unit's figure already contains its townships: they replace own only where it neither filed nor inherited.
        base = _number(own) if own is not None else self._combined(None, townships)
        return self._adjusted(unit, self._combined(base, others), others)

    def _adjusted(self, unit: str, computed: Term | None, children: list[Term]) -> Term | None:
        """With the unit's adjustment, unless that is greater than all that came from its children."""
        adjustment = _number(self.years.result(unit, self.indicator.code, ADJUSTMENT))
        if self.indicator.aggregation not in INHERITED_BY_ALL_EVENTS or adjustment is None or not children:
            return computed
        below = add(children)
        known = below.low if below.low is not None else below.value
        amount = adjustment.value
        if computed is None or amount is None or known is None or abs(amount) > known:
            return computed
        return add([computed, replace(adjustment, adjusted=amount)])

    def _combined(self, own: Term | None, children: list[Term]) -> Term | None:
        """Added as the kind adds."""
        if self.indicator.aggregation == "coverage":
            return distinct(self.indicator.distinct_by, own, children)
        return _number(combine([own, *children], greatest if self.indicator.aggregation == "peak" else add))

    def _ratio(self, unit: str) -> Term | None:
        """Σ numerators ÷ Σ denominators over units whose year is complete in both; townships take no part."""
        taking_part = [code for code in self._without_townships(unit) if self._has_reported(code)]
        above = numbers(self.years.result(code, self.indicator.numerator, OWN) for code in taking_part)
        under = numbers(self.years.result(code, self.indicator.denominator, OWN) for code in taking_part)
        if not above or not under:
            return None
        scale = 100 if self.indicator.measure == "%" else 1
        n, d = add(above), add(under)
        value, low, high = (_divide(*pair, scale) for pair in ((n.value, d.value), (n.low, d.high), (n.high, d.low)))
        if scale == 100 and high is not None:
            high = max(min(high, HUNDRED), *(bound for bound in (value, low) if bound is not None), ZERO)
        if value is None and low is None and high is None:
            return None
        return resting_on([n, d], value, low, high)

    def _without_townships(self, unit: str) -> list[str]:
        if self.tree.is_township(unit):
            return []
        below = [self._without_townships(child) for child in self.tree.children(unit)]
        return [unit, *(code for codes in below for code in codes)]

    # What is used

    def _claim(self, unit: str, filed: Reading | None) -> Term | None:
        """Its jurisdiction figure by the same period rules, only if that year is complete."""
        return _number(filed) if self.years.is_complete(unit, self.indicator.code, CLAIM) else None

    def _basis(
        self, unit: str, computed: Term | None, claim: Term | None, has_children: bool, expected: int, reported: int
    ) -> str:
        if self.indicator.never_adds or (self.indicator.has_parts and computed is None):
            return "own"
        if self._is_owner(unit):
            return "list"
        is_usable = has_children and not self.indicator.has_parts and _is_not_below(claim, computed)
        if is_usable and self.indicator.aggregation == "coverage":
            return "claimed"
        if expected >= 1 and reported == expected:
            return "computed"
        return "claimed" if is_usable else "partial"

    def _provisional_part(self, used: Term | None) -> Decimal | None:
        """How much of `value` rests on provisional figures; for kinds that do not sum, all of it or nothing."""
        if used is None or used.value is None:
            return None
        if self.indicator.aggregation in SUMMED:
            return used.provisional
        return used.value if used.has_provisional else ZERO

    def _narrative_part(self, used: Term | None) -> Decimal | None:
        """How much of `value` rests on prose only."""
        if used is None or used.value is None:
            return None
        if self.indicator.aggregation in SUMMED:
            return used.narrative
        return used.value if used.has_narrative else ZERO


def _is_not_below(claim: Term | None, computed: Term | None) -> bool:
    """A claim is usable when its high is not below the computed low; an open end is below nothing."""
    if claim is None:
        return False
    return claim.high is None or computed is None or computed.low is None or claim.high >= computed.low


def _gap(claim: Term | None, computed: Term | None) -> Decimal | None:
    """claimed − computed, when both exist."""
    if claim is None or computed is None or claim.value is None or computed.value is None:
        return None
    return claim.value - computed.value


def _divide(above: Decimal | None, under: Decimal | None, scale: int) -> Decimal | None:
    """ROUND_HALF_UP to 4 decimals; a zero or open denominator leaves it open."""
    if above is None or not under:
        return None
    exact = Fraction(above) * scale / Fraction(under) * 10**4
    half_up = int(abs(exact) + Fraction(1, 2))
    return Decimal(half_up if exact >= 0 else -half_up).scaleb(-4)


def _number(reading: Reading | None) -> Term | None:
    return reading if isinstance(reading, Term) else None


def _bounds(term: Term | None) -> Bounds:
    return term.bounds if term else Bounds()
