"""What the markup of a worksheet tells that calamine does not: formulas without a result, and cells far away.

calamine gives '' for an error and for a formula never computed, as for a blank; and it fills the whole rectangle
around the cells it finds, so that one cell in the last row of a sheet takes all memory. Almost no sheet has either, so
a few quick searches decide whether the markup is looked at cell by cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

from ingestion.observations import Place
from ingestion.refusal import Refusal
from ingestion.workbook_layout import LAST_ROW, cell_name

_LAST_COLUMN = 51
# Each begins with a fixed sign: an alternative at the top, or a search for two signs of bytes, takes twice as long.
_FORMULA_OR_NOT_NEAR = re.compile(rb'<(?:f|c(?! r="A?[A-Z][0-9]{1,4}")|row(?! r="[0-9]{1,4}"))')
_ERROR = re.compile(rb't="e"')
_PREFIXED = re.compile(rb":(?:c|row)")
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is|f)[\s>]")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s+ref=[\"']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})[\"']")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def is_blank(markup: bytes) -> bool:
    """Whether no cell of the sheet has a value."""
    return not _VALUE.search(markup)


def merged_cells(markup: bytes) -> Iterator[tuple[int, int, int, int]]:
    """The ranges of merged cells, each by its 0-based first row and column, last row and column."""
    for found in _MERGED.finditer(markup, max(markup.find(b"</sheetData"), 0)):
        columns = [_column(letters.decode()) for letters in found.group(1, 3)]
        yield int(found[2]) - 1, columns[0], int(found[4]) - 1, columns[1]


def formulas_without_result(markup: bytes, sheet: str) -> dict[tuple[int, int], str]:
    """The cells, by 0-based (row, column), that hold an error (`#N/A`) or a formula never computed (`=A1+B1`).

    Raises Refusal where a cell with content stands absurdly far from the form, or a cell does not say where it stands.
    """
    if _is_plain(markup):
        return {}
    without: dict[tuple[int, int], str] = {}
    try:
        for cell in _cells(markup):
            position = _position(cell, sheet)
            if position and (raw := _without_result(cell)):
                without[position] = raw
    except (ParseError, DefusedXmlException) as error:
        raise Refusal("FILE_UNREADABLE") from error
    return without


def _is_plain(markup: bytes) -> bool:
    """Whether every cell is known to be near, without formulas and errors; in doubt, not."""
    if markup.count(b"</sheetData") != 1:
        return False
    cells = markup[markup.find(b"<sheetData") : markup.find(b"</sheetData")]
    if b"'" in cells or _ERROR.search(cells):
        return False
    # Elements with a namespace prefix would be missed by the search.
    if _PREFIXED.search(cells) or b":sheetData" in markup:
        return False
    return not _FORMULA_OR_NOT_NEAR.search(cells)


def _cells(markup: bytes) -> Iterator[Element]:
    for _, element in iterparse(BytesIO(markup)):
        tag = _local(element)
        if tag == "c":
            yield element
        elif tag == "row":
            if "r" not in element.attrib:
                raise Refusal("FILE_UNREADABLE")
            element.clear()


def _position(cell: Element, sheet: str) -> tuple[int, int] | None:
    """Where a cell stands; None for one without content, which calamine passes over."""
    match = _REFERENCE.fullmatch(cell.get("r", ""))
    if not match:
        raise Refusal("FILE_UNREADABLE")
    if len(cell) == 0 and "t" not in cell.attrib:
        return None
    row, column = int(match[2]) - 1, _column(match[1])
    if row > LAST_ROW or column > _LAST_COLUMN:
        raise Refusal("CELL_FAR_OUTSIDE", Place(sheet=sheet, cell=cell_name(row, column)), sheet=sheet)
    return row, column


def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - 64
    return column - 1


def _without_result(cell: Element) -> str:
    parts = {_local(part): part.text or "" for part in cell}
    if cell.get("t") == "e":
        return parts.get("v") or "#N/A"
    # A formula whose result is an empty text (t="str") was computed: the cell is blank.
    if "f" in parts and not parts.get("v") and cell.get("t") != "str":
        return f"={parts['f']}"
    return ""


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
