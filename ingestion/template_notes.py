"""What a clerk should know of an indicator, as the comment of its row."""

from __future__ import annotations

import re
from datetime import date

from catalogue.model import Catalogue, Indicator, Status, since
from ingestion.entry_units import entry_unit
from ingestion.rest_is_zero import covers

# Notes that speak of the row above in the list they come from, or of what a report will print, tell a clerk nothing.
_NOT_FOR_CLERKS = re.compile(r"同上|省全委会报告")

_NOT_COMPARABLE = "，与以前的数不可比"


def note_of(indicator: Indicator, catalogue: Catalogue, day: date, filed_as: Status | None) -> str:
    """The lines of the comment: what kind of figure, its pitfalls, where it is found elsewhere, how it is entered.

    Its definition is the one in force on `day`; `filed_as` is what all figures of the workbook are.
    """
    kind = catalogue.label("aggregations", indicator.aggregation)
    over_time = catalogue.label("over_times", indicator.over_time)
    lines = [f"性质：{kind}，{catalogue.label('statuses', indicator.status_as(filed_as))}；一年分期报的，{over_time}。"]
    if definition := indicator.definition_on(day):
        lines.append(f"口径（{since(definition.valid_from)}）：{definition.text}。")
        if definition.change:
            lines.append(f"调整：{definition.change}{_NOT_COMPARABLE if definition.breaks_series else ''}。")
    if mind := _useful(indicator.mind):
        lines.append(f"注意：{mind}。")
    if official := _useful(indicator.official):
        lines.append(f"对应：{official}。")
    if unit := entry_unit(indicator):
        lines.append(f"单位：按{unit.name}填，可带小数，如 12.5 就是 125000 {unit.measure}。")
    if indicator.is_percentage:
        lines.append("单位：按百分点填，98% 填 98。")
    if not covers(indicator):
        lines.append("“其余为0”不管这一项：没有填就是未报。")
    lines.append(f"代码：{indicator.code}")
    return "\n".join(lines)


def _useful(text: str) -> str:
    parts = [part.strip() for part in text.rstrip("。").split("；")]
    return "；".join(part for part in parts if part and not _NOT_FOR_CLERKS.match(part))
