"""A Word document: its passages, and comments that cover exactly the characters they speak of.

The text and its formatting stay as they are. A run is cut in two where a comment begins or ends inside it; both halves
keep what the run said of fonts and colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from reporting.check_report.draft import Cell, Draft, Passage, Span

if TYPE_CHECKING:
    from docx.oxml.xmlchemy import BaseOxmlElement as Element

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_NOT_TEXT = frozenset({
    f"{_W}del", f"{_W}moveFrom", f"{_W}rPr", f"{_W}pPr", f"{_W}instrText", f"{_W}delText",
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
})  # fmt: skip
"""What a reader of the document does not see, or sees a second time."""
_AS_TEXT = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_HEADING = ("heading", "标题", "title")


class Note(NamedTuple):
    """What a comment says of a span, and in whose name."""

    span: Span
    text: str
    author: str


class _Piece(NamedTuple):
    """Some text inside a run: a w:t, or an element that stands for one character."""

    run: Element
    element: Element
    text: str


class WordDraft:
    """An opened document. `annotate` is called once, after everything was read."""

    def __init__(self, data: bytes) -> None:
        from docx import Document

        self._document = Document(BytesIO(data))
        self._paragraphs: list[Element] = []
        self.draft = Draft(tuple(self._read()))

    def annotate(self, notes: Iterable[Note]) -> bytes:
        """The document with a comment for each note, as a .docx file."""
        from docx.text.run import Run

        # From the end, so that cutting a run moves no span that is still to come.
        for note in sorted(notes, key=lambda note: note.span, reverse=True):
            runs = _runs_of(self._paragraphs[note.span.passage], note.span)
            if runs:
                covered = [Run(run, self._document) for run in (runs[0], runs[-1])]
                self._document.add_comment(covered, note.text, note.author, note.author[:2])
        target = BytesIO()
        self._document.save(target)
        return target.getvalue()

    def _read(self) -> Iterator[Passage]:
        number = 0
        for paragraph, cell in _paragraphs(self._document.element.body):
            text = "".join(piece.text for piece in _pieces(paragraph))
            number += cell is None
            self._paragraphs.append(paragraph)
            yield Passage(text, number, self._is_heading(paragraph), cell)

    def _is_heading(self, paragraph: Element) -> bool:
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        if style is None:
            return False
        named = next((s for s in self._document.styles if s.style_id == style.get(f"{_W}val")), None)
        return named is not None and str(named.name).lower().startswith(_HEADING)


def _paragraphs(body: Element) -> Iterator[tuple[Element, Cell | None]]:
    """Every paragraph in the order of the document, with the cell of the outermost table that holds it."""
    tables = 0
    for block in body:
        if block.tag == f"{_W}tbl":
            tables += 1
            yield from _paragraphs_of_table(block, tables)
        elif block.tag == f"{_W}p":
            yield from ((paragraph, None) for paragraph in _with_boxes(block))
        elif block.tag not in _NOT_TEXT:
            # Content controls and the like hold paragraphs and tables of their own.
            for paragraph, cell in _paragraphs(block):
                yield paragraph, cell and Cell(tables + cell.table, cell.row, cell.column)
            tables += sum(1 for _ in block.iter(f"{_W}tbl"))


def _paragraphs_of_table(table: Element, number: int) -> Iterator[tuple[Element, Cell]]:
    rows = [row for row in table.iter(f"{_W}tr") if _nearest(row, f"{_W}tbl") is table]
    for row_number, row in enumerate(rows, 1):
        column = 1
        for cell in (cell for cell in row.iter(f"{_W}tc") if _nearest(cell, f"{_W}tr") is row):
            for paragraph in cell.iter(f"{_W}p"):
                yield paragraph, Cell(number, row_number, column)
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            column += int(span.get(f"{_W}val", "1")) if span is not None else 1


def _nearest(element: Element, tag: str) -> Element | None:
    return next(element.iterancestors(tag), None)


def _with_boxes(paragraph: Element) -> Iterator[Element]:
    """A paragraph, and those of text boxes anchored in it."""
    yield paragraph
    for inner in paragraph.iterdescendants(f"{_W}p"):
        if not any(ancestor.tag in _NOT_TEXT for ancestor in inner.iterancestors()):
            yield inner


def _pieces(paragraph: Element) -> Iterator[_Piece]:
    """What a reader sees of a paragraph, in order; text boxes anchored in it are paragraphs of their own."""

    def walk(element: Element, run: Element | None) -> Iterator[_Piece]:
        for child in element:
            if child.tag in _NOT_TEXT or child.tag == f"{_W}p":
                continue
            if child.tag == f"{_W}r" and child.find(f"{_W}rPr/{_W}vanish") is not None:
                continue
            if child.tag == f"{_W}t" and run is not None:
                yield _Piece(run, child, child.text or "")
            elif child.tag in _AS_TEXT and run is not None:
                yield _Piece(run, child, _AS_TEXT[child.tag])
            else:
                yield from walk(child, child if child.tag == f"{_W}r" else run)

    yield from walk(paragraph, None)


def _runs_of(paragraph: Element, span: Span) -> list[Element]:
    """The runs that hold exactly the span, cut out of those that hold more."""
    for cut in (span.end, span.start):
        _cut(paragraph, cut)
    runs: list[Element] = []
    position = 0
    for piece in _pieces(paragraph):
        if span.start <= position < span.end and piece.text and (not runs or runs[-1] is not piece.run):
            runs.append(piece.run)
        position += len(piece.text)
    return runs


def _cut(paragraph: Element, at: int) -> None:
    """Make a run end before this character, if one goes on across it."""
    position = 0
    pieces: Sequence[_Piece] = list(_pieces(paragraph))
    for index, piece in enumerate(pieces):
        begins, position = position, position + len(piece.text)
        if begins == at and index and pieces[index - 1].run is piece.run:
            _split_run(piece.run, piece.element)
            return
        if begins < at < position:
            _split_run(piece.run, _split_text(piece.element, at - begins))
            return


def _split_text(element: Element, at: int) -> Element:
    """Cut a w:t in two; the second half."""
    second = deepcopy(element)
    words = element.text or ""
    element.text, second.text = words[:at], words[at:]
    for half in (element, second):
        half.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    element.addnext(second)
    return second


def _split_run(run: Element, first_of_second: Element) -> None:
    """Cut a run in two before one of its children; both have its properties."""
    second = deepcopy(run)
    for child in list(second):
        if child.tag != f"{_W}rPr":
            second.remove(child)
    moved = [first_of_second, *first_of_second.itersiblings()]
    for child in moved:
        second.append(child)
    run.addnext(second)
