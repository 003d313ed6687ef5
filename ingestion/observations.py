"""What a reader finds in a file: readings with their place. Reading never judges."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ingestion.narrative.quantity import Quantity


class Place(NamedTuple):
    """Where a figure stands: a workbook's sheet and cell, a CSV's line, or a narrative's span with the quoted words."""

    sheet: str = ""
    cell: str = ""
    line: int | None = None
    start: int | None = None
    end: int | None = None
    quote: str = ""


class Reading(NamedTuple):
    """One figure as read, one per (unit, form, period, indicator, scope, status) row or cell.

    `state` is `number`, `not_applicable`, `redacted`, or, where no figure could be made of what stands there,
    `unreadable` or `formula_error`; `raw` keeps the words. For a number, `low`/`high` None is an open bound and `value`
    None is a figure without a point value (3–5场); for every other state all three are None. Empty `form`, `scope` and
    `status` are left to the catalogue's defaults by the checks. Units of measure are the catalogue's own; where a form
    lets people enter another, `entered_in` names it (万元) and the figures are converted already. `by_tick` is the cell
    of the tick 其余为0 that made a blank cell a zero, else empty.
    """

    unit_code: str
    form: str
    period: str
    indicator_code: str
    scope: str
    status: str
    state: str
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    note: str
    raw: str
    place: Place
    entered_in: str = ""
    by_tick: str = ""


class ListedName(NamedTuple):
    """One name of a list (名录) as written, one per row; those of one figure share its first six fields.

    `place` is the row's line, or the cell of its name.
    """

    unit_code: str
    form: str
    period: str
    indicator_code: str
    scope: str
    status: str
    name: str
    title: str
    level: str
    batch: str
    located_in: str
    valid_from: str
    valid_until: str
    note: str
    place: Place


class Problem(NamedTuple):
    """A file, or a part of one, that could not be read; `code` is a finding's code in the catalogue."""

    code: str
    place: Place
    details: dict[str, str]


@dataclass(slots=True)
class FileContent:
    """All that a reader found in one file.

    `filed` names each (unit_code, form, period) the file files, also those without any figure: a blank form replaces an
    earlier one. `blank` are the cells for own figures that a workbook left empty: form, indicator, place. `kind` is
    `workbook`, `csv`, `narrative` or `unknown`. `names` are those of lists; the count of a list's names is a reading
    too, made where the file gives none.

    A narrative has its `text` and all `quantities` that stand in it, in their order; its readings are what those of an
    indicator and of the narrative's period make, put together where several speak of one figure. It is its
    submitter's, and names no unit until `of` says whose it is.
    """

    kind: str
    readings: list[Reading] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    filed: list[tuple[str, str, str]] = field(default_factory=list)
    blank: list[tuple[str, str, Place]] = field(default_factory=list, compare=False)
    form_version: str = ""
    text: str = ""
    quantities: list[Quantity] = field(default_factory=list)
    names: list[ListedName] = field(default_factory=list)

    def of(self, submitter: str) -> FileContent:
        """The content with the submitter as the unit of what names none, where it is a narrative."""
        if self.kind != "narrative":
            return self
        return replace(
            self,
            readings=[reading._replace(unit_code=submitter) for reading in self.readings],
            problems=[one._replace(details=one.details | {"unit_code": submitter}) for one in self.problems],
            filed=[(submitter, form, period) for _, form, period in self.filed],
        )
