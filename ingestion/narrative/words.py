"""Lists of words as one pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable


def any_of(words: Iterable[str]) -> str:
    """A pattern of the longest of the words; words that begin alike share what they begin with, so each sign is
    compared once however many they are. Empty where there are none."""
    ends: dict[str, list[str]] = {}
    for word in sorted(set(words)):
        if word:
            ends.setdefault(word[0], []).append(word[1:])
    return "|".join(re.escape(first) + _one_of(rest) for first, rest in ends.items())


def _one_of(ends: list[str]) -> str:
    longer = any_of(ends)
    if not longer:
        return ""
    return f"(?:{longer}|)" if "" in ends else f"(?:{longer})"
