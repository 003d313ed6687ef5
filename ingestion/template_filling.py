"""Put a unit's names and figures into the markup of a drawn workbook.

Drawing a workbook takes many times as long as filling it in, and the workbooks of one kind of unit differ in a few
words and figures only. So each kind is drawn once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

UNIT_NAME, UNIT_CODE, PERIOD_LINE, IDS, TITLE = (chr(0xE000 + number) for number in range(5))
"""What stands in a drawn workbook for the words of one unit and period; no text uses these characters of its own."""

CellContents = Mapping[str, Decimal | int | str]
"""What goes into the blank cells of a sheet, by A1 name."""

_SIGNIFICANT_DIGITS = 15
_BLANK = re.compile(rb'<c r="([A-Z]+[0-9]+)" s="([0-9]+)"/>')
_PLACEHOLDER = re.compile("[\ue000-\ue004]")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_WITH_WORDS = ("xl/sharedStrings.xml", "docProps/core.xml")
_QUOTES = {"'": "&apos;"}


class Skeleton:
    """The parts of a drawn workbook, to be filled in as often as wanted."""

    def __init__(self, drawn: bytes) -> None:
        with ZipFile(BytesIO(drawn)) as package:
            self._parts = {name: package.read(name) for name in package.namelist()}
        self._words = {name: self._parts[name].decode() for name in _WITH_WORDS}

    def filled(self, words: Mapping[str, str], sheets: Mapping[int, CellContents]) -> bytes:
        """The workbook with words in place of their placeholders, and contents in its sheets, counted from 0."""
        parts = dict(self._parts)
        for name, text in self._words.items():
            parts[name] = _PLACEHOLDER.sub(lambda found: _escaped(words[found[0]]), text).encode()
        for number, contents in sheets.items():
            name = f"xl/worksheets/sheet{number + 1}.xml"
            parts[name] = _with_contents(parts[name], contents)
        return _packed(parts)


def _with_contents(markup: bytes, contents: CellContents) -> bytes:
    def cell(found: re.Match[bytes]) -> bytes:
        content = contents.get(found[1].decode(), "")
        if content == "":
            return found[0]
        return f'<c r="{found[1].decode()}" s="{found[2].decode()}"{_value(content)}</c>'.encode()

    return _BLANK.sub(cell, markup)


def _value(content: Decimal | int | str) -> str:
    """The rest of a cell's markup. A number that a spreadsheet would round is kept as text."""
    if isinstance(content, str):
        return f' t="inlineStr"><is><t xml:space="preserve">{_escaped(content)}</t></is>'
    number = Decimal(content)
    if len(number.as_tuple().digits) > _SIGNIFICANT_DIGITS:
        return _value(f"{number:f}")
    return f"><v>{number:f}</v>"


def _escaped(text: str) -> str:
    return escape(_NOT_IN_XML.sub("", text), _QUOTES)


def _packed(parts: Mapping[str, bytes]) -> bytes:
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as package:
        for name, content in parts.items():
            info = ZipInfo(name)
            info.create_system = 0
            package.writestr(info, content, ZIP_DEFLATED)
    return target.getvalue()
