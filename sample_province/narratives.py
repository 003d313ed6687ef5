"""A few work summaries in prose, in wording of our own; what they say of the year agrees with the unit's forms."""

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
    materials = own["sp_material_distributed_count"] // 1000 * 1000
    return "\n".join(
        (
            f"{name}{year}年工作总结",
            f"这一年，{name}把力气放在基层，科普工作一件一件往前推。",
            f"全年举办科普“五进”活动{own['sp_five_entry_activity_count']}场次，"
            f"“五进”受益群众{own['sp_five_entry_persontimes']}人次；举办科普讲座{own['sp_lecture_count']}场；"
            f"发放科普资料{materials}余份。",
            f"动员科技志愿服务组织{own['vol_org_mobilized_count']}个、科技志愿者{own['vol_person_mobilized_count']}人。",
            "离县城远的地方要多跑几趟，线上内容还要做得再短一些、再实用一些。",
            f"{year + 1}年打算举办科普讲座{own['sp_lecture_count'] + 2}场。",
            "",
        )
    )
