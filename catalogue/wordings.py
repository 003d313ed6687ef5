"""How a figure may be said in the report, as data: `catalogue/wordings.yaml` in objects, and for the database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from catalogue.entries import Entry, one_of
from catalogue.language import HedgeEffect, HedgePosition, Language


class Does(StrEnum):
    """What a form of words does with a number; `catalogue/wordings.yaml` tells of each."""

    DIGITS = "digits"
    IN_UNITS = "in_units"
    ROUND = "round"
    ROUNDED = "rounded"
    CUT = "cut"
    BELOW = "below"
    ABOVE = "above"
    OVER = "over"
    FROM = "from"
    TO = "to"


DOES = {
    HedgeEffect.BELOW: Does.BELOW,
    HedgeEffect.ABOVE: Does.ABOVE,
    HedgeEffect.AT_LEAST: Does.FROM,
    HedgeEffect.AT_MOST: Does.TO,
}
"""The hedges that a figure can be written with: no others say how far away it may be."""

PLACES = {HedgePosition.BEFORE: "before", HedgePosition.INSIDE: "after", HedgePosition.AFTER: "end"}
"""Where a hedge is written: 近5000人, 5000多人, 5000人以上; or inside, 260多万人."""

EXACT = frozenset({Does.DIGITS, Does.IN_UNITS, Does.ROUND})
"""These say the figure itself."""

UNHEDGED = EXACT | {Does.ROUNDED, Does.CUT}

LIMITS = (
    *("most_digits", "habit_digits", "nearly_from", "loosest", "habit_loosest", "small", "loosest_rounded"),
    *("round_from", "unit_decimals"),
)


@dataclass(frozen=True, slots=True)
class WordingForm:
    """One way to say a figure; `hedge` and `position` are empty where nothing stands beside the number."""

    code: str
    does: Does
    hedge: str
    position: str


@dataclass(frozen=True, slots=True)
class WordingSize:
    """The forms for figures below a size (None: of any size) that no smaller one takes, best first."""

    below: Decimal | None
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WordingStyle:
    """What a line may be said in; `incomplete` is the style that goes with 据不完全统计, empty for none."""

    code: str
    name_zh: str
    least_step: Decimal
    incomplete: str
    sizes: tuple[WordingSize, ...]


@dataclass(frozen=True, slots=True)
class UsualStyle:
    """The style of a kind of indicator; an empty aggregation, theme or measure means every one."""

    aggregation: str
    theme: str
    measure: str
    style: str

    def fits(self, aggregation: str, theme: str, measure: str) -> bool:
        asked = zip((self.aggregation, self.theme, self.measure), (aggregation, theme, measure), strict=True)
        return all(wanted in ("", found) for wanted, found in asked)


@dataclass(frozen=True, slots=True)
class Wordings:
    """How figures may be said; see `catalogue/wordings.yaml` for each field."""

    limits: Mapping[str, Decimal]
    forms: Mapping[str, WordingForm]
    styles: Mapping[str, WordingStyle]
    usual: tuple[UsualStyle, ...]

    def usual_style(self, aggregation: str, theme: str, measure: str) -> str:
        """The style in which figures of this kind of indicator are said."""
        return next((kind.style for kind in self.usual if kind.fits(aggregation, theme, measure)), "")

    def is_exact(self, style: str) -> bool:
        """Whether a style says the figure itself and nothing else."""
        return self.does(style) <= EXACT

    def does(self, style: str) -> set[Does]:
        """What the forms of a style do."""
        used = {form for size in self.styles[style].sizes for form in size.forms}
        return {self.forms[form].does for form in used if form in self.forms}

    def rules(self) -> str:
        """What `published.wordings` takes as its rules: JSON."""
        styles = {
            style.code: {"incomplete": style.incomplete or None, "sizes": list(self._sizes(style))}
            for style in self.styles.values()
        }
        return json.dumps({"limits": dict(self.limits), "styles": styles}, ensure_ascii=False, default=_number)

    def _sizes(self, style: WordingStyle) -> Iterator[dict[str, object]]:
        reached = None
        for size in style.sizes:
            forms = [
                {
                    "place": place,
                    "form": form.code,
                    "does": form.does,
                    "hedge": form.hedge,
                    "position": form.position,
                    "least_step": style.least_step,
                }
                for place, form in enumerate((self.forms[code] for code in size.forms), start=1)
            ]
            yield {"from": reached, "below": size.below, "forms": forms}
            reached = size.below


def _number(value: object) -> object:
    """JSON has no decimals: whole numbers as such, others as text, which the database reads exactly."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r} is no number")
    return int(value) if value == value.to_integral_value() else str(value)


def read_wordings(entry: Entry, language: Language) -> Wordings:
    """The rules of a file, whose hedges are those of the reader; mistakes are noted with the entry."""
    limits = entry.child("limits", "limits")
    read = Wordings(
        limits={name: limits.number(name) or Decimal(0) for name in LIMITS},
        forms={fields.name: _read_form(fields, language) for fields in entry.children("forms")},
        styles={fields.name: _read_style(fields) for fields in entry.children("styles")},
        usual=tuple(_read_usual(row) for row in entry.rows("usual")),
    )
    limits.finish()
    if entry.finish():
        _check(read, entry)
    return read


def _read_form(entry: Entry, language: Language) -> WordingForm:
    if "does" in entry.fields:
        does = entry.word("does", Does) or Does.DIGITS
        if does not in UNHEDGED:
            entry.mistake(f"does '{does}' needs a hedge; give the hedge alone, which says what it does")
        form = WordingForm(entry.name, does, "", "")
    else:
        form = _hedged_form(entry, language)
    entry.finish()
    return form


def _hedged_form(entry: Entry, language: Language) -> WordingForm:
    word, strictly, inside = entry.required_text("hedge"), entry.flag("strictly", False), entry.flag("inside", False)
    hedge = next((hedge for hedge in language.hedges if hedge.word == word), None)
    does = DOES.get(hedge.effect) if hedge else None
    if hedge is None or does is None:
        if word:
            entry.mistake(f"hedge '{word}' is none of number_language.yaml that a figure could be written with")
        return WordingForm(entry.name, Does.FROM, word, "")
    if strictly and does is not Does.FROM:
        entry.mistake(f"strictly is for a hedge that says at least; '{word}' says {hedge.effect}")
    if inside and hedge.position is not HedgePosition.INSIDE:
        entry.mistake(f"inside is for a hedge that stands there; '{word}' stands {hedge.position}")
    position = HedgePosition.INSIDE if inside else PLACES[hedge.position]
    return WordingForm(entry.name, Does.OVER if strictly else does, word, position)


def _read_style(entry: Entry) -> WordingStyle:
    style = WordingStyle(
        code=entry.name,
        name_zh=entry.required_text("name_zh"),
        least_step=entry.number("least_step") or Decimal(1),
        incomplete=entry.text("incomplete", ""),
        sizes=tuple(_read_size(row) for row in entry.rows("sizes")),
    )
    entry.finish()
    return style


def _read_size(entry: Entry) -> WordingSize:
    size = WordingSize(entry.number("below", None), entry.texts("forms", ()))
    entry.finish()
    return size


def _read_usual(entry: Entry) -> UsualStyle:
    usual = UsualStyle(
        aggregation=entry.text("aggregation", ""),
        theme=entry.text("theme", ""),
        measure=entry.text("measure", ""),
        style=entry.required_text("style"),
    )
    entry.finish()
    return usual


def _check(wordings: Wordings, entry: Entry) -> None:
    for kind in wordings.usual:
        if kind.style not in wordings.styles:
            entry.mistake(f"usual style '{kind.style}' is unknown; {one_of(wordings.styles)}")
    if not any(kind.fits("", "", "") for kind in wordings.usual[-1:]):
        entry.mistake("the last usual style must be for every kind; give it no aggregation, theme or measure")
    for style in wordings.styles.values():
        ends = [size.below for size in style.sizes]
        ascending = sorted(end for end in ends if end is not None)
        if ends != [*ascending, None] or len(set(ends)) < len(ends):
            entry.mistake(f"sizes of style {style.code} must ascend, each `below` once, and the last have none")
        for form in (form for size in style.sizes for form in size.forms):
            if form not in wordings.forms:
                entry.mistake(f"form '{form}' of style {style.code} is unknown; {one_of(wordings.forms)}")
        _check_incomplete(wordings, style, entry)


def _check_incomplete(wordings: Wordings, style: WordingStyle, entry: Entry) -> None:
    if style.incomplete and style.incomplete not in wordings.styles:
        entry.mistake(f"style '{style.incomplete}' of style {style.code} is unknown; {one_of(wordings.styles)}")
    elif style.incomplete:
        unhedged = sorted(wordings.does(style.incomplete) & UNHEDGED)
        if unhedged:
            remedy = f"take out what does {', '.join(unhedged)}"
            entry.mistake(f"style {style.incomplete} goes with 据不完全统计 and must hedge: {remedy}")
