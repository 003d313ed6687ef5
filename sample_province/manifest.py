"""The manifest: what was written, in the order of sending, and what should come of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from catalogue.load import load
from sample_province.defects import Defect
from sample_province.real_reports import YEAR
from sample_province.units import PROVINCE

NOTES = (
    "示例省及其单位、代码都是虚构的；GB/T 2260 没有以 99 开头的代码。",
    "2021 年末共 1 个省、18 个市、158 个县（含 1 个直接报省的县）；2020 年末为 159 个县。",
    "壬市的两个县于 2021-07-01 合并为新区。",
    "真实报告中的数字一律放在 2021 年，数字本身未改；同一指标在一份报告里出现几次的，分别记在 2021 年的不同时段。",
    "省报告中汇总得出的四项（志愿服务组织、志愿者、五进活动、受益群众）没有作为省的数填报，由各单位的数汇总得出。",
)


@dataclass(frozen=True, slots=True)
class SentFile:
    """One file below the sample's folder, to be put into the submitter's inbox."""

    path: str
    submitter: str
    unit: str
    period: str
    kind: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`files` in the order of sending; `defects` as planted; `expected` as the report of the year printed it."""

    files: tuple[SentFile, ...]
    defects: tuple[Defect, ...]

    def to_json(self) -> str:
        content = {
            "notes": NOTES,
            "units": "units",
            "files": [asdict(file) for file in self.files],
            "defects": [asdict(defect) for defect in self.defects],
            "expected": expected(),
        }
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def expected() -> list[dict[str, Any]]:
    """Where the province's figures of 2021 should lie, as the report's lines promise; null is open."""
    return [
        {
            "unit_code": PROVINCE,
            "indicator_code": line.indicator,
            "period": str(YEAR),
            "written": line.printed[YEAR].written,
            "low": _text(line.printed[YEAR].expected.low),
            "low_strict": line.printed[YEAR].expected.low_strict,
            "high": _text(line.printed[YEAR].expected.high),
            "high_strict": line.printed[YEAR].expected.high_strict,
        }
        for line in load().report_lines.values()
        if YEAR in line.printed
    ]


def _text(bound: object) -> str | None:
    return None if bound is None else str(bound)
