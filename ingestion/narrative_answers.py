"""What goes beside the receipt of a narrative: the page that shows what was read, and the workbook to confirm it.

Both are made from what is stored, like the receipt: one that a crash prevented is made later.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from catalogue.model import NARRATIVE, Catalogue, Scope, State
from ingestion import wording
from ingestion.blank_forms import described, last_years_figures
from ingestion.names_layout import NameRow
from ingestion.narrative_page import Page, Treated, Use, render
from ingestion.narrative_workbook import Filed, prefilled
from ingestion.periods import parse_period
from ingestion.readers.narrative import Understood, is_asked, understand
from ingestion.receipts import File
from kexie.errors import UserError

if TYPE_CHECKING:
    from decimal import Decimal

    from sqlalchemy import Connection

    from ingestion.narrative.quantity import Quantity
    from ingestion.observations import Reading
    from ingestion.tree import Tree

_ADDED = (Scope.OWN, Scope.JURISDICTION)
_RECEIPT = re.compile(r"\.回执(\(\d+\))?\.txt$")
_PAGE, _WORKBOOK = r".识读\1.html", r".待确认\1.xlsx"
_ABOUT_PAGE, _ABOUT_WORKBOOK = "原文中认出的每个数和读法，请核对", "认出的数已填好，核对、补全后报送即可，不用再打一遍"


def names_beside(receipt_name: str) -> dict[str, str]:
    """The names that page and workbook have beside a receipt, and what is said of them."""
    named = {_PAGE: _ABOUT_PAGE, _WORKBOOK: _ABOUT_WORKBOOK}
    return {_RECEIPT.sub(name, receipt_name): about for name, about in named.items()}


class _FormFigure(NamedTuple):
    period: str
    is_held: bool
    filed: Filed


def files_for(
    connection: Connection,
    delivery: Any,  # noqa: ANN401 - a row of landing.delivery
    findings: Sequence[Any],
    catalogue: Catalogue,
    tree: Tree,
) -> list[File]:
    """The files that go with the receipt of a narrative; none where it had no text that could be read."""
    from sqlalchemy import text

    row = connection.execute(text(NARRATIVE_READ), {"seq": delivery.delivery_seq}).one_or_none()
    if row is None:
        return []
    asked = {"unit": row.unit_code, "year": row.year}
    filed = [
        _FormFigure(one.period, one.is_held, Filed(*one[2:])) for one in connection.execute(text(FORM_FIGURES), asked)
    ]
    held = {tuple(one) for one in connection.execute(text(HELD), {"submission": row.submission_id})}
    names = list(_names(connection, asked | {"period": row.period}, catalogue))
    period = parse_period(row.period or "")
    last_year = last_years_figures(connection, row.unit_code, period) if period else {}
    return list(_Answer(row, delivery, findings, catalogue, tree, filed, held, names, last_year).files())


def _names(connection: Connection, asked: dict[str, Any], catalogue: Catalogue) -> Iterator[NameRow]:
    """The names of lists that forms have filed, as a workbook holds them."""
    from sqlalchemy import text

    labels = catalogue.codelists["title_levels"]
    for status, *fields in connection.execute(text(NAMES), asked):
        one = NameRow._make(fields)
        indicator = catalogue.indicators.get(one.indicator_code)
        if indicator and status == indicator.default_status:
            yield one._replace(level=labels.get(one.level, ""))


class _Answer:
    """The files for one narrative."""

    def __init__(
        self,
        row: Any,  # noqa: ANN401 - a row of the query below
        delivery: Any,  # noqa: ANN401
        findings: Sequence[Any],
        catalogue: Catalogue,
        tree: Tree,
        filed: Sequence[_FormFigure],
        held: Collection[tuple[Any, ...]],
        names: Sequence[NameRow],
        last_year: Mapping[str, Decimal],
    ) -> None:
        self._last_year = last_year
        self._row, self._delivery, self._findings = row, delivery, findings
        self._catalogue, self._tree, self._filed, self._held = catalogue, tree, filed, held
        self._names = names
        self._is_accepted = row.state == "accepted"
        self._understood: Understood = understand(row.text, row.period or "", catalogue)

    def files(self) -> Iterator[File]:
        workbook = self._workbook()
        of_page, of_workbook = names_beside(self._delivery.receipt_name).items()
        page = render(self._page(of_workbook[0] if workbook else ""), self._catalogue)
        yield File(of_page[0], page.encode(), of_page[1])
        if workbook:
            yield File(of_workbook[0], workbook, of_workbook[1])

    def _workbook(self) -> bytes | None:
        period = parse_period(self._row.period or "")
        if not self._is_accepted or period is None:
            return None
        try:
            unit = described(self._tree, self._row.unit_code, period)
        except UserError:
            return None
        same_period = [one.filed for one in self._filed if one.period == self._row.period]
        figures = self._understood.figures
        readings = [reading for _, reading in figures if reading is not None]
        unclear = [made for made, reading in figures if reading is None]
        return prefilled(unit, period, self._catalogue, same_period, readings, unclear, self._names, self._last_year)

    def _page(self, workbook: str) -> Page:
        spans = self._tree.spans.get(self._delivery.submitter_code)
        treated = self._treated()
        return Page(
            unit_name=spans[-1].name if spans else wording.plain(self._delivery.submitter_code),
            period=self._row.period or "",
            file_name=self._delivery.file_name,
            delivery_seq=self._delivery.delivery_seq,
            received=f"{self._delivery.received_at:%Y-%m-%d %H:%M}（北京时间）",
            text=self._row.text,
            quantities=self._understood.quantities,
            treated=[treated[one] for one in self._understood.quantities],
            findings=[(one.severity, one.sentence) for one in self._findings],
            workbook=workbook,
        )

    def _treated(self) -> dict[Quantity, Treated]:
        treated = {one: Treated(self._use_alone(one)) for one in self._understood.quantities}
        if self._is_accepted:
            for made, reading in self._understood.figures:
                treatment = Treated(Use.UNCLEAR, made.asks) if reading is None else self._treatment(reading, made.says)
                treated |= dict.fromkeys(made.quantities, treatment)
        return treated

    def _use_alone(self, one: Quantity) -> Use:
        """What becomes of a quantity that makes no figure."""
        if not is_asked(one, self._catalogue):
            return Use.WITHOUT_INDICATOR
        return Use.OF_ANOTHER_PERIOD if self._is_accepted and one.period != self._row.period else Use.REJECTED

    def _treatment(self, reading: Reading, says: str) -> Treated:
        statuses = self._catalogue.indicators[reading.indicator_code].statuses
        is_added = reading.scope in _ADDED and reading.status in statuses
        if reading.state == State.REDACTED:
            return Treated(Use.MASKED)
        if (reading.indicator_code, reading.scope, reading.status) in self._held:
            return Treated(Use.HELD, says)
        if not is_added:
            return Treated(Use.KEPT, says)
        others = [one for one in self._filed if self._hides(one, reading)]
        if not others:
            return Treated(Use.COUNTED, says)
        same = next((one for one in others if one.period == self._row.period), None)
        differs = any(one.code == "NARRATIVE_OUTSIDE_FORM" and _is_about(one, reading) for one in self._findings)
        said = _said(same or others[0], self._catalogue)
        return Treated(Use.DIFFERENT if differs else Use.HIDDEN, "；".join(filter(None, (said, says))))

    def _hides(self, one: _FormFigure, reading: Reading) -> bool:
        """Any form figure or not-applicable of the year hides what prose says of the same indicator and scope."""
        filed = one.filed
        statuses = self._catalogue.indicators[reading.indicator_code].statuses
        return (
            (filed.indicator_code, filed.scope) == (reading.indicator_code, reading.scope)
            and filed.status in statuses
            and filed.state != State.REDACTED
            and not one.is_held
        )


def _is_about(found: Any, reading: Reading) -> bool:  # noqa: ANN401 - a row of landing.finding
    return (found.span_start, found.span_end) == (reading.place.start, reading.place.end)


def _said(one: _FormFigure, catalogue: Catalogue) -> str:
    filed = one.filed
    measure = catalogue.indicators[filed.indicator_code].measure
    value = "“-”（没有此项）" if filed.state == State.NOT_APPLICABLE else wording.span(filed.low, filed.high, measure)
    return f"报表（{wording.period(one.period)}）填的是 {value}"


# A rejected narrative of which the period is known has a submission; one without has none.
NARRATIVE_READ = f"""
    select narrative.text, submission.submission_id, submission.unit_code, submission.period, submission.year,
        submission.state
    from landing.narrative_text as narrative
    left join landing.submission as submission
        on submission.delivery_seq = narrative.delivery_seq and submission.form = '{NARRATIVE}'
    where narrative.delivery_seq = :seq
"""

HELD = """
    select indicator_code, scope, status
    from landing.observation
    where submission_id = :submission and is_held
"""

IN_FORCE = f"""
    with in_force as (
        select distinct on (submission.form, submission.period)
            submission.submission_id, submission.form, submission.period
        from landing.submission as submission
        left join landing.withdrawal as withdrawal on withdrawal.submission_id = submission.submission_id
        where submission.unit_code = :unit and submission.year = :year and submission.form <> '{NARRATIVE}'
            and submission.state = 'accepted' and withdrawal.submission_id is null
        order by submission.form, submission.period, submission.delivery_seq desc
    )
"""

FORM_FIGURES = f"""
    {IN_FORCE}
    select in_force.period, observation.is_held,
        in_force.form, observation.indicator_code, observation.scope, observation.status, observation.state,
        observation.value, observation.low, observation.high, observation.note
    from in_force
    join landing.observation as observation on observation.submission_id = in_force.submission_id
    order by observation.observation_id
"""

# In the order of the columns of the sheet of names.
NAMES = f"""
    {IN_FORCE}
    select named.status,
        named.indicator_code, named.name, named.title, coalesce(named.level, ''), named.batch,
        coalesce(named.located_in, ''), coalesce(named.valid_from::text, ''),
        coalesce(named.valid_until::text, ''), named.note
    from in_force
    join landing.list_name as named on named.submission_id = in_force.submission_id
    where in_force.period = :period and named.scope = 'own'
    order by named.list_name_id
"""
