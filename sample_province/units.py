"""The units of the sample province. Names and codes are invented: GB/T 2260 has no province 99."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

PROVINCE = "990000"
UNIVERSITY = "99U001"
ENTERPRISE = "99E001"
DIRECT_COUNTY = "999001"
"""The 省直管县: it reports to the province, and its code shows no city, as 9990.. would in a real province."""

FOUNDED = "2000-01-01"
MERGER_DAY = "2021-07-01"

CITY_STEMS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未"
COUNTY_ENDINGS = "川泉林原岭湾坪滩峡港渡屏"
TOWNSHIP_ENDINGS = "东西南北中上下前后左右新"

COUNTIES_OF_CITY = (11, 9, 9, 9, 9, 9, 9, 9, 8, 9, 9, 8, 8, 8, 8, 8, 8, 8)
"""Counties that live through both years; city 9 has a new district on top from the merger on."""

MERGER_CITY = 9


@dataclass(frozen=True, slots=True)
class Unit:
    """One row of units.csv."""

    code: str
    name: str
    level: str
    unit_type: str
    parent: str
    valid_from: str = FOUNDED
    valid_to: str = ""

    def lives_in(self, year: int) -> bool:
        return self.valid_from <= f"{year}-12-31" and (not self.valid_to or self.valid_to > f"{year}-01-01")


@dataclass(frozen=True, slots=True)
class Province:
    """The whole tree. At the end of 2021: 1 province, 18 cities, 158 counties (one under the province itself)."""

    units: dict[str, Unit] = field(default_factory=dict)
    mergers: tuple[tuple[str, str], ...] = ()

    def of_level(self, level: str) -> list[Unit]:
        """The 科协 of one level; universities and enterprises are no territorial units."""
        return [unit for unit in self.units.values() if unit.level == level and unit.unit_type == "territorial"]

    def children(self, code: str) -> list[Unit]:
        return [unit for unit in self.units.values() if unit.parent == code]

    @property
    def merged(self) -> tuple[str, str]:
        """The two counties that ended on MERGER_DAY."""
        first, second = (from_code for from_code, _ in self.mergers)
        return first, second

    @property
    def new_district(self) -> str:
        return self.mergers[0][1]

    def files(self) -> dict[str, bytes]:
        """units.csv and unit_events.csv."""
        spans = [
            (unit.code, unit.name, unit.level, unit.unit_type, unit.parent, unit.valid_from, unit.valid_to)
            for unit in self.units.values()
        ]
        events = [(MERGER_DAY, "merge", from_code, to_code, "1") for from_code, to_code in self.mergers]
        return {
            "units.csv": _csv("unit_code,name,level,unit_type,parent_code,valid_from,valid_to", spans),
            "unit_events.csv": _csv("event_date,kind,from_code,to_code,weight", events),
        }


def city(number: int) -> str:
    """The code of a city, counted from 1."""
    return f"99{number:02}00"


def county(city_number: int, number: int) -> str:
    """The code of a county, counted from 1 within its city."""
    return f"99{city_number:02}{number:02}"


COUNTY_WITH_TOWNSHIPS = county(15, 2)
"""Files itself; its twelve townships file as well and are contained in its figures."""

COUNTY_OF_TOWNSHIP_SUMS = county(16, 2)
"""Leaves two figures to its nine townships, whose sum stands in."""

TOWNSHIPS = {COUNTY_WITH_TOWNSHIPS: 12, COUNTY_OF_TOWNSHIP_SUMS: 9}


@cache
def province() -> Province:
    """The tree, always the same."""
    units = [Unit(PROVINCE, "示例省科协", "province", "territorial", "")]
    for number, stem in enumerate(CITY_STEMS, start=1):
        units.append(Unit(city(number), f"示{stem}市科协", "city", "territorial", PROVINCE))
    units.append(Unit(UNIVERSITY, "示例大学科协", "city", "university", PROVINCE))
    units.append(Unit(ENTERPRISE, "示例重工集团企业科协", "city", "enterprise", PROVINCE))
    for number, count in enumerate(COUNTIES_OF_CITY, start=1):
        units += [_county(number, position) for position in range(1, count + 1)]
    units.append(Unit(DIRECT_COUNTY, "示例直管县科协", "county", "territorial", PROVINCE))
    first, second, successor = _merger()
    units += [first, second, successor]
    for parent, count in TOWNSHIPS.items():
        units += [_township(parent, position) for position in range(1, count + 1)]
    mergers = ((first.code, successor.code), (second.code, successor.code))
    return Province({unit.code: unit for unit in units}, mergers)


def _county(city_number: int, position: int) -> Unit:
    stem = CITY_STEMS[city_number - 1] + COUNTY_ENDINGS[position - 1]
    kind = "区" if city_number == 1 else {1: "区", 2: "市"}.get(position, "县")
    return Unit(county(city_number, position), f"{stem}{kind}科协", "county", "territorial", city(city_number))


def _merger() -> tuple[Unit, Unit, Unit]:
    count = COUNTIES_OF_CITY[MERGER_CITY - 1]
    stem = CITY_STEMS[MERGER_CITY - 1]
    parent = city(MERGER_CITY)
    codes = [county(MERGER_CITY, count + offset) for offset in (1, 2, 3)]
    first, second = (
        Unit(code, f"{stem}{ending}县科协", "county", "territorial", parent, valid_to=MERGER_DAY)
        for code, ending in zip(codes[:2], COUNTY_ENDINGS[count : count + 2], strict=True)
    )
    return first, second, Unit(codes[2], f"{stem}例新区科协", "county", "territorial", parent, valid_from=MERGER_DAY)


def _township(parent: str, position: int) -> Unit:
    kind = "街道" if position <= 3 else "镇"
    name = f"例{TOWNSHIP_ENDINGS[position - 1]}{kind}科协"
    return Unit(f"{parent}{position:03}", name, "township", "territorial", parent)


def _csv(header: str, rows: Iterable[tuple[str, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return text.getvalue().encode()
