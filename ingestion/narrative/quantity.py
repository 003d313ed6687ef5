"""One quantity of a text, and how sure its words are of it."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Qualifier(StrEnum):
    """What the words around a number make of it."""

    EXACT = "exact"
    APPROX = "approx"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    NEARLY = "nearly"
    ABOUT = "about"
    REDACTED = "redacted"


class Quantity(NamedTuple):
    """One quantity as a text states it; numbers that are none (names, dates, ordinals) never become one.

    `start` and `end` are code points of the text, and `quote` is what stands between them. `value`, `low` and `high`
    are in `measure`: the catalogue's own where the text's means the same (名 → 人, 万元 → 元), else as written. What
    the words claim is low ≤ truth ≤ high; None is an open end or a quantity without a point value, and a masked one
    (`state` redacted) has no value. `indicator_code` is empty where the quantity belongs to no indicator, `period`
    where neither the text nor the file's name says when. `note` says in Chinese what a person should know of it.
    """

    quote: str
    start: int
    end: int
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    measure: str
    qualifier: Qualifier
    status: str
    scope: str
    state: str
    period: str
    indicator_code: str
    note: str = ""
