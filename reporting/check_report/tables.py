"""Figures in tables, each turned into the sentence that its row and column make of it, for the reader of prose."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from catalogue.model import Catalogue
from reporting.check_report.draft import Draft, Passage

_FIGURE = re.compile(
    r"(?P<sign>[-－−]?)(?P<number>(?:不少于|不低于|超过|接近|近|约|超|逾)?\d[\d,，]*(?:\.\d+)?[余多]?[百千万亿]*[余多]?(?:[~～—－-]\d[\d,，.]*)?)"
    r"(?P<measure>[^\d\s]{0,4}?)(?P<bound>以上|左右)?"
)
_YEAR_ALONE = re.compile(r"(19|20)\d\d")
_IN_BRACKETS = re.compile(r"[（(](?:单位[:：])?\s*([^（）()]{1,8})[）)]\s*$|单位[:：]\s*([^\s，。）)]{1,8})")
_PERCENT = ("%", "％")
_PROSE = 15
PLANNED = "计划"
_UNSAID = re.compile(r"[（(].*?[）)]|[%％\s]")


@dataclass(frozen=True, slots=True)
class TableFigure:
    """A number in a cell: which characters of which passage, and where it stands in a sentence that says the same."""

    passage: int
    start: int
    end: int
    sentence: str
    at: int


class _Grid:
    """One table: what stands where, and which cells are figures."""

    def __init__(self, cells: list[tuple[int, Passage]]) -> None:
        self.texts: dict[tuple[int, int], tuple[int, str]] = {}
        for index, passage in cells:
            if passage.cell is not None and passage.text.strip():
                self.texts.setdefault((passage.cell.row, passage.cell.column), (index, passage.text))
        self.figures = {at: match for at, (_, text) in self.texts.items() if (match := self._figure(at, text))}
        filled = Counter(row for row, _ in self.texts)
        first_of_figures = min((row for row, _ in self.figures), default=0)
        # With a heading over every column nothing below it is one, however late the first figure comes.
        whole = min((row for row, cells in filled.items() if cells == max(filled.values())), default=0)
        self._first_row = min(first_of_figures, whole + 1) if whole else first_of_figures

    def _figure(self, at: tuple[int, int], text: str) -> re.Match[str] | None:
        match = _FIGURE.fullmatch(text.strip())
        if match is None or (_YEAR_ALONE.fullmatch(text.strip()) and 1 in at) or match["measure"].startswith("年"):
            return None
        return match

    def above(self, at: tuple[int, int]) -> list[str]:
        """The headings over a cell, the topmost first; a wide one stands over several columns."""
        found = []
        for row in range(1, min(at[0], self._first_row)):
            filled = [column for r, column in self.texts if r == row]
            # A row of one cell is the title of those below it.
            columns = [column for column in filled if column <= at[1]] if len(filled) > 1 else []
            if columns and (row, max(columns)) not in self.figures:
                found.append(self.texts[row, max(columns)][1].strip())
        return found

    def left_of(self, at: tuple[int, int]) -> list[tuple[int, str]]:
        """The words to the left of a cell, with their columns."""
        return [
            (column, text.strip())
            for (row, column), (_, text) in sorted(self.texts.items())
            if row == at[0] and column < at[1] and (row, column) not in self.figures
        ]

    def beside(self, at: tuple[int, int]) -> list[tuple[int, str]]:
        """The words of a cell's row on either side of it, with their columns; those on the left first."""
        said = [
            (column, text.strip())
            for (row, column), (_, text) in sorted(self.texts.items())
            if row == at[0] and column != at[1] and (row, column) not in self.figures
        ]
        return sorted(said, key=lambda one: one[0] > at[1])

    def row_of(self, at: tuple[int, int]) -> Iterator[tuple[int, int]]:
        """The figures of a cell's row."""
        return (other for other in self.figures if other[0] == at[0])


def is_prose(passage: Passage) -> bool:
    """Whether a cell holds sentences, to be read like any other."""
    return len(passage.text.strip()) >= _PROSE and any(sign in passage.text for sign in "，。；、")


def table_figures(draft: Draft, catalogue: Catalogue) -> Iterator[TableFigure]:
    """Every figure that stands alone in a cell."""
    for cells in draft.tables():
        grid = _Grid([(index, passage) for index, passage in cells if not is_prose(passage)])
        title = _title(draft, cells[0][0])
        speaker = _Speaker(grid, catalogue, title)
        for at, match in grid.figures.items():
            said = speaker.sentence(at)
            if said is not None:
                index, text = grid.texts[at]
                begins = len(text) - len(text.lstrip()) + match.start("number")
                yield TableFigure(index, begins, len(text.rstrip()), *said)


def _title(draft: Draft, first: int) -> str:
    """The paragraph before a table."""
    before = (passage.text.strip() for passage in reversed(draft.passages[:first]) if passage.text.strip())
    return next(before, "")


class _Speaker:
    """Says the figures of one table in words."""

    def __init__(self, grid: _Grid, catalogue: Catalogue, title: str) -> None:
        self._grid, self._words = grid, catalogue.check_up.words
        self._reckoned = {line.label_zh for line in catalogue.report_lines.values() if line.formula}
        self._measures = catalogue.language.measures
        self._measure_of_title = _measure_in(title)
        headings = {at[1]: grid.above(at) for at in grid.figures}
        self._has_figures_of_work = any(
            not self._counts_rows(above) and not self._is_any("aside_column", above) for above in headings.values()
        )

    def sentence(self, at: tuple[int, int]) -> tuple[str, int] | None:
        """A sentence with the figure, and where in it the figure begins; None for a cell that only counts rows."""
        above = self._grid.above(at)
        if self._counts_rows(above) or self._is_aside(above):
            return None
        if self._is_any("of_plan_column", above) and self._is_in_percent(at, above):
            return self._of_plan(at)
        if self._is_change([*above, *(text for _, text in self._grid.left_of(at))]):
            return self._change(at, above)
        label = self._label(at, above)
        return f"{label}{self._figure(at, above)}。", len(label)

    def _label(self, at: tuple[int, int], above: list[str]) -> str:
        rows = [text for column, text in self._grid.left_of(at) if not self._is_measure(column, at)]
        times = [text for text in above if self._is_time(text)]
        things = [text for text in above if not self._is_time(text) and len(text) > 1]
        # Where a heading says 目标 its sentence says 计划, which reaches farther.
        planned = [PLANNED] if any(word in text for text in times for word in self._words["plan"]) else []
        return "".join(_without_brackets(text) for text in (*times, *planned, *rows, *things))

    def _is_time(self, heading: str) -> bool:
        """Whether a heading says when, or that it was planned."""
        uses = ("last_year", "this_year", "next_year", "plan")
        return "年" in heading or any(word in heading for use in uses for word in self._words[use])

    def _counts_rows(self, headings: list[str]) -> bool:
        return any(word in heading for heading in headings for word in self._words["row_numbers"])

    def _is_any(self, use: str, headings: list[str]) -> bool:
        """Whether a heading is one of the words, and no longer one."""
        return any(_UNSAID.sub("", heading) in self._words[use] for heading in headings)

    def _is_aside(self, above: list[str]) -> bool:
        """Whether a cell says how far the figures of other columns reach."""
        return self._has_figures_of_work and self._is_any("aside_column", above)

    def _is_in_percent(self, at: tuple[int, int], above: list[str]) -> bool:
        measure = self._grid.figures[at]["measure"]
        return measure in _PERCENT or any(sign in text for text in above for sign in (*_PERCENT, "百分", "率", "幅"))

    def _of_plan(self, at: tuple[int, int]) -> tuple[str, int] | None:
        """How much of its plan the figure of the same row is."""
        level = self._level(at)
        if level is None:
            return None
        before = f"{level[0]}，完成年度计划的"
        return f"{before}{self._grid.figures[at]['number']}%。", len(before)

    def _figure(self, at: tuple[int, int], above: list[str]) -> str:
        match = self._grid.figures[at]
        measure = match["measure"] or self._measure(at, above)
        return f"{match['number']}{measure}{match['bound'] or ''}"

    def _measure(self, at: tuple[int, int], above: list[str]) -> str:
        for column, text in self._grid.beside(at):
            if self._is_measure(column, at):
                return text
        words = [*reversed(above), *(text for _, text in self._grid.left_of(at))]
        return next((measure for text in words if (measure := _measure_in(text))), self._measure_of_title)

    def _is_measure(self, column: int, at: tuple[int, int]) -> bool:
        """Whether a cell of a row says in what the row is counted; a column of 单位 may hold those who report, too."""
        headings = self._grid.above((at[0], column))
        text = self._grid.texts[at[0], column][1].strip()
        says = any(word in heading for heading in headings for word in self._words["measure_column"])
        return says and text.lstrip("百千万亿") in self._measures

    def _is_change(self, headings: list[str]) -> bool:
        return any(word in heading for heading in headings for word in self._words["change_column"])

    def _change(self, at: tuple[int, int], above: list[str]) -> tuple[str, int] | None:
        """The change behind the figure of the same row that it is the change of.

        Of what the report makes of several indicators no change is published.
        """
        level = self._level(at)
        if level is None or any(text in self._reckoned for _, text in self._grid.left_of(at)):
            return None
        said, measure = level
        if self._is_in_percent(at, above):
            measure = "%"
        elif measure in _PERCENT:
            measure = "个百分点"
        match = self._grid.figures[at]
        before = f"{said}，比上年{'下降' if match['sign'] else '增长'}"
        return f"{before}{match['number']}{measure}。", len(before)

    def _level(self, at: tuple[int, int]) -> tuple[str, str] | None:
        """The figure of a cell's row that the cell compares with something, in words, and its measure."""
        later = (*self._words["last_year"], *self._words["plan"])
        for other in self._grid.row_of(at):
            headings = self._grid.above(other)
            if other == at or self._is_change(headings) or self._counts_rows(headings):
                continue
            if self._is_aside(headings) or any(word in text for text in headings for word in later):
                continue
            return f"{self._label(other, headings)}{self._figure(other, headings)}", self._measure(other, headings)
        return None


def _measure_in(text: str) -> str:
    match = _IN_BRACKETS.search(text)
    return (match[1] or match[2]).strip() if match else ""


def _without_brackets(text: str) -> str:
    return _IN_BRACKETS.sub("", text)
