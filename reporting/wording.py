"""How a figure and the place where it was filed are said in Chinese."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Row


def figure(value: Decimal | None, low: Decimal | None, high: Decimal | None) -> str:
    """A figure with its bounds where they say more than the value: `30（30—39）`, `50（50 以上）`, `无数`."""
    if value is None and low is None and high is None:
        return "无数"
    point = "—" if value is None else f"{value:,f}"
    if low == value == high:
        return point
    if high is None:
        return f"{point}（{low:,f} 以上）" if low is not None else f"{point}（上下限不明）"
    return f"{point}（{'' if low is None else f'{low:,f}'}—{high:,f}）"


def signed(amount: Decimal) -> str:
    """An amount that is added or taken off: `+3`, `−3`."""
    return f"{amount:+,f}".replace("-", "−")


def adjusted(amount: Decimal | None) -> str:
    """What of a figure rests on adjustments, as the end of a sentence about it; nothing where none were made."""
    return "" if amount is None else f"，含去重调整 {signed(amount)}"


def place(filed: Row[Any]) -> str:
    """Sheet and cell, line, or the quoted words and which characters of the text they are."""
    if filed.cell:
        return f"{filed.sheet} {filed.cell}"
    if filed.line:
        return f"第 {filed.line} 行"
    span = "" if filed.span_start is None else f"（第 {filed.span_start + 1}—{filed.span_end} 字）"
    return f"“{filed.quote}”{span}"
