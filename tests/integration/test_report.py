"""The full-committee report of a small province: what is published goes in, a Word document and a workbook come out."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.document import Document as WordDocument
from openpyxl import Workbook, load_workbook
from sqlalchemy import Row, text

from catalogue.load import load as load_catalogue
from kexie.database import acting
from kexie.errors import UserError
from kexie.roles import Role
from reporting.check_report.checkup import check
from reporting.check_report.sentences import Marked
from reporting.release import Approval, published_state, release
from reporting.report.writing import write_report
from tests.conftest import NewDatabase
from tests.integration.office import Office, quietly

UNITS = """\
unit_code,name,level,unit_type,parent_code,valid_from,valid_to
P,示例省科协,province,territorial,,2000-01-01,
C1,甲市科协,city,territorial,P,2000-01-01,
A1,甲一县科协,county,territorial,C1,2000-01-01,
A2,甲二县科协,county,territorial,C1,2000-01-01,
C2,乙市科协,city,territorial,P,2000-01-01,
B1,乙一县科协,county,territorial,C2,2000-01-01,
B2,乙二县科协,county,territorial,C2,2000-01-01,
C3,丙市科协,city,territorial,P,2000-01-01,
D1,丙一县科协,county,territorial,C3,2000-01-01,
C4,丁市科协,city,territorial,P,2000-01-01,
E1,丁一县科协,county,territorial,C4,2000-01-01,
E2,丁二县科协,county,territorial,C4,2000-01-01,
"""
CODES = ("P", "C1", "A1", "A2", "C2", "B1", "B2", "C3", "D1", "C4", "E1", "E2")

ACTIVITIES = "sp_five_entry_activity_count"
PEOPLE = "sp_five_entry_persontimes"
VOLUNTEERS = "vol_person_mobilized_count"
BUDGET = "fin_literacy_budget"

# By year and indicator, in the order of CODES; E2 leaves 2021's activities blank.
EACH: dict[tuple[int, str], list[str]] = {
    (2020, ACTIVITIES): ["450", "90", "140", "120", "80", "150", "120", "70", "110", "75", "110", "100"],
    (2021, ACTIVITIES): ["500", "100", "150", "130", "90", "160", "130", "60", "100", "80", "120", ""],
    (2020, VOLUNTEERS): ["3000", "600", "500", "400", "700", "610", "300", "800", "512", "600", "700", "400"],
    (2021, VOLUNTEERS): ["2001", "600", "500", "400", "700", "610", "300", "800", "512", "600", "700", "400"],
    (2020, BUDGET): ["100000"] * 12,
    (2021, BUDGET): ["100000.01"] * 12,
}
SOME = (
    "P,2020,base_modern_agri_park_count,own,18,actual",
    "P,2021,base_modern_agri_park_count,own,21,actual",
    "P,2021,info_media_mv_count,own,15,actual",
    f"P,2021,{ACTIVITIES},jurisdiction,2000,plan",
    f"P,2021,{VOLUNTEERS},jurisdiction,8000,plan",
    f"P,2022,{ACTIVITIES},jurisdiction,1800,plan",
    "A1,2021,org_township_total,own,12,actual",
    "A1,2021,org_township_ast_count,own,10,actual",
    "D1,2021,org_enterprise_ast_count,own,0,actual",
)


def filed(correction: str = "150") -> str:
    """Everything in one file of the province; `correction` is A1's number of activities in 2021."""
    rows = ["unit_code,period,indicator_code,scope,value,status,form", *(f"{row}," for row in SOME)]
    for (year, indicator), figures in EACH.items():
        rows += [f"{unit},{year},{indicator},own,{figure},actual," for unit, figure in zip(CODES, figures, strict=True)]
        if indicator == ACTIVITIES:
            people = [figure and str(int(figure) * 500) for figure in figures]
            rows += [f"{unit},{year},{PEOPLE},own,{figure},actual," for unit, figure in zip(CODES, people, strict=True)]
    return "\n".join(rows).replace(f"A1,2021,{ACTIVITIES},own,150", f"A1,2021,{ACTIVITIES},own,{correction}") + "\n"


@dataclass
class Desk:
    """The office's desk: what it reads, and the report files that lie on it."""

    office: Office
    first: list[bytes]

    def ask(self, query: str, **bound: object) -> list[Row[Any]]:
        with acting(self.office.home, Role.OFFICE) as engine, engine.connect() as connection:
            return list(connection.execute(text(query), bound).all())

    def write(self, year: int = 2021, release: str = "") -> list[Path]:
        with acting(self.office.home, Role.OFFICE) as engine:
            return write_report(self.office.home, engine, load_catalogue(), year, quietly, release)

    def approve(self) -> str:
        with acting(self.office.home, Role.PUBLISH) as engine, engine.begin() as connection:
            return release(connection, published_state(connection, 2021), Approval("省科协办公室")).name

    def lines(self) -> dict[str, Row[Any]]:
        rows = self.ask("select * from published.release_lines where release_name = '2021-1'")
        return {row.line_code: row for row in rows}


@pytest.fixture(scope="module")
def desk(new_database: NewDatabase) -> Iterator[Desk]:
    office = Office(new_database(), UNITS)
    assert set(office.file("P", filed())) == {"accepted"}
    office.run()
    desk = Desk(office, [])
    assert desk.approve() == "2021-1"
    desk.first = [file.read_bytes() for file in desk.write()]
    yield desk
    office.engine.dispose()


@pytest.fixture(scope="module")
def word(desk: Desk) -> WordDocument:
    return Document(str(desk.write()[0]))


@pytest.fixture(scope="module")
def sheets(desk: Desk) -> Workbook:
    return load_workbook(desk.write()[1])


def review(word: WordDocument) -> list[str]:
    """The paragraphs of the look back on the year, headings left out."""
    return [paragraph.text for paragraph in word.paragraphs if paragraph.style and paragraph.style.name == "报告正文"]


def noted(word: WordDocument) -> list[str]:
    return [paragraph.text for paragraph in word.paragraphs if paragraph.style and paragraph.style.name == "报告注释"]


def table(word: WordDocument, *headings: str) -> list[tuple[str, ...]]:
    """The rows of the one table whose header begins with these words."""
    (found,) = (t for t in word.tables if tuple(c.text for c in t.rows[0].cells)[: len(headings)] == headings)
    return [tuple(cell.text for cell in row.cells) for row in found.rows[1:]]


def rows(sheets: Workbook, name: str) -> list[tuple[Any, ...]]:
    """A sheet's rows below its heading; numbers as decimals."""
    return [
        tuple(Decimal(str(cell)) if isinstance(cell, int | float) else cell for cell in row)
        for row in sheets[name].iter_rows(min_row=4, values_only=True)
    ]


def row_of(sheets: Workbook, name: str, first: str) -> tuple[Any, ...]:
    (found,) = (row for row in rows(sheets, name) if row[0] == first)
    return found


def test_every_figure_of_the_text_is_its_lines_recommended_wording_and_there_is_no_other(
    desk: Desk, word: WordDocument
) -> None:
    said = [line for line in desk.lines().values() if line.recommended_wording]
    told = "".join(review(word))
    assert len(said) >= 6
    for line in said:
        assert re.search(re.escape(line.recommended_wording) + r"〔\d+〕", told), line.line_code
    rest = re.sub(r"〔\d+〕", "", told)
    for line in sorted(said, key=lambda line: -len(line.recommended_wording)):
        rest = rest.replace(line.recommended_wording, "", 1)
    assert not re.search(r"[\d〇一二三四五六七八九十百千万]+[个项人次场部名元万亿%]", rest.replace("“五进”", "")), rest


def test_the_text_has_its_chapters_and_sections_in_the_reports_order(desk: Desk, word: WordDocument) -> None:
    ordered = sorted(
        (line for line in desk.lines().values() if line.recommended_wording), key=lambda line: line.sort_order
    )
    headings = [p.text for p in word.paragraphs if p.style and p.style.name == "报告一级标题"]
    assert [heading.partition("、")[2] for heading in headings] == list(
        dict.fromkeys(line.chapter_name for line in ordered)
    )
    assert [told.partition("。")[0] for told in review(word)] == list(
        dict.fromkeys(line.section_name for line in ordered)
    )


def test_each_note_is_there_once_and_in_order_and_gives_the_exact_figure(desk: Desk, word: WordDocument) -> None:
    marks = re.findall(r"〔(\d+)〕", "".join(review(word)))
    assert marks == [str(number) for number in range(1, len(marks) + 1)]
    assert [re.match(r"〔(\d+)〕", one).group(1) for one in noted(word)] == marks  # type: ignore[union-attr]
    (activities,) = (one for one in noted(word) if "科普“五进”活动：" in one)
    assert "准确数 1620场次" in activities
    assert "应报 12 个单位，已报齐 11 个" in activities
    assert "未报：丁二县科协" in activities
    assert "依据定稿 2021-1" in activities
    line = desk.lines()["five_entry_activities"]
    assert f"表述“{line.recommended_wording}”" in activities


def test_what_may_not_be_said_of_all_is_said_as_incomplete_and_never_exactly(desk: Desk, word: WordDocument) -> None:
    """E2 did 100 of last year's 1615 activities: without it 93.8 % of the province has reported."""
    assert desk.lines()["five_entry_activities"].wording_prefix == "据不完全统计"
    (told,) = (one for one in review(word) if "科普“五进”活动" in one)
    assert "据不完全统计，组织科普“五进”活动" in told
    assert "1620" not in told


def test_a_refused_line_is_not_in_the_text_and_is_listed_with_its_reason(
    desk: Desk, word: WordDocument, sheets: Workbook
) -> None:
    refused = [line for line in desk.lines().values() if not line.recommended_wording]
    listed = {row[1]: row for row in rows(sheets, "待补")[1:] if row[0]}
    assert {line.line_name for line in refused} == set(listed)
    for line in refused:
        assert listed[line.line_name][3] == line.wording_reason
        assert f"{line.line_name}{line.recommended_wording}〔" not in "".join(review(word))
    # The sentence is taken apart: what is known of it is still said.
    (told,) = (one for one in review(word) if "科技志愿者" in one)
    assert "动员科技志愿服务组织" not in told


def test_the_comparison_is_that_of_the_published_relations(desk: Desk, sheets: Workbook) -> None:
    found = row_of(sheets, "数据对比", "科普“五进”活动")
    (compared,) = desk.ask(
        "select change, change_percent from published.comparable('2021', '2020') "
        f"where unit_code = 'P' and indicator_code = '{ACTIVITIES}'"
    )
    line = desk.lines()["five_entry_activities"]
    assert found[1:7] == ("场次", 1620, 1615, compared.change, compared.change_percent, line.weighted_coverage)
    assert compared.change == 105
    parks = row_of(sheets, "数据对比", "支持建设现代农业科普园")
    assert parks[2:5] == (21, 18, 3)
    assert row_of(sheets, "数据对比", "拍摄制作科普MV")[3:6] == ("无", "没有两年都报齐的单位，不能比较。", None)


def test_money_is_exact_to_the_last_fen(sheets: Workbook) -> None:
    assert row_of(sheets, "数据对比", "财政安排的科普经费")[2] == Decimal("1200000.12")


def test_targets_stand_beside_results(sheets: Workbook, word: WordDocument) -> None:
    assert row_of(sheets, "目标完成", "科普“五进”活动")[2:] == (
        2000, 1620, 81, "未完成（还有 1 个单位未报齐）",
    )  # fmt: skip
    assert row_of(sheets, "目标完成", "动员科技志愿者")[2:6] == (8000, 8123, Decimal("101.5375"), "已完成")
    assert ("科普“五进”活动", "场次", "2000", "1620", "81", "未完成（还有 1 个单位未报齐）") in table(
        word, "指标", "单位", "2021年目标"
    )


def test_next_years_plan_stands_on_this_years_figure_and_what_nobody_planned_is_blank(sheets: Workbook) -> None:
    assert row_of(sheets, "下年目标", "科普“五进”活动")[2:] == (1620, 1800, "+180")
    assert row_of(sheets, "下年目标", "动员科技志愿者")[2:4] == (8123, None)


def test_leading_places_are_complete_ones_and_level_ones_stand_together(word: WordDocument, sheets: Workbook) -> None:
    """丁市's 200 would be third, but a county of it is missing."""
    (told,) = (one for one in review(word) if "科普“五进”活动" in one)
    assert "（如甲市、乙市、丙市）" in told
    mine = [row[1:4] for row in rows(sheets, "居前地区") if row[0] == "科普“五进”活动"]
    assert mine == [(1, "甲市科协", 380), (1, "乙市科协", 380), (3, "丙市科协", 160), (None, "丁市科协", "200")]
    (activities,) = (one for one in noted(word) if "科普“五进”活动：" in one)
    assert "可能居前而不能排名的：丁市（还有 1 个单位未报）" in activities


def test_what_is_lacking_is_listed(sheets: Workbook) -> None:
    lacking = rows(sheets, "不足")
    (blank,) = (row for row in lacking if row[0] == "丁二县科协" and row[1] == "丁市科协" and row[2] != "企业科协")
    assert "科普“五进”活动" in blank[2]
    assert "动员科技志愿者" not in blank[2]
    assert ("甲一县科协", "甲市科协", "乡镇（街道）科协", 2, "应有 12 个") in lacking
    assert ("丙一县科协", "丙市科协", "企业科协", None, "报的是 0 个") in lacking
    assert ("示例省科协", "8123 / 9122人", "动员科技志愿者", "-999", Decimal("-10.9515")) in lacking
    assert ("丙市科协", "160 / 180场次", "科普“五进”活动", "-20", Decimal("-11.1111")) in lacking
    assert ("科普“五进”活动", "场次", "目标 2000，完成 1620", 81, "未完成（还有 1 个单位未报齐）") in lacking


def test_each_department_has_a_place_to_sign(sheets: Workbook, word: WordDocument) -> None:
    departments = {section.department for section in load_catalogue().report_sections.values()}
    signing = rows(sheets, "签字确认")
    assert {row[0] for row in signing[1:] if row[1]} == departments
    assert all(row[3:5] == (None, None) for row in signing[1:])
    assert {row[0] for row in table(word, "部门", "负责的部分")} == departments


def test_the_workbook_draws_charts_of_its_own_figures(sheets: Workbook) -> None:
    assert len(sheets["图表"]._charts) >= 3  # type: ignore[attr-defined]


def checked(desk: Desk, draft: Path) -> dict[str, Marked]:
    """What the check-up says of each place of a draft."""
    with acting(desk.office.home, Role.OFFICE) as engine, engine.connect() as connection:
        marked = check(connection, load_catalogue(), draft, 2021).marked
    return {one.place: one for one in marked if one.verdict in load_catalogue().check_up.findings}


def test_the_check_up_of_the_report_itself_finds_nothing(desk: Desk) -> None:
    assert checked(desk, desk.write()[0]) == {}


@pytest.mark.parametrize(
    ("of", "heading"),
    [
        *(("2021年", heading) for heading in ("2021年", "2020年", "同口径增减", "增减%")),
        *(("2021年目标", heading) for heading in ("2021年目标", "2021年完成", "完成%")),
        ("2022年目标", "2022年目标"),
        ("名次", "数"),
    ],
)
def test_a_wrong_figure_in_any_column_of_its_tables_is_found(desk: Desk, of: str, heading: str, tmp_path: Path) -> None:
    document = Document(str(desk.write()[0]))
    titles = [[cell.text for cell in table.rows[0].cells] for table in document.tables]
    number = next(number for number, named in enumerate(titles, start=1) if of in named)
    column = titles[number - 1].index(heading)
    cells = document.tables[number - 1].columns[column].cells
    row = next(row for row, cell in enumerate(cells, start=1) if re.fullmatch(r"-?[\d.]{2,}", cell.text))
    run = cells[row - 1].paragraphs[0].runs[0]
    run.text = str(Decimal(run.text) * 3 + 7)
    draft = tmp_path / "草稿.docx"
    document.save(str(draft))
    assert f"表 {number} 第 {row} 行第 {column + 1} 列" in checked(desk, draft)


def test_a_releases_report_stays_when_a_correction_is_published_and_the_next_release_has_it(desk: Desk) -> None:
    assert set(desk.office.file("P", filed("155"))) == {"accepted"}
    desk.office.run()
    assert [file.read_bytes() for file in desk.write()] == desk.first
    assert desk.approve() == "2021-2"
    later = desk.write()
    assert [file.name for file in later] == [
        "全委会工作报告_2021年度_定稿2021-2.docx", "全委会工作报告_2021年度_定稿2021-2.xlsx",
    ]  # fmt: skip
    assert "准确数 1625场次" in "".join(noted(Document(str(later[0]))))
    assert [file.read_bytes() for file in desk.write(release="2021-1")] == desk.first


def test_a_year_without_a_release_is_marked_as_not_final(desk: Desk) -> None:
    written = desk.write(2020)
    assert [file.name for file in written] == [
        "全委会工作报告_2020年度_未定稿.docx", "全委会工作报告_2020年度_未定稿.xlsx",
    ]  # fmt: skip
    word = Document(str(written[0]))
    assert "未定稿：依据" in word.paragraphs[2].text
    assert all("未定稿：" in one for one in noted(word))


def test_a_file_that_somebody_edited_is_kept_beside_the_new_one(desk: Desk) -> None:
    document = desk.write()[0]
    ours = document.read_bytes()
    document.write_bytes(b"edited")
    desk.write()
    assert document.read_bytes() == ours
    (kept,) = document.parent.glob("*留存*")
    assert kept.read_bytes() == b"edited"
    kept.unlink()


def test_what_cannot_be_reported_is_refused_in_one_sentence(desk: Desk) -> None:
    with pytest.raises(UserError, match=r"Nothing of 2019 is published.*Published: 2020, 2021"):
        desk.write(2019)
    with pytest.raises(UserError, match=r"2020-1 is no release of 2021: there is 2021-1"):
        desk.write(2021, "2020-1")
    assert not (desk.office.home.reports / "2019").exists()


@pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdftotext")),
    reason="LibreOffice or poppler is not installed (`make tools` installs both)",
)
def test_the_document_is_printed_on_numbered_a4_pages_with_each_tables_header_on_all_of_its_pages(
    desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "report.docx").write_bytes(desk.first[0])
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ("soffice", "--headless", profile, "--convert-to", "pdf", "report.docx")
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    info = subprocess.run(("pdfinfo", "report.pdf"), cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert re.search(r"Page size: +595\.\d+ x 841\.\d+ pts \(A4\)", info)
    told = subprocess.run(
        ("pdftotext", "-layout", "report.pdf", "-"), cwd=tmp_path, check=True, capture_output=True, text=True
    )
    pages = told.stdout.split("\f")[:-1]
    assert [re.findall(r"—\s*(\d+)\s*—", page) for page in pages] == [[str(n)] for n in range(1, len(pages) + 1)]
    assert "示例省科协全委会工作报告" in pages[0]
    compared = [page for page in pages if re.search(r"服务全民科学素质提升 · |组织建设 · ", page)]
    assert len(compared) > 1
    assert all("覆盖%" in page for page in compared)
