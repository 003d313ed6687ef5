"""Narratives from the inbox to the published figure, and what goes back to the clerk."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, text

from catalogue.load import load
from ingestion.readers import read
from reporting.trace import trace
from tests.conftest import NewDatabase
from tests.integration.office import Office
from tests.word_files import docx, paragraph

LECTURES, MATERIALS, EVENTS = "sp_lecture_count", "sp_material_distributed_count", "sp_five_entry_activity_count"
COMMUNITIES = "base_demo_community_count"
NAME = "2021 工作总结.txt"
PROSE = """甲一县科协2021年工作总结
全年举办科普讲座30余场，举办科普“五进”活动12场次。发放科普资料8000份。购置电脑7台。
2022年计划举办科普讲座40场。
"""


@pytest.fixture
def office(new_database: NewDatabase) -> Office:
    return Office(new_database())


def rows(office: Office, query: str) -> list[Row[Any]]:
    with office.engine.connect() as connection:
        return list(connection.execute(text(query)).all())


def outbox(office: Office, unit: str) -> dict[str, Path]:
    return {path.name: Path(path.path) for path in (office.home.outbox / unit).iterdir()}


def test_a_narrative_is_published_until_a_form_hides_it_and_its_words_are_traced(office: Office) -> None:
    """From the file to the province, with quote and span; one warehouse, since each run takes its time."""
    assert office.tell("A", NAME, PROSE) == {"accepted": 1}
    assert office.tell("B", "2021 工作总结.docx", docx(paragraph("举办科普讲座5场。"))) == {"accepted": 1}
    office.send("A", f"2021 {MATERIALS} 8000")
    office.run()
    published = {
        (row.unit_code, row.indicator_code): (row.value, row.low, row.high, row.narrative_part)
        for row in rows(office, "select * from published.indicator_values where period = '2021' and value is not null")
    }
    assert published["A", LECTURES] == (30, 30, 39, 30)
    assert published["C", LECTURES] == published["P", LECTURES] == (35, 35, 44, 35)
    assert published["A", MATERIALS] == (8000, 8000, 8000, 0)
    leaves = rows(
        office,
        "select leaf_unit_code, file_name, quote, span_start, span_end from published.contributions "
        f"where unit_code = 'P' and indicator_code = '{LECTURES}' and period = '2021' order by leaf_unit_code",
    )
    start = PROSE.index("30余场")
    assert list(map(tuple, leaves)) == [
        ("A", NAME, "30余场", start, start + 4),
        ("B", "2021 工作总结.docx", "5场", 6, 8),
    ]
    told = "\n".join(trace(office.engine, "P", LECTURES, "2021"))
    assert f"“30余场”（第 {start + 1}—{start + 4} 字）" in told
    assert NAME in told


def test_the_clerk_gets_a_page_and_a_workbook_that_can_be_sent_back_as_it_is(office: Office) -> None:
    office.tell("A", NAME, PROSE)
    (receipt,) = office.receipts("A")
    files = outbox(office, "A")
    page, workbook = f"{NAME}.识读.html", f"{NAME}.待确认.xlsx"
    assert files.keys() == {f"{NAME}.回执.txt", page, workbook}
    assert "下一步：请打开随附的识读页核对" in receipt
    assert f"随附：{page}" in receipt
    assert f"随附：{workbook}" in receipt
    assert "文字材料，2021 年：收下 3 个数" in receipt
    html = files[page].read_text(encoding="utf-8")
    assert html.count('<mark class="counted"') == 4  # three figures, and the legend
    assert html.count('<mark class="other"') == html.count('<mark class="elsewhen"') == 2
    content = read(workbook, files[workbook].read_bytes(), load())
    assert {one.indicator_code: one.value for one in content.readings} == {EVENTS: 12, MATERIALS: 8000}
    assert office.tell("A", workbook, files[workbook].read_bytes()) == {"accepted": 1}
    assert set(office.codes("A")[-1]) <= {"NO_FIGURES"}


def test_a_form_that_comes_after_and_contradicts_is_told_on_its_receipt(office: Office) -> None:
    office.tell("A", NAME, PROSE)
    office.send("A", f"2021 {LECTURES} 50")
    assert "“30余场”，即 30—39场，两个数对不上" in office.receipts("A")[-1]


def test_a_narrative_that_comes_after_shows_what_the_forms_say(office: Office) -> None:
    office.send("A", f"2021 {LECTURES} 50", f"2021 {MATERIALS} 8000", f"2021-Q1 {EVENTS} 4")
    office.tell("A", NAME, PROSE)
    receipt = office.receipts("A")[-1]
    place = f"第 {PROSE.index('30余场') + 1} 字起"
    assert f"“30余场”（{place}）：文中“30余场”读作“科普讲座/报告会场次”30—39场，报表里填的是 50场" in receipt
    html = outbox(office, "A")[f"{NAME}.识读.html"].read_text(encoding="utf-8")
    assert "报表（2021 年）填的是 50场" in html
    assert "报表（2021 年第一季度）填的是 4场次" in html
    marks = Counter(
        use for use in ("different", "hidden", "counted") for _ in range(html.count(f'<mark class="{use}" id='))
    )
    assert marks == {"different": 1, "hidden": 2}


def test_a_withdrawn_form_hides_nothing_and_contradicts_nothing(office: Office) -> None:
    office.send("A", f"2021 {LECTURES} 50")
    office.take_back("A", "2021", "popularisation")
    office.tell("A", NAME, PROSE)
    assert office.codes("A")[-1] == []


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("工作总结.txt", "举办科普讲座12场。".encode(), "NARRATIVE_PERIOD_MISSING"),
        ("2021 总结.txt", "　\n".encode(), "DOCUMENT_WITHOUT_TEXT"),
        ("2021 总结.txt", "舉辦科普講座三百場，參與群眾達十萬餘人次。".encode("big5") * 3, "TEXT_GARBLED"),
        ("2021 总结.docx", docx(paragraph("正文"))[:-100], "FILE_UNREADABLE"),
        ("2021 总结.docx", docx("<w:p><w:r><w:drawing/></w:r></w:p>"), "DOCUMENT_WITHOUT_TEXT"),
        ("2021 总结.docx", b"", "FILE_EMPTY"),
        ("2021 总结.pdf", b"%PDF-1.7" + b"\0" * 100_000_000, "FILE_TOO_LARGE"),
    ],
)
def test_a_bad_document_gets_one_finding_and_a_receipt(office: Office, name: str, data: bytes, code: str) -> None:
    assert office.tell("A", name, data) == {"rejected": 1}
    assert office.codes("A") == [[code]]
    assert "受理结果：已退回" in office.receipts("A")[0]


def test_what_cannot_be_made_beside_a_receipt_does_not_hold_it_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> str:
        raise ValueError("no page")

    monkeypatch.setattr("ingestion.narrative_answers.render", fails)
    office.tell("A", NAME, PROSE)
    assert outbox(office, "A").keys() == {f"{NAME}.回执.txt"}


def test_the_names_of_a_list_stand_in_the_workbook_that_goes_back(office: Office) -> None:
    header = "unit_code,form,period,indicator_code,scope,value,name,title,level,located_in,valid_until\n"
    listed = f"P,,2021,{COMMUNITIES},own,,东风社区,科普示范社区,省级,A,2026\nP,,2021,{COMMUNITIES},own,,西园社区,,,,\n"
    assert office.file("P", header + listed) == {"accepted": 1}
    assert office.tell("P", NAME, "举办科普讲座5场。") == {"accepted": 1}
    data = outbox(office, "P")[f"{NAME}.待确认.xlsx"].read_bytes()
    assert office.tell("P", "2021.xlsx", data) == {"accepted": 1}
    assert "NAMES_CHANGED" not in office.codes("P")[-1]
    kept = rows(
        office, "select name, level, located_in, valid_until::text from landing.list_name order by list_name_id"
    )
    assert [tuple(row) for row in kept] == 2 * [
        ("东风社区", "province", "A", "2026-12-31"),
        ("西园社区", None, None, None),
    ]
