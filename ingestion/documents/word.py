"""The text of a .docx as its reader sees it: paragraphs, tables, text boxes once, notes at the end.

What was deleted with changes tracked, hidden text, field codes, comments, and the headers and footers of pages are not
part of it. Nothing is believed of the file: its parts are unpacked with a limit, entities are refused, and the markup
is taken element by element, so that no depth of it costs anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import XMLParser, fromstring  # type: ignore[import-untyped]

from ingestion.documents.limits import Limits
from ingestion.package import Package
from ingestion.refusal import Refusal

MAIN_PART = "word/document.xml"
_RELATIONS = "_rels/.rels"
_NOTES = {"footnoteReference": "footnotes.xml", "endnoteReference": "endnotes.xml"}
_MOST_NESTED, _DEEPEST = 40, 1000
"""Tables in tables and boxes in boxes; elements in elements: more is nobody's document."""

_MARKUP_PER_CHARACTER = 40
"""Word needs ten to twenty bytes of markup for a character of a report."""

_CHUNK = 1 << 16
_OFF = frozenset({"0", "false", "off"})
_UNREAD = frozenset(
    {"instrText", "delText", "delInstrText", "moveFrom", "rPrChange", "pPrChange", "rt", "del", "sectPr"}
)
"""`del` and `moveFrom` are here as what encloses text; as a mark of a paragraph or row they are looked at first."""

_BREAKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_CONTAINERS = frozenset({"body", "tc", "txbxContent", "footnote", "endnote"})
_MARKS = frozenset({"vanish", "showingPlcHdr"})
_AROUND_MARKS = frozenset({"rPr", "trPr", "sdt", "sdtContent", "AlternateContent", "Choice", "Fallback"})
_KNOWN = {"p", "r", "t", "tbl", "tr", *_CONTAINERS, *_BREAKS, *_NOTES, *_UNREAD, *_MARKS, *_AROUND_MARKS}
"""What the reader looks at; other elements only lie between these."""


def is_document(package: Package) -> bool:
    return _main_part(package) in package


def text(package: Package, limits: Limits) -> str:
    """The text, a line for each paragraph and each row of a table. Raises Refusal where the markup is broken."""
    main = _main_part(package)
    story = _read(package.part(main), limits)
    lines = list(story.lines)
    for reference, part in _NOTES.items():
        wanted = [number for kind, number in story.references if kind == reference]
        name = f"{main.rpartition('/')[0]}/{part}"
        if wanted and name in package:
            notes = _read(package.part(name), limits).notes
            lines += [line for number in dict.fromkeys(wanted) for line in notes.get(number, ())]
    return "\n".join(lines)


def _main_part(package: Package) -> str:
    """The part that holds the text; some programs give it another name."""
    if MAIN_PART in package or _RELATIONS not in package:
        return MAIN_PART
    try:
        relations = fromstring(package.part(_RELATIONS))
    except (ParseError, DefusedXmlException):
        return MAIN_PART
    targets = (
        relation.get("Target", "").lstrip("/").lower()
        for relation in relations
        if relation.get("Type", "").endswith("/officeDocument")
    )
    return next((target for target in targets if target.startswith("word/")), MAIN_PART)


def _read(markup: bytes, limits: Limits) -> _Story:
    if len(markup) > limits.characters * _MARKUP_PER_CHARACTER:
        raise Refusal("DOCUMENT_TOO_LONG", limit=str(limits.characters))
    story = _Story(limits)
    parser = XMLParser(target=story, forbid_dtd=True)
    try:
        # In pieces, so that the limit is met before all of it has been gone through.
        for start in range(0, len(markup), _CHUNK):
            parser.feed(markup[start : start + _CHUNK])
        parser.close()
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Refusal("FILE_UNREADABLE") from error
    return story


@dataclass(slots=True, eq=False)
class _Frame:
    """An element under way, and the nearest of those around it into which its text goes."""

    name: str
    container: _Frame | None = None
    paragraph: _Frame | None = None
    table: _Frame | None = None
    row: _Frame | None = None
    run: _Frame | None = None
    nested: int = 0
    lines: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)
    is_left_out: bool = False
    """Of a run, row or control: what it holds is not shown; of alternatives: one was taken already."""

    is_merged_with_next: bool = False
    number: str = ""


class _Story:
    """Takes the elements of a part as the parser meets them. `lines` is the text, `notes` those of a part of notes."""

    def __init__(self, limits: Limits) -> None:
        self.references: list[tuple[str, str]] = []
        self.notes: dict[str, list[str]] = {}
        self._limits = limits
        self._characters = 0
        self._root = _Frame("")
        self._root.container = self._root
        self._frames = [self._root]
        self._open: list[str | None] = []
        self._names: dict[str, str | None] = {}
        self._skipped = 0
        self._is_text = False
        self._ends: Mapping[str, Callable[[_Frame], None]] = {
            "p": self._end_paragraph, "tr": self._end_row, "tbl": self._end_table,
        } | dict.fromkeys(_CONTAINERS, self._end_container)  # fmt: skip

    @property
    def lines(self) -> list[str]:
        return self._root.lines

    # ---- what the parser calls

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._skipped:
            self._skipped += 1
            return
        name = self._name(tag)
        if name is not None and self._is_left_out(name):
            self._skipped = 1
            return
        self._open.append(name)
        if len(self._open) > _DEEPEST:
            raise Refusal("FILE_UNREADABLE")
        if name is None:
            return
        frame = self._pushed(name)
        self._take_mark(name, frame, attributes)
        if name == "t":
            self._is_text = True
        elif name in _BREAKS and frame.run is not None:
            self._add(_BREAKS[name])
        elif name in _NOTES:
            self.references.append((name, _attribute(attributes, "id")))

    def data(self, text: str) -> None:
        if self._is_text and not self._skipped:
            # A line end inside a text is how the file was written, and no line end of the document.
            self._add(text.replace("\n", " ").replace("\r", " "))

    def end(self, _tag: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        if self._open.pop() is None:
            return
        frame = self._frames.pop()
        if frame.name == "t":
            self._is_text = False
        if (ends := self._ends.get(frame.name)) is not None:
            ends(frame)

    def close(self) -> None:
        """Nothing is left to do: every element has ended."""

    # ---- elements

    def _name(self, tag: str) -> str | None:
        """The name without its namespace, of which two editions of the format have two; None where nobody looks."""
        if tag not in self._names:
            name = tag.rpartition("}")[2]
            self._names[tag] = name if name in _KNOWN else None
        return self._names[tag]

    def _is_left_out(self, name: str) -> bool:
        around = self._frames[-1]
        if name in ("del", "moveFrom") and around.name in ("rPr", "trPr"):
            return False
        if name in _UNREAD:
            return True
        if around.name == "AlternateContent":
            # The same content several times, for programs of several ages: the first will do.
            is_second, around.is_left_out = around.is_left_out, True
            return is_second
        return name == "sdtContent" and around.is_left_out

    def _pushed(self, name: str) -> _Frame:
        around = self._frames[-1]
        frame = _Frame(name, around.container, around.paragraph, around.table, around.row, around.run, around.nested)
        if name in _CONTAINERS:
            frame.container, frame.paragraph, frame.table, frame.row, frame.run = frame, None, None, None, None
            frame.nested += 1
        elif name == "p":
            frame.paragraph, frame.run = frame, None
        elif name == "tbl":
            frame.table, frame.row = frame, None
        elif name == "tr":
            frame.row = frame
        elif name == "r":
            frame.run = frame
        if frame.nested > _MOST_NESTED:
            raise Refusal("FILE_UNREADABLE")
        self._frames.append(frame)
        return frame

    def _take_mark(self, name: str, frame: _Frame, attributes: Mapping[str, str]) -> None:
        """What an element says about the paragraph, run, row or control around it."""
        around = self._frames[-2].name
        if name == "vanish" and around == "rPr" and _attribute(attributes, "val") not in _OFF:
            if frame.run is not None:
                frame.run.is_left_out = True
        elif name in ("del", "moveFrom") and around == "rPr" and frame.run is None and frame.paragraph is not None:
            frame.paragraph.is_merged_with_next = True
        elif name == "del" and around == "trPr" and frame.row is not None:
            frame.row.is_left_out = True
        elif name == "showingPlcHdr" and around == "sdt":
            self._frames[-2].is_left_out = True
        elif name in ("footnote", "endnote"):
            frame.number = "" if _attribute(attributes, "type") else _attribute(attributes, "id")

    def _add(self, text: str) -> None:
        frame = self._frames[-1]
        if frame.paragraph is None or (frame.run is not None and frame.run.is_left_out):
            return
        self._characters += len(text)
        if self._characters > self._limits.characters:
            raise Refusal("DOCUMENT_TOO_LONG", limit=str(self._limits.characters))
        frame.paragraph.parts.append(text)

    def _end_paragraph(self, frame: _Frame) -> None:
        container = frame.container
        assert container is not None  # noqa: S101 - the root is one
        container.parts += frame.parts
        if frame.is_merged_with_next:
            container.boxes += frame.boxes
            return
        container.lines.append("".join(container.parts))
        container.lines += [*container.boxes, *frame.boxes]
        container.parts.clear()
        container.boxes.clear()

    def _end_row(self, frame: _Frame) -> None:
        if frame.table is not None and frame.cells and not frame.is_left_out:
            frame.table.lines.append("\t".join(frame.cells))

    def _end_table(self, frame: _Frame) -> None:
        assert frame.container is not None  # noqa: S101 - the root is one
        frame.container.lines += frame.lines

    def _end_container(self, frame: _Frame) -> None:
        around = self._frames[-1]
        lines = [*frame.lines, *(["".join(frame.parts)] if frame.parts else []), *frame.boxes]
        if frame.name == "tc" and around.row is not None:
            around.row.cells.append("\n".join(lines).strip("\n"))
        elif frame.name in ("footnote", "endnote"):
            if frame.number:
                self.notes[frame.number] = lines
        elif frame.name == "txbxContent" and around.paragraph is not None:
            around.paragraph.boxes += lines
        else:
            assert around.container is not None  # noqa: S101 - the root is one
            around.container.lines += lines


def _attribute(attributes: Mapping[str, str], name: str) -> str:
    """An attribute whatever its namespace: two editions of the format have two."""
    return next((value for key, value in attributes.items() if key.rpartition("}")[2] == name), "")
