"""Draw workbook.png, a county's form as LibreOffice prints it: `.venv/bin/python docs/images/workbook.py`.

The county and its figures are those of the sample province. Needs what `make tools` installs.
"""

import subprocess
import tempfile
from decimal import Decimal
from pathlib import Path

from openpyxl import load_workbook

from catalogue.load import load
from ingestion.periods import Period
from ingestion.templates import TemplateUnit, write
from sample_province.figures import YearBook

FORM = "funds"
FILLED: dict[str, tuple[Decimal | int | str, str]] = {
    "fin_literacy_budget": (Decimal(265000), ""),
    "fin_project_granted_count": (11, ""),
    "fin_project_granted_amount": (Decimal(235000), "新增基层科普行动计划 1 项"),
    "fin_budget_total": (Decimal(274000), ""),
    "fin_budget_executed": (Decimal("265150.5"), ""),
}
LEFT_BLANK = {"fin_other_granted_amount": Decimal(0)}
DOTS_PER_INCH = 110
CROP = ("-x", "40", "-y", "70", "-W", "1210", "-H", "600")


def main() -> None:
    """Write, fill in and tick the workbook, print it, and keep the one page."""
    unit = TemplateUnit("990101", "甲川区科协", "county", "territorial", has_subordinates=False)
    figures = {(FORM, code, "own"): filled for code, filled in FILLED.items()}
    title = load().forms[FORM].title
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "workbook.xlsx")
        write(file, unit, Period(2022), load(), figures, {**YearBook().own(unit.code, 2021), **LEFT_BLANK})
        workbook = load_workbook(file)
        sheet = workbook[title]
        sheet.cell(max(cell.row for cell in sheet["A"] if cell.value and cell.row) + 1, 5, "是")
        page = str(workbook.sheetnames.index(title) + 1)
        workbook.save(file)
        profile = f"-env:UserInstallation={Path(folder, 'profile').as_uri()}"
        subprocess.run(["soffice", "--headless", profile, "--convert-to", "pdf", file.name], cwd=folder, check=True)
        picture = Path(__file__).with_suffix("")
        resolution = ("-r", str(DOTS_PER_INCH), "-f", page, "-l", page, "-singlefile", "-png")
        subprocess.run(["pdftoppm", *resolution, *CROP, file.with_suffix(".pdf"), picture], check=True)


if __name__ == "__main__":
    main()
