"""Aligned tables on a terminal, where a Chinese character is two columns wide."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence


def aligned(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Header, rule and rows, each column as wide as its widest cell; the last one is not padded."""
    widths = [max(width(row[index]) for row in (columns, *rows)) for index in range(len(columns))]
    yield _line(columns, widths)
    yield "  ".join("-" * size for size in widths)
    for row in rows:
        yield _line(row, widths)


def width(text: str) -> int:
    """How many terminal columns `text` takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (size - width(cell)) for cell, size in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()
