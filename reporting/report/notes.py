"""The numbered notes: on what each figure of the text rests, so that whoever reads it out can defend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from ingestion.wording import figure as written
from reporting.figures import NONE, Figure, shown
from reporting.report.basis import Basis
from reporting.report.figures import Line
from reporting.report.places import Leaders, short_name
from reporting.report.shortfalls import Blank
from reporting.wording import signed

NAMED_UNITS = 5
"""So many units that have not reported are named in a note; the sheet 不足 has all."""

BASES = {
    "own": "省本级数，不逐级相加",
    "list": "省级名录数",
    "computed": "各单位都已报齐，逐级汇总",
    "claimed": "省自报的含下级合计",
    "partial": "部分汇总，只加到报了的单位",
}


def note(line: Line, basis: Basis, blanks: Sequence[Blank], leaders: Leaders | None) -> str:
    """One note, in Chinese, without its number."""
    return "；".join(_parts(line, basis, blanks, leaders)) + "。"


def amount(figure: Figure, measure: str) -> str:
    """A figure with its measure, or its bounds; 无 for none."""
    words = shown(figure.value, figure.low, figure.high)
    return words if words == NONE else f"{words}{measure}"


def percentage(value: Decimal | None) -> str:
    """A percentage without needless zeros; empty for none."""
    return "" if value is None else f"{written(value)}%"


def _parts(line: Line, basis: Basis, blanks: Sequence[Blank], leaders: Leaders | None) -> Iterator[str]:
    exactly = "准确数" if line.figure.is_exact else "上下限"
    yield f"{line.name}：表述“{line.wording}”，{exactly} {amount(line.figure, line.measure)}"
    if len(line.terms) > 1:
        sign = " ÷ " if line.is_divided else " + "
        yield "由" + sign.join(f"{term.name} {amount(term.figure, term.measure)}" for term in line.terms) + "算得"
    yield _units(line)
    yield from _gaps(line, blanks)
    yield basis.short
    yield from _marks(line)
    if line.prefix:
        yield f"应报单位的{line.reason.rstrip('。')}，所以写“{line.prefix}”"
    if leaders:
        yield from _leading(leaders)


def _units(line: Line) -> str:
    covered = line.units_covered - line.units_reported
    above = f"，另有 {covered} 个由上级自报的合计覆盖" if covered > 0 else ""
    whole = line.coverage is None or line.units_reported == line.units_expected
    by_share = "" if whole else f"，按上年份额覆盖 {percentage(line.coverage)}"
    rests_on = BASES.get(line.basis, line.basis)
    return f"应报 {line.units_expected} 个单位，已报齐 {line.units_reported} 个{above}{by_share}（{rests_on}）"


def _gaps(line: Line, blanks: Sequence[Blank]) -> Iterator[str]:
    names = [blank.name for blank in blanks if set(blank.indicators) & set(line.indicators)]
    if names:
        more = f"等 {len(names)} 个" if len(names) > NAMED_UNITS else ""
        yield f"未报：{'、'.join(names[:NAMED_UNITS])}{more}"


def _marks(line: Line) -> Iterator[str]:
    for term in line.terms:
        about = f"{term.name}中" if len(line.terms) > 1 else "其中"
        if term.provisional_part:
            yield f"{about}预计数 {written(term.provisional_part)}{term.measure}"
        if term.narrative_part:
            yield f"{about}仅据文字材料 {written(term.narrative_part)}{term.measure}"
        if term.adjustment_value:
            yield f"{about}去重调整 {signed(term.adjustment_value)}{term.measure}"
        if term.units_unapproved:
            yield f"{about} {term.units_unapproved} 个单位的数没有逐级审核完毕"
    if any(term.is_inherited for term in line.terms):
        yield "含撤并前单位的数"
    if any(term.is_estimate for term in line.terms):
        yield "含按拆分权重估算的数"


def _leading(leaders: Leaders) -> Iterator[str]:
    measure = leaders.line.measure
    if leaders.places:
        places = [f"{short_name(place.name)} {amount(place.figure, measure)}" for place in leaders.places]
        yield f"居前的：{'、'.join(places)}"
    if leaders.left_out:
        out = [f"{short_name(left.name)}（{left.reason}）" for left in leaders.left_out]
        yield f"可能居前而不能排名的：{'、'.join(out)}"
