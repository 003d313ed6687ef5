"""The names of a list: each by itself, beside each other, beside the count and beside those filed before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from catalogue.model import Aggregation, OverTime, TitleLevel
from ingestion import name_lists, wording
from ingestion.checks.findings import Findings
from ingestion.checks.results import Named, Row
from ingestion.context import Cell, Context, InForce, Key, Rule
from ingestion.name_lists import UnreadableDay, name_key
from ingestion.names_layout import place_of
from ingestion.observations import FileContent, ListedName
from ingestion.periods import Period
from ingestion.tree import Span

CHANGES_NAMED = 10
"""Of the names that came and of those that went, a receipt lists so many."""

Lists = dict[Cell, list[ListedName]]


def grouped(content: FileContent, context: Context) -> dict[Key, Lists]:
    """The names of each submission, list by list, in their order."""
    groups: dict[Key, Lists] = defaultdict(dict)
    for key, names in name_lists.grouped(content.names, context.catalogue).items():
        groups[key[:3]][key[3:]] = names
    return groups


@dataclass(frozen=True, slots=True)
class _Read:
    """A name whose words could be read; the finding codes that say so otherwise were made."""

    title: str
    level: str | None
    valid_from: date | None
    valid_until: date | None
    located_in: str | None


def check(
    findings: Findings, context: Context, key: Key, period: Period, span: Span, lists: Lists, rows: list[Row]
) -> tuple[list[Row], list[Named]]:
    """The rows of the submission, one for each list, and the names as they are stored."""
    checker = _Names(findings, context, key, period, span)
    named = [one for cell, names in lists.items() for one in checker.of_list(cell, names)]
    for cell, names in lists.items():
        _tell_last_years(findings, context, key, period, cell, names)
    return _agreeing(findings, context, key, lists, rows, named), named


class _Names:
    """The names of one submission."""

    def __init__(self, findings: Findings, context: Context, key: Key, period: Period, span: Span) -> None:
        self._findings, self._context, self._key, self._period, self._span = findings, context, key, period, span
        self._limit = int(context.limit("name_characters", period.last_day))
        self._units: Mapping[str, str] | None = None

    def of_list(self, cell: Cell, names: Sequence[ListedName]) -> Iterator[Named]:
        """The names of one list that can be stored; what is wrong with the others is found."""
        rule = self._context.rules.get(cell[0])
        if rule is None:
            return
        if rule.indicator.aggregation is not Aggregation.LIST:
            self._tell(names[0], rule, "NAME_OF_NO_LIST")
            return
        seen: dict[tuple[object, ...], dict[str | None, ListedName]] = defaultdict(dict)
        for one in names:
            read = self._read(one, rule)
            if read is None:
                continue
            alike = seen[name_key(one.name), name_key(read.title), read.level]
            first = alike.get(read.located_in)
            other = alike.get(None) if read.located_in else next(iter(alike.values()), None)
            alike.setdefault(read.located_in, one)
            if first is not None:
                self._tell(one, rule, "NAME_REPEATED", first=wording.place(first.place))
            elif other is not None:
                self._tell(one, rule, "NAME_UNPLACED_TWICE", first=wording.place(other.place))
            else:
                yield self._named(cell, one, rule, read)

    def _read(self, one: ListedName, rule: Rule) -> _Read | None:
        words = {"name": one.name, "title": one.title, "batch": one.batch}
        too_long = next((field for field, text in words.items() if len(text) > self._limit), "")
        if too_long:
            raw = wording.plain(words[too_long])
            self._tell(one, rule, "NAME_TOO_LONG", too_long, raw=raw, limit=str(self._limit))
            return None
        level, level_known = self._level(one, rule)
        since, until, days_read = self._days(one, rule)
        located_in, unit_known = self._located_in(one, rule)
        if not (level_known and days_read and unit_known):
            return None
        # A name bears the list's own title where it says no other, and that title is given at the list's own level.
        of_list = rule.indicator
        title = one.title or of_list.title
        is_of_list = name_key(title) == name_key(of_list.title)
        return _Read(title, level or (of_list.title_level if is_of_list else None), since, until, located_in)

    def _level(self, one: ListedName, rule: Rule) -> tuple[str | None, bool]:
        labels = self._context.catalogue.codelists["title_levels"]
        if not one.level:
            return None, True
        codes = {name_key(label): code for code, label in labels.items()} | {code.value: code for code in TitleLevel}
        found = codes.get(name_key(one.level))
        if found is None:
            allowed = "、".join(f"{label}（{code}）" for code, label in labels.items())
            self._tell(one, rule, "NAME_LEVEL_UNKNOWN", "level", level=wording.plain(one.level), allowed=allowed)
        return found, found is not None

    def _days(self, one: ListedName, rule: Rule) -> tuple[date | None, date | None, bool]:
        days: list[date | None] = []
        for field, written, is_last in (("valid_from", one.valid_from, False), ("valid_until", one.valid_until, True)):
            try:
                days.append(name_lists.day(written, is_last=is_last))
            except UnreadableDay:
                self._tell(one, rule, "NAME_DATE_UNREADABLE", field, raw=wording.plain(written))
                return None, None, False
        since, until = days
        if since is not None and until is not None and until < since:
            self._tell(one, rule, "NAME_DATES_CROSSED", "valid_until", valid_from=str(since), valid_until=str(until))
            return None, None, False
        return since, until, True

    def _located_in(self, one: ListedName, rule: Rule) -> tuple[str | None, bool]:
        """The unit in whose area a name lies; that of a unit with nobody below lies in its own."""
        if not one.located_in:
            return (None if self._context.units_below(self._key[0], self._period) else self._key[0]), True
        found = self._known_units().get(name_key(one.located_in))
        if found is None:
            details = {"located_in": wording.plain(one.located_in), "unit_name": self._span.name}
            self._tell(one, rule, "NAME_UNIT_UNKNOWN", "located_in", **details)
        return found, found is not None

    def _known_units(self) -> Mapping[str, str]:
        """The unit itself and all below it, by code and by name; of two with one name neither is meant by it."""
        if self._units is None:
            codes = [self._key[0], *self._context.units_below(self._key[0], self._period)]
            by_name: dict[str, set[str]] = defaultdict(set)
            for code in codes:
                unit = self._context.unit(code, self._period)
                if unit is not None:
                    by_name[name_key(unit.name)].add(code)
            alone = {name: next(iter(found)) for name, found in by_name.items() if len(found) == 1}
            self._units = alone | {code: code for code in codes}
        return self._units

    def _named(self, cell: Cell, one: ListedName, rule: Rule, read: _Read) -> Named:
        over_time, period = rule.indicator.over_time, self._period
        in_words = wording.period(str(period))
        has_ended = name_lists.has_ended(read.valid_until, period, over_time)
        has_not_begun = name_lists.has_not_begun(read.valid_from, period, over_time)
        if has_ended:
            self._tell(one, rule, "NAME_EXPIRED", "valid_until", valid_until=str(read.valid_until), period=in_words)
        elif has_not_begun:
            self._tell(one, rule, "NAME_NOT_YET_VALID", "valid_from", valid_from=str(read.valid_from), period=in_words)
        place = one.place
        return Named(
            *cell, one.name, name_key(one.name), read.title, name_key(read.title), read.level, one.batch,
            read.located_in, read.valid_from, read.valid_until, not (has_ended or has_not_begun), one.note,
            place.sheet or None, place.cell or None, place.line,
        )  # fmt: skip

    def _tell(self, one: ListedName, rule: Rule, code: str, field: str = "name", /, **details: str) -> None:
        """A finding at a field of a name."""
        place = place_of(one.place, field)
        self._findings.about_name(self._key, rule.indicator, one, place, code, **details)


def _tell_last_years(
    findings: Findings, context: Context, key: Key, period: Period, cell: Cell, names: Sequence[ListedName]
) -> None:
    """Ask about a batch of names that stood in last year's list: a batch is what was given in the period."""
    rule = context.rules.get(cell[0])
    last = context.in_force.get((key[0], key[1], str(Period(period.year - 1, period.part))))
    if last is None or rule is None or rule.indicator.over_time is not OverTime.SUM:
        return
    before = set(map(name_key, last.names.get(cell, ())))
    same = [one for one in names if name_key(one.name) in before]
    share = context.limit("names_repeated_percent", period.last_day) / 100
    if len(same) > 1 and len(same) >= share * len(names):
        counts = {"count": str(len(names)), "same": str(len(same))}
        findings.about_name(key, rule.indicator, same[0], same[0].place, "NAMES_AS_LAST_YEAR", **counts)


def _agreeing(
    findings: Findings, context: Context, key: Key, lists: Lists, rows: list[Row], named: Sequence[Named]
) -> list[Row]:
    """The rows, each list's figure once however many of its names' rows repeat it; one that differs is found."""
    if not lists:
        return rows
    sound = by_list(named)
    counted = Counter(one[:3] for one in named if one.is_counted)
    of_names = {one.place for names in lists.values() for one in names}
    kept: list[Row] = []
    agreed: set[Cell] = set()
    for row in rows:
        cell = name_lists.list_of(row.reading, context.catalogue)[3:]
        if cell not in lists or row.rule is None or row.rule.indicator.aggregation is not Aggregation.LIST:
            kept.append(row)
            continue
        reading = row.reading
        # Of a list with a name that is wrong nobody knows how long it is.
        is_whole = len(sound.get(cell, ())) == len(lists[cell])
        if is_whole and not reading.value == reading.low == reading.high == counted[cell]:
            details = {"counted": str(counted[cell]), "listed": str(len(lists[cell]))}
            findings.about_row(key, row, "LIST_COUNT_DIFFERS", value=wording.plain(reading.raw), **details)
        elif cell in agreed and reading.place in of_names:
            continue
        agreed.add(cell)
        kept.append(row)
    return kept


def tell_changes(
    findings: Findings, context: Context, key: Key, before: InForce | None, named: Sequence[Named]
) -> None:
    """Say which names a revision brings and which it drops, list by list."""
    earlier: Mapping[Cell, Sequence[str]] = before.names if before else {}
    now = by_list(named)
    for cell, names in earlier.items():
        came, went = name_lists.changes(names, now.get(cell, ()))
        rule = context.rules.get(cell[0])
        if before and rule and (came or went):
            told = [_listed(word, words) for word, words in (("增加", came), ("去掉", went)) if words]
            details = {"indicator_name": rule.indicator.name_zh, "submission": str(before.submission_id)}
            findings.about_submission(key, "NAMES_CHANGED", changes="，".join(told), **details)


def by_list(named: Sequence[Named]) -> dict[Cell, list[str]]:
    """The names of each list, in their order."""
    lists: dict[Cell, list[str]] = defaultdict(list)
    for one in named:
        lists[one[:3]].append(one.name)
    return dict(lists)


def _listed(word: str, names: Sequence[str]) -> str:
    shown = "、".join(map(wording.plain, names[:CHANGES_NAMED]))
    return f"{word} {len(names)} 个：{shown}{'等' if len(names) > CHANGES_NAMED else ''}"
