"""Figures beside last year's and beside those of like units: only ratios are judged, never an amount by itself.

How far a figure lies from what is expected is measured in spreads of logarithms (`doubt_distance`). The finding names
the slip that would explain it best: a 万 or some 0 too many or too few, digits turned round, two figures in each
other's place, a whole block one row off. All of it is asked about (请核实) and passes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from statistics import median
from typing import NamedTuple

from catalogue.model import Aggregation
from ingestion import wording
from ingestion.checks.filing import Filing, Told, amount, doubt, name_of
from ingestion.checks.findings import Findings
from ingestion.context import Context
from ingestion.peers import Usual, log_of

TEN = math.log(10)
NEAR = 2.0
"""Within so many spreads a figure is as expected."""

SHIFT_GAIN = 40.0
SWAP_GAIN = 14.0
MOST_COST = 30.0
"""No single figure speaks louder than this for or against a slip."""

UNLIKE_SHARE, UNLIKE_FEWEST = 0.6, 6
SHORTEST_SHIFT = 3
SIZE_FEWEST = 5
LAST_YEAR, PEERS = "上年的", "同级单位通常的"


class Item(NamedTuple):
    """A figure with what is expected of it: `log` and `expected` are logarithms, `spread` how far off is usual."""

    told: Told
    value: float
    last: float | None
    log: float
    expected: float | None
    spread: float

    @property
    def distance(self) -> float:
        return 0.0 if self.expected is None else (self.log - self.expected) / self.spread

    def cost(self, expected: float | None) -> float:
        """How badly the figure fits an expectation."""
        return MOST_COST if expected is None else min(((self.log - expected) / self.spread) ** 2, MOST_COST)


def check(findings: Findings, context: Context, filing: Filing) -> None:
    """Doubt what lies far from last year's figures, or where there are none from those of like units."""
    day = filing.period.last_day
    spreads = tuple(float(context.limit(f"{name}_spread", day)) for name in ("usual", "least", "most"))
    of_ranks = float(context.limit("rank_spread", day))
    growths = context.peers.growths(filing.key)
    limit = float(context.limit("doubt_distance", day))
    for scope in ("own", "jurisdiction"):
        told, ranks = _compared(context, filing.told(context.rules, scope).values())
        for one in ranks:
            item = _item(filing, one, growths, spreads)._replace(spread=of_ranks)
            # Who was last may be first.
            if item.distance > limit:
                _Scope(findings, context, filing, scope, [item], limit).check()
        if all(_is_usual(filing, one, growths, spreads, limit) for one in told):
            continue
        items = [_item(filing, one, growths, spreads) for one in told]
        _Scope(findings, context, filing, scope, items, limit).check()


Growths = Mapping[str, Usual | None]
Spreads = tuple[float, ...]


def _compared(context: Context, told: Iterable[Told]) -> tuple[list[Told], list[Told]]:
    """The numbers that are held against others, and apart from them ranks and scores, which go with nothing else."""
    figures: list[Told] = []
    ranks: list[Told] = []
    for one in told:
        if one.filed.value and one.filed.state == "number" and one.cell is not None:
            is_rank = context.rules[one.code].indicator.aggregation is Aggregation.RANK
            (ranks if is_rank else figures).append(one)
    return figures, ranks


def _is_usual(filing: Filing, told: Told, growths: Growths, spreads: Spreads, limit: float) -> bool:
    """Whether a figure is near last year's even by the narrowest spread; most are, and need no closer look."""
    value, last = told.filed.value, filing.last_year.same.get((told.code, told.scope))
    if not last or not value:
        return False
    middle, spread = _growth(growths[told.code], spreads)
    return abs(math.log((float(value) + 0.5) / (float(last) + 0.5)) - middle) <= limit * spread


def _growth(growth: Usual | None, spreads: Spreads) -> tuple[float, float]:
    """The growth that is expected, and how far off is usual."""
    usual, least, most = spreads
    return (0.0, usual) if growth is None else (growth.middle, min(max(growth.spread, least), most))


def _item(filing: Filing, told: Told, growths: Growths, spreads: Spreads) -> Item:
    number = float(told.filed.value or 0)
    log = log_of(number)
    last = filing.last_year.same.get((told.code, told.scope))
    if not last:
        return Item(told, number, None, log, None, 1.0)
    middle, spread = _growth(growths[told.code], spreads)
    expected = log_of(float(last)) + middle
    return Item(told, number, float(last), log, expected, _widened(spread, number, float(last)))


def _widened(spread: float, value: float, last: float) -> float:
    """A spread with what chance alone does to small counts."""
    return math.sqrt(spread**2 + 1 / (value + 0.5) + 1 / (last + 0.5))


class _Scope:
    """The figures of one scope of a submission, in the order in which they stand in the file."""

    def __init__(
        self, findings: Findings, context: Context, filing: Filing, scope: str, items: Sequence[Item], limit: float
    ) -> None:
        self._findings, self._context, self._filing, self._scope = findings, context, filing, scope
        self._items, self._limit = items, limit
        self._told: set[str] = set()

    def check(self) -> None:
        known = [item for item in self._items if item.expected is not None]
        far = [item for item in known if abs(item.distance) > self._limit]
        if far:
            self._doubt_blocks(known, far)
            far = [item for item in far if item.told.code not in self._told]
            if len(far) >= max(UNLIKE_FEWEST, UNLIKE_SHARE * len(known)):
                self._doubt_form(len(known), far)
                return
            for item in far:
                if item.told.cell not in self._filing.doubted:
                    self._doubt_figure(item, LAST_YEAR)
        if self._scope == "own":
            self._doubt_beside_peers()

    # ---- several figures in each other's place

    def _doubt_blocks(self, known: Sequence[Item], far: Sequence[Item]) -> None:
        for direction in (1, -1):
            block = self._shifted(direction)
            if block:
                self._tell_shift(block, direction)
        waiting = {item.told.code for item in far} - self._told
        for item in far:
            if item.told.code in waiting:
                other = self._swapped_with(item, known)
                if other:
                    waiting -= {item.told.code, other.told.code}
                    self._tell_swap(item, other)
                    self._tell_swap(other, item)

    def _shifted(self, direction: int) -> list[Item]:
        """The longest run of rows whose figures fit the expectation of the row before (1) or after (-1) far better."""
        rows = list(self._in_order())
        best: tuple[float, list[Item]] = (SHIFT_GAIN, [])
        gain, block = 0.0, list[Item]()
        for at, (item, _) in enumerate(rows):
            beside = rows[at - direction][1] if 0 <= at - direction < len(rows) else None
            if item is None:
                gain, block = 0.0, []
                continue
            here = item.cost(item.expected) if item.expected is not None else NEAR**2
            better = here - (item.cost(beside) if beside is not None else here)
            if gain + better <= 0:
                gain, block = 0.0, []
                continue
            gain, block = gain + better, [*block, item]
            if gain > best[0] and len(block) >= SHORTEST_SHIFT:
                best = (gain, block)
        return best[1]

    def _in_order(self) -> Iterator[tuple[Item | None, float | None]]:
        """Row by row: the figure, and the expectation by last year's, of whatever was filed in either year."""
        by_code = {item.told.code: item for item in self._items}
        last = {code: value for (code, scope), value in self._filing.last_year.same.items() if scope == self._scope}
        for code in _rows(self._context, self._filing, {*by_code, *last}):
            item = by_code.get(code)
            if item is not None:
                yield item, item.expected
            elif last.get(code):
                growth = self._context.peers.growths(self._filing.key)[code]
                yield None, log_of(float(last[code])) + (growth.middle if growth else 0.0)
            else:
                yield None, None

    def _tell_shift(self, block: Sequence[Item], direction: int) -> None:
        first, last = block[0].told, block[-1].told
        doubt(
            self._findings, self._context, first, "ROWS_SHIFTED",
            last_indicator=name_of(self._context, last.code), count=str(len(block)), reference="上年",
            direction="下" if direction > 0 else "上",
        )  # fmt: skip
        self._told |= {item.told.code for item in block}
        self._filing.doubted |= {item.told.cell for item in block if item.told.cell}

    def _swapped_with(self, item: Item, known: Sequence[Item]) -> Item | None:
        """The figure in whose place this one would be as expected, and that one in this one's."""
        best, other = SWAP_GAIN, None
        for one in known:
            if one is item or one.told.code in self._told or one.value == item.value:
                continue
            mine, its = item.cost(one.expected), one.cost(item.expected)
            gain = item.cost(item.expected) + one.cost(one.expected) - mine - its
            if gain > best and max(mine, its) < NEAR**2:
                best, other = gain, one
        return other

    def _tell_swap(self, item: Item, other: Item) -> None:
        context, told = self._context, item.told
        doubt(
            self._findings, context, told, "FIGURES_SWAPPED", None, [other.told],
            value=amount(context, told), other=name_of(context, other.told.code),
            other_value=amount(context, other.told), reference="上年",
            last_value=self._last(item), other_last=self._last(other),
        )  # fmt: skip
        self._told |= {told.code, other.told.code}

    def _last(self, item: Item) -> str:
        last = self._filing.last_year.same[item.told.code, item.told.scope]
        return amount(self._context, item.told, last)

    def _doubt_form(self, compared: int, far: Sequence[Item]) -> None:
        """Nearly everything is unlike last year: rather the wrong unit or period than so many slips."""
        first, key = far[0].told, self._filing.key
        title = self._context.catalogue.forms[key[1]].title
        doubt(
            self._findings, self._context, first, "FORM_UNLIKE_LAST_YEAR",
            form_title=title, compared=str(compared), far=str(len(far)),
        )  # fmt: skip
        self._filing.doubted |= {item.told.cell for item in far if item.told.cell}

    # ---- one figure

    def _doubt_figure(self, item: Item, reference: str, usual: float | None = None) -> None:
        """A finding that names the likeliest slip."""
        context, told = self._context, item.told
        beside = usual if usual is not None else item.expected
        if beside is None:
            return
        delta = item.log - beside
        times = math.exp(abs(delta))
        last_value = self._last(item) if usual is None else amount(context, told, _rounded(math.exp(usual) - 0.5))
        details = {
            "value": amount(context, told), "reference": reference, "last_value": last_value,
            "times": wording.figure(_rounded(times)),
        }  # fmt: skip
        zeros = round(abs(delta) / TEN)
        turned = _turned(item, beside) if usual is None and math.log(2.5) < abs(delta) < TEN * 0.9 else None
        if zeros == 2 and delta < 0 and context.rules[told.code].is_percentage and item.value < 1:
            doubt(self._findings, context, told, "PERCENTAGE_AS_FRACTION", value=wording.figure(told.value))
        elif turned is not None:
            digits = amount(context, told, turned)
            doubt(self._findings, context, told, "DIGITS_TRANSPOSED", turned=digits, **details)
        elif zeros > 1 or (zeros and abs(abs(delta) - TEN) < max(NEAR * item.spread, 0.4 * TEN)):
            code = "ZEROS_TOO_MANY" if delta > 0 else "ZEROS_TOO_FEW"
            slip = self._slip(told, zeros)
            doubt(self._findings, context, told, code, zeros=str(zeros), unit_slip=slip, **details)
        else:
            doubt(self._findings, context, told, "FIGURE_FAR_ABOVE" if delta > 0 else "FIGURE_FAR_BELOW", **details)

    def _slip(self, told: Told, zeros: int) -> str:
        """What four zeros mostly are."""
        if zeros != 4:
            return ""
        measure = self._context.rules[told.code].indicator.measure
        return "，也可能把元和万元弄混" if measure == "元" else f"，也可能把{measure}和万{measure}弄混（差一个“万”）"

    def _doubt_beside_peers(self) -> None:
        """What has no last year is held against like units, as large as this one is by its other figures."""
        context, key = self._context, self._filing.key
        if all(item.expected is not None for item in self._items):
            return
        usual = {item.told.code: context.peers.level(key, item.told.code) for item in self._items}
        off = [item.log - one.middle for item in self._items if (one := usual[item.told.code])]
        size = median(off) if len(off) >= SIZE_FEWEST else 0.0
        for item in self._items:
            one = usual[item.told.code]
            if one is None or item.expected is not None or item.told.cell in self._filing.doubted:
                continue
            expected = one.middle + size
            spread = _widened(max(one.spread, 2 * _LEAST_LEVEL_SPREAD), item.value, math.exp(expected))
            if abs(item.log - expected) > self._limit * spread:
                self._doubt_figure(item, PEERS, expected)


_LEAST_LEVEL_SPREAD = 0.3


def _rounded(number: float) -> Decimal:
    """Two digits are enough to say how much something is about."""
    if number < 10:
        return Decimal(str(number)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    places = int(math.log10(number)) - 1
    return Decimal(round(number / 10**places) * 10**places)


def _turned(item: Item, expected: float) -> Decimal | None:
    """The figure with two digits exchanged, where that is as expected by far."""
    value = item.told.value
    if value is None or value != value.to_integral_value() or value < 10:
        return None
    digits = str(int(value))
    best: tuple[float, str] | None = None
    for first, second in combinations(range(len(digits)), 2):
        if digits[first] == digits[second] or (first == 0 and digits[second] == "0"):
            continue
        turned = list(digits)
        turned[first], turned[second] = turned[second], turned[first]
        off = abs(log_of(float("".join(turned))) - expected) / item.spread
        if off < 1 and (best is None or off < best[0]):
            best = (off, "".join(turned))
    return Decimal(best[1]) if best else None


def _rows(context: Context, filing: Filing, codes: Iterable[str]) -> list[str]:
    """Indicators in the order of the rows of the file; those that have none, where the catalogue has them."""
    places = {cell[0]: row.reading.place for cell, row in filing.rows.items()} | filing.blank
    order = {code: at for at, code in enumerate(context.rules)}

    def where(code: str) -> tuple[str, int, int]:
        place = places.get(code)
        if place is None:
            return ("", 0, order[code])
        number = place.line if place.line is not None else int(re.sub(r"\D", "", place.cell) or 0)
        return (place.sheet, number, order[code])

    if any(code not in places for code in codes):
        return sorted(codes, key=order.__getitem__)
    return sorted(codes, key=where)
