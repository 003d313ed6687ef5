"""One submission while its figures are being doubted, and how a doubt becomes a finding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from catalogue.model import Severities, Severity, Status
from ingestion import explanations, wording
from ingestion.checks.findings import Findings
from ingestion.checks.results import Explained, Named, Observed, Row
from ingestion.context import Cell, Context, Figures, Filed, Key, LastYear, Rule
from ingestion.explanations import Reason
from ingestion.figures_print import print_of
from ingestion.observations import Place
from ingestion.periods import Period

if TYPE_CHECKING:
    from decimal import Decimal


class Told(NamedTuple):
    """One figure that is held against others; `row` and `filing` are None for one that another file brought."""

    code: str
    scope: str
    filed: Filed
    cell: Cell | None = None
    row: Row | None = None
    filing: Filing | None = None

    @property
    def value(self) -> Decimal | None:
        return self.filed.value


@dataclass(eq=False)
class Filing:
    """The rows of a submission that passed the phases before; `observed`, `figures` and `rows` are by cell, in order.

    `blank` are the cells that a workbook left empty, by indicator.
    """

    key: Key
    period: Period
    last_year: LastYear
    observed: dict[Cell, Observed] = field(default_factory=dict)
    figures: Figures = field(default_factory=dict)
    rows: dict[Cell, Row] = field(default_factory=dict)
    blank: dict[str, Place] = field(default_factory=dict)
    doubted: set[Cell] = field(default_factory=set)
    explained: list[Explained] = field(default_factory=list)
    names: list[Named] = field(default_factory=list)
    _told: dict[str, dict[str, Told]] | None = None

    def add(self, cell: Cell, row: Row, observed: Observed) -> None:
        """Take in one figure."""
        self.observed[cell], self.rows[cell], self.figures[cell] = observed, row, Filed(*observed[3:8])

    def hold(self, cell: Cell) -> None:
        """Let a figure wait for the unit's reason."""
        self.observed[cell] = self.observed[cell]._replace(is_held=True)
        self.figures[cell] = self.figures[cell]._replace(is_held=True)

    def explain(self, cell: Cell, finding_code: str, doubt: str, reason: Reason) -> None:
        """Keep the reason that was given for a doubted figure."""
        self.explained.append(Explained(*cell, finding_code, doubt, *reason))

    @cached_property
    def figures_print(self) -> str:
        """The same where all figures are; empty where that could be chance."""
        told = ((code, scope, one.value) for (code, scope, _), one in self.figures.items() if one.value is not None)
        return print_of(told)

    def told(self, rules: dict[str, Rule], scope: str) -> dict[str, Told]:
        """Indicator → its figure in a scope, of the indicator's statuses the first that is present."""
        if self._told is None:
            self._told = self._best(rules)
        return self._told.get(scope, {})

    def _best(self, rules: dict[str, Rule]) -> dict[str, dict[str, Told]]:
        ranks: dict[tuple[str, str], int] = {}
        best: dict[str, dict[str, Told]] = {}
        for cell, filed in self.figures.items():
            code, scope, status = cell
            rank = rules[code].ranks.get(status)
            if rank is None or filed.state == "redacted" or rank >= ranks.get((code, scope), len(Status)):
                continue
            ranks[code, scope] = rank
            best.setdefault(scope, {})[code] = Told(code, scope, filed, cell, self.rows[cell], self)
        return best


def doubt(
    findings: Findings,
    context: Context,
    about: Told,
    code: str,
    severities: Severities | None = None,
    others: Iterable[Told] = (),
    /,
    **details: str,
) -> None:
    """A finding at a figure of a file. One that asks for a reason holds the figure, unless a row in doubt gives one."""
    filing, row, cell = about.filing, about.row, about.cell
    if filing is None or row is None or cell is None:
        return
    severity = (severities or context.sentences[code].severities).on(filing.period.last_day)
    filing.doubted.add(cell)
    if severity is Severity.EXPLAIN:
        rows = [row, *(other.row for other in others if other.row is not None)]
        reason = explanations.given(rows, context.catalogue)
        if reason:
            said = context.sentences[code].says.format_map({"indicator_name": name_of(context, about.code), **details})
            findings.about_row(filing.key, row, "DOUBT_EXPLAINED", doubt=said, note=wording.plain(reason.words))
            filing.explain(cell, code, said, reason)
            return
        filing.hold(cell)
    findings.about_row(filing.key, row, code, severity, **details)


def name_of(context: Context, code: str) -> str:
    return context.rules[code].indicator.name_zh


def amount(context: Context, told: Told, value: Decimal | None = None) -> str:
    """A figure as a clerk knows it: with its measure, first as it was entered; a vague one with its bounds."""
    measure = context.rules[told.code].indicator.measure
    entered_in = told.row.reading.entered_in if told.row else ""
    if value is None and told.filed.value is None:
        bounds = f"{wording.figure(told.filed.low, '')}—{wording.figure(told.filed.high, '')}"
        return f"{bounds}{measure}"
    shown = value if value is not None else told.filed.value
    return wording.amount(shown, measure, entered_in) if shown is not None else ""


def named(context: Context, told: Told) -> str:
    """A figure by name, with its amount and its place."""
    where = f"，{_short(told.row.reading.place)}" if told.row and _short(told.row.reading.place) else ""
    return f"{name_of(context, told.code)} {amount(context, told)}{where}"


def _short(place: Place) -> str:
    return place.cell or (f"第 {place.line} 行" if place.line is not None else "")
