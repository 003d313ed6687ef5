"""Comments in a copy of a Word draft: exactly at the words they speak of, and nothing else is changed."""

from __future__ import annotations

from io import BytesIO

from docx import Document
from docx.document import Document as Word
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from hypothesis import given, settings
from hypothesis import strategies as st

from reporting.check_report.draft import Span
from reporting.check_report.word import Note, WordDraft

WORDS = st.text(alphabet="全省近5000场次，超过260万。\t", min_size=1, max_size=12)
RUNS = st.lists(st.tuples(WORDS, st.booleans()), min_size=1, max_size=5)


def document_of(paragraphs: list[list[tuple[str, bool]]]) -> bytes:
    document = Document()
    for runs in paragraphs:
        paragraph = document.add_paragraph()
        for words, bold in runs:
            paragraph.add_run(words).bold = bold
    return saved(document)


def saved(document: Word) -> bytes:
    target = BytesIO()
    document.save(target)
    return target.getvalue()


def characters(data: bytes) -> list[tuple[str, bool | None]]:
    """Every character with its boldness."""
    return [
        (character, run.bold)
        for paragraph in Document(BytesIO(data)).paragraphs
        for run in paragraph.runs
        for character in run.text
    ]


def commented(data: bytes) -> list[tuple[str, str]]:
    """Each comment's text with the words it covers, in the order of the document."""
    document = Document(BytesIO(data))
    texts = {str(comment.comment_id): comment.text for comment in document.comments}
    open_now: dict[str, str] = {}
    found = []
    for element in document.element.body.iter():
        if element.tag == qn("w:commentRangeStart"):
            open_now[element.get(qn("w:id"))] = ""
        elif element.tag == qn("w:commentRangeEnd"):
            number = element.get(qn("w:id"))
            found.append((texts[number], open_now.pop(number)))
        elif element.tag in (qn("w:t"), qn("w:tab")):
            for number in open_now:
                open_now[number] += element.text or ("\t" if element.tag == qn("w:tab") else "")
    return found


@given(st.lists(RUNS, min_size=1, max_size=3), st.data())
@settings(max_examples=60, deadline=None)
def test_a_comment_covers_its_words_wherever_runs_end_and_changes_neither_text_nor_formatting(
    paragraphs: list[list[tuple[str, bool]]], data: st.DataObject
) -> None:
    original = document_of(paragraphs)
    notes = []
    for number, runs in enumerate(paragraphs):
        length = sum(len(words) for words, _ in runs)
        start = data.draw(st.integers(0, length - 1))
        end = data.draw(st.integers(start + 1, length))
        notes.append(Note(Span(number, start, end), f"第{number}处", "体检"))
        if end < length:
            last = data.draw(st.integers(end + 1, length))
            notes.append(Note(Span(number, end, last), f"第{number}处之后", "体检"))
    word = WordDraft(original)
    text = [passage.text for passage in word.draft.passages]
    annotated = word.annotate(notes)
    assert characters(annotated) == characters(original)
    expected = [(note.text, text[note.span.passage][note.span.start : note.span.end]) for note in sorted(notes)]
    assert commented(annotated) == expected


def test_figures_in_tables_links_and_tracked_changes_are_found_and_deleted_ones_are_not() -> None:
    document = Document()
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "讲座", "210"
    paragraph = document.add_paragraph("共")
    for markup in (
        '<w:del {0} w:id="90" w:author="甲"><w:r><w:delText>99</w:delText></w:r></w:del>',
        '<w:ins {0} w:id="91" w:author="甲"><w:r><w:t>30</w:t></w:r></w:ins>',
        "<w:hyperlink {0}><w:r><w:t>余场</w:t></w:r></w:hyperlink>",
    ):
        paragraph._p.append(parse_xml(markup.format(nsdecls("w"))))
    word = WordDraft(saved(document))
    passages = word.draft.passages
    assert [(passage.text, passage.place) for passage in passages] == [
        ("讲座", "表 1 第 1 行第 1 列"),
        ("210", "表 1 第 1 行第 2 列"),
        ("共30余场", "第 1 段"),
    ]
    annotated = word.annotate([Note(Span(1, 0, 3), "表里", "体检"), Note(Span(2, 1, 5), "正文", "体检")])
    assert commented(annotated) == [("表里", "210"), ("正文", "30余场")]


def test_comments_that_are_there_already_stay() -> None:
    document = Document()
    run = document.add_paragraph().add_run("讲座210场")
    document.add_comment(run, "请核", "办公室")
    annotated = WordDraft(saved(document)).annotate([Note(Span(0, 2, 6), "相符", "体检")])
    assert commented(annotated) == [("相符", "210场"), ("请核", "讲座210场")]
