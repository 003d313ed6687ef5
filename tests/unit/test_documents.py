"""Documents in, text out; or one refusal, whatever was sent."""

import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalogue.load import load
from ingestion.documents import converters, document_text
from ingestion.documents.limits import Limits
from ingestion.documents.period import period_in_name, period_in_text
from ingestion.refusal import Refusal
from tests.word_files import docx, package, paragraph, run, table

CATALOGUE = load()
LIMITS = Limits.of(CATALOGUE)
PROSE = "甲县科协2021年工作总结\n全年举办科普讲座30余场，参加的群众约2万人次。\n"
SECONDS = 20
"""Far more than any of these takes on a busy machine, far less than a hang."""

needs_office = pytest.mark.skipif(
    not shutil.which("soffice"), reason="LibreOffice is not installed (`make tools` installs it)"
)
needs_poppler = pytest.mark.skipif(
    not shutil.which("pdftotext"), reason="poppler is not installed (`make tools` installs it)"
)


def word(body: str, **parts: str) -> str:
    return document_text("2021 工作总结.docx", docx(body, **parts), CATALOGUE)


def refusal(name: str, data: bytes) -> str:
    with pytest.raises(Refusal) as refused:
        document_text(name, data, CATALOGUE)
    problem = refused.value.problem
    assert CATALOGUE.findings[problem.code].sentence(problem.details)
    return problem.code


@contextmanager
def within_seconds() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < SECONDS


# ---- text files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be"])
def test_a_text_file_is_read_in_the_encodings_that_notepad_and_wps_write(encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    assert document_text("总结.txt", (mark + PROSE).encode(encoding), CATALOGUE).removeprefix("\ufeff") == PROSE


@pytest.mark.parametrize("encoding", ["big5", "utf-16-le", "utf-16-be"])
def test_a_text_file_in_another_encoding_is_garbled(encoding: str) -> None:
    traditional = "全市舉辦科普講座三百場，參與群眾達十萬餘人次，組織專家服務團隊深入鄉鎮開展培訓。\n" * 3
    assert refusal("总结.txt", traditional.encode(encoding)) == "TEXT_GARBLED"


def test_a_text_file_that_was_garbled_before_it_was_saved_is_garbled() -> None:
    assert refusal("总结.txt", PROSE.encode("gb18030").decode("latin-1").encode()) == "TEXT_GARBLED"


def test_traditional_characters_are_no_garble() -> None:
    prose = "廣州市科學技術協會去年舉辦科普講座三百場，參與群眾達十萬餘人次，組織專家服務團隊深入鄉鎮開展培訓。"
    assert document_text("总结.txt", prose.encode("gb18030"), CATALOGUE) == prose


def test_line_ends_of_every_system_are_line_feeds() -> None:
    assert document_text("a.txt", "一\r\n二\r三\u2028四".encode(), CATALOGUE) == "一\n二\n三\n四"


def test_no_character_moves_that_is_not_part_of_a_line_end() -> None:
    assert document_text("a.txt", "办\x00\x01讲座\u200b12\t场".encode().replace(b"\0", b"\x02"), CATALOGUE) == (
        "办  讲座\u200b12\t场"
    )


# ---- Word files


def test_each_paragraph_and_each_row_of_a_table_is_a_line() -> None:
    body = (
        paragraph("一") + table([paragraph("讲座"), paragraph("12场")], [paragraph("资料"), "<w:p/>"]) + paragraph("二")
    )
    assert word(body) == "一\n讲座\t12场\n资料\t\n二"


def test_a_table_in_a_cell_stands_in_its_cell() -> None:
    inner = table([paragraph("3"), paragraph("4")])
    assert word(table([paragraph("甲"), inner + "<w:p/>"], [paragraph("乙"), paragraph("5")])) == "甲\t3\t4\n乙\t5"


def test_the_runs_of_a_number_are_put_together() -> None:
    assert word(f"<w:p>{run('办讲座1')}{run('2')}<w:bookmarkStart/>{run('场')}</w:p>") == "办讲座12场"


def test_deleted_and_moved_away_words_are_out_and_inserted_ones_in() -> None:
    tracked = (
        f"<w:del><w:r><w:delText>30</w:delText></w:r></w:del><w:ins>{run('13')}</w:ins>"
        f"<w:moveFrom>{run('甲')}</w:moveFrom><w:moveTo>{run('乙')}</w:moveTo>"
    )
    assert word(f"<w:p>{run('办讲座')}{tracked}{run('场')}</w:p>") == "办讲座13乙场"


def test_a_deleted_paragraph_mark_joins_two_paragraphs() -> None:
    mark = "<w:pPr><w:rPr><w:del/></w:rPr></w:pPr>"
    assert word(paragraph("办讲座", mark) + paragraph("12场") + paragraph("二")) == "办讲座12场\n二"


def test_a_deleted_row_is_out() -> None:
    rows = (
        f"<w:tr><w:trPr><w:del/></w:trPr><w:tc>{paragraph('1')}</w:tc></w:tr><w:tr><w:tc>{paragraph('2')}</w:tc></w:tr>"
    )
    assert word(f"<w:tbl>{rows}</w:tbl>") == "2"


def test_hidden_words_field_codes_and_the_words_of_an_empty_control_are_out() -> None:
    hidden = run("看不见9", "<w:rPr><w:vanish/></w:rPr>") + run("看得见", '<w:rPr><w:vanish w:val="0"/></w:rPr>')
    field = f"<w:r><w:instrText>PAGE 7</w:instrText></w:r>{run('第3页')}"
    control = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run('单击此处')}</w:sdtContent></w:sdt>"
    filled = f"<w:sdt><w:sdtPr/><w:sdtContent>{run('2021')}</w:sdtContent></w:sdt>"
    assert word(f"<w:p>{hidden}{field}{control}{filled}</w:p>") == "看得见第3页2021"


def test_a_text_box_is_read_once_after_its_paragraph() -> None:
    box = f"<w:txbxContent>{paragraph('框中8场')}</w:txbxContent>"
    twice = f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
    assert word(f"<w:p>{run('前')}<w:r>{twice}</w:r>{run('后')}</w:p>{paragraph('二')}") == "前后\n框中8场\n二"


def test_notes_stand_at_the_end_and_their_signs_nowhere() -> None:
    body = f'<w:p>{run("274个")}<w:r><w:footnoteReference w:id="2"/></w:r>{run("企业科协")}</w:p>'
    notes = (
        f'<w:footnote w:type="separator" w:id="0">{paragraph("—")}</w:footnote>'
        f'<w:footnote w:id="1">{paragraph("没有引用")}</w:footnote>'
        f'<w:footnote w:id="2">{paragraph("含园区5个")}</w:footnote>'
    )
    assert word(body, footnotes=notes) == "274个企业科协\n含园区5个"


def test_headers_comments_and_properties_are_no_text_of_the_document() -> None:
    assert word(paragraph("正文"), header1=paragraph("页眉7"), comments=paragraph("批注8")) == "正文"


def test_breaks_and_tabs_part_words() -> None:
    assert word("<w:p><w:r><w:t>讲座</w:t><w:tab/><w:t>12</w:t><w:br/><w:t>场</w:t></w:r></w:p>") == "讲座\t12\n场"


def test_line_ends_inside_the_markup_are_no_line_ends_of_the_text() -> None:
    assert word("<w:p><w:r><w:t>办\n讲座</w:t></w:r></w:p>") == "办 讲座"


def test_the_main_part_may_have_another_name() -> None:
    body = f'<w:document xmlns:w="urn:any">{paragraph("正文")}</w:document>'
    data = package({"word/document2.xml": body}, "word/document2.xml")
    assert document_text("总结.docx", data, CATALOGUE) == "正文"


# ---- documents with one defect


def docx_of_pictures() -> bytes:
    return docx("<w:p><w:r><w:drawing/></w:r></w:p>")


def docx_cut_short() -> bytes:
    return docx(paragraph("正文") * 100)[:-200]


def docx_with_broken_markup() -> bytes:
    return docx("<w:p>")


def docx_with_an_entity() -> bytes:
    return package({"word/document.xml": '<!DOCTYPE x [<!ENTITY a "aaaa">]><document>&a;</document>'})


def docx_with_tables_in_tables() -> bytes:
    return docx("<w:tbl><w:tr><w:tc>" * 100 + paragraph("深") + "</w:tc></w:tr></w:tbl>" * 100)


def docx_of_nothing_but_depth() -> bytes:
    return docx("<w:sdt>" * 200_000 + "</w:sdt>" * 200_000)


def docx_of_nothing_but_elements() -> bytes:
    return docx("<w:p/>" * 300_000)


def docx_of_endless_text() -> bytes:
    return docx(paragraph("一" * 1000) * 600)


def docx_of_endless_markup() -> bytes:
    return docx("<w:p/>" * 4_000_000)


def docx_that_unpacks_too_far() -> bytes:
    target = BytesIO(docx(paragraph("正文")))
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as made:
        made.writestr("word/media/image1.bmp", b"\0" * 201_000_000)
    return target.getvalue()


def text_of_blanks() -> bytes:
    return "\u3000 \r\n\n".encode()


def text_of_half_a_million_characters() -> bytes:
    return ("办讲座12场。" * 90_000).encode()


def page_named_doc() -> bytes:
    return "<html><body>办讲座12场</body></html>".encode()


DEFECTS: list[tuple[str, Callable[[], bytes], str]] = [
    ("docx", docx_of_pictures, "DOCUMENT_WITHOUT_TEXT"),
    ("docx", docx_cut_short, "FILE_UNREADABLE"),
    ("docx", docx_with_broken_markup, "FILE_UNREADABLE"),
    ("docx", docx_with_an_entity, "FILE_UNREADABLE"),
    ("docx", docx_with_tables_in_tables, "FILE_UNREADABLE"),
    ("docx", docx_of_nothing_but_depth, "FILE_UNREADABLE"),
    ("docx", docx_of_nothing_but_elements, "DOCUMENT_WITHOUT_TEXT"),
    ("docx", docx_of_endless_text, "DOCUMENT_TOO_LONG"),
    ("docx", docx_of_endless_markup, "DOCUMENT_TOO_LONG"),
    ("docx", docx_that_unpacks_too_far, "FILE_EXPANDS_TOO_FAR"),
    ("txt", text_of_blanks, "DOCUMENT_WITHOUT_TEXT"),
    ("txt", text_of_half_a_million_characters, "DOCUMENT_TOO_LONG"),
    ("doc", page_named_doc, "DOCUMENT_OF_ANOTHER_KIND"),
]


@pytest.mark.parametrize(
    ("extension", "make", "code"), DEFECTS, ids=[f"{make.__name__}.{extension}" for extension, make, _ in DEFECTS]
)
def test_a_document_that_cannot_be_read_is_one_refusal(extension: str, make: Callable[[], bytes], code: str) -> None:
    data = make()
    with within_seconds():
        assert refusal(f"2021 工作总结.{extension}", data) == code


# ---- by conversion


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One document as LibreOffice saves it: old Word, PDF, PDF with a password."""
    folder = tmp_path_factory.mktemp("converted")
    sentence = "这一年我们走进学校、社区、乡村、企业和机关，举办“五进”活动12场次，讲座报告会30余场，送出资料2万份。"
    body = (
        paragraph("甲县科协2021年工作总结")
        + paragraph(sentence * 4)
        + table([paragraph("讲座"), paragraph("12场")])
        + paragraph("完")
    )
    (folder / "it.docx").write_bytes(docx(body))
    password = '"EncryptFile":{"type":"boolean","value":"true"},"DocumentOpenPassword":{"type":"string","value":"x"}'
    locked = f"pdf:writer_pdf_Export:{{{password}}}"
    made = {}
    for name, target in {"doc": "doc:MS Word 97", "pdf": "pdf", "locked": locked}.items():
        profile = f"-env:UserInstallation=file://{folder}/profile"
        subprocess.run(
            ["soffice", profile, "--headless", "--convert-to", target, "--outdir", folder / name, folder / "it.docx"],
            check=True,
            capture_output=True,
        )
        made[name] = next((folder / name).iterdir()).read_bytes()
    return made | {"docx": docx(body)}


@needs_office
def test_an_old_word_document_gives_the_text_of_the_new_one(converted: dict[str, bytes]) -> None:
    old = document_text("总结.doc", converted["doc"], CATALOGUE)
    assert old.split() == document_text("总结.docx", converted["docx"], CATALOGUE).split()


@needs_office
@needs_poppler
def test_the_wrapped_lines_of_a_pdf_are_put_together(converted: dict[str, bytes]) -> None:
    lines = document_text("总结.pdf", converted["pdf"], CATALOGUE).splitlines()
    assert lines[:2] == document_text("总结.docx", converted["docx"], CATALOGUE).splitlines()[:2]


@needs_office
@needs_poppler
def test_a_pdf_with_a_password_asks_for_its_removal(converted: dict[str, bytes]) -> None:
    assert refusal("总结.pdf", converted["locked"]) == "FILE_ENCRYPTED"


PDF_OF_A_PICTURE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
    b"4 0 obj<</Length 9>>stream\n0 0 9 9 re\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


@needs_poppler
@pytest.mark.parametrize(
    ("data", "code"), [(PDF_OF_A_PICTURE, "DOCUMENT_WITHOUT_TEXT"), (b"%PDF-1.7\n" + b"x" * 999, "CONVERSION_FAILED")]
)
def test_a_pdf_without_text_or_that_is_broken_is_one_refusal(data: bytes, code: str) -> None:
    assert refusal("总结.pdf", data) == code


@needs_office
def test_a_broken_old_document_is_one_refusal(converted: dict[str, bytes]) -> None:
    with within_seconds():
        assert refusal("总结.doc", converted["doc"][:3000]) in ("CONVERSION_FAILED", "DOCUMENT_WITHOUT_TEXT")


@pytest.mark.parametrize(("name", "data"), [("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), ("a.pdf", b"%PDF-1.7")])
def test_without_a_converter_the_refusal_says_what_to_do(
    name: str, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert refusal(name, data) == "CONVERTER_MISSING"


def test_a_converter_that_hangs_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    beats = tmp_path / "beats"
    script = f"(while :; do echo x >> {beats}; sleep 0.05; done) & wait"
    with within_seconds():
        done = converters.run(["/bin/sh", "-c", script], tmp_path, LIMITS._replace(seconds=1))
    assert done.status is None
    counted = beats.stat().st_size
    time.sleep(0.5)
    assert beats.stat().st_size == counted


def test_a_converter_that_takes_too_much_memory_is_stopped(tmp_path: Path) -> None:
    limits = LIMITS._replace(converter_megabytes=200)
    done = converters.run(["/usr/bin/env", "python3", "-c", "x = bytearray(10**9)"], tmp_path, limits)
    assert done.status not in (0, None)


def test_a_converter_is_told_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEXIE_DATABASE_URL", "postgresql://secret")
    said = converters.run(["/usr/bin/env"], tmp_path, LIMITS).output.decode()
    assert "secret" not in said
    assert f"HOME={tmp_path}" in said


# ---- whatever is sent


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=400), st.sampled_from(["a.txt", "a.docx", "a.doc"]))
@example(b"PK\x03\x04", "a.docx")
@example("\ufeff".encode("utf-16"), "a.txt")
def test_any_bytes_give_a_text_or_a_refusal(data: bytes, name: str) -> None:
    with within_seconds():
        assert_text_or_refusal(name, data)


RICH = docx(
    paragraph("一")
    + table([paragraph("讲座"), paragraph("12场")])
    + paragraph("完")
    + "<w:p><w:del><w:r><w:delText>3</w:delText></w:r></w:del></w:p>"
    + f'<w:p>{run("甲")}<w:r><w:footnoteReference w:id="2"/></w:r></w:p>',
    footnotes=f'<w:footnote w:id="2">{paragraph("注")}</w:footnote>',
)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_word_file_with_damaged_bytes_gives_a_text_or_a_refusal(data: st.DataObject) -> None:
    damaged = bytearray(RICH)
    for position in data.draw(st.lists(st.integers(0, len(RICH) - 1), min_size=1, max_size=8)):
        damaged[position] = data.draw(st.integers(0, 255))
    with within_seconds():
        assert_text_or_refusal("a.docx", bytes(damaged))


TAGS = ["p", "r", "t", "tbl", "tr", "tc", "del", "rPr", "vanish", "sdt", "sdtPr", "sdtContent", "showingPlcHdr", "trPr"]
TAGS += ["txbxContent", "footnote", "footnoteReference", "pPr", "br", "moveFrom", "ins", "body", "anything"]
MARKUP = st.recursive(
    st.sampled_from(["12场", "", "&#26085;"]),
    lambda inner: st.builds(
        lambda tag, parts: (
            f"<w:{tag}>{''.join(parts)}</w:{tag}>"
            if tag != "mc"
            else f"<mc:AlternateContent>{''.join(parts)}</mc:AlternateContent>"
        ),
        st.sampled_from([*TAGS, "mc"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=30,
)


@settings(deadline=None, max_examples=200)
@given(MARKUP)
def test_markup_in_any_order_gives_a_text_or_a_refusal(markup: str) -> None:
    assert_text_or_refusal("a.docx", docx(markup, footnotes=markup))


@needs_poppler
@settings(deadline=None, max_examples=15)
@given(st.data())
def test_a_pdf_with_damaged_bytes_gives_a_text_or_a_refusal(data: st.DataObject) -> None:
    damaged = bytearray(PDF_OF_A_PICTURE)
    for position in data.draw(st.lists(st.integers(5, len(damaged) - 1), min_size=1, max_size=8)):
        damaged[position] = data.draw(st.integers(0, 255))
    with within_seconds():
        assert_text_or_refusal("a.pdf", bytes(damaged))


def assert_text_or_refusal(name: str, data: bytes) -> None:
    try:
        text = document_text(name, data, CATALOGUE)
    except Refusal as refused:
        sentence = CATALOGUE.findings[refused.problem.code].sentence(refused.problem.details)
        if not sentence.strip():
            raise AssertionError(refused.problem) from refused
    else:
        assert text.strip()
        assert "\0" not in text
        assert document_text(name, data, CATALOGUE) == text


# ---- for which period


@pytest.mark.parametrize(
    ("name", "period"),
    [
        ("2021 工作总结.docx", "2021"),
        ("甲县科协2021年度工作总结.docx", "2021"),
        ("二〇二一年工作总结.txt", "2021"),
        ("２０２１年总结.txt", "2021"),
        ("2025年上半年工作小结.docx", "2025-H1"),
        ("2025 下半年.txt", "2025-H2"),
        ("2025年第三季度总结.txt", "2025-Q3"),
        ("2025-Q1.txt", "2025-Q1"),
        ("2025年9月份工作汇报.txt", "2025-09"),
        ("2025-09 汇报.txt", "2025-09"),
        ("2025年1—6月总结.txt", "2025-H1"),
        ("2025年1-12月总结.txt", "2025"),
        ("2021年工作总结及2022年工作计划.docx", "2021"),
        ("2022年工作计划.docx", "2022"),
        ("2022年1月10日 2021年总结.docx", "2021"),
        ("20220110总结.docx", None),
        ("2025年1-10月总结.docx", None),
        ("2016-2020年总结.docx", None),
        ("2020年总结和2021年总结.docx", None),
        ("工作总结.docx", None),
    ],
)
def test_the_period_is_what_the_name_says(name: str, period: str | None) -> None:
    found = period_in_name(name)
    assert (str(found) if found else None) == period


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("甲县科协\n2021年工作总结\n2020年办了9场", "2021"),
        ("工作总结\n2021年，我们办讲座12场。", "2021"),
        ("工作总结\n截至2021年10月，办讲座12场。", "2021"),
        ("工作总结\n书赠春联2000余幅。", None),
        ("2025年上半年科协工作情况汇报\n办讲座", "2025-H1"),
        ("工作总结\n办讲座12场。", None),
    ],
)
def test_without_one_in_the_name_the_period_is_what_the_first_lines_say(text: str, period: str | None) -> None:
    found = period_in_text(text)
    assert (str(found) if found else None) == period
