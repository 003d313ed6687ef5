"""A workbook given back shows its doubtful cells, says what is wrong in front, and can be sent again as it is."""

from io import BytesIO

from openpyxl import load_workbook

from catalogue.model import Severity
from ingestion.marked_workbook import LARGEST_BYTES, Mark, is_worth_marking, marked
from tests.unit.test_workbook_reader import FILLED, SHEET, read_bytes

WRONG = Mark(Severity.ERROR, SHEET, "E8", "=1+1 不是数字。请只填数字。")
DOUBTED = Mark(Severity.WARNING, SHEET, "E8", "请核实。")
HELD = Mark(Severity.EXPLAIN, SHEET, "E9", "可能多写了“万”。")
TOLD = Mark(Severity.INFO, SHEET, "E10", "已隐去。")
OF_THE_FILE = Mark(Severity.WARNING, "", "", "找不到工作表。")
MARKS = [WRONG, DOUBTED, HELD, TOLD, OF_THE_FILE]
GIVEN_BACK = marked(FILLED, ["报送回执", "受理结果：已退回。"], MARKS)


def test_each_doubted_cell_is_coloured_by_its_gravest_finding_and_tells_all_of_them() -> None:
    sheet = load_workbook(BytesIO(GIVEN_BACK))[SHEET]
    comment = sheet["E8"].comment
    assert comment is not None
    assert comment.text == "必须改正：=1+1 不是数字。请只填数字。\n请核对：请核实。"
    assert [sheet[cell].fill.fgColor.rgb for cell in ("E8", "E9")] == ["00FFC7CE", "00FFEB9C"]
    assert sheet["E10"].comment is None


def test_the_summary_stands_in_front_and_lists_every_finding_as_text() -> None:
    book = load_workbook(BytesIO(GIVEN_BACK))
    summary = book["回执"]
    assert book.active is summary
    rows = [[cell.value for cell in row] for row in summary.iter_rows()]
    assert rows[0][0] == "报送回执"
    assert rows[-5:] == [
        ["必须改正", SHEET, "E8", "=1+1 不是数字。请只填数字。"],
        ["请核对", SHEET, "E8", "请核实。"],
        ["需要说明", SHEET, "E9", "可能多写了“万”。"],
        ["告知", SHEET, "E10", "已隐去。"],
        ["请核对", None, None, "找不到工作表。"],
    ]
    assert {cell.data_type for row in summary.iter_rows() for cell in row if cell.value} == {"s"}


def test_a_workbook_given_back_is_read_as_the_one_that_was_sent() -> None:
    assert read_bytes(GIVEN_BACK) == read_bytes(FILLED)


def test_a_workbook_given_back_twice_has_one_summary() -> None:
    again = load_workbook(BytesIO(marked(GIVEN_BACK, ["报送回执"], [HELD])))
    assert [name for name in again.sheetnames if name.startswith("回执")] == ["回执"]


def test_only_a_workbook_of_usual_size_with_a_cell_to_point_at_is_given_back() -> None:
    assert is_worth_marking(1000, MARKS)
    assert not is_worth_marking(LARGEST_BYTES + 1, MARKS)
    assert not is_worth_marking(1000, [TOLD, OF_THE_FILE])
