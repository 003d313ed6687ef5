"""`catalogue/number_language.yaml` read field by field; every mistake is noted with entry and remedy."""

from __future__ import annotations

from decimal import Decimal

from catalogue.entries import Entry, one_of
from catalogue.language import Hedge, HedgeEffect, HedgePosition, Language, Multiplier
from ingestion.narrative.quantity import Qualifier

TEN = 10


def read_language(entry: Entry) -> Language:
    """The rules of how quantities are written."""
    measures = _spellings(entry)
    language = Language(
        hedges=tuple(hedge for row in entry.rows("hedges") if (hedge := _hedge(row)) is not None),
        multipliers={fields.name: _multiplier(fields) for fields in entry.children("multipliers")},
        digits=_digits(entry),
        measures=measures,
        exact_measures=_known_measures("exact_measures", entry, measures),
        rate_measures=_known_measures("rate_measures", entry, measures),
        masks=entry.required_text("masks"),
        ranges=entry.texts("ranges", ()),
    )
    entry.finish()
    return language


def _hedge(entry: Entry) -> Hedge | None:
    word = entry.required_text("word")
    position = entry.word("position", HedgePosition)
    effect = entry.word("effect", HedgeEffect)
    qualifier = entry.word("qualifier", Qualifier)
    if not entry.finish() or position is None or effect is None or qualifier is None:
        return None
    return Hedge(word, position, effect, qualifier)


def _multiplier(entry: Entry) -> Multiplier:
    multiplier = Multiplier(entry.name, Decimal(entry.whole("factor", least=TEN)), entry.flag("rounds", False))
    entry.finish()
    return multiplier


def _digits(entry: Entry) -> dict[str, int]:
    rows = entry.texts("digits", ())
    if rows and len(rows) != TEN:
        entry.mistake(f"digits has {len(rows)} rows; give ten, the signs for 0 to 9 in order")
    return {sign: digit for digit, signs in enumerate(rows) for sign in signs}


def _spellings(entry: Entry) -> dict[str, str]:
    table = entry.child("measures", "measures")
    measures: dict[str, str] = {}
    for word in table.fields:
        for spelling in table.texts(word, ()):
            if spelling in measures:
                table.mistake(f"'{spelling}' is written for {measures[spelling]} and for {word}; keep one")
            measures[spelling] = word
    table.finish()
    return measures


def _known_measures(field: str, entry: Entry, measures: dict[str, str]) -> frozenset[str]:
    words = entry.texts(field, ())
    known = sorted(set(measures.values()))
    for word in words:
        if measures and word not in known:
            entry.mistake(f"{field} '{word}' is no measure; {one_of(known)}")
    return frozenset(words)
