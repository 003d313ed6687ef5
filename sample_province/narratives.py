"""A few work summaries in prose, in wording of our own; their numbers are the ones on the unit's forms."""

from __future__ import annotations

from sample_province.deliveries import Delivery
from sample_province.figures import YearBook
from sample_province.units import DIRECT_COUNTY, city, county, province

AUTHORS = {
    city(10): ".docx",
    county(10, 5): ".docx",
    county(11, 6): ".txt",
    county(14, 4): ".docx",
    DIRECT_COUNTY: ".txt",
}
"""Who sends a summary each year, and as what."""


def written(book: YearBook, year: int) -> list[Delivery]:
    """The summaries of a year."""
    return [
        Delivery(unit, f"{year} 工作总结{ending}", "narrative", unit, str(year), text=_text(book, unit, year))
        for unit, ending in AUTHORS.items()
    ]


def _text(book: YearBook, unit: str, year: int) -> str:
    name = province().units[unit].name
    own = book.own(unit, year)
    return "\n".join(
        (
            f"{name}{year}年工作小结",
            f"这一年，{name}把力气放在基层，科普工作一件一件往前推。",
            f"我们走进学校、社区、乡村、企业和机关，办“五进”活动{own['sp_five_entry_activity_count']}场次，"
            f"到场{own['sp_five_entry_persontimes']}人次；讲座报告会{own['sp_lecture_count']}场，"
            f"送出资料{own['sp_material_distributed_count']}份。",
            f"本地登记的志愿队伍里有{own['vol_org_mobilized_count']}支出过力，"
            f"志愿者{own['vol_person_mobilized_count']}人参加。",
            "明年打算先补短板：离县城远的地方多跑几趟，线上内容做得再短一些、再实用一些。",
            "",
        )
    )
