"""Read `relations.yaml`, and refuse a relation that contradicts itself or names what is not there."""

from collections.abc import Iterable, Mapping, Set
from decimal import Decimal

from catalogue.entries import Entry, Mistakes, one_of
from catalogue.model import (
    Aggregation,
    DatedSeverity,
    Relation,
    RelationKind,
    Severities,
    Severity,
    Threshold,
)

FILE = "catalogue/relations.yaml"

OF_KINDS_OF_INDICATOR = (RelationKind.NEVER_FALLS, RelationKind.WITHIN)
"""These hold for every indicator of some aggregations; the others name theirs."""

PARTS_NEEDED = {
    RelationKind.TOTAL: (2, 99),
    RelationKind.PARTS: (2, 99),
    RelationKind.AT_MOST: (1, 99),
    RelationKind.AUDIENCE: (1, 1),
    RelationKind.PERSONS: (1, 1),
    RelationKind.RATE: (2, 2),
    RelationKind.GROWTH: (2, 2),
    RelationKind.MOVEMENT: (1, 2),
    RelationKind.NEVER_ADDED: (2, 2),
}
"""Kind to the fewest and the most parts that it makes sense with."""


def read_relations(entry: Entry) -> dict[str, Relation]:
    """The relations by code, in the order of the file."""
    relations = {fields.name: _read_relation(fields) for fields in entry.children("relations")}
    entry.finish()
    return relations


def read_severities(entry: Entry, default: Severities | None = None) -> Severities | None:
    """A field `severity`: one word, or a list of words each with the day from which it holds."""
    if not entry.has_list("severity"):
        if default is not None or "severity" in entry.fields:
            word = entry.word("severity", Severity, None)
            return default if word is None else Severities.always(word)
        entry.word("severity", Severity)
        return None
    dated = []
    for row in entry.rows("severity"):
        valid_from, severity = row.day("valid_from"), row.word("value", Severity)
        if row.finish() and valid_from is not None and severity is not None:
            dated.append(DatedSeverity(valid_from, severity))
    days = [one.valid_from for one in dated]
    if sorted(set(days)) != days:
        entry.mistake("its severities must be in ascending order of valid_from, each day once")
    return Severities(tuple(dated)) if dated else default


def _read_relation(entry: Entry) -> Relation:
    kind = entry.word("kind", RelationKind) or RelationKind.TOTAL
    aggregations = entry.words("aggregations", Aggregation) if kind in OF_KINDS_OF_INDICATOR else ()
    severities = read_severities(entry) if "severity" in entry.fields else None
    relation = Relation(
        code=entry.name,
        kind=kind,
        whole="" if aggregations else entry.required_text("whole"),
        parts=() if aggregations else entry.texts("parts", ()),
        aggregations=aggregations,
        times=entry.number("times", Decimal(1)) or Decimal(1),
        least=entry.text("least", ""),
        most=entry.text("most", ""),
        severities=severities,
        because=entry.text("because", ""),
        source=entry.text("source", ""),
    )
    entry.finish()
    return relation


def check_relations(
    relations: Mapping[str, Relation], written: Set[str], thresholds: Mapping[str, Threshold], mistakes: Mistakes
) -> None:
    """Note every relation that names an unknown indicator or limit, or has too few or too many parts."""
    for relation in relations.values():
        for sentence in _mistakes_of(relation, written, thresholds):
            mistakes.add(FILE, relation.code, sentence)


def _mistakes_of(relation: Relation, written: Set[str], thresholds: Mapping[str, Threshold]) -> Iterable[str]:
    for code in relation.indicators:
        if code and code not in written:
            yield f"indicator '{code}' is unknown; give the code of one"
    if len(set(relation.indicators)) < len(relation.indicators):
        yield "it names an indicator twice; name each once"
    if relation.kind in PARTS_NEEDED:
        fewest, most = PARTS_NEEDED[relation.kind]
        if not fewest <= len(relation.parts) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} or more" if most > 9 else f"{fewest} to {most}"
            yield f"it has {len(relation.parts)} parts; a relation of kind {relation.kind} has {wanted}"
    limits = [limit for limit in (relation.least, relation.most) if limit]
    if limits and relation.kind is not RelationKind.AUDIENCE:
        yield "least and most are for an audience only; remove them"
    if relation.kind is RelationKind.AUDIENCE and len(limits) != 2:
        yield "an audience needs least and most, the names of two thresholds of findings.yaml"
    for limit in limits:
        if limit not in thresholds:
            yield f"threshold '{limit}' is unknown; {one_of(thresholds)}"
    if relation.because.endswith(tuple("。，；：、.,;:")):
        yield "because becomes part of a sentence; write it without punctuation at its end"
