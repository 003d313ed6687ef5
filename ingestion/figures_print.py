"""A print of the figures of a submission, by which two that are alike in every figure are found.

Only figures that hardly meet by chance make one: a form of a few small counts has none.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.context import Context
    from ingestion.observations import FileContent

FEWEST = 3
"""So many figures that are not zero make a print."""

LEAST_SURPRISE = math.log(1e6)
"""The logarithms of the figures add up to at least this: it is as unlikely that two forms agree."""

Told = tuple[str, str, Decimal]
"""Indicator, scope, value."""


def print_of(figures: Iterable[Told]) -> str:
    """The print of a submission's numbers, or '' where too little is in them."""
    told = sorted((code, scope, format(value.normalize(), "f")) for code, scope, value in figures if value)
    if len(told) < FEWEST or sum(math.log(float(value)) for _, _, value in told if float(value) > 1) < LEAST_SURPRISE:
        return ""
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def prints_of(context: Context, contents: Iterable[FileContent]) -> set[str]:
    """The prints of all submissions of some files, as far as they can be read."""
    prints = set()
    for content in contents:
        figures: dict[tuple[str, str, str], list[Told]] = {}
        for reading in content.readings:
            rule = context.rules.get(reading.indicator_code)
            if rule and reading.state == "number" and reading.value is not None:
                key = (reading.unit_code, rule.indicator.form, reading.period)
                figures.setdefault(key, []).append((reading.indicator_code, reading.scope or "own", reading.value))
        prints |= {print_of(told) for told in figures.values()}
    return prints - {""}
