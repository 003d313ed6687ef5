"""Several figures of one indicator in one text: put together by the catalogue's rule, or a question, never silently."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from catalogue.model import Catalogue, Combine, State
from ingestion.narrative.quantity import Quantity

TELLING_DIGITS = 3
"""A number with so many digits before its zeros is hardly written twice unless it is the same fact: 1646, not 12."""

Figures = tuple[Decimal | None, Decimal | None, Decimal | None]


class Combined(NamedTuple):
    """What a text says of one indicator, scope, status and period: one figure, or a question.

    `quantities` are all that it was made of, in the order of the text, repeats of one fact included. `asks` is a
    Chinese sentence where a person must say which figure holds; the figures are then all None and `state` is number.
    `says` tells in Chinese how several became one, and is empty where there was but one.
    """

    indicator_code: str
    scope: str
    status: str
    period: str
    state: str
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    quantities: tuple[Quantity, ...]
    says: str
    asks: str


def combined(quantities: Iterable[Quantity], catalogue: Catalogue) -> list[Combined]:
    """One entry for each indicator, scope, status and period that the quantities speak of, in the order of the text.

    Quantities that belong to no indicator are left out. The rule is the indicator's `prose.combine`: `sum` adds low
    and high ends apart, `part_of` takes the greatest when the others fit into it, `ask` asks. Before any rule, a fact
    that is repeated counts once, and a figure that is exactly the sum of all others is their total.
    """
    known = [one for one in quantities if one.indicator_code]
    order = {_key(one): place for place, one in reversed(list(enumerate(known)))}
    groups = groupby(sorted(known, key=lambda one: order[_key(one)]), key=_key)
    return [_combine(key, tuple(group), catalogue) for key, group in groups]


def _key(one: Quantity) -> tuple[str, str, str, str]:
    return one.indicator_code, one.scope, one.status, one.period


def _figures(one: Quantity) -> Figures:
    return one.value, one.low, one.high


def _combine(key: tuple[str, str, str, str], group: tuple[Quantity, ...], catalogue: Catalogue) -> Combined:
    rule = catalogue.indicators[key[0]].prose.combine

    def made(figures: Figures, state: str = State.NUMBER, says: str = "", asks: str = "") -> Combined:
        return Combined(*key, state, *figures, group, says, asks)

    numbers = [one for one in group if one.state == State.NUMBER]
    if not numbers:
        return made(_figures(group[0]) if len(group) == 1 else (None, None, None), State.REDACTED)
    if len(numbers) < len(group):
        return made((None, None, None), asks=f"有的数字被隐去，请填写完整的数字：{_listed(group)}")
    facts, doubtful = _facts(numbers, rule)
    if doubtful:
        return made((None, None, None), asks=f"同一数字出现多次，请确认是同一件事还是几件事：{_listed(group)}")
    if len(facts) == 1:
        return made(_figures(facts[0]), says="同一事实写了多次，只计一次" if len(group) > 1 else "")
    if (total := _total(facts)) is not None:
        return made(_figures(total), says=f"其余各项之和正好等于“{total.quote}”，取总数：{_listed(group)}")
    return _RULES[rule](facts, made)


def _facts(numbers: list[Quantity], rule: Combine) -> tuple[list[Quantity], bool]:
    """The figures without repeats, and whether it is open if an equal one is a repeat or another fact."""
    facts: dict[Figures, Quantity] = {}
    doubtful = False
    for one in numbers:
        if _figures(one) in facts and rule is Combine.SUM and not _is_telling(one):
            doubtful = True
        facts.setdefault(_figures(one), one)
    return list(facts.values()), doubtful


def _is_telling(one: Quantity) -> bool:
    return one.value is not None and len(one.value.normalize().as_tuple().digits) >= TELLING_DIGITS


def _total(facts: list[Quantity]) -> Quantity | None:
    """The exact figure that is the sum of all other exact figures, of which there are two or more."""
    values = [one.value for one in facts if one.value is not None and one.low == one.value == one.high]
    if len(facts) < 3 or len(values) < len(facts):
        return None
    twice = sum(values, Decimal())
    return next((one for one in facts if one.value is not None and one.value * 2 == twice), None)


Made = Callable[..., Combined]


def _sum(facts: list[Quantity], made: Made) -> Combined:
    columns = zip(*map(_figures, facts), strict=True)
    figures = tuple(None if None in column else sum(filter(None, column), Decimal()) for column in columns)
    return made(figures, says=f"各处相加：{_listed(facts)}")


def _greatest(facts: list[Quantity], made: Made) -> Combined:
    whole = max(facts, key=lambda one: (one.low is not None, one.low or Decimal()))
    fit = all(one is whole or (one.low is not None and (whole.high is None or one.low <= whole.high)) for one in facts)
    if whole.value is None or not fit:
        return _ask(facts, made)
    return made(_figures(whole), says=f"其余是“{whole.quote}”的一部分：{_listed(facts)}")


def _ask(facts: list[Quantity], made: Made) -> Combined:
    return made((None, None, None), asks=f"文中有不同的数字，请确认取哪一个：{_listed(facts)}")


_RULES: dict[Combine, Callable[[list[Quantity], Made], Combined]] = {
    Combine.SUM: _sum,
    Combine.PART_OF: _greatest,
    Combine.ASK: _ask,
}


def _listed(quantities: Iterable[Quantity]) -> str:
    return "、".join(f"“{one.quote}”" for one in quantities)
