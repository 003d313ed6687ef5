"""The report as a Word document: the look back on the year, what is lacking, targets, tables, notes, signatures."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from ingestion.wording import figure as written
from reporting.report import tables
from reporting.report import typography as type_
from reporting.report.contents import Contents
from reporting.report.files import same_bytes
from reporting.report.sentences import Run, Section
from reporting.report.tables import Cell, Column, Table

NUMERALS = "一二三四五六七八九十"

ROWS_SHOWN = 30
"""So many rows of what is lacking are printed; the workbook has all."""


def document(contents: Contents) -> bytes:
    """The document's bytes; the same for the same contents."""
    word = Document()
    type_.prepare(word)
    _describe(word, contents)
    _Writer(word, contents).write()
    made = BytesIO()
    word.save(made)
    return same_bytes(made.getvalue())


def _describe(word: WordDocument, contents: Contents) -> None:
    about = word.core_properties
    about.title = f"{contents.title}{contents.subtitle}"
    about.author = about.last_modified_by = contents.province.name
    about.subject = contents.basis.sentence
    about.comments = about.keywords = ""
    about.created = about.modified = contents.basis.stamp
    about.language = "zh-CN"


class _Writer:
    """Writes the parts of one report, top to bottom."""

    def __init__(self, word: WordDocument, contents: Contents) -> None:
        self._word, self._contents = word, contents
        self._year = contents.basis.year

    def write(self) -> None:
        self._add(self._contents.title, type_.TITLE)
        self._add(self._contents.subtitle, type_.SUBTITLE)
        self._add(f"（{self._contents.basis.sentence}）", type_.BASIS)
        self._review()
        self._shortfalls()
        self._table(tables.next_targets(self._contents), f"{self._year + 1}年主要目标")
        self._part("附表")
        for made in (tables.comparison, tables.targets, tables.leading, tables.pending):
            self._table(made(self._contents))
        self._notes()
        self._part("签字确认")
        self._table(tables.signatures(self._contents), "", together=True)

    def _review(self) -> None:
        self._part(f"{self._year}年工作回顾")
        said = [chapter for chapter in self._contents.review.chapters if any(one.runs for one in chapter.sections)]
        for number, chapter in enumerate(said):
            if chapter.part.title:
                self._add(f"{_numeral(number)}、{chapter.part.title}", type_.CHAPTER)
            for section in chapter.sections:
                self._section(section)
        if self._contents.review.pending:
            self._add(f"另有 {len(self._contents.review.pending)} 项数据暂不能写入，见附表“待补的数据”。", type_.REMARK)

    def _section(self, section: Section) -> None:
        if not section.runs:
            return
        paragraph = self._add("", type_.TEXT)
        heading = paragraph.add_run(f"{section.part.title}。")
        heading.bold = True
        type_.set_font(heading, type_.SECTION_FONT)
        for run in section.runs:
            self._run(paragraph, run)

    def _run(self, paragraph: Paragraph, run: Run) -> None:
        paragraph.add_run(run.text)
        if run.note:
            mark = paragraph.add_run(f"〔{run.note}〕")
            mark.font.superscript = True
            _link(mark._r, _bookmark(run.note))

    def _shortfalls(self) -> None:
        self._part("存在的不足")
        for made in (tables.blanks, tables.missing_associations, tables.falls, tables.missed):
            self._table(made(self._contents), shown=ROWS_SHOWN)

    def _notes(self) -> None:
        self._part("数据注释")
        for number, text in enumerate(self._contents.notes, start=1):
            paragraph = self._add("", type_.NOTE)
            _mark(paragraph, _bookmark(number), number)
            paragraph.add_run(f"〔{number}〕{text}")

    def _part(self, title: str) -> None:
        self._add("", type_.REMARK)
        self._add(title, type_.PART)

    def _add(self, text: str, style: str) -> Paragraph:
        return self._word.add_paragraph(text, style=style)

    def _table(
        self, table: Table, caption: str | None = None, shown: int | None = None, *, together: bool = False
    ) -> None:
        """The table under its caption; an empty one is only its remark."""
        rows = table.rows[:shown]
        if caption != "":
            self._add(caption or table.title, type_.CAPTION)
        if rows:
            self._grid(table, rows, together=together)
        if len(rows) < len(table.rows):
            self._add(f"共 {len(table.rows)} 行，其余见工作簿“不足”表。", type_.REMARK)
        if table.remark:
            self._add(table.remark, type_.REMARK)

    def _grid(self, table: Table, rows: tuple[tables.Row, ...], *, together: bool) -> None:
        # Cells are taken once: looking each up in the table would take its time again for every one.
        grid = self._word.add_table(rows=len(rows) + 1, cols=len(table.columns), style="Table Grid")
        grid.alignment, grid.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        width = len(table.columns)
        cells = grid._cells
        for column, cell in zip(table.columns, cells[:width], strict=True):
            _fill(cell, column, column.title, heading=True)
        for number, row in enumerate(rows, start=1):
            of_row = cells[number * width : (number + 1) * width]
            if len(row) == 1:
                merged = of_row[0].merge(of_row[-1])
                _write(merged, str(row[0]), WD_ALIGN_PARAGRAPH.LEFT, bold=True)
                continue
            for column, cell, content in zip(table.columns, of_row, row, strict=True):
                _fill(cell, column, content)
        type_.lay_out(grid, table.widths, together=together)


def _fill(cell: _Cell, column: Column, content: Cell, *, heading: bool = False) -> None:
    cell.width = Mm(column.width)
    is_number = column.is_number and not isinstance(content, str)
    alignment = WD_ALIGN_PARAGRAPH.RIGHT if is_number else WD_ALIGN_PARAGRAPH.LEFT
    _write(cell, _shown(content), WD_ALIGN_PARAGRAPH.CENTER if heading else alignment, bold=heading)


def _write(cell: _Cell, text: str, alignment: WD_ALIGN_PARAGRAPH, *, bold: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.style, paragraph.alignment = type_.CELL, alignment
    paragraph.add_run(text).bold = bold


def _shown(content: Cell) -> str:
    return written(content) if isinstance(content, Decimal) else str(content)


def _numeral(number: int) -> str:
    """一 for the first; beyond ten 十一, 十二, …."""
    return NUMERALS[number] if number < len(NUMERALS) else f"十{NUMERALS[number - len(NUMERALS)]}"


def _bookmark(note: int) -> str:
    return f"note_{note}"


def _link(run: Any, bookmark: str) -> None:  # noqa: ANN401 - an element of lxml
    """Make the run lead to a bookmark of this document."""
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), bookmark)
    run.addprevious(link)
    link.append(run)


def _mark(paragraph: Paragraph, bookmark: str, number: int) -> None:
    for tag in ("w:bookmarkStart", "w:bookmarkEnd"):
        mark = OxmlElement(tag)
        mark.set(qn("w:id"), str(number))
        if tag == "w:bookmarkStart":
            mark.set(qn("w:name"), bookmark)
        paragraph._p.append(mark)
