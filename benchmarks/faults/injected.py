"""The faults: each spoils an honest file in one way, and says which cell a finding should name, and by which codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from catalogue.load import load
from catalogue.model import Aggregation, OverTime

from .files import Line, Sending, of_form
from .provinces import YEAR

Cell = tuple[str, str]
"""Indicator and scope."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A spoilt file. A finding of one of `codes` at one of `cells` catches it; no cells means the file or a form.

    Where a name of a list was spoilt, the finding must speak of `name`.
    """

    kind: str
    sent: Sending
    cells: frozenset[Cell]
    codes: frozenset[str]
    name: str = ""


Injection = Callable[[Sending, Random], Fault | None]

TEN_THOUSAND = ("TEN_THOUSAND_FOLD", "ZEROS_TOO_MANY")
TEN_THOUSANDTH = ("TEN_THOUSANDTH", "ZEROS_TOO_FEW", "NOT_WHOLE", "ZERO_AFTER_FIGURE")
TOO_MANY = ("ZEROS_TOO_MANY", "FIGURE_FAR_ABOVE", "DIGITS_TRANSPOSED")
TOO_FEW = ("ZEROS_TOO_FEW", "FIGURE_FAR_BELOW", "NOT_WHOLE", "DIGITS_TRANSPOSED")
RELATIONS = (
    "TOTAL_NOT_SUM", "PARTS_ABOVE_WHOLE", "PART_ABOVE_WHOLE", "RATE_NOT_OF_PARTS", "AUDIENCE_PER_EVENT_LOW",
    "AUDIENCE_PER_EVENT_HIGH", "COUNT_WITHOUT_AUDIENCE", "AUDIENCE_WITHOUT_COUNT", "STOCK_ABOVE_MOVEMENT",
    "STOCK_BELOW_MOVEMENT", "RUNNING_TOTAL_FELL", "RUNNING_TOTAL_FELL_FAR", "PERSONS_ABOVE_VISITS",
    "OWN_ABOVE_JURISDICTION", "JURISDICTION_BELOW_UNITS",
)  # fmt: skip
"""A slip that breaks a relation may as well be named by that."""

NOT_COUNTED = (Aggregation.RATIO, Aggregation.RANK)


def _measure(line: Line) -> str:
    return load().indicators[line.code].measure


def _fault(kind: str, sent: Sending, cells: Iterable[Cell], codes: Iterable[str]) -> Fault:
    return Fault(kind, sent, frozenset(cells), frozenset(codes))


def _some(sent: Sending, random: Random, at_least: int = 1, *, with_last: bool = True) -> Line | None:
    """An own figure of something counted that a unit also filed last year."""
    able = [
        line
        for line in sent.lines
        if line.scope == "own"
        and isinstance(line.value, Decimal)
        and line.value >= at_least
        and load().indicators[line.code].aggregation not in NOT_COUNTED
        and (not with_last or sent.last.get(line.code, 0) >= at_least)
    ]
    return random.choice(able) if able else None


def _scaled(kind: str, power: int, codes: Iterable[str], at_least: int) -> Injection:
    def inject(sent: Sending, random: Random) -> Fault | None:
        line = _some(sent, random, at_least)
        if line is None:
            return None
        measure = load().indicators[line.code].measure
        value = line.number.scaleb(power)
        if value != value.to_integral_value() and measure != "元" and random.random() < 0.5:
            value = value.quantize(Decimal(1), ROUND_HALF_UP)
        line.value = value
        return _fault(kind, sent, [(line.code, "own")], (*codes, *RELATIONS))

    return inject


def _one(kind: str, codes: tuple[str, ...], write: Callable[[Line, Random], None], at_least: int = 0) -> Injection:
    """A fault of the one cell, found by the cell alone."""

    def inject(sent: Sending, random: Random) -> Fault | None:
        line = _some(sent, random, at_least, with_last=False)
        if line is None:
            return None
        write(line, random)
        return _fault(kind, sent, [(line.code, line.scope)], codes)

    return inject


def _negative(line: Line, _random: Random) -> None:
    line.value = -line.number


def _words(line: Line, random: Random) -> None:
    line.value = random.choice(["约{}", "{}余人次", "{}多", "无", "见附件", "{}（含线上）"]).format(line.value)


def _broken_formula(line: Line, random: Random) -> None:
    line.value = random.choice(["#REF!", "#VALUE!", "#DIV/0!", "#N/A"])


def transposed(sent: Sending, random: Random) -> Fault | None:
    """Two digits exchanged so that the figure is another by a factor; a small change is no fault anybody could see."""
    for _ in range(40):
        line = _some(sent, random, 10)
        if line is None:
            return None
        digits = list(str(int(line.number)))
        first, second = sorted(random.sample(range(len(digits)), 2))
        digits[first], digits[second] = digits[second], digits[first]
        turned = Decimal("".join(digits))
        last = sent.last[line.code]
        if digits[0] != "0" and (turned >= 5 * max(line.number, last) or 5 * turned <= min(line.number, last)):
            line.value = turned
            return _fault("digits transposed", sent, [(line.code, "own")], (*TOO_MANY, *TOO_FEW, *RELATIONS))
    return None


def staff_digits(sent: Sending, random: Random) -> Fault | None:
    """A digit of a total's part turned round: small, and yet the sum shows it."""
    codes = ("org_fulltime_sp_staff_count", "org_parttime_sp_staff_count", "org_sp_staff_count")
    if any(sent.value(code) is None for code in codes):
        return None
    line = sent.line(random.choice(codes))
    if line is None or line.number < 12:
        return None
    turned = Decimal(str(int(line.number))[::-1])
    if turned == line.number:
        return None
    line.value = turned
    return _fault(
        "total is not the sum", sent, [(code, "own") for code in codes], ["TOTAL_NOT_SUM", *TOO_MANY, *TOO_FEW]
    )


def total_wrong(sent: Sending, random: Random) -> Fault | None:
    codes = ("org_fulltime_sp_staff_count", "org_parttime_sp_staff_count", "org_sp_staff_count")
    if any(sent.value(code) is None for code in codes):
        return None
    line = sent.line("org_sp_staff_count")
    if line is None:
        return None
    line.value = line.number + random.choice([1, 3, 10, 40])
    return _fault("total is not the sum", sent, [("org_sp_staff_count", "own")], ["TOTAL_NOT_SUM"])


def _above(kind: str, pairs: Iterable[tuple[str, str]], codes: Iterable[str]) -> Injection:
    listed, accepted = list(pairs), tuple(codes)

    def inject(sent: Sending, random: Random) -> Fault | None:
        able = [(part, whole) for part, whole in listed if sent.value(part) and sent.value(whole)]
        if not able:
            return None
        part, whole = random.choice(able)
        line = sent.line(part)
        if line is None:
            return None
        more = (sent.value(whole) or Decimal(0)) * Decimal(random.randint(105, 160)) / 100 + 1
        line.value = more.quantize(Decimal(1), ROUND_HALF_UP)
        return _fault(kind, sent, [(part, "own"), (whole, "own")], accepted)

    return inject


PARTS_OF_WHOLES = (
    ("sp_five_entry_activity_count", "sp_activity_count"),
    ("sp_five_entry_persontimes", "sp_audience_persontimes"),
    ("sp_caravan_trip_count", "sp_activity_count"),
    ("youth_activity_count", "sp_activity_count"),
    ("sp_lecture_count", "sp_activity_count"),
)
BOUNDED = (
    ("fin_budget_executed", "fin_budget_total"),
    ("tr_exam_passed_count", "tr_exam_taken_count"),
    ("party_rectification_done", "party_rectification_total"),
)
COVERING = (
    ("tr_township_coverage_count", "org_township_ast_count"),
    ("vol_person_registered_count", "ref_resident_population"),
    ("info_kpzg_registered_count", "ref_resident_population"),
    ("base_free_open_museum_count", "base_museum_count"),
)
PEOPLE = (
    ("contest_participant_count", "contest_participant_persontimes"),
    ("vol_person_mobilized_count", "vol_service_persontimes"),
)
EVENTS = (
    ("sp_activity_count", "sp_audience_persontimes"),
    ("sp_five_entry_activity_count", "sp_five_entry_persontimes"),
    ("sp_lecture_count", "sp_lecture_persontimes"),
    ("tr_practical_class_count", "tr_practical_persontimes"),
    ("youth_activity_count", "youth_participant_persontimes"),
)


def _emptied(kind: str, which: int, code: str) -> Injection:
    def inject(sent: Sending, random: Random) -> Fault | None:
        able = [pair for pair in EVENTS if sent.value(pair[0]) and sent.value(pair[1])]
        if not able:
            return None
        pair = random.choice(able)
        line = sent.line(pair[which])
        if line is None:
            return None
        line.value = random.choice([Decimal(0), None]) if sent.last.get(pair[which]) else Decimal(0)
        accepted = [code, "BLANK_AFTER_FIGURE"] if line.value is None else [code]
        return _fault(kind, sent, [(one, "own") for one in pair], accepted)

    return inject


def audience_per_event(sent: Sending, random: Random) -> Fault | None:
    able = [pair for pair in EVENTS if sent.value(pair[0]) and sent.value(pair[1])]
    if not able:
        return None
    count, audience = random.choice(able)
    line = sent.line(audience)
    if line is None:
        return None
    line.value = (sent.value(count) or Decimal(0)) * random.choice([1, 9000, 20_000])
    codes = ("AUDIENCE_PER_EVENT_LOW", "AUDIENCE_PER_EVENT_HIGH", *TOO_MANY, *TOO_FEW, *RELATIONS, *TEN_THOUSAND)
    return _fault("audience per event", sent, [(count, "own"), (audience, "own")], codes)


def people_are_visits(sent: Sending, random: Random) -> Fault | None:
    able = [pair for pair in PEOPLE if (sent.value(pair[0]) or 0) >= 100 and (sent.value(pair[1]) or 0) >= 100]
    if not able:
        return None
    persons, visits = random.choice(able)
    line = sent.line(persons)
    if line is None:
        return None
    line.value = sent.value(visits)
    return _fault("people are visits", sent, [(persons, "own"), (visits, "own")], ["PERSONS_ARE_VISITS"])


def percent_as_fraction(sent: Sending, random: Random) -> Fault | None:
    line = _percentage(sent, random)
    if line is None:
        return None
    line.value = line.number / 100
    return _fault("percent as fraction", sent, [(line.code, "own")], ["PERCENTAGE_AS_FRACTION"])


def percent_above_hundred(sent: Sending, random: Random) -> Fault | None:
    line = _percentage(sent, random)
    if line is None:
        return None
    line.value = Decimal(random.randint(101, 999))
    return _fault("percent above 100", sent, [(line.code, "own")], ["PERCENTAGE_ABOVE_LIMIT"])


def _percentage(sent: Sending, random: Random) -> Line | None:
    able = [line for line in sent.lines if line.scope == "own" and _measure(line) == "%"]
    return random.choice(able) if able else None


def rate_not_of_parts(sent: Sending, random: Random) -> Fault | None:
    """A computed rate, filed all the same in a CSV."""
    rates = (
        ("fin_execution_rate", "fin_budget_executed", "fin_budget_total"),
        ("tr_exam_pass_rate", "tr_exam_passed_count", "tr_exam_taken_count"),
    )
    able = [one for one in rates if sent.value(one[1]) and sent.value(one[2])]
    if sent.kind != "csv" or not able:
        return None
    rate, numerator, denominator = random.choice(able)
    true = (sent.value(numerator) or Decimal(0)) / (sent.value(denominator) or Decimal(1)) * 100
    wrong = true - random.choice([5, 12, 30])
    sent.lines.append(Line(rate, "own", max(wrong, Decimal(2)).quantize(Decimal("0.1"))))
    return _fault(
        "rate not of its parts", sent, [(one, "own") for one in (rate, numerator, denominator)], ["RATE_NOT_OF_PARTS"]
    )


def columns_swapped(sent: Sending, random: Random) -> Fault | None:
    able = [line for line in sent.lines if line.scope == "jurisdiction" and sent.value(line.code) is not None]
    able = [line for line in able if line.number > (sent.value(line.code) or 0)]
    if not able:
        return None
    claim = random.choice(able)
    own = sent.line(claim.code)
    if own is None:
        return None
    own.value, claim.value = claim.value, own.value
    return _fault(
        "own and jurisdiction swapped",
        sent,
        [(claim.code, "own"), (claim.code, "jurisdiction")],
        ["OWN_ABOVE_JURISDICTION"],
    )


def claim_below_units(sent: Sending, random: Random) -> Fault | None:
    able = [line for line in sent.lines if line.scope == "jurisdiction" and sent.value(line.code) is not None]
    able = [line for line in able if line.number > 10 and line.number > 2 * (sent.value(line.code) or 0)]
    if not able:
        return None
    claim = random.choice(able)
    claim.value = max(
        (claim.number * Decimal(random.randint(50, 90)) / 100).quantize(Decimal(1)),
        sent.value(claim.code) or Decimal(0),
    )
    return _fault("units below above the claim", sent, [(claim.code, "jurisdiction")], ["JURISDICTION_BELOW_UNITS"])


def rows_shifted(sent: Sending, random: Random) -> Fault | None:
    """From one row on, the figures of a form stand a row too low."""
    forms = sorted({load().indicators[line.code].form for line in sent.lines})
    random.shuffle(forms)
    for form in forms:
        lines = [
            line for line in of_form(sent.lines, form) if line.scope == "own" and load().indicators[line.code].core
        ]
        if len(lines) < 5 or sum(bool(sent.last.get(line.code)) for line in lines) < 5:
            continue
        first = random.randint(0, len(lines) - 5)
        block = lines[first:]
        values = [line.value for line in block]
        for line, value in zip(block[1:], values, strict=False):
            line.value = value
        block[0].value = None
        return _fault(
            "rows shifted by one", sent, [(line.code, "own") for line in block],
            ["ROWS_SHIFTED", "FORM_UNLIKE_LAST_YEAR", "FIGURES_SWAPPED", *TOO_MANY, *TOO_FEW, *RELATIONS,
             "BLANK_AFTER_FIGURE", *TEN_THOUSAND, *TEN_THOUSANDTH],
        )  # fmt: skip
    return None


def two_swapped(sent: Sending, random: Random) -> Fault | None:
    """Two neighbouring figures of different size, each in the other's row."""
    for _ in range(40):
        line, other = _some(sent, random, 3), _some(sent, random, 3)
        if line is None or other is None:
            return None
        form = load().indicators[line.code].form
        if line is other or form != load().indicators[other.code].form:
            continue
        if max(line.number, other.number) < 8 * min(line.number, other.number):
            continue
        line.value, other.value = other.value, line.value
        return _fault(
            "two figures swapped", sent, [(line.code, "own"), (other.code, "own")],
            ["FIGURES_SWAPPED", *TOO_MANY, *TOO_FEW, *RELATIONS, *TEN_THOUSAND, *TEN_THOUSANDTH],
        )  # fmt: skip
    return None


def running_total_falls(sent: Sending, random: Random) -> Fault | None:
    able = [
        line
        for line in sent.lines
        if line.scope == "own"
        and load().indicators[line.code].aggregation is Aggregation.REGCUM
        and sent.last.get(line.code, 0) > 20
    ]
    if not able:
        return None
    line = random.choice(able)
    line.value = (sent.last[line.code] * Decimal(random.randint(30, 97)) / 100).quantize(Decimal(1))
    return _fault("running total falls", sent, [(line.code, "own")], ["RUNNING_TOTAL_FELL", "RUNNING_TOTAL_FELL_FAR"])


def stock_identity(sent: Sending, random: Random) -> Fault | None:
    stock, new = "org_enterprise_ast_count", "org_enterprise_ast_new_count"
    line, added = sent.line(stock), sent.value(new)
    if line is None or added is None or not sent.last.get(stock):
        return None
    line.value = sent.last[stock] + added + random.randint(1, 9)
    return _fault("stock identity broken", sent, [(stock, "own"), (new, "own")], ["STOCK_ABOVE_MOVEMENT", *RELATIONS])


def copied_from_last_year(sent: Sending, random: Random) -> Fault | None:
    """A whole form with last year's figures."""
    forms = sorted({load().indicators[line.code].form for line in sent.lines})
    random.shuffle(forms)
    for form in forms:
        lines = [line for line in of_form(sent.lines, form) if line.scope == "own" and sent.last.get(line.code)]
        flows = [line for line in lines if load().indicators[line.code].over_time is OverTime.SUM]
        if len(lines) < 5 or sum(sent.last[line.code] >= 100 for line in flows) < 2:
            continue
        for line in of_form(sent.lines, form):
            if line.scope == "own":
                line.value = sent.last.get(line.code)
        return _fault("copied from last year", sent, [(line.code, "own") for line in lines], ["FORM_AS_LAST_YEAR"])
    return None


def one_copied(sent: Sending, random: Random) -> Fault | None:
    able = [
        line
        for line in sent.lines
        if line.scope == "own"
        and load().indicators[line.code].over_time is OverTime.SUM
        and load().indicators[line.code].measure != "元"
        and sent.last.get(line.code, 0) >= 1000
    ]
    if not able:
        return None
    line = random.choice(able)
    line.value = sent.last[line.code]
    return _fault("one figure copied from last year", sent, [(line.code, "own")], ["FIGURE_AS_LAST_YEAR", *RELATIONS])


def heaped(sent: Sending, random: Random) -> Fault | None:
    forms = sorted({load().indicators[line.code].form for line in sent.lines})
    random.shuffle(forms)
    for form in forms:
        lines = [
            line
            for line in of_form(sent.lines, form)
            if line.scope == "own" and line.number >= 20 and _measure(line) not in ("元", "%", "分")
        ]
        if len(lines) < 8:
            continue
        for line in lines:
            line.value = (
                Decimal(round(int(line.number) / 5) * 5)
                if random.random() < 0.5
                else Decimal(round(int(line.number), -1))
            )
        return _fault("last digits heaped", sent, [(line.code, "own") for line in lines], ["LAST_DIGITS_HEAPED"])
    return None


def row_repeated(sent: Sending, random: Random) -> Fault | None:
    line = _some(sent, random)
    if sent.kind != "csv" or line is None:
        return None
    sent.lines.append(Line(line.code, "own", line.number + random.choice([0, 1, 7])))
    return _fault("row repeated", sent, [(line.code, "own")], ["ROW_REPEATED"])


def wrong_year(sent: Sending, random: Random) -> Fault | None:
    """The whole CSV bears a year that is long past."""
    if sent.kind != "csv" or not sent.last:
        return None
    wrong = str(random.choice([YEAR - 12, YEAR - 10, YEAR - 20, YEAR - 4]))
    for line in sent.lines:
        line.period = wrong
    return _fault("wrong year", sent, [], ["PERIOD_FAR_FROM_OTHERS"])


def last_years_period(sent: Sending, _random: Random) -> Fault | None:
    """This year's figures sent as last year's, which they would replace."""
    if sent.kind != "csv" or len(sent.last) < 30:
        return None
    for line in sent.lines:
        line.period = str(YEAR - 1)
    return _fault("wrong period", sent, [], ["REVISION_CHANGED_MOST"])


def one_row_of_another_year(sent: Sending, random: Random) -> Fault | None:
    line = _some(sent, random)
    if sent.kind != "csv" or line is None:
        return None
    line.period = str(random.choice([YEAR - 2, YEAR - 12, YEAR - 1]))
    return _fault("one row of another year", sent, [(line.code, "own")], ["PERIOD_UNLIKE_REST"])


def unreadable_period(sent: Sending, random: Random) -> Fault | None:
    if sent.kind != "csv":
        return None
    for line in sent.lines:
        line.period = random.choice(["2024年", "2024-13", "24", "2024-Q5"])
    return _fault("period unreadable", sent, [], ["PERIOD_UNREADABLE"])


def coming_year(sent: Sending, _random: Random) -> Fault | None:
    if sent.kind != "csv":
        return None
    for line in sent.lines:
        line.period = str(YEAR + 3)
    return _fault("year not begun", sent, [], ["PERIOD_NOT_STARTED"])


def wrong_unit(sent: Sending, _random: Random) -> Fault | None:
    """A sister county's code in the file."""
    sisters = [
        unit
        for unit in sent.province.units.values()
        if unit.span.parent_code == sent.unit.span.parent_code and unit.code != sent.unit.code
    ]
    if sent.kind != "csv" or not sisters:
        return None
    for line in sent.lines:
        line.unit = sisters[0].code
    return _fault("wrong unit", sent, [], ["OUTSIDE_SUBTREE"])


def unknown_unit(sent: Sending, _random: Random) -> Fault | None:
    if sent.kind != "csv":
        return None
    for line in sent.lines:
        line.unit = f"{sent.unit.code}Z"
    return _fault("unknown unit", sent, [], ["UNIT_UNKNOWN"])


def left_blank(sent: Sending, random: Random) -> Fault | None:
    line = _some(sent, random)
    if line is None:
        return None
    line.value = None
    return _fault("blank where always filed", sent, [(line.code, "own")], ["BLANK_AFTER_FIGURE"])


def other_form(sent: Sending, random: Random) -> Fault | None:
    line = _some(sent, random)
    if sent.kind != "csv" or line is None:
        return None
    line.form = "youth" if load().indicators[line.code].form != "youth" else "venues"
    return _fault("indicator of another form", sent, [(line.code, "own")], ["INDICATOR_NOT_IN_FORM"])


def unknown_code(sent: Sending, random: Random) -> Fault | None:
    line = _some(sent, random)
    if sent.kind != "csv" or line is None:
        return None
    line.code = line.code.replace("_count", "_cnt").replace("_persontimes", "_times") + "x"
    return _fault("unknown code", sent, [(line.code, "own")], ["INDICATOR_UNKNOWN"])


def bounds_crossed(sent: Sending, random: Random) -> Fault | None:
    line = _some(sent, random, 5)
    if sent.kind != "csv" or line is None:
        return None
    line.low, line.high = f"{line.number + 3:f}", f"{line.number - 2:f}"
    return _fault("bounds crossed", sent, [(line.code, "own")], ["BOUNDS_CROSSED"])


def invalid_sum(sent: Sending, _random: Random) -> Fault | None:
    persons, visits = sent.value("contest_participant_count"), sent.value("contest_participant_persontimes")
    if sent.kind != "csv" or not persons or not visits:
        return None
    sent.lines.append(Line("contest_invalid_sum", "own", persons + visits))
    return _fault("people and visits added", sent, [("contest_invalid_sum", "own")], ["PERSONS_AND_VISITS_ADDED"])


def money_in_the_wrong_unit(sent: Sending, random: Random) -> Fault | None:
    able = [
        line
        for line in sent.lines
        if line.scope == "own" and _measure(line) == "元" and sent.last.get(line.code) and line.number
    ]
    if not able:
        return None
    line = random.choice(able)
    line.value = line.number.scaleb(random.choice([4, -4]))
    return _fault("元 for 万元", sent, [(line.code, "own")], (*TEN_THOUSAND, *TEN_THOUSANDTH, *RELATIONS))


def fraction_of_a_thing(sent: Sending, random: Random) -> Fault | None:
    line = _some(sent, random, 10)
    if line is None or _measure(line) in ("元", "平方米", "分", "%", "元/人", "件/万人"):
        return None
    value = line.number / 10
    if value == value.to_integral_value():
        return None
    line.value = value
    return _fault("decimal shift", sent, [(line.code, "own")], ["NOT_WHOLE", *TOO_FEW])


INJECTIONS: dict[str, Injection] = {
    "万 too many": _scaled("万 too many", 4, TEN_THOUSAND, 1),
    "万 too few": _scaled("万 too few", -4, TEN_THOUSANDTH, 1),
    "元 for 万元": money_in_the_wrong_unit,
    "one 0 too many": _scaled("one 0 too many", 1, TOO_MANY, 5),
    "two 0 too many": _scaled("two 0 too many", 2, TOO_MANY, 3),
    "three 0 too many": _scaled("three 0 too many", 3, (*TOO_MANY, *TEN_THOUSAND), 1),
    "one 0 too few": _scaled("one 0 too few", -1, TOO_FEW, 50),
    "two 0 too few": _scaled("two 0 too few", -2, TOO_FEW, 300),
    "decimal shift": fraction_of_a_thing,
    "digits transposed": transposed,
    "total is not the sum": total_wrong,
    "total's part turned round": staff_digits,
    "part above whole": _above("part above whole", PARTS_OF_WHOLES, ("PART_ABOVE_WHOLE", "PARTS_ABOVE_WHOLE")),
    "numerator above denominator": _above("numerator above denominator", BOUNDED, ("PART_ABOVE_WHOLE",)),
    "more than the territory": _above("more than the territory", COVERING, ("PART_ABOVE_WHOLE",)),
    "people above visits": _above("people above visits", PEOPLE, ("PERSONS_ABOVE_VISITS",)),
    "people are visits": people_are_visits,
    "people and visits added": invalid_sum,
    "count without audience": _emptied("count without audience", 1, "COUNT_WITHOUT_AUDIENCE"),
    "audience without count": _emptied("audience without count", 0, "AUDIENCE_WITHOUT_COUNT"),
    "audience per event": audience_per_event,
    "percent as fraction": percent_as_fraction,
    "percent above 100": percent_above_hundred,
    "rate not of its parts": rate_not_of_parts,
    "negative": _one("negative", ("NUMBER_NEGATIVE",), _negative, 1),
    "words in a number": _one("words in a number", ("NUMBER_UNREADABLE",), _words),
    "formula error": _one("formula error", ("FORMULA_ERROR", "NUMBER_UNREADABLE"), _broken_formula),
    "own and jurisdiction swapped": columns_swapped,
    "units below above the claim": claim_below_units,
    "rows shifted by one": rows_shifted,
    "two figures swapped": two_swapped,
    "running total falls": running_total_falls,
    "stock identity broken": stock_identity,
    "copied from last year": copied_from_last_year,
    "one figure copied": one_copied,
    "last digits heaped": heaped,
    "row repeated": row_repeated,
    "wrong year": wrong_year,
    "wrong period": last_years_period,
    "one row of another year": one_row_of_another_year,
    "period unreadable": unreadable_period,
    "year not begun": coming_year,
    "wrong unit": wrong_unit,
    "unknown unit": unknown_unit,
    "blank where always filed": left_blank,
    "indicator of another form": other_form,
    "unknown code": unknown_code,
    "bounds crossed": bounds_crossed,
}
