"""The look back on the year (工作回顾): each sentence of the catalogue with its figures in their recommended wording.

A sentence is said as the catalogue has it where all its figures may be said alike. Where one may not be said, or only
as 据不完全统计, it is taken apart: what may be said goes on by the names of the lines, the rest is 待补.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from string import Formatter

from catalogue.model import ReportSentence
from reporting.report.figures import Line, Part
from reporting.report.places import Leaders


@dataclass(frozen=True, slots=True)
class Run:
    """Some text, and the number of the note behind it; 0 for none."""

    text: str
    note: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A section with all its lines, and its paragraph; empty where none of them may be said."""

    part: Part
    department: str
    lines: tuple[Line, ...]
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    part: Part
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """All chapters; `noted` are the lines said in the text, in the order of their notes."""

    chapters: tuple[Chapter, ...]
    noted: tuple[Line, ...]

    @property
    def sections(self) -> Iterator[Section]:
        for chapter in self.chapters:
            yield from chapter.sections

    @property
    def pending(self) -> tuple[Line, ...]:
        """The lines that are left out of the text (待补)."""
        return tuple(line for section in self.sections for line in section.lines if not line.wording)

    def note_of(self, line: Line) -> int:
        """The number of the line's note; 0 where it is not said."""
        return self.noted.index(line) + 1 if line in self.noted else 0


def review(
    lines: Sequence[Line],
    sentences: Mapping[str, ReportSentence],
    departments: Mapping[str, str],
    leaders: Mapping[str, Leaders],
) -> Review:
    """The text for the lines, given in the report's order; `leaders` are those of the lines that name places."""
    writer = _Writer(sentences, leaders)
    chapters = []
    for chapter, of_chapter in groupby(lines, key=lambda line: line.chapter):
        sections = []
        for part, of_section in groupby(of_chapter, key=lambda line: line.section):
            held = tuple(of_section)
            sections.append(Section(part, departments.get(part.code, ""), held, tuple(writer.paragraph(held))))
        chapters.append(Chapter(chapter, tuple(sections)))
    return Review(tuple(chapters), tuple(writer.noted))


class _Writer:
    """Writes paragraphs one after the other and numbers the figures as it goes."""

    def __init__(self, sentences: Mapping[str, ReportSentence], leaders: Mapping[str, Leaders]) -> None:
        self.noted: list[Line] = []
        self._leaders = leaders
        self._sentence_of = {code: sentence for sentence in sentences.values() for code in sentence.lines}

    def paragraph(self, lines: Sequence[Line]) -> Iterator[Run]:
        """The sentences of a section; nothing where no line may be said."""
        by_code = {line.code: line for line in lines}
        done: set[str] = set()
        for line in lines:
            if line.code in done:
                continue
            sentence = self._sentence_of.get(line.code)
            together = [by_code[code] for code in sentence.lines if code in by_code] if sentence else [line]
            done.update(told.code for told in together)
            yield from self._said(sentence, together)

    def _said(self, sentence: ReportSentence | None, lines: Sequence[Line]) -> Iterator[Run]:
        if sentence and len(lines) == len(sentence.lines) and _alike(lines):
            yield from self._as_written(sentence, {line.code: line for line in lines})
            return
        for prefix in sorted({line.prefix for line in lines}):
            yield from self._by_name(prefix, [line for line in lines if line.wording and line.prefix == prefix])

    def _as_written(self, sentence: ReportSentence, lines: Mapping[str, Line]) -> Iterator[Run]:
        (prefix,) = {line.prefix for line in lines.values()}
        text = f"{prefix}，" if prefix else ""
        for literal, code, _, _ in Formatter().parse(sentence.text):
            text += literal
            if code:
                yield from self._figure(text, lines[code])
                text = ""
        yield Run(f"{text}。")

    def _by_name(self, prefix: str, lines: Sequence[Line]) -> Iterator[Run]:
        text = f"{prefix}，" if prefix else ""
        for line in lines:
            yield from self._figure(f"{text}{line.name}", line)
            text = "，"
        if lines:
            yield Run("。")

    def _figure(self, before: str, line: Line) -> Iterator[Run]:
        self.noted.append(line)
        yield Run(f"{before}{line.wording}", len(self.noted))
        leaders = self._leaders.get(line.code)
        if leaders and leaders.places:
            yield Run(f"（如{leaders.named}）")


def _alike(lines: Sequence[Line]) -> bool:
    return all(line.wording for line in lines) and len({line.prefix for line in lines}) == 1
