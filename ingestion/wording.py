"""How findings and receipts write what they quote: figures, places and other people's words."""

from __future__ import annotations

from decimal import Decimal

from ingestion.entry_units import ENTRY_UNITS
from ingestion.observations import Place
from ingestion.periods import parse_period

QUOTED = 60
"""The most characters of someone's words that a sentence repeats."""

PARTS = {
    "": "",
    "H1": "上半年",
    "H2": "下半年",
    "Q1": "第一季度",
    "Q2": "第二季度",
    "Q3": "第三季度",
    "Q4": "第四季度",
}


def plain(text: str) -> str:
    """Someone's words on one line, shortened, without characters that cannot be seen."""
    if text.isprintable() and len(text) <= QUOTED:
        return text
    visible = "".join(character if character.isprintable() else " " for character in text[: QUOTED + 1])
    return visible if len(text) <= QUOTED else f"{visible[:QUOTED]}…"


def figure(value: Decimal | None, absent: str = "空") -> str:
    """A figure without exponent and without needless zeros."""
    if value is None:
        return absent
    written = f"{value:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def amount(value: Decimal, measure: str, entered_in: str = "") -> str:
    """A figure with its measure; first as it was entered, where that was in another unit."""
    unit = ENTRY_UNITS.get(entered_in)
    written = f"{figure(value)}{measure}"
    return f"{figure(unit.from_measure(value))}{unit.name}（{written}）" if unit else written


def span(low: Decimal | None, high: Decimal | None, measure: str) -> str:
    """What lies between two bounds, either of which may be open."""
    if low == high and low is not None:
        return amount(low, measure)
    if low is None:
        return f"不超过 {amount(high, measure)}" if high is not None else "多少不明"
    return f"{amount(low, measure)}以上" if high is None else f"{figure(low)}—{amount(high, measure)}"


def place(where: Place) -> str:
    """Where a figure stands, for a clerk; empty for the file as a whole."""
    if where.line is not None:
        return f"第 {where.line} 行"
    if where.sheet and where.cell:
        return f"工作表“{plain(where.sheet)}”单元格 {where.cell}"
    if where.sheet:
        return f"工作表“{plain(where.sheet)}”"
    if where.start is not None:
        words = f"“{plain(where.quote)}”" if where.quote else ""
        return f"{words}（第 {where.start + 1} 字起）" if words else f"第 {where.start + 1} 字起"
    return ""


def period(written: str) -> str:
    """A period in words; as it was written where it is none."""
    parsed = parse_period(written)
    if parsed is None:
        return plain(written)
    if parsed.part in PARTS:
        return f"{parsed.year} 年{PARTS[parsed.part]}"
    return f"{parsed.year} 年 {int(parsed.part)} 月"
