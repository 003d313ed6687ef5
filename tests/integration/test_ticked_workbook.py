"""其余为0 and 万元, from the workbook to the receipt and to what is stored."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import text

from catalogue.load import load as load_catalogue
from ingestion.blank_forms import addressee
from ingestion.collect import collect
from ingestion.landing import submit
from ingestion.show import show
from ingestion.templates import write
from tests.conftest import NewDatabase
from tests.integration.office import Office, quietly

FUNDS, TALENT, YOUTH = "科普项目与经费情况表", "人才举荐与表彰情况表", "青少年科技教育情况表"
TOTAL, EXECUTED, GRANTS = "fin_budget_total", "fin_budget_executed", "fin_project_granted_count"


@pytest.fixture(scope="module")
def office(new_database: NewDatabase) -> Iterator[Office]:
    """County A budgeted 100000 元 in 2020, of which it spent 90000; it won 3 projects and sent 4 to a contest."""
    office = Office(new_database())
    office.send(
        "A", f"2020 {TOTAL} 100000", f"2020 {EXECUTED} 90000", f"2020 {GRANTS} 3", "2020 youth_activity_count 4"
    )
    yield office
    office.engine.dispose()


def filled_in(
    office: Office, name: str, *, tick: str = "是", sheets: tuple[str, ...] = (FUNDS,), **money: float
) -> Path:
    """County A's workbook of 2021 with figures in its form of funds, and ticks."""
    with office.engine.connect() as connection:
        unit, period = addressee(connection, "A", "2021")
    file = office.home.root / name
    write(file, unit, period, load_catalogue())
    workbook = load_workbook(file)
    for sheet in map(workbook.__getitem__, sheets):
        sheet.cell(max(rows(sheet).values()) + 1, 5, tick)
    for code, figure in money.items():
        workbook[FUNDS].cell(rows(workbook[FUNDS])[code], 5, figure)
    workbook.save(file)
    return file


def rows(sheet: Worksheet) -> dict[str, int]:
    return {str(cell.value): cell.row for cell in sheet["A"][6:] if cell.value and cell.row}


def receipt_of(office: Office, file: Path) -> str:
    submit(office.home, [file], "A")
    collect(office.home, office.engine, load_catalogue(), quietly)
    return Path(office.home.outbox.path, "A", f"{file.name}.回执.txt").read_text(encoding="utf-8-sig")


@pytest.fixture(scope="module")
def receipt(office: Office) -> str:
    file = filled_in(office, "ticked.xlsx", sheets=(FUNDS, YOUTH), fin_budget_total=12.5, fin_budget_executed=0.0001)
    return receipt_of(office, file)


def test_the_receipt_names_every_zero_that_the_tick_made(office: Office, receipt: str) -> None:
    title, *lines = receipt.partition("按“其余为0”记为 0 的")[2].splitlines()
    assert title == f"（{len(lines)} 项，请逐项核对）"
    stored = "select indicator_code, cell from landing.observation where note like '按“其余为0”%' order by 1"
    with office.engine.connect() as connection:
        zeros = connection.execute(text(stored)).all()
    names = {load_catalogue().indicators[row.indicator_code].name_zh: row.cell for row in zeros}
    assert len(zeros) == len(lines)
    for name, cell in names.items():
        assert any(f"单元格 {cell}：“{name}”没有填，按勾选的“其余为0”记为 0" in line for line in lines)


def test_a_zero_where_there_was_something_last_year_is_told_with_it(receipt: str) -> None:
    assert "“争取(立项)科普项目数”没有填，按勾选的“其余为0”记为 0；上年是 3个。" in receipt
    assert "“青少年科技活动场次”没有填，按勾选的“其余为0”记为 0；上年是 4场。" in receipt
    assert "“获奖补(立项)资金”没有填，按勾选的“其余为0”记为 0。" in receipt


def test_what_the_tick_does_not_cover_is_named_and_not_reported(receipt: str) -> None:
    assert "下列各项没有填，仍按未报处理：青少年赛事获奖人/项数。" in receipt


def test_a_sheet_that_was_not_ticked_reports_nothing(receipt: str) -> None:
    assert "“组织建设情况表”没有填任何数字" in receipt


@pytest.mark.usefixtures("receipt")
def test_money_is_stored_in_yuan_with_what_was_typed(office: Office) -> None:
    query = f"select value, raw from landing.observation where indicator_code = '{TOTAL}' order by submission_id desc"
    with office.engine.connect() as connection:
        row = connection.execute(text(query)).first()
    assert row is not None
    assert (row.value, row.raw) == (Decimal(125000), "12.5万元")


def test_a_slip_of_ten_thousand_is_doubted_in_the_unit_that_was_typed(office: Office) -> None:
    file = filled_in(office, "slip.xlsx", tick="否", fin_budget_total=100000)
    found = receipt_of(office, file)
    assert "本年报 100000万元（1000000000元），是上年 10万元（100000元） 的 5000 倍以上" in found
    assert "记为 0" not in found


def test_of_a_form_sent_back_no_zero_is_said_to_be_recorded(office: Office) -> None:
    found = receipt_of(office, filled_in(office, "negative.xlsx", fin_budget_total=-3))
    assert "“项目/部门预算数”填的 -3万元（-30000元） 是负数。" in found
    assert "受理结果：部分受理" in found
    assert "记为 0" not in found


def test_read_shows_what_was_typed_and_what_it_is(office: Office) -> None:
    file = filled_in(office, "shown.xlsx", fin_budget_total=12.5)
    lines, _ = show(file, as_json=False)
    assert any(line.endswith("项目/部门预算数 12.5万元（125000元） [own actual]") for line in lines)
    assert any(re.search(r"争取\(立项\)科普项目数 0 个 \[own actual，按“其余为0”（E\d+）\]$", line) for line in lines)
    lines, _ = show(file, as_json=True)
    assert any(
        '"value": 125000' in line and '"entered_value": 12.5, "entered_measure": "万元"' in line for line in lines
    )
