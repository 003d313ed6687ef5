"""Random valid provinces: irregular dated trees, events and their chains, and everything units may file in one year.

`random_province(seed)` for a fixed one, `provinces()` for hypothesis; `write_units` and `write_submissions` put one
into the files that the warehouse takes. What is generated keeps the rules of "The tree through time" and "Files in".
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from random import Random
from zlib import crc32

from hypothesis import strategies as st

from .cases import indicator_rows
from .periods import first_day, last_day, months, parts

YEAR = 2021
DEPTH = 6
BEGINNING = date(2000, 1, 1)
UNIT_COLUMNS = ("unit_code", "name", "level", "unit_type", "parent_code", "valid_from", "valid_to")
EVENT_COLUMNS = ("event_date", "kind", "from_code", "to_code", "weight")
ROW_COLUMNS = (
    "unit_code", "form", "period", "indicator_code", "scope", "value", "low", "high", "state", "status", "note",
)  # fmt: skip
KINDS = (
    ("sp_five_entry_activity_count", "sp_lecture_count", "tank_paper_count", "fin_project_applied_count"),
    ("org_enterprise_ast_new_count",),
    ("fin_literacy_budget", "fin_fund_raised"),
    ("org_agritech_assoc_count", "org_society_count", "base_museum_area_sqm"),
    ("info_kpzg_registered_count", "vol_activity_cum_count"),
    ("youth_school_count", "tr_township_coverage_count"),
    ("tr_nhd_subject_count", "base_edu_base_count"),
    ("base_demo_community_count", "base_provincial_edu_base_count"),
    ("base_national_edu_base_count",),
    ("base_demo_unit_count",),
    ("fin_per_capita_budget",),
    ("contest_rank", "tr_target_persontimes", "org_township_total"),
    ("sp_online_peak_viewers", "tr_exam_max_score"),
)
"""Of each kind one is picked; of the ratios with parts, one with both its parts."""
RATIOS = (
    ("tr_exam_pass_rate", "tr_exam_passed_count", "tr_exam_taken_count"),
    ("fin_execution_rate", "fin_budget_executed", "fin_budget_total"),
)
ADJUSTED = ("flow", "newadd", "money", "stock", "regcum")
NUMERATORS = {numerator for _rate, numerator, _denominator in RATIOS}
DENOMINATORS = {denominator for _rate, _numerator, denominator in RATIOS}


@dataclass(frozen=True)
class Province:
    """A province's files as rows; `submissions` in landing order, each a file that may hold several submissions."""

    seed: int
    year: int
    units: list[dict[str, str]]
    events: list[dict[str, str]]
    submissions: list[list[dict[str, str]]]
    indicators: list[dict[str, str]]

    @property
    def root(self) -> str:
        """The unit above all, which may file for everyone."""
        return next(row["unit_code"] for row in self.units if not row["parent_code"])


def random_province(seed: int, size: int = 35) -> Province:
    """A province that begins with `size` units and is then changed a dozen times around YEAR."""
    random = Random(seed)  # noqa: S311  # no secret is made here
    history = History(random)
    history.settle(size)
    history.live_through(min(14, 2 + size // 3))
    indicators = _picked_indicators(random)
    filings = Filings(random, history, indicators)
    return Province(seed, YEAR, history.rows(), history.events, filings.deliveries(), indicators)


def provinces(largest: int = 35) -> st.SearchStrategy[Province]:
    """Any province; shrinks to fewer units."""
    return st.builds(random_province, seed=st.integers(0, 2**32 - 1), size=st.integers(2, largest))


def write_units(folder: Path, province: Province) -> None:
    """units.csv and unit_events.csv, as `kexie units load` takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "units.csv", UNIT_COLUMNS, province.units)
    _write(folder / "unit_events.csv", EVENT_COLUMNS, province.events)


def write_submissions(folder: Path, province: Province) -> list[Path]:
    """One CSV file for each delivery, in landing order; the province's root may submit all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"delivery_{number:03}.csv" for number in range(1, len(province.submissions) + 1)]
    for path, rows in zip(paths, province.submissions, strict=True):
        _write(path, ROW_COLUMNS, rows)
    return paths


def _write(path: Path, columns: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _picked_indicators(random: Random) -> list[dict[str, str]]:
    picked = {random.choice(codes) for codes in KINDS} | set(random.choice(RATIOS))
    return [row for row in indicator_rows() if row["code"] in picked]


@dataclass
class Unit:
    """A unit as it stands on the day the history has reached."""

    code: str
    level: str
    unit_type: str
    parent: str
    since: date

    @property
    def likeness(self) -> tuple[str, str]:
        return self.level, self.unit_type


class History:
    """The province's tree from its beginning on: who lives, and the spans and events written down so far."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.alive: dict[str, Unit] = {}
        self.spans: list[dict[str, str]] = []
        self.events: list[dict[str, str]] = []
        numbers = list(range(100, 1000))
        random.shuffle(numbers)
        self.codes = (f"U{number}" for number in numbers)

    def rows(self) -> list[dict[str, str]]:
        """units.csv: the spans that ended, then those that go on."""
        return [*self.spans, *(_span(unit, "") for unit in self.alive.values())]

    def settle(self, size: int) -> None:
        """The first tree: mostly cities and counties, some of every irregular thing."""
        self._born("province", "territorial", "", BEGINNING)
        for _ in range(size - 1):
            self._settle_one(BEGINNING)

    def live_through(self, changes: int) -> None:
        """Changes on distinct days, most of them in the year, some before and after it."""
        for day in sorted(self._days(changes)):
            change = self.random.choices(
                (self._rename, self._merge, self._split, self._close, self._move, self._settle_one),
                weights=(5, 5, 5, 3, 3, 2),
            )[0]
            change(day)

    def _days(self, count: int) -> set[date]:
        firsts = [date(YEAR, month, 1) for month in range(1, 13)]
        odd = [date(YEAR, self.random.randint(1, 12), self.random.randint(2, 28)) for _ in range(4)]
        far = [date(YEAR + self.random.choice((-2, -1, 1, 2)), self.random.randint(1, 12), 1) for _ in range(12)]
        pool = sorted({*firsts, *odd, *far, date(YEAR, 12, 31)})
        return set(self.random.sample(pool, min(count, len(pool))))

    # What may happen on a day

    def _settle_one(self, day: date) -> None:
        kind = self.random.choices(("city", "county", "township", "other"), weights=(4, 10, 5, 4))[0]
        if kind == "other":
            unit_type = self.random.choice(("society", "university", "enterprise", "zone"))
            parent = self._place(("province", "city", "county"))
            self._born("city" if parent.level == "province" else "county", unit_type, parent.code, day)
        elif kind == "township":
            self._born("township", "territorial", self._place(("county", "county", "county", "city")).code, day)
        elif kind == "county":
            self._born("county", "territorial", self._place(("city", "city", "city", "city", "province")).code, day)
        else:
            self._born("city", "territorial", self._place((*["province"] * 9, "city")).code, day)

    def _rename(self, day: date) -> None:
        old = self._someone()
        if old:
            new = self._born(old.level, old.unit_type, old.parent, day)
            self._end(old, day, [("rename", new, "1")])

    def _merge(self, day: date) -> None:
        """Two or three like units into a new one, or into one that goes on; one of them may call it a rename."""
        first = self._someone()
        absorbed = [first, *self._others_like(first)[: self.random.randint(1, 2)]] if first else []
        if len(absorbed) < 2:
            return
        if self.random.random() < 0.4:
            target = absorbed.pop()
        else:
            target = self._born(absorbed[0].level, absorbed[0].unit_type, absorbed[0].parent, day)
        first_kind = "rename" if self.random.random() < 0.2 else "merge"
        for number, unit in enumerate(absorbed):
            self._end(unit, day, [(first_kind if number == 0 else "merge", target, "1")])

    def _split(self, day: date) -> None:
        """Into two to five; a part may be a unit that was there, and another may merge into a part the same day."""
        old = self._someone()
        if not old:
            return
        others = self._others_like(old)
        targets = [self._born(old.level, old.unit_type, old.parent, day) for _ in range(self.random.randint(2, 4))]
        if others and self.random.random() < 0.25:
            targets.append(others.pop())
        shares = self._weights(len(targets))
        self._end(old, day, [("split", target, share) for target, share in zip(targets, shares, strict=True)])
        if others and self.random.random() < 0.25:
            self._end(others[0], day, [("merge", self.random.choice(targets), "1")])

    def _close(self, day: date) -> None:
        old = self._someone()
        if not old:
            return
        everyone_too = self.random.random() < 0.4
        for child in self._children(old):
            if everyone_too and not self._children(child):
                self._end(child, day, [])
        self._end(old, day, [])

    def _move(self, day: date) -> None:
        unit = self._someone()
        places = [place for place in self.alive.values() if unit and self._may_hang(unit, place)]
        if unit and places:
            self._hang(unit, self.random.choice(places), day)

    # How it is done

    def _born(self, level: str, unit_type: str, parent: str, day: date) -> Unit:
        unit = Unit(next(self.codes), level, unit_type, parent, day)
        self.alive[unit.code] = unit
        return unit

    def _end(self, unit: Unit, day: date, became: list[tuple[str, Unit, str]]) -> None:
        """Its children go to what it became, or to its parent; without that it is closed."""
        heirs = [target for _kind, target, _weight in became if target.parent != unit.code]
        for child in self._children(unit):
            self._hang(child, self.random.choice(heirs) if heirs else self.alive[unit.parent], day)
        del self.alive[unit.code]
        self.spans.append(_span(unit, day.isoformat()))
        for kind, target, weight in became:
            self._note(day, kind, unit.code, target.code, weight)
        if not became:
            self._note(day, "close", unit.code, "", "")

    def _hang(self, unit: Unit, parent: Unit, day: date) -> None:
        """A unit that began this very day just begins elsewhere; another ends one span and begins the next."""
        if unit.since < day:
            self.spans.append(_span(unit, day.isoformat()))
            if self.random.random() < 0.5:
                self._note(day, "move", unit.code, unit.code, "1")
        unit.parent, unit.since = parent.code, day

    def _note(self, day: date, kind: str, source: str, target: str, weight: str) -> None:
        entries = (day.isoformat(), kind, source, target, weight)
        self.events.append(dict(zip(EVENT_COLUMNS, entries, strict=True)))

    # Who it may happen to

    def _someone(self) -> Unit | None:
        """Not the province; rather one that came into being lately, so that changes form chains."""
        below = [unit for unit in self.alive.values() if unit.parent]
        lately = [unit for unit in below if unit.since > BEGINNING]
        chosen = lately if lately and self.random.random() < 0.5 else below
        return self.random.choice(chosen) if chosen else None

    def _others_like(self, unit: Unit) -> list[Unit]:
        """Of the same level and type, at the same height and depth, so that either may take the other's children."""
        like = [
            other
            for other in self.alive.values()
            if other is not unit and other.likeness == unit.likeness and self._depth(other) == self._depth(unit)
        ]
        self.random.shuffle(like)
        return like

    def _may_hang(self, unit: Unit, place: Unit) -> bool:
        is_elsewhere = place.level != "township" and place.code != unit.parent and not self._is_within(place, unit)
        return is_elsewhere and self._depth(place) + self._height(unit) <= DEPTH

    def _place(self, levels: tuple[str, ...]) -> Unit:
        """A place to hang a unit: at one of these levels, territorial and not too deep; else the province."""
        level = self.random.choice(levels)
        places = [
            unit
            for unit in self.alive.values()
            if unit.likeness == (level, "territorial") and self._depth(unit) < DEPTH
        ]
        return self.random.choice(places) if places else next(iter(self.alive.values()))

    def _children(self, unit: Unit) -> list[Unit]:
        return [child for child in self.alive.values() if child.parent == unit.code]

    def _is_within(self, unit: Unit, whole: Unit) -> bool:
        return unit is whole or (bool(unit.parent) and self._is_within(self.alive[unit.parent], whole))

    def _depth(self, unit: Unit) -> int:
        return 1 + (self._depth(self.alive[unit.parent]) if unit.parent else 0)

    def _height(self, unit: Unit) -> int:
        return 1 + max((self._height(child) for child in self._children(unit)), default=0)

    def _weights(self, count: int) -> list[str]:
        """Decimals that sum to exactly 1."""
        whole = self.random.choice((10, 100, 1000))
        cuts = sorted(self.random.sample(range(1, whole), count - 1))
        shares = [end - start for start, end in zip([0, *cuts], [*cuts, whole], strict=True)]
        return [str(Decimal(share) / whole) for share in shares]


def _span(unit: Unit, valid_to: str) -> dict[str, str]:
    since = unit.since.isoformat()
    entries = (unit.code, f"示例{unit.code}科协", unit.level, unit.unit_type, unit.parent, since, valid_to)
    return dict(zip(UNIT_COLUMNS, entries, strict=True))


class Filings:
    """What the units file for the year: every rhythm, scope, status and state, vague figures, and revisions."""

    def __init__(self, random: Random, history: History, indicators: list[dict[str, str]]) -> None:
        self.random = random
        self.indicators = indicators
        self.lives: dict[str, list[tuple[date, date]]] = {}
        self.spans = history.rows()
        for row in self.spans:
            end = date.fromisoformat(row["valid_to"]) - timedelta(days=1) if row["valid_to"] else date.max
            self.lives.setdefault(row["unit_code"], []).append((date.fromisoformat(row["valid_from"]), end))

    def deliveries(self) -> list[list[dict[str, str]]]:
        """First every submission somewhere in five files, then revisions of some in three more, then adjustments."""
        submissions: dict[tuple[str, str, str], list[dict[str, str]]] = {}
        for row in self._rows():
            submissions.setdefault(self._key(row), []).append(row)
        files: list[list[dict[str, str]]] = [[] for _ in range(8)]
        for rows in submissions.values():
            self.random.choice(files[:5]).extend(rows)
            for file in files[5:]:
                if self.random.random() < 0.06:
                    file.extend(self._revised(rows))
        files += self._adjusting(files)
        return [rows for rows in files if rows]

    def _adjusting(self, sent: list[list[dict[str, str]]]) -> list[list[dict[str, str]]]:
        """A file of adjustments, each within what the units below have filed, and one that takes some of that back."""
        in_force: dict[tuple[str, str, str], list[dict[str, str]]] = {}
        for file in sent:
            in_force |= {key: list(rows) for key, rows in groupby(file, self._key)}
        adjusting: list[dict[str, str]] = []
        revised: list[dict[str, str]] = []
        for (unit, period), children in self._families():
            for form in sorted({indicator["form"] for indicator in self.indicators}):
                made = [
                    *self._adjustments(unit, form, period, [in_force.get((it, form, period), []) for it in children])
                ]
                if made:
                    adjusting += in_force.get((unit, form, period), []) + made
                    child = self.random.choice(children)
                    if self.random.random() < 0.2 and (child, form, period) in in_force:
                        revised += self._revised(in_force[child, form, period])
        return [adjusting, revised]

    def _families(self) -> Iterator[tuple[tuple[str, str], list[str]]]:
        """Some units and periods, with the units right below on the period's last day."""
        for period in (str(YEAR), f"{YEAR}-H1", f"{YEAR}-Q3", f"{YEAR}-11"):
            families: dict[str, list[str]] = {}
            for row in self.spans:
                end = row["valid_to"] or date.max.isoformat()
                if row["level"] != "township" and row["valid_from"] <= last_day(period).isoformat() < end:
                    families.setdefault(row["parent_code"], []).append(row["unit_code"])
            for unit, children in families.items():
                if unit and self.random.random() < 0.5:
                    yield (unit, period), children

    def _adjustments(
        self, unit: str, form: str, period: str, below: list[list[dict[str, str]]]
    ) -> Iterator[dict[str, str]]:
        for indicator in self.indicators:
            if indicator["form"] != form or indicator["aggregation"] not in ADJUSTED:
                continue
            usual = ("", indicator["statuses"].split(",")[0])
            filed = [
                Decimal(row["value"])
                for rows in below
                for row in rows
                if row["indicator_code"] == indicator["code"] and row["scope"] in ("", "own")
                and row["status"] in usual and row["value"]
            ]  # fmt: skip
            if sum(filed) >= 1 and self.random.random() < 0.6:
                most = int(sum(filed))
                amount = self.random.choice((-1, -1, -1, 1)) * self.random.choice((0, 1, most // 2, most))
                yield {
                    "unit_code": unit, "form": form, "period": period, "indicator_code": indicator["code"],
                    "scope": "adjustment", "status": self.random.choice(usual), "value": str(amount), "low": "",
                    "high": "", "state": "", "note": "两县同一次活动各报一次",
                }  # fmt: skip

    def _key(self, row: dict[str, str]) -> tuple[str, str, str]:
        return row["unit_code"], self._form(row), row["period"]

    def _form(self, row: dict[str, str]) -> str:
        return next(indicator["form"] for indicator in self.indicators if indicator["code"] == row["indicator_code"])

    def _revised(self, rows: list[dict[str, str]]) -> list[dict[str, str]]:
        """Some figures change, some are dropped; a file that says nothing is not sent."""
        kept = [row for row in rows if self.random.random() < 0.85] or rows[:1]
        return [self._refigured(row) if self.random.random() < 0.5 else row for row in kept]

    def _refigured(self, row: dict[str, str]) -> dict[str, str]:
        indicator = next(entry for entry in self.indicators if entry["code"] == row["indicator_code"])
        return row | self._figure(indicator, row["unit_code"], row["period"], row["scope"])

    def _rows(self) -> Iterator[dict[str, str]]:
        for unit in self.lives:
            for indicator in self.indicators:
                for scope in self._scopes():
                    for period in dict.fromkeys(self._periods(str(YEAR), indicator)):
                        if self._exists(unit, period):
                            yield from self._cell(unit, indicator, period, scope)

    def _exists(self, unit: str, period: str) -> bool:
        """On some day of the period."""
        return any(start <= last_day(period) and end >= first_day(period) for start, end in self.lives[unit])

    def _scopes(self) -> tuple[str, ...]:
        """Own work, a claim, both, neither; now and then an event that another unit led."""
        styles: dict[tuple[str, ...], int] = {
            (): 15,
            ("",): 30,
            ("own",): 15,
            ("jurisdiction",): 15,
            ("own", "jurisdiction"): 18,
            ("own", "joint_up", "part"): 5,
            ("joint_dept",): 2,
        }
        return self.random.choices(list(styles), weights=list(styles.values()))[0]

    def _periods(self, period: str, indicator: dict[str, str]) -> Iterator[str]:
        """Periods filed at and below one: mostly each part of the year once, at times a part beside its whole."""
        below = parts(period)
        is_yearly = indicator["over_time"] in ("none", "parts") and len(below) == 2
        files_it = self.random.random() < (0.85 if is_yearly else 0.45 if below else 0.92)
        if files_it:
            yield period
        if below and (not files_it or self.random.random() < 0.08):
            for part in below:
                if self.random.random() < 0.93:
                    yield from self._periods(part, indicator)

    def _cell(self, unit: str, indicator: dict[str, str], period: str, scope: str) -> Iterator[dict[str, str]]:
        """A cell's rows: one status, or several of which the first present counts."""
        for status in self._statuses(indicator):
            yield {
                "unit_code": unit,
                "form": self.random.choice(("", indicator["form"])),
                "period": period,
                "indicator_code": indicator["code"],
                "scope": scope,
                "status": status,
                "note": "",
            } | self._figure(indicator, unit, period, scope)

    def _statuses(self, indicator: dict[str, str]) -> list[str]:
        listed = indicator["statuses"].split(",")
        if self.random.random() < 0.75:
            return [self.random.choice(("", listed[0]))]
        known = ("actual", "provisional", "plan", "applied", "cumulative", "reference")
        return self.random.sample(known, self.random.randint(1, 3))

    def _figure(self, indicator: dict[str, str], unit: str, period: str, scope: str) -> dict[str, str]:
        blank = {"value": "", "low": "", "high": "", "state": ""}
        odd = self.random.random()
        if odd < 0.06:
            return blank | {"state": "not_applicable"}
        if odd < 0.10:
            return blank | {"state": "redacted"}
        if odd < 0.12:
            return blank
        least, most = self._range(indicator, period, scope)
        if indicator["code"] in NUMERATORS | DENOMINATORS and crc32(f"{unit} {period}".encode()) % 11 == 0:
            return blank | {"value": "0"}
        return blank | self._bounds(least, most, indicator["unit"])

    def _range(self, indicator: dict[str, str], period: str, scope: str) -> tuple[int, int]:
        """So that a claim holds its unit's own figure and a numerator its denominator; sums may well disagree."""
        times = len(months(period)) if indicator["over_time"] in ("sum", "max") else 6
        times *= 10 if scope == "jurisdiction" else 1
        if indicator["aggregation"] in ("ratio", "rank"):
            return 1, 60
        if indicator["code"] in DENOMINATORS:
            return 5 * times, 12 * times
        return (times if scope == "jurisdiction" else 0), 5 * times

    def _bounds(self, least: int, most: int, measure: str) -> dict[str, str]:
        """An exact figure, or a vague one in each of the ways prose is vague; never outside the range."""
        low, value, high = sorted(self._amount(least, most, measure) for _ in range(3))
        shapes: tuple[dict[str, Decimal | str], ...] = (
            {"value": value},
            {"value": value, "low": value, "high": high},
            {"value": value, "low": low, "high": high},
            {"value": value, "low": value, "high": "open"},
            {"value": value, "low": "open", "high": value},
            {"low": low, "high": high},
            {"low": low, "high": "open"},
            {"low": "open", "high": high},
        )
        shape = self.random.choices(shapes, weights=(78, 5, 5, 4, 2, 4, 1, 1))[0]
        return {name: str(bound) for name, bound in shape.items()}

    def _amount(self, least: int, most: int, measure: str) -> Decimal:
        whole = Decimal(self.random.randint(least, most))
        if measure in ("元", "平方米", "元/人") and whole < most and self.random.random() < 0.5:
            return whole + Decimal(self.random.randint(1, 99)) / 100
        return whole
