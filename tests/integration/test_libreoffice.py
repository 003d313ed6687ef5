"""A workbook survives LibreOffice: what it saves reads the same, and what it prints fits on A4."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from catalogue.load import load
from catalogue.model import Collect, Indicator
from ingestion.observations import FileContent
from ingestion.periods import Period
from ingestion.readers import read
from ingestion.templates import MORE, TemplateUnit, write

pytestmark = pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdfinfo")),
    reason="LibreOffice or poppler is not installed (`make tools` installs both)",
)

CATALOGUE = load()
COUNTY = TemplateUnit("410102", "某县科协", "county", "territorial", has_subordinates=False)
CITY = TemplateUnit("410100", "某市科协", "city", "territorial", has_subordinates=True)
TICKED = "组织建设情况表"


def asked(unit: TemplateUnit) -> list[Indicator]:
    return [i for i in CATALOGUE.asked_of(unit.level, unit.unit_type) if i.collect is Collect.TYPED]


def contents(indicator: Indicator, number: int) -> Decimal | str:
    """A number, a dash, stars: whatever a clerk may write."""
    if number % 7 == 1:
        return "-"
    if number % 7 == 2:
        return "**"
    return (
        "98.5" if indicator.is_percentage else Decimal(number) + (Decimal("0.25") if indicator.measure == "元" else 0)
    )


def write_all(folder: Path) -> None:
    """A county's workbook left blank, and one of a county and of a city filled in, a sheet of each but for its tick."""
    write(folder / "blank.xlsx", COUNTY, Period(2022), CATALOGUE, last_year={i.code: Decimal(7) for i in asked(COUNTY)})
    for name, unit in (("county", COUNTY), ("city", CITY)):
        figures = {
            (one.form, one.code, "own"): (contents(one, number), "含 <甲>&‘乙’" if number % 5 == 0 else "")
            for number, one in enumerate(asked(unit))
            if number % 3 and one.form != "organisation"
        }
        write(folder / f"{name}.xlsx", unit, Period(2022), CATALOGUE, figures)
        workbook = load_workbook(folder / f"{name}.xlsx")
        sheet = workbook[TICKED]
        last = max(cell.row for cell in sheet["A"] if cell.value)
        sheet[f"E{last + 1}"] = "是"
        workbook.save(folder / f"{name}.xlsx")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbooks as written, in `saved` as LibreOffice saved them, and the blank one as PDF."""
    folder = tmp_path_factory.mktemp("libreoffice")
    write_all(folder)
    convert(folder, "xlsx", "blank", "county", "city")
    convert(folder, "pdf", "blank")
    return folder


def convert(folder: Path, extension: str, *names: str) -> None:
    """One start for all files: it takes seconds."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", "--headless", profile, "--convert-to", extension, "--outdir", "saved"]
    subprocess.run(
        [*command, *(f"{name}.xlsx" for name in names)], cwd=folder, check=True, capture_output=True, timeout=300
    )


def content(file: Path) -> FileContent:
    return read("any.xlsx", file.read_bytes(), CATALOGUE)


@pytest.mark.parametrize("name", ["blank", "county", "city"])
def test_what_libreoffice_saves_reads_the_same(folder: Path, name: str) -> None:
    before, after = content(folder / f"{name}.xlsx"), content(folder / "saved" / f"{name}.xlsx")
    assert before == after
    assert before.filed
    assert bool(before.readings) == (name != "blank")
    assert any(reading.by_tick for reading in before.readings) == (name != "blank")


def rules(workbook: Workbook) -> Mapping[str, object]:
    """What must not get lost on the way: locks, input rules, notes, hidden sheets and columns, the printed page."""
    return {
        sheet.title: (
            sheet.sheet_state == "visible",
            sheet.protection.sheet,
            sorted(rule.type for rule in sheet.data_validations.dataValidation),
            {
                cell.coordinate
                for row in sheet.iter_rows()
                for cell in row
                if not cell.protection.locked and cell.border.top
            },
            [cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment],
            sheet.column_dimensions["A"].hidden,
            (sheet.print_title_rows, sheet.print_area, sheet.page_setup.paperSize, sheet.page_setup.orientation),
        )
        for sheet in workbook.worksheets
        if sheet.title != "_kexie"
    }


def test_locks_rules_notes_and_hidden_sheets_survive(folder: Path) -> None:
    before, after = load_workbook(folder / "blank.xlsx"), load_workbook(folder / "saved" / "blank.xlsx")
    assert rules(before) == rules(after)
    assert [after[title].sheet_state for title in (MORE, "_kexie")] == ["hidden", "hidden"]


def test_each_form_is_printed_on_one_landscape_a4_page(folder: Path) -> None:
    pdf = folder / "saved" / "blank.pdf"
    info = subprocess.run(["pdfinfo", pdf], check=True, capture_output=True, text=True).stdout
    assert re.search(r"Page size: +841\.\d+ x 595\.\d+ pts \(A4\)", info)
    pages = subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True).stdout.split(
        "\f"
    )
    titles = [
        sheet.title for sheet in load_workbook(folder / "blank.xlsx").worksheets if sheet.sheet_state == "visible"
    ]
    for number, title in enumerate(titles):
        words = pages[number]
        assert title in words
        for line in (
            "填报单位（盖章）：某县科协",
            "报告期：2022 年",
            "单位负责人：",
            "填报日期：",
            f"第 {number + 1} 页",
        ):
            assert line in words
