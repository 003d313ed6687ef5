"""The workbook of November: the same forms, and every figure in it is provisional."""

from decimal import Decimal
from io import BytesIO

from openpyxl import Workbook, load_workbook

from catalogue.load import load
from catalogue.model import Status
from ingestion.observations import FileContent
from ingestion.periods import Period
from ingestion.readers import read
from ingestion.templates import Figures, TemplateUnit, write

CATALOGUE = load()
COUNTY = TemplateUnit("410102", "某县科协", "county", "territorial", has_subordinates=False)
LECTURES = ("popularisation", "sp_lecture_count", "own")
TARGET = ("rural_training", "tr_target_persontimes", "own")
TRAINING = "农村实用技术培训与网络竞赛情况表"
PROVISIONAL_PERIOD = "报告期：2021 年（预计数：已实际发生的加到期末还计划的）"


def written(figures: Figures | None = None, filed_as: Status | None = Status.PROVISIONAL) -> bytes:
    file = BytesIO()
    write(file, COUNTY, Period(2021), CATALOGUE, figures, unfolded=True, filed_as=filed_as)
    return file.getvalue()


def read_back(data: bytes) -> FileContent:
    return read("any.xlsx", data, CATALOGUE)


def edited(data: bytes) -> tuple[Workbook, BytesIO]:
    return load_workbook(BytesIO(data)), BytesIO()


def test_every_figure_is_provisional_where_its_indicator_knows_such_figures() -> None:
    content = read_back(written({LECTURES: (12, "两次已排定"), TARGET: (300, "")}))
    assert content.problems == []
    assert {(one.indicator_code, one.status, one.value) for one in content.readings} == {
        ("sp_lecture_count", "provisional", Decimal(12)),
        # A target is a plan whenever it is filed.
        ("tr_target_persontimes", "plan", Decimal(300)),
    }


def test_a_zero_of_the_tick_is_provisional_too() -> None:
    workbook, file = edited(written())
    sheet = workbook[TRAINING]
    label = next(cell for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("其余为0"))
    sheet[f"E{label.row}"] = "是"
    workbook.save(file)
    zeros = read_back(file.getvalue()).readings
    assert {one.status for one in zeros} == {"provisional"}
    assert all(one.value == 0 and one.by_tick for one in zeros)


def test_every_sheet_says_that_its_figures_are_provisional() -> None:
    sheets = [sheet for sheet in load_workbook(BytesIO(written())).worksheets if sheet.sheet_state == "visible"]
    for sheet in sheets:
        words = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
        assert PROVISIONAL_PERIOD in words
        assert any("以年终数为准" in text for text in words)
        notes = [cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment]
        assert all("，预计（部分为计划）；" in note or "，计划；" in note for note in notes)


def test_a_sheet_that_no_longer_says_so_is_not_read() -> None:
    workbook, file = edited(written({LECTURES: (12, "")}))
    for sheet in workbook.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value == PROVISIONAL_PERIOD:
                    cell.value = "报告期：2021 年"
    workbook.save(file)
    content = read_back(file.getvalue())
    assert content.readings == []
    assert {problem.code for problem in content.problems} == {"FORM_LAYOUT_CHANGED"}


def test_the_workbook_of_the_years_end_leaves_the_status_to_the_catalogue() -> None:
    (one,) = read_back(written({LECTURES: (12, "")}, filed_as=None)).readings
    assert one.status == ""
