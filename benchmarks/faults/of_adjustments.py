"""Faults of adjustments: signed rows by which a city takes off what its counties counted twice."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random

from catalogue.load import load
from catalogue.model import Aggregation

from .files import REASON, Line, Sending
from .injected import Fault, Injection

GREAT = ("ADJUSTMENT_TOO_GREAT", "ADJUSTMENT_LARGE")
NOT_EXACT = ("ADJUSTMENT_NOT_EXACT", "NUMBER_UNREADABLE")
Spoil = Callable[[Line, Decimal, Random], None]
"""Spoils an adjustment, given what the units below filed together."""


def _of_adjustment(kind: str, codes: tuple[str, ...], spoil: Spoil, *, csv_only: bool = False) -> Injection:
    def inject(sent: Sending, random: Random) -> Fault | None:
        able = [line for line in sent.lines if line.scope == "adjustment"]
        if not able or (csv_only and sent.kind != "csv"):
            return None
        line = random.choice(able)
        spoil(line, _below(sent, line.code), random)
        return Fault(kind, sent, frozenset([(line.code, "adjustment")]), frozenset(codes))

    return inject


def _below(sent: Sending, code: str) -> Decimal:
    below = (one for one in sent.province.units.values() if one.span.parent_code == sent.unit.code)
    return sum((one.now.get(code, Decimal(0)) for one in below), Decimal(0))


def _without_reason(line: Line, _below: Decimal, random: Random) -> None:
    line.note = random.choice(["", " "])


def _wrong_sign(line: Line, _below: Decimal, _random: Random) -> None:
    line.value = -line.number


def _too_great(line: Line, below: Decimal, random: Random) -> None:
    line.value = -(below + random.choice([1, 10, 1000]))


def _ten_thousand(line: Line, _below: Decimal, _random: Random) -> None:
    line.value = line.number.scaleb(4)


def _whole_sum(line: Line, below: Decimal, _random: Random) -> None:
    line.value = -below


def _most_of_it(line: Line, below: Decimal, random: Random) -> None:
    line.value = -(below * random.randint(60, 95) / 100).to_integral_value() - 1


def _words(line: Line, _below: Decimal, random: Random) -> None:
    line.value = random.choice(["约{}", "{}余", "减{}", "-"]).format(abs(line.number))


def _bounds(line: Line, _below: Decimal, _random: Random) -> None:
    line.low, line.high = f"{line.number - 3:f}", f"{line.number + 3:f}"


def _fraction(line: Line, _below: Decimal, _random: Random) -> None:
    line.value = line.number - Decimal("0.5")


def by_nobody(sent: Sending, random: Random) -> Fault | None:
    """A county, which has nobody below it, takes something off."""
    able = [line for line in sent.lines if line.scope == "own" and line.number > 5 and _is_added(line.code)]
    if sent.kind != "csv" or sent.unit.span.level != "county" or not able:
        return None
    return _new(sent, random.choice(able).code, "adjustment by nobody above others", "ADJUSTMENT_NOBODY_BELOW")


def of_what_is_not_added(sent: Sending, random: Random) -> Fault | None:
    able = [line for line in sent.lines if line.scope == "own" and not _is_added(line.code)]
    if sent.kind != "csv" or sent.unit.span.level != "city" or not able:
        return None
    return _new(sent, random.choice(able).code, "adjustment of what is not added", "ADJUSTMENT_NOT_ADDED")


def repeated(sent: Sending, random: Random) -> Fault | None:
    able = [line for line in sent.lines if line.scope == "adjustment"]
    if sent.kind != "csv" or not able:
        return None
    line = random.choice(able)
    sent.lines.append(Line(line.code, "adjustment", line.value, note=REASON))
    return Fault("adjustment repeated", sent, frozenset([(line.code, "adjustment")]), frozenset(["ROW_REPEATED"]))


def _new(sent: Sending, code: str, kind: str, finding: str) -> Fault:
    sent.lines.append(Line(code, "adjustment", Decimal(-2), note=REASON))
    return Fault(kind, sent, frozenset([(code, "adjustment")]), frozenset([finding]))


def _is_added(code: str) -> bool:
    added = (Aggregation.FLOW, Aggregation.NEWADD, Aggregation.MONEY, Aggregation.STOCK, Aggregation.REGCUM)
    return load().indicators[code].aggregation in added


ADJUSTMENTS: dict[str, Injection] = {
    "adjustment without reason": _of_adjustment(
        "adjustment without reason", ("ADJUSTMENT_WITHOUT_REASON",), _without_reason
    ),
    "adjustment of the wrong sign": _of_adjustment("adjustment of the wrong sign", ("ADJUSTMENT_ADDS",), _wrong_sign),
    "adjustment above the sum": _of_adjustment("adjustment above the sum", GREAT[:1], _too_great),
    "adjustment with 万 too many": _of_adjustment("adjustment with 万 too many", GREAT, _ten_thousand),
    "adjustment of the whole sum": _of_adjustment("adjustment of the whole sum", GREAT, _whole_sum),
    "adjustment of most of the sum": _of_adjustment("adjustment of most of the sum", GREAT, _most_of_it),
    "words in an adjustment": _of_adjustment("words in an adjustment", NOT_EXACT, _words),
    "adjustment with bounds": _of_adjustment("adjustment with bounds", NOT_EXACT, _bounds, csv_only=True),
    "fraction in an adjustment": _of_adjustment("fraction in an adjustment", ("NOT_WHOLE",), _fraction),
    "adjustment by nobody above others": by_nobody,
    "adjustment of what is not added": of_what_is_not_added,
    "adjustment repeated": repeated,
}
