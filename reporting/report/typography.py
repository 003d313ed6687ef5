"""How the report's Word document looks: page, styles, tables and the number of the page.

Type and page follow the format of official documents (GB/T 9704): A4, 仿宋 三号 for the text, 黑体 and 楷体 for
headings, the number of the page between dashes. Fonts are given by name; what stands in for a missing one is up to
whoever opens it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.styles.style import ParagraphStyle
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph
from docx.text.run import Run as WordRun

LATIN = "Times New Roman"

TITLE, SUBTITLE, BASIS, PART, CHAPTER, TEXT, CAPTION, REMARK, CELL, NOTE = (
    *("报告标题", "报告副标题", "报告依据", "报告部分", "报告一级标题", "报告正文"),
    *("报告表题", "报告表注", "报告表格", "报告注释"),
)

SECTION_FONT = "楷体"

# name: font, points, bold, line spacing in points (0: single), alignment, first line indented by two characters
STYLES: dict[str, tuple[str, float, bool, float, WD_ALIGN_PARAGRAPH, bool]] = {
    TITLE: ("方正小标宋简体", 22, False, 34, WD_ALIGN_PARAGRAPH.CENTER, False),
    SUBTITLE: (SECTION_FONT, 16, False, 28, WD_ALIGN_PARAGRAPH.CENTER, False),
    BASIS: (SECTION_FONT, 12, False, 20, WD_ALIGN_PARAGRAPH.CENTER, False),
    PART: ("黑体", 16, False, 28, WD_ALIGN_PARAGRAPH.CENTER, False),
    CHAPTER: ("黑体", 16, False, 28, WD_ALIGN_PARAGRAPH.LEFT, True),
    TEXT: ("仿宋", 16, False, 28, WD_ALIGN_PARAGRAPH.JUSTIFY, True),
    CAPTION: ("黑体", 14, False, 24, WD_ALIGN_PARAGRAPH.CENTER, False),
    REMARK: ("仿宋", 10.5, False, 0, WD_ALIGN_PARAGRAPH.LEFT, False),
    CELL: ("宋体", 9, False, 0, WD_ALIGN_PARAGRAPH.LEFT, False),
    NOTE: ("仿宋", 10.5, False, 17, WD_ALIGN_PARAGRAPH.JUSTIFY, False),
}

NO_LINE_BEGINS_WITH = "!%),.:;>?]}¢¨°·ˇˉ―‖’”…‰′″›℃∶、。〃〉》」』】〔〕〗〞！＂％＇），．：；？］｀｜｝～￠"

HEADINGS = {PART: 1, CHAPTER: 2, CAPTION: 2}
"""Styles that an outline shows, and at which level."""


def prepare(document: WordDocument) -> None:
    """Page, styles and the number at the foot of each page."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25)
    for name, described in STYLES.items():
        _add_style(document, name, *described)
    _speak_chinese(document)
    _begin_no_line_with_a_note(document)
    _number_pages(section.footer.paragraphs[0])


def set_font(run: WordRun | ParagraphStyle, font: str) -> None:
    """Chinese in the font, letters and digits in the Latin one that goes with it."""
    run.font.name = LATIN
    properties: Any = run.element.get_or_add_rPr()
    properties.get_or_add_rFonts().set(qn("w:eastAsia"), font)


def lay_out(table: WordTable, millimetres: Sequence[int], *, together: bool) -> None:
    """Columns of these widths; the header again on every page the table goes on to, and no row broken over two.

    One to be kept `together` goes on one page.
    """
    for column, width in zip(table.columns, millimetres, strict=True):
        column.width = Mm(width)
    for number, row in enumerate(table.rows):
        properties: Any = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if number == 0:
            properties.append(OxmlElement("w:tblHeader"))
        if together:
            for paragraph in (paragraph for cell in row.cells for paragraph in cell.paragraphs):
                paragraph.paragraph_format.keep_with_next = True


def _add_style(
    document: WordDocument,
    name: str,
    font: str,
    points: float,
    bold: bool,
    spacing: float,
    alignment: WD_ALIGN_PARAGRAPH,
    indented: bool,
) -> None:
    style: Any = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    set_font(style, font)
    style.font.size, style.font.bold = Pt(points), bold
    layout = style.paragraph_format
    layout.alignment = alignment
    layout.space_before = layout.space_after = Pt(0)
    if spacing:
        layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(spacing)
    if indented:
        layout.first_line_indent = Pt(2 * points)
    if name in HEADINGS:
        layout.keep_with_next = True
        _set_outline_level(style, HEADINGS[name])


def _set_outline_level(style: ParagraphStyle, level: int) -> None:
    mark = OxmlElement("w:outlineLvl")
    mark.set(qn("w:val"), str(level - 1))
    properties: Any = style.element.get_or_add_pPr()
    properties.append(mark)


def _speak_chinese(document: WordDocument) -> None:
    """The template of python-docx takes Chinese characters for Japanese ones."""
    settings: Any = document.settings.element
    styles: Any = document.styles.element
    languages = (*settings.iter(qn("w:themeFontLang")), *styles.iter(qn("w:lang")))
    for language in languages:
        language.set(qn("w:eastAsia"), "zh-CN")


def _begin_no_line_with_a_note(document: WordDocument) -> None:
    """Keep the number of a note with the figure before it, as closing marks are kept with what they close."""
    rule = OxmlElement("w:noLineBreaksBefore")
    rule.set(qn("w:lang"), "zh-CN")
    rule.set(qn("w:val"), NO_LINE_BEGINS_WITH)
    settings: Any = document.settings.element
    # The order of settings is laid down.
    settings.find(qn("w:characterSpacingControl")).addnext(rule)


def _number_pages(paragraph: Paragraph) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in ("— ", None, " —"):
        run = paragraph.add_run(text or "")
        set_font(run, "宋体")
        run.font.size = Pt(14)
        if text is None:
            for kind, instruction in (("begin", ""), ("", "PAGE"), ("end", "")):
                run._r.append(_field_part(kind, instruction))


def _field_part(kind: str, instruction: str) -> Any:  # noqa: ANN401 - an element of lxml
    if instruction:
        part = OxmlElement("w:instrText")
        part.set(qn("xml:space"), "preserve")
        part.text = instruction
        return part
    part = OxmlElement("w:fldChar")
    part.set(qn("w:fldCharType"), kind)
    return part
