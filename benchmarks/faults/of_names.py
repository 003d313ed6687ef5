"""Faults of name lists (名录): a name by itself, names beside each other, and beside the count."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from ingestion.names_layout import NameRow

from .files import Line, Sending
from .injected import Fault, Injection
from .provinces import YEAR

Spoil = Callable[[NameRow, Random], NameRow]


def _of_name(kind: str, codes: tuple[str, ...], spoil: Spoil, least: int = 1) -> Injection:
    """One name is written otherwise; the finding must speak of it."""

    def inject(sent: Sending, random: Random) -> Fault | None:
        if len(sent.names) < least:
            return None
        at = random.randrange(len(sent.names))
        sent.names[at] = spoil(sent.names[at], random)
        about = sent.names[at]
        return Fault(kind, sent, frozenset([(about.indicator_code, "own")]), frozenset(codes), about.name)

    return inject


def repeated(sent: Sending, random: Random) -> Fault | None:
    """The same name twice, perhaps written a little otherwise; the count has it twice, too."""
    if not sent.names:
        return None
    one = random.choice(sent.names)
    again = one._replace(name=random.choice([one.name, one.name.replace("第", "第 "), one.name.replace("1", "１")]))
    return _one_more(sent, again, "name repeated", "NAME_REPEATED")


def repeated_without_its_place(sent: Sending, random: Random) -> Fault | None:
    able = [one for one in sent.names if one.located_in]
    if not able:
        return None
    again = random.choice(able)._replace(located_in="")
    return _one_more(sent, again, "name repeated without its place", "NAME_UNPLACED_TWICE")


def _one_more(sent: Sending, again: NameRow, kind: str, code: str) -> Fault | None:
    line = sent.line(again.indicator_code)
    if line is None:
        return None
    sent.names.append(again)
    line.value = line.number + 1
    return Fault(kind, sent, frozenset([(again.indicator_code, "own")]), frozenset([code]), again.name)


def count_differs(sent: Sending, random: Random) -> Fault | None:
    able = sorted({one.indicator_code for one in sent.names})
    line = sent.line(random.choice(able)) if able else None
    if line is None:
        return None
    line.value = line.number + random.choice([-1, 1, 2, 10])
    if line.number < 0:
        return None
    cells = frozenset([(line.code, "own")])
    return Fault("list's count differs from its names", sent, cells, frozenset(["LIST_COUNT_DIFFERS"]))


def one_left_out(sent: Sending, random: Random) -> Fault | None:
    if len(sent.names) < 2:
        return None
    left_out = sent.names.pop(random.randrange(len(sent.names)))
    if not any(one.indicator_code == left_out.indicator_code for one in sent.names):
        return None
    cells = frozenset([(left_out.indicator_code, "own")])
    return Fault("name left out", sent, cells, frozenset(["LIST_COUNT_DIFFERS"]))


def blank(sent: Sending, random: Random) -> Fault | None:
    if not sent.names:
        return None
    at = random.randrange(len(sent.names))
    sent.names[at] = sent.names[at]._replace(name="")
    return Fault("name left blank", sent, frozenset(), frozenset(["NAME_BLANK"]))


def of_no_list(sent: Sending, random: Random) -> Fault | None:
    """Names of what is a mere count."""
    able = [line for line in sent.lines if line.code in ("sp_activity_count", "sp_lecture_count") and line.number > 1]
    if sent.kind != "csv" or not able:
        return None
    code = random.choice(able).code
    sent.names.append(NameRow(code, "东风社区讲座"))
    return Fault("names of no list", sent, frozenset([(code, "own")]), frozenset(["NAME_OF_NO_LIST"]), "东风社区讲座")


def of_last_year(sent: Sending, _random: Random) -> Fault | None:
    """The batch of last year handed in again."""
    batches = [one for one in sent.names if one.valid_from.startswith(str(YEAR))]
    code = batches[0].indicator_code if batches else ""
    last = [one for one in sent.names if one.indicator_code == code]
    line: Line | None = sent.line(code)
    before = int(sent.last.get(code, 0))
    if line is None or len(last) < 3 or before < 3 or before > len(last):
        return None
    others = [one for one in sent.names if one.indicator_code != code]
    again = [one._replace(name=one.name.replace(str(YEAR), str(YEAR - 1))) for one in last[:before]]
    sent.names, line.value = [*others, *again], sent.last[code]
    return Fault("batch of last year", sent, frozenset([(code, "own")]), frozenset(["NAMES_AS_LAST_YEAR"]), "第")


FAR: list[dict[str, str]] = [{"valid_from": "1821-06-01"}, {"valid_from": "2204-06-01"}, {"valid_until": "20240531"}]

NAMES: dict[str, Injection] = {
    "list's count differs from its names": count_differs,
    "name left out": one_left_out,
    "name repeated": repeated,
    "name repeated without its place": repeated_without_its_place,
    "name left blank": blank,
    "names of no list": of_no_list,
    "batch of last year": of_last_year,
    "name's level unknown": _of_name(
        "name's level unknown",
        ("NAME_LEVEL_UNKNOWN",),
        lambda one, random: one._replace(level=random.choice(["厅级", "A"])),
    ),
    "name's day unreadable": _of_name(
        "name's day unreadable",
        ("NAME_DATE_UNREADABLE",),
        lambda one, random: one._replace(valid_from=random.choice(["去年", "2024-13-01", "2024-02-30", "24.5"])),
    ),
    "name's day out of range": _of_name(
        "name's day out of range",
        ("NAME_DATE_UNREADABLE", "NAME_NOT_YET_VALID", "NAME_FAR_DAY"),
        lambda one, random: one._replace(**random.choice(FAR)),
    ),
    "name's days crossed": _of_name(
        "name's days crossed",
        ("NAME_DATES_CROSSED",),
        lambda one, _: one._replace(valid_from=one.valid_until, valid_until=one.valid_from),
    ),
    "name no longer valid": _of_name(
        "name no longer valid",
        ("NAME_EXPIRED",),
        lambda one, _: one._replace(valid_from="2015-01-01", valid_until="2020-12-31"),
    ),
    "name in another unit's area": _of_name(
        "name in another unit's area",
        ("NAME_UNIT_UNKNOWN",),
        lambda one, random: one._replace(located_in=random.choice(["某某县科协", "q99999P0x01", "999999"])),
    ),
    "name too long": _of_name(
        "name too long", ("NAME_TOO_LONG",), lambda one, _: one._replace(name=one.name + "（含各居民小组）" * 15)
    ),
}
