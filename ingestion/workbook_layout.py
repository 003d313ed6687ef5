"""Where things stand in a form's sheet, and the hidden ids by which a filled-in workbook is recognised.

The template is written and read back by this one description; rows and columns are 0-based here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

TEMPLATE_VERSION = "1"
IDS_SHEET = "_kexie"
_IDS_MARK = "kexie-template"

CODE, NAME, MEASURE, OWN, JURISDICTION = range(5)
TITLE_ROW, UNIT_ROW, PERIOD_ROW, GUIDE_ROW, HEADER_ROW = range(5)
FIRST_ROW = HEADER_ROW + 1
ID_LABELS = {UNIT_ROW: ("填报单位", "单位代码"), PERIOD_ROW: ("期间", "表号")}
ID_WIDTH = 4


@dataclass(frozen=True, slots=True)
class FormSheet:
    """One form in a workbook: its sheet, and which row asks for which indicator."""

    form: str
    number: str
    version: str
    sheet: str
    has_jurisdiction: bool
    rows: Mapping[int, str]

    @property
    def headers(self) -> tuple[str, ...]:
        figures = ("本级", "含下级") if self.has_jurisdiction else ("本级",)
        return ("指标代码", "指标名称", "计量单位", *figures, "说明")

    @property
    def scopes(self) -> tuple[tuple[int, str], ...]:
        """The columns for figures, each with its scope."""
        return ((OWN, "own"), (JURISDICTION, "jurisdiction")) if self.has_jurisdiction else ((OWN, "own"),)

    @property
    def note_column(self) -> int:
        return len(self.headers) - 1

    @property
    def mark(self) -> str:
        """The form's number and version as printed on its sheet."""
        return f"{self.number}（{self.version} 版）"


@dataclass(frozen=True, slots=True)
class WorkbookIds:
    """Whose figures a workbook holds, for which period, and the sheets it was written with."""

    unit_code: str
    period: str
    catalogue_version: str
    sheets: Sequence[FormSheet]

    def fixed_cells(self, sheet: FormSheet) -> dict[tuple[int, int], str]:
        """What must still stand in a sheet, by (row, column), for its cells to mean what they meant."""
        return {
            (UNIT_ROW, ID_WIDTH - 1): self.unit_code,
            (PERIOD_ROW, 1): self.period,
            (PERIOD_ROW, ID_WIDTH - 1): sheet.mark,
            **{(HEADER_ROW, column): header for column, header in enumerate(sheet.headers)},
        }

    def to_rows(self) -> list[tuple[str, str]]:
        """The rows of the hidden sheet: the workbook's ids, then one row per form."""
        ids = {"unit": self.unit_code, "period": self.period, "catalogue": self.catalogue_version}
        return [
            (f"{_IDS_MARK} {TEMPLATE_VERSION}", _to_json(ids)),
            *((sheet.form, _to_json(_sheet_to_json(sheet))) for sheet in self.sheets),
        ]


def ids_from_rows(rows: Sequence[Sequence[object]]) -> WorkbookIds | None:
    """The ids that the hidden sheet's rows hold, or None where they are not those of a template of this version."""
    try:
        if rows[0][0] != f"{_IDS_MARK} {TEMPLATE_VERSION}":
            return None
        ids = json.loads(_text(rows[0][1]))
        sheets = [_sheet_from_json(_text(row[0]), _text(row[1])) for row in rows[1:]]
        return WorkbookIds(_text(ids["unit"]), _text(ids["period"]), _text(ids["catalogue"]), sheets)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return None


def _sheet_to_json(sheet: FormSheet) -> dict[str, object]:
    return {
        "number": sheet.number,
        "version": sheet.version,
        "sheet": sheet.sheet,
        "jurisdiction": sheet.has_jurisdiction,
        "rows": sheet.rows,
    }


# Every workbook of a kind of unit holds the same words here, and reading thousands is quicker when each is parsed once.
@lru_cache(maxsize=512)
def _sheet_from_json(form: str, text: str) -> FormSheet:
    content = json.loads(text)
    rows = {int(row): _text(code) for row, code in content["rows"].items()}
    if min(rows, default=FIRST_ROW) < FIRST_ROW:
        raise ValueError("a row of figures above the header")
    return FormSheet(
        form=form,
        number=_text(content["number"]),
        version=_text(content["version"]),
        sheet=_text(content["sheet"]),
        has_jurisdiction=content["jurisdiction"] is True,
        rows=rows,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    return value


def _to_json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=4096)
def cell_name(row: int, column: int) -> str:
    """The A1 name of a cell given by 0-based row and column."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
