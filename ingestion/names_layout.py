"""Where things stand on the sheet 名录 of a workbook: one name of a list each row. Rows and columns are 0-based.

A unit has the sheet where it keeps a list itself (`owner_level`); on it stand all lists that it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from catalogue.model import Aggregation, Catalogue, Indicator
from ingestion.observations import Place

NAMES_SHEET = "名录"

TITLE_ROW, UNIT_ROW, PERIOD_ROW, GUIDE_ROW, HEADER_ROW, FIRST_ROW = range(6)
ROWS_DRAWN = 500
"""So many names have a row; what a program writes below is read all the same."""

HEADERS = ("指标", "名称", "称号", "级别", "批次", "所在单位", "有效期起", "有效期止", "备注")
CHOICES = len(HEADERS) + 1
"""The hidden column that the drop-down of the first one offers."""


class NameRow(NamedTuple):
    """One row of the sheet, its fields in the order of the columns; the reader takes the first as a name or a code."""

    indicator_code: str
    name: str
    title: str = ""
    level: str = ""
    batch: str = ""
    located_in: str = ""
    valid_from: str = ""
    valid_until: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class NamesSheet:
    """The sheet of one workbook: which lists it offers, by their indicators' codes."""

    codes: tuple[str, ...]

    def is_printed(self, row: int, column: int) -> bool:
        """Whether the template itself wrote that cell."""
        if row < FIRST_ROW:
            return column < len(HEADERS)
        return column == CHOICES and row < FIRST_ROW + len(self.codes)


def lists_of(indicators: Iterable[Indicator], level: str) -> tuple[Indicator, ...]:
    """The lists on the sheet of a unit of that level that is asked these; none where it keeps none itself."""
    lists = tuple(one for one in indicators if one.aggregation is Aggregation.LIST)
    return lists if any(one.owner_level == level for one in lists) else ()


def code_of(written: str, catalogue: Catalogue) -> str:
    """The list that is meant by an indicator's name or code; empty where it is none."""
    return next((one.code for one in catalogue.indicators.values() if _is_list(one, written)), "")


def _is_list(indicator: Indicator, written: str) -> bool:
    return indicator.aggregation is Aggregation.LIST and written in (indicator.name_zh, indicator.code)


def place_of(place: Place, field: str) -> Place:
    """Where a field of a name stands, given where its name does; the same where that is a line."""
    if not place.cell:
        return place
    row = re.sub("[A-Z]", "", place.cell)
    return place._replace(cell=f"{chr(ord('A') + NameRow._fields.index(field))}{row}")


def filled(rows: Sequence[NameRow], catalogue: Catalogue) -> list[tuple[int, int, str]]:
    """What goes into which cell, as (row, column, words)."""
    return [
        (FIRST_ROW + number, column, words)
        for number, one in enumerate(rows)
        for column, words in enumerate((catalogue.indicators[one.indicator_code].name_zh, *one[1:]))
        if words
    ]
