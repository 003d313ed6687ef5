"""The office's draft as passages of text, each of whose characters is known by where it stands in the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a passage stands in a table: numbers count from 1, and a wide cell has the number of its first column."""

    table: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One paragraph of a document, or one line of a text file; `number` counts the paragraphs outside tables."""

    text: str
    number: int
    is_heading: bool = False
    cell: Cell | None = None

    @property
    def place(self) -> str:
        """Where it stands, for a reader: 第 12 段, 表 1 第 3 行第 2 列."""
        if self.cell is not None:
            return f"表 {self.cell.table} 第 {self.cell.row} 行第 {self.cell.column} 列"
        return f"第 {self.number} 段"


@dataclass(frozen=True, slots=True)
class Draft:
    """All passages in the order of the document."""

    passages: tuple[Passage, ...]

    @property
    def text(self) -> str:
        """The passages as one text, a line each."""
        return "\n".join(passage.text for passage in self.passages)

    @property
    def starts(self) -> list[int]:
        """At which character of `text` each passage begins."""
        lengths = (len(passage.text) + 1 for passage in self.passages)
        return list(accumulate(lengths, initial=0))[:-1]

    def tables(self) -> Iterator[list[tuple[int, Passage]]]:
        """The passages of each table with their index among all."""
        by_table: dict[int, list[tuple[int, Passage]]] = {}
        for index, passage in enumerate(self.passages):
            if passage.cell is not None:
                by_table.setdefault(passage.cell.table, []).append((index, passage))
        yield from by_table.values()


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Some characters of one passage."""

    passage: int
    start: int
    end: int
