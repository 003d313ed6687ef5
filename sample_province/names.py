"""The names behind the province's list of 科普示范社区 of 2021: one in each of fifty counties that claim one."""

from __future__ import annotations

from ingestion.names_layout import NameRow
from sample_province import real_reports
from sample_province.figures import YearBook
from sample_province.units import province

LIST = "base_demo_community_count"
_WORDS = ("东风", "朝阳", "和平", "文昌", "长青", "新华", "建设", "永安", "花园", "滨河")
"""So few that several counties have one of the same name, as counties do."""
_TITLE, _LEVEL, _BATCH = "科普示范社区", "省级", "2021年第一批"
_FROM, _UNTIL, _UNTIL_FAILED = "2021-06-01", "2031-05-31", "2022-05-31"
_ONE_FAILED_OF = 10


def listed(book: YearBook, unit: str) -> list[NameRow]:
    """As many names as the unit's figure of the year counts; every tenth title was not renewed."""
    year = real_reports.YEAR
    claiming = [
        one.code
        for one in province().units.values()
        if one.level == "county" and not one.valid_to and book.own(one.code, year).get(LIST)
    ]
    counties = claiming[: int(book.own(unit, year)[LIST])]
    return [
        NameRow(
            *(LIST, f"{_WORDS[number % len(_WORDS)]}社区", _TITLE, _LEVEL, _BATCH, county),
            *(_FROM, _UNTIL_FAILED if number % _ONE_FAILED_OF == 0 else _UNTIL),
        )
        for number, county in enumerate(counties, 1)
    ]
