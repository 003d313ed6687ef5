"""What a clerk does to a finished workbook: cells made one, formulas, sheets and rows added or taken away."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from catalogue.load import load
from ingestion import readers
from ingestion.observations import Place

from .files import Line, Sending
from .injected import Fault, Injection

Edit = Callable[[Worksheet, str], None]
"""Changes a sheet at a cell given by its A1 name."""


def _edited(kind: str, codes: tuple[str, ...], edit: Edit, *, at_cell: bool = True) -> Injection:
    def inject(sent: Sending, random: Random) -> Fault | None:
        able = [line for line in sent.lines if line.scope == "own" and line.number > 0]
        if sent.kind != "workbook" or not able:
            return None
        line = random.choice(able)
        place = _place(sent, line)

        def change(workbook: Workbook) -> None:
            edit(workbook[place.sheet], place.cell)

        sent.edit = change
        cells = frozenset([(line.code, "own")]) if at_cell else frozenset()
        return Fault(kind, sent, cells, frozenset(codes))

    return inject


def _place(sent: Sending, line: Line) -> Place:
    content = readers.read(sent.file_name, sent.content(), load())
    return next(one.place for one in content.readings if (one.indicator_code, one.scope) == (line.code, "own"))


def _below(cell: str) -> str:
    return f"{cell[0]}{int(cell[1:]) + 1}"


def cells_merged(sent: Sending, random: Random) -> Fault | None:
    """A figure's cell is made one with that of the next row."""
    if sent.kind != "workbook":
        return None
    content = readers.read(sent.file_name, sent.content(), load())
    own = {one.place[:2]: one.indicator_code for one in content.readings if one.scope == "own"}
    able = [at for at in own if (at[0], _below(at[1])) in own]
    if not able:
        return None
    sheet, cell = random.choice(able)
    sent.edit = lambda workbook: workbook[sheet].merge_cells(f"{cell}:{_below(cell)}")
    return Fault("cells merged", sent, frozenset([(own[sheet, cell], "own")]), frozenset(["CELLS_MERGED"]))


def _formula(sheet: Worksheet, cell: str) -> None:
    sheet[cell] = f"={cell[0]}{int(cell[1:]) - 1}*2"


def _beside(sheet: Worksheet, cell: str) -> None:
    sheet[f"P{cell[1:]}"] = 120


def _insert(sheet: Worksheet, cell: str) -> None:
    sheet.insert_rows(int(cell[1:]))


def _remove(sheet: Worksheet, _cell: str) -> None:
    sheet.parent.remove(sheet)  # type: ignore[union-attr]


def _hidden_sheet(sheet: Worksheet, cell: str) -> None:
    added = sheet.parent.create_sheet("备用")  # type: ignore[union-attr]
    added["A1"], added["B1"] = "漏报的", sheet[cell].value
    added.sheet_state = "hidden"


WORKBOOKS: dict[str, Injection] = {
    "cells merged": cells_merged,
    "formula never computed": _edited("formula never computed", ("FORMULA_NEVER_COMPUTED",), _formula),
    "figure beside the form": _edited("figure beside the form", ("CELL_OUTSIDE_FORM",), _beside, at_cell=False),
    "row inserted": _edited("row inserted", ("FORM_LAYOUT_CHANGED",), _insert, at_cell=False),
    "sheet taken away": _edited(
        "sheet taken away", ("SHEET_MISSING", "SHEET_MISSING_OF_FILED"), _remove, at_cell=False
    ),
    "hidden sheet with figures": _edited(
        "hidden sheet with figures", ("SHEET_NOT_RECOGNISED",), _hidden_sheet, at_cell=False
    ),
}
