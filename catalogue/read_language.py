"""`catalogue/number_language.yaml` read field by field; every mistake is noted with entry and remedy."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum

from catalogue.entries import Entry, one_of
from catalogue.language import (
    Hedge,
    HedgeEffect,
    HedgePosition,
    Language,
    Marker,
    Multiplier,
    NoQuantity,
    Reach,
)
from catalogue.model import Scope, Status
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
        kindred_measures=_kindred(entry, measures),
        masks=entry.required_text("masks"),
        ranges=_words("ranges", entry),
        variants=_single_signs(entry.child("variants", "variants")),
        measure_traps=_traps(entry.child("measure_traps", "measure_traps"), measures),
        not_quantities=tuple(made for row in entry.rows("not_quantities") if (made := _no_quantity(row)) is not None),
        names=_words("names", entry),
        abstractions=_words("abstractions", entry),
        place_words=_words("place_words", entry),
        behind=_words("behind", entry),
        titles=_words("titles", entry),
        quotation_marks=_words("quotation_marks", entry),
        longest_quotation=entry.whole("longest_quotation", least=1),
        remarks=_words("remarks", entry),
        rate_nouns=_words("rate_nouns", entry),
        money_nouns=_words("money_nouns", entry),
        traffic_nouns=_words("traffic_nouns", entry),
        people_nouns=_words("people_nouns", entry),
        ranks=_words("ranks", entry),
        each=_words("each", entry),
        people_times=_words("people_times", entry),
        plan_headings=_words("plan_headings", entry),
        other_headings=_words("other_headings", entry),
        several_years=_words("several_years", entry),
        statuses=tuple(marker for row in entry.rows("statuses") for marker in _markers(row, "status", Status)),
        scopes=tuple(marker for row in entry.rows("scopes") for marker in _markers(row, "scope", Scope)),
        columns={word: scope for row in entry.rows("columns") for word, scope in _column(row)},
        light_words=_words("light_words", entry),
        deeds=_words("deeds", entry),
        parts=_words("parts", entry),
        respectively=_words("respectively", entry),
    )
    entry.finish()
    return language


def _hedge(entry: Entry) -> Hedge | None:
    word = entry.required_text("word")
    position = entry.word("position", HedgePosition)
    effect = entry.word("effect", HedgeEffect)
    qualifier = entry.word("qualifier", Qualifier)
    not_in = entry.texts("not_in", ())
    for longer in not_in:
        if not longer.endswith(word):
            entry.mistake(f"not_in '{longer}' does not end with '{word}'; give longer words that do")
    if not entry.finish() or position is None or effect is None or qualifier is None:
        return None
    return Hedge(word, position, effect, qualifier, not_in)


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


def _words(field: str, entry: Entry) -> tuple[str, ...]:
    """A list that must be there, without repeats."""
    words = entry.texts(field, ())
    if field not in entry.fields:
        entry.mistake(f"field '{field}' is missing; give a list of texts")
    for word in sorted({word for word in words if words.count(word) > 1}):
        entry.mistake(f"{field} repeats '{word}'; write each once")
    return words


def _single_signs(table: Entry) -> dict[str, str]:
    signs = {sign: table.required_text(sign) for sign in table.fields}
    for sign, means in signs.items():
        if len(sign) != 1 or len(means) != 1:
            table.mistake(f"'{sign}: {means}' must be one sign for one sign, for places in a text are counted in signs")
    table.finish()
    return {sign: means for sign, means in signs.items() if len(sign) == len(means) == 1}


def _traps(table: Entry, measures: dict[str, str]) -> dict[str, tuple[str, ...]]:
    traps = {measure: table.texts(measure, ()) for measure in table.fields}
    for measure in traps:
        if measure not in measures:
            table.mistake(f"'{measure}' is no spelling of a measure; {one_of(measures)}")
    table.finish()
    return traps


def _kindred(entry: Entry, measures: dict[str, str]) -> dict[str, frozenset[str]]:
    kin: dict[str, frozenset[str]] = {}
    rows = entry.texts_of_texts("kindred_measures")
    for row in rows:
        for measure in row:
            if measures and measure not in measures.values():
                entry.mistake(f"kindred_measures '{measure}' is no measure; {one_of(sorted(set(measures.values())))}")
            kin[measure] = kin.get(measure, frozenset()) | frozenset(row)
    return kin


_ENDLESS = re.compile(r"(?<!\\)[*+]|\{\d*,\}")
_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\]")


def _no_quantity(entry: Entry) -> NoQuantity | None:
    kind, pattern = entry.required_text("kind"), entry.required_text("pattern")
    if _ENDLESS.search(_CLASS.sub("[]", pattern)):
        entry.mistake(f"pattern {pattern!r} repeats without end; bound it, such as {{1,9}} instead of +")
    try:
        re.compile(pattern)
    except re.error as error:
        entry.mistake(f"pattern {pattern!r} is no regular expression ({error}); write one")
    return NoQuantity(kind, pattern) if entry.finish() else None


def _markers(entry: Entry, field: str, codes: type[StrEnum]) -> list[Marker]:
    says, reach = entry.word(field, codes), entry.word("reach", Reach)
    words, not_for = entry.texts("words", ()), entry.texts("not_for", ())
    yields, compares = entry.flag("yields", False), entry.flag("compares", False)
    year_before = entry.flag("year_before", False)
    if not entry.finish() or says is None or reach is None:
        return []
    return [Marker(word, says, reach, not_for, yields, compares, year_before) for word in words]


def _column(entry: Entry) -> list[tuple[str, str]]:
    scope, words = entry.word("scope", Scope), entry.texts("words", ())
    return [(word, scope) for word in words] if entry.finish() and scope is not None else []
