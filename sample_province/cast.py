"""Who plays which part in the sample province, so that each mistake and each exception stands in one place only."""

from functools import cache

from sample_province import real_reports
from sample_province.units import DIRECT_COUNTY, TOWNSHIPS, city, county, province

MERGING_CITY = city(1)
"""Hands in one CSV for the counties it merges, which send nothing themselves."""

CITY_WITH_VAGUE_COUNTY = city(2)
VAGUE_COUNTY = county(2, 9)
"""Its share of what the city's report says of its counties together is the vague one, so it files by CSV."""

CITY_CLAIMING_FOR_MISSING = city(5)
MISSING_WITH_CLAIM = county(5, 3)
CITY_WITH_GAP = city(6)
MISSING_WITHOUT_CLAIM = county(6, 4)
CITY_CLAIMING_TOO_LITTLE = city(7)
CITY_TOTAL_WITH_COUNTIES = city(8)

REVISING = county(10, 2)
SENDING_TWICE = county(10, 3)
SENDING_FOR_A_STRANGER = city(10)
STRANGER = county(11, 4)
FILING_IN_NOVEMBER = STRANGER
"""What another unit sends in its name is refused, so it is free for a part of its own."""
SLIPPING_BY_10000 = county(11, 2)
SENDING_A_BROKEN_FILE = county(12, 2)
LEAVING_A_BLANK = county(12, 3)
REPORTING_A_ZERO = county(12, 4)
REPORTING_A_DASH = county(12, 5)
MASKING_A_FIGURE = county(12, 6)
USING_AN_UNKNOWN_INDICATOR = county(18, 5)
SENDING_GB18030 = county(18, 6)

_CITIES_WITH_PART = frozenset(
    {
        MERGING_CITY,
        CITY_WITH_VAGUE_COUNTY,
        CITY_CLAIMING_FOR_MISSING,
        CITY_WITH_GAP,
        CITY_CLAIMING_TOO_LITTLE,
        CITY_TOTAL_WITH_COUNTIES,
    }
)

EXPLAINED = {
    (city(3), "sp_five_entry_activity_count"): "统计口径变化：活动场次只计专题活动，不含“五进”",
    (county(13, 2), "org_township_ast_count"): "机构或区划调整：含开发区代管的街道",
    (county(13, 2), "tr_township_coverage_count"): "机构或区划调整：含开发区代管的街道",
    (county(17, 1), "org_township_ast_count"): "机构或区划调整：含开发区代管的街道",
    (county(17, 1), "tr_township_coverage_count"): "机构或区划调整：含开发区代管的街道",
    (county(15, 1), "contest_invalid_sum"): "其他（写明）：原报告如此相加，仅供留存",
}
"""What real reports state and checks doubt, with the reason that the unit gives beside it."""

FILING_2021_BY_CSV = real_reports.units() | {VAGUE_COUNTY, SENDING_GB18030}
"""Their figures of 2021 are vague, or of an indicator that no form asks of them; or the encoding is the point."""


QUARTERS_ONLY = 15
QUARTERS_AND_YEAR = 75
"""How many free counties file four quarters, or three and then the year; the rest file a half and then the year."""


@cache
def counties_without_part() -> tuple[str, ...]:
    """Counties free to file by quarters or halves, those of cities without a part first."""
    tree = province()
    busy = {
        MISSING_WITH_CLAIM,
        MISSING_WITHOUT_CLAIM,
        REVISING,
        SENDING_TWICE,
        STRANGER,
        SLIPPING_BY_10000,
        SENDING_A_BROKEN_FILE,
        LEAVING_A_BLANK,
        REPORTING_A_ZERO,
        REPORTING_A_DASH,
        MASKING_A_FIGURE,
        USING_AN_UNKNOWN_INDICATOR,
        DIRECT_COUNTY,
        tree.new_district,
        *tree.merged,
        *TOWNSHIPS,
        *FILING_2021_BY_CSV,
    }
    free = [unit for unit in tree.of_level("county") if unit.code not in busy and unit.parent != MERGING_CITY]
    return tuple(unit.code for unit in sorted(free, key=lambda unit: (unit.parent in _CITIES_WITH_PART, unit.code)))


@cache
def leaving_cells_blank() -> frozenset[str]:
    """Counties in which now and then nobody counted; where a city's claim is compared, every cell is filled."""
    tree = province()
    return frozenset(code for code in counties_without_part() if tree.units[code].parent not in _CITIES_WITH_PART)
