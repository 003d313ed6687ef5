"""What follows 其中: parts of a figure given before, until they reach it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from catalogue.language import Language
from catalogue.model import Catalogue, Indicator
from ingestion.narrative.scan import Found
from ingestion.narrative.words import any_of

STRONG = 2.2
"""A name that fits so well is the part's own, whatever it is a part of."""


@dataclass(slots=True)
class Bound:
    """A quantity with its indicator, how well that fits, whether it is a part of another figure, and whether it is what
    a figure was a year earlier, which is a part of none."""

    found: Found
    indicator: Indicator | None
    fit: float
    is_part: bool = False
    is_earlier: bool = False


@dataclass(slots=True)
class _Whole:
    of: Bound
    parts: Decimal = field(default_factory=Decimal)

    @property
    def left(self) -> Decimal:
        return (self.of.found.stated.high or self.of.found.stated.value or Decimal(0)) - self.parts


@lru_cache(maxsize=8)
def _opening(language: Language) -> re.Pattern[str]:
    return re.compile(any_of(language.parts))


def mark_parts(
    text: str, start: int, end: int, bound: Sequence[Bound], earlier: Sequence[Bound], catalogue: Catalogue
) -> None:
    """Mark the parts of a sentence, and bind those without a name of their own to what they are parts of.

    `earlier` are the quantities of the sentence before, of which this one may list the parts.
    """
    for opening in _opening(catalogue.language).finditer(text, start, end):
        before = [one for one in bound if one.found.end <= opening.start()]
        wholes = _wholes(before or earlier)
        stop = _end_of_bracket(text, start, opening.start(), end)
        listed = [one for one in bound if opening.end() <= one.found.start < stop and not one.is_earlier]
        begun = False
        for place, one in enumerate(listed):
            whole, value = wholes.get(one.found.measure), one.found.stated.value
            if whole is None or value is None or value > whole.left:
                if begun and not (whole is None and _is_paired(text, listed, place)):
                    break
                continue
            begun = True
            whole.parts += value
            one.is_part = True
            if one.indicator is None or one.fit < STRONG or one.indicator is whole.of.indicator:
                one.indicator = _of_parts(whole.of.indicator, catalogue)


def _end_of_bracket(text: str, start: int, place: int, end: int) -> int:
    """Where the bracket ends that a place stands in, or the sentence."""
    opened, closed = text.rfind("（", start, place), text.rfind("）", start, place)
    behind = text.find("）", place, end)
    return behind if opened > closed and behind >= 0 else end


def mark_sums(bound: Sequence[Bound], catalogue: Catalogue) -> None:
    """Mark what follows a figure and adds up to it exactly as its parts: 经费96万元：活动31万元、….

    Two or more of the same measure, none of which has a name of its own that fits well.
    """
    for place, whole in enumerate(bound[:-2]):
        measure, total = whole.found.measure, whole.found.stated.value
        if not total or whole.is_part or bound[place + 1].found.measure != measure:
            continue
        listed, rest = list[Bound](), Decimal(0)
        for one in bound[place + 1 :]:
            value = one.found.stated.value
            if one.found.measure != measure or value is None or one.is_part or one.is_earlier:
                break
            listed.append(one)
            rest += value
            if rest >= total:
                break
        if rest == total and len(listed) > 1 and all(_has_no_other_name(one, whole) for one in listed):
            for one in listed:
                one.is_part, one.indicator = True, _of_parts(whole.indicator, catalogue)


def _has_no_other_name(one: Bound, whole: Bound) -> bool:
    return one.indicator is None or one.fit < STRONG or one.indicator is whole.indicator


def _is_paired(text: str, listed: Sequence[Bound], place: int) -> bool:
    """Whether a number stands right beside the next one, as in 甲16项159万元: it does not end the list."""
    if place + 1 == len(listed):
        return False
    between = text[listed[place].found.end : listed[place + 1].found.start]
    return not any(sign in "，、；" for sign in between)


def _wholes(before: Sequence[Bound]) -> dict[str, _Whole]:
    """The last figure in each measure."""
    return {one.found.measure: _Whole(one) for one in before if one.found.stated.value and not one.is_part}


def _of_parts(whole: Indicator | None, catalogue: Catalogue) -> Indicator | None:
    return catalogue.indicators[whole.prose.parts] if whole is not None and whole.prose.parts else whole
