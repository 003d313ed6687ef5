"""The workbook that goes back with a narrative's receipt: what is known of the unit and period, to confirm or correct.

It holds what forms have filed already, so that sending it back drops none of it, and the exact figures that the text
gives beside. Where the text gives no exact figure its words stand under 说明, and the cell waits for the number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from catalogue.model import Catalogue, Indicator, Scope, State, Status
from ingestion import wording
from ingestion.names_layout import ROWS_DRAWN, NameRow
from ingestion.observations import Reading
from ingestion.periods import Period
from ingestion.templates import TemplateUnit, asked_cells, asked_lists, write
from kexie.errors import UserError

if TYPE_CHECKING:
    from ingestion.narrative.combining import Combined

Cell = tuple[str, str, str]
"""Form, indicator, scope."""

_CONFIRM = "文中写“{quote}”，请填准确数"
_MASKED = "文中隐去了这个数（“{quote}”），能报的请填"
_FILED_AS = "已按“{status}”报 {value}"


class Filed(NamedTuple):
    """A figure of a form in force for the narrative's unit and period."""

    form: str
    indicator_code: str
    scope: str
    status: str
    state: str
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    note: str


def prefilled(
    unit: TemplateUnit,
    period: Period,
    catalogue: Catalogue,
    filed: Iterable[Filed],
    readings: Iterable[Reading],
    unclear: Iterable[Combined],
    names: Iterable[NameRow] = (),
    last_year: Mapping[str, Decimal] | None = None,
) -> bytes | None:
    """The workbook, or None where this kind of unit fills in none. `unclear` are figures that a person must tell.

    `names` are those of lists in force; what the unit's workbook has no row for is left out, and so are all of them
    where they are too many: a part would contradict the count.
    `last_year` stands beside them as in any other workbook: the unit's own figures of the year before.
    """
    filling = _Filling(unit, catalogue)
    for one in filed:
        filling.take_filed(one)
    # What a text says of the whole jurisdiction stands for the unit's own only where it says nothing of that.
    for reading in sorted(readings, key=lambda one: one.scope != Scope.OWN):
        filling.take_told(reading)
    for made in unclear:
        filling.take_unclear(made)
    lists = asked_lists(unit, period, catalogue)
    kept = [one for one in names if one.indicator_code in lists]
    target = BytesIO()
    try:
        write(
            target,
            unit,
            period,
            catalogue,
            filling.figures(asked_cells(unit, period, catalogue)),
            last_year,
            names=kept if len(kept) <= ROWS_DRAWN else (),
        )
    except UserError:
        return None
    return target.getvalue()


class _Filling:
    """What goes into the cells, and the notes beside them."""

    def __init__(self, unit: TemplateUnit, catalogue: Catalogue) -> None:
        self._unit, self._catalogue = unit, catalogue
        self._contents: dict[Cell, Decimal | str] = {}
        self._notes: dict[Cell, list[str]] = defaultdict(list)

    def figures(self, cells: Collection[Cell]) -> dict[Cell, tuple[Decimal | str, str]]:
        """What the template is filled in with: what has no cell in it is left out."""
        known = dict.fromkeys([*self._contents, *self._notes])
        return {cell: (self._contents.get(cell, ""), "；".join(self._notes[cell])) for cell in known if cell in cells}

    def take_filed(self, one: Filed) -> None:
        indicator = self._catalogue.indicators.get(one.indicator_code)
        if indicator is None:
            return
        cell = (one.form, one.indicator_code, one.scope)
        if one.status != indicator.default_status:
            if one.value is not None:
                value, status = (
                    wording.amount(one.value, indicator.measure),
                    self._catalogue.label("statuses", one.status),
                )
                self._notes[cell].append(_FILED_AS.format(status=status, value=value))
            return
        if one.state == State.NOT_APPLICABLE:
            self._contents[cell] = "-"
        elif one.state == State.REDACTED:
            self._contents[cell] = "**"
        elif one.value is not None and one.low == one.value == one.high:
            self._contents[cell] = _entered(one.value, indicator)
        if one.note:
            self._notes[cell].append(one.note)

    def take_told(self, reading: Reading) -> None:
        """A figure that was done or is there now; plans and what others led have no cell."""
        indicator = self._catalogue.indicators[reading.indicator_code]
        if reading.status not in (Status.ACTUAL, Status.CUMULATIVE) or reading.status not in indicator.statuses:
            return
        cell = self._cell(indicator, reading.scope)
        if cell in self._contents:
            return
        if reading.value is not None and reading.low == reading.value == reading.high:
            self._contents[cell] = _entered(reading.value, indicator)
        else:
            words = _MASKED if reading.state == State.REDACTED else _CONFIRM
            self._notes[cell].append(words.format(quote=wording.plain(reading.place.quote)))

    def take_unclear(self, made: Combined) -> None:
        cell = self._cell(self._catalogue.indicators[made.indicator_code], made.scope)
        if cell not in self._contents:
            self._notes[cell].append(made.asks)

    def _cell(self, indicator: Indicator, scope: str) -> Cell:
        """The cell of a figure. What a unit with nobody below it says of its jurisdiction is its own."""
        own = (indicator.form, indicator.code, Scope.OWN.value)
        is_its_own = scope == Scope.JURISDICTION and not self._unit.has_subordinates and own not in self._contents
        return own if is_its_own else (indicator.form, indicator.code, scope)


def _entered(value: Decimal, indicator: Indicator) -> Decimal | str:
    # A percentage stands in its cell as text, so that a spreadsheet never makes 0.98 of it.
    return f"{value:f}" if indicator.is_percentage else value
