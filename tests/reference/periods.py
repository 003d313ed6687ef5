"""A unit's year from the periods it filed. Rule: "A unit's year" in "Kinds of indicator"."""

from calendar import monthrange
from collections.abc import Collection, Mapping
from datetime import date

from .terms import Reading, add, combine, greatest


def parts(period: str) -> list[str]:
    """The period tree: year → halves → quarters → months."""
    year, _, part = period.partition("-")
    if not part:
        return [f"{year}-H1", f"{year}-H2"]
    number = int(part.lstrip("HQ"))
    if part.startswith("H"):
        return [f"{year}-Q{2 * number - 1}", f"{year}-Q{2 * number}"]
    if part.startswith("Q"):
        return [f"{year}-{month:02}" for month in range(3 * number - 2, 3 * number + 1)]
    return []


def months(period: str) -> set[int]:
    """The months (1–12) a period spans."""
    below = parts(period)
    return set().union(*(months(part) for part in below)) if below else {int(period[-2:])}


def first_day(period: str) -> date:
    return date(year_of(period), min(months(period)), 1)


def last_day(period: str) -> date:
    return end_of_month(year_of(period), max(months(period)))


def end_of_month(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def year_of(period: str) -> int:
    return int(period[:4])


def year_result(filed: Mapping[str, Reading], year: int, over_time: str) -> Reading | None:
    """At every node of the period tree the figure filed for that period wins over its parts.

    Parts filed add (sum, max), or the last part filed counts, not-applicable included (last). For over_time none or
    parts only the year's own filing counts.
    """
    if over_time in ("none", "parts"):
        return filed.get(str(year))
    return _node(str(year), filed, over_time)


def _node(period: str, filed: Mapping[str, Reading], over_time: str) -> Reading | None:
    if period in filed:
        return filed[period]
    below = [_node(part, filed, over_time) for part in parts(period)]
    if over_time == "last":
        return next((reading for reading in reversed(below) if reading is not None), None)
    return combine(below, greatest if over_time == "max" else add)


def year_is_complete(filed: Collection[str], owed: Collection[int], year: int, over_time: str) -> bool:
    """The year was filed, or each owed month (last: the last one) lies in a filed period; owing none is complete.

    For over_time none or parts the year is the only period that counts as filed.
    """
    counted = [period for period in filed if over_time not in ("none", "parts") or period == str(year)]
    needed = {max(owed)} if over_time == "last" and owed else set(owed)
    return needed <= set().union(*(months(period) for period in counted)) or str(year) in counted
