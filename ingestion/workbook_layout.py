"""Where things stand in a form's sheet, and the hidden ids by which a filled-in workbook is recognised.

The template is written and read back by this one description; rows and columns are 0-based here. A workbook of the
first version, handed out before, is still read: it has neither sections nor 万元, 上年 or 其余为0.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from catalogue.model import Status
from ingestion import names_layout, wording
from ingestion.entry_units import ENTRY_UNITS, EntryUnit
from ingestion.names_layout import NAMES_SHEET, NamesSheet

IDS_SHEET = "_kexie"
RECEIPT_SHEET = "回执"
"""The sheet that a workbook given back has in front; a reader passes it over."""

_IDS_MARK = "kexie-template"
LAST_ROW = 9998

CODE, NUMBER = range(2)
TITLE_ROW, MARK_ROW, UNIT_ROW, PERIOD_ROW, HEADER_ROW, COLUMN_MARKS_ROW = range(6)
SIGNATURE_ROWS = 2


@dataclass(frozen=True, slots=True)
class Grid:
    """The columns and rows of one version of the template, as far as they differ."""

    leading: tuple[str, ...]
    trailing: tuple[str, ...]
    first_row: int
    is_first_version: bool = False


GRIDS = {
    "1": Grid(("指标代码", "指标名称", "计量单位"), ("说明",), first_row=5, is_first_version=True),
    "2": Grid(("指标代码", "序号", "指标名称", "计量单位"), ("上年本级", "说明"), first_row=6),
}
TEMPLATE_VERSION = "2"
GRID = GRIDS[TEMPLATE_VERSION]
ADJUSTING = ("去重调整", "调整原因")
"""The last two columns, for units that have others below them; workbooks handed out before lack them."""
FIRST_ROW = GRID.first_row


class Asked(NamedTuple):
    """What a row asks for: an indicator of a form, in its own measure or in another unit of entry."""

    form: str
    code: str
    unit: EntryUnit | None = None


class FormPart(NamedTuple):
    """A form of which a sheet asks something; most sheets have one, 更多指标 has several."""

    form: str
    number: str
    version: str

    @property
    def mark(self) -> str:
        """The form's number and version as printed on its sheet."""
        return f"{self.number}（{self.version} 版）"


@dataclass(frozen=True, slots=True)
class FormSheet:
    """One sheet of a workbook: the forms in it, and which row asks for what.

    Rows between the first and the last that ask for nothing are titles of sections. Below the last follow the tick
    其余为0, the lines to sign, and the guide.
    """

    sheet: str
    has_jurisdiction: bool
    forms: tuple[FormPart, ...]
    rows: Mapping[int, Asked]
    grid: Grid = GRID
    has_adjustment: bool = False
    printed: frozenset[tuple[int, int]] = field(init=False, compare=False)
    """The cells outside the rows of figures in which the template, a signature or the tick stands."""

    def __post_init__(self) -> None:
        cells = self._printed_first() if self.grid.is_first_version else self._printed()
        object.__setattr__(self, "printed", frozenset(cells))

    @property
    def headers(self) -> tuple[str, ...]:
        figures = ("本级", "含下级") if self.has_jurisdiction else ("本级",)
        return (*self.grid.leading, *figures, *self.grid.trailing, *(ADJUSTING if self.has_adjustment else ()))

    @property
    def own(self) -> int:
        return len(self.grid.leading)

    @property
    def measure(self) -> int:
        return self.own - 1

    @property
    def name(self) -> int:
        return self.own - 2

    @property
    def scopes(self) -> tuple[tuple[int, str], ...]:
        """The columns for figures, each with its scope."""
        claims = ((self.own + 1, "jurisdiction"),) if self.has_jurisdiction else ()
        adjustments = ((self.note_column + 1, "adjustment"),) if self.has_adjustment else ()
        return ((self.own, "own"), *claims, *adjustments)

    def note_beside(self, scope: str) -> int:
        """The column of the words about a figure: an adjustment has its reason beside it."""
        return self.note_column + 2 if scope == "adjustment" else self.note_column

    @property
    def last_year(self) -> int:
        """The grey column of last year's figures; the first version has none."""
        return self.note_column - 1

    @property
    def note_column(self) -> int:
        return self.own + (1 if self.has_jurisdiction else 0) + len(self.grid.trailing)

    @property
    def mark(self) -> str:
        """What stands beside 表号."""
        return self.forms[0].mark if len(self.forms) == 1 else f"{len(self.forms)} 张表的其余指标"

    @property
    def last_row(self) -> int:
        return max(self.rows)

    @property
    def tick_row(self) -> int | None:
        """Where 其余为0 is ticked, in the column 本级; None where the version has no tick."""
        return None if self.grid.is_first_version else self.last_row + 1

    @property
    def signature_row(self) -> int:
        """The first of the lines to sign."""
        return self.last_row + 3

    @property
    def guide_row(self) -> int:
        return self.signature_row + SIGNATURE_ROWS

    def _printed_first(self) -> Iterator[tuple[int, int]]:
        yield from ((0, 0), (3, 0))
        yield from ((row, column) for row in (1, 2) for column in range(4))
        yield from ((HEADER_ROW, column) for column in range(len(self.headers)))

    def _printed(self) -> Iterator[tuple[int, int]]:
        label = self.own + 1
        yield from ((TITLE_ROW, NUMBER), (self.guide_row, NUMBER))
        yield from ((row, column) for row in (MARK_ROW, UNIT_ROW, PERIOD_ROW) for column in (label, self.note_column))
        yield from ((row, NUMBER) for row in (UNIT_ROW, PERIOD_ROW))
        yield from ((row, NUMBER) for row in range(self.grid.first_row, self.last_row) if row not in self.rows)
        yield from ((self.last_row + 1, column) for column in (NUMBER, self.own, label))
        whole = [HEADER_ROW, COLUMN_MARKS_ROW, *range(self.signature_row, self.guide_row)]
        yield from ((row, column) for row in whole for column in range(len(self.headers)))


@dataclass(frozen=True, slots=True)
class WorkbookIds:
    """Whose figures a workbook holds, for which period, and the sheets it was written with.

    `filed_as` is the status of all its figures that can have it; None leaves each to its indicator. `names` is its
    sheet of names, where it has one.
    """

    unit_code: str
    period: str
    catalogue_version: str
    sheets: Sequence[FormSheet]
    filed_as: Status | None = None
    names: NamesSheet | None = None

    def fixed_cells_of_names(self) -> dict[tuple[int, int], str]:
        """What must still stand on the sheet of names."""
        headers = {(names_layout.HEADER_ROW, column): header for column, header in enumerate(names_layout.HEADERS)}
        return {
            (names_layout.UNIT_ROW, len(headers) - 1): self.unit_code,
            (names_layout.PERIOD_ROW, 0): period_line(self.period, self.filed_as),
            **headers,
        }

    def fixed_cells(self, sheet: FormSheet) -> dict[tuple[int, int], str]:
        """What must still stand in a sheet, by (row, column), for its cells to mean what they meant."""
        headers = {(HEADER_ROW, column): header for column, header in enumerate(sheet.headers)}
        if sheet.grid.is_first_version:
            return {(1, 3): self.unit_code, (2, 1): self.period, (2, 3): sheet.mark, **headers}
        note = sheet.note_column
        return {
            (MARK_ROW, note): sheet.mark,
            (UNIT_ROW, note): self.unit_code,
            (PERIOD_ROW, NUMBER): period_line(self.period, self.filed_as),
            **headers,
        }

    def first_row(self) -> str:
        """The ids of the workbook itself, as the hidden sheet's first row holds them."""
        ids = {"unit": self.unit_code, "period": self.period, "catalogue": self.catalogue_version}
        return _to_json(ids | ({"status": self.filed_as} if self.filed_as else {}))


_FILED_AS = {None: "", Status.PROVISIONAL: "（预计数：已实际发生的加到期末还计划的）"}

IDS_TITLE = f"{_IDS_MARK} {TEMPLATE_VERSION}"


def period_line(period: str, filed_as: Status | None = None) -> str:
    """How a sheet names its period, and what all of its figures are."""
    return f"报告期：{wording.period(period)}{_FILED_AS[filed_as]}"


def ids_from_rows(rows: Sequence[Sequence[object]]) -> WorkbookIds | None:
    """The ids that the hidden sheet's rows hold, or None where they are not those of a template known here."""
    try:
        mark, _, version = _text(rows[0][0]).partition(" ")
        if mark != _IDS_MARK or version not in GRIDS:
            return None
        ids = json.loads(_text(rows[0][1]))
        sheet_from = _first_sheet_from_json if GRIDS[version].is_first_version else _sheet_from_json
        described = {_text(row[0]): _text(row[1]) for row in rows[1:]}
        names = names_from_json(described.pop(NAMES_SHEET)) if NAMES_SHEET in described else None
        sheets = [sheet_from(title, content) for title, content in described.items()]
        filed_as = Status(_text(ids["status"])) if "status" in ids else None
        if filed_as not in _FILED_AS:
            return None
        whose = (_text(ids["unit"]), _text(ids["period"]), _text(ids["catalogue"]))
        return WorkbookIds(*whose, sheets, filed_as, names)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return None


def sheet_to_json(sheet: FormSheet) -> str:
    """A sheet as the hidden sheet's row of its title holds it."""
    forms = {
        form: {
            "number": number,
            "version": version,
            "rows": {row: asked.code for row, asked in sheet.rows.items() if asked.form == form},
        }
        for form, number, version in sheet.forms
    }
    entered: dict[str, list[int]] = {}
    for row, asked in sheet.rows.items():
        if asked.unit:
            entered.setdefault(asked.unit.name, []).append(row)
    columns = {"jurisdiction": sheet.has_jurisdiction} | ({"adjustment": True} if sheet.has_adjustment else {})
    return _to_json(columns | {"forms": forms, "entered": entered})


def names_to_json(sheet: NamesSheet) -> str:
    """The sheet of names as the hidden sheet's row of its title holds it."""
    return _to_json({"lists": sheet.codes})


def names_from_json(text: str) -> NamesSheet:
    """The sheet of names that the hidden sheet describes."""
    return NamesSheet(tuple(map(_text, json.loads(text)["lists"])))


# Every workbook of a kind of unit holds the same words here, and reading thousands is quicker when each is parsed once.
@lru_cache(maxsize=512)
def _sheet_from_json(title: str, text: str) -> FormSheet:
    content = json.loads(text)
    # Only units known here are taken: the file cannot say what a unit is worth.
    units = {_row(row): ENTRY_UNITS[name] for name, rows in content["entered"].items() for row in rows}
    forms: list[FormPart] = []
    rows: dict[int, Asked] = {}
    for form, part in content["forms"].items():
        forms.append(FormPart(_text(form), _text(part["number"]), _text(part["version"])))
        for row, code in part["rows"].items():
            if rows.setdefault(_row(row), asked := Asked(form, _text(code), units.get(_row(row)))) is not asked:
                raise ValueError("a row that asks for two figures")
    has_adjustment = content.get("adjustment") is True
    in_order = dict(sorted(rows.items()))
    return FormSheet(title, content["jurisdiction"] is True, tuple(forms), in_order, has_adjustment=has_adjustment)


@lru_cache(maxsize=512)
def _first_sheet_from_json(form: str, text: str) -> FormSheet:
    content = json.loads(text)
    part = FormPart(form, _text(content["number"]), _text(content["version"]))
    grid = GRIDS["1"]
    rows = {_row(row, grid): Asked(form, _text(code)) for row, code in content["rows"].items()}
    return FormSheet(_text(content["sheet"]), content["jurisdiction"] is True, (part,), rows, grid)


def _row(written: str | int, grid: Grid = GRID) -> int:
    row = int(written)
    if not grid.first_row <= row <= LAST_ROW:
        raise ValueError("a row of figures outside the form")
    return row


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    # JSON can spell what no database takes: a NUL, or half of a pair of surrogates, which has no bytes.
    if b"\0" in value.encode():
        raise ValueError("a text was expected")
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
