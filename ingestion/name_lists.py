"""名录: what the names behind a list's figure say of themselves, and which of them the figure counts.

A list added up by batches (over_time sum) counts each name that is filed, a running one (last) those in force on the
period's last day. A name whose validity ended before the period began is in neither.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

from catalogue.model import Aggregation, Catalogue, OverTime
from ingestion.observations import FileContent, ListedName, Place, Reading
from ingestion.periods import Period, parse_period
from ingestion.refusal import Refusal

ListKey = tuple[str, str, str, str, str, str]
"""What the names of one figure share: unit, form, period, indicator, scope, status."""

_DAY = re.compile(r"([0-9]{4})(?:[-./年]([0-9]{1,2})(?:[-./月]([0-9]{1,2})日?|月)?|年)?")
_EARLIEST, _LATEST = 1900, 2199
_FOR_EVER = ("长期", "长期有效", "永久")


class UnreadableDay(ValueError):  # noqa: N818 - what it is, not what went wrong
    """A text that names no day."""


@lru_cache(maxsize=4096)
def day(written: str, *, is_last: bool) -> date | None:
    """The day a text names, None for a blank: of a month or a year the first, or with `is_last` the last.

    Raises UnreadableDay.
    """
    text = unicodedata.normalize("NFKC", written).replace(" ", "")
    if not text or (is_last and text in _FOR_EVER):
        return None
    match = _DAY.fullmatch(text)
    if match is None or not _EARLIEST <= int(match[1]) <= _LATEST:
        raise UnreadableDay(written)
    year, month = int(match[1]), int(match[2] or (12 if is_last else 1))
    try:
        return date(year, month, int(match[3] or (calendar.monthrange(year, month)[1] if is_last else 1)))
    except ValueError as error:
        raise UnreadableDay(written) from error


def name_key(text: str) -> str:
    """A name or title as it is compared: full-width signs and spaces make no difference."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def list_of(one: ListedName | Reading, catalogue: Catalogue) -> ListKey:
    """The figure that a name or a reading belongs to; what it leaves out is the catalogue's default."""
    indicator = catalogue.indicators.get(one.indicator_code)
    form = one.form or (indicator.form if indicator else "")
    status = one.status or (indicator.default_status.value if indicator else "")
    return one.unit_code, form, one.period, one.indicator_code, one.scope or "own", status


def grouped(names: Iterable[ListedName], catalogue: Catalogue) -> dict[ListKey, list[ListedName]]:
    """The names of each figure, in their order."""
    lists: dict[ListKey, list[ListedName]] = defaultdict(list)
    for one in names:
        lists[list_of(one, catalogue)].append(one)
    return dict(lists)


def has_ended(until: date | None, period: Period, over_time: OverTime) -> bool:
    """Whether the period is too late for a name that is valid up to and including `until`."""
    end = period.last_day if over_time is OverTime.LAST else period.first_day
    return until is not None and until < end


def has_not_begun(since: date | None, period: Period, over_time: OverTime) -> bool:
    """Whether the period is too early; a batch counts when it is given, even where it holds from later on."""
    return since is not None and over_time is OverTime.LAST and since > period.last_day


def add_counts(content: FileContent, catalogue: Catalogue) -> None:
    """Give each list whose names are filed without a figure its figure: how many of them count."""
    lists = grouped(content.names, catalogue)
    if not lists:
        return
    given = {list_of(reading, catalogue) for reading in content.readings}
    for key, names in lists.items():
        indicator = catalogue.indicators.get(names[0].indicator_code)
        if key not in given and (indicator is None or indicator.aggregation is Aggregation.LIST):
            over_time = indicator.over_time if indicator else OverTime.SUM
            content.readings.append(_count_of(names, over_time))


def _count_of(names: Sequence[ListedName], over_time: OverTime) -> Reading:
    first = names[0]
    period = parse_period(first.period)
    counted = Decimal(sum(period is None or _counts(one, period, over_time) for one in names))
    return Reading(
        *first[:6], "number", counted, counted, counted, first.note, f"名录 {len(names)} 个名称", first.place
    )


def _counts(one: ListedName, period: Period, over_time: OverTime) -> bool:
    """Whether a name counts; where a day cannot be read, the checks reject it all the same."""
    try:
        since, until = day(one.valid_from, is_last=False), day(one.valid_until, is_last=True)
    except UnreadableDay:
        return True
    return not (has_ended(until, period, over_time) or has_not_begun(since, period, over_time))


def refuse_too_many(names: Sequence[ListedName], catalogue: Catalogue) -> None:
    """Raises Refusal where a file holds more names than are read."""
    limit = int(catalogue.thresholds["names_most"].values[-1].value)
    if len(names) > limit:
        raise Refusal("NAMES_TOO_MANY", Place(), limit=str(limit))


def changes(before: Iterable[str], now: Iterable[str]) -> tuple[list[str], list[str]]:
    """Which names came and which went, each in its order; a name is known by its key."""
    old, new = {name_key(name): name for name in before}, {name_key(name): name for name in now}
    came = [name for key, name in new.items() if key not in old]
    return came, [name for key, name in old.items() if key not in new]
