"""Histories of random provinces: the tree as it was known one day and as it became, files, revisions, withdrawals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from random import Random

from tests.reference.provinces import Province
from tests.spec.histories import Row, Rows, Stage

AMENDED = 3
"""The number of the stage, from 1, in which the tree is amended."""


def history_of(province: Province, *, is_late: bool) -> list[Stage]:
    """Three stages: an earlier tree with the first files; some taken back, settled, revised; the tree as it became,
    with the files that had to wait for it, and some taken back and sent again.

    Where `is_late`, the units of the earlier tree had to file long ago; all others still have time.
    """
    random = Random(province.seed)  # noqa: S311 - no secret is made here
    today = date(province.year, random.randint(1, 4), 15).isoformat()
    units, events = _tree_until(province, today)
    known = sorted({row["unit_code"] for row in units})
    first, later = province.submissions[:3], province.submissions[3:]
    early = _kept([*first, *later[:2]], lambda row: row["unit_code"] in known)
    waiting = _kept([*first, *later[:2]], lambda row: row["unit_code"] not in known)
    sent, more = early[: len(first)], early[len(first) :]
    senders = sorted({row["unit_code"] for rows in sent for row in rows})
    takers_back = random.sample(senders, min(len(senders), 6))
    return [
        Stage(units, events, exceptions=_due_long_ago(province, units) if is_late else [], files=sent),
        Stage(withdrawn=takers_back, files=[*_settled(sent, province), *more]),
        Stage(
            province.units,
            province.events,
            files=[*waiting, *later[2:], *_kept(sent, lambda row: row["unit_code"] in takers_back[::2])],
        ),
    ]


def _tree_until(province: Province, day: str) -> tuple[Rows, Rows]:
    """The tree as it was known on that day: nobody knew yet what would end later."""
    units = [
        row if row["valid_to"] <= day else row | {"valid_to": ""} for row in province.units if row["valid_from"] <= day
    ]
    return units, [row for row in province.events if row["event_date"] <= day]


def _due_long_ago(province: Province, units: Rows) -> Rows:
    first_day, year = date(province.year, 1, 1).isoformat(), str(province.year)
    whole_year = sorted({
        row["unit_code"] for row in units if row["valid_from"] <= first_day and not row["valid_to"]
    })  # fmt: skip
    return [
        {"unit_code": unit, "period": year, "due_date": f"{province.year + 1}-01-31", "reason": "试验"}
        for unit in whole_year
    ]


def _kept(files: Iterable[Rows], is_kept: Callable[[Row], bool]) -> list[Rows]:
    return [rows for file in files if (rows := [row for row in file if is_kept(row)])]


def _settled(files: list[Rows], province: Province) -> Iterator[Rows]:
    """Every form in which an exact figure is provisional comes again, whole, with that figure actual and one more."""
    forms = {indicator["code"]: indicator["form"] for indicator in province.indicators}

    def submission(row: Row) -> tuple[str, ...]:
        return row["unit_code"], row["period"], forms[row["indicator_code"]]

    for rows in files:
        other = {_cell(row) for row in rows if row["status"] != "provisional"}
        settled = {
            id(row): row | {"status": "actual", "value": str(Decimal(row["value"]) + 1)}
            for row in rows
            if row["status"] == "provisional"
            and row["value"]
            and not (row["low"] or row["high"])
            and _cell(row) not in other
        }
        again = {submission(row) for row in settled.values()}
        if again:
            yield [settled.get(id(row), row) for row in rows if submission(row) in again]


def _cell(row: Row) -> tuple[str, ...]:
    return row["unit_code"], row["period"], row["indicator_code"], row["scope"]
