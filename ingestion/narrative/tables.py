"""Rows of a table in a text: a label with its measure, and one number for each column."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from catalogue.language import Language
from ingestion.narrative.numbers import grammar
from ingestion.narrative.words import any_of

_CELL = r"(?:\d[\d,]{0,20}(?:\.\d{1,6})?|空|[-—–/]{1,2}|[*＊]{1,4}|[xX×]{2,4})"
_LIKELY = re.compile(rf"[ |]{_CELL}(?:[ |]{{1,4}}{_CELL}){{0,12}}[ |]{{0,4}}$")
_NUMBER = re.compile(r"\d")
_ORDER = re.compile(r"依次为|依次是|分别为|栏目为|各列为")


class Cell(NamedTuple):
    """One number of a row; `column` counts from 0, blank cells included."""

    start: int
    end: int
    column: int


class Row(NamedTuple):
    """A label, its measure as spelled (empty where the row has none), and its numbers."""

    label: tuple[int, int]
    measure: str
    cells: list[Cell]


class Tables:
    """The patterns of a table's rows in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        measure = any_of(language.measures)
        self._row = re.compile(
            rf"[ |]{{0,8}}(?P<label>(?=[^\d\n]{{0,3}}[\u4e00-\u9fff“（])[^\n|]{{2,40}}?)(?:（(?P<in>{measure})）)?"
            # Statistical yearbooks repeat the label in English between it and the numbers.
            rf"(?:[ |：]{{1,4}}(?P<column>{measure}))?[ |：]{{1,60}}+"
            r"(?:[A-Za-z][A-Za-z&#,.'’/ -]{0,160}+(?:（[a-z -]{1,20}+）)?[ |：]{0,60}+)?"
            rf"(?P<cells>{_CELL}(?:[ |]{{1,8}}{_CELL}){{0,12}})[ |]{{0,8}}$"
        )
        self._cell = re.compile(_CELL)
        self._column = re.compile(any_of(language.columns))
        self._grammar = grammar(language)

    def row(self, text: str, start: int, end: int) -> Row | None:
        """The row that a line is, or None. A row without a measure has at least two cells."""
        if _LIKELY.search(text, max(start, end - 200), end) is None:
            return None
        match = self._row.match(text, start, end)
        if match is None:
            return None
        measure = match["in"] or match["column"] or ""
        cells = [
            Cell(*cell.span(), column)
            for column, cell in enumerate(self._cell.finditer(text, match.start("cells"), match.end("cells")))
        ]
        numbers = [cell for cell in cells if _NUMBER.match(text, cell.start) or text[cell.start] in "*＊xX×"]
        if not numbers or (not measure and len(cells) < 2):
            return None
        return Row(match.span("label"), measure, numbers)

    def scopes(self, text: str, start: int, end: int) -> list[str]:
        """The scopes of the columns that a header line names, in order; fewer than two are no header."""
        order = _ORDER.search(text, start, end)
        words = self._column.findall(text, order.end() if order else start, end)
        return [self._language.columns[word] for word in words] if len(words) > 1 else []


@lru_cache(maxsize=8)
def tables(language: Language) -> Tables:
    """The patterns of a language, made once."""
    return Tables(language)
