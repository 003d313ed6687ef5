"""What was lost in copying around a number, and what it must have been: a percent sign, 元, 次, 人, or the number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from catalogue.language import Language
from ingestion.narrative.numbers import HUNDRED, Grammar, Written
from ingestion.narrative.words import any_of

RATE, MONEY, TIMES, PERSONS, VISITS = "%", "元", "次", "人", "人次"
_NEAR, _CLAUSE = 16, 24
_LEAST_PERSONS = 10


class Restored(NamedTuple):
    """The measure of a number that has none, whether it is exact, and a remark in Chinese."""

    measure: str
    exact: bool
    note: str


class Lost:
    """The patterns that tell what was lost, in one language."""

    def __init__(self, language: Language, grammar: Grammar) -> None:
        hedged = rf"(?:{any_of([*grammar.before, *'为到是至占的： '])})"
        self._rate = re.compile(rf"(?:{any_of(language.rate_nouns)}){hedged}{{0,4}}$")
        self._people = re.compile(rf"(?:{any_of(language.people_nouns)}){hedged}{{0,3}}$")
        self._visits = re.compile(rf"(?:{any_of(language.people_times)}){hedged}{{0,3}}$")
        self._money = re.compile(any_of(language.money_nouns))
        self._traffic = re.compile(any_of(language.traffic_nouns))
        self._stop = re.compile(r"[，。；：、）！？\s]|$")
        money = "".join(word for word, multiplier in language.multipliers.items() if multiplier.rounds)
        self._dropped = re.compile(
            r"(?:达到?|约|近|共计?|投入|超过|发放|培训) {1,6}"
            rf"(?P<spaced>[{money}]?元|人次|场次|册|份|余份|余册|余人次)"
            r"|(?:近|约|超过)(?P<bare>份|册|余份|余册)(?![额])"
        )

    def measure_of(self, text: str, place: int, start: int, number: Written, stop: int) -> Restored | None:
        """The measure that a number without one must have; None where nothing says so."""
        if number.chinese:
            return None
        near = text[max(start, place - _NEAR) : place]
        if (number.masked or (number.value or HUNDRED + 1) <= HUNDRED) and self._rate.search(near):
            return Restored(RATE, exact=False, note="原文缺百分号，按百分比读")
        if number.masked or self._stop.match(text, stop) is None:
            return None
        if (number.value or 0) >= _LEAST_PERSONS:
            if self._visits.search(near):
                return Restored(VISITS, exact=False, note="原文缺计量单位，按人次读")
            if self._people.search(near):
                return Restored(PERSONS, exact=False, note="原文缺计量单位，按人读")
        return self._of_myriads(text[max(start, place - _CLAUSE) : place]) if number.rounds else None

    def _of_myriads(self, clause: str) -> Restored | None:
        if self._traffic.search(clause):
            return Restored(TIMES, exact=False, note="原文缺计量单位，按次读")
        if self._money.search(clause):
            return Restored(MONEY, exact=True, note="原文缺“元”，按元读")
        return None

    def numbers(self, text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
        """Where a number itself is missing (经费达 万元): where that begins and ends, and the measure behind it."""
        for match in self._dropped.finditer(text, start, end):
            group = "spaced" if match["spaced"] else "bare"
            yield match.start(), match.end(), match[group].lstrip("万亿余")
