"""A number as prose writes it, and the bounds that its words claim: 10万余 is 100000 / 100000 / 109999."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from catalogue.language import Hedge, HedgeEffect, HedgePosition, Language
from ingestion.narrative.quantity import Qualifier
from ingestion.narrative.words import any_of

ZERO, ONE, HALF, TEN, HUNDRED = Decimal(0), Decimal(1), Decimal("0.5"), Decimal(10), Decimal(100)
TENTH = Decimal("0.1")
TEN_THOUSAND = Decimal(10_000)
LOOSE_LOW, LOOSE_HIGH = Decimal("0.9"), Decimal("1.3")
MONEY = "元"

Bounds = tuple[Decimal | None, Decimal | None, Decimal | None]


class Written(NamedTuple):
    """A number as written, before its hedges outside are known.

    `value` None: masked, or a range, with what `low` and `high` leave of it. `place` is the place value of the last
    digit written, `step` how far 余 reaches, None for the granularity of the value; `rounds` where 万 or 亿 makes the
    digits a rounding. `bare` is a number of nothing but 十, 百, 千, 万 (百名专家 is a name, 近百名 is none). `end` is
    where it ends in the text.
    """

    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    place: Decimal
    step: Decimal | None
    rounds: bool
    inside: Hedge | None
    masked: bool
    chinese: bool
    bare: bool
    end: int


class Stated(NamedTuple):
    """What one phrase claims: low ≤ truth ≤ high in `measure`, None for an open end or a missing point value."""

    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    measure: str
    qualifier: Qualifier
    state: str


class Grammar:
    """The patterns made of one language's words; `grammar(language)` makes them once."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.inside = language.hedges_at(HedgePosition.INSIDE)
        self.before = language.hedges_at(HedgePosition.BEFORE)
        self.after = language.hedges_at(HedgePosition.AFTER)
        self.before_words = tuple(sorted(self.before, key=len, reverse=True))
        self.signs = "".join(language.digits) + "廿" + "".join(language.multipliers)
        self.number = re.compile(self._number())
        measure = _untrapped(language)
        self.measure = re.compile(rf"[ 　]?\n?(?P<measure>{measure})(?:[（(](?P<other>{measure})[）)])?")
        self.after_hedge = re.compile(any_of(self.after))
        self.range_sign = re.compile(rf" ?(?:{any_of(language.ranges)}) ?")
        self.before_hedge = re.compile(any_of(self.before))

    def _number(self) -> str:
        inside, multipliers = any_of(self.inside), "".join(self.language.multipliers)
        rounding = "".join(word for word, multiplier in self.language.multipliers.items() if multiplier.rounds)
        small = "".join(word for word, multiplier in self.language.multipliers.items() if not multiplier.rounds)
        masks = re.escape(self.language.masks)
        return (
            rf"(?:(?P<masked>(?=\d{{0,12}}[{masks}])[\d{masks}]{{1,14}})"
            r"|(?P<arabic>\d{1,3}(?:,\d{3}){1,5}(?!\d)(?:\.\d{1,6})?|\d{1,15}(?:\.\d{1,6})?)"
            rf"|(?P<vague>[数几上成])(?=[{multipliers}])"
            rf"|(?P<chinese>[{self.signs}]{{1,12}}))"
            rf"(?: ?(?:(?P<between>{inside})(?=[{multipliers}]))?(?P<times>[{small}]?[{rounding}]|[{small}])"
            rf"(?:(?P<more>\d{{1,4}})(?P<more_times>[{multipliers}])(?!分))?)?(?: ?(?P<inside>{inside}))?"
        )

    def number_at(self, text: str, start: int) -> Written | None:
        """The number that begins there, or None where what stands there is none."""
        match = self.number.match(text, start)
        if match is None:
            return None
        masked, arabic, vague, chinese, between, times, more, more_times, inside = match.groups()
        end = match.end()
        hedge = self.inside[between or inside] if between or inside else None
        factor, rounds = self._factor(times) if times else (ONE, False)
        if masked is not None:
            return self._masked(masked, factor, hedge, end)
        if arabic is not None:
            return self._counted(
                Decimal(arabic.replace(",", "")), _place(arabic), factor, rounds, between, hedge, more, more_times, end
            )
        if vague is not None:
            return self._vague(vague, factor, hedge, end)
        return self._chinese(chinese, factor, rounds, between, hedge, end)

    def _counted(
        self,
        digits: Decimal,
        place: Decimal,
        factor: Decimal,
        rounds: bool,
        between: str | None,
        hedge: Hedge | None,
        more: str | None,
        more_times: str | None,
        end: int,
        *,
        chinese: bool = False,
        bare: bool = False,
    ) -> Written:
        value = digits * factor
        if place < ONE:
            value = _whole(value)
        place *= factor
        if more is not None:
            more_factor = self.language.multipliers[more_times or ""].factor
            value, place = value + Decimal(more) * more_factor, more_factor
        step = place if hedge is not None and factor != ONE and between is None and place >= factor else None
        return Written(value, value, value, place, step, rounds, hedge, False, chinese, bare, end)

    def _chinese(
        self, signs: str, factor: Decimal, rounds: bool, between: str | None, hedge: Hedge | None, end: int
    ) -> Written | None:
        several = self._neighbours(signs)
        if several is not None and hedge is None:
            low, high = several
            return Written(
                None,
                low * factor,
                high * factor,
                ONE,
                ONE,
                False,
                None,
                masked=False,
                chinese=True,
                bare=False,
                end=end,
            )
        last = self.language.multipliers.get(signs[-1])
        if last is not None and last.rounds and len(signs) > 1 and factor == ONE:
            # 三十万 is 30 times 万, as 30万 is.
            signs, factor, rounds = signs[:-1], last.factor, True
        digits = self.chinese_number(signs)
        if digits is None:
            return None
        bare = all(sign in self.language.multipliers for sign in signs)
        return self._counted(
            digits, _granularity(digits) if bare and factor == ONE else ONE, factor, rounds, between, hedge, None, None,
            end, chinese=True, bare=bare,
        )  # fmt: skip

    def chinese_number(self, signs: str) -> Decimal | None:
        """The number that Chinese signs write, or None where they write none (百千万, 二〇二一)."""
        total, section, digit, last_unit = ZERO, ZERO, None, None
        digits, multipliers = self.language.digits, self.language.multipliers
        after_zero = False
        for sign in signs:
            if sign in digits:
                if digit is not None and not after_zero:
                    return None
                digit, after_zero = digits[sign], digits[sign] == 0
                continue
            unit = TEN if sign == "廿" else multipliers[sign].factor
            if sign == "廿":
                digit = 2
            if unit >= multipliers["万"].factor:
                section += digit or ZERO
                if last_unit is not None and last_unit >= multipliers["万"].factor and unit >= last_unit:
                    return None
                total, section = total + (section or ONE) * unit, ZERO
            else:
                if last_unit is not None and last_unit <= unit and section:
                    return None
                section += Decimal(1 if digit is None else digit) * unit
            digit, after_zero, last_unit = None, False, unit
        return total + section + (digit or ZERO)

    def _neighbours(self, signs: str) -> tuple[Decimal, Decimal] | None:
        """The ends of 三四十 (30 to 49), 两三 (2 to 3) or 十五六 (15 to 16)."""
        digits, multipliers = self.language.digits, self.language.multipliers
        base = ZERO
        if len(signs) == 3 and signs[0] == "十":
            base, signs = TEN, signs[1:]
        if len(signs) not in (2, 3) or signs[0] not in digits or signs[1] not in digits:
            return None
        low, high = digits[signs[0]], digits[signs[1]]
        if not 0 < low < high <= low + 2:
            return None
        if len(signs) == 2:
            return base + low, base + high
        if base or signs[2] not in multipliers:
            return None
        unit = multipliers[signs[2]].factor
        return low * unit, (high + 1) * unit - 1

    def _vague(self, word: str, factor: Decimal, hedge: Hedge | None, end: int) -> Written | None:
        """数百 and 几十 have no value, only an order of magnitude; 上千 is a thousand and more."""
        if hedge is not None or factor == ONE:
            return None
        if word in "数几":
            return Written(None, 2 * factor, TEN * factor, factor, factor, False, None, False, True, False, end)
        at_least = self.before["超过"]
        return Written(factor, factor, None, factor, factor, False, at_least, False, True, False, end)

    def _masked(self, signs: str, factor: Decimal, hedge: Hedge | None, end: int) -> Written:
        low = high = None
        place = ONE
        hidden = sum(not sign.isdigit() for sign in signs)
        if hidden < len(signs) or (len(signs) == 1 and signs in "*＊"):
            place = TEN ** (len(signs) - 1 - max(n for n, sign in enumerate(signs) if not sign.isdigit()))
            first, rest = signs[0], signs[1:]
            low = Decimal(("1" if not first.isdigit() else first) + "".join(s if s.isdigit() else "0" for s in rest))
            high = Decimal("".join(s if s.isdigit() else "9" for s in signs))
            low, high = low * factor, high * factor
        place *= factor
        if high is not None and hedge is not None and hedge.effect is HedgeEffect.ABOVE:
            high += place - 1
        return Written(None, low, high, place, place, False, hedge, True, False, False, end)

    def _factor(self, signs: str) -> tuple[Decimal, bool]:
        factor, rounds = ONE, False
        for sign in signs:
            multiplier = self.language.multipliers[sign]
            factor, rounds = factor * multiplier.factor, rounds or multiplier.rounds
        return factor, rounds

    def bounds(
        self, number: Written, measure: str, hedges: Sequence[Hedge], *, exact: bool = False, capped: bool = True
    ) -> tuple[Bounds, Qualifier]:
        """What the number claims with all its hedges.

        `exact` for a number that 万 does not round (money without its 元); a rate is `capped` at the whole.
        """
        if number.masked:
            return (None, number.low, number.high), Qualifier.REDACTED
        if number.value is None:
            return (None, number.low, number.high), Qualifier.APPROX
        effects = [hedge for hedge in hedges if hedge.effect is not HedgeEffect.NONE] if hedges else ()
        rate = measure in self.language.rate_measures
        value = number.value
        if not effects:
            low, high = value, value
            if rate or (number.rounds and not exact and measure not in self.language.exact_measures):
                low, high = _rounded(value, number.place, closed=rate)
            if rate and capped and value <= HUNDRED:
                high = min(high, HUNDRED)
            return (value, low, high), Qualifier.EXACT
        step = _granularity(value) if number.step is None else number.step
        ends = [_ends(value, step, hedge) for hedge in effects]
        words = {hedge.effect for hedge in effects}
        if words == {HedgeEffect.AT_LEAST, HedgeEffect.ABOVE}:
            ends = [_ends(value, step, hedge) for hedge in effects if hedge.effect is HedgeEffect.ABOVE]
        low_end, high_end = ends[0]
        for least, most in ends[1:]:
            low_end = None if low_end is None or least is None else min(low_end, least)
            high_end = None if high_end is None or most is None else max(high_end, most)
        if rate and capped and value <= HUNDRED:
            high_end = HUNDRED if high_end is None else min(high_end, HUNDRED)
        return (value, low_end, high_end), _qualifier(effects)


@lru_cache(maxsize=8)
def grammar(language: Language) -> Grammar:
    """The patterns of a language, made once."""
    return Grammar(language)


def parse_quantity(phrase: str, language: Language) -> Stated | None:
    """What one bare phrase claims, such as 近5000场次 or 8.1万名; None where it is no quantity, or more than one.

    A phrase may lack its measure. Money is in 元, a rate in percent points.
    """
    rules = grammar(language)
    start = 0
    hedges: list[Hedge] = []
    while (before := rules.before_hedge.match(phrase, start)) is not None:
        hedges.append(rules.before[before.group()])
        start = before.end()
    number = rules.number_at(phrase, start)
    if number is None:
        return None
    number, end = ranged(rules, number, phrase)
    if number.inside is not None:
        hedges.append(number.inside)
    measure = ""
    if (match := rules.measure.match(phrase, end)) is not None:
        measure, end = measure_of(match, language), match.end()
    while (after := rules.after_hedge.match(phrase, end)) is not None:
        hedges.append(rules.after[after.group()])
        end = after.end()
    if end != len(phrase):
        return None
    return stated(rules, number, measure, hedges)


def stated(
    rules: Grammar, number: Written, measure: str, hedges: list[Hedge], *, exact: bool = False, capped: bool = True
) -> Stated:
    """A number with its measure and hedges; 三成 is 30 %."""
    (value, low, high), qualifier = rules.bounds(number, measure, hedges, exact=exact, capped=capped)
    if measure == "成":
        measure = "%"
        value, low, high = (None if figure is None else figure * 10 for figure in (value, low, high))
    return Stated(value, low, high, measure, qualifier, "redacted" if number.masked else "number")


def ranged(rules: Grammar, first: Written, text: str) -> tuple[Written, int]:
    """The range that begins with a number (3—5, 10至15, 3万—5万), or the number alone; and where it ends."""
    end = first.end
    sign = rules.range_sign.match(text, end)
    if sign is None or first.masked or first.value is None:
        return first, end
    second = rules.number_at(text, sign.end())
    if second is None or second.masked or second.value is None or second.chinese != first.chinese:
        return first, end
    low = first.value
    if second.rounds and not first.rounds:
        low *= second.place / (_place_of(second) or ONE)
    if not low < second.value:
        return first, end
    return second._replace(value=None, low=low, high=second.value, inside=None), second.end


def measure_of(match: re.Match[str], language: Language) -> str:
    """The word for a measure, which may have an alternative in brackets: 人(次) is 人次, 份(册) is 份."""
    word, other = match.group("measure", "other")
    return (language.measures.get(f"{word}({other})") if other else None) or language.measures[word]


def _place_of(number: Written) -> Decimal:
    return ONE if number.place < ONE else number.place if number.place < 10000 else number.place / 10000


def _ends(value: Decimal, step: Decimal, hedge: Hedge) -> tuple[Decimal | None, Decimal | None]:
    effect = hedge.effect
    if effect is HedgeEffect.ABOVE:
        return value, value + step - 1 if value == value.to_integral_value() and step >= ONE else value + step
    if effect is HedgeEffect.AT_LEAST:
        return value, None
    if effect is HedgeEffect.AT_MOST:
        return None, value
    if effect is HedgeEffect.LOOSELY:
        high = _whole(value * LOOSE_HIGH)
        return _whole(value * LOOSE_LOW), high - 1 if value >= TEN_THOUSAND else high
    reach = min(_granularity(value) * HALF, abs(value) * TENTH)
    return _whole(value - reach), value if effect is HedgeEffect.BELOW else _whole(value + reach)


def _rounded(value: Decimal, place: Decimal, *, closed: bool) -> tuple[Decimal, Decimal]:
    """The interval that rounds to the value; whole things end one below the next rounding."""
    if not closed and place <= ONE:
        return value, value
    half = place * HALF
    return _whole(max(value - half, ZERO)), _whole(value + half - (ZERO if closed else ONE))


def _whole(figure: Decimal) -> Decimal:
    """A whole number without the zeros behind its point."""
    whole = figure.to_integral_value()
    return whole if whole == figure else figure


_ORDER = (Qualifier.ABOUT, Qualifier.AT_MOST, Qualifier.AT_LEAST, Qualifier.NEARLY, Qualifier.APPROX)


def _qualifier(hedges: Sequence[Hedge]) -> Qualifier:
    given = {Qualifier(hedge.qualifier) for hedge in hedges}
    if given == {Qualifier.AT_LEAST, Qualifier.APPROX}:
        return Qualifier.APPROX
    if len(given) > 1 and Qualifier.AT_LEAST not in given:
        return Qualifier.ABOUT
    return next(qualifier for qualifier in _ORDER if qualifier in given)


def _place(digits: str) -> Decimal:
    """The place value of the last digit written."""
    _, point, fraction = digits.partition(".")
    return TENTH ** len(fraction) if point else ONE


def _granularity(value: Decimal) -> Decimal:
    """The place value of the last digit that is not zero: 38000 → 1000, 6.1 → 0.1; 1 for zero."""
    if not value:
        return ONE
    exponent = value.normalize().as_tuple().exponent
    return ONE.scaleb(exponent) if isinstance(exponent, int) else ONE


def _untrapped(language: Language) -> str:
    """Every spelling of a measure, unless a word follows that makes it another word: 部门, 支部."""
    return "|".join(
        f"{re.escape(word)}(?!{any_of(traps)})" if (traps := language.measure_traps.get(word)) else re.escape(word)
        for word in sorted(language.measures, key=lambda word: (-len(word), word))
    )
