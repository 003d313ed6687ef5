"""Where a form and a narrative both speak of a figure: the form's must lie within what the words of the other say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from catalogue.model import NARRATIVE, State
from ingestion import wording
from ingestion.checks.findings import Findings
from ingestion.checks.results import Observed, Row
from ingestion.context import Context, Figures, Filed, Key, Rule, Told

Cell = tuple[str, str, str]


def told(observations: Sequence[Observed]) -> dict[Cell, Told]:
    """What the observations of a narrative say of each figure."""
    return {
        (one.indicator_code, one.scope, one.status): Told(one.low, one.high, one.quote or "") for one in observations
    }


def compare(findings: Findings, context: Context, key: Key, rows: Sequence[Row], figures: Figures) -> None:
    """Tell each figure of a submission with which what else is in force for its unit and period does not agree.

    Whichever of the two comes second has the finding; the form's figure is used.
    """
    unit_code, form, period = key
    if form != NARRATIVE:
        narrative = context.in_force.get((unit_code, NARRATIVE, period))
        if narrative is None:
            return
        by_cell, number = _by_cell(rows), str(narrative.submission_id)
        for cell, _, said in _differing(context, figures, narrative.figures, narrative.told):
            findings.about_row(key, by_cell[cell], "FORM_OUTSIDE_NARRATIVE", submission=number, **said)
        return
    by_cell = _by_cell(rows)
    readings = {cell: row.reading for cell, row in by_cell.items()}
    words = {cell: Told(one.low, one.high, one.place.quote) for cell, one in readings.items()}
    for other in (context.in_force.get((unit_code, one, period)) for one in context.catalogue.forms):
        for _, cell, said in _differing(context, other.figures, figures, words) if other else ():
            findings.about_row(key, by_cell[cell], "NARRATIVE_OUTSIDE_FORM", **said)


def _by_cell(rows: Sequence[Row]) -> dict[Cell, Row]:
    return {
        (reading.indicator_code, reading.scope or "own", reading.status or rule.indicator.default_status.value): row
        for row in rows
        for reading, rule in [row]
        if rule is not None
    }


def _differing(
    context: Context, of_form: Figures, of_prose: Figures, words: Mapping[Cell, Told]
) -> Iterator[tuple[Cell, Cell, dict[str, str]]]:
    """The form's cell and the narrative's of each figure of which both speak and disagree, and the words."""
    spoken = {cell[:2]: cell for cell in context.used(of_prose)}
    for cell in context.used(of_form):
        other = spoken.get(cell[:2])
        if other is not None and not _lies_within(of_form[cell], words[other]):
            yield cell, other, _said(context.rules[cell[0]], of_form[cell], words[other])


def _lies_within(figure: Filed, words: Told) -> bool:
    """A figure without a point value contradicts nothing; that there is no such thing contradicts any number."""
    state, value = figure.state, figure.value
    if state == State.NOT_APPLICABLE:
        return False
    return value is None or ((words.low is None or words.low <= value) and (words.high is None or value <= words.high))


def _said(rule: Rule, figure: Filed, words: Told) -> dict[str, str]:
    state, value = figure.state, figure.value
    measure = rule.indicator.measure
    return {
        "quote": wording.plain(words.quote),
        "told": wording.span(words.low, words.high, measure),
        "value": "“-”（没有此项）"
        if state == State.NOT_APPLICABLE or value is None
        else wording.amount(value, measure),
    }
