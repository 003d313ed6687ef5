"""A text made ready for reading: its sentences, the signs that bound its clauses, and what of it is no report text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from catalogue.language import Language

# Full-width forms that mean one ASCII sign, and the other way round for the marks that Chinese sentences are made of.
_SIGNS = {chr(code): chr(code - 0xFEE0) for code in range(0xFF10, 0xFF1A)} | {
    ",": "，", ";": "；", ":": "：", "(": "（", ")": "）", "\xa0": " ", "\u3000": " ", "\t": " ",
    "．": ".", "％": "%", "\r": "\n", "\u2028": "\n", "\u2029": "\n",
}  # fmt: skip
_THOUSANDS = re.compile(r"，(?<=\d，)(?=\d{3}(?!\d))")
_SENTENCE = re.compile(r"[^。！？!?\n]+")
_LEAST_REPEATED = 12
"""A shorter sentence may well be said twice and mean two things."""
LONGEST = 800
"""A longer sentence is read in pieces."""


class Sentence(NamedTuple):
    """One sentence, where it stands, and whether the text has said it before."""

    start: int
    end: int
    is_repeat: bool


@lru_cache(maxsize=8)
def _table(language: Language) -> tuple[re.Pattern[str], dict[str, str]]:
    """What is written in several ways, as a pattern, and what it means."""
    means = {**_SIGNS, **language.variants}
    return re.compile(f"[{re.escape(''.join(means))}]"), means


def plain(text: str, language: Language) -> str:
    """The text with one sign for what may be written in several ways; every sign keeps its place."""
    pattern, means = _table(language)
    return _THOUSANDS.sub(",", pattern.sub(lambda sign: means[sign.group()], text))


def without_remarks(text: str, language: Language) -> str:
    """The plain text with blanks for every line that is a remark on it."""
    if not any(remark in text for remark in language.remarks):
        return text
    lines = text.split("\n")
    return "\n".join(" " * len(line) if line.startswith(language.remarks) else line for line in lines)


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a plain text; one that repeats an earlier one word for word is marked."""
    seen: set[str] = set()
    for match in _SENTENCE.finditer(text):
        words = match.group().strip()
        if words:
            repeats = len(words) >= _LEAST_REPEATED and words in seen
            seen.add(words)
            for start, end in _pieces(text, *match.span()):
                yield Sentence(start, end, repeats)


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence, in pieces where it is longer than any that means something: time must not grow with its square."""
    while end - start > LONGEST:
        cut = max(text.rfind(sign, start + LONGEST // 2, start + LONGEST) for sign in "；，、 ") + 1
        cut = cut or start + LONGEST
        yield start, cut
        start = cut
    yield start, end


class Quotations:
    """The spans that quotation marks make names of: 《…》 always, “…” where they hold little and no sentence."""

    def __init__(self, language: Language) -> None:
        longest = language.longest_quotation
        titles = [f"{mark[0]}[^{mark}\n]{{1,60}}{mark[1]}" for mark in language.titles]
        words = [f"{mark[0]}[^{mark}，。；\n]{{1,{longest}}}{mark[1]}" for mark in language.quotation_marks]
        self._pattern = re.compile("|".join(titles + words))

    def within(self, text: str, start: int, end: int) -> list[tuple[int, int]]:
        return [match.span() for match in self._pattern.finditer(text, start, end)]
