"""Find the quantities of a sentence: numbers with their measures and hedges, leaving out what only looks like one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter

from catalogue.language import Hedge, HedgeEffect, Language
from ingestion.narrative.lost import RATE, TIMES, VISITS, Lost
from ingestion.narrative.numbers import Grammar, Stated, Written, grammar, measure_of, ranged, stated
from ingestion.narrative.quantity import Qualifier
from ingestion.narrative.text import Quotations
from ingestion.narrative.words import any_of

RANK = "名"
PLACES = ("名", "位")
"""Measures that a rank is written in."""
EACH_WITHIN = 14
"""So many signs before a quantity 每村 may begin, to say of it that it is so much for each."""


@dataclass(slots=True)
class Found:
    """One quantity of a text: where it stands, what it claims, and remarks for a person in Chinese."""

    start: int
    end: int
    number: int
    stated: Stated
    spelled: str
    note: str = ""
    for_each: bool = False
    measure: str = field(init=False)

    def __post_init__(self) -> None:
        self.measure = self.stated.measure


_START = attrgetter("start")


class Scanner:
    """The patterns that find quantities in plain text; `scanner(language)` makes them once."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.grammar: Grammar = grammar(language)
        self.quotations = Quotations(language)
        signs, multipliers = self.grammar.signs, "".join(language.multipliers)
        self._candidate = re.compile(rf"[\d{re.escape(language.masks)}{signs}]|[数几上成](?=[{multipliers}])")
        self._run = re.compile(rf"[\d{re.escape(language.masks)}{signs}.]{{1,40}}")
        none = "|".join(f"(?:{rule.pattern})" for rule in language.not_quantities)
        self._other = re.compile(
            rf"(?P<hundredth>百分之)(?=[\d一二三四五六七八九十百])|(?P<none>{any_of(language.names)}|{none})"
        )
        self._chinese = frozenset(signs)
        self._abstraction = re.compile(any_of(language.abstractions))
        self._place = re.compile(any_of(language.place_words))
        self._hedges: dict[str, list[str]] = {}
        for word in sorted(self.grammar.before, key=len, reverse=True):
            self._hedges.setdefault(word[-1], []).append(word)
        self._some_each = re.compile(any_of(language.each))
        self._each = re.compile(rf"(?:{any_of(language.each)})[^，。；、：\d]{{0,9}}$")
        self._rank_noun = re.compile(
            rf"(?:{any_of(language.ranks)})(?:在|于|为|：|全国|全省|全市|全州|全区|全旗|中|了){{0,3}}第?$"
        )
        self._rank_scope = re.compile(
            rf"(?:{any_of(language.ranks)})[^，。；第]{{0,6}}第$|(?:全国|全省|全市|全州|全区|全旗)第$"
        )
        self._people_times = re.compile(
            rf"(?:{any_of(language.people_times)})(?:达到?|为|共计?|：|约|近|超过?){{0,2}}$"
        )
        self._lost = Lost(language, self.grammar)

    def within(self, text: str, start: int, end: int) -> list[Found]:
        """The quantities of one sentence of a plain text, in order."""
        found: list[Found] = []
        at = self._candidate.search(text, start, end)
        quotations = self.quotations.within(text, start, end) if at is not None else []
        while at is not None:
            place = at.start()
            quantity, place = self._at(text, place, start, end, quotations)
            if quantity is not None:
                found.append(quantity)
            at = self._candidate.search(text, place, end)
        if self._some_each.search(text, start, end) is not None:
            for one in found:
                one.for_each = self._each.search(text, max(start, one.start - EACH_WITHIN), one.start) is not None
        found += [self._dropped(*gap) for gap in self._lost.numbers(text, start, end)]
        found.sort(key=_START)
        return found

    def _dropped(self, start: int, end: int, spelled: str) -> Found:
        measure = self.language.measures[spelled]
        claim = Stated(None, None, None, measure, Qualifier.REDACTED, "redacted")
        return Found(start, end, start, claim, spelled, "原文缺数字")

    def _at(
        self, text: str, place: int, start: int, end: int, quotations: list[tuple[int, int]]
    ) -> tuple[Found | None, int]:
        """The quantity whose number begins at a place, or None; and where to look on."""
        if place > start and _is_letter(text[place - 1]) and not (place - 1 > start and _is_letter(text[place - 2])):
            # P5, G20 and 5G are names; the 15 of MV15部 is a number.
            return None, self._past(text, place)
        for opens, closes in quotations:
            if opens < place < closes:
                return None, closes
        if (other := self._other.match(text, place, end)) is not None:
            if other["none"] is not None:
                return None, max(other.end(), place + 1)
            return self._of_hundred(text, place, start, end, other.end())
        number = self.grammar.number_at(text, place)
        if number is None or number.end > end:
            return None, self._past(text, place)
        chinese = number.chinese or number.bare
        behind = text.endswith(self.language.behind, start, place)
        number, stop = ranged(self.grammar, number, text)
        match = self.grammar.measure.match(text, stop, end)
        spelled = match["measure"] if match is not None else ""
        rank = spelled in PLACES and self._is_rank(text, place, start)
        if behind and not rank:
            past = max(self._past(text, place), match.end() if match else stop)
            return self._rank_alone(text, place, start, end, number), past
        if match is None:
            restored = self._lost.measure_of(text, place, start, number, stop)
            if restored is None:
                return None, max(self._past(text, place), stop)
            measure, exact, note = restored
            one = self._made(text, place, start, end, number, stop, measure, "", note, exact=exact)
            return one, one.end
        measure = RANK if rank else measure_of(match, self.language)
        if not rank and chinese and self._counts_nothing(text, number, place, start, match):
            return None, match.end()
        return self._made(text, place, start, end, number, match.end(), measure, spelled), match.end()

    def _past(self, text: str, place: int) -> int:
        """Where what looks like one number ends."""
        run = self._run.match(text, place)
        return max(run.end() if run else 0, place + 1)

    def _counts_nothing(self, text: str, number: Written, place: int, start: int, match: re.Match[str]) -> bool:
        """Whether a Chinese numeral with a measure is no count: 一个, 百名, 五个方面."""
        hedged = number.inside is not None or self._before(text, place, start)[0] != [] or number.value is None
        if hedged:
            return False
        if number.value == 1 or number.bare:
            return True
        if match["measure"] in ("个", "项", "条", "种", "件"):
            return self._abstraction.match(text, match.end()) is not None
        return match["measure"] not in ("名", "位", "所", "户") and self._place.match(text, match.end()) is not None

    def _is_rank(self, text: str, place: int, start: int) -> bool:
        nearby = text[max(start, place - 10) : place]
        return nearby.endswith("第") or self._rank_noun.search(nearby) is not None

    def _before(self, text: str, place: int, start: int) -> tuple[list[Hedge], int]:
        """The hedges right before a number, and where they begin."""
        hedges: list[Hedge] = []
        begin = place
        while True:
            at = begin - 1 if begin > start and text[begin - 1] == " " else begin
            words = self._hedges.get(text[at - 1], ()) if at > start else ()
            word = next((word for word in words if text.endswith(word, start, at)), None)
            if word is None:
                return hedges, begin
            hedge = self.grammar.before[word]
            if any(text.endswith(longer, start, at) for longer in hedge.not_in):
                return hedges, begin
            begin = at - len(word)
            if hedge.effect is HedgeEffect.NONE:
                return hedges, begin if hedges else place
            hedges.append(hedge)

    def _made(
        self, text: str, place: int, start: int, end: int, number: Written, stop: int, measure: str, spelled: str,
        note: str = "", *, exact: bool = False,
    ) -> Found:  # fmt: skip
        hedges, begin = self._before(text, place, start)
        if number.inside is not None:
            hedges.append(number.inside)
        while (after := self.grammar.after_hedge.match(text, stop, end)) is not None:
            hedges.append(self.grammar.after[after.group()])
            stop = after.end()
        if measure == TIMES and self._people_times.search(text, max(start, place - 10), place) is not None:
            measure = VISITS
        claim = stated(self.grammar, number, measure, hedges, exact=exact)
        return Found(begin, stop, place, claim, spelled, note)

    def _of_hundred(self, text: str, place: int, start: int, end: int, digits: int) -> tuple[Found | None, int]:
        """百分之九十 is 90 %."""
        number = self.grammar.number_at(text, digits)
        if number is None or number.end > end:
            return None, digits
        one = self._made(text, place, start, end, number, number.end, RATE, "")
        return one, one.end

    def _rank_alone(self, text: str, place: int, start: int, end: int, number: Written) -> Found | None:
        """A rank without 名 or 位: 位居全省第一."""
        closed = number.end >= end or text[number.end] in "，。；、）！ \n"
        if not closed or self._rank_scope.search(text, max(start, place - 12), place) is None:
            return None
        return self._made(text, place, start, end, number, number.end, RANK, "")


def _is_letter(sign: str) -> bool:
    return sign.isascii() and sign.isalpha()


@lru_cache(maxsize=8)
def scanner(language: Language) -> Scanner:
    """The patterns of a language, made once."""
    return Scanner(language)
